# Two commands matter: `make demo` (a page from a real file) and `make test` (everything CI runs).
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --quiet --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help demo test test-fast lint format soak bench docs measured pictures samples lock clean browser

help:
	@echo "make demo       set up and write build/west-yorkshire-burglary.html from a real file"
	@echo "make test       set up (browser included), lint, and every test that CI runs"
	@echo "make test-fast  the tests that need no browser and no long simulation"
	@echo "make lint       ruff, mypy, import-linter, numpydoc, codespell"
	@echo "make soak       the long simulations"
	@echo "make bench      timings, as ratios against a named peer"
	@echo "make docs       the manual, into docs/_build/html"
	@echo "make measured   the tables of conformance and calibration in docs/measured/"
	@echo "make pictures   the screenshots in docs/, from a real browser"
	@echo "make samples    data/samples/ from the packages they come from"
	@echo "make lock       requirements/*.txt from pyproject.toml"

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit("hotspots needs Python 3.11 or newer, this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.core: requirements/core.txt pyproject.toml | $(BIN)/python
	@echo "Setting up $(VENV) (first time: about a minute) ..."
	@$(PIP) install --require-hashes -r requirements/core.txt
	@$(PIP) install --no-deps -e .
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.core
	@echo "Setting up the tools for tests and docs ..."
	@$(PIP) install --require-hashes -r requirements/dev.txt
	@touch $@

demo: $(VENV)/.core
	@mkdir -p build
	@$(BIN)/hotspots map data/samples/west-yorkshire-2018-07.csv.gz --offence burglary \
	    -o build/west-yorkshire-burglary.html --summary build/west-yorkshire-burglary.json

browser:
	@bash scripts/install_browser.sh

test: $(VENV)/.dev browser lint
	@$(BIN)/python -m pytest -n 2 -m "not soak"

test-fast: $(VENV)/.dev
	@$(BIN)/python -m pytest -n 2 -m "not soak and not browser and not calibration and not fuzz"

lint: $(VENV)/.dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/numpydoc lint $$(find src/hotspots -name '*.py' -not -path '*/cli/*')
	@$(BIN)/codespell

format: $(VENV)/.dev
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

soak: $(VENV)/.dev
	@$(BIN)/python -m pytest -n 2 -m soak tests

bench: $(VENV)/.dev
	@$(BIN)/python -m pytest benchmarks --benchmark-only --benchmark-columns=median,rounds -p no:xdist

docs: $(VENV)/.dev
	@$(BIN)/sphinx-build -W --keep-going -b html docs docs/_build/html

measured: $(VENV)/.dev
	@$(BIN)/python scripts/measure_conformance.py
	@$(BIN)/python scripts/measure_calibration.py

pictures: $(VENV)/.dev demo browser
	@$(BIN)/python scripts/take_pictures.py

samples: $(VENV)/.core
	@$(BIN)/python scripts/make_samples.py

lock: $(VENV)/.dev
	@$(PIP) install uv
	@$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --quiet \
	    pyproject.toml -o requirements/core.txt
	@$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --quiet \
	    pyproject.toml --extra test --extra docs --extra bench -c requirements/core.txt -o requirements/dev.txt

clean:
	@rm -rf $(VENV) build dist docs/_build
