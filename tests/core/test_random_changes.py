"""Random programs of views and changes in place, against central differences of themselves."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings, strategies as st

import autograd as ag

START = np.arange(1.0, 7.0).reshape(2, 3) / 4

VIEWS = [
    lambda v: v[0],
    lambda v: v[..., 1:],
    lambda v: v[..., 0],
    lambda v: v[::-1],
    lambda v: v.transpose(0, -1),
    lambda v: v.reshape(-1),
    lambda v: v.unsqueeze(0),
    lambda v: v.squeeze(),
    lambda v: v.unbind(0)[-1],
    lambda v: v.split(1, 0)[0],
    lambda v: v.diagonal() if v.ndim == 2 else v[-1],
    lambda v: v.narrow(0, 0, 1),
    lambda v: v.movedim(0, -1),
    lambda v: v.permute(*range(v.ndim)[::-1]),
]


def every_other(v):
    return ag.tensor(np.arange(v.numel()).reshape(v.shape) % 2 == 0)


CHANGES = [
    lambda v, o: v.add_(o),
    lambda v, o: v.mul_(o),
    lambda v, o: v.tanh_(),
    lambda v, o: v.__setitem__(0, 0.5),
    lambda v, o: v.__setitem__(Ellipsis, o),
    lambda v, o: v.__setitem__((Ellipsis, 0), o.sum()),
    lambda v, o: v.copy_(o * o),
    lambda v, o: v.zero_(),
    lambda v, o: v.masked_fill_(every_other(v), o.sum()),
]

OPERATIONS = [
    lambda a, b: a * b.sum(),
    lambda a, b: a.exp(),
    lambda a, b: a.clone(),
    lambda a, b: ag.cat([a.reshape(-1), b.reshape(-1)]),
    lambda a, b: a.sum() * 1,
]


def run(steps, x):
    """All tensors of a program; a step that is refused is left out."""
    values = [x * 1.5, x + 0.25, ag.zeros(2, 3)]
    for kind, which, i, j in steps:
        a, b = values[i % len(values)], values[j % len(values)]
        try:
            if kind == "view":
                values.append(VIEWS[which % len(VIEWS)](a))
            elif kind == "operation":
                values.append(OPERATIONS[which % len(OPERATIONS)](a, b))
            elif kind == "forget":
                values = values if len(values) < 4 else [v for v in values if v is not a]
            else:
                CHANGES[which % len(CHANGES)](a, b if a.shape == b.shape else b.sum())
        except (ag.IndexingError, ag.InPlaceError, ag.ShapeError):
            continue
    return values


def weighted(value):
    return (value * np.linspace(0.3, 1.7, value.numel()).reshape(value.shape)).sum()


def slope(steps, direction, which):
    """The central difference of one weighted sum along a direction."""
    up, down = (
        weighted(run(steps, ag.tensor(START + e * direction))[which]) for e in (1e-6, -1e-6)
    )
    return (up.item() - down.item()) / 2e-6


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["view", "view", "change", "change", "operation", "forget"]),
            st.integers(0, 20),
            st.integers(0, 7),
            st.integers(0, 7),
        ),
        min_size=2,
        max_size=8,
    ),
    st.integers(0, 10),
)
def test_programs_of_views_and_changes_are_right_or_refused(steps, chosen):
    direction = np.cos(np.arange(6.0)).reshape(2, 3)
    x = ag.tensor(START, requires_grad=True)
    with np.errstate(all="ignore"):
        values = run(steps, x)
        which = chosen % len(values)
        value = values[which]
        plain = run(steps, ag.tensor(START))[which]
        np.testing.assert_array_equal(value.data, plain.data)
        if not value.requires_grad:
            assert slope(steps, direction, which) == 0
            return
        try:
            (gradient,) = ag.grad(weighted(value), x)
        except ag.InPlaceError:
            return
        expected = slope(steps, direction, which)
        if np.isfinite(expected) and abs(expected) < 1e6:
            np.testing.assert_allclose((gradient.data * direction).sum(), expected, 1e-4, 1e-4)
