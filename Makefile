# Switchroom: `make` lists what can be made.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
PACKAGES := switchroom telephony dialer acd kvmctl recording config store desk reports simulator benchmarks
JOBS ?= 4

.DEFAULT_GOAL := help
.PHONY: help run test bench lint format lock docs clean

help: ## list what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(VENV)/.run ## set up and run the main job: a simulated exchange, a campaign, the desk on localhost
	$(BIN)/switchroom simulate --scenario demo $(ARGS)

test: $(VENV)/.dev ## set up and run every test (CI=true: nothing may skip)
	$(BIN)/python -m pytest -n $(JOBS) --dist loadgroup $(ARGS)

bench: $(VENV)/.dev ## run the benchmarks and renew docs/benchmarks.md
	$(BIN)/python -m benchmarks --write docs/benchmarks.md $(ARGS)

lint: $(VENV)/.dev ## style, types and layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.dev ## put the code in order
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(VENV)/.dev ## renew the pages that are drawn from the code
	$(BIN)/python -m config.render

lock: ## renew the lock files (needs uv)
	uv pip compile -q --generate-hashes --no-emit-index-url --no-header --universal --python-version 3.11 \
		--group build pyproject.toml -o requirements/run.lock
	uv pip compile -q --generate-hashes --no-emit-index-url --no-header --universal --python-version 3.11 \
		--group build --group dev pyproject.toml -o requirements/dev.lock

clean: ## remove the environment and what runs have written
	rm -rf $(VENV) var .mypy_cache .ruff_cache .hypothesis .import_linter_cache

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Switchroom needs Python 3.11 or newer; set PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "Python's venv module is missing: install python3-venv"; exit 1; }

$(VENV)/.run: requirements/run.lock | $(VENV)/bin/python
	@echo "setting up $(VENV) (first time: about a minute)"
	@$(PIP) install --require-hashes -r requirements/run.lock
	@$(PIP) install --no-build-isolation --no-deps -e .
	@touch $@

$(VENV)/.dev: requirements/dev.lock | $(VENV)/bin/python
	@echo "setting up $(VENV) with the tools for tests (first time: about a minute)"
	@$(PIP) install --require-hashes -r requirements/dev.lock
	@$(PIP) install --no-build-isolation --no-deps -e .
	@touch $@ $(VENV)/.run
