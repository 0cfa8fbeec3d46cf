#!/bin/sh
# Brings the database up to date, makes the demo study where there is none, and serves. Stop it with Ctrl+C.
set -eu
umask 077 # what lands under var/ is for nobody else on this machine
address="http://127.0.0.1:$PORT"
.venv/bin/python manage.py demo --migrate --url "$address"
echo "Serving on $address – stop with Ctrl+C."
exec .venv/bin/uvicorn esc.asgi:application --host 127.0.0.1 --port "$PORT" \
  --ws websockets-sansio --ws-max-size 1048576 --ws-per-message-deflate false --lifespan on \
  --no-server-header --timeout-graceful-shutdown 3
