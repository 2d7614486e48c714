# Two commands set everything up: make demo, make test. Python 3.11 or newer is all they need.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
SAMPLE := tests/cases/pages/sample.txt

.PHONY: demo test check clean

demo: .venv/.demo
	@mkdir -p demo
	@$(BIN)/policytag tag $(SAMPLE) --evidence -o demo/sample.jsonl --overwrite
	@$(BIN)/policytag report demo/sample.jsonl -o demo/report.html
	@$(BIN)/policytag tag $(SAMPLE) --format table
	@echo
	@echo "That was a newspaper page as an extractor left it: $(SAMPLE)"
	@echo "The full result, one JSON object a paragraph: demo/sample.jsonl"
	@echo "The same as a page for the browser, evidence highlighted:  demo/report.html"
	@echo "Your own documents: $(BIN)/policytag tag FILE-OR-FOLDER -o tagged.csv"

# Among the tests are a real Label Studio server (800 MB, installed once into ~/.cache), a browser, and Ray.
test: .venv/.dev
	@$(BIN)/python tests/studio/browser.py
	@$(BIN)/pytest

check: .venv/.dev
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy

clean:
	rm -rf .venv demo dist

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "policytag needs Python 3.11 or newer: make PYTHON=/path/to/python3.11")'
	@$(PYTHON) -m venv .venv

.venv/.demo: pyproject.toml | .venv/bin/python
	@echo "Installing policytag into .venv ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

.venv/.dev: pyproject.toml | .venv/bin/python
	@echo "Installing policytag with everything its tests need into .venv ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@# the SDK's OpenCV, of no use here, wants an older NumPy, which rounds the committed model's figures otherwise
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade --no-deps 'numpy>=2.4'
	@touch $@
