"""Nothing that is drawn covers anything else: boxes, titles of cards, what flows between steps."""

from itertools import pairwise
from xml.etree import ElementTree

import numpy as np
import pytest

import autograd as ag
import nn
from autograd.draw import geometry, paint_shares, wording
from autograd.draw.view import Share


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


def translated():
    """The last state of an encoder is the first of a decoder."""
    ag.manual_seed(0)
    h, outputs = ag.zeros(3), []
    for name in ("encoder", "decoder"):
        cell = nn.RNNCell(2, 3)
        for t in range(1, 4):
            with ag.scope(name, step=t):
                h = cell(ag.tensor([float(t), 1.0], name=f"{name}{t}"), h)
                outputs.append(h)
    return ag.stack(outputs[3:]).sum()


PICTURES = {
    "encoder and decoder": lambda: translated().graph(depth=None, gradients=True),
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


def test_no_arrow_runs_through_a_box(picture):
    layout = picture.layout
    for link in picture.view.links:
        points = geometry.Track(geometry.forward(layout.curves[link.key])).places
        for box in picture.view.boxes:
            left, top, right, bottom = rectangle(picture, box)
            inside = [(x, y) for x, y in points if left + 3 < x < right - 3]
            inside = [y for _, y in inside if top + 3 < y < bottom - 3]
            assert not inside or box.key in (link.tail, link.head), (link, box.name)


def test_first_states_stand_beside_the_step_that_they_lead_into():
    picture = PICTURES["directions"]()
    layout = picture.layout
    boxes = {box.key: box for box in picture.view.boxes}
    steps = {c.card for c in picture.view.columns if c.card is not None}
    found = {}
    for link in picture.view.links:
        if boxes[link.tail].name == "h0":
            curve = layout.curves[link.key]
            assert {round(y, 3) for _, y in curve.points} == {round(curve.tip[1], 3)}
            (card,) = [
                c
                for c in picture.view.cards
                if c.group in steps and c.group in around(picture.view, boxes[link.head].card)
            ]
            found[card.label] = curve.tip[0] - curve.points[0][0] > 0
    assert found == {"t = 1": True, "t = 4": False}
    kinds = [box.kind for box in boxes.values() if box.name == "h0"]
    assert sorted(kinds) == ["chip", "value"]


def around(view, group):
    parents = {card.group: card.parent for card in view.cards}
    found = []
    while group is not None:
        found.append(group)
        group = parents[group]
    return found


def test_every_result_of_an_operation_shows_its_gradient_arrow():
    x = ag.tensor([1.0, 2.0], requires_grad=True, name="x")
    a, b = ag.unbind(x)
    view = (a * b).graph(gradients=True).view
    out = [link for link in view.links if link.slot is None and len(link.events) == 1]
    assert len(out) == 3
    largest = np.hypot(2.0, 1.0)  # what comes back to x
    assert [link.weight * largest for link in out] == pytest.approx([2.0, 1.0, 1.0])


def test_modules_that_follow_each_other_lie_in_line():
    ag.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
    picture = model(ag.tensor([[0.5, -1.0]], name="x")).sum().graph(gradients=True)
    layout, view = picture.layout, picture.view
    cards = [layout.cards[card.group] for card in view.cards if card.parent is not None]
    assert len(cards) == 3
    for before, after in pairwise(cards):
        assert before.right < after.left
        assert max(before.top, after.top) < min(before.bottom, after.bottom)
    (x,) = [box for box in view.boxes if box.name == "x"]
    assert layout.centres[x.key][0] < cards[0].left


def test_numbers_in_a_formula_are_small_and_near():
    x = ag.tensor(2.0, requires_grad=True, name="x")
    picture = (3.0 * x).graph(gradients=True)
    boxes = {box.name: box for box in picture.view.boxes}
    three, times = boxes["3"], boxes["×"]
    assert (three.lines, three.role, three.height) == ((), "constant", 22)
    away = {
        n: abs(picture.layout.centres[boxes[n].key][0] - picture.layout.centres[times.key][0])
        for n in ("x", "3")
    }
    assert away["3"] < away["x"]


@pytest.mark.parametrize(
    ("room", "places"), [(700, ["0 0", "210 0", "420 0"]), (300, ["0 0", "0 78", "0 156"])]
)
def test_bars_stand_side_by_side_as_far_as_there_is_room(room, places):
    shares = [Share("W", tuple(range(5)), (0.2,) * 5)] * 3
    made, height = paint_shares.bars(shares, room)
    assert [row.split("translate(")[1].split(")")[0] for row in made] == places
    assert height == 78 * (1 + int(places[-1].split()[1]) // 78)


def test_a_state_leaves_at_the_side_past_nothing():
    """y = V·h: the weight of the readout stands on the other side of h."""
    w, v = (ag.tensor(np.eye(2), requires_grad=True, name=name) for name in "wv")
    h, outputs = ag.tensor([0.5, 0.1], name="h0"), []
    for t in range(1, 4):
        with ag.scope("t", step=t):
            h = ag.tanh(w @ h)
            outputs.append(v @ h)
    picture = ag.stack(outputs).sum().graph(gradients=True)
    layout = picture.layout
    boxes = {box.key: box for box in picture.view.boxes}
    column = {key: c for c in picture.view.columns for key in c.rows}
    states = [
        link
        for link in picture.view.links
        if column.get(link.tail) is not column.get(link.head) and boxes[link.tail].name == "h"
    ]
    assert len(states) == 2
    for link in states:
        x, y = layout.centres[link.tail]
        start = layout.curves[link.key].points[0]
        assert start == pytest.approx((x + boxes[link.tail].width / 2, y))


def numbers_of(picture):
    """The place of every number beside an arrow."""
    for element in ElementTree.fromstring(picture.to_svg()).iter(
        "{http://www.w3.org/2000/svg}text"
    ):
        if element.get("class") == "contribution":
            x, y = float(element.get("x")), float(element.get("y"))
            half = wording.width(element.text, 9, mono=True) / 2
            yield element.text, (x - half, y - 7, x + half, y)


def test_no_number_lies_on_a_box_or_on_another_number(picture):
    taken = [(box.name, rectangle(picture, box)) for box in picture.view.boxes]
    for text, place in numbers_of(picture):
        assert not [name for name, there in taken if meet(place, there)], text
        taken.append((text, place))
