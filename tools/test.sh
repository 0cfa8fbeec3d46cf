#!/bin/sh
# All tests. Those that drive a browser run in a process of their own: their event loop would be in the others' way.
set -u
failed=0
.venv/bin/python -m pytest --ignore=tests/browser -n 2 || failed=1
.venv/bin/python -m pytest tests/browser || failed=1
exit $failed
