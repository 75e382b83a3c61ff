# `make parity` and `make test` set up everything they need in .venv and then run; a second run installs nothing.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: help setup parity bench test test-fast lint types clean

help:
	@echo "make parity  train the same CNN in PyTorch and in minitorch and compare"
	@echo "make bench   time both engines side by side"
	@echo "make test    run the tests with coverage"
	@echo "make lint    ruff and mypy"

# Made anew when the pinned versions change. The engine itself is imported from this folder, not installed.
$(STAMP): constraints.txt requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "minitorch needs Python 3.11 or newer; set PYTHON=...")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -r requirements.txt
	$(BIN)/python -m compileall -q minitorch parity
	@touch $(STAMP)

setup: $(STAMP)

parity: $(STAMP)
	$(BIN)/python -m parity cnn

bench: $(STAMP)
	$(BIN)/python -m parity bench

test: $(STAMP)
	$(BIN)/python -m pytest -q -n auto --cov --cov-report=term --durations=10

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

clean:
	rm -rf $(VENV) parity-report .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage
