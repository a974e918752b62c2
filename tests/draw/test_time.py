"""Time in a drawing: columns of equal cells, steps left out, one cell for all, shares."""

import os
import subprocess
import sys
from xml.etree import ElementTree

import numpy as np
import pytest

import autograd as ag
import nn
from autograd.draw.compose import compose
from autograd.draw.recurrence import recurrences
from autograd.draw.tracing import trace as make_trace


def cards_and_rows(picture):
    """For each column, its card and the heights of its places in the cell."""
    layout = picture.layout
    return [
        (
            layout.cards[column.card],
            {row: layout.centres[key][1] for key, row in column.rows.items()},
        )
        for column in picture.view.columns
        if column.card is not None
    ]


def layered(kind=nn.RNN, steps=4, **options):
    layer = kind(2, 3, rng=0, **options)
    outputs, _ = layer(ag.tensor(np.ones((steps, 2)), name="x"))
    loss = outputs.sum()
    loss.backward()
    return layer, loss


def test_steps_are_columns_and_every_operation_has_its_row(unrolled):
    picture = unrolled(4).graph()
    columns = cards_and_rows(picture)
    assert [card.left for card, _ in columns] == sorted(card.left for card, _ in columns)
    assert len({card.top for card, _ in columns}) == 1
    rows = columns[1][1]
    for _, heights in columns:
        for row, height in heights.items():
            assert height == pytest.approx(rows[row])


def test_nothing_lies_on_something_else(unrolled):
    picture = unrolled(5).graph()
    boxes, centres = picture.view.boxes, picture.layout.centres
    for i, a in enumerate(boxes):
        for b in boxes[:i]:
            apart_x = abs(centres[a.key][0] - centres[b.key][0]) >= (a.width + b.width) / 2
            apart_y = abs(centres[a.key][1] - centres[b.key][1]) >= (a.height + b.height) / 2
            assert apart_x or apart_y, (a.name, b.name)


def test_every_arrow_ends_at_its_boxes(unrolled):
    picture = unrolled(12).graph()
    boxes = {box.key: box for box in picture.view.boxes}
    for link in picture.view.links:
        curve = picture.layout.curves[link.key]
        for point, key in ((curve.points[0], link.tail), (curve.tip, link.head)):
            x, y = picture.layout.centres[key]
            assert abs(point[0] - x) <= boxes[key].width / 2 + 2
            assert abs(point[1] - y) <= boxes[key].height / 2 + 2


def test_long_recurrences_are_elided(unrolled):
    picture = unrolled(50).graph()
    assert [card.label for card in picture.view.cards] == [
        f"t = {t}" for t in (1, 2, 3, 48, 49, 50)
    ]
    (gap,) = [box for box in picture.view.boxes if box.kind == "group"]
    assert gap.name == "… 44 steps …"
    assert gap.lines == (("size", "t = 4 … 47"),)
    assert 'graph(time="unrolled")' in picture.view.remarks[0]


def test_eight_steps_are_all_drawn_and_more_where_it_is_asked_for(unrolled):
    assert len(unrolled(8).graph().view.cards) == 8
    assert len(unrolled(9).graph().view.cards) == 6
    assert len(unrolled(9).graph(time="unrolled").view.cards) == 9


def test_folded_there_is_one_cell_with_a_loop(unrolled):
    view = unrolled(50).graph(time="folded").view
    assert [card.label for card in view.cards] == ["× 50 (t = 1 … 50)"]
    (loop,) = [link for link in view.links if link.note == "t → t + 1"]
    names = {box.key: box.name for box in view.boxes}
    assert names[loop.tail] == "h"
    assert not any(kind == "val" for box in view.boxes if box.card for kind, _ in box.lines)
    (start,) = [link for link in view.links if link.note == "first step"]
    assert names[start.tail] == "h0"


def test_shares_are_what_each_step_adds_to_the_gradient():
    w = ag.tensor(0.5, requires_grad=True, name="w")
    h = ag.tensor(1.0, name="h0")
    for t in range(1, 6):
        with ag.scope("t", step=t):
            h = w * h
    h.backward()
    (share,) = h.graph().view.shares
    assert share.name == "w"
    assert share.steps == (1, 2, 3, 4, 5)
    assert share.parts == pytest.approx([0.5**4] * 5)
    assert sum(share.parts) == pytest.approx(float(w.grad))
    assert 'class="bar"' in h.graph().to_svg()


def test_gradients_vanish_visibly():
    w = ag.tensor(0.2, requires_grad=True, name="w")
    h = ag.tensor(1.0, name="h0")
    for t in range(1, 8):
        with ag.scope("t", step=t):
            h = ag.tanh(w * h)
    h.backward()
    view = h.graph().view
    names = {box.key: box for box in view.boxes}
    carried = [
        link.weight
        for link in view.links
        if names[link.tail].name == "h" and names[link.tail].card != names[link.head].card
    ]
    assert len(carried) == 6
    assert carried == sorted(carried)
    assert carried[0] < 1e-3 * carried[-1]


def test_parameters_are_chips_in_every_column_and_whole_beside_them(unrolled):
    view = unrolled(3).graph().view
    chips = [box for box in view.boxes if box.kind == "chip"]
    assert [box.name for box in chips] == ["w", "u"] * 3
    assert all(box.role == "parameter" for box in chips)
    whole = [box for box in view.boxes if box.kind == "value" and box.name in "wu"]
    assert [box.card for box in whole] == [None, None]


def test_the_gates_of_an_lstm_are_named_and_its_state_is_a_highway():
    _layer, loss = layered(nn.LSTM)
    view = loss.graph().view
    named = [box.name for box in view.boxes if box.kind == "op" and " " in box.name]
    step = {"σ forget", "σ input", "tanh candidate", "σ output"}
    assert step <= set(named)
    assert named.count("σ forget") == 4
    assert sum(link.strong for link in view.links) == 2 * 4
    assert sum(box.corner == "state c" for box in view.boxes) == 4
    assert 'class="edge forward highway' in loss.graph().to_svg()


def test_something_else_than_an_lstm_has_no_gates():
    _layer, loss = layered(nn.GRU)
    assert not any(link.strong for link in loss.graph().view.links)


def test_both_directions_are_rows_with_aligned_steps():
    _layer, loss = layered(bidirectional=True)
    picture = loss.graph(depth=None)
    columns = [c for c in picture.view.columns if c.card is not None]
    bands = {n: [picture.layout.cards[c.card] for c in columns if c.band == n] for n in (0, 1)}
    assert [len(cards) for cards in bands.values()] == [4, 4]
    below, above = sorted(bands.values(), key=lambda cards: -cards[0].top)
    assert above[0].bottom < below[0].top
    for a, b in zip(above, below, strict=True):
        assert (a.left, a.right) == pytest.approx((b.left, b.right))


def test_the_state_of_the_reverse_direction_runs_back():
    _layer, loss = layered(bidirectional=True)
    found = recurrences(make_trace(loss))
    assert [len(r.steps) for r in found] == [4, 4]
    picture = loss.graph(depth=None)
    column = {key: c for c in picture.view.columns for key in c.rows}
    steps = {c.card: n for n, c in enumerate(picture.view.columns)}
    ways = {0: 0, 1: 0}
    for link in picture.view.links:
        tail, head = column.get(link.tail), column.get(link.head)
        if tail and head and tail is not head and tail.card is not None:
            ways[tail.band] += 1 if steps[head.card] > steps[tail.card] else -1
    assert ways == {0: 3, 1: -3}


def test_a_first_step_without_a_state_lacks_its_row_only():
    w = ag.tensor(0.5, requires_grad=True, name="w")
    h = None
    for t in range(1, 5):
        with ag.scope("t", step=t):
            x = ag.tensor(float(t), name=f"x{t}")
            h = ag.tanh(w * x) if h is None else ag.tanh(w * x + h)
    columns = cards_and_rows(h.graph(gradients=True))
    first, second = set(columns[0][1]), set(columns[1][1])
    assert first < second
    assert second == set(columns[2][1])


def test_steps_inside_a_closed_module_stay_closed():
    _layer, loss = layered()
    view = loss.graph(depth=0).view
    assert not view.columns
    assert [box.name for box in view.boxes if box.kind == "group"] == ["RNN(2→3)"]


def test_a_time_that_does_not_exist(circuit):
    with pytest.raises(ag.RangeError, match=r"time='rolled'.*unrolled.*folded"):
        circuit.graph(time="rolled")


def test_without_steps_time_changes_nothing(circuit):
    trace = make_trace(circuit)
    assert compose(trace, time="folded").links == compose(trace).links


SCRIPT = """
import autograd as ag, nn
layer = nn.LSTM(2, 3, bidirectional=True, rng=0)
outputs, _ = layer(ag.zeros(12, 2))
for time in ("elided", "folded"):
    print(outputs.sum().graph(time=time, gradients=True).to_svg())
"""


def test_the_same_program_gives_the_same_bytes():
    made = [
        subprocess.run(
            [sys.executable, "-c", SCRIPT],
            capture_output=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    ]
    assert made[0] == made[1]
    assert made[0].startswith(b"<svg")


def test_hostile_names_stay_text_in_a_grid():
    name = "</script><script>alert(1)</script>\x00]]>\"'"
    w = ag.tensor(0.5, requires_grad=True, name=name)
    h = ag.tensor(1.0, name=name)
    for t in range(1, 12):
        with ag.scope(name, step=t), ag.scope(name):
            h = ag.tanh(w * h)
    h.backward()
    for time in ("elided", "folded", "unrolled"):
        for depth in (None, 1):
            root = ElementTree.fromstring(h.graph(time=time, depth=depth).to_svg())
            assert not [e for e in root.iter() if e.tag.endswith("script")]


def test_a_leaf_that_is_used_far_and_often_is_repeated():
    x = ag.tensor(1.0, requires_grad=True, name="x")
    y = x
    for _ in range(300):
        y = y * x
    view = y.graph().view
    assert sum(box.kind == "chip" for box in view.boxes) == 300
    assert "shown in full elsewhere" in view.remarks[0]
