"""Every notebook runs from top to bottom, and says what its committed copy says."""

from __future__ import annotations

import base64
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
import run_notebooks

NOTEBOOKS = run_notebooks.notebooks()


def run_all(folder: Path) -> dict[str, nbformat.NotebookNode]:
    """Every notebook after a fresh run, by name (in a process of its own, with its sockets)."""
    command = [sys.executable, run_notebooks.__file__, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return {path.name: committed(path) for path in folder.iterdir()}


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    return run_all(tmp_path_factory.mktemp("notebooks"))


def committed(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


def without_times(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """The notebook with blanks for the numbers of cells that look at the clock."""
    for cell in code_cells(notebook):
        if "timeit" in cell.source:
            for output in cell.outputs:
                output.data["text/plain"] = re.sub(r"\d+", "…", output.data["text/plain"])
    return notebook


def code_cells(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def said(notebook: nbformat.NotebookNode) -> list[list[str]]:
    """What each code cell printed or returned, as text."""
    return [
        [output.get("text") or output.data["text/plain"] for output in cell.outputs]
        for cell in code_cells(notebook)
    ]


def test_there_are_notebooks():
    assert [path.name for path in NOTEBOOKS][:1] == ["01_circuit.ipynb"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_committed_outputs_are_those_of_a_fresh_run(path, fresh):
    now, then = without_times(fresh[path.name]), without_times(committed(path))
    assert said(now) == said(then), "they are stale: make notebooks"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_committed_copy_is_tidy(path):
    notebook = committed(path)
    nbformat.validate(notebook)
    assert run_notebooks.tidied(committed(path), path.stem) == notebook
    counts = [cell.execution_count for cell in code_cells(notebook)]
    assert counts == list(range(1, len(counts) + 1))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_nothing_went_to_the_error_stream(path, fresh):
    for cell in code_cells(fresh[path.name]):
        assert all(output.get("name") != "stderr" for output in cell.outputs)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_pictures_and_steppers_are_there(path, fresh):
    for notebook in (fresh[path.name], committed(path)):
        for cell in code_cells(notebook):
            if ".graph()" in cell.source or ".step_through()" in cell.source:
                check_shown(cell.outputs[-1].data["text/html"])


def check_shown(page: str) -> None:
    """The output holds an SVG picture, as every notebook viewer shows it."""
    _, _, data = page.partition("data:image/svg+xml;base64,")
    assert base64.b64decode(data.partition('"')[0]).startswith(b"<svg")


def test_the_circuit_has_the_lectures_numbers(fresh):  # A1
    text = str(said(fresh["01_circuit.ipynb"]))
    assert all(number in text for number in ("-12.", "tensor(-4.)", "tensor(3.)", "-8."))


def test_written_programs_have_the_lectures_numbers(fresh):  # A1, A4, E2
    text = str(said(fresh["03_compile.ipynb"]))
    assert "[-12.0, -4.0, -4.0, 3.0]" in text
    assert "[True, True, True, True]" in text
    assert "[True, True, True, True, True, True]" in text


def test_a_written_program_trains_without_the_engine(fresh):
    *_, (output,) = said(fresh["03_compile.ipynb"])
    saved, here = output.splitlines()
    assert saved == here.replace("in this notebook", "engine imported: False")


def test_two_runs_give_the_same_bytes_but_for_times(fresh, tmp_path):
    again = run_all(tmp_path)
    for name, notebook in fresh.items():
        same = nbformat.writes(without_times(again[name]))
        assert same == nbformat.writes(without_times(notebook)), name
