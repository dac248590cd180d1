# `make` lists the targets. Environments are created on demand, and again when their inputs change.
PYTHON ?= python3
SANDBOX := .venv-sandbox
TEST := .venv-test
LINT := .venv-lint
SITE := .venv-site
# Exact versions instead of the newest that the ranges allow: make test CONSTRAINTS=sandbox/constraints.txt
CONSTRAINTS ?=
PIP := -m pip install --quiet --disable-pip-version-check

.PHONY: help up status down test search mutants lint e2e again package-add policy kills migration servers sequences chart languages package site oracle fuzz fuzz-input audit privileges fleets roles bench bench-fleet bench-policy scale clean

help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

up: $(SANDBOX)/ready ## build and start the sandbox, `pulumi up` (KRUISE=1.9.1 or CHART=, EMULATED=1.33), show the nodes
	@$(SANDBOX)/bin/python -m sandbox up

status: $(SANDBOX)/ready ## show what runs in the sandbox, and its nodes
	@$(SANDBOX)/bin/python -m sandbox status

down: $(SANDBOX)/ready ## stop exactly what `make up` started and delete its state
	@$(SANDBOX)/bin/python -m sandbox down

test: $(TEST)/ready ## unit tests: no cluster, no plugin, no Go
	$(TEST)/bin/python -m pytest $(or $(UNIT),tests/unit) -n auto --dist worksteal

search: export SEARCH := 1
search: test ## the same, with fresh random examples of every property

mutants: $(TEST)/ready ## mutate a module, print what no unit test notices: MODULE=components/.../x.py [SEED=0] [LIMIT=300] [TESTS=...]
	$(TEST)/bin/python $(PIP) 'pytest-cov>=6,<8'
	$(TEST)/bin/python -m tests.mutants $(MODULE) --seed $(or $(SEED),0) --limit $(or $(LIMIT),300) \
		$(if $(TESTS),--tests $(TESTS))

lint: $(LINT)/ready ## ruff and mypy
	$(LINT)/bin/ruff check . && $(LINT)/bin/ruff format --check . && $(LINT)/bin/mypy

languages: $(LINT)/ready ## the SDKs for TypeScript, Python, Go, Java and .NET: generated, compiled, wrong programs refused
	$(LINT)/bin/python -m pytest tests/languages

package: $(LINT)/ready ## wheel and source distribution: built, checked, used in an empty environment
	$(LINT)/bin/python $(PIP) -e '.[package]'
	$(LINT)/bin/python -m pytest tests/package

site: $(SITE)/ready ## the documentation as a static site in build/site, each link and anchor checked
	NO_MKDOCS_2_WARNING=1 $(SITE)/bin/mkdocs build  # not --quiet, which also switches --strict off

oracle: $(SANDBOX)/ready ## selectors against upstream's own Go packages
	$(SANDBOX)/bin/python $(PIP) -r tests/oracle/requirements.txt
	$(SANDBOX)/bin/python -m pytest tests/oracle

fuzz: export ORACLE_CASES = 100000
fuzz: export POLICY_PAIRS = 100000
fuzz: oracle ## the same with 100,000 random lists of selectors, and 100,000 pairs for the policy's CEL

audit: $(TEST)/ready ## fail on known vulnerabilities of the installed packages; print what could not be checked
	@$(PYTHON) -m venv .venv-audit && .venv-audit/bin/python $(PIP) pip-audit || echo "pip-audit cannot be installed"
	@$(PYTHON) -m tests.audit .venv-audit/bin/pip-audit $$(echo $(TEST)/lib/python*/site-packages)

fuzz-input: $(TEST)/ready ## 100,000 damaged kubeconfigs, stack files, nodes, records, indexes, charts, answers
	$(TEST)/bin/python -m tests.fuzz 100000 $(SEED)

chart: $(SANDBOX)/ready ## the stand-in chart against the published one's inventory
	$(SANDBOX)/bin/python -m sandbox build --with-helm
	$(SANDBOX)/bin/python -m pytest tests/chart

e2e: export SANDBOX_PULUMI = build
e2e: $(SANDBOX)/ready ## the end-to-end suite, on a sandbox of its own
	$(SANDBOX)/bin/python -m sandbox build --with-helm --with-yaml
	$(SANDBOX)/bin/python -m pytest tests/e2e --cache-clear -v -rs -n 3 --dist loadfile \
		$(if $(E2E_UNTIL),--no-loadscope-reorder)

# Whole files: most of them tell one story on a cluster of their own.
again: ## run the end-to-end files with a failed test again, from their beginning
	files=$$(grep -o '"tests/e2e/[a-z_]*\.py' .pytest_cache/v/cache/lastfailed | tr -d '"' | sort -u) && test -n "$$files" && \
		$(SANDBOX)/bin/python -m pytest -v -n 2 --dist loadfile $$files

policy: export POLICY_NODES ?= 1000
policy: $(SANDBOX)/ready ## nodeLabelPolicy: 1,000 nodes with it, 1,000 without, and Kubernetes 1.35; `make e2e` has 200 and 20
	$(SANDBOX)/bin/python -m pytest tests/e2e/test_node_label_policy.py tests/e2e/test_node_label_policy_support.py -v

package-add: export PACKAGE_ADD = 1
package-add: $(SANDBOX)/ready ## `pulumi package add` of plugin/ by a program in YAML, and a preview with it (two minutes)
	$(SANDBOX)/bin/python -m sandbox build --with-yaml
	$(SANDBOX)/bin/python -m pytest tests/e2e/test_yaml.py -v -k "package_add or daemons_are_on_real"

kills: export KILLS = all
kills: $(SANDBOX)/ready ## kill the CLI, the provider, or both at ten points, in upgrades too (`make fleets`: fleets); `make e2e` has fewer
	$(SANDBOX)/bin/python -m pytest tests/e2e/test_interruptions.py tests/e2e/test_upgrades.py -v -n 2 --dist loadfile

migration: export MIGRATED ?= 10000
migration: $(SANDBOX)/ready ## 10,000 objects migrated while they change, killed once; `make e2e` has 300
	$(SANDBOX)/bin/python -m pytest tests/e2e/test_migration.py -v -s

servers: export SERVERS = all
servers: $(SANDBOX)/ready ## `preview` and `up` against 19 kinds of servers that misbehave; `make e2e` has three
	$(SANDBOX)/bin/python -m pytest tests/e2e/test_hanging_servers.py -v -s

sequences: export SEQUENCES ?= 300
sequences: $(SANDBOX)/ready ## 300 random sequences of operations that must lose nothing; `make e2e` has twenty
	$(SANDBOX)/bin/python -m sandbox build --with-helm
	$(SANDBOX)/bin/python -m pytest tests/e2e/test_sequences.py -v

fleets: export FLEET_KILLS ?= 30
fleets: export FLEET_FAILURES ?= 50
fleets: export FLEET_REAL_FAILURES ?= 50
fleets: export FLEET_REAL_KILLS ?= 12
fleets: $(SANDBOX)/ready ## fleets: 42 kills and 100 failures at random, PostgreSQL and S3; `make e2e` has a few of each
	$(SANDBOX)/bin/python $(PIP) 'moto[server]>=5,<6'
	$(SANDBOX)/bin/python -m pytest tests/e2e/test_fleet.py tests/e2e/test_fleet_clusters.py tests/e2e/test_fleet_deployment.py -v

privileges: export PRIVILEGES ?= all
privileges: $(SANDBOX)/ready ## check that the roles in deploy/ suffice, and that each verb is needed
	$(SANDBOX)/bin/python -m pytest tests/privileges -v

roles: $(SANDBOX)/ready ## write the roles in deploy/ from the requests recorded over a release's whole life
	$(SANDBOX)/bin/python -m tests.privileges

bench: $(SANDBOX)/ready ## speed and size beside other tools, written to docs/benchmarks.md
	$(SANDBOX)/bin/python $(PIP) -r benchmarks/requirements.txt
	$(SANDBOX)/bin/python -m benchmarks --write

bench-fleet: $(SANDBOX)/ready ## fleets: 50 clusters in waves, 1,000 unchanged, 50 checked; time and memory (a quarter of an hour)
	$(SANDBOX)/bin/python -m benchmarks.fleet

bench-policy: $(SANDBOX)/ready ## nodeLabelPolicy: what a node's registration and an installation cost with it (five minutes)
	$(SANDBOX)/bin/python -m benchmarks.node_label_policy

scale: $(SANDBOX)/ready ## thousands of nodes: no daemon on a virtual one, and the cost of each (half an hour)
	$(SANDBOX)/bin/python -m benchmarks.scale

clean: ## remove the environments; the sandbox's programs stay in the user's cache
	rm -rf $(SANDBOX) $(TEST) $(LINT) .venv-audit $(SITE) build

$(SANDBOX)/ready: pyproject.toml sandbox/requirements.txt sandbox/constraints.txt
	@echo "Making the sandbox's Python environment in $(SANDBOX) ..."
	@rm -rf $(SANDBOX) && $(PYTHON) -m venv $(SANDBOX)
	@$(SANDBOX)/bin/python $(PIP) -c sandbox/constraints.txt -r sandbox/requirements.txt -e .
	@touch $@

$(TEST)/ready: pyproject.toml $(CONSTRAINTS)
	@echo "Making the tests' Python environment in $(TEST) ..."
	@rm -rf $(TEST) && $(PYTHON) -m venv $(TEST)
	@$(TEST)/bin/python $(PIP) $(if $(CONSTRAINTS),-c $(CONSTRAINTS)) -e '.[test]'
	@touch $@

$(LINT)/ready: pyproject.toml
	@rm -rf $(LINT) && $(PYTHON) -m venv $(LINT)
	@$(LINT)/bin/python $(PIP) -e '.[test,lint]'
	@touch $@

$(SITE)/ready: docs/requirements.txt
	@rm -rf $(SITE) && $(PYTHON) -m venv $(SITE)
	@$(SITE)/bin/python $(PIP) -r docs/requirements.txt
	@touch $@
