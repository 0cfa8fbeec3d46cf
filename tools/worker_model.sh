#!/bin/sh
# Serves the agents that are models: their weights are in this process alone, one batch at a time. Stop it with Ctrl+C.
set -eu
if [ -z "${REDIS_URL:-}" ]; then
  echo "REDIS_URL is not set: then the web process (make run) serves the models itself, and no worker is needed." >&2
  exit 1
fi
exec .venv/bin/python -m celery -A esc.celery worker -Q model --pool solo --hostname "model@%h" --loglevel "${LOG_LEVEL:-INFO}"
