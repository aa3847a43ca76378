# Everything happens in a virtual environment that is made when it is missing. `make` alone lists what there is.

VENV ?= .venv
# Which Python makes it; looked for when empty.
PYTHON ?=
# Further arguments: make test ARGS='-k reload', make demo ARGS='--port 9000'
ARGS ?=

BIN = $(VENV)/bin/python
INSTALLED = $(VENV)/.installed
INSTALLED_DEV = $(VENV)/.installed-dev
PIP_INSTALL = $(BIN) -m pip install --quiet --disable-pip-version-check

# Hundreds of processes would compile what they import anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test test-others check lint types clean

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1:/p' Makefile | while IFS=: read -r name what; do printf 'make %-12s %s\n' "$$name" "$$what"; done

demo: $(INSTALLED) ## make a project in a temporary folder and serve it; Ctrl-C ends it
	@$(BIN) tools/demo.py $(ARGS)

test: $(INSTALLED_DEV) ## run the tests
	@$(BIN) -m pytest -n 6 --dist worksteal $(ARGS)

test-others: ## run the tests under every other Python >= 3.11 that is found
	@tools/pythons | sed 1d | while read -r python; do \
		name=$$("$$python" -c 'import sys; print("python%d.%d" % sys.version_info[:2])') && \
		echo "== $$python" && \
		$(MAKE) --no-print-directory test VENV="build/$$name" PYTHON="$$python" ARGS="-q $(ARGS)" </dev/null \
		|| exit 1; \
	done

check: lint types ## lint, types and tests: what has to pass
	@$(MAKE) --no-print-directory test

lint: $(INSTALLED_DEV) ## ruff
	@$(BIN) -m ruff check
	@$(BIN) -m ruff format --check

types: $(INSTALLED_DEV) ## mypy
	@$(BIN) -m mypy
	@$(BIN) -m mypy tools/demo.py
	@$(BIN) -m mypy tools/template_types.py
	@$(BIN) -m mypy --strict benchmarks
	@PYTHONPATH=tests $(BIN) tools/template_types.py

clean: ## remove the virtual environments and what tools left behind
	@rm -rf .venv build dist .coverage* .hypothesis .mypy_cache .pytest_cache .ruff_cache
	@find . -name __pycache__ -prune -exec rm -rf {} +

# One that is there is kept, unless its Python is gone or has no pip.
$(VENV)/.made: tools/pythons
	@if ! $(BIN) -c 'import sys, pip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
		python=$$(PYTHON="$(PYTHON)" tools/pythons) || exit 1; \
		python=$$(echo "$$python" | sed -n 1p); \
		echo "Making a virtual environment in $(VENV) with $$python"; \
		"$$python" -m venv --clear $(VENV); \
	fi
	@touch $@

$(INSTALLED): $(VENV)/.made pyproject.toml
	@echo "Installing tcli and what it needs in $(VENV)"
	@$(PIP_INSTALL) --editable .
	@touch $@

$(INSTALLED_DEV): $(VENV)/.made pyproject.toml
	@echo "Installing tcli, what it needs and what its tests need in $(VENV)"
	@$(PIP_INSTALL) --editable '.[dev]'
	@touch $@ $(INSTALLED)
