"""The harness's side of a worker's process."""

from __future__ import annotations

import json
import subprocess
import threading
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
    """One peer's process for one workload; it starts while others do, until `greet`.

    Args:
        peer: the library.
        workload: the file of the workload.
        folder: where environments and logs lie.
        threads: how many the process may use.
        patience: the seconds after which an answer is not waited for, and the process ended.

    Raises:
        CalledProcessError: the peer could not be installed.
    """

    def __init__(
        self, peer: Peer, workload: Path, folder: Path, threads: int = 1, patience: float = 300.0
    ) -> None:
        self.peer, self.threads, self.patience = peer, threads, patience
        self.log = folder / "logs" / f"{workload.stem}-{peer.name}.txt"
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self._overdue = False
        python = interpreter(peer, folder / "environments")
        with self.log.open("w") as log:
            self._process = subprocess.Popen(
                [python, "-P", str(START), peer.name, str(workload), str(threads)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=variables(threads),
            )

    def greet(self) -> str:
        """Wait until the peer has started; its version.

        Raises:
            WorkerError: the peer does not start.
        """
        return str(self._read()["version"])

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
        alarm = threading.Timer(self.patience, self._give_up)
        alarm.daemon = True
        alarm.start()
        try:
            line = self._process.stdout.readline()
        finally:  # Ctrl-C, too: a clock that goes on would keep this process waiting
            alarm.cancel()
        if not line:
            raise WorkerError(self._end())
        found: dict[str, Any] = json.loads(line)
        if "error" in found:
            raise WorkerError(found["error"])
        return found

    def _give_up(self) -> None:
        self._overdue = True
        self._process.kill()

    def _end(self) -> str:
        code = self._process.wait()
        if self._overdue:
            return f"not ready within {self.patience:.0f} s"
        return f"ended with status {code}; see {self.log.name}"

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
