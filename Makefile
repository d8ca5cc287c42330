# `make lab` and `make test` set up everything they need, on a fresh machine too. `make help` lists the rest.

VENV := .venv
BIN := $(VENV)/bin
# The tools of the environment come first, for npm scripts as well (jupyter-builder).
export PATH := $(CURDIR)/$(BIN):$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

LABEXTENSION := jupyter_runs/labextension
WIDGET := jupyter_runs/static/widget.js
LINK := $(VENV)/share/jupyter/labextensions/jupyter-runs

PY_STAMP := $(VENV)/.installed
NPM_STAMP := node_modules/.installed
JS_SOURCES := package.json $(wildcard tsconfig*.json jupyter_runs/locale/*/LC_MESSAGES/*.po) scripts/catalogue.mjs $(shell find labextension -type f -not -path 'labextension/lib/*')

# Oldest and newest of each line that behaves differently while a cell is busy.
KERNELS ?= "ipykernel==6.31.*,ipython<9" "ipykernel==7.3.*,ipython<9" "ipykernel==7.3.*" "ipykernel==7.4.*"

# Series of JupyterLab that must work, and what is looked at in each.
LABS ?= 4.4 4.5 4.6
LAB_TESTS := $(addprefix tests/ui/,test_panel.py test_sidebar.py test_rundoc.py test_notebook7.py test_page.py test_keyboard.py)

# Processes that share the tests, file by file. Those in the browser come last: they leave an event loop in their process.
WORKERS ?= 2
SPREAD := --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder

# Passed to `jupyter lab` or pytest: make lab ARGS="--no-browser --port 8890", make pytest ARGS="-k cancel"
ARGS ?=
ROOT_FLAG := $(shell test "$$(id -u)" = 0 && echo --allow-root)

# Run all of several commands, and fail if one did: a format error does not hide a type error.
each = failed=; for one in $(2); do echo "$(1)$$one"; $(1)$$one || failed=1; done; test -z "$$failed"

.PHONY: help lab test test-cluster setup check check-python check-typescript pytest kernels fix types catalogue bench bench-ui bench-scale build clean distclean chromium labs
.DEFAULT_GOAL := help

help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-18s %s\n", $$1, $$2}' Makefile

lab: setup ## Set up everything and open JupyterLab on the first notebook; ARGS="--no-browser --port 8890" pass through
	$(BIN)/jupyter lab --LabApp.default_url=/lab/tree/notebooks/01_first_run.ipynb $(ROOT_FLAG) $(ARGS)

test: check-python check-typescript pytest ## Set up everything and run everything that CI runs

check: check-python check-typescript ## The fast half of the tests: linters, types, unit tests; no browser
	$(BIN)/pytest -q -m "not slow" --ignore=tests/ui --ignore=tests/test_wheel.py --ignore=tests/test_notebooks.py $(ARGS)

check-python: $(PY_STAMP) ## Format, lint, types and import layers of the Python code
	@$(call each,$(BIN)/,"ruff format --check ." "ruff check ." mypy lint-imports)

check-typescript: $(PY_STAMP) $(NPM_STAMP) ## Types, lint and unit tests of the JupyterLab extension
	@$(call each,npm run --silent ,typecheck lint types:check catalogue:check test)

pytest: setup chromium ## All Python, notebook, wheel and browser tests; ARGS="-k cancel" narrows, WORKERS=0 for one after another
	$(BIN)/pytest $(SPREAD) $(ARGS)

kernels: setup chromium ## Cancel a busy cell in the browser on every supported kernel; KERNELS="ipykernel==6.31.*,ipython<9" narrows
	@set -e; for kernel in $(KERNELS); do \
		echo "== $$kernel"; \
		python="$$(sh scripts/kernel.sh "$$kernel")"; \
		UI_KERNEL="$$python" $(BIN)/pytest -q tests/ui/test_cancel.py $(ARGS) </dev/null; \
	done

test-cluster: setup ## Scripts on real engines, and a real JupyterHub: Slurm, Ray, Dask, which are brought where they can be; ARGS="-k slurm" narrows
	@ray="$$(sh scripts/cluster.sh)" && hub="$$(sh scripts/hub.sh)" && PATH="$$PATH:$$hub" CLUSTER=all CLUSTER_RAY="$$ray" \
		$(BIN)/pytest -q tests/cluster tests/test_http_hub.py $(ARGS)

labs: build chromium ## Side bar, panel, run document, page and keys in every supported JupyterLab and its Notebook; LABS="4.4" narrows
	@set -e; for lab in $(LABS); do \
		echo "== JupyterLab $$lab"; \
		python="$$(sh scripts/lab.sh "$$lab" dist/*.whl)"; \
		UI_LAB="$$python" $(BIN)/pytest -q $(LAB_TESTS) $(ARGS) </dev/null; \
	done

fix: $(PY_STAMP) $(NPM_STAMP) ## Format, and fix what linters can fix
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	npm run fix

catalogue: $(NPM_STAMP) ## Take the texts of the front end into the .po files of the languages, and those into what JupyterLab reads
	npm run catalogue

types: $(NPM_STAMP) ## Generate the TypeScript types from the schema of a run
	npm run types

bench: setup ## Measure what the design promises
	$(BIN)/python -m benchmarks $(ARGS)

bench-ui: setup chromium ## Measure the studio in a browser, beside MLflow's UI; ARGS="list metric" narrows, ARGS=--no-mlflow
	$(BIN)/python -m benchmarks.ui $(ARGS)

bench-scale: setup ## Fill a store with 10^6 runs and 10^8 points, ask it, and have 1,000 runs log at once; ARGS="--store postgresql://… --runs 1e5"
	$(BIN)/python -m benchmarks.scale $(ARGS)

build: $(PY_STAMP) $(LABEXTENSION)/package.json $(WIDGET) ## Wheel and sdist in dist/
	rm -rf dist
	$(BIN)/python -m hatchling build

clean: ## Remove what was built
	rm -rf dist build $(LABEXTENSION) jupyter_runs/static jupyter_runs/locale/*/LC_MESSAGES/*.json labextension/lib test-results .mypy_cache .ruff_cache .pytest_cache \
		.import_linter_cache

distclean: clean ## Remove the environments as well
	rm -rf $(VENV) node_modules

# ---- set-up ---------------------------------------------------------------------------------------------------------

setup: $(PY_STAMP) $(LABEXTENSION)/package.json $(WIDGET) ## Environment, package and extension, as `make lab` uses them

chromium: $(PY_STAMP)
	@sh scripts/chromium.sh

$(BIN)/python:
	@sh scripts/require.sh node
	@python="$$(sh scripts/require.sh python)" && echo "$$python -m venv $(VENV)" && "$$python" -m venv $(VENV)

# JupyterLab reads the build in place, through a link: after a rebuild a reload of the page is enough.
# The link is taken away first, as an installer must not write or delete through it.
$(PY_STAMP): pyproject.toml install.json $(wildcard jupyter-config/*/*) | $(BIN)/python
	@if test -L $(LINK); then rm $(LINK); fi
	@mkdir -p $(LABEXTENSION)
	SKIP_JUPYTER_BUILDER=1 $(BIN)/python -m pip install --quiet --editable '.[examples,test,dev]'
	@rm -rf $(LINK) && mkdir -p $(dir $(LINK)) && ln -s ../../../../$(LABEXTENSION) $(LINK)
	@touch $@

# Not `npm ci`: it insists on the optional packages of every platform, which not every registry carries.
$(NPM_STAMP): package.json package-lock.json
	@sh scripts/require.sh node
	npm install --no-save --no-audit --no-fund --loglevel=error
	@touch $@

$(LABEXTENSION)/package.json: $(JS_SOURCES) $(NPM_STAMP) | $(PY_STAMP)
	npm run build:prod
	@touch $(LABEXTENSION)/package.json $(WIDGET)

$(WIDGET): $(LABEXTENSION)/package.json
	@test -e $@ || npm run build:prod
	@touch $@
