"""The demo: a circuit, a recurrent network and a network that reads digits, all made of glass.

Each picture has its own file, which is also the program to learn it from.
"""

from __future__ import annotations

from pathlib import Path

from autograd.cli.demo.circuit import show_circuit
from autograd.cli.demo.digits import show_digits
from autograd.cli.demo.hello import show_hello
from autograd.cli.demo.page import write_page
from autograd.cli.demo.progress import need


def run(folder: Path) -> None:
    """Make every picture and page of the demo below `folder`, and say what is being done.

    Raises:
        MissingPackageError: scikit-learn or tqdm is not installed.
        OSError: the folder cannot be written.
    """
    need("sklearn", "scikit-learn")
    need("tqdm", "tqdm")
    folder.mkdir(parents=True, exist_ok=True)
    show_circuit(folder)
    said = show_hello(folder)
    outcomes = show_digits(folder)
    write_page(folder, said, outcomes)
    print(f"\nAll of it on one page: {folder / 'index.html'}")
