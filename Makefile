# Each command sets up what it needs in .venv first. A Python other than the one found: make PYTHON=...
.PHONY: help book test test-site test-course lab notebooks course slides pdf frontier benchmark requirements clean

PY := .venv/bin/python

help:
	@echo "make book         build the site from the stored outputs (no TensorFlow, no data)"
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
	@$(PY) scripts/build_site.py _build/html
	@echo "The book is ready: open $(CURDIR)/_build/html/index.html"

test: .venv/all.done
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m pytest -n 2 --dist loadfile --no-loadscope-reorder

test-site: .venv/all.done
	$(PY) -m pytest tests/browser

test-course: .venv/all.done
	$(PY) -m pytest tests/course -n 2

lab: .venv/all.done
	TF_CPP_MIN_LOG_LEVEL=3 TF_ENABLE_ONEDNN_OPTS=0 OPENBLAS_NUM_THREADS=1 $(PY) -m jupyterlab chapters

notebooks: .venv/all.done
	$(PY) scripts/execute_notebooks.py

course: .venv/all.done
	@$(PY) scripts/make_course.py _build/course

slides: .venv/site.done
	@$(PY) scripts/make_slides.py _build/slides

pdf: .venv/all.done
	@$(PY) scripts/make_pdf.py _build/pdf

frontier: .venv/all.done
	$(PY) scripts/frontier.py

benchmark: .venv/all.done
	$(PY) benchmarks/read_idx.py

# newest versions of everything that pyproject.toml names, for all platforms
requirements: .venv/all.done
	.venv/bin/pip install --quiet uv
	.venv/bin/uv pip compile pyproject.toml --group site --group notebooks --group course --group test \
	    --universal --python-version 3.11 --upgrade --no-emit-index-url --no-annotate \
	    --custom-compile-command "make requirements" --output-file requirements.txt

.venv/site.done .venv/all.done: requirements.txt pyproject.toml scripts/set_up.sh
	@scripts/set_up.sh $(basename $(@F)) $(PYTHON)

clean:
	rm -rf _build .pytest_cache .hypothesis .ruff_cache *.egg-info
	find . -name __pycache__ -not -path "./.venv/*" -prune -exec rm -rf {} +
