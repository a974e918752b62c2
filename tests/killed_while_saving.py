"""Kill a program with SIGKILL while it saves, again and again, and look at what it leaves.

    python tests/killed_while_saving.py FOLDER TIMES

Each time a forked child saves checkpoint after checkpoint and reports each one that is done;
it is killed at a random moment, and the file must hold the last checkpoint that was reported,
or the next. Prints how many were left, how many times a save was cut short, as JSON.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from pathlib import Path

import numpy as np

import autograd as ag
import nn

SIZE = 30_000  # numbers: a save takes about as long as the pauses between two kills


class Numbered(nn.Module):
    """All its numbers are those of the step."""

    def __init__(self, step: int) -> None:
        self.first = nn.Parameter(np.full(SIZE, float(step)))
        self.last = nn.Parameter(np.full(7, float(step)))


def save_for_ever(path: Path, step: int, report: int) -> None:
    """Save step after step, and report each one when its save has returned."""
    while True:
        step += 1
        nn.save_checkpoint(path, model=Numbered(step), step=step, note=f"step {step}")
        os.write(report, step.to_bytes(8, "big"))


def killed_once(path: Path, step: int, pause: float) -> int:
    """Let a child save for a moment, kill it, and return the last step that it reported."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        save_for_ever(path, step, writing)
    os.close(writing)
    time.sleep(pause)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with os.fdopen(reading, "rb") as pipe:
        reported = pipe.read()
    return int.from_bytes(reported[-8:], "big") if reported else step


def left(path: Path) -> int:
    """The step of the checkpoint in the file, which must be whole."""
    model = Numbered(-1)
    info = nn.load_checkpoint(path, model=model)
    step = info["step"]
    assert info["note"] == f"step {step}"
    assert all((p.data == step).all() for p in model.parameters()), "of two checkpoints"
    return int(step)


def main(folder: str, times: str) -> None:
    """Kill so many times, and print what was found."""
    ag.manual_seed(0)
    path, moments = Path(folder) / "run.npz", random.Random(0)
    nn.save_checkpoint(path, model=Numbered(0), step=0, note="step 0")
    step = 0
    for _ in range(int(times)):
        reported = killed_once(path, step, moments.uniform(0.001, 0.02))
        step = left(path)
        assert step in (reported, reported + 1), f"{step} in the file, {reported} was reported"
    cut = len(list(Path(folder).glob(".*.unfinished")))
    print(json.dumps({"killed": int(times), "cut short": cut, "steps": step}))


if __name__ == "__main__":
    main(*sys.argv[1:])
