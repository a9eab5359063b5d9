# `make` lists the targets. Each does its own set-up: what it needs is Python 3.11 and a package registry.

PYTHON  ?= $(shell command -v python3.11 || command -v python3)
WORKERS ?= 2
BIN     := .venv/bin
WITNESSES ?= ../shared/witness
PIP     := -m pip --disable-pip-version-check --retries 10 --timeout 60
ROWS    := SELECT COUNT(*) AS LOADED_ROWS FROM SNOWMAKING.RAW.WEATHER
HOURS   := SELECT ORIGIN, MONTH, HOURS FROM SNOWMAKING.MARTS.SNOWMAKING_HOURS ORDER BY ORIGIN, MONTH

.DEFAULT_GOAL := help
.PHONY: help demo test check docs bench container witness corpus install venv5 clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / {printf "  %-9s %s\n", $$1, $$2}' Makefile

demo: install  ## migrate the example project on the sandbox, apply its components; show the history and the snowmaking hours
	$(BIN)/snowmaker migrate -e sandbox --yes
	$(BIN)/snowmaker apply -e sandbox --yes
	$(BIN)/snowmaker history -e sandbox
	$(BIN)/snowmaker sql -e sandbox -q "$(ROWS)"
	$(BIN)/snowmaker sql -e sandbox -q "$(HOURS)"

test: install venv5  ## run the tests, slow ones left out
	SNOWMAKER_PYTHON5="$(CURDIR)/.venv5/bin/python" $(BIN)/pytest -n $(WORKERS) --timeout 120 -m "not slow"

check: install  ## lint, format, types, and whether README.md's reference is what the code says
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m snowmaker.docs --check

docs: install  ## write README.md's reference anew
	$(BIN)/python -m snowmaker.docs

bench: install  ## run the slow tests: soaks and benches
	$(BIN)/pytest -m slow -s

container: install  ## build the image of the sandbox, without a registry, and deploy to it from outside
	$(BIN)/pytest -m "slow or not slow" tests/test_container.py

witness: install  ## judge the sandbox by real clients' own suites; WITNESS="connector dbt" for some of them
	$(BIN)/python tests/witness.py $(WITNESSES) $(WITNESS)

corpus: install  ## send the statements of Snowflake's documentation to the sandbox, whole and broken
	$(BIN)/python tests/corpus.py $(WITNESSES)

install: .venv/installed  ## make .venv: everything for development, the sandbox included

venv5: .venv5/installed  ## make .venv5: the same tool beside connector 5, a client of the sandbox

clean:  ## remove what make and the tools made; the sandbox's data too
	rm -rf .venv .venv5 .snowmaker dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# `pip install --group` came with pip 25.1, which Python 3.11 does not bring.
.venv/installed: pyproject.toml
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python $(PIP) install --quiet --upgrade "pip>=25.1"
	$(BIN)/python $(PIP) install --quiet --editable ".[sandbox]" --group dev
	touch $@

.venv5/installed: pyproject.toml
	$(PYTHON) -m venv --clear .venv5
	.venv5/bin/python $(PIP) install --quiet --editable . "snowflake-connector-python>=5.2,<6" "pytest>=8.3"
	touch $@
