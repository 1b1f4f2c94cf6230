# make lab   set up everything and open JupyterLab on the start page     (ARGS="--no-browser --port 9999")
# make test  set up everything and pass the tests                        (ARGS="-k weather")
# make cpu   before either, on Linux: torch without gigabytes of CUDA
# make notebooks  rebuild notebooks/, exercises/ and solutions/ from source/   (NAMES="05_weather")
# make nbgrader   install nbgrader beside the course and pass the tests that need it
# make figures    all figures of the lessons on one sheet, build/figures.png
# make bench      how the hand-written LSTM layer compares with nn.LSTM   (ARGS=--quick)
# make bench-grading   how fast we grade, beside nbgrader, nbval and otter   (ARGS="--submissions 4 --rounds 2")

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

# One thread each: two on a shared machine can be ten times slower, and results stay comparable.
export OMP_NUM_THREADS := 1

.PHONY: lab test cpu notebooks nbgrader figures bench bench-grading lint clean

lab: $(VENV)/.learner
	$(BIN)/lstm-course lab $(ARGS)

test: $(VENV)/.author lint
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile $(ARGS)

lint: $(VENV)/.author
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

cpu: $(VENV)/bin/python
	$(INSTALL) uv
	$(BIN)/python -m uv pip install --quiet --python $(BIN)/python --torch-backend cpu --constraint constraints.txt torch

notebooks: $(VENV)/.author
	$(BIN)/lstm-course build $(NAMES)

nbgrader: $(VENV)/.author
	test -x .nbgrader/bin/nbgrader || ($(PYTHON) -m venv .nbgrader && .nbgrader/bin/pip install --quiet nbgrader)
	PATH="$(CURDIR)/.nbgrader/bin:$$PATH" $(BIN)/python -m pytest -m nbgrader tests/test_grading_interoperation.py $(ARGS)

figures: $(VENV)/.author
	$(BIN)/python -m lstm_course.authoring.contact_sheet notebooks build/figures.png

bench: $(VENV)/.author
	$(BIN)/python benchmarks/layer.py $(ARGS)

bench-grading: $(VENV)/.author
	$(BIN)/python -m benchmarks.grading $(ARGS)

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "The course needs Python 3.11 or newer, this is " + sys.version.split()[0] + ": make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.learner: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(INSTALL) --editable .
	@touch $@

$(VENV)/.author: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(INSTALL) --editable '.[test]'
	@touch $@ $(VENV)/.learner

clean:
	rm -rf $(VENV) .nbgrader
