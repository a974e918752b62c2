"""The Python that each peer runs in, and how that process is set up."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

from benchmarks.peers import ROOT, Peer

DROPPED = ("PYTHONPATH", "PYTHONDONTWRITEBYTECODE")
LIBRARIES = ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "VECLIB")


def interpreter(peer: Peer, folder: Path) -> str:
    """This Python, or one of an environment of its own that is made when first asked for.

    Args:
        peer: the library.
        folder: where environments lie.

    Raises:
        subprocess.CalledProcessError: a package could not be installed.
    """
    if not peer.packages:
        return sys.executable
    home = folder / peer.name
    python = home / ("Scripts" if os.name == "nt" else "bin") / "python"
    mark = home / "packages.txt"
    wanted = "\n".join(peer.packages)
    if not mark.exists() or mark.read_text() != wanted:
        _make(home, python, peer)
        mark.write_text(wanted)
    return str(python)


def _make(home: Path, python: Path, peer: Peer) -> None:
    print(f"making an environment for {peer.title} in {os.path.relpath(home, ROOT)} …")
    venv.create(home, with_pip=True, clear=True)
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, *peer.packages], check=True)


def variables(threads: int = 1) -> dict[str, str]:
    """The variables of a worker's process: so many threads, its own paths, cached bytecode.

    What else is set for a numerical library (such as ``OPENBLAS_CORETYPE``) is left out: it
    would hold one peer back and not another, and each shall choose its own kernels.
    """
    kept = {
        key: value
        for key, value in os.environ.items()
        if key not in DROPPED and key.partition("_")[0] not in LIBRARIES
    }
    limits = {f"{library}_NUM_THREADS": str(threads) for library in LIBRARIES}
    return {**kept, **limits, "VECLIB_MAXIMUM_THREADS": str(threads)}
