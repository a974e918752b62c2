"""The programs that lay out a graph, each in a process group that can be killed whole."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import IO

BUDGET = 10.0
"""Seconds that one engine may take."""

MEMORY = 2 << 30
"""Bytes of address space that one engine may take, where the system can limit it."""

_LIMITED = f"""
import os, sys
try:
    import resource
    resource.setrlimit(resource.RLIMIT_AS, ({MEMORY}, {MEMORY}))
    resource.setrlimit(resource.RLIMIT_FSIZE, ({1 << 28}, {1 << 28}))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
except (ImportError, ValueError, OSError):
    pass
"""

_DOT = _LIMITED + "os.execv(sys.argv[1], [sys.argv[1], '-v', '-Tjson0'])"

_PYGRAPHVIZ = (
    _LIMITED
    + """
import warnings
warnings.simplefilter("ignore")
from pygraphviz import AGraph
graph = AGraph(string=sys.stdin.buffer.read().decode())
sys.stdout.buffer.write(graph.draw(format="json0", prog="dot"))
"""
)


@dataclass(frozen=True)
class Engine:
    """One way to run Graphviz: its name for captions, and the command."""

    name: str
    command: tuple[str, ...]


@dataclass(frozen=True)
class Answer:
    """What an engine said: its output, or why there is none."""

    engine: str
    output: str = ""
    failure: str = ""


def engines() -> Iterator[Engine]:
    """The engines that are installed, the system's own first."""
    dot = shutil.which("dot")
    if dot and os.name == "nt":
        yield Engine("Graphviz", (dot, "-v", "-Tjson0"))
    elif dot:
        yield Engine("Graphviz", _python(_DOT, dot) if sys.executable else (dot, "-v", "-Tjson0"))
    wheel = _pygraphviz()
    if wheel and sys.executable:
        yield Engine(f"pygraphviz {wheel}", _python(_PYGRAPHVIZ))


def _python(code: str, *arguments: str) -> tuple[str, ...]:
    """A child Python that does not look for modules in the working folder."""
    return (sys.executable, "-P", "-c", code, *arguments)


def _pygraphviz() -> str | None:
    """The version of pygraphviz, if it is one that carries Graphviz."""
    try:
        found = version("pygraphviz")
    except PackageNotFoundError:
        return None
    numbers = tuple(int(part) for part in re.findall(r"\d+", found)[:3])
    return found if numbers >= (2, 0, 4) else None


def run(engine: Engine, source: str, budget: float = BUDGET) -> Answer:
    """Lay out DOT source within a budget of seconds; whatever happens, the call returns."""
    with tempfile.TemporaryFile() as stdin, tempfile.TemporaryFile() as out:
        with tempfile.TemporaryFile() as err:
            stdin.write(source.encode())
            stdin.seek(0)
            failure = _wait(engine, (stdin, out, err), budget)
            said = _read(err)
        if failure:
            last = said.strip().splitlines()[-1:]
            return Answer(engine.name, failure=" ".join([failure, *last])[:300])
        return Answer(_version(engine.name, said), _read(out))


def _wait(engine: Engine, streams: tuple[IO[bytes], ...], budget: float) -> str:
    """Run the command; the reason of its failure, empty where it succeeded."""
    stdin, out, err = streams
    try:
        child = subprocess.Popen(
            engine.command, stdin=stdin, stdout=out, stderr=err, start_new_session=True
        )
    except OSError as error:
        return f"could not be started: {error}."
    late = threading.Event()
    watch = threading.Timer(budget, _end, (child, late))
    watch.start()
    try:
        code = child.wait()  # asked for a time-out, Python would look every 50 ms only
    finally:
        watch.cancel()
        _kill(child)
    if late.is_set():
        return f"did not finish within {budget:g} seconds."
    return f"ended with code {code}." if code else ""


def _end(child: subprocess.Popen[bytes], late: threading.Event) -> None:
    late.set()
    _kill(child)


def _kill(child: subprocess.Popen[bytes]) -> None:
    """End a process and everything that it started."""
    if os.name == "nt":
        if child.poll() is None:
            subprocess.run(("taskkill", "/F", "/T", "/PID", str(child.pid)), capture_output=True)
    else:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def _read(stream: IO[bytes]) -> str:
    stream.seek(0)
    return stream.read().decode(errors="replace")


def _version(name: str, said: str) -> str:
    """Graphviz states its version when it is verbose."""
    found = re.search(r"graphviz version (\d[\w.]*)", said)
    return f"Graphviz {found[1]}" if found and name == "Graphviz" else name
