# Sanwang: `make demo` to see it, `make test` to check it. Both set up what they need in .venv first.
# Needs Python 3.11 or newer with its venv module; PYTHON=/path/to/python3 names one, DEMO_SECONDS=30 ends the demo.

BIN := .venv/bin
COMPILE := $(BIN)/uv pip compile --quiet --generate-hashes --no-annotate --no-header --universal \
	pyproject.toml requirements/build.in

BENCH := .sanwang/bench-venv

.PHONY: help demo test lint setup bench bench-full faults fuzz lock clean

help:
	@echo "make demo    the whole pipeline on a made-up city, with a live table (DEMO_SECONDS=30 ends by itself)"
	@echo "make test    linters, types, import contracts, all tests"
	@echo "make lint    the same without the tests"
	@echo "make setup   only set up .venv"
	@echo "make bench   measure in short; bench-full: everything, into docs/performance.md"
	@echo "make faults  rounds of faults on three brokers (SEED=1 ROUNDS=15), each recounted; make fuzz: a million bad inputs"
	@echo "make lock    renew requirements/*.lock from pyproject.toml"
	@echo "make clean   remove .venv and caches; data under .sanwang stays"

demo: .venv/run.stamp
	@$(BIN)/sanwang demo $(if $(DEMO_SECONDS),--seconds $(DEMO_SECONDS))

test: lint
	$(BIN)/pytest -n 2

lint: .venv/dev.stamp
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports

setup: .venv/dev.stamp

bench: $(BENCH)/bench.stamp
	$(BENCH)/bin/python -m benchmarks run --short

bench-full: $(BENCH)/bench.stamp
	$(BENCH)/bin/python -m benchmarks run --full

# The results of all sessions gather in .sanwang/faults; `python -m faults report` makes the table of docs/reliability.md.
faults: .venv/dev.stamp
	$(BIN)/python -m faults run --seed $(or $(SEED),1) --rounds $(or $(ROUNDS),15)

fuzz: .venv/dev.stamp
	$(BIN)/python -m faults.fuzz run --seed $(or $(SEED),1) --inputs $(or $(INPUTS),1000000)

.venv/run.stamp: requirements/run.lock pyproject.toml deploy/setup.sh
	@sh deploy/setup.sh run
	@touch $@

.venv/dev.stamp: requirements/dev.lock pyproject.toml deploy/setup.sh
	@sh deploy/setup.sh dev
	@touch .venv/run.stamp $@

# The peers need other versions of some packages than the project: a virtual environment of their own.
$(BENCH)/bench.stamp: requirements/bench.lock pyproject.toml deploy/setup.sh
	@sh deploy/setup.sh bench $(BENCH)
	@touch $@

# The versions of the run lock hold in the dev lock; one of the peers takes only older ones of some.
lock: .venv/dev.stamp
	$(COMPILE) --upgrade --output-file requirements/run.lock
	$(COMPILE) --group dev --constraint requirements/run.lock --upgrade --output-file requirements/dev.lock
	$(COMPILE) --group bench --upgrade --output-file requirements/bench.lock

clean:
	rm -rf .venv build *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	rm -rf tests/support/kafka/target
	find streams tests -name __pycache__ -prune -exec rm -rf {} +
