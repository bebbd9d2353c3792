# The commands of the course kit. `make help` lists them.
# Needs Python 3.11 to 3.13, make and a package index; everything else goes into .venv.

VENV   ?= .venv
SUITS  := import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c '$(SUITS)' 2>/dev/null && echo $$p && break; done)
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
PEERS  := $(VENV)/.peers
MORE   := $(VENV)/.more
LITE   := $(VENV)/.lite
NEWEST := .venv-newest
OLDEST := .venv-oldest
# the lower ends of the ranges have no wheels for a newer Python
OLDEST_PYTHON ?= python3.11
# A user of a container may have no home that can be written: then there is one in .venv.
HOMELESS := $(shell [ -d "$$HOME" ] && [ -w "$$HOME" ] || echo yes)
ifeq ($(HOMELESS),yes)
export HOME := $(if $(filter /%,$(VENV)),,$(CURDIR)/)$(VENV)/home
endif
WORKSHOP := $(BIN)/python -m helpers.cli
# all that can be installed beside the kit, but for the peers of `make bench`
EXTRAS := lab,onnx,kafka,grade,cluster,parquet,book,serve,lite,ui,dev
comma  := ,
# one piece of it: make test-oldest TESTS=tests/test_plots.py
TESTS  := tests solutions
ALL_TESTS = python -m pytest -q -n 2 --dist loadfile \
	--nbval-lax --nbval-current-env --nbval-cell-timeout=300 $(TESTS)
# Two kernels with one thread each finish sooner than one after the other with two.
ONE_THREAD := OMP_NUM_THREADS=1 TF_NUM_INTRAOP_THREADS=1 TF_NUM_INTEROP_THREADS=1
# Compiled bytecode makes every later start three times quicker.
COMPILE := env -u PYTHONDONTWRITEBYTECODE

LESSONS := 00 01 02 03
PORT   ?= 8000
MODELS ?= models

.PHONY: help lab test fix build book slides grade lite bench serve lock test-newest test-oldest clean

help:  ## List these commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

lab: $(READY)  ## Open the course in JupyterLab, on your own copies in work/
	$(WORKSHOP) lab

test: $(READY) $(MORE)  ## Run all tests, and nbval on every solution notebook
	$(WORKSHOP) test

fix: $(READY)  ## Mend and format the code with ruff
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

build: $(READY)  ## Build all notebooks from solutions/*.py, or one: make build LESSON=03
	$(ONE_THREAD) $(BIN)/workshop build $(LESSON)

book: $(READY) $(MORE)  ## Build the web book in build/book; make book TEACHER=1: with solutions and notes
	@test -e $(MORE) || { echo "The book's packages can't be installed here."; exit 1; }
	$(BIN)/workshop book $(if $(TEACHER),--teacher)

slides: $(READY) $(MORE)  ## Build the slides in build/slides; make slides TEACHER=1: with solutions and notes
	@test -e $(MORE) || { echo "The slides' packages can't be installed here."; exit 1; }
	$(BIN)/workshop slides $(if $(TEACHER),--teacher)

grade: $(READY)  ## Grade a class: make grade SUBMISSIONS=folder OUT=grades
	$(BIN)/workshop grade "$(SUBMISSIONS)" --out "$(OUT)"

lite: $(LITE)  ## Build lessons 00 to 03 as a site that runs in the browser (experimental)
	@mkdir -p build
	$(BIN)/workshop release $(LESSONS:%=--lesson %) --out build/lite.zip --force
	$(BIN)/workshop lite build/lite.zip

bench: $(PEERS)  ## Run the benchmarks beside PyOD and write docs/results/
	$(BIN)/python -m benchmarks

serve: $(READY) $(MORE)  ## Train if needed, serve models and the dashboard: make serve PORT=8000
	@test -f "$(MODELS)/rows.csv" || $(BIN)/workshop train pca --out "$(MODELS)"
	@$(BIN)/workshop serve "$(MODELS)" --port $(PORT) & server=$$!; \
	trap 'kill $$server 2>/dev/null' EXIT INT TERM; \
	$(BIN)/python -m helpers.serving.poll http://127.0.0.1:$(PORT) && wait $$server

lock: $(READY)  ## Resolve requirements.lock anew from the ranges in pyproject.toml
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --upgrade --quiet --custom-compile-command "make lock" \
		--extra lab --extra dev pyproject.toml --output-file requirements.lock
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --upgrade --quiet --custom-compile-command "make lock" \
		--constraint requirements.lock --extra book --extra parquet --extra serve --extra ui \
		pyproject.toml --output-file requirements-extras.lock

test-newest:  ## Run all tests, and all lessons, on the newest versions that the index has
	@$(MAKE) --no-print-directory python-found
	rm -rf $(NEWEST)
	"$(PYTHON)" -m venv $(NEWEST)
	$(COMPILE) $(NEWEST)/bin/python -m pip install --quiet --upgrade pip
	$(COMPILE) $(NEWEST)/bin/python -m pip install --quiet ipykernel nbclient
	WORKSHOP_KIT="$(CURDIR)" $(NEWEST)/bin/python tests/run_alone.py notebooks/*.ipynb
	$(COMPILE) $(NEWEST)/bin/python -m pip install --quiet --upgrade --upgrade-strategy eager \
		--editable ".[$(EXTRAS)]"
	$(ONE_THREAD) $(NEWEST)/bin/$(ALL_TESTS)

# The lowest hatchling builds the kit, too: no build environment of its own.
test-oldest:  ## Run all tests, and all lessons, on the oldest versions allowed (Python 3.11)
	rm -rf $(OLDEST)
	"$(OLDEST_PYTHON)" -m venv $(OLDEST)
	$(COMPILE) $(OLDEST)/bin/python -m pip install --quiet uv
	$(OLDEST)/bin/uv pip install --quiet --python $(OLDEST)/bin/python --compile-bytecode \
		--resolution lowest-direct $(foreach e,$(subst $(comma), ,$(EXTRAS)),--extra $(e)) -r pyproject.toml
	$(COMPILE) $(OLDEST)/bin/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	$(ONE_THREAD) $(OLDEST)/bin/$(ALL_TESTS)

clean:  ## Remove the environments that these commands made
	rm -rf $(VENV) $(NEWEST) $(OLDEST)

.PHONY: python-found
python-found:
	@"$(PYTHON)" -c '$(SUITS)' 2>/dev/null || { echo "This kit needs Python 3.11, 3.12 or 3.13; $(or $(PYTHON:%=% is not one of them),none was found). Install one, or name it: make lab PYTHON=/path/to/python3.12"; exit 1; }

# The mark is written last, so an interrupted install starts again.
$(READY): requirements.lock pyproject.toml
	@$(MAKE) --no-print-directory python-found
	"$(PYTHON)" -m venv $(VENV)
	@mkdir -p $(VENV)/home
	$(COMPILE) $(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(COMPILE) $(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@# by the Python outside: in 3.11 the one inside may not start before this
	"$(PYTHON)" -I .ci/relative_pth.py $(VENV)
	@$(COMPILE) $(BIN)/python -m compileall -q helpers \
		|| echo "The kit can't be compiled in advance here; every start is a little slower."
	@# no question about news, no look-up of newer versions: a classroom has no network
	@$(BIN)/python -m jupyterlab.labextensions disable "@jupyterlab/apputils-extension:announcements" \
		|| echo "JupyterLab's question about news can't be switched off here; answer No."
	@touch $@

# What the web book, Parquet files and the tests of pages need, at versions that go with
# requirements.lock. A learner needs none of it, so no course stops where it can't be had:
# then its tests are skipped, and say so.
$(MORE): $(READY) requirements-extras.lock
	@$(COMPILE) $(BIN)/python -m pip install --quiet --require-hashes -r requirements-extras.lock && touch $@ \
		|| echo "The packages of requirements-extras.lock can't be installed here; the tests that need them are skipped."

# PyOD and torch, beside the locked versions and never in place of them. Big, so no other target
# wants them, and the benchmarks run without them: then tables say what was left out.
$(PEERS): $(READY)
	$(BIN)/python -m pip freeze --exclude-editable > $(VENV)/held.txt
	$(COMPILE) $(BIN)/python -m pip install --quiet --constraint $(VENV)/held.txt \
		--no-build-isolation --editable ".[bench]" && touch $@ \
		|| echo "PyOD and torch can't be installed here; the benchmarks run without them."

# JupyterLite, beside the locked versions and never in place of them; only `make lite` wants it.
$(LITE): $(READY)
	$(BIN)/python -m pip freeze --exclude-editable > $(VENV)/held.txt
	$(COMPILE) $(BIN)/python -m pip install --quiet --constraint $(VENV)/held.txt \
		--no-build-isolation --editable ".[lite]"
	@touch $@
