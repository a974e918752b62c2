"""Run the notebooks in a fresh kernel and write them with their outputs.

The same notebook gives the same bytes on every run (no times, no versions, numbered cell ids),
but for the times that a lesson itself measures.
``make notebooks`` writes them back; the tests write them elsewhere and compare.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

import nbformat
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from traitlets import default

FOLDER = Path(__file__).resolve().parent.parent / "notebooks"
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


class ThisPython(AsyncKernelManager):
    """A kernel that runs the Python of this environment, whatever else is installed."""

    @default("kernel_spec_manager")
    def _only_ipykernels_own(self) -> KernelSpecManager:
        return KernelSpecManager(kernel_dirs=[])


def notebooks() -> list[Path]:
    """Every notebook of the lessons, in order."""
    return sorted(FOLDER.glob("*.ipynb"))


def executed(path: Path) -> nbformat.NotebookNode:
    """The notebook as it is after running it from top to bottom; the file stays as it is.

    Raises:
        nbclient.exceptions.CellExecutionError: a cell raised an error.
    """
    notebook = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory() as profile:
        NotebookClient(
            notebook,
            kernel_name="python3",
            kernel_manager_class=ThisPython,
            extra_arguments=["--IPKernelApp.log_level=ERROR"],
            timeout=300,
            record_timing=False,
            resources={"metadata": {"path": str(path.parent)}},
        ).execute(env={**os.environ, "IPYTHONDIR": profile})
    return tidied(notebook, path.stem)


def tidied(notebook: nbformat.NotebookNode, stem: str) -> nbformat.NotebookNode:
    """The notebook without what differs from one run or machine to the next."""
    notebook.metadata = nbformat.from_dict(
        {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    )
    for place, cell in enumerate(notebook.cells, start=1):
        cell.id = f"{stem}-{place:02}"
        cell.metadata = nbformat.from_dict({})
    return notebook


def main() -> None:
    """Run every notebook and write it into a folder."""
    parser = argparse.ArgumentParser(description="Run the notebooks and keep their outputs.")
    parser.add_argument("folder", type=Path, nargs="?", default=FOLDER, help="where to write them")
    folder = parser.parse_args().folder
    for path in notebooks():
        nbformat.write(executed(path), folder / path.name)
        print(f"ran {path.name}")


if __name__ == "__main__":
    main()
