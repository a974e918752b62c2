# Two commands: `make demo` and `make test`. The environment lands in .venv, results in build/.

PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python -m
comma := ,

.DEFAULT_GOAL := help
.PHONY: help demo gallery test test-browser test-peers lint notebooks bench bench-quick bench-publish clean

help: ## Show this list
	@grep -E '^[a-z-]+:.*## ' Makefile | sed -E 's/:.*## /	/' | expand -t 16

demo: $(VENV)/.with-demo ## Draw, step through and train; leaves everything in build/demo
	$(RUN) autograd demo

gallery: $(VENV)/.with-png ## Draw what lectures draw, for looking at it: build/gallery/index.html
	$(VENV)/bin/python tools/gallery.py

test: $(VENV)/.with-test ## Run the tests that need no browser (ARGS=--cov: and see which branches they run)
	$(RUN) pytest $(ARGS)

test-browser: $(VENV)/.with-test-browser ## Run the tests that drive a headless Chromium
	$(RUN) pytest -m browser tests/browser

test-peers: $(VENV)/.with-test-peers ## Compare with PyTorch itself, and search for counterexamples at length
	$(RUN) pytest -m peers tests/peers
	$(RUN) pytest --hypothesis-profile=thorough -k family tests/nn

lint: $(VENV)/.with-lint ## Check style and types
	$(RUN) ruff check
	$(RUN) ruff format --check
	$(RUN) mypy

notebooks: $(VENV)/.with-test ## Run the notebooks and write their outputs back
	$(VENV)/bin/python tools/run_notebooks.py

bench: $(VENV)/.with-peers ## Compare speed and memory with PyTorch and others, into build/bench
	$(RUN) benchmarks

bench-quick: $(VENV)/.with-peers ## The same in three minutes
	$(RUN) benchmarks --quick

bench-publish: ## Put what bench found where the README shows it
	$(RUN) benchmarks.publish

clean: ## Remove the environment and everything that was built
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The environment is made once, and each set of extras installed again when pyproject.toml changes.

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; v = sys.version_info; v >= (3, 11) or sys.exit("This is Python %d.%d." % v[:2])' \
	  || { echo 'glassgrad needs Python 3.11 or newer. Say which one: make $(MAKECMDGOALS) PYTHON=python3.12' >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

# .with-test-browser installs the extras test and browser
$(VENV)/.with-%: pyproject.toml $(VENV)/.made
	$(RUN) pip install --quiet --disable-pip-version-check -e '.[$(subst -,$(comma),$*)]'
	@touch $@
