#!/bin/sh
# All tests. Those that drive a browser run in a process of their own: their event loop would be in the others' way.
# So do those that break things, which are to have the machine to themselves.
set -u
failed=0
.venv/bin/python -m pytest --ignore=tests/browser --ignore=tests/faults -n 2 || failed=1
.venv/bin/python -m pytest tests/browser || failed=1
.venv/bin/python -m pytest tests/faults || failed=1
exit $failed
