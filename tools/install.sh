#!/bin/sh
# Brings .venv up to date with pyproject.toml and constraints.txt. Usage: tools/install.sh web|tests
set -eu
case "$1" in
  web) what="-e ." ;;
  tests) what="-e .[test,lint]" ;;
  *) echo "usage: tools/install.sh web|tests" >&2; exit 2 ;;
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
# shellcheck disable=SC2086 # two words on purpose
PIP_DISABLE_PIP_VERSION_CHECK=1 .venv/bin/python -m pip install -q -c constraints.txt $what
touch ".venv/.$1"
if [ "$1" = tests ]; then touch .venv/.web; fi # the tests' part holds the web part
