# make run · test · bench · lint · lock — the first two are all a newcomer needs.
.DEFAULT_GOAL := help
PY := .venv/bin/python
STORE ?= var

help:
	@echo "make run    set up, load the demo region, run the main job, serve the web app"
	@echo "make test   set up and pass every test"
	@echo "make bench  run the benchmark registry (ratios, JSON)"
	@echo "make lint   ruff, types, import contracts"
	@echo "make lock   renew the locked requirements"

lock:
	.venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --no-emit-index-url --no-emit-find-links pyproject.toml -o requirements/run.txt
	.venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --no-emit-index-url --no-emit-find-links pyproject.toml --group dev -o requirements/dev.txt

.PHONY: help lock
