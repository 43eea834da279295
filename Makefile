# linewatch: `make demo` and `make test` set up what they need. `make help` lists the rest.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
UV_VERSION := 0.13.9
QUICK ?=
SOURCE ?=

export PYTHONUNBUFFERED = 1
# TensorFlow's start-up notes say nothing a user can act on.
export TF_CPP_MIN_LOG_LEVEL ?= 2

WEB := consumers/console/web
WEB_SOURCES = $(shell find $(WEB)/src $(WEB)/public -type f -not -name schema.d.ts 2>/dev/null) $(addprefix $(WEB)/,index.html vite.config.ts tsconfig.json)

.PHONY: help demo test test-quick prove lint format bench docs setup system web web-check screens lock clean

help: ## This list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

demo: setup web ## Broker, cameras, edges, statistics on real input; a report and a contact sheet at the end (SOURCE=folder)
	@$(BIN)/linewatch demo $(if $(SOURCE),--source "$(SOURCE)")

test: setup system web lint web-check ## Lint, types, then every test against real components (under 30 minutes)
	@$(BIN)/pytest -q -n 2 -m "not integration and not proof"
	@$(BIN)/pytest -m "integration and not proof"

test-quick: setup ## Tests that need no broker (under 60 seconds)
	@$(BIN)/pytest -q -n 2 -m "not integration and not proof"

prove: setup system web ## The longer proofs: faults, loads, memory, full trainings
	@$(BIN)/pytest -m proof --timeout 3600

screens: setup system web ## Pictures of the console's pages in every look, into docs/screens
	@SCREENSHOTS=docs/screens $(BIN)/pytest -q tests/browser/test_screens.py tests/browser/test_screens_plant.py

lint: setup ## ruff, mypy --strict, schema compatibility, shapes of the repository
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy schemas infra producers streams consumers tests benchmarks
	@$(BIN)/linewatch schemas check

format: setup ## Let ruff put the code into shape
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: setup ## Every benchmark (QUICK=1 for the short forms); `make bench-NAME` for one
	@$(BIN)/python -m benchmarks $(if $(QUICK),--quick)

bench-%: setup
	@$(BIN)/python -m benchmarks $* $(if $(QUICK),--quick)

docs: setup ## Write the generated parts of docs: the topology diagram and the command line
	@$(BIN)/python -m docs.generate

setup: $(VENV)/.installed ## The virtual environment, from the lock file

$(VENV)/.installed: pyproject.toml locks/linewatch.lock
	@infra/setup/check $(PYTHON)
	@test -x $(BIN)/python || $$(infra/setup/check --python $(PYTHON)) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r locks/linewatch.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@

system: setup ## What tests need beside Python: Kafka's jars, Prometheus, PostgreSQL, Chromium, moto
	@$(BIN)/python -m infra.setup.system

web: consumers/console/static/index.html ## The console's pages, from their TypeScript

web-check: $(WEB)/src/api/schema.d.ts ## TypeScript strict, eslint, prettier, vitest
	@cd $(WEB) && npm run --silent check

# The types of the API, from its own description; both change rarely and the file is not committed.
$(WEB)/src/api/schema.d.ts: $(WEB)/node_modules/.installed $(wildcard consumers/console/api/*.py consumers/console/views/*.py) consumers/console/openapi.py
	@$(BIN)/python -m consumers.console.openapi > $(WEB)/node_modules/.openapi.json
	@cd $(WEB) && npm run --silent types >/dev/null

$(WEB)/node_modules/.installed: $(WEB)/package.json $(WEB)/package-lock.json $(VENV)/.installed
	@cd $(WEB) && npm ci --silent --no-audit --no-fund
	@touch $@

consumers/console/static/index.html: $(WEB)/src/api/schema.d.ts $(WEB_SOURCES)
	@cd $(WEB) && npm run --silent build -- --logLevel warn
	@touch $@

lock: $(BIN)/uv ## Renew the lock files after a change of pyproject.toml
	@$(BIN)/uv pip compile -q --universal --generate-hashes --no-header --all-extras pyproject.toml -o locks/linewatch.lock
	@$(BIN)/uv pip compile -q --universal --generate-hashes --no-header --extra edge pyproject.toml -o locks/edge.lock

clean: ## Everything that was made here, but not your data in var/
	rm -rf $(VENV) $(WEB)/node_modules consumers/console/static .mypy_cache .ruff_cache .pytest_cache dist
