"""Where a graph was cut: dashed boxes, and arrows that end in a bar."""

from weakref import ref
from xml.etree import ElementTree

import numpy as np
import pytest

import autograd as ag


@pytest.fixture
def cut():
    """x · x · detached x: the gradient is that of 9 · x²/3 … 2x · 3, not 3x²."""
    x = ag.tensor(3.0, requires_grad=True, name="x")
    f = (x * x) * x.detach()
    f.backward()
    return f


def boxes(view, word):
    return [box for box in view.boxes if word in box.role.split()]


def test_a_detached_value_remembers_where_it_was_taken_from(cut):
    trace = cut.graph().trace
    ((leaf, origin),) = trace.detached.items()
    assert trace.values[leaf].name == "x.detach()"
    assert trace.values[origin].name == "x"
    assert trace.values[leaf].gradient is None


def test_its_box_is_dashed_and_the_way_to_it_ends_in_a_bar(cut):
    picture = cut.graph()
    (box,) = boxes(picture.view, "detached")
    assert box.corner == "detached"
    (link,) = [link for link in picture.view.links if link.cut]
    assert (link.head, link.events) == (box.key, ())
    assert next(b.name for b in picture.view.boxes if b.key == link.tail) == "x"
    root = ElementTree.fromstring(picture.to_svg())
    (drawn,) = [e for e in root.iter() if "cut" in e.get("class", "").split()]
    assert [child.get("class") for child in drawn] == ["path"]  # no head
    assert ".detached .frame{stroke-dasharray" in picture.to_svg()
    assert any("no gradient passes it" in said for said in picture.view.remarks)


def test_one_whose_origin_is_not_drawn_begins_with_a_bar():
    w = ag.tensor(2.0, requires_grad=True, name="w")
    h = (w * 3.0).detach()
    picture = (w * h).graph(gradients=True)
    (box,) = boxes(picture.view, "severed")
    assert "detached" in box.role
    assert not any(link.cut for link in picture.view.links)
    assert '<path class="bar"' in picture.to_svg()


def test_nothing_is_kept_alive_for_it():
    x = ag.tensor(np.ones(3), requires_grad=True)
    y = x * 2.0
    node, detached = ref(y.edge), y.detach()
    assert node() is not None
    del y
    assert node() is None
    assert (detached * x).sum().graph().trace.detached == {0: None}


def test_what_had_no_gradient_was_not_cut():
    x = ag.tensor(3.0, requires_grad=True, name="x")
    with ag.no_grad():
        y = x * 2.0
    view = (x * y.detach()).graph(gradients=True).view
    assert not boxes(view, "detached")


def test_of_several_results_the_right_one_is_shown():
    a, b = ag.unbind(ag.tensor([1.0, 2.0], requires_grad=True, name="x"))
    trace = (a * b * b.detach()).graph().trace
    ((_, origin),) = trace.detached.items()
    assert trace.values[origin].numbers.data == 2.0


@pytest.fixture
def truncated():
    w = ag.tensor(0.5, requires_grad=True, name="w")
    h, losses = ag.tensor(0.3, name="h0"), []
    for t in range(1, 6):
        with ag.scope("t", step=t):
            if t == 3:
                h = h.detach()
            h = ag.tanh(w * h)
            losses.append(h)
    loss = ag.stack(losses).sum()
    loss.backward()
    return loss


def test_truncated_backpropagation_shows_the_step_at_which_it_stops(truncated):
    view = truncated.graph().view
    (box,) = boxes(view, "detached")
    (link,) = [link for link in view.links if link.cut]
    columns = {key: c for c in view.columns for key in c.rows}
    steps = [view.columns.index(columns[key]) for key in (link.tail, link.head)]
    assert steps[1] == steps[0] + 1
    assert columns[box.key].card is not None


@pytest.mark.parametrize(
    "options", [{"time": "folded"}, {"depth": 0}, {"ops": "names"}, {"direction": "TB"}]
)
def test_it_is_drawn_whatever_else_is_left_out(truncated, cut, options):
    for root in (truncated, cut):
        for animated in (False, True):
            ElementTree.fromstring(root.graph(**options).to_svg(animated=animated))


def test_a_part_of_a_run_keeps_its_cuts(cut):
    x = ag.tensor(3.0, requires_grad=True, name="x")
    y = x * x
    z = y * y.detach()
    trace = z.graph(since=[y]).trace
    ((leaf, origin),) = trace.detached.items()
    assert [trace.values[i].name for i in (leaf, origin)] == ["y.detach()", "y"]
    assert '"detached":{' in z.graph().to_json()
