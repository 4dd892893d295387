# Everything there is to run, each word saying what it leaves behind. `make` alone prints the list.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready
PACKAGE := src/evenhand
PACKS = $(notdir $(patsubst %/,%,$(dir $(wildcard $(PACKAGE)/policies/*/pack.toml))))
ARGS ?=
# A browser test needs Chromium; the others do not.
CHROMIUM = $(shell command -v chromium chromium-browser google-chrome 2>/dev/null | head -n 1)

.PHONY: help
help: ## print this list
	@echo "Evenhand. The words of make:"
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: setup
setup: $(STAMP) ## install the locked parts into .venv; quick when nothing changed

$(STAMP): requirements.lock requirements/run.in requirements/dependencies.py pyproject.toml
	@bin/find-python "$(PYTHON)"
	@if ! $(BIN)/python -c 'import sys, pip' 2>/dev/null; then rm -rf $(VENV); "$(PYTHON)" -m venv $(VENV); fi
	@echo "Installing the locked parts into $(VENV); the first time takes a minute or two."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

.PHONY: demo
demo: $(STAMP) ## run everything with a synthetic partnership until Ctrl-C; data stays in var/
	@exec $(BIN)/evenhand demo $(ARGS)

.PHONY: test
test: $(STAMP) ## set up and run all tests; ARGS='-k word' narrows them
	@$(if $(CHROMIUM),:,echo "Chromium is missing, so browser tests cannot run: apt-get install chromium")
	@exec $(BIN)/python -m pytest -n auto --dist loadgroup --no-loadscope-reorder $(ARGS)

.PHONY: check
check: $(STAMP) ## format, lint, templates, types, import contracts, policies, generated pages
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@if compgen -G '$(PACKAGE)/web/templates/*' > /dev/null; then $(BIN)/djlint --quiet --lint $(PACKAGE)/web/templates; fi
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@for pack in $(PACKS); do $(BIN)/evenhand policy check "$$pack"; done
	@$(BIN)/evenhand docs --check
	@echo "All checks passed."

.PHONY: bench
bench: $(STAMP) ## run every benchmark; ARGS=--quick for a tenth of the work
	@for name in $$($(BIN)/evenhand bench); do echo "== $$name"; $(BIN)/evenhand bench "$$name" $(ARGS); done

.PHONY: journey
journey: $(STAMP) ## draw each journey of the policies and write its page in docs/
	@for pack in $(PACKS); do $(BIN)/evenhand policy draw "$$pack"; done

.PHONY: lock
lock: $(STAMP) ## choose the newest allowed parts and write their hashes into requirements.lock
	@$(BIN)/uv pip compile --quiet --upgrade --generate-hashes --no-emit-index-url --no-header --no-annotate \
	  --python-version 3.11 requirements/check.in --output-file requirements.lock
	@echo "requirements.lock is new; run make test before you keep it."

.PHONY: clean
clean: ## remove what can be made again; data in var/ stays
	@rm -rf $(VENV) .mypy_cache .ruff_cache .import_linter_cache .hypothesis .pytest_cache build dist screenshots
	@find src tests bench requirements -name __pycache__ -type d -prune -exec rm -rf {} +
