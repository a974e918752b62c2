"""The libraries that are compared. Adding one is one function here."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent

Start = Callable[[int], str]
Wrap = Callable[[Callable[[], Any]], Callable[[], Any]]


@dataclass(frozen=True)
class Peer:
    """A library, or a way to use one.

    Attributes:
        name: its name in code.
        title: its name in tables.
        start: runs first in its process: given the number of threads it imports, and
            returns the version.
        packages: what to install into an environment of its own, where it does not share
            this one.
        wrap: what is done to every run, if anything.
        slow: whether it takes long to get ready.
    """

    name: str
    title: str
    start: Start
    packages: tuple[str, ...] = ()
    wrap: Wrap | None = None
    slow: bool = False


PEERS: dict[str, Peer] = {}


def peer(
    title: str, packages: tuple[str, ...] = (), wrap: Wrap | None = None, slow: bool = False
) -> Callable[[Start], Peer]:
    """Decorate the function that starts a peer in its process; its name is the peer's."""

    def enter(start: Start) -> Peer:
        PEERS[start.__name__] = found = Peer(start.__name__, title, start, packages, wrap, slow)
        return found

    return enter


def _whole(step: Callable[[], Any]) -> Callable[[], Any]:
    """The run, compiled; it fails if it quietly ran uncompiled."""
    import autograd as ag

    step = ag.compile(step)

    def run() -> Any:
        value = step()
        assert not step.fallbacks, "a call ran uncompiled"
        return value

    return run


@peer("glassgrad compiled", wrap=_whole)
def compiled(threads: int) -> str:
    """This tree, the whole run under `autograd.compile`."""
    return glassgrad.start(threads)


@peer("glassgrad")
def glassgrad(threads: int) -> str:
    """This tree, whatever else is installed."""
    sys.path.insert(0, str(ROOT))
    import autograd

    assert getattr(autograd, "__distribution__", "") == "glassgrad", autograd.__file__
    return autograd.__version__


@peer("NumPy by hand")
def numpy(threads: int) -> str:
    """Derivatives worked out by a person, written with care."""
    import numpy

    return numpy.__version__


@peer("PyTorch eager")
def torch(threads: int) -> str:
    """PyTorch, run as it is written."""
    import torch

    torch.set_num_threads(threads)
    torch.set_num_interop_threads(1)
    return str(torch.__version__)


@peer("PyTorch step by step")
def primitives(threads: int) -> str:
    """PyTorch eager without its fused layers, where the workload has one."""
    return torch.start(threads)


_kept: list[Any] = []


@peer("torch.compile", slow=True)
def torch_compile(threads: int) -> str:
    """PyTorch with Inductor, which writes C++."""
    if not any(map(shutil.which, ("g++", "clang++", "c++"))):
        raise FileNotFoundError("torch.compile needs a C++ compiler (g++)")
    # What earlier processes compiled is not seen: the first call is one.
    _kept.append(folder := tempfile.TemporaryDirectory())
    os.environ["TORCHINDUCTOR_CACHE_DIR"] = folder.name
    return torch.start(threads)


def _awaited(step: Callable[[], Any]) -> Callable[[], Any]:
    """The run, until its values are there."""
    import jax

    return lambda: jax.block_until_ready(step())


@peer("JAX jit", wrap=_awaited, packages=("jax==0.10.2", "numpy>=2.0"))
def jax(threads: int) -> str:
    """JAX on the processor; XLA takes its number of threads from NPROC."""
    flag = "" if threads > 1 else "--xla_cpu_multi_thread_eigen=false"
    os.environ.update(NPROC=str(threads), XLA_FLAGS=flag, JAX_PLATFORMS="cpu", JAX_ENABLE_X64="1")
    import jax

    return jax.__version__


@peer("HIPS autograd", packages=("autograd==1.9.1", "numpy>=2.0"))
def hips(threads: int) -> str:
    """The older library, whose import name is ours too."""
    from importlib.metadata import version

    import autograd

    assert not hasattr(autograd, "__distribution__"), autograd.__file__
    return version("autograd")


@peer("MyGrad", packages=("mygrad==2.5.0", "numpy>=2.0"))
def mygrad(threads: int) -> str:
    """MyGrad, which computes with NumPy, too."""
    import mygrad

    return str(mygrad.__version__)


@peer("tinygrad", slow=True, packages=("tinygrad==0.14.0", "numpy>=2.0"))
def tinygrad(threads: int) -> str:
    """tinygrad with its TinyJit; its processor back end calls clang."""
    from importlib.metadata import version

    if not shutil.which("clang"):
        raise FileNotFoundError("tinygrad needs clang to run on the processor")
    os.environ.update(DEV="CPU", NUM_CPU_THREADS=str(threads), LRU="0")
    import tinygrad

    assert tinygrad.Device.DEFAULT == "CPU"
    return version("tinygrad")


@peer("micrograd", packages=("micrograd==0.1.0", "numpy>=2.0"))
def micrograd(threads: int) -> str:
    """micrograd, which has single numbers only."""
    from importlib.metadata import version

    import micrograd.engine

    assert micrograd.engine.Value(1.0).data == 1.0
    return version("micrograd")
