# One image for every process of the platform: web, worker, beat and the commands.
FROM python:3.11-slim-bookworm

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /app
RUN useradd --system --create-home --uid 10001 esc && mkdir var && chown esc var

# What it depends on comes first and alone, so that a change of the code does not install it anew.
COPY pyproject.toml constraints.txt ./
RUN python -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['dependencies'], sep='\n')" > /tmp/needs.txt \
 && python -m pip install -c constraints.txt -r /tmp/needs.txt \
 && rm /tmp/needs.txt

COPY . .
RUN python -m pip install --no-deps -e .

USER esc
# These values serve this one step: static files need settings, and no secret of a running site.
RUN PRODUCTION=true SECRET_KEY=for-this-step-only ALLOWED_HOSTS=localhost python manage.py collectstatic --noinput --verbosity 0

EXPOSE 8000
CMD ["uvicorn", "esc.asgi:application", "--host", "0.0.0.0", "--port", "8000", "--ws", "websockets-sansio", \
     "--lifespan", "on", "--no-server-header", "--timeout-graceful-shutdown", "10"]
