# Needs Python 3.11 or later, make and git. Everything else goes into .venv, once.
# PYTHON=... names the Python to make it with, ARGS=... goes to pytest, WORKERS=... is how many tests run at once:
# each takes over what another has left, because some tests take as long as hundreds of others.
.DEFAULT_GOAL := help
.PHONY: help demo test check format faults bench samples vectors lock clean

BIN := .venv/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
READY := .venv/ready
WORKERS ?= 2

$(READY): requirements.txt pyproject.toml tools/venv.sh
	@PYTHON="$(PYTHON)" sh tools/venv.sh

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "make %-8s %s\n", $$1, $$2}' Makefile

demo: $(READY) ## walk through all five steps, on this project's own build
	@$(BIN)/python tools/demo.py

test: $(READY) ## run the tests
	$(BIN)/python -m pytest -q -n $(WORKERS) --dist worksteal $(ARGS)

check: $(READY) ## lint, format, types and the rooms' contracts
	$(BIN)/ruff check --quiet
	$(BIN)/ruff format --check --quiet
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

format: $(READY) ## put the code into its one format
	$(BIN)/ruff check --quiet --fix
	$(BIN)/ruff format

.venv/faults: $(READY) requirements-faults.txt
	@$(BIN)/python -m pip install -qq --no-input --disable-pip-version-check --require-hashes --only-binary :all: \
		-r requirements-faults.txt
	@touch $@

faults: .venv/faults ## run the slow faults: kills, corruptions, crowds, fuzz
	$(BIN)/python -m pytest -q -m faults --hypothesis-profile faults -n $(WORKERS) --dist worksteal tests/faults \
		$(ARGS)

bench: $(READY) ## measure, side by side with a baseline
	@$(BIN)/python -m bench

samples: $(READY) ## make the sample ledgers again
	@$(BIN)/python sample_ledgers/make.py

vectors: $(READY) ## make the specification's test vectors again
	@$(BIN)/python spec/vectors/make.py

lock: $(READY) ## resolve requirements.txt again (ARGS=--upgrade for the newest)
	@$(BIN)/python tools/lock.py $(ARGS)

clean: ## remove what make made
	rm -rf .venv build dist .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache snapshot_report.html
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
