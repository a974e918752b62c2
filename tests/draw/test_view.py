"""What is drawn: boxes, arrows, cards; which groups are open; what the caption says."""

import numpy as np
import pytest

import autograd as ag
from autograd.draw.compose import compose
from autograd.draw.tracing import trace as make_trace


def view_of(tensor, **options):
    return compose(make_trace(tensor), **options)


def named(view, name):
    return next(box for box in view.boxes if box.name == name)


def kinds(view):
    return [box.kind for box in view.boxes]


def test_the_circuit(circuit):
    view = view_of(circuit)
    assert [box.name for box in view.boxes] == ["x", "y", "+", "q", "z", "×", "f"]
    assert [box.lines for box in view.boxes if box.name in "xyzf"] == [
        (("val", "val  -2.0000"), ("grad", "grad -4.0000")),
        (("val", "val  +5.0000"), ("grad", "grad -4.0000")),
        (("val", "val  -4.0000"), ("grad", "grad +3.0000")),
        (("val", "val  -12.0000"), ("grad", "grad +1.0000")),
    ]
    assert named(view, "f").role == "loss root"
    assert named(view, "x").width == 118
    assert named(view, "x").height == 46


def test_every_gradient_runs_along_its_forward_arrow(circuit):
    view = view_of(circuit)
    names = {box.key: box.name for box in view.boxes}
    ways = {(names[a.tail], names[a.head]): (a.slot, a.gradient) for a in view.links}
    assert ways == {
        ("x", "+"): (0, "-4.0000"),
        ("y", "+"): (1, "-4.0000"),
        ("+", "q"): (None, ""),
        ("q", "×"): (0, "-4.0000"),
        ("z", "×"): (1, "+3.0000"),
        ("×", "f"): (None, ""),
    }
    drawn = {event for link in view.links for event in link.events}
    assert drawn == {event.id for event in make_trace(circuit).events}


def test_width_follows_the_size_of_the_gradient(circuit):
    weights = {link.gradient: link.weight for link in view_of(circuit).links if link.gradient}
    assert weights == {"-4.0000": 1.0, "+3.0000": 0.75}


def test_both_edges_of_a_square(square):
    view = view_of(square)
    into = [link for link in view.links if link.slot is not None]
    assert [(link.slot, link.mark) for link in into] == [(0, "①"), (1, "②")]
    assert len({event for link in into for event in link.events}) == 2


def test_a_difference_is_drawn_as_a_minus_with_its_order():
    a = ag.tensor(5.0, requires_grad=True, name="a")
    b = ag.tensor(3.0, requires_grad=True, name="b")
    view = view_of(b - a)
    assert "−" in [box.name for box in view.boxes]
    names = {box.key: box.name for box in view.boxes}
    assert [(names[x.tail], x.mark) for x in view.links if x.mark] == [("b", "①"), ("a", "②")]


def test_broadcasting_is_noted_on_the_arrow():
    x = ag.tensor(np.ones((4, 3)), name="x")
    w = ag.tensor(np.ones(3), requires_grad=True, name="w")
    view = view_of((x * w * 2.0).sum())
    assert [link.note for link in view.links if link.note] == ["(3,) → (4, 3)"]


def test_a_matrix_product_is_no_broadcast():
    x = ag.tensor(np.ones((4, 3)), name="x")
    w = ag.tensor(np.ones((3, 2)), requires_grad=True, name="w")
    assert not any(link.note for link in view_of((x @ w).sum()).links)


def test_tensors_show_shape_mean_and_norm():
    x = ag.tensor([1.0, 3.0], requires_grad=True, name="x")
    view = view_of((x * x).sum())
    assert named(view, "x").lines == (
        ("shape", "(2,)"),
        ("val", "val  +2.0000 ±1.0000"),
        ("grad", "grad ‖6.3246‖"),
    )


def test_integers_and_absent_gradients_are_said():
    i = ag.tensor([1, 2], name="i")
    x = ag.tensor([1.0, 2.0], requires_grad=True, name="x")
    view = view_of((x * i).sum())
    assert named(view, "i").lines[0] == ("shape", "(2,) int64")
    assert named(view, "i").lines[2] == ("grad", "grad off")


def test_without_gradients(circuit):
    view = compose(make_trace(circuit, backward=False))
    assert not any(link.events for link in view.links)
    assert named(view, "x").lines == (("val", "val  -2.0000"),)
    hidden = compose(make_trace(circuit), gradients=False)
    assert not any(link.events or link.gradient for link in hidden.links)


def test_a_multiple_output_operation():
    x = ag.tensor([1.0, 2.0], requires_grad=True, name="x")
    first, second = x
    view = view_of(first * second)
    assert sum(box.kind == "op" for box in view.boxes) == 2
    assert {event for link in view.links for event in link.events} == {0, 1, 2}


def test_circles_give_way_to_formulas():
    x = ag.tensor(1.0, requires_grad=True, name="x")
    for _ in range(62):
        x = x + 1.0
    view = view_of(x)
    assert "op" not in kinds(view)
    assert "x = x + 1" in [box.name for box in view.boxes]


# --- groups ----------------------------------------------------------------------------


def test_groups_become_nested_cards():
    x = ag.tensor(2.0, requires_grad=True, name="x")
    with ag.scope("outer"):
        a = x * 3.0
        with ag.scope("t", step=1):
            b = ag.exp(a)
    view = view_of(b)
    assert [(card.label, card.kind, card.parent) for card in view.cards] == [
        ("outer", "block", None),
        ("t = 1", "step", 0),
    ]
    assert named(view, "b").card == 1
    assert named(view, "a").card == 0


def test_a_collapsed_group_is_one_box():
    x = ag.tensor(2.0, requires_grad=True, name="x")
    with ag.scope("inner"):
        a = ag.exp(x * 3.0)
    b = a + 1.0
    view = view_of(b, depth=0)
    (box,) = [box for box in view.boxes if box.kind == "group"]
    assert box.name == "inner"
    assert "depth=None" in view.remarks[0]
    assert not view.cards
    assert [(link.tail, link.head) for link in view.links if link.head == box.key] == []


def test_a_root_is_drawn_even_where_its_group_is_collapsed():
    x = ag.tensor(2.0, requires_grad=True, name="x")
    with ag.scope("all"):
        y = ag.exp(x)
    view = view_of(y, depth=0)
    assert [box.kind for box in view.boxes] == ["group", "value"]
    (link,) = view.links
    assert link.slot is None
    assert link.events


def test_parameters_of_several_steps_are_repeated_as_chips(unrolled):
    view = view_of(unrolled())
    assert kinds(view).count("chip") == 4
    assert [box.name for box in view.boxes if box.kind == "chip"] == ["w", "u", "w", "u"]
    assert "shown in full elsewhere" in view.remarks[0]
    assert sum(box.name == "w" and box.kind == "value" for box in view.boxes) == 1


def test_parameters_lie_inside_collapsed_steps(unrolled):
    view = view_of(unrolled(), depth=0)
    groups = [box for box in view.boxes if box.kind == "group"]
    assert [box.name for box in groups] == ["t = 1", "t = 2", "t = 3"]
    assert ("size", "2 parameters") in groups[0].lines
    assert groups[0].lines[-1][1].endswith("in all")


def test_gradients_into_a_collapsed_group_are_joined(unrolled):
    view = view_of(unrolled(), depth=0)
    assert len(view.links) == 3
    assert all(link.events for link in view.links)


def test_depth_opens_so_many_levels():
    x = ag.tensor(2.0, requires_grad=True, name="x")
    with ag.scope("a"), ag.scope("b"), ag.scope("c"):
        y = ag.exp(x)
    z = y + 1.0
    opened = {depth: len(view_of(z, depth=depth).cards) for depth in (0, 1, 2, 3, None)}
    assert opened == {0: 0, 1: 1, 2: 2, 3: 3, None: 3}


def test_above_the_budget_groups_collapse_and_the_caption_says_so(unrolled):
    view = view_of(unrolled(60))
    assert kinds(view).count("group") == 60
    assert "graph(depth=None)" in view.remarks[0]
    assert "Collapsed to depth 0 of 1" in view.remarks[0]
    opened = view_of(unrolled(60), depth=None)
    assert "group" not in kinds(opened)


def test_the_deepest_level_that_fits_is_chosen():
    x = ag.tensor(1.0, requires_grad=True, name="x")
    for block in range(20):
        with ag.scope(f"block {block}"), ag.scope("inner"):
            for _ in range(5):
                x = x + 1.0
    view = view_of(x)
    assert len(view.cards) == 20
    assert kinds(view).count("group") == 20


def test_above_the_limit_an_error_says_what_to_do():
    x = ag.tensor(1.0, requires_grad=True, name="x")
    for _ in range(1600):
        x = x + 1.0
    with pytest.raises(ag.RangeError, match=r"3,201 nodes.*graph\(depth=0\).*scope"):
        view_of(x)
    assert len(x.graph().to_text().splitlines()) == 1601


@pytest.mark.parametrize("depth", [-1, 1.5, True, "all"])
def test_a_depth_that_makes_no_sense(circuit, depth):
    with pytest.raises(ag.GlassError, match="depth"):
        circuit.graph(depth=depth)


def test_values_that_were_not_kept_are_explained():
    x = ag.tensor(np.ones((20, 20)), requires_grad=True, name="x")
    y = x * x
    view = view_of(y.sum())
    assert ("val", "val  not kept") in named(view, "y").lines
    assert "autograd.record()" in view.remarks[-1]


def test_the_summary_has_result_and_slopes(circuit):
    assert view_of(circuit).summary == (
        "5 values, 2 operations. f = -12.0000. ∂f/∂x = -4.0000. ∂f/∂y = -4.0000. ∂f/∂z = +3.0000"
    )


def test_a_leaf_alone():
    view = view_of(ag.tensor(1.0, name="x"))
    assert [box.name for box in view.boxes] == ["x"]
    assert not view.links


def test_two_ways_into_a_collapsed_group_are_one_arrow_with_both_gradients():
    x = ag.tensor(2.0, requires_grad=True, name="x")
    a = x * 1.5
    with ag.scope("swish"):
        b = a * ag.sigmoid(a)
    view = view_of(b + 1.0, depth=0)
    group = next(box.key for box in view.boxes if box.kind == "group")
    (link,) = [link for link in view.links if link.head == group]
    assert len(link.events) == 2
    assert link.gradient == ""
    trace = make_trace(b + 1.0)
    largest = max(abs(trace.events[event].contribution.data) for event in link.events)
    at_the_sigmoid = 3.0  # the largest gradient of the run: a, on its way through the product
    assert link.weight == pytest.approx(largest / at_the_sigmoid)
    without = view_of(b + 1.0, depth=0, gradients=False)
    (link,) = [link for link in without.links if link.head == group]
    assert not link.events


def test_a_parameter_that_is_used_twice_in_one_step_has_one_chip():
    w = ag.tensor(0.5, requires_grad=True, name="w")
    h = ag.tensor(1.0, name="h")
    for t in (1, 2):
        with ag.scope("t", step=t):
            h = ag.tanh(w * h) + w
    view = view_of(h)
    assert kinds(view).count("chip") == 1


class Frozen:
    """As much of a module as a picture asks for; its parameter is not trained."""

    def __init__(self):
        self.weight = ag.tensor(2.0, name="weight")

    def named_modules(self):
        return [("", self)]

    def named_parameters(self):
        return [("weight", self.weight)]

    def describe(self):
        return "Frozen()"

    def __call__(self, x):
        with ag.scope("Frozen", owner=self):
            return x * self.weight


def test_a_collapsed_module_whose_parameters_have_no_gradient_says_so():
    frozen = Frozen()
    y = frozen(ag.tensor(3.0, requires_grad=True, name="x")) + 1.0
    (box,) = [box for box in view_of(y, depth=0).boxes if box.kind == "group"]
    assert box.lines[1:] == (("size", "1 parameter"), ("grad", "grad —"))


def test_a_collapsed_module_without_inputs_makes_its_result_from_nothing():
    frozen = Frozen()
    with ag.scope("Frozen", owner=frozen), ag.record():
        made = frozen.weight.exp()
    x = ag.tensor(3.0, requires_grad=True, name="x")
    (box,) = [box for box in view_of(made * x, depth=0).boxes if box.kind == "group"]
    assert box.lines[0] == ("shape", "· → ()")
