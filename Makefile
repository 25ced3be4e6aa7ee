# `make demo` and `make ui` are for users; `make test` and `make lint` are what CI runs. Each sets up .venv first when needed.
PYTHON ?= python3
PORT ?= 3000
PROCESSES ?= $(shell nproc 2>/dev/null || echo 2)
VENV := .venv
BIN := $(VENV)/bin
AZURITE := build/azurite/node_modules/.package-lock.json
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help setup azurite demo ui test torture bench lint docs format clean

help:  ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## / - /'

setup: $(READY)  ## install the tested versions into .venv

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed; try make PYTHON=python3.11")'
	@echo "Setting up $(VENV) (some minutes, once) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt -e '.[all]'
	@touch $(READY)

azurite: $(AZURITE)  ## install the emulator of Azure Blob Storage for the tests (needs npm)

$(AZURITE):
	@mkdir -p build/azurite
	@npm install --prefix build/azurite --no-save --no-package-lock --no-audit --no-fund --loglevel=error azurite@3.35.0

demo ui: export DAGSTER_HOME := $(CURDIR)/.dagster
ui: export TEMPDATA_DAGSTER_URL := http://127.0.0.1:$(PORT)

demo: $(READY)  ## materialize 14 days of a shop through Dagster into ./lake and print what was made
	@$(BIN)/python -m tempdata_dagster.orchestration.demo

ui: $(READY)  ## the same project in the Dagster UI at http://localhost:3000 (PORT=...)
	@$(BIN)/dagster dev -w workspace.yaml -p $(PORT)

test: $(READY)  ## all tests, side by side (ARGS='-k orders -x' is passed to pytest; PROCESSES=0 for one after the other)
	@command -v npm >/dev/null && $(MAKE) --no-print-directory azurite || true
	@$(BIN)/python -m pytest -n $(PROCESSES) --dist loadfile $(ARGS)

torture: $(READY)  ## all tests, with the heavy variants: more rows, more examples, more kills
	@TEMPDATA_TORTURE=1 $(BIN)/python -m pytest $(ARGS)

bench: $(READY)  ## measure speed and memory against the alternatives, in one run
	@$(BIN)/python -m benchmarks $(ARGS)

lint: $(READY)  ## ruff and mypy, nothing is changed
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

docs: $(READY)  ## write docs/reference/ from the classes of the kinds
	@$(BIN)/python -m docs.build

format: $(READY)  ## let ruff format and fix what it can
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

clean:  ## remove .venv, the lake, Dagster's history and all caches
	@rm -rf $(VENV) lake build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache benchmarks/out
	@find .dagster -mindepth 1 -not -name dagster.yaml -delete
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
