# make run      a real model's scored answers, from a bare machine
# make test     the tests
# make quick    the tests that are neither slow nor in need of a browser or another host, in two processes
# make test-extras  the tests that need other harnesses, in a virtual environment of their own with them
# make servers  vLLM, LiteLLM, LLMock and transformers, installed apart (6 GB), and evalkit held against them
# make check    ruff, mypy --strict, import-linter
# make docs     the documentation site, in .docs
# make validity how well detector and graders agree with people, and with published numbers
# make data     the data that come with evalkit, against their sources with SOURCES=DIR
# make theory   the paper's statements, checked at the specification's sizes
# make bench    speed and memory, each against its limit
# make notebooks the notebooks in examples/, run and stored with what they show
# make reference results/reference and docs/figures, from real runs; half an hour
# make release  dist/, built and checked; nothing is uploaded
# make soak     kills, and hostile servers, folders and logs; about ten minutes

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check

.PHONY: install run test test-texts test-runs test-extras servers quick quick-texts quick-runs check bench soak docs notebooks validity data theory reference clean release

# Both stamps depend on pyproject.toml: a new entry point is invisible until the project is installed again.
$(VENV)/.user: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "evalkit needs Python 3.11 or newer: make PYTHON=python3.11 …"; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing evalkit and what it needs into $(VENV)"
	@$(PIP) install --quiet -e '.[local,view,plot]'
	@touch $@

$(VENV)/.dev: $(VENV)/.user
	@echo "installing the development tools into $(VENV)"
	@$(PIP) install --quiet -e '.[local,view,plot,math,ifeval,decryption,train,openai,anthropic-bedrock,anthropic-vertex,azure,dev]'
	@touch $@

install: $(VENV)/.dev

run: $(VENV)/.user
	$(BIN)/python -m evalkit run --threshold none,0.75 --limit 20
	@echo "For the command evalkit in this shell: . $(BIN)/activate"

# In two processes, each of which prints its report when it ends; tests/theory last, for JAX forbids to fork after it.
test: $(VENV)/.dev
	@$(MAKE) --no-print-directory -j2 --keep-going --output-sync=target test-texts test-runs

test-texts:
	@$(BIN)/python -m pytest -q -p no:cacheprovider $(SLOW_TEXTS) $(filter-out tests/theory,$(TEXTS)) tests/theory

test-runs:
	@$(BIN)/python -m pytest -q -p no:cacheprovider tests $(addprefix --ignore=,$(TEXTS) $(SLOW_TEXTS))

# Other harnesses bring hundreds of packages; a Python from 3.12 on also gets Every Eval Ever.
EXTRAS := .venv-extras

$(EXTRAS)/.done: pyproject.toml
	@for python in python3.13 python3.12 $(PYTHON); do $$python -c '' 2>/dev/null && break; done; \
		test -x $(EXTRAS)/bin/python || $$python -m venv $(EXTRAS)
	@echo "installing evalkit and other harnesses into $(EXTRAS)"
	@$(EXTRAS)/bin/python -m pip --disable-pip-version-check install --quiet -e '.[local,plot,xlsx,interop]' hypothesis openai pytest
	@touch $@

test-extras: $(EXTRAS)/.done
	$(EXTRAS)/bin/python -m pytest tests/integrations tests/exports tests/dataset/test_hub_loading.py

QUICK := $(BIN)/python -m pytest -q -m "not slow and not browser and not network and not servers" -p no:cacheprovider
SLOW_TEXTS := tests/rescoring tests/web tests/report tests/analysis tests/exports tests/tasks tests/models
TEXTS := tests/abstention tests/graders tests/grading tests/metrics tests/theory tests/readers

# A server that cannot be installed is named, and its tests skip.
servers: $(VENV)/.dev
	-$(BIN)/python tests/servers/install.py
	$(BIN)/python -m pytest tests/servers

quick: $(VENV)/.dev
	@$(MAKE) --no-print-directory -j2 quick-texts quick-runs

quick-texts:
	@$(QUICK) $(TEXTS)

quick-runs:
	@$(QUICK) tests $(addprefix --ignore=,$(TEXTS))

# import-linter and mypy cannot follow the mapping of tasks/ and graders/ in an editable install, so both look
# at an installed copy.
check: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	@rm -rf .site build
	$(PIP) install --quiet --no-deps --target .site .
	@rm -rf build
	$(BIN)/mypy evalkit tasks graders scripts
	MYPYPATH=.site $(BIN)/mypy tests
	cd .site && ../$(BIN)/lint-imports --config ../pyproject.toml --no-cache

# The site, in .docs: links and references that lead nowhere are errors.
docs: $(VENV)/.dev
	$(BIN)/python scripts/make_cli.py
	$(BIN)/python scripts/make_schema.py
	$(BIN)/python scripts/make_benchmarks.py
	$(PIP) install --quiet -e '.[docs]'
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict
	@echo "open .docs/index.html, or: $(BIN)/mkdocs serve"

notebooks: $(VENV)/.dev
	$(BIN)/python scripts/make_notebook.py

validity: $(VENV)/.dev
	$(BIN)/python scripts/make_validity.py

data: $(VENV)/.dev
	$(BIN)/python scripts/check_data.py $(if $(SOURCES),--sources $(SOURCES))

theory: $(VENV)/.dev
	EVALKIT_FULL=1 $(BIN)/python -m pytest tests/theory tests/metrics tests/logprobs

reference: $(VENV)/.dev
	$(BIN)/python scripts/make_reference.py

# Everything that is published, checked, and nothing uploaded.
release: check docs
	@git diff --quiet HEAD || { echo "commit first: a release is made of what git tracks"; exit 2; }
	rm -rf dist build
	$(PIP) install --quiet build twine
	$(BIN)/python -m build
	$(BIN)/python -m twine check --strict dist/*
	$(BIN)/python -m pytest -q tests/test_packaging.py tests/test_repository.py
	@echo "dist/ is ready. To publish: git tag v$$($(BIN)/python -c 'from importlib.metadata import version; print(version("evalkit-idk"))'), push the tag, and: $(BIN)/python -m twine upload dist/*"

bench: $(VENV)/.dev
	@for each in startup process throughput memory local exact scoring rescore view abstention; do $(BIN)/python perf/$$each.py || exit 1; done

# Kills, hostile servers, folders and logs, for about ten minutes; each of them is in the tests too, shorter.
soak: $(VENV)/.dev
	EVALKIT_KILLS=100 $(BIN)/python -m pytest tests/runs/test_faults.py
	EVALKIT_KEYS=100 $(BIN)/python -m pytest tests/models/test_redaction.py tests/grading/test_judge.py
	EVALKIT_FOLDERS=500 $(BIN)/python -m pytest tests/web/test_hostile_folders.py tests/web/test_guard.py tests/runs/test_trust.py
	EVALKIT_FUZZ_SECONDS=200 $(BIN)/python -m pytest tests/readers/test_fuzz.py tests/cli/test_hidden_characters.py

clean:
	rm -rf $(VENV) $(EXTRAS) .site .docs build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
