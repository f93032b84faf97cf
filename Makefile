# Each command sets up what it needs in .venv first. A Python other than the one found: make PYTHON=...
.PHONY: help book check test test-site test-course lab notebooks course slides pdf frontier benchmark requirements clean

PY := .venv/bin/python
# as many processes as cores; the tests of a file, or the cells of a chapter, stay in one
PYTEST := $(PY) -m pytest -n logical --maxprocesses 8 --dist loadfile --no-loadscope-reorder
CHAPTERS := changed
OPTIONS :=

help:
	@echo "make book         build the site from the stored outputs (no TensorFlow, no data)"
	@echo "make check        in minutes: the quick tests, and the chapters that changed (CHAPTERS=05 for one)"
	@echo "make test         run every test and every notebook"
	@echo "make test-site    look at the built site with Chromium"
	@echo "make test-course  grade made-up submissions, cheats among them"
	@echo "make lab          open the chapters in JupyterLab"
	@echo "make notebooks    run the chapters on the full MNIST and store their outputs"
	@echo "make course       make the student's and the instructor's edition, and the assignments"
	@echo "make slides       make a deck for each chapter"
	@echo "make pdf          make the book as PDF and EPUB, with Chromium"
	@echo "make frontier     train the long runs of the climb, an hour or more; a stopped run goes on"
	@echo "make benchmark    compare the speed of ways to read IDX"
	@echo "make clean        remove what the other commands made, except .venv"

book: .venv/site.done
	@$(PY) -m book.site _build/html
	@echo "The book is ready: open $(CURDIR)/_build/html/index.html"

check: .venv/all.done
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PYTEST) -m "not slow" --chapters "$(CHAPTERS)" $(OPTIONS)

test: .venv/all.done
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PYTEST) $(OPTIONS)

test-site: .venv/all.done
	$(PYTEST) tests/browser $(OPTIONS)

test-course: .venv/all.done
	$(PYTEST) --dist worksteal tests/course $(OPTIONS)  # its tests are of one file, and long

lab: .venv/all.done
	TF_CPP_MIN_LOG_LEVEL=3 TF_ENABLE_ONEDNN_OPTS=0 OPENBLAS_NUM_THREADS=1 $(PY) -m jupyterlab chapters

notebooks: .venv/all.done
	$(PY) -m book.execute

course: .venv/all.done
	@$(PY) -m book.course.editions _build/course

slides: .venv/site.done
	@$(PY) -m book.slides.deck _build/slides

pdf: .venv/all.done
	@$(PY) -m book.paper.pdf _build/pdf

frontier: .venv/all.done
	$(PY) -m experiments.frontier

benchmark: .venv/all.done
	$(PY) -m pip install --quiet --group benchmark
	$(PY) -m experiments.read_idx

# newest versions of everything that pyproject.toml names, for all platforms
requirements: .venv/all.done
	.venv/bin/pip install --quiet uv
	.venv/bin/uv pip compile pyproject.toml --group site --group notebooks --group course --group test \
	    --universal --python-version 3.11 --upgrade --no-emit-index-url --no-annotate \
	    --custom-compile-command "make requirements" --output-file requirements.txt

.venv/site.done .venv/all.done: requirements.txt pyproject.toml book/set_up.sh
	@book/set_up.sh $(basename $(@F)) $(PYTHON)

clean:
	rm -rf _build .pytest_cache .hypothesis .ruff_cache *.egg-info
	find . -name __pycache__ -not -path "./.venv/*" -prune -exec rm -rf {} +
