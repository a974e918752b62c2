"""Write ``losses.json``: values and gradients of the cases of tests/loss_cases.py by PyTorch.

    python tests/nn/reference/make_losses.py

It needs NumPy and PyTorch (2.13 wrote the file here), and not glassgrad. Inputs are not stored:
`loss_cases.Waves` makes the same ones everywhere.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

from loss_cases import Case, called, cases, directions  # noqa: E402


def by_torch(case: Case) -> tuple[Any, list[Any]]:
    """The value, and the gradients of its weighed sum."""
    options = {k: torch.tensor(v) if np.ndim(v) else v for k, v in case.options.items()}
    inputs = [torch.tensor(x) for x in case.inputs]
    for leaf in inputs[: case.by]:
        leaf.requires_grad_()
    value = called(case, getattr(torch.nn, case.loss)(**options), inputs, torch)
    (value * torch.tensor(directions(tuple(value.shape)))).sum().backward()
    return value.tolist(), [leaf.grad.tolist() for leaf in inputs[: case.by]]


def main() -> None:
    """Compute and write."""
    found = {name: by_torch(case) for name, case in cases().items()}
    lines = [f"{json.dumps(name)}: {json.dumps(pair)}" for name, pair in found.items()]
    text = "{\n" + ",\n".join(lines) + "\n}\n"
    (HERE / "losses.json").write_text(text, encoding="utf-8")
    print(f"{len(found)} cases, {len(text)} bytes, PyTorch {torch.__version__}")


if __name__ == "__main__":
    main()
