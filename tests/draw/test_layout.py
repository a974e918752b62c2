"""Layouts: reading order, curves and the places of labels; never Graphviz's own coordinates."""

from math import hypot

import pytest

from autograd.draw import geometry
from autograd.draw.labels import Placer
from autograd.draw.layout import Curve, Layout, Rectangle, in_reading_order
from autograd.draw.view import Box, Card, Link, View

STRAIGHT = Curve(((0.0, 0.0), (30.0, 0.0), (60.0, 0.0), (90.0, 0.0)), (100.0, 0.0))


def box(key):
    return Box(key, "value", key, None, "result", "v", "", (), "", 20.0, 10.0)


def layout(*centres, cards=()):
    curves = {0: Curve(((10.0, 0.0), (20.0, 5.0), (30.0, 5.0), (40.0, 10.0)), (50.0, 10.0))}
    return Layout("test", 100.0, 60.0, dict(enumerate(centres)), curves, dict(enumerate(cards)))


def test_what_was_made_first_lies_further_left():
    view = View(direction="TB", boxes=[box(0), box(1)])
    made = layout((80.0, 10.0), (20.0, 50.0), cards=[Rectangle(70.0, 0.0, 90.0, 20.0)])
    turned = in_reading_order(made, view)
    assert turned.centres == {0: (20.0, 10.0), 1: (80.0, 50.0)}
    assert turned.cards == {0: Rectangle(10.0, 0.0, 30.0, 20.0)}
    assert turned.curves[0].points[0] == (90.0, 0.0)
    assert turned.curves[0].tip == (50.0, 10.0)
    assert in_reading_order(turned, view) == turned


def test_what_was_made_first_lies_higher_up_unless_there_are_cards():
    made = layout((20.0, 50.0), (80.0, 10.0))
    view = View(boxes=[box(0), box(1)])
    assert in_reading_order(made, view).centres == {0: (20.0, 10.0), 1: (80.0, 50.0)}
    view.cards = [Card(0, "block", "title", None)]
    assert in_reading_order(made, view) == made


def test_a_gradient_runs_back_beside_its_arrow():
    back = geometry.backward(STRAIGHT, 6)
    assert back[0] == (100.0, 6.0)
    assert back[-1] == (0.0, 6.0)
    assert {y for _, y in back} == {6.0}


def test_points_that_coincide_do_not_stop_a_shift():
    curve = Curve(((0.0, 0.0), (0.0, 0.0), (90.0, 0.0), (90.0, 0.0)), (90.0, 0.0))
    assert {y for _, y in geometry.backward(curve, 6)} == {6.0}
    nowhere = Curve(((0.0, 0.0),) * 4, (0.0, 0.0))
    assert len(geometry.backward(nowhere, 6)) == 4


def test_an_arrow_ends_before_its_head():
    points = geometry.forward(STRAIGHT)
    assert geometry.shortened(points, 8)[-1] == pytest.approx((92.0, 0.0), abs=0.1)
    tip, *corners = geometry.head(points, 8, 6)
    assert tip == (100.0, 0.0)
    assert all(hypot(x - 92, abs(y) - 3) < 0.1 for x, y in corners)


def test_half_way():
    (x, y), (dx, dy) = geometry.Track(geometry.forward(STRAIGHT)).at(0.5)
    assert (x, y) == pytest.approx((50.0, 0.0), abs=0.5)
    assert (dx, dy) == pytest.approx((1.0, 0.0))


def test_paths_have_one_decimal():
    assert geometry.path(((0.0, 1.25), (1.0, 2.0), (3.04, 4.06), (-5.0, 6.0))) == (
        "M0,1.2C1,2 3,4.1 -5,6"
    )


def test_labels_keep_off_boxes_and_one_another():
    long = Curve(((0.0, 0.0), (100.0, 0.0), (200.0, 0.0), (300.0, 0.0)), (300.0, 0.0))
    view = View(boxes=[box(0)], links=[Link(0, 0, 1, 0, 0)])
    placer = Placer(view, Layout("test", 0, 0, {0: (135.0, 12.0)}, {0: long}, {}), 6)
    places = [placer.place("+1.0000", geometry.forward(long), 12) for _ in range(3)]
    for index, (x, y) in enumerate(places):
        assert abs(x - 135) > 29 or abs(y - 12) > 9
        assert all(abs(x - a) > 38 or abs(y - b) > 8 for a, b in places[:index])


def test_half_way_along_a_curve_without_length():
    nowhere = geometry.Track(((5.0, 5.0),) * 4)
    assert nowhere.at(0.5)[0] == (5.0, 5.0)
