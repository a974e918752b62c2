"""What a drawing shows: gradients to come, backward only, lines of boxes, opened modules."""

import pytest

import autograd as ag
import nn


@pytest.fixture
def fresh():
    """The circuit, before its backward pass."""
    x = ag.tensor(-2.0, requires_grad=True, name="x")
    f = x * x
    return f  # noqa: RET504 (the name is read from this line)


def lines(picture, name):
    return dict(next(box for box in picture.view.boxes if box.name == name).lines)


def test_before_a_backward_pass_gradients_are_to_come(fresh):
    picture = fresh.graph()
    assert lines(picture, "x")["grad"] == "grad —"
    assert not any(link.events for link in picture.view.links)
    assert "call backward() first" in picture.view.remarks[-1]
    fresh.backward()
    after = fresh.graph()
    assert lines(after, "x")["grad"] == "grad -4.0000"
    assert not any("backward() first" in said for said in after.view.remarks)


def test_gradients_that_a_backward_pass_would_give_can_be_asked_for(fresh):
    assert lines(fresh.graph(gradients=True), "x")["grad"] == "grad -4.0000"
    assert lines(fresh.graph(gradient=2.0), "x")["grad"] == "grad -8.0000"


def test_the_backward_pass_only(fresh):
    svg = fresh.graph(gradients="only").to_svg()
    assert 'class="glassgrad backward-only"' in svg
    assert ".backward-only .forward path{opacity" in svg


def test_values_and_shapes_can_be_left_out():
    x = ag.tensor([1.0, 2.0], requires_grad=True, name="x")
    loss = (x * x).sum()
    assert set(lines(loss.graph(), "x")) == {"shape", "val", "grad"}
    assert set(lines(loss.graph(values=False), "x")) == {"shape", "grad"}
    assert set(lines(loss.graph(shapes=False, gradients=False), "x")) == {"val"}


@pytest.mark.parametrize(
    ("ops", "kinds"),
    [("circles", {"value", "op"}), ("names", {"value"}), ("compact", {"value", "op"})],
)
def test_operations_appear_as_asked(ops, kinds):
    x = ag.tensor(1.0, requires_grad=True, name="x")
    y = ag.tanh(x * 2.0 + 1.0)
    view = y.graph(ops=ops).view
    assert {box.kind for box in view.boxes} == kinds
    values = [box.name for box in view.boxes if box.kind == "value"]
    assert ("x · 2" in values) == (ops != "compact")


def test_compact_arrows_carry_every_gradient():
    x = ag.tensor(1.0, requires_grad=True, name="x")
    y = ag.tanh(x * 2.0 + 1.0)
    picture = y.graph(ops="compact", gradients=True)
    drawn = {event for link in picture.view.links for event in link.events}
    assert drawn == {event.id for event in picture.trace.events}


def net():
    model = nn.Sequential(nn.Sequential(nn.Linear(2, 3), nn.Tanh()), nn.Linear(3, 1))
    return model, model(ag.tensor([[1.0, 2.0]], name="x")).sum()


def test_one_module_is_opened_by_its_path():
    _model, loss = net()
    view = loss.graph(expand=["0"]).view
    closed = [box.name.partition(":")[0] for box in view.boxes if box.kind == "group"]
    assert closed == ["0.0", "0.1", "1"]
    assert len(loss.graph(expand=["0.0"]).view.cards) == 3


def test_a_path_that_does_not_exist():
    _model, loss = net()
    with pytest.raises(ag.RangeError, match=r"expand=\['encoder'\].*Known: .*'0'"):
        loss.graph(expand=["encoder"]).to_svg()


@pytest.mark.parametrize("option", [{"ops": "boxes"}, {"gradients": "all"}])
def test_options_that_do_not_exist(circuit, option):
    with pytest.raises(ag.RangeError, match="write"):
        circuit.graph(**option)


def test_only_what_lies_between_two_tensors():
    x = ag.tensor(-2.0, requires_grad=True, name="x")
    y = ag.tensor(5.0, requires_grad=True, name="y")
    q = x + y
    r = q * y
    f = ag.tanh(r)
    picture = f.graph(since=[q], gradients=True)
    assert [box.name for box in picture.view.boxes] == ["q", "y", "×", "r", "tanh", "f"]
    whole, part = f.graph(gradients=True).trace, picture.trace
    assert [value.id for value in part.values] == list(range(4))
    (cut_q,) = [value for value in part.values if value.name == "q"]
    (whole_q,) = [value for value in whole.values if value.name == "q"]
    assert cut_q.gradient == whole_q.gradient
    assert {event.op for event in part.events} == {0, 1}


def test_nothing_lies_between_strangers(circuit):
    stranger = ag.tensor(1.0, name="stranger")
    with pytest.raises(ag.RangeError, match="since"):
        circuit.graph(since=[stranger])


def test_equal_modules_in_a_row_are_a_pile():
    model = nn.Sequential(nn.Linear(2, 4), *(nn.Linear(4, 4) for _ in range(5)), nn.Linear(4, 1))
    loss = model(ag.tensor([[1.0, 2.0]], name="x")).sum()
    picture = loss.graph(depth=1)
    closed = [box for box in picture.view.boxes if box.kind == "group"]
    assert [box.name for box in closed] == ["0: Linear(2→4)", "5 × Linear(4→4)", "6: Linear(4→1)"]
    assert closed[1].role == "module pile"
    assert ("size", "100 parameters") in closed[1].lines
    assert len(loss.graph(depth=None).view.cards) == 8


@pytest.mark.parametrize("expand", ["encoder", 3, None, [1]])
def test_paths_to_open_are_a_list(fresh, expand):
    with pytest.raises(ag.ArgumentError, match=r'expand=\["encoder.lstm"\]'):
        fresh.graph(expand=expand)


@pytest.mark.parametrize("since", [ag.tensor([1.0, 2.0]), 3, "x", None, [1]])
def test_tensors_to_begin_with_are_a_list(fresh, since):
    with pytest.raises(ag.ArgumentError, match=r"since=\[h\]"):
        fresh.graph(since=since)


@pytest.mark.parametrize("names", [3, None, "AB", ("A", "A")])
def test_names_of_two_runs(fresh, names):
    with pytest.raises(ag.RangeError, match="give two different names"):
        ag.compare(fresh, fresh + 1.0, names=names)
