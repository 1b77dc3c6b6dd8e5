# Everything sets itself up: a machine with Python 3.11 or newer and make is enough.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed

.PHONY: help demo test check bench soak clean
help:
	@echo "make demo    the whole journey on the screen"
	@echo "make test    the tests (under five minutes)"
	@echo "make check   lint, types, import contracts, map lint"
	@echo "make bench   the speed table, others measured in the same run"
	@echo "make soak    what takes longer than a test may"

$(STAMP): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

demo: $(STAMP)
	$(BIN)/x12retro demo

test: $(STAMP)
	$(BIN)/python -m pytest -q -n 2 -m "not soak"

bench: $(STAMP)
	$(BIN)/python benchmarks/bench.py

soak: $(STAMP)
	$(BIN)/python -m pytest -q -m soak

check: $(STAMP)
	$(BIN)/ruff check x12retro tests
	$(BIN)/ruff format --check x12retro tests
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/x12retro maps lint

clean:
	rm -rf $(VENV) dist build
