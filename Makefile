# Two commands do everything on a machine with Python >= 3.11, pip and make:  make demo,  make test.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.rheobase-ready
PIP := $(BIN)/python -m pip --disable-pip-version-check

# Two processes; the tests of a file stay together, so that they share what they set up.
PYTEST := $(BIN)/python -m pytest --numprocesses 2 --dist loadfile

export MPLBACKEND := Agg

.DEFAULT_GOAL := help
.PHONY: help setup demo check test tests docs lock clean

help:
	@echo "make demo    set up, then compare Brunel's network with its theory at three points (writes demo/)"
	@echo "make test    set up, then make check and all tests"
	@echo "make check   formatting, types, layers and documentation"
	@echo "make tests   the tests alone"
	@echo "make docs    build the documentation into site/"
	@echo "make lock    renew requirements.lock: the newest versions that pyproject.toml allows"
	@echo "make clean   remove what was generated, except $(VENV)"

setup: $(READY)

# The stamp makes the second run quick: it is remade only when the lock or the project file changes.
$(READY): requirements.lock pyproject.toml
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Rheobase needs Python 3.11 or later; name one with: make PYTHON=/path/to/python3.11 ..."; exit 1; }
	test -x $(BIN)/python || "$(PYTHON)" -m venv $(VENV)
	$(PIP) install --quiet --requirement requirements.lock
	$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(READY)
	$(BIN)/rheobase demo --output demo

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright --pythonpath $(BIN)/python
	$(BIN)/lint-imports --no-cache
	$(BIN)/mkdocs build --strict --quiet --site-dir site

tests: $(READY)
	$(PYTEST)

test: check
	$(PYTEST)

docs: $(READY)
	$(BIN)/mkdocs build --strict

lock:
	rm -rf build/lock
	"$(PYTHON)" -m venv build/lock
	build/lock/bin/python -m pip install --quiet --upgrade pip
	build/lock/bin/python -m pip install --quiet --group dev .
	{ sed -n '/^#/p' requirements.lock; build/lock/bin/python -m pip freeze --exclude rheobase; } > build/lock/lock
	mv build/lock/lock requirements.lock

clean:
	rm -rf site demo build dist .pytest_cache .ruff_cache .hypothesis
