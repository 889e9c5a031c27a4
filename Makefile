# Every command a person types. `make help` lists them.
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
STAMP := $(VENV)/.installed
PIP := $(PY) -m pip install --quiet --disable-pip-version-check --require-hashes
UV := $(VENV)/bin/uv pip install --quiet --compile-bytecode --python $(PY) --require-hashes
CODE := runtime api grpc_services workers migrations stack bench tests

.DEFAULT_GOAL := help
.PHONY: help up tour audit test test-kafka proofs chaos bench lint format types contracts imports-check contracts-check migrations-check schema schema-promise web lock clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

up: $(STAMP) ## start everything on this machine; FIRST_PORT=9000 moves its block of ports
	@$(if $(FIRST_PORT),INNKEEPER_FIRST_PORT=$(FIRST_PORT)) exec $(PY) -m stack up

tour: $(STAMP) ## play both journeys against the running stack
	@$(PY) -m stack tour

audit: $(STAMP) ## the standing proof: every booking counted against nights and money
	@$(if $(FIRST_PORT),INNKEEPER_FIRST_PORT=$(FIRST_PORT)) $(PY) -m stack audit

test: $(STAMP) ## all tests in two processes, each with its own PostgreSQL, Valkey and Kafka broker
	@$(PY) -m pytest -n 2 --dist loadfile $(ARGS)

test-kafka: $(STAMP) ## the event tests and the journey on Apache Kafka 4 itself; needs Maven and a JDK 17
	@$(PY) -m pytest -n 2 --dist loadfile --apache-kafka tests/runtime/test_event_bus.py tests/workers/test_outbox_relay.py \
		tests/workers/test_notification_consumer.py tests/workers/test_inventory_consumer.py \
		tests/workers/test_rating_consumer.py tests/proofs/test_event_delivery.py tests/journeys/test_first_journey.py $(ARGS)

proofs: $(STAMP) ## every proof at its full size, with progress and figures; half an hour
	@$(PY) -m pytest -v --no-header -n 2 --dist load --maxschedchunk 1 --full-proofs tests/proofs $(ARGS)

PAYMENTS ?= 60
chaos-payments: $(STAMP) ## the payment system's worst day: faults on, then calm; PAYMENTS=60 SEED=7 choose it
	@$(PY) -m pytest -q --no-header -p no:xdist -W ignore::ResourceWarning tests/api/test_payment_chaos.py -k worst_day \
		--chaos-payments=$(PAYMENTS) $(if $(SEED),--chaos-seed=$(SEED))

chaos: $(STAMP) ## kills of every process under load, then the count; ARGS="--seed 7 --minutes 5"
	@$(PY) -m tests.chaos $(ARGS)

bench: $(STAMP) ## search over all of France against the best SQL; some minutes
	@$(PY) -m bench.search $(ARGS)

lint: $(STAMP) ## ruff
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .

format: $(STAMP) ## let ruff put the code in order
	@$(VENV)/bin/ruff check --fix .
	@$(VENV)/bin/ruff format .

types: $(STAMP) ## mypy --strict
	@$(VENV)/bin/mypy

contracts: $(STAMP) ## generate the stubs from protos/; new events and fields are promised from then on
	@PATH=$(CURDIR)/$(VENV)/bin:$$PATH $(PY) -m grpc_tools.protoc -I protos --python_out=. --grpc_python_out=. \
		--mypy_out=quiet:. --mypy_grpc_out=async_only,quiet:. $$(find protos -name '*.proto' | sort)
	@$(PY) -m tests.architecture.event_contract

schema: $(STAMP) ## write schema.graphql from the code
	@$(PY) -m api.schema > schema.graphql.new && mv schema.graphql.new schema.graphql

schema-promise: schema ## promise clients the schema as it is now; what CI holds it to
	@cp schema.graphql tests/architecture/schema_promised.graphql

imports-check: $(STAMP) ## who imports whom
	@$(VENV)/bin/lint-imports --no-logo

contracts-check: imports-check ## import contracts, and drift of schema.graphql and of the stubs
	@$(PY) -m pytest -q tests/architecture

migrations-check: $(STAMP) ## every history up, down and up again; models and migrations agree
	@$(PY) -m pytest -q tests/migrations

web: $(STAMP) ## build the web pages
	@$(PY) -m stack.web_build

lock: ## pin the newest versions that fit, with hashes and without addresses
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
		--group embedded --group dev pyproject.toml -o requirements.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
		pyproject.toml -o requirements-production.lock

clean: ## forget the environment, the stack's data and all builds
	rm -rf $(VENV) .stack web/dist web/node_modules logs .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(STAMP): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Innkeeper needs Python 3.11 or newer; PYTHON=/path/to/python names another one." >&2; exit 1; }
	@echo "Making $(VENV) …"
	@test -x $(PY) || $(PYTHON) -m venv $(VENV)
	@sed -n '/^uv==/,/^[a-z]/{/^uv==/p;/^ .*--hash/p;}' requirements.lock > $(VENV)/uv.txt
	@$(PIP) -r $(VENV)/uv.txt && $(UV) -r requirements.lock || $(PIP) -r requirements.lock
	@touch $(STAMP)
