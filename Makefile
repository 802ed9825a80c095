# `make help` lists what there is. Needs only Python 3.11 or newer, make and git; everything else sets itself up.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

# Every target that starts or talks to a stack takes these two.
PORT ?= $(or $(BACKEND_PORT),8001)
AWS_PORT ?= 4566
export PORT AWS_PORT
SEED ?= $(shell date +%s)
RUNS ?= 1000000
BUILDS ?= 10000
VIEWERS ?= 5
export SAM_CLI_TELEMETRY := 0

UV_VERSION := 0.13.9
BIN := .venv/bin
UV := VIRTUAL_ENV= $(BIN)/uv
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --custom-compile-command "make lock"

.PHONY: help
help: ## List every target
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

##### What people do

.PHONY: run
run: .venv/run ## Deploy template.yaml to an embedded AWS on this machine and serve it until Ctrl-C
	@exec $(BIN)/python -m local

.PHONY: demo
demo: .venv/run ## Fill a running stack with some weeks of believable builds
	@$(BIN)/python -m local.demo

.PHONY: backfill
backfill: .venv/run ## Fetch builds from before the first webhook: make backfill ARGS="--help"
	@PYTHONPATH=layers/common $(BIN)/python -m local.backfill $(ARGS)

.PHONY: export
export: .venv/run ## Every build into a file, of this machine's stack or of STACK=name: make export ARGS="--help"
	@PYTHONPATH=layers/common $(BIN)/python -m local.export $(ARGS)

.PHONY: webhook-secret
webhook-secret: .venv/run ## What to paste into GitHub or Jenkins, of this machine's stack or of STACK=name on AWS
	@PYTHONPATH=layers/common $(BIN)/python -m local.secret webhook

.PHONY: read-token
read-token: .venv/run ## What the page asks for, of this machine's stack or of STACK=name on AWS
	@PYTHONPATH=layers/common $(BIN)/python -m local.secret read

.PHONY: replay
replay: .venv/run ## Process again what was set aside, on this machine's stack or STACK=name on AWS
	@PYTHONPATH=layers/common $(BIN)/python -m local.replay

.PHONY: rebuild
rebuild: .venv/run ## Hold every number against the builds and jobs and mend what differs, while more arrive; STACK=name
	@PYTHONPATH=layers/common $(BIN)/python -m local.rebuild

.PHONY: fuzz
fuzz: .venv/dev .venv-fuzz/ready ## Twenty times the random cases of `make test`, then a million led by coverage; SEED=n
	@echo "SEED=$(SEED)"
	@$(BIN)/pytest -n 2 tests/flows/test_aggregate_proof.py tests/providers/test_fuzz.py --hypothesis-profile=fuzz --hypothesis-seed=$(SEED)
	@PYTHONPATH=layers/common:. .venv-fuzz/bin/python -m tests.fuzzing -runs=$(RUNS) -seed=$(SEED)

.PHONY: test
test: .venv/dev ## Run every test, the ones on a real local stack too
	@$(BIN)/pytest -n 2 --dist loadgroup # without groups: one by one, so that slow ones spread

.PHONY: screenshots
screenshots: .venv/dev ## Photograph the page for README.md, with demo data
	@mkdir -p docs/images
	@$(BIN)/python -m tests.e2e.page.screenshots

.PHONY: check
check: .venv/dev lint-template scan build ## Everything CI checks beside the tests
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	PYTHONPATH=layers/common:. $(BIN)/lint-imports

.PHONY: bench
bench: .venv/dev ## Measure what the product promises about its speed
	@$(BIN)/python -m bench

.PHONY: bench-cold
bench-cold: .venv/dev .venv-sam/ready .venv-lambda/ready ## Measure the cold start of each function as it is deployed
	@$(python313); PATH="$$folder:$$PATH" .venv-sam/bin/sam build --build-dir .local/cold \
	--parameter-overrides Architecture=$(subst aarch64,arm64,$(shell uname -m)) && \
	"$$folder/python3.13" -m local.pack .local/cold
	@PYTHONPATH=layers/common $(BIN)/python -m bench.cold .local/cold .venv-lambda/bin/python

.PHONY: cost
cost: .venv/dev ## The bill on AWS, by service: make cost BUILDS=10000 VIEWERS=5 (a month's builds, open pages)
	@PYTHONPATH=layers/common $(BIN)/python -m bench.cost --builds $(BUILDS) --viewers $(VIEWERS)

.PHONY: format
format: .venv/dev ## Format the code and mend what a tool can mend
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

.PHONY: build
build: .venv-sam/ready ## Build what `sam deploy` uploads
	@$(python313); PATH="$$folder:$$PATH" .venv-sam/bin/sam build && \
	"$$folder/python3.13" -m local.pack .aws-sam/build

.PHONY: lint-template
lint-template: .venv/dev .venv-sam/ready ## Lint template.yaml and what AWS makes of it
	.venv-sam/bin/sam validate --lint
	@mkdir -p .local
	@$(BIN)/python -m local.translate > .local/translated.json
	$(BIN)/cfn-lint .local/translated.json

# bandit's B105 is ruff's S105, which tells a rate from a password. The tools beside the product start processes, make
# up demo builds and assert what they measured (B101, B106, B310, B311, B404, B603), and HOST may be any (B104).
# zizmor would have nothing to look at: there are no workflows.
.PHONY: scan
scan: .venv-scan/ready lint-template ## Look for weaknesses in the code and in what AWS makes of template.yaml
	.venv-scan/bin/bandit -q -r layers functions --skip B105
	.venv-scan/bin/bandit -q -r local bench --skip B101,B104,B105,B106,B310,B311,B404,B603
	.venv-scan/bin/checkov --config-file .checkov.yaml --file .local/translated.json

.PHONY: lock
lock: .venv/uv ## Pin everything anew after a requirements file (*.in) was changed
	$(COMPILE) --generate-hashes requirements/run.in -o requirements/run.txt
	$(COMPILE) --no-annotate -c requirements/run.txt layers/common/requirements.in -o layers/common/requirements.txt
	$(COMPILE) --no-annotate -c requirements/run.txt functions/metrics/requirements.in -o functions/metrics/requirements.txt
	$(COMPILE) --no-annotate -c requirements/run.txt functions/authorizer/requirements.in -o functions/authorizer/requirements.txt
	$(COMPILE) --generate-hashes -c requirements/run.txt requirements/dev.in -o requirements/dev.txt
	$(COMPILE) --generate-hashes requirements/sam.in -o requirements/sam.txt
	$(COMPILE) --generate-hashes requirements/lambda.in -o requirements/lambda.txt
	$(COMPILE) --generate-hashes requirements/scan.in -o requirements/scan.txt
	$(COMPILE) --generate-hashes -c requirements/run.txt requirements/fuzz.in -o requirements/fuzz.txt

.PHONY: clean
clean: ## Remove everything that a target made
	rm -rf .venv .venv-sam .venv-lambda .venv-scan .venv-fuzz .local .aws-sam .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

##### How it sets itself up; a file marks what is done

# The first Python that runs (a pyenv shim need not), is new enough, and can make a virtual environment.
define python3
for python in python3.13 python3.12 python3.11 python3 python none; do \
	if $$python -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then break; fi; \
done; \
if [ $$python = none ]; then \
	echo "No Python 3.11 or newer with venv found: install one (on Debian: apt install python3 python3-venv)." >&2; \
	exit 1; \
fi
endef

# The folder of the Python that the functions run on; `sam build` looks for it on PATH.
define python313
folder=; \
for python in python3.13 "$${PYENV_ROOT:-$$HOME/.pyenv}"/versions/3.13.*/bin/python3.13; do \
	folder=$$($$python -c 'import os, pip, sys; print(os.path.dirname(sys.executable))' 2>/dev/null) && break || true; \
done; \
if [ -z "$$folder" ]; then \
	echo "sam build needs Python 3.13 with pip, which the functions run on: install it and put it on PATH." >&2; \
	exit 1; \
fi
endef

.venv/uv:
	@$(python3); echo "Setting up .venv with $$($$python --version)"; $$python -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@touch $@

# What tests need includes what runs, so it is never taken away again.
.venv/run: requirements/run.txt | .venv/uv
	@if [ -e .venv/dev ]; then $(MAKE) --no-print-directory .venv/dev; else $(UV) pip sync --quiet --python $(BIN)/python $<; fi
	@touch $@

.venv/dev: requirements/dev.txt | .venv/uv
	@$(UV) pip sync --quiet --python $(BIN)/python $<
	@touch $@ .venv/run

# The SAM CLI pins what we pin otherwise, so it lives apart.
.venv-lambda/ready: requirements/lambda.txt | .venv/uv
	@$(python313); "$$folder/python3.13" -m venv --without-pip .venv-lambda
	@$(UV) pip sync --quiet --python .venv-lambda/bin/python $<
	@touch $@

.venv-sam/ready: requirements/sam.txt | .venv/uv
	@$(BIN)/python -m venv --without-pip .venv-sam
	@$(UV) pip sync --quiet --python .venv-sam/bin/python $<
	@touch $@

.venv-scan/ready: requirements/scan.txt | .venv/uv
	@$(BIN)/python -m venv --without-pip .venv-scan
	@$(UV) pip sync --quiet --python .venv-scan/bin/python $<
	@touch $@

.venv-fuzz/ready: requirements/fuzz.txt | .venv/uv
	@$(BIN)/python -m venv --without-pip .venv-fuzz
	@$(UV) pip sync --quiet --python .venv-fuzz/bin/python $<
	@touch $@
