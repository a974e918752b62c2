"""Calls of losses, the same for glassgrad and PyTorch: class, arguments, inputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np


class Case(NamedTuple):
    """A loss of PyTorch's name, its arguments, and arrays; the first `by` have gradients."""

    loss: str
    options: dict[str, Any]
    inputs: tuple[Any, ...]
    by: int = 1


class Waves:
    """Numbers that only look random: the same everywhere, and others for another seed."""

    def __init__(self, seed: int = 0) -> None:
        self.place = 0.37 + 100 * seed

    def __call__(self, *shape: int, size: float = 1.5) -> np.ndarray:
        """Numbers between −size and size, far from any corner."""
        count = int(np.prod(shape))
        points = self.place + np.arange(count)
        self.place += count
        return size * np.sin(2.3 * points**1.1).reshape(shape)

    def chances(self, *shape: int) -> np.ndarray:
        """Numbers between 0.05 and 0.95."""
        return 0.5 + self(*shape, size=0.45)

    def classes(self, high: int, *shape: int) -> np.ndarray:
        """Integers below `high`."""
        return (self.chances(*shape) * high).astype(np.int64)

    def sides(self, *shape: int) -> np.ndarray:
        """−1.0 or 1.0."""
        return np.sign(self(*shape))

    def logs(self, *shape: int) -> np.ndarray:
        """Log-probabilities along dimension 1, or the only one."""
        scores = self(*shape)
        return scores - np.log(np.exp(scores).sum(min(1, len(shape) - 1), keepdims=True))


def manhattan(x: Any, y: Any) -> Any:
    """A distance that both libraries can compute."""
    return (x - y).abs().sum(-1)


def squared(x: Any, y: Any) -> Any:
    """The lecture's distance."""
    return ((x - y) ** 2).sum(-1)


Builder = Callable[[Waves], list[Case]]


def cases(seed: int = 0) -> dict[str, Case]:
    """All cases by name, with the numbers of one seed."""
    found = {}
    for builder in (measured, classes, yes_or_no, margins, pairs, sequences):
        for number, case in enumerate(builder(Waves(seed))):
            options = {k: v for k, v in case.options.items() if k != "distance_function"}
            shown = ",".join(f"{k}={v}" for k, v in options.items() if np.ndim(v) == 0)
            found[f"{builder.__name__} {number} {case.loss}({shown})"] = case
    return found


def measured(draw: Waves) -> list[Case]:
    """Losses of numbers."""
    pair = [(draw(2, 3), draw(2, 3)) for _ in range(4)]
    counts = [draw(2, 3), 4 * draw.chances(2, 3)]
    rates = [4 * draw.chances(2, 3), 4 * draw.chances(2, 3)]
    logs, chances, log_chances = draw.logs(3, 4), np.exp(draw.logs(3, 4)), draw.logs(3, 4)
    found = []
    for reduction in ("mean", "sum", "none"):
        r = {"reduction": reduction}
        found += [
            Case("MSELoss", r, pair[0], by=2),
            Case("L1Loss", r, pair[1], by=2),
            Case("SmoothL1Loss", {**r, "beta": 0.6}, pair[2], by=2),
            Case("HuberLoss", {**r, "delta": 0.7}, pair[3], by=2),
            Case("KLDivLoss", r, (logs, chances)),
            Case("KLDivLoss", {**r, "log_target": True}, (logs, log_chances), by=2),
            Case("PoissonNLLLoss", {**r, "full": True}, tuple(counts)),
        ]
    return [
        *found,
        Case("SmoothL1Loss", {"beta": 0.0}, pair[2], by=2),
        Case("KLDivLoss", {"reduction": "batchmean"}, (logs, chances)),
        Case("PoissonNLLLoss", {"log_input": False, "eps": 1e-3}, tuple(rates)),
        Case("GaussianNLLLoss", {}, (*pair[0], draw.chances(2, 3)), by=3),
        Case("GaussianNLLLoss", {"full": True}, (*pair[1], draw.chances(2, 1)), by=3),
        Case("GaussianNLLLoss", {"reduction": "none"}, (*pair[1], draw.chances(2)), by=3),
    ]


def classes(draw: Waves) -> list[Case]:
    """Losses of one class among several."""
    flat, image, weight = draw(3, 4), draw(2, 4, 2, 2), draw.chances(4)
    labels, pixels = draw.classes(4, 3), draw.classes(4, 2, 2, 2)
    labels[1], pixels[0, 0, 1] = 1, 1
    soft, soft_image = np.exp(draw.logs(3, 4)), np.exp(draw.logs(2, 4, 2, 2))
    found = []
    for reduction in ("mean", "sum", "none"):
        r = {"reduction": reduction}
        all_of_it = {**r, "weight": weight, "label_smoothing": 0.2}
        found += [
            Case("CrossEntropyLoss", r, (flat, labels)),
            Case("CrossEntropyLoss", {**all_of_it, "ignore_index": 1}, (flat, labels)),
            Case("CrossEntropyLoss", {**all_of_it, "ignore_index": 1}, (image, pixels)),
            Case("CrossEntropyLoss", all_of_it, (flat, soft), by=2),
            Case("CrossEntropyLoss", all_of_it, (image, soft_image), by=2),
            Case("NLLLoss", {**r, "weight": weight}, (draw.logs(3, 4), labels)),
            Case("NLLLoss", {**r, "ignore_index": 1}, (draw.logs(2, 4, 2, 2), pixels)),
        ]
    return [
        *found,
        Case("CrossEntropyLoss", {"weight": weight}, (flat[0], labels[0])),
        Case("CrossEntropyLoss", {"label_smoothing": 0.3}, (flat[0], soft[0]), by=2),
        Case("NLLLoss", {}, (draw.logs(4), labels[0])),
    ]


def yes_or_no(draw: Waves) -> list[Case]:
    """Losses of answers that are right or wrong, one by one."""
    sure, scores, truth = draw.chances(2, 3), draw(2, 3), draw.chances(2, 3)
    sides, weight, rare = (draw.sides(2, 3) + 1) / 2, draw.chances(2, 3), 3 * draw.chances(3)
    found = []
    for reduction in ("mean", "sum", "none"):
        r = {"reduction": reduction}
        found += [
            Case("BCELoss", r, (sure, truth), by=2),
            Case("BCELoss", {**r, "weight": weight}, (sure, sides)),
            Case("BCEWithLogitsLoss", r, (scores, truth), by=2),
            Case("BCEWithLogitsLoss", {**r, "weight": weight, "pos_weight": rare}, (scores, sides)),
            Case("MultiLabelSoftMarginLoss", {**r, "weight": rare}, (scores, sides)),
        ]
    far = np.array([[-800.0, 800.0, 0.0], [-30.0, 30.0, 0.0]])
    return [
        *found,
        Case("BCEWithLogitsLoss", {"reduction": "none"}, (far, sides)),
        Case("MultiLabelSoftMarginLoss", {}, (scores[0], sides[0])),
    ]


def margins(draw: Waves) -> list[Case]:
    """Hinges over several classes."""
    scores, labels, weight = draw(3, 4), draw.classes(4, 3), draw.chances(4)
    named = np.array([[3, 0, -1, 1], [2, -1, -1, -1], [-1, 0, 1, 2]])
    found = []
    for reduction in ("mean", "sum", "none"):
        r = {"reduction": reduction}
        found += [
            Case("MultiMarginLoss", {**r, "margin": 0.7}, (scores, labels)),
            Case("MultiMarginLoss", {**r, "p": 2, "weight": weight}, (scores, labels)),
            Case("MultiLabelMarginLoss", r, (scores, named)),
            Case("SoftMarginLoss", r, (scores, draw.sides(3, 4))),
        ]
    return [
        *found,
        Case("MultiMarginLoss", {}, (scores[0], labels[0])),
        Case("MultiLabelMarginLoss", {}, (scores[0], named[0])),
    ]


def pairs(draw: Waves) -> list[Case]:
    """Losses of two or three things that shall be near or far."""
    x, y, z = draw(3, 4), draw(3, 4), draw(3, 4)
    distances, sides, side = 3 * draw.chances(5), draw.sides(5), draw.sides(3)
    found = []
    for reduction in ("mean", "sum", "none"):
        r = {"reduction": reduction}
        own = {**r, "distance_function": manhattan}
        found += [
            Case("HingeEmbeddingLoss", {**r, "margin": 2.0}, (distances, sides)),
            Case("MarginRankingLoss", {**r, "margin": 0.5}, (x[0], y[0], draw.sides(4)), by=2),
            Case("CosineEmbeddingLoss", {**r, "margin": -0.3}, (x, y, side), by=2),
            Case("TripletMarginLoss", {**r, "margin": 1.3}, (x, y, z), by=3),
            Case("TripletMarginLoss", {**r, "p": 1.0, "swap": True}, (y, z, x), by=3),
            Case("TripletMarginWithDistanceLoss", {**own, "swap": True}, (y, z, x), by=3),
        ]
    lecture = {"distance_function": squared, "margin": 0.2}
    return [
        *found,
        Case("CosineEmbeddingLoss", {}, (x[0], y[0], side[0]), by=2),
        Case("TripletMarginLoss", {}, (x[0], y[0], z[0]), by=3),
        Case("TripletMarginWithDistanceLoss", lecture, (x, y, z), by=3),
    ]


def sequences(draw: Waves) -> list[Case]:
    """Labels without their timing; one text is too long for its steps."""
    scores = draw(5, 3, 4)
    texts, lengths = np.array([[1, 2, 2], [3, 0, 0], [1, 1, 2]]), np.array([3, 1, 2])
    times, blank_last = np.array([5, 4, 5]), np.array([0, 1, 1, 2, 0])
    found = [
        Case("CTCLoss", {"reduction": r}, (scores, texts, times, lengths))
        for r in ("mean", "sum", "none")
    ]
    short = (scores, texts, np.array([3, 4, 5]), lengths)
    return [
        *found,
        Case("CTCLoss", {"zero_infinity": True, "reduction": "none"}, short),
        Case("CTCLoss", {"blank": 3}, (scores, blank_last, times, np.array([2, 1, 2]))),
        Case("CTCLoss", {"reduction": "sum"}, (scores[:, 0], texts[0], np.array(5), np.array(3))),
    ]


def called(case: Case, loss: Any, inputs: list[Any], library: Any) -> Any:
    """The loss of the inputs, in autograd or torch.

    PyTorch's gradient of CTC by log-probabilities is the one by the scores under them, so that
    only log_softmax before it makes the two comparable.
    """
    if case.loss == "CTCLoss":
        inputs = [library.log_softmax(inputs[0], -1), *inputs[1:]]
    return loss(*inputs)


def directions(shape: tuple[int, ...]) -> np.ndarray:
    """What the elements of a loss are weighed by before they are differentiated."""
    return 1.5 + Waves(1)(*shape, size=1.0)
