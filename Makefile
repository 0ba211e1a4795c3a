# make rehearse   the whole link on this machine          make test    everything that CI checks
# make bench      wall time, tasks and API calls          make help    all targets
SHELL := /bin/bash
BIN := .venv/bin
GATEWAY_SECONDS ?= 6
export PYTHONUNBUFFERED := 1

.PHONY: help rehearse rehearse-down environment environment-test test lint sanity types unit rehearsal-tests integration molecule docs bench lock clean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## /  make \1\t/' | expand -t 24

environment:
	@tools/environment.sh rehearse

environment-test: environment
	@tools/environment.sh test

rehearse: environment ## build and verify the link between two clouds on this machine
	@GATEWAY_SECONDS=$(GATEWAY_SECONDS) tools/rehearse.sh

rehearse-down: ## end the two clouds, leave nothing
	@if [ -x $(BIN)/python ]; then $(BIN)/python -m rehearsal down; fi

test: environment-test ## everything that CI checks
	@tools/stages.sh lint types sanity docs unit rehearsal-tests integration molecule

lint: environment-test ## ruff and ansible-lint (production, strict)
	@tools/lint.sh

types: environment-test ## mypy
	@tools/types.sh

sanity: environment-test ## ansible-test sanity, empty ignore list
	@tools/sanity.sh

unit: environment-test ## the library and the modules, no cloud
	@$(BIN)/python -m pytest tests/unit

rehearsal-tests: environment-test ## the two local clouds themselves
	@$(BIN)/python -m pytest tests/rehearsal

integration: environment-test ## the playbooks against the two local clouds
	@$(BIN)/python -m pytest tests/integration

molecule: environment-test ## molecule scenarios
	@tools/molecule.sh

docs: environment-test ## documentation and changelog build
	@tools/docs.sh

bench: environment-test ## wall time, tasks and API calls, as ratios in one run
	@$(BIN)/python -m tests.bench

lock: environment ## write the lock files anew
	@tools/lock.sh

clean: rehearse-down ## remove the environment
	rm -rf .venv .hypothesis .ruff_cache .mypy_cache
