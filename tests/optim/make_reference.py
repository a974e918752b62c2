"""Writes reference.json with PyTorch's own numbers; to be run where PyTorch is installed.

    python tests/optim/make_reference.py

The tests read the file, so that they need no PyTorch.
"""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path
from typing import Any

import torch

sys.path.insert(0, str(Path(__file__).parent.parent))
from optim_cases import (
    BASE_LR,
    COMBINED,
    EPOCHS,
    KEPT,
    LBFGS,
    METRICS,
    OPTIMIZERS,
    PLATEAUS,
    SCHEDULES,
    STEPS,
    SWA,
    combined,
    rosenbrock,
    slope,
    start,
)
from torch.optim import lr_scheduler
from torch.optim.swa_utils import SWALR

HERE = Path(__file__).parent


def run(name: str) -> dict[str, list[list[float]]]:
    """Both parameters after the steps that are kept."""
    kind, options = OPTIMIZERS[name]
    params = [torch.tensor(p, requires_grad=True) for p in start(name)]
    optimizer = getattr(torch.optim, kind)(params, **options)
    kept = {}
    for t in range(1, STEPS + 1):
        for param in params:
            param.grad = torch.tensor(slope(param.detach().numpy(), t))
        optimizer.step()
        if t in KEPT:
            kept[str(t)] = [param.detach().flatten().tolist() for param in params]
    return kept


def run_lbfgs(options: dict[str, Any]) -> list[list[float]]:
    """The point after each of four steps on Rosenbrock's function, and the evaluations."""
    x = torch.tensor([-1.5, 2.0], requires_grad=True)
    optimizer = torch.optim.LBFGS([x], **options)

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        loss = rosenbrock(x[0], x[1])
        loss.backward()
        return loss

    found = []
    for _ in range(4):
        loss = optimizer.step(closure)
        found.append([*x.tolist(), loss.item(), optimizer.state[x]["func_evals"]])
    return found


def fresh() -> torch.optim.SGD:
    """Two groups."""
    params = [{"params": [torch.zeros(1, requires_grad=True)], "lr": lr} for lr in BASE_LR]
    return torch.optim.SGD(params, lr=1.0, momentum=0.5)


def sequence(optimizer: Any, schedule: Any, arguments: list[Any]) -> list[list[float]]:
    """Both learning rates and the first momentum, at the start and after each step."""
    rows = []
    for step in [None, *arguments]:
        if step is not None:
            schedule.step(*step)
        groups = optimizer.param_groups
        rows.append([groups[0]["lr"], groups[1]["lr"], groups[0]["momentum"]])
    return rows


def schedules() -> dict[str, Any]:
    """The sequences of all schedules."""
    found = {}
    steps: list[Any] = [()] * EPOCHS
    for name, (kind, options) in SCHEDULES.items():
        optimizer = fresh()
        found[name] = sequence(optimizer, getattr(lr_scheduler, kind)(optimizer, **options), steps)
    for name, options in PLATEAUS.items():
        optimizer = fresh()
        schedule = lr_scheduler.ReduceLROnPlateau(optimizer, **options)
        found[f"plateau {name}"] = sequence(optimizer, schedule, [(m,) for m in METRICS])
    for name in COMBINED:
        optimizer = fresh()
        found[name] = sequence(optimizer, combined(lr_scheduler, optimizer)[name](), steps)
    for name, options in SWA.items():
        optimizer = fresh()
        found[f"swa {name}"] = sequence(optimizer, SWALR(optimizer, **options), steps)
    optimizer = fresh()
    restarts = lr_scheduler.CosineAnnealingWarmRestarts(optimizer, 3, 2)
    jumps: list[Any] = [(0.5,), (1.25,), (3.5,), (), (), (26,), ()]
    found["jumps"] = sequence(optimizer, restarts, jumps)
    return found


def main() -> None:
    """Run everything in float64; Muon's iteration too, which is in bfloat16 by default."""
    torch.set_default_dtype(torch.float64)
    warnings.simplefilter("ignore")
    torch.Tensor.bfloat16 = lambda self: self.clone()  # type: ignore[method-assign]
    reference = {
        "torch": torch.__version__.split("+")[0],
        "optimizers": {name: run(name) for name in OPTIMIZERS},
        "lbfgs": {name: run_lbfgs(options) for name, options in LBFGS.items()},
        "schedules": schedules(),
    }
    text = json.dumps(reference).replace("}, ", "},\n")
    (HERE / "reference.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
