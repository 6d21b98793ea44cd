# The verbs of this checkout; `make help` lists them. The work is done in stack/.
PYTHON3 ?= python3
STACK := @$(PYTHON3) -m stack
COMPILE := pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-header --no-annotate

.PHONY: help demo demo-reset test check fmt lock bench
.NOTPARALLEL:

help:  ## list these verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo:  ## run the tool and the Practice LMS here (COGRADE_PORT=8000 PRACTICE_LMS_PORT=8001)
	$(STACK) demo

demo-reset:  ## remove the local data of demo and tests; refuses while something uses it
	$(STACK) demo-reset

test:  ## install what is needed, run every gate and all tests (ARGS='tests/audit -x' goes to pytest)
	$(STACK) test $(ARGS)

check:  ## run every gate but the tests: types, lint, imports, migrations, deployment, docs
	$(STACK) check

fmt:  ## format the sources and mend what ruff can mend
	$(STACK) run ruff check --fix-only --quiet .
	$(STACK) run ruff format .

lock:  ## choose new versions of the packages within requirements/*.in (ARGS=--upgrade)
	$(STACK) run $(COMPILE) $(ARGS) --output-file requirements/development.txt requirements/development.in
	$(STACK) run $(COMPILE) $(ARGS) --constraint requirements/development.txt \
		--output-file requirements/demo.txt requirements/demo.in
	$(STACK) run $(COMPILE) $(ARGS) --constraint requirements/development.txt \
		--output-file requirements/production.txt requirements/production.in

bench:  ## run the benchmarks, or one of them (ARGS=launch)
	$(STACK) bench $(ARGS)
