# make rehearse   the whole link on this machine          make test    everything that CI checks
# make bench      wall time, tasks and API calls          make help    all targets
SHELL := /bin/bash
BIN := .venv/bin
WORKERS ?= 3
# stories stay whole: a class runs in one worker
SPREAD := -n $(WORKERS) --dist loadscope
export PYTHONUNBUFFERED := 1

.PHONY: help rehearse rehearse-down environment environment-test test test-full lint sanity types unit report rehearsal-tests packets packets-full test-packets-ten fidelity integration integration-full diagnosis diagnosis-packets faults test-faults molecule test-clients docs bench lock clean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## /  make \1\t/' | expand -t 24

environment:
	@tools/environment.sh rehearse
	@tools/packages.sh

environment-test: environment
	@tools/environment.sh test
	@tools/packages.sh test

rehearse: environment ## build and verify the link between two clouds on this machine
	@GATEWAY_SECONDS=$(GATEWAY_SECONDS) tools/rehearse.sh

rehearse-down: ## end the two clouds, leave nothing
	@if [ -x $(BIN)/python ]; then $(BIN)/python -m rehearsal down; fi

test: environment-test ## everything that CI checks
	@tools/stages.sh --beside "lint types docs report packets molecule" sanity unit rehearsal-tests fidelity integration diagnosis

test-full: environment-test ## the slower tests, beyond those of test
	@tools/stages.sh --beside "packets-full test-clients diagnosis-packets faults" integration-full

lint: environment-test ## ruff and ansible-lint (production, strict)
	@tools/lint.sh

types: environment-test ## mypy
	@tools/types.sh

sanity: environment-test ## ansible-test sanity, empty ignore list
	@tools/sanity.sh

unit: environment-test ## the library and the modules, no cloud
	@$(BIN)/python -m pytest -n 2 tests/unit

report: environment-test ## the report's page, measured in a headless Chromium
	@$(BIN)/python -m pytest tests/report

rehearsal-tests: environment-test ## the two local clouds themselves
	@$(BIN)/python -m pytest $(SPREAD) -m 'not full' --ignore tests/rehearsal/packets tests/rehearsal

packets: environment-test ## IKE, ESP and BGP between them, where this machine can
	@$(BIN)/python -m pytest -m 'not full' tests/rehearsal/packets

packets-full: environment-test
	@REHEARSAL_CRYPTO=all $(BIN)/python -m pytest tests/rehearsal/packets/test_crypto.py
	@$(BIN)/python -m pytest -m full tests/rehearsal/packets

test-packets-ten: environment-test ## the lab comes up ten times in a row: seconds and MiB
	@$(BIN)/python -m tests.bench.ten

fidelity: environment-test ## the local clouds against what the real ones answer
	@$(BIN)/python -m pytest $(SPREAD) tests/fidelity

integration: environment-test ## the playbooks against the two local clouds
	@$(BIN)/python -m pytest $(SPREAD) -m 'not full' tests/integration

integration-full: environment-test
	@$(BIN)/python -m pytest $(SPREAD) -m full --ignore tests/rehearsal/packets tests/rehearsal tests/integration

diagnosis: environment-test ## mistakes put into a healthy link: is their cause named first?
	@$(BIN)/python -m pytest $(SPREAD) --ignore tests/diagnosis/test_packets.py tests/diagnosis

diagnosis-packets: environment-test
	@$(BIN)/python -m pytest tests/diagnosis/test_packets.py

faults: environment-test ## a sample of test-faults
	@$(BIN)/python -m pytest -s tests/faults

test-faults: environment-test ## every fault at every call that changes something, and kills; 40 minutes
	@$(BIN)/python -m tests.faults

molecule: environment-test ## molecule scenarios
	@tools/molecule.sh

test-clients: environment-test ## Azure CLI and AWS CLI build the tutorial's link on the two clouds
	@tools/clients.sh $(SPREAD)

docs: environment-test ## documentation and changelog build
	@tools/docs.sh

bench: environment-test ## wall time, tasks and API calls, as ratios in one run
	@$(BIN)/python -m tests.bench
	@$(BIN)/python -m tests.bench.failover
	@$(BIN)/python -m tests.bench.operations

lock: environment ## write the lock files anew
	@tools/lock.sh

clean: rehearse-down ## remove the environment
	rm -rf .venv .venv-clients .hypothesis .ruff_cache .mypy_cache
