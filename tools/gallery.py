"""``make gallery``: a page with a picture of everything that a lecture draws, to be looked at.

Writes build/gallery/: each picture as SVG and as PNG (light and dark), and index.html.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from html import escape
from pathlib import Path
from string import Template
from typing import Any

import numpy as np

import autograd as ag
import nn
import optim
from autograd.stepper.document import tokens

FOLDER = Path("build/gallery")
_VOCABULARY = "helo"

PICTURES: dict[str, tuple[str, Callable[[], Any]]] = {}
"""For each file name, what the page says and what draws it."""


def picture(title: str) -> Callable[[Callable[[], Any]], Callable[[], Any]]:
    """Enter a function into the gallery, under its own name."""

    def enter(draw: Callable[[], Any]) -> Callable[[], Any]:
        PICTURES[draw.__name__] = (title, draw)
        return draw

    return enter


def leaf(value: Any, name: str, learned: bool = True) -> Any:
    """A named tensor."""
    return ag.tensor(np.asarray(value, dtype=float), requires_grad=learned, name=name)


# --- single values ----------------------------------------------------------------------


@picture("The circuit f = (x + y)·z (lecture A1)")
def circuit() -> Any:
    x, y, z = leaf(-2, "x"), leaf(5, "y"), leaf(-4, "z")
    q = x + y
    f = q * z
    f.backward()
    return f.graph()


@picture("Before the backward pass")
def circuit_before() -> Any:
    x, y, z = leaf(-2, "x"), leaf(5, "y"), leaf(-4, "z")
    q = x + y
    f = q * z
    return f.graph()


@picture("Both passes, played: the SVG moves by itself, unless the system asks for less motion")
def circuit_moving() -> Any:
    return circuit()


@picture("The backward pass only, from top to bottom")
def circuit_backward() -> Any:
    x, y, z = leaf(-2, "x"), leaf(5, "y"), leaf(-4, "z")
    q = x + y
    f = q * z
    return f.graph(gradients="only", direction="TB")


@picture("A neuron: y = tanh(w₁x₁ + w₂x₂ + b) (lecture B2)")
def neuron() -> Any:
    x1, x2 = leaf(1, "x1", False), leaf(-2, "x2", False)
    w1, w2, b = leaf(0.5, "w1"), leaf(-0.3, "w2"), leaf(0.1, "b")
    net = x1 * w1 + x2 * w2 + b
    y = ag.tanh(net)
    return y.graph(gradients=True)


@picture("A second derivative: d²/dx² of x³, by differentiating the backward pass")
def second_derivative() -> Any:
    x = leaf(2, "x")
    f = x**3
    return f.graph(wrt=x)


# --- losses and layers ------------------------------------------------------------------


@picture("The hinge loss of the cat image (lecture A2)")
def hinge() -> Any:
    s = leaf([3.2, 5.1, -1.7], "s")
    cat, car, frog = s[0], s[1], s[2]
    a = ag.relu(car - cat + 1.0)
    b = ag.relu(frog - cat + 1.0)
    loss = a + b
    return loss.graph(gradients=True)


@picture("The softmax loss of the cat image (lecture A3)")
def softmax() -> Any:
    s = leaf([3.2, 5.1, -1.7], "s")
    e = ag.exp(s)
    p = e / e.sum()
    loss = -ag.log(p[0])
    return loss.graph(gradients=True)


def squared_error() -> Any:
    """Two linear layers and their loss on one example."""
    ag.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
    x, t = leaf([[0.5, -1.0]], "x", False), leaf([[1.0]], "t", False)
    y = model(x)
    error = ((y - t) ** 2).sum()
    error.backward()
    return model, error


@picture("A two-layer net with squared error (lecture A4)")
def two_layers() -> Any:
    _model, error = squared_error()
    return error.graph()


@picture("The same from top to bottom, for a narrow page")
def two_layers_down() -> Any:
    _model, error = squared_error()
    return error.graph(direction="TB")


@picture("Two channels convolved (lecture D1)")
def convolution() -> Any:
    x = leaf(
        [
            [
                [[1, -2, 0, 5], [7, 0, 1, -3], [2, -2, 2, -2], [-5, -4, 3, 1]],
                [[0, -1, 2, 0], [-4, 9, 6, 5], [3, 2, 1, 0], [0, 1, 3, -3]],
            ]
        ],
        "x",
        False,
    )
    w = leaf([[[[1, -2], [3, 1]]] * 2], "w")
    y = ag.conv2d(x, w)
    total = y.sum()
    return total.graph(gradients=True)


class LeNet(nn.Module):
    """LeCun et al. 1998, small: two convolutions, three linear layers."""

    def __init__(self) -> None:
        self.features = nn.Sequential(
            nn.Conv2d(1, 6, 5, padding=2),
            nn.Tanh(),
            nn.AvgPool2d(2),
            nn.Conv2d(6, 16, 5),
            nn.Tanh(),
            nn.AvgPool2d(2),
        )
        self.classifier = nn.Sequential(
            nn.Linear(400, 120), nn.Tanh(), nn.Linear(120, 84), nn.Tanh(), nn.Linear(84, 10)
        )

    def forward(self, x: Any) -> Any:
        """(N, 1, 28, 28) → (N, 10)."""
        return self.classifier(ag.flatten(self.features(x), 1))


def lenet() -> tuple[Any, Any]:
    """A LeNet, and the loss of one image."""
    ag.manual_seed(0)
    model = LeNet()
    image = ag.tensor(np.random.default_rng(0).normal(size=(1, 1, 28, 28)), name="image")
    with ag.record():
        scores = model(image)
        loss = ag.cross_entropy(scores, ag.tensor([3], name="label"))
    loss.backward()
    return model, loss


@picture("A LeNet with every module closed")
def lenet_closed() -> Any:
    _model, loss = lenet()
    return loss.graph(depth=1)


@picture("The same, with features opened by its path")
def lenet_opened() -> Any:
    _model, loss = lenet()
    return loss.graph(expand=["features"], direction="TB")


@picture("Twelve equal blocks are one pile")
def pile() -> Any:
    ag.manual_seed(0)
    blocks = [nn.Sequential(nn.Linear(4, 4), nn.Tanh()) for _ in range(12)]
    model = nn.Sequential(nn.Linear(2, 4), *blocks, nn.Linear(4, 1))
    loss = model(leaf([[1.0, 2.0]], "x", False)).sum()
    loss.backward()
    return loss.graph(depth=1)


@picture("Only what lies between q and f")
def between() -> Any:
    x, y, z = leaf(-2, "x"), leaf(5, "y"), leaf(-4, "z")
    q = x + y
    f = q * z
    f.backward()
    return f.graph(since=[q])


# --- through time -----------------------------------------------------------------------


def hello(letters: bool = True) -> Any:
    """Lecture C1: the network that reads "hell" and shall say "ello"."""
    draw = np.random.default_rng(3)
    W_xh, W_hh = (
        leaf(draw.normal(size=(3, 4)), "W_xh"),
        leaf(0.7 * draw.normal(size=(3, 3)), "W_hh"),
    )
    W_hy = leaf(draw.normal(size=(4, 3)), "W_hy")
    h, losses = leaf(np.zeros(3), "h0", False), []
    for t, (read, wanted) in enumerate(zip("hell", "ello", strict=True), 1):
        with ag.scope("t", step=t):
            x = leaf(np.eye(4)[_VOCABULARY.index(read)], f"x = {read!r}" if letters else "x", False)
            h = ag.tanh(W_hh @ h + W_xh @ x)
            y = W_hy @ h
            said = _VOCABULARY[int(np.argmax(y.data))]
            with ag.scope(f"says {said!r}, target {wanted!r}" if letters else "cross-entropy"):
                losses.append(ag.cross_entropy(y, ag.tensor(_VOCABULARY.index(wanted))))
    loss = ag.stack(losses).sum()
    loss.backward()
    return loss


@picture('hello-RNN, unrolled: reads "hell", shall say "ello" (lecture C1)')
def hello_unrolled() -> Any:
    return hello().graph(depth=1)


@picture("hello-RNN, folded into one cell")
def hello_folded() -> Any:
    return hello(letters=False).graph(depth=1, time="folded")


@picture("An LSTM: forget, input, candidate and output; the state runs along the thick line")
def lstm() -> Any:
    ag.manual_seed(0)
    cell = nn.LSTMCell(2, 3, bias=False)
    h, c = leaf(np.zeros(3), "h0", False), leaf(np.zeros(3), "c0", False)
    for t in range(1, 4):
        with ag.scope("t", step=t):
            x = leaf([0.5 * t, -1.0], f"x{t}", False)
            h, c = cell(x, (h, c))
    loss = h.sum()
    loss.backward()
    return loss.graph()


@picture("An LSTM cell, folded")
def lstm_folded() -> Any:
    ag.manual_seed(0)
    layer = nn.LSTM(2, 3, bias=False)
    outputs, _state = layer(leaf(np.ones((20, 2)), "x", False))
    loss = outputs[-1].sum()
    loss.backward()
    return loss.graph(time="folded")


def through_time(steps: int, size: float) -> Any:
    """A recurrence with one output at the end, and a weight that shrinks or grows gradients."""
    w = leaf(size * np.eye(2), "W")
    h = leaf([0.2, -0.1], "h0", False)
    for t in range(1, steps + 1):
        with ag.scope("t", step=t):
            x = leaf([0.3, -0.2], f"x{t}", False)
            h = ag.tanh(w @ h + x)
    loss = h.sum()
    loss.backward()
    return loss


@picture("Backpropagation through 20 steps: the gradient vanishes (lecture E3)")
def vanishing() -> Any:
    return through_time(20, 0.5).graph()


@picture("The same: widths by powers of ten")
def vanishing_log() -> Any:
    return through_time(20, 0.5).graph(widths="log")


@picture("Truncated: the state is detached before the third step, and no gradient passes")
def truncated() -> Any:
    w, h = leaf(0.5 * np.eye(2), "W"), leaf([0.2, -0.1], "h0", False)
    states = []
    for t in range(1, 6):
        with ag.scope("t", step=t):
            h = ag.tanh(w @ (h.detach() if t == 3 else h))
            states.append(h)
    loss = ag.stack(states).sum()
    loss.backward()
    return loss.graph()


@picture("A bidirectional network: two rows, one state runs back")
def bidirectional() -> Any:
    ag.manual_seed(0)
    layer = nn.RNN(2, 3, bias=False, bidirectional=True)
    outputs, _state = layer(leaf(np.ones((4, 2)), "x", False))
    loss = outputs.sum()
    loss.backward()
    return loss.graph(ops="compact")


@picture("Two layers, one above the other")
def stacked() -> Any:
    ag.manual_seed(0)
    layer = nn.RNN(2, 3, 2, bias=False)
    outputs, _state = layer(leaf(np.ones((4, 2)), "x", False))
    loss = outputs[-1].sum()
    loss.backward()
    return loss.graph(ops="compact")


# --- compiled functions -----------------------------------------------------------------


@picture("A compiled training step: forward, backward and update as NumPy calls")
def compiled_step() -> Any:
    ag.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3))
    optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)

    @ag.compile
    def step(x: Any, target: Any) -> Any:
        optimizer.zero_grad()
        loss = ((model(x) - target) ** 2).mean()
        loss.backward()
        optimizer.step()
        return loss

    x, target = leaf(np.ones((16, 4)), "x", False), leaf(np.zeros((16, 3)), "target", False)
    for _ in range(2):  # the first call makes the optimizer's state
        step(x, target)
    return step.graph()


@picture("The same with its sections closed")
def compiled_sections() -> Any:
    drawn = compiled_step()
    return type(drawn)(drawn.trace, drawn.checks, depth=0, title="step")


@picture("A compiled LSTM cell: what NumPy is called with")
def compiled_cell() -> Any:
    ag.manual_seed(0)
    cell = nn.LSTMCell(2, 3)
    step = ag.compile(lambda x, h, c: cell(x, (h, c)))
    step(
        leaf(np.ones((4, 2)), "x", False), leaf(np.zeros((4, 3)), "h"), leaf(np.zeros((4, 3)), "c")
    )
    return step.graph(title="LSTM cell")


# --- the page ---------------------------------------------------------------------------


def write(name: str, folder: Path) -> None:
    """One picture: SVG for the page, PNG in both themes."""
    title, draw = PICTURES[name]
    made = draw()
    made.save(folder / f"{name}.svg", animated=name.endswith("_moving"))
    for theme in ("light", "dark"):
        made.theme = theme
        made.save(folder / f"{name}-{theme}.png")
    print(f"  {name}: {title}")


def index(folder: Path) -> Path:
    """The page that shows them all."""
    shown = "\n".join(_entry(name, title) for name, (title, _draw) in PICTURES.items())
    page = folder / "index.html"
    page.write_text(
        Template(_PAGE).substitute(tokens=tokens("auto"), shown=shown), encoding="utf-8"
    )
    return page


def _entry(name: str, title: str) -> str:
    """A heading, both themes as PNG, and the picture in a frame that scrolls."""
    links = " ".join(
        f'<a href="{name}-{theme}.png" aria-label="{theme}: {escape(title)}">{theme}</a>'
        for theme in ("light", "dark")
    )
    return (
        f'<section aria-labelledby="{name}"><h2 id="{name}">{escape(title)}</h2><p>{links}</p>'
        f'<div role="region" tabindex="0" aria-label="Picture: {escape(title)}">'
        f'<img loading="lazy" src="{name}.svg" alt="{escape(title)}"></div></section>'
    )


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Gallery</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>$tokens
body { font-family: var(--sans); margin: 1rem; background: var(--bg); color: var(--fg) }
div { overflow-x: auto } a { color: var(--fwd); display: inline-block; padding: .25rem }
h2 { margin: 2rem 0 0; font-size: 1rem }
:focus-visible { outline: 3px solid var(--fwd) }</style></head>
<body><main><h1>Gallery</h1>
$shown
</main></body></html>
"""


def main() -> None:
    """Write the pictures that are named, or all of them."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in sys.argv[1:] or PICTURES:
        write(name, FOLDER)
    print(f"  {index(FOLDER)}")


if __name__ == "__main__":
    main()
