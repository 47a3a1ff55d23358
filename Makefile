# Two commands do everything: `make run` and `make test`. Each target prepares what it needs by itself.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
HOST ?= 127.0.0.1
PORT ?= 8000
RELEASES_DIR ?= var/releases
# A simulated extract: nothing in it is about a real person or clinic.
DEMONSTRATION ?= var/extracts/demonstration
HISTORY ?= var/history
export HOST PORT RELEASES_DIR

.PHONY: run build history test check lint bench faults assets messages docs lock clean
.DELETE_ON_ERROR:

run: $(VENV)/run.stamp ## serve the portal; the first time, build a release before
	@test -f $(RELEASES_DIR)/CURRENT || $(MAKE) --no-print-directory build
	@exec $(BIN)/python app.py

build: $(VENV)/run.stamp $(DEMONSTRATION)/manifest.json ## build a release of the documents and of a simulated extract, make it current
	$(BIN)/python -m etl build --extract $(DEMONSTRATION)

$(DEMONSTRATION)/manifest.json: | $(VENV)/run.stamp
	$(BIN)/python -m etl simulate --scale 0.002 --seed 2026 --months 2026-03:2026-08 --out $(DEMONSTRATION)

history: $(VENV)/run.stamp ## build a demonstration: six monthly releases with late data, a correction, a reply, a withdrawal
	$(BIN)/python -m etl history --out $(HISTORY)

test: $(VENV)/dev.stamp lint ## all tests; installs Chromium and LibreOffice when they are missing
	tests/system-packages.sh
	$(BIN)/pytest -n 2 --dist loadgroup -m "not alone" tests
	$(BIN)/pytest -m alone tests

check: $(VENV)/dev.stamp lint ## the fast subset, under two minutes
	$(BIN)/pytest -n 2 -q -m "not slow and not browser and not alone" tests

lint: $(VENV)/dev.stamp ## style, types, import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/dev.stamp ## benchmarks: ratios against a peer in the same run
	for bench in bench/*.py; do $(BIN)/python $$bench || exit 1; done

faults: $(VENV)/dev.stamp ## kills, full disks, failing calls and power cuts at 2,000 points of builds, redactions and the like; about half an hour, as root
	tests/system-packages.sh
	$(BIN)/python -m tests.etl.faults

assets: ## rebuild style sheets, scripts and fonts (needs node and npm)
	static/src/build.sh

messages: $(VENV)/dev.stamp ## collect interface texts, merge them into the catalogues, compile
	$(BIN)/pybabel -q extract -F babel.cfg -k ngettext:1,2 --no-location --omit-header --sort-output -o portal/translations/messages.pot .
	$(BIN)/pybabel -q update -i portal/translations/messages.pot -d portal/translations --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date
	$(BIN)/pybabel -q compile -d portal/translations

docs: $(VENV)/dev.stamp ## write the generated reference
	$(BIN)/python docs/generate.py

lock: $(VENV)/dev.stamp ## pin all dependencies anew from pyproject.toml
	$(BIN)/pip-compile -q --strip-extras --no-emit-index-url --no-emit-find-links --no-emit-trusted-host -o requirements.txt pyproject.toml
	$(BIN)/pip-compile -q --strip-extras --extra dev --extra spark --extra dp -c requirements.txt --no-emit-index-url --no-emit-find-links --no-emit-trusted-host -o requirements-dev.txt pyproject.toml

clean: ## remove what was built, but no release
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or later is needed; found $(PYTHON)."; exit 1; }
	$(PYTHON) -m venv $(VENV) || { echo "Install python3-venv, then try again."; rm -rf $(VENV); exit 1; }

$(VENV)/run.stamp: requirements.txt | $(VENV)/bin/python
	$(BIN)/pip install -q --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/dev.stamp: requirements-dev.txt $(VENV)/run.stamp
	$(BIN)/pip install -q --disable-pip-version-check -r requirements-dev.txt
	@touch $@
