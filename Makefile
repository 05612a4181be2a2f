# `make demo` and `make test` are all a fresh machine needs: python3 (3.11 to 3.13) and make.
PYTHON ?= python3
BIN := .venv/bin
# Tests start Wend some hundred times, and each would compile all that it imports.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help demo test test-all lint bench lock clean

help:  ## Print this list
	@grep -hE '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 12

.venv/ready: requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		"$$(sed -nE 's/^(uv==[^ ]+).*/\1/p' requirements.lock)"
	$(BIN)/uv pip sync --quiet --require-hashes --python $(BIN)/python requirements.lock
	$(BIN)/uv pip install --quiet --no-deps --no-build-isolation --python $(BIN)/python -e .
	@touch $@

demo: .venv/ready  ## Run the main job on an invented company under data/demo
	$(BIN)/python -m pipeline demo

test: .venv/ready lint  ## Lint, types, and the tests that belong to every change
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not long"

test-all: .venv/ready lint  ## Every test, the long ones too
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

lint: .venv/ready  ## Style, types, spelling and the form of the SQL
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/sqlfmt --check --quiet sql
	$(BIN)/codespell
	$(BIN)/interrogate --quiet tests

bench: .venv/ready  ## Time each step against its floor (EVENTS=1000000)
	$(BIN)/python -m tests.benchmarks $(or $(EVENTS),1000000)

lock: .venv/ready  ## Resolve requirements.lock again
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header --group dev --extra live --extra match --extra notebooks --extra schedule \
		--output-file requirements.lock pyproject.toml

clean:  ## Remove the environment and the demo
	rm -rf .venv data/demo .pytest_cache .mypy_cache .ruff_cache .hypothesis
