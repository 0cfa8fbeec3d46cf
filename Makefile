# `make` alone tells what there is. The steps themselves are in tools/.
.DEFAULT_GOAL := help
PORT ?= 8000
PY := .venv/bin/python

.PHONY: help run worker-model test services-test faults lint bench bench-model format browser screenshots compose-smoke clean

help: ## What you can make
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 22

# A stamp tells for which pyproject.toml and constraints.txt the virtual environment was brought up to date.
.venv/.web: pyproject.toml constraints.txt tools/install.sh
	@tools/install.sh web

.venv/.model: pyproject.toml constraints.txt tools/install.sh
	@tools/install.sh model

.venv/.tests: pyproject.toml constraints.txt tools/install.sh
	@tools/install.sh tests

run: .venv/.web ## Serve on 127.0.0.1:8000 with a demo study (PORT=8001 for another port)
	@PORT=$(PORT) tools/serve.sh

worker-model: .venv/.model ## A worker that has the weights of the models in the supporter's seat (DATABASE_URL, REDIS_URL)
	@tools/worker_model.sh

test: .venv/.tests browser ## All tests, on SQLite, with nothing else running
	@tools/test.sh

services-test: .venv/.tests browser ## All tests again, on PostgreSQL and Redis (DATABASE_URL, REDIS_URL)
	@$(PY) tools/services.py tools/test.sh

faults: .venv/.tests ## Kill, stop and cut everything under a hundred pairs, and count what is lost
	@tools/faults.sh

lint: .venv/.tests ## Style, types, templates, and whether a migration is missing
	@tools/lint.sh

bench: .venv/.tests ## What the chat costs, beside the limit of its design (docs/performance.md); wants a quiet machine
	@$(PY) -m benchmarks.chat

bench-model: .venv/.tests ## What a model in the supporter's seat costs (docs/models.md); wants a quiet machine
	@$(PY) -m benchmarks.model

format: .venv/.tests ## Put the code in order
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

browser: .venv/.tests ## A browser for the tests, and the accessibility checker they use
	@$(PY) tools/browser.py
	@tools/axe.sh

screenshots: .venv/.tests browser ## A picture of every page, light and dark, phone and desktop
	@$(PY) -m pytest tests/browser/screenshots.py

compose-smoke: .venv/.tests browser ## Hold one conversation through a composed stack (needs Docker)
	@$(PY) tools/compose_smoke.py

clean: ## Take away everything that was installed or made, but not the data under var/
	rm -rf .venv .tools .mypy_cache .ruff_cache .pytest_cache .hypothesis var/static
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
