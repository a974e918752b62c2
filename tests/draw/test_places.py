"""Nothing that is drawn covers anything else: boxes, titles of cards, what flows between steps."""

import numpy as np
import pytest

import autograd as ag
import nn
from autograd.draw import wording


def spelled():
    """Steps of closed modules beside the group of a loss, which has a title of its own."""
    ag.manual_seed(0)
    cell, readout = nn.RNNCell(4, 3), nn.Linear(3, 4)
    letters = [ag.tensor(row, name=f"x{t}") for t, row in enumerate(np.eye(4))]
    scores, _ = nn.unroll(cell, letters, readout=readout)
    return nn.CrossEntropyLoss()(scores, [1, 2, 3, 0])


def recurrent(kind, steps, **options):
    ag.manual_seed(0)
    outputs, _ = kind(2, 3, **options)(ag.tensor(np.ones((steps, 2)), name="x"))
    return outputs.sum()


PICTURES = {
    "steps of closed modules": lambda: spelled().graph(depth=2, gradients=True, direction="TB"),
    "steps of open modules": lambda: spelled().graph(depth=None, gradients=True),
    "layers": lambda: recurrent(nn.RNN, 4, num_layers=2).graph(depth=None, gradients=True),
    "directions": lambda: recurrent(nn.RNN, 4, bidirectional=True).graph(gradients=True),
    "steps left out": lambda: recurrent(nn.LSTM, 12).graph(depth=None, gradients=True),
    "one cell": lambda: recurrent(nn.GRU, 5).graph(time="folded", gradients=True),
    "modules, to the right": lambda: spelled().graph(depth=2, time="folded"),
}


@pytest.fixture(params=PICTURES, scope="module")
def picture(request):
    return PICTURES[request.param]()


def rectangle(picture, box):
    x, y = picture.layout.centres[box.key]
    return x - box.width / 2, y - box.height / 2, x + box.width / 2, y + box.height / 2


def meet(a, b):
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def test_no_box_covers_another(picture):
    boxes = [(box.name, rectangle(picture, box)) for box in picture.view.boxes]
    for i, (name, place) in enumerate(boxes):
        covered = [other for other, there in boxes[:i] if meet(place, there)]
        assert not covered, (name, covered)


def test_no_box_covers_the_title_of_a_card(picture):
    for card in picture.view.cards:
        place = picture.layout.cards[card.group]
        room = place.right - place.left - 16
        width = min(wording.width(card.label, 11, bold=True), room)
        title = place.left + 8, place.top + 4, place.left + 8 + width, place.top + 18
        covering = [box.name for box in picture.view.boxes if meet(title, rectangle(picture, box))]
        assert not covering, (card.label, covering)
