"""The picture of a compiled function: what it reads, makes and writes, in sections."""

import json
import re
from xml.etree import ElementTree

import numpy as np
import pytest

import autograd as ag
import nn
import optim
from autograd.compiler import drawing


def training(rule=optim.SGD, hidden=3, **options):
    ag.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, hidden), nn.Tanh(), nn.Linear(hidden, 2))
    optimizer = rule(model.parameters(), lr=0.1, **options)

    @ag.compile
    def step(x, y):
        optimizer.zero_grad()
        loss = ((model(x) - y) ** 2).mean()
        loss.backward()
        optimizer.step()
        return loss

    x, y = ag.tensor(np.ones((5, 4))), ag.tensor(np.zeros((5, 2)))
    step(x, y), step(x, y)
    return step


@pytest.fixture(scope="module")
def step():
    return training()


def named(trace, name):
    return [value for value in trace.values if value.name == name]


def test_sections_and_modules_are_cards(step):
    groups = step.graph().trace.groups
    outer = [group.label for group in groups if group.parent is None]
    assert outer == ["options", "forward", "backward", "update"]
    assert {"model.0: Linear(4→3)", "model.1: Tanh"} <= {group.label for group in groups}
    inner = next(group for group in groups if group.path == "model.0")
    assert groups[inner.parent].path == "model"
    assert groups[groups[inner.parent].parent].path == "forward"


def test_every_instruction_but_checks_is_an_operation_with_its_formula(step):
    picture = step.graph()
    for op in picture.trace.ops:
        assert op.text in step.source
        assert op.lesson in step.source
    tanh = next(op for op in picture.trace.ops if op.name == "tanh")
    assert tanh.text == "np.tanh(model_0)"
    assert picture.trace.files[tanh.line.file][tanh.line.line - 1].strip().startswith("loss = (")
    guards = [line for line in step.program.instructions if line.kind == "guard"]
    assert picture.checks == len(guards) > 0
    assert f"Left out: {len(guards)} assumptions" in picture.to_svg()


def test_parameters_are_leaves_and_are_drawn_again_where_they_are_updated(step):
    trace = step.graph().trace
    before, after = named(trace, "model_0_weight")
    assert (before.role, before.op) == ("parameter", None)
    assert after.role == "updated parameter"
    assert trace.groups[trace.ops[after.op].scope].path == "model.0.weight"
    assert before.id in trace.ops[after.op].inputs
    assert 'class="value updated parameter"' in step.graph(depth=None).to_svg()


def test_state_is_read_as_it_was_and_written():
    trace = training(momentum=0.9).graph().trace
    before, after = named(trace, "model_0_weight_momentum_buffer")
    assert (before.role, before.op) == ("state", None)
    assert after.role == "updated state"
    assert trace.ops[after.op].name == "handed_back"  # from the array of all states
    assert any(before.id in op.inputs for op in trace.ops)


@pytest.mark.parametrize("hidden", [3, 64])
def test_what_lies_side_by_side_is_made_by_its_own_call_and_joined_when_read_whole(hidden):
    trace = training(hidden=hidden, momentum=0.9).graph().trace
    for name in ("d_model_0_weight", "d_model_0_bias", "d_model_2_weight", "d_model_2_bias"):
        _, computed = named(trace, name)
        assert trace.ops[computed.op].text.endswith(f"out={name})")
        assert trace.ops[computed.op].outputs == [computed.id]
    *_, flat = named(trace, "flat")
    parts = [trace.values[place] for place in trace.ops[flat.op].inputs]
    assert len(parts) == 4
    assert all(trace.ops[part.op].text.endswith(f"out={part.name})") for part in parts)


def test_parts_of_a_buffer_come_from_what_was_computed_there():
    trace = training(hidden=64, momentum=0.9).graph().trace
    product = next(op for op in trace.ops if "optimizer_lr" in op.text)
    parts = [op for op in trace.ops if op.name == "place"]
    assert [op.symbol for op in parts] == ["[ ]"] * 4
    assert all(op.inputs == product.outputs for op in parts)


def test_gradients_travel_along_dashed_arrows_and_values_along_solid_ones(step):
    picture = step.graph(depth=None)
    values = picture.trace.values
    for link in picture.view.links:
        op = picture.trace.ops[link.op]
        carried = op.outputs[0] if link.slot is None else op.inputs[link.slot]
        assert link.back == (values[carried].role == "gradient")
    drawn = picture.to_svg()
    backward = sum(link.back for link in picture.view.links)
    assert len(re.findall(r'class="edge gradient[ "]', drawn)) == backward > 5
    assert '<path class="key gradient"' in drawn


def test_what_is_returned_has_a_double_border(step):
    picture = step.graph()
    assert [picture.trace.values[place].name for place in picture.trace.roots] == ["loss"]
    assert picture.trace.values[picture.trace.roots[0]].role == "loss"
    assert picture.alt.endswith("Results: loss.")


def test_text_says_the_program_by_sections(step):
    lines = step.graph().to_text().splitlines()
    assert "      model_0_weight: f64[3,4]  (parameter)" in lines
    assert "      model_1: f64[5,3] = np.tanh(model_0)" in lines
    assert "not kept" not in step.graph().to_text()
    assert lines.index("forward") < lines.index("backward") < lines.index("update")


@pytest.mark.parametrize("ending", ["svg", "html", "dot", "txt", "json", "png", "pdf"])
def test_all_forms_are_written_and_alike_each_time(step, tmp_path, ending):
    first = step.graph(depth=1).save(tmp_path / f"1.{ending}").read_bytes()
    assert first == step.graph(depth=1).save(tmp_path / f"2.{ending}").read_bytes()
    assert len(first) > 500


def test_the_json_has_the_program_and_no_numbers(step):
    found = json.loads(step.graph().to_json())
    weight = next(value for value in found["values"] if value["name"] == "model_0_weight")
    assert weight["numbers"]["data"] is None
    assert weight["numbers"]["shape"] == [3, 4]


def test_it_may_be_played(step):
    root = ElementTree.fromstring(step.graph(depth=1).to_svg(animated=True))
    assert root.get("role") == "img"


def test_depth_and_expand_open_sections(step):
    closed = step.graph(depth=0).view
    assert [box.name for box in closed.boxes if box.kind == "group"] == [
        "options",
        "forward",
        "backward",
        "update",
    ]
    opened = {card.label for card in step.graph(expand=["update"]).view.cards}
    assert opened == {"update"}


def test_the_picture_is_of_the_kind_of_call_that_ran_last_or_of_the_arguments():
    @ag.compile
    def double(x):
        return x + x

    with pytest.raises(ag.StateError, match="has not been called"):
        double.graph()
    double(ag.tensor([1.0, 2.0]))
    double(ag.tensor([1.0, 2.0, 3.0]))
    assert double.graph().trace.values[0].numbers.shape == (3,)
    two = double.trace(ag.tensor([1.0, 2.0])).graph(title="two")
    assert (two.trace.values[0].numbers.shape, two.view.title) == ((2,), "two")


def test_an_array_that_is_written_in_part_is_read_and_its_views_see_it():
    @ag.compile
    def fill(x):
        y = ag.zeros(4) * x
        head = y[:2]
        y[1] = 5.0
        return head + 1

    fill(ag.tensor(1.0))
    trace = fill.graph().trace
    part, whole = [op for op in trace.ops if op.symbol == "[ ]="]
    assert trace.values[part.inputs[0]].name == trace.values[part.outputs[0]].name
    assert part.outputs == whole.inputs  # what was there before is not read
    total = next(op for op in trace.ops if op.name == "add")
    read = trace.values[total.inputs[0]]
    assert (read.name, read.op) == ("head", whole.id)


def test_numbers_beside_operators_are_drawn_and_options_of_calls_are_not():
    @ag.compile
    def loss(x):
        return (2 * x).sum(dim=0)

    loss(ag.tensor(np.ones((2, 3))))
    values = loss.graph().trace.values
    assert [value.name for value in values if value.role == "constant"] == ["2"]


def test_random_numbers_come_from_a_generator():
    drop = nn.Dropout(0.5)
    f = ag.compile(lambda x: drop(x))
    f(ag.tensor(np.ones(4)))
    roles = {value.role for value in f.graph().trace.values}
    assert "generator" in roles


def test_scalar_graphs_are_drawn_by_sections_in_order():
    w = ag.tensor(2.0, requires_grad=True)

    @ag.compile
    def square(x):
        w.grad = None
        loss = (w * x - 1) ** 2
        loss.backward()
        return loss

    square(ag.tensor(3.0))
    sections = re.findall(r"^    # (forward|backward)$", square.source, re.MULTILINE)
    assert sections == ["forward", "backward"]
    assert [g.label for g in square.graph().trace.groups] == ["forward", "backward"]


def test_cells_of_a_recurrence_belong_to_forward():
    cell = nn.LSTMCell(2, 3)
    f = ag.compile(lambda x: cell(x)[0])
    f(ag.tensor(np.ones((1, 2))))
    assert "# update" not in f.source
    assert [g.label for g in f.graph().trace.groups] == ["forward", "cell: LSTMCell(2→3)"]


def test_programs_that_nobody_can_read_are_refused_with_advice(monkeypatch):
    f = ag.compile(lambda x: ag.tanh(x * x) + x)
    f(ag.tensor([1.0, 2.0]))
    monkeypatch.setattr(drawing, "OPERATIONS", 2)
    with pytest.raises(ag.RangeError, match=r"3 instructions.*smaller copy.*\.source"):
        f.graph()


def test_hostile_names_stay_text():
    state = {"<script>&\"'": ag.tensor([1.0, 2.0])}
    f = ag.compile(lambda x: x * state["<script>&\"'"])
    f(ag.tensor([1.0, 2.0]))
    drawn = f.graph(title="</title><script>").to_svg()
    assert "<script" not in drawn
    ElementTree.fromstring(drawn)


def test_an_object_that_answers_for_every_attribute_is_no_module():
    class Answers:
        def __init__(self):
            self.held = {"k": ag.tensor([2.0])}

        def __getattr__(self, name):
            return vars(self)["held"][name]  # a KeyError, not an AttributeError

    item = Answers()
    step = ag.compile(lambda x: item.k * x)
    assert step(ag.tensor([3.0])).tolist() == [6.0]
    assert "mul" in str(step.graph())
