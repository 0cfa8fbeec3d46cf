#!/bin/sh
# Brings .venv up to date with pyproject.toml and constraints.txt. Usage: tools/install.sh web|model|tests
set -eu
case "$1" in
  web) what="-e ." ;;
  model) what="-e .[model]" ;;
  tests) what="-e .[test,lint,model]" ;;
  *) echo "usage: tools/install.sh web|model|tests" >&2; exit 2 ;;
esac

recent() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

if ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
  for python in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
    if recent "$python"; then break; fi
    python=
  done
  if [ -z "$python" ]; then
    echo "This needs Python 3.11 or newer. Install it, or name it: make PYTHON=/path/to/python3.11 …" >&2
    exit 1
  fi
  if ! "$python" -m venv --clear .venv; then
    echo "Python could not make a virtual environment. On Debian or Ubuntu: apt install python3-venv" >&2
    exit 1
  fi
fi

echo "Installing the $1 part into .venv …"
export PIP_DISABLE_PIP_VERSION_CHECK=1
# Alone, so that a build for processors that pip was told of (PIP_FIND_LINKS, PIP_EXTRA_INDEX_URL) is the one that is
# taken, and everything after it finds it there.
if [ "$1" != web ]; then .venv/bin/python -m pip install -q -c constraints.txt torch; fi
# shellcheck disable=SC2086 # two words on purpose
.venv/bin/python -m pip install -q -c constraints.txt $what
touch ".venv/.$1"
# Each part holds those before it.
case "$1" in
  model) touch .venv/.web ;;
  tests) touch .venv/.web .venv/.model ;;
esac
