"""Programs that differ in one thing, to be compared, and what a comparison says, in short."""

from __future__ import annotations

LESSONS = """\
import autograd as ag


def leaf(value, name):
    return ag.tensor(value, requires_grad=True, name=name)


def circuit(how="sum", x=-2.0, passes=0):
    x, y, z = leaf(x, "x"), leaf(5.0, "y"), leaf(-4.0, "z")
    if how == "sum":
        q = x + y
    elif how == "product":
        q = x * y
    elif how == "swapped":
        q = y + x
    else:
        q = x + z
    f = q * z
    for _ in range(passes):
        f.backward()
    return f


def loop(detach=None, steps=3, act=ag.tanh):
    W, U = leaf(0.5, "W"), leaf(0.3, "U")
    h = ag.tensor(0.1, name="h0")
    for t in range(steps):
        if t == detach:
            h = h.detach()
        h = act(W * h + U * (t + 1.0))
    loss = (h - 1) ** 2
    return loss


def total(adds):
    w = leaf(0.5, "w")
    loss = ag.tensor(0.0)
    for x, y in ((1.0, 2.0), (3.0, 4.0)):
        l = (w * x - y) ** 2
        if adds:
            loss = loss + l
        else:
            loss = l
    return loss


def net(middle):
    x, W, V = leaf([1.0, 2.0], "x"), leaf([[1.0, -2.0], [3.0, 4.0]], "W"), leaf([1.0, -1.0], "V")
    z = x @ W
    if middle == "relu":
        z = ag.relu(z)
    return (z @ V).sum()


def twice(detached):
    x = leaf(3.0, "x")
    h = ag.tanh(x)
    return h * (h.detach() if detached else h)
"""


def texts(found):
    """The sentences of some differences."""
    return [difference.text for difference in found]


def kinds(comparison):
    """What kind each difference is of."""
    return [difference.kind for difference in comparison.differences]
