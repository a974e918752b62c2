"""The libraries that are compared. Adding one is one function here."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Peer:
    """A library.

    Attributes:
        name: its name in code.
        title: its name in tables.
        start: runs first in its process: imports, sets one thread, returns the version.
        packages: what to install into an environment of its own, where it cannot share
            this one; otherwise it comes with the extra ``peers``.
    """

    name: str
    title: str
    start: Callable[[], str]
    packages: tuple[str, ...] = ()


PEERS: dict[str, Peer] = {}


def peer(title: str, packages: tuple[str, ...] = ()) -> Callable[[Callable[[], str]], Peer]:
    """Decorate the function that starts a peer in its process; its name is the peer's."""

    def enter(start: Callable[[], str]) -> Peer:
        PEERS[start.__name__] = found = Peer(start.__name__, title, start, packages)
        return found

    return enter


@peer("glassgrad")
def glassgrad() -> str:
    """This tree, whatever else is installed."""
    sys.path.insert(0, str(ROOT))
    import autograd

    assert getattr(autograd, "__distribution__", "") == "glassgrad", autograd.__file__
    return autograd.__version__


@peer("PyTorch eager")
def torch() -> str:
    """PyTorch, on one thread."""
    import torch

    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    return str(torch.__version__)


@peer("HIPS autograd", packages=("autograd==1.9.1", "numpy>=2.0"))
def hips() -> str:
    """The older library, whose import name is ours too."""
    from importlib.metadata import version

    import autograd

    assert not hasattr(autograd, "__distribution__"), autograd.__file__
    return version("autograd")


@peer("NumPy")
def numpy() -> str:
    """The bare calls, which record nothing."""
    import numpy

    return numpy.__version__
