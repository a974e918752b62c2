"""The harness's side of a worker's process."""

from __future__ import annotations

import json
import subprocess
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from benchmarks.environments import interpreter, variables
from benchmarks.peers import Peer

START = Path(__file__).with_name("start_worker.py")


class WorkerError(RuntimeError):
    """A worker met an error, or died."""


class Client:
    """One peer's process for one workload.

    Args:
        peer: the library.
        workload: the file of the workload.
        folder: where environments and logs lie.

    Raises:
        WorkerError: the peer is not installed, or does not start.
    """

    def __init__(self, peer: Peer, workload: Path, folder: Path) -> None:
        self.peer = peer
        self.log = folder / "logs" / f"{workload.stem}-{peer.name}.txt"
        self.log.parent.mkdir(parents=True, exist_ok=True)
        python = interpreter(peer, folder / "environments")
        with self.log.open("w") as log:
            self._process = subprocess.Popen(
                [python, "-P", str(START), peer.name, str(workload)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=variables(),
            )
        try:
            self.version: str = self._read()["version"]
        except WorkerError:
            self.close()
            raise

    def ask(self, do: str, **request: Any) -> dict[str, Any]:
        """The answer to a request.

        Raises:
            WorkerError: what the worker met.
        """
        assert self._process.stdin is not None
        line = json.dumps({"do": do, **request}) + "\n"
        with suppress(BrokenPipeError):  # reading says how it ended
            self._process.stdin.write(line)
            self._process.stdin.flush()
        return self._read()

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            code = self._process.wait()
            raise WorkerError(f"ended with status {code}; see {self.log.name}")
        found: dict[str, Any] = json.loads(line)
        if "error" in found:
            raise WorkerError(found["error"])
        return found

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
