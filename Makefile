# Two commands do everything: `make run` and `make test`. Both install what they need first.
SHELL := /bin/bash
VENV ?= .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell for p in python3 python3.11 python3.12 python3.10; do \
	$$p -c 'import sys; sys.exit(not (3,10) <= sys.version_info[:2] <= (3,12))' 2>/dev/null && { echo $$p; break; }; done)
INSTALLED := $(VENV)/.installed
CLIPS ?= 12
WEIGHTS ?= reports/mini/weights

.PHONY: install run test lint bench bench-workers bench-gpu report gates docs dist clean

install: $(INSTALLED)

# the main job on the embedded benchmark: a class-balanced subset that ends within minutes on two cores
run: $(INSTALLED)
	@start=$$(date +%s); \
	$(BIN)/harness run --benchmark mini-2 --sr all --recognizer tsn --limit $(CLIPS) --out runs/mini-2-$(CLIPS) || exit $$?; \
	echo "make run took $$(( $$(date +%s) - start )) s without installation"

test: $(INSTALLED) lint
	OMP_NUM_THREADS=1 $(BIN)/pytest -n 2 --dist loadfile

lint: $(INSTALLED)
	$(BIN)/ruff check harness plugins benchmarks tests
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

bench: $(INSTALLED)
	$(BIN)/python -m harness_benchmarks.speed --out reports/speed

# what workers gain and cost, and what one driver can take; with Ray (extra cluster) also 64 simulated workers
bench-workers: $(INSTALLED)
	$(BIN)/python -m harness_benchmarks.workers --out reports/speed

# on a machine with a CUDA device; with DATA=FOLDER (UCF101) also the paper's protocol
bench-gpu: $(INSTALLED)
	$(BIN)/python -m harness_benchmarks.gpu --out reports/speed $(if $(DATA),--data "$(DATA)")

# the committed leaderboard, from all 480 test clips, which takes an hour and a half on two cores; REPORT_CLIPS=96 for some
report: $(INSTALLED)
	$(BIN)/harness run --benchmark mini-2 --sr all --recognizer tsn $(if $(REPORT_CLIPS),--limit $(REPORT_CLIPS)) --workers 2 --out runs/mini-2
	mkdir -p reports/mini
	cp runs/mini-2/leaderboard.* reports/mini/
	cp runs/mini-2/pictures/*.png reports/mini/
	$(BIN)/harness leaderboard runs/mini-2 --out reports/mini/findings.md
	$(BIN)/harness leaderboard runs/mini-2 --classes --out reports/mini/classes.md
	$(BIN)/harness leaderboard runs/mini-2 --pairs all --out reports/mini/pairs.md
	$(BIN)/harness leaderboard runs/mini-2 --pairs all --out reports/mini/pairs.png
	$(BIN)/harness leaderboard runs/mini-2 --format tex-intervals --out reports/mini/leaderboard.tex
	$(BIN)/harness figures runs/mini-2 --out reports/mini/figures
	$(BIN)/harness report runs/mini-2 --out reports/mini/page --clips 3 --size 3

# whether the networks of mini-2 are well trained, on clips held out of its training split (which takes half an hour to
# build: harness datasets build mini-2 --split train); WEIGHTS has those besides what is shipped
gates: $(INSTALLED)
	$(BIN)/python -m harness_benchmarks.gates --out reports/mini $(if $(DATA),--data "$(DATA)") --weights "$(WEIGHTS)"

# wheel and sdist; the sdist is installed into an environment of its own and runs outside of the checkout
dist: $(INSTALLED)
	rm -rf build/dist build/try
	$(BIN)/python -m pip install --quiet build
	$(BIN)/python -m build --outdir build/dist .
	$(PYTHON) -m venv build/try
	build/try/bin/python -m pip install --quiet build/dist/*.tar.gz
	cd build/try && bin/harness run --sr bicubic,span --recognizer tsn --limit 2

# the pages under docs/, as build/docs/index.html
docs: $(INSTALLED)
	$(BIN)/python -m typer harness.cli.main utils docs --name harness --output docs/reference/cli.md
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet

$(INSTALLED): pyproject.toml setup.py
	@test -n "$(PYTHON)" || { echo "Python 3.10, 3.11 or 3.12 is needed; none was found. Name one: make $(MAKECMDGOALS) PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --upgrade pip
	$(BIN)/python -m pip install -e ".[dev]"
	touch $@

clean:
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache
