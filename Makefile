# `make run` and `make test` are all a newcomer needs; both set up what they lack.
.DEFAULT_GOAL := help
.PHONY: help run test bench lint lock setup setup-dev demo data clean

PYTHON ?= python3
BIN    := .venv/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet
STORE  ?= var
PORT   ?= 8000
SIZE   ?= small
SEED   ?= 1
PO     := $(wildcard src/vardbalans/locale/*/LC_MESSAGES/*.po)

help:
	@echo "make run    set up, load the demo region, run the main job, serve the web app on port $(PORT)"
	@echo "make test   set up and pass every test"
	@echo "make bench  run the benchmark registry (ratios, JSON)"
	@echo "make lint   style, types, import contracts"
	@echo "make lock   renew the locked requirements"

run: setup $(STORE)/.demo
	@$(BIN)/vardbalans serve --store $(STORE) --port $(PORT)

test: setup-dev lint
	@tools/system-packages
	$(BIN)/pytest -n 2

bench: setup-dev
	$(BIN)/python -m benchmarks.run $(NAMES)

lint: setup-dev
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --quiet --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

lock: .venv/.dev
	$(call compile,run,pyproject.toml --extra pdf --extra sso --group build)
	$(call compile,node,--group node)
	$(call compile,dev,pyproject.toml --extra pdf --extra sso --group build --group node --group dev)

# --universal: one lock for every machine; no host is written, so any mirror of the registry will do.
compile = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
	--no-emit-index-url --no-emit-find-links $(2) -o requirements/$(1).txt

setup: .venv/.run .venv/.messages .venv/.vendor
setup-dev: .venv/.dev .venv/.messages .venv/.vendor

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/.run: requirements/run.txt pyproject.toml | .venv/bin/python
	$(PIP) install --require-hashes -r requirements/run.txt
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.dev: requirements/dev.txt .venv/.run
	$(PIP) install --require-hashes -r requirements/dev.txt
	@touch $@

.venv/.messages: $(PO) | .venv/.run
	$(BIN)/python -m vardbalans.web.messages compile
	@touch $@

# npm is the machine's own, or the one that comes as a Python package.
.venv/.vendor: package-lock.json requirements/node.txt src/vardbalans/web/vendor.py | .venv/.run
	@command -v npm >/dev/null || $(PIP) install --require-hashes -r requirements/node.txt
	$(BIN)/python -m vardbalans.web.vendor
	@touch $@

$(STORE)/.demo: | .venv/.run
	$(BIN)/vardbalans demo $(STORE)/demo --size $(SIZE) --seed $(SEED) >/dev/null
	$(BIN)/vardbalans import $(STORE)/demo --by demo --store $(STORE)
	$(BIN)/vardbalans measures follow --store $(STORE) >/dev/null
	$(BIN)/vardbalans balance --store $(STORE)
	$(BIN)/vardbalans cost --store $(STORE) >/dev/null
	@touch $@
