# One image for every process of the platform: web, worker, beat and the commands.
FROM python:3.11-slim-bookworm

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /app
RUN useradd --system --create-home --uid 10001 esc && mkdir -m 700 var && chown esc var \
 && mkdir -p /home/esc/.cache/huggingface && chown -R esc /home/esc/.cache

# What it depends on comes first and alone, so that a change of the code does not install it anew.
# EXTRA=model makes the image of the worker that has weights: only that one needs torch.
ARG EXTRA=
COPY pyproject.toml constraints.txt ./
RUN EXTRA="$EXTRA" python -c "import os, tomllib; project = tomllib.load(open('pyproject.toml', 'rb'))['project']; \
print(*project['dependencies'], *project['optional-dependencies'].get(os.environ['EXTRA'], []), sep='\n')" > /tmp/needs.txt \
 && python -m pip install -c constraints.txt -r /tmp/needs.txt \
 && rm /tmp/needs.txt

COPY . .
RUN python -m pip install --no-deps -e .

USER esc
# These values serve this one step: static files need settings, and no secret of a running site.
RUN PRODUCTION=true SECRET_KEY=for-this-step-only ALLOWED_HOSTS=localhost python manage.py collectstatic --noinput --verbosity 0

EXPOSE 8000
CMD ["uvicorn", "esc.asgi:application", "--host", "0.0.0.0", "--port", "8000", "--ws", "websockets-sansio", \
     "--ws-max-size", "1048576", "--ws-per-message-deflate", "false", "--lifespan", "on", \
     "--no-server-header", "--timeout-graceful-shutdown", "10"]
