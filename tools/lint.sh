#!/bin/sh
# Everything that can be said about the code without running it. Says all of it before it fails.
set -u
failed=0
say() {
  echo "== $*"
  "$@" || failed=1
}
say .venv/bin/python -m ruff check .
say .venv/bin/python -m ruff format --check .
say .venv/bin/python -m mypy
say .venv/bin/python -m djlint --lint --quiet templates
say .venv/bin/python manage.py makemigrations --check --dry-run
exit $failed
