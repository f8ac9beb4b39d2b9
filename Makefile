# Vault Portal. `make help` lists the targets.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help run demo test lint lock bench assets screenshots clean tools

help: ## list the targets
	@grep -hE '^[a-z]+:.*##' Makefile | sed 's/:.*## /\t/' | expand -t 14

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed: make PYTHON=python3.12 …"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null \
		|| { echo "Python's venv module is missing. On Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	@rm -rf $(VENV) # what an interrupted start may have left
	$(PYTHON) -m venv $(VENV)

# A stamp for each lock file: nothing is installed again until the file changes.
$(VENV)/run.stamp: requirements.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.txt
	@ln -sf ../../deploy/vp $(BIN)/vp
	@touch $@

$(VENV)/dev.stamp: requirements-dev.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-dev.txt
	@ln -sf ../../deploy/vp $(BIN)/vp
	@touch $(VENV)/run.stamp $@

run: $(VENV)/run.stamp ## start the portal: database, queue, web, worker, scheduler
	@exec $(BIN)/python manage.py serve

demo: $(VENV)/run.stamp ## add sample people, secrets and a collection
	@$(BIN)/python manage.py migrate --verbosity 0
	@$(BIN)/python manage.py demo

lint: $(VENV)/dev.stamp ## format, lint, types, borders between modules, migrations
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy .
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run # wants no database
	$(BIN)/python manage.py check

# What the tests drive beside Python packages: a browser, an SSH server, an S3 client, a compiler.
TOOLS := $${CHROMIUM:-chromium}=chromium sshd=openssh-server rclone=rclone node=nodejs npm=npm
tools:
	@export PATH="$$PATH:/usr/sbin"; missing=; \
	for tool in $(TOOLS); do \
		command -v "$${tool%=*}" >/dev/null || missing="$$missing $${tool#*=}"; \
	done; \
	[ -z "$$missing" ] && exit 0; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update -qq && apt-get install -y -qq --no-install-recommends $$missing; \
	else \
		echo "The tests need more. On Debian and Ubuntu, as root: apt-get install$$missing"; \
		echo "(CHROMIUM may name another Chromium.)"; exit 1; \
	fi

node_modules/.stamp: package-lock.json | tools
	npm ci --silent --ignore-scripts --no-audit --no-fund
	@touch $@

test: $(VENV)/dev.stamp tools node_modules/.stamp ## all tests, against real services, machines and Chromium
	$(BIN)/python -m pytest -n $${PYTEST_WORKERS:-2} --dist loadgroup --max-worker-restart 2 $(PYTEST_ARGS)

bench: $(VENV)/dev.stamp ## the load harness: a table of the hot paths (BENCH_ARGS="--seconds 5")
	$(BIN)/python -m bench $(BENCH_ARGS)

lock: $(VENV)/dev.stamp ## compile the requirements anew, with hashes
	$(BIN)/uv pip compile --quiet --upgrade --generate-hashes --no-annotate --no-header --python-version 3.11 \
		requirements.in -o requirements.txt
	$(BIN)/uv pip compile --quiet --upgrade --generate-hashes --no-annotate --no-header --python-version 3.11 \
		requirements-dev.in -o requirements-dev.txt

assets: ## copy the vendored assets from the packages of package-lock.json
	npm ci --ignore-scripts --no-audit --no-fund
	$(PYTHON) vaultportal/ui/assets/build.py

screenshots: $(VENV)/dev.stamp tools ## pictures of every page into artifacts/screenshots, those of the README into docs
	$(BIN)/python -m pytest tests/ui/test_pages.py -k screenshot
	$(BIN)/python -m pytest tests/ui/readme_screenshots.py

clean: ## remove what can be made again
	rm -rf $(VENV) node_modules artifacts .mypy_cache .ruff_cache .pytest_cache
