# The few commands of this repository. Nothing but Python 3.11 or newer, git and make has to be there before.

.DEFAULT_GOAL := help
.PHONY: help demo test lint types docs security faults container ui matrix site bench load dev format changelog clean

PORT ?= 8000
CRMCORE_DATA ?= .crmcore
export CRMCORE_DATA
BIN := .venv/bin
MATRIX := alone-mailchimp,alone-oidc,alone-shopify,alone-telephony,alone-validators
MATRIX := $(MATRIX),oldest-mailchimp,oldest-oidc,oldest-shopify,oldest-telephony,oldest-validators

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

demo: ## Start crmcore with demo data on http://127.0.0.1:8000 (PORT=…, CRMCORE_DATA=…)
	@scripts/prepare demo
	@exec $(BIN)/crmcore demo --with-parent --port $(PORT) $(ARGS)

test: ## Run all tests on every Python found, lint, types and docs examples
	@scripts/prepare test
	@exec scripts/test $(ARGS)

lint: ## Check style and formatting
	@scripts/prepare test
	@exec $(BIN)/tox -e lint

types: ## Check types
	@scripts/prepare test
	@exec $(BIN)/tox -e types

docs: ## Run the examples of README and docs/
	@scripts/prepare test
	@exec $(BIN)/tox -e docs

security: ## Every hostile request, who may do what, state machines, and the published API, on both databases
	@scripts/prepare test
	@CRMCORE_SECURITY=full exec $(BIN)/tox -e security

faults: ## Every fault of docs/faults.md on both databases, and what they leave behind
	@scripts/prepare test
	@CRMCORE_FAULTS=full exec $(BIN)/tox -e faults

container: ## Build a container from a lock and run it (root, buildah, debootstrap)
	@scripts/prepare test
	@CRMCORE_CONTAINER=full exec $(BIN)/tox -e container

ui: ## Every screen in Chromium: accessibility, budgets, keyboard, large bases, pictures (CRMCORE_UI=short for less)
	@scripts/prepare test
	@CRMCORE_UI=$${CRMCORE_UI:-full} exec $(BIN)/tox -e ui

matrix: ## Every plugin alone with the core, and with the oldest it allows (CRMCORE_CORE=… another core)
	@scripts/prepare test
	@exec $(BIN)/tox -e $(MATRIX)

site: ## Build the documentation into build/site
	@scripts/prepare dev
	@exec $(BIN)/python scripts/site.py

bench: ## Measure requests beside a bare Litestar + Piccolo app (ARGS=--quick, ARGS=--full)
	@scripts/prepare dev
	@exec $(BIN)/python -m benchmarks $(ARGS)

load: ## Hold the field bar through restarts and a hung plugin, read everything back (ARGS=--quick, ARGS=--full)
	@scripts/prepare dev
	@exec $(BIN)/python -m benchmarks.field_bar $(ARGS)

dev: ## Install everything for working on crmcore into .venv
	@scripts/prepare dev

format: dev ## Format the code
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format .

changelog: dev ## Collect changelog.d into CHANGELOG.md (VERSION=…)
	@$(BIN)/towncrier build --yes --version $(VERSION)

clean: ## Remove what the other commands have made, but not the data
	rm -rf .venv .tox .mypy_cache .ruff_cache .pytest_cache build dist
