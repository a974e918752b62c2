"""What PyTorch computes for a case, and how that is kept in one small file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from layer_cases import Case, Given, Normal, decimals, flat, inputs_of

Found = dict[str, Any]
"""``repr``, and arrays: ``input/0``, ``call/offsets``, ``state/weight``, ``output/0``,
``cotangent/0``, ``after/running_mean``, ``grad/0`` by an input, ``grad/weight`` by a parameter."""


_WITH_PARAMETERS = """Linear Bilinear Conv Batch Instance Layer Group RMS Embed PRe RNN LSTM GRU
Multihead Transformer"""


def by_pytorch(case: Case, seed: int) -> Found:
    """All that PyTorch says about a layer, with random numbers in its state and inputs."""
    import torch

    rng = np.random.default_rng(seed)
    layer = getattr(torch.nn, case.layer)(*case.args, **case.kwargs, **_double(case, torch))
    layer.train(case.train)
    found: Found = {"repr": repr(layer)}
    _fill(layer, rng, torch)
    _keep(found, "state", layer.state_dict())
    inputs = [torch.tensor(x) for x in inputs_of(case, rng)]
    call = {name: _value(spec, rng, torch) for name, spec in case.call.items()}
    _keep(found, "input", dict(enumerate(inputs)))
    _keep(found, "call", {n: v for n, v in call.items() if isinstance(v, torch.Tensor)})
    leaves = {str(i): x.requires_grad_() for i, x in enumerate(inputs) if x.is_floating_point()}
    leaves |= {n: v.requires_grad_() for n, v in call.items() if _is_floating(v, torch)}
    fed = [x * 1 if x.is_floating_point() else x for x in inputs]  # in-place layers want no leaf
    outputs = flat(layer(*fed, **call))
    _keep(found, "output", dict(enumerate(outputs)))
    _keep(found, "after", layer.state_dict())
    cotangent = torch.tensor(decimals(rng, tuple(outputs[0].shape)))
    _keep(found, "cotangent", {0: cotangent})
    leaves |= dict(layer.named_parameters())
    gradients = torch.autograd.grad((outputs[0] * cotangent).sum(), list(leaves.values()))
    _keep(found, "grad", dict(zip(leaves, gradients, strict=True)))
    return found


def _double(case: Case, torch: Any) -> dict[str, Any]:
    """The dtype, where the layer has parameters to give one."""
    has = tuple(_WITH_PARAMETERS.split())
    return {"dtype": torch.float64} if case.layer.startswith(has) else {}


def _is_floating(value: Any, torch: Any) -> bool:
    return isinstance(value, torch.Tensor) and value.is_floating_point()


def _value(spec: Any, rng: np.random.Generator, torch: Any) -> Any:
    """A keyword argument of forward: a tensor where the case asks for one."""
    if isinstance(spec, Given):
        return torch.tensor(spec.values)
    return torch.tensor(decimals(rng, spec.shape)) if isinstance(spec, Normal) else spec


def _fill(layer: Any, rng: np.random.Generator, torch: Any) -> None:
    """Random numbers for parameters and buffers; variances are positive, paddings stay zero."""
    with torch.no_grad():
        for name, tensor in layer.state_dict().items():
            if tensor.is_floating_point():
                values = decimals(rng, tuple(tensor.shape))
                tensor.copy_(torch.tensor(abs(values) + 0.5 if "var" in name else values))
        row = getattr(layer, "padding_idx", None)
        if row is not None:
            layer.weight[row] = 0


def _keep(found: Found, kind: str, tensors: dict[Any, Any]) -> None:
    for name, tensor in tensors.items():
        found[f"{kind}/{name}"] = tensor.detach().numpy().copy()


# --- one small file -----------------------------------------------------------------------


def write(path: Path, references: dict[str, Found]) -> None:
    """Everything in one row of numbers, and a table of what lies where."""
    numbers: list[np.ndarray] = []
    table: dict[str, dict[str, Any]] = {}
    for name, found in references.items():
        table[name] = {"repr": found["repr"]}
        for key, array in found.items():
            if key != "repr":
                table[name][key] = [list(array.shape), array.dtype.char]
                numbers.append(array.astype(np.float64).ravel())
    np.savez_compressed(path, numbers=np.concatenate(numbers), table=json.dumps(table))


def read(path: Path) -> dict[str, Found]:
    """What `write` has written."""
    with np.load(path) as file:
        numbers, table = file["numbers"], json.loads(str(file["table"]))
    start = 0
    for found in table.values():
        for key, (shape, kind) in [item for item in found.items() if item[0] != "repr"]:
            size = int(np.prod(shape))
            found[key] = numbers[start : start + size].reshape(shape).astype(kind)
            start += size
    return table
