"""Views and changes in place beside PyTorch's: the same values and gradients, or an error."""

from __future__ import annotations

import random

import numpy as np
import pytest

import autograd as ag

pytestmark = pytest.mark.peers
torch = pytest.importorskip("torch")

START = np.arange(1.0, 7.0).reshape(2, 3) / 4

VIEWS = [
    lambda v: v[0],
    lambda v: v[..., 1:],
    lambda v: v[..., 0],
    lambda v: v[::2],
    lambda v: v.T if v.ndim == 2 else v[:],
    lambda v: v.reshape(-1),
    lambda v: v.unsqueeze(0),
    lambda v: v.squeeze(),
    lambda v: v.flatten(),
    lambda v: v.diagonal() if v.ndim == 2 else v[0],
    lambda v: v.narrow(0, 0, 1),
    lambda v: v.select(0, 0),
    lambda v: v.movedim(0, -1),
    lambda v: v.transpose(0, -1),
    lambda v: v.detach(),
]

CHANGES = [
    lambda v, o: v.add_(o),
    lambda v, o: v.mul_(2.0),
    lambda v, o: v.mul_(o),
    lambda v, o: v.__setitem__(0, 0.5),
    lambda v, o: v.__setitem__(Ellipsis, o),
    lambda v, o: v.__setitem__((Ellipsis, 0), o.sum()),
    lambda v, o: v.zero_(),
    lambda v, o: v.copy_(o),
    lambda v, o: v.tanh_(),
]

OPERATIONS = [
    lambda a, b: a * a,
    lambda a, b: a + 1,
    lambda a, b: a.exp(),
    lambda a, b: a * b.sum(),
    lambda a, b: a.sum() * 1,
    lambda a, b: a.clone(),
    lambda a, b: a.relu(),
]


def program(seed):
    draw = random.Random(seed)
    kinds = (VIEWS, VIEWS, CHANGES, CHANGES, OPERATIONS)
    return [
        (kind, draw.randrange(len(kind)), draw.randrange(8), draw.randrange(8))
        for kind in (draw.choice(kinds) for _ in range(draw.randint(2, 8)))
    ]


def run(steps, x, zeros):
    """All tensors of a program, None where a change was refused."""
    values = [x * 1.5, x + 0.25, zeros]
    for kind, which, i, j in steps:
        a, b = values[i % len(values)], values[j % len(values)]
        try:
            if kind is CHANGES:
                kind[which](a, b if tuple(a.shape) == tuple(b.shape) else b.sum())
            else:
                values.append(kind[which](*((a,) if kind is VIEWS else (a, b))))
        except (RuntimeError, IndexError):
            if kind is CHANGES:
                return None
            values.append(values[0])
    return values


def gradient(value, x, tensor, grad):
    """The gradient of a weighted sum; None where it is refused."""
    weights = np.linspace(0.3, 1.7, max(value.numel(), 1))[: value.numel()]
    total = (value * tensor(weights.reshape(tuple(value.shape)))).sum()
    try:
        (found,) = grad(total, x)
    except RuntimeError:
        return None
    return np.zeros_like(START) if found is None else np.array(found.tolist())


@pytest.mark.parametrize("block", range(20))
def test_programs_agree(block):
    for seed in range(100 * block, 100 * block + 100):
        x, y = ag.tensor(START, requires_grad=True), torch.tensor(START, requires_grad=True)
        ours = run(program(seed), x, ag.zeros(2, 3))
        theirs = run(program(seed), y, torch.zeros(2, 3, dtype=torch.float64))
        if ours is None or theirs is None:
            assert theirs is None, f"program {seed}: refused here only"
            continue
        for a, b in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(a.data, b.detach().numpy(), rtol=1e-12)
            if not b.requires_grad:
                assert not a.requires_grad
                continue
            one = gradient(a, x, ag.tensor, lambda t, x: ag.grad(t, x, allow_unused=True))
            two = gradient(
                b,
                y,
                torch.tensor,
                lambda t, x: torch.autograd.grad(t, x, retain_graph=True, allow_unused=True),
            )
            if two is not None:
                assert one is not None, f"program {seed}: no gradient here only"
                np.testing.assert_allclose(one, two, rtol=1e-9, atol=1e-12)
