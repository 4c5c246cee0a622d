# Two commands do everything on a machine that has Python 3.11+, git and make:
#   make demo   installs what is locked and runs the main job
#   make test   installs what is locked and passes the tests
# A uv that is already on the PATH is used; otherwise one is put into .venv/.uv with pip.

PYTHON ?= python3
UV_VERSION := 0.13.9
UV := $(shell command -v uv 2>/dev/null || echo .uv/bin/uv)
RUN := $(UV) run --frozen --no-sync
STAMP := .venv/.installed

.DEFAULT_GOAL := help
.PHONY: help install demo test check format lint types floors parts pack unit spark nightly docs docs-write bench clean browser

help:  ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

.uv/bin/uv:
	@echo "uv is not on the PATH: installing uv $(UV_VERSION) into .uv"
	@# some systems ship Python without venv: then pip alone has to do
	@$(PYTHON) -m venv .uv && .uv/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION) \
	  || $(PYTHON) -m pip install --quiet --disable-pip-version-check --upgrade --target .uv uv==$(UV_VERSION)

$(STAMP): pyproject.toml uv.lock $(filter .uv/bin/uv,$(UV))
	$(UV) sync --frozen --all-groups --extra all --python $(shell $(PYTHON) -c 'import sys; print(sys.executable)')
	@touch $@

install: $(STAMP)  ## install exactly what uv.lock names into .venv

demo: $(STAMP)  ## check the three programmes, run the headlines, write the report, end at a working registry
	$(RUN) proband demo

test: $(STAMP) check browser spark unit  ## every check and every test

check: $(STAMP) format lint types floors parts  ## format, lint, strict types, floors of the house, licences and hashes of parts

format: $(STAMP)
	$(RUN) ruff format --check src tests benchmarks

lint: $(STAMP)
	$(RUN) ruff check src tests benchmarks

types: $(STAMP)
	$(RUN) mypy

floors: $(STAMP)
	$(RUN) lint-imports

parts: $(STAMP)  ## check every part that is locked (hash, licence), and write the bill of materials into build/parts.cdx.json
	$(RUN) python scripts/parts.py --check
	$(RUN) python scripts/parts.py

pack: $(STAMP)  ## run the tests that 21 CFR Part 11 is held against, and write what they gave into build/part-11.md
	$(RUN) python scripts/write_part_11.py

browser:  ## put Chromium on this machine where apt-get can; the browser tests say so when it is absent
	@command -v chromium >/dev/null 2>&1 || sh scripts/install-chromium || echo "no Chromium: the browser tests will be skipped and say so"

spark: $(STAMP)
	@if command -v java >/dev/null 2>&1; then $(UV) sync --frozen --all-groups --extra all --extra spark --quiet; \
	else echo "no Java: screening on Spark will not be compared, and the tests say so"; fi

unit: $(STAMP)
	$(RUN) pytest -n auto --dist loadgroup

nightly: $(STAMP)  ## fresh random examples and the long state machine (about a million events)
	PROBAND_FRESH=1 PROBAND_NIGHTLY=1 $(RUN) pytest -n auto --dist loadgroup

docs: $(STAMP)  ## build the documentation site into build/docs (offline, with search)
	$(RUN) sphinx-build -b html -q -W --keep-going docs build/docs
	@echo "build/docs/index.html"

docs-write: $(STAMP)  ## write the pages of docs/ that come from the code
	$(RUN) python scripts/write_docs.py

bench: $(STAMP)  ## every benchmark, as ratios to a named peer on the same work
	$(RUN) python -m benchmarks

clean:  ## remove what the other commands made
	rm -rf .venv .uv build docs/reference dist demo site .pytest_cache .ruff_cache .mypy_cache .hypothesis .import_linter_cache
