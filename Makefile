# Two commands for newcomers:   make demo   and   make test
# Everything goes into .venv; nothing outside this folder changes but the system libraries that Blender's wheel needs.

SHELL := /bin/sh
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PYTHON ?= $(shell command -v python3.11 || command -v python3)

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-all soak faults lint types bench docs clean

help:
	@echo "make demo      set up, render 64 labelled heads, verify them, leave datasets/demo/preview.png"
	@echo "make test      set up, run the tests (a real render among them)"
	@echo "make test-all  the slow tests too;   make soak   310,000 samples while things are killed (an hour)"
	@echo "make faults    the fault suite alone, with a table of what was done to it and what held"
	@echo "make lint      ruff;   make types   mypy;   make bench   the speed tables;   make docs   the pages as a site"

setup: $(READY)

$(READY): pyproject.toml .ci/system-libraries
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null || { \
	  echo "synth needs Python 3.11 (Blender's wheel is built for it); found: $$($(PYTHON) --version 2>&1 || echo none)."; \
	  echo "Install it (Debian 12, Ubuntu 22.04+: apt install python3.11 python3.11-venv), or name one: make PYTHON=/path/to/python3.11"; \
	  exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { \
	  echo "No virtual environment could be made. On Debian or Ubuntu: apt install python3.11-venv"; rm -rf $(VENV); exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@sh .ci/system-libraries $(BIN)/python
	@touch $@

demo: setup
	$(BIN)/synth render --recipe demo --out datasets/demo
	$(BIN)/synth verify datasets/demo --deep
	$(BIN)/synth preview datasets/demo
	@echo "Look at datasets/demo/preview.png"

test: setup
	$(BIN)/python -m pytest -m "not slow"

test-all: setup
	$(BIN)/python -m pytest

soak: setup
	$(BIN)/python -m tests.faults --all --lines 25-27

faults: setup
	$(BIN)/python -m tests.faults

lint: setup
	$(BIN)/ruff check synth tests benchmarks
	$(BIN)/ruff format --check synth tests benchmarks

types: setup
	$(BIN)/mypy

bench: setup
	$(BIN)/python -m benchmarks

docs: setup
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[docs]'
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet

clean:
	rm -rf $(VENV) build dist site .pytest_cache .mypy_cache .ruff_cache
