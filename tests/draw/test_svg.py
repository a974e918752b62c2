"""Our own SVG: well-formed, without script, with the hooks that pages rely on."""

import math
import re
from xml.etree import ElementTree

import pytest

import autograd as ag
from autograd.draw.theme import THEMES
from autograd.draw.tracing import trace as make_trace

SVG = "{http://www.w3.org/2000/svg}"


def parsed(picture, **options):
    return ElementTree.fromstring(picture.to_svg(**options))


def by_class(root, cls):
    return [e for e in root.iter() if cls in e.get("class", "").split()]


def test_the_circuit_shows_its_numbers(circuit):
    root = parsed(circuit.graph())
    values = {g.find(f"{SVG}text").text: g for g in by_class(root, "value")}
    shown = {
        name: [text.text for text in group.iter(f"{SVG}text")][2:] for name, group in values.items()
    }
    assert shown == {
        "x": ["val  -2.0000", "grad -4.0000"],
        "y": ["val  +5.0000", "grad -4.0000"],
        "q": ["val  +3.0000", "grad -4.0000"],
        "z": ["val  -4.0000", "grad +3.0000"],
        "f": ["val  -12.0000", "grad +1.0000"],
    }
    symbols = [text.text for text in by_class(root, "symbol")]
    assert symbols == ["+", "×"]


def test_the_hooks_of_the_stepper(circuit):
    made = make_trace(circuit)
    root = parsed(circuit.graph(), prefix="p-")
    ids = {e.get("id"): e for e in root.iter() if e.get("id")}
    for value in made.values:
        group = ids[f"p-value-{value.id}"]
        assert group.get("data-value") == str(value.id)
        assert group.get("class").split()[:2] == ["value", value.role]
        assert [len(by_class(group, cls)) for cls in ("val", "grad")] == [1, 1]
    for op in made.ops:
        assert ids[f"p-op-{op.id}"].get("data-op") == str(op.id)
    edges = {(e.get("data-op"), e.get("data-slot")) for e in by_class(root, "forward")}
    slots = {(str(op.id), str(slot)) for op in made.ops for slot in range(len(op.inputs))}
    assert slots | {(str(op.id), "out") for op in made.ops} <= edges
    events = [e.get("data-event") for e in by_class(root, "gradient") if e.get("data-event")]
    assert events == [str(event.id) for event in made.events]


def test_a_contribution_is_written_beside_its_gradient(circuit):
    root = parsed(circuit.graph())
    labels = {
        e.get("data-event"): [text.text for text in e.iter(f"{SVG}text")]
        for e in by_class(root, "gradient")
        if e.get("data-event")
    }
    assert labels == {"0": ["-4.0000"], "1": ["+3.0000"], "2": ["-4.0000"], "3": ["-4.0000"]}


def test_both_edges_of_a_square(square):
    root = parsed(square.graph())
    slots = [e.get("data-slot") for e in by_class(root, "forward") if e.get("data-slot")]
    assert slots == ["0", "1", "out"]
    assert len([e for e in by_class(root, "gradient") if e.get("data-event")]) == 2
    assert [e.text for e in by_class(root, "mark")] == ["①", "②"]


def test_events_are_there_where_circles_are_hidden():
    x = ag.tensor(1.0, requires_grad=True, name="x")
    for _ in range(62):
        x = x + 1.0
    made, root = make_trace(x), parsed(x.graph(gradients=True))
    assert not by_class(root, "op")
    events = {e.get("data-event") for e in by_class(root, "gradient") if e.get("data-event")}
    assert events == {str(event.id) for event in made.events}


def test_groups_are_cards_and_collapsed_groups_are_boxes():
    x = ag.tensor(2.0, requires_grad=True, name="x")
    with ag.scope("outer"), ag.scope("t", step=1):
        y = ag.exp(x)
    z = y * 2.0
    opened = by_class(parsed(z.graph(depth=None)), "group")
    assert [(g.get("class"), g.get("data-group")) for g in opened] == [
        ("group block", "0"),
        ("group step", "1"),
    ]
    closed = by_class(parsed(z.graph(depth=1)), "group")
    assert [g.get("class") for g in closed] == ["group block", "group step collapsed"]


def test_gradients_into_a_collapsed_group_name_all_their_events(unrolled):
    root = parsed(unrolled(2).graph(depth=0))
    several = [e.get("data-events") for e in by_class(root, "gradient")]
    assert all(e is None or len(e.split()) > 1 for e in several)


@pytest.mark.parametrize("theme", ["auto", *THEMES])
def test_every_theme_is_well_formed_and_has_its_tokens(circuit, theme):
    text = circuit.graph(theme=theme).to_svg()
    ElementTree.fromstring(text)
    assert f"--fwd:{THEMES['light' if theme == 'auto' else theme]['fwd']}" in text
    assert text == circuit.graph().to_svg(theme=theme)


def test_accessible(circuit):
    root = parsed(circuit.graph(title="f = (x + y) · z"))
    assert root.get("role") == "img"
    assert root.find(f"{SVG}title").text == "f = (x + y) · z"
    assert "∂f/∂z = +3.0000" in root.find(f"{SVG}desc").text


def test_no_script_no_request_no_event_handler(circuit):
    text = circuit.graph().to_svg()
    assert not re.search(r"<script|href|url\(|@import|\son\w+=|javascript:", text)


def test_the_caption_names_the_engine(circuit):
    picture = circuit.graph()
    assert f"Laid out by {picture.layout.engine}." in picture.to_svg()


def test_not_a_number_and_infinity_are_printed_as_such():
    x = ag.tensor(math.nan, requires_grad=True, name="x")
    y = ag.tensor(math.inf, requires_grad=True, name="y")
    text = (x * y).graph(gradients=True).to_svg()
    ElementTree.fromstring(text)
    assert "val  nan" in text
    assert "val  +inf" in text
    assert "grad +inf" in text


def test_a_leaf_alone_can_be_drawn():
    root = parsed(ag.tensor([1.0, 2.0], name="x").graph())
    assert len(by_class(root, "value")) == 1


@pytest.mark.parametrize("direction", ["LR", "TB"])
def test_nothing_lies_outside_the_picture(unrolled, direction):
    picture = unrolled(4).graph(direction=direction, title="t")
    layout = picture.layout
    for box in picture.view.boxes:
        x, y = layout.centres[box.key]
        assert box.width / 2 - 1 <= x <= layout.width - box.width / 2 + 1
        assert box.height / 2 - 1 <= y <= layout.height - box.height / 2 + 1


def test_boxes_do_not_overlap(unrolled):
    picture = unrolled(4).graph()
    places = [(*picture.layout.centres[b.key], b.width, b.height) for b in picture.view.boxes]
    for index, (x, y, width, height) in enumerate(places):
        for a, b, wide, high in places[:index]:
            assert abs(x - a) >= (width + wide) / 2 - 1 or abs(y - b) >= (height + high) / 2 - 1


def test_a_prefix_is_escaped(square):
    ElementTree.fromstring(square.graph().to_svg(prefix='"><&'))


@pytest.mark.parametrize(
    ("option", "words"), [({"theme": "sepia"}, "theme"), ({"direction": "RL"}, "direction")]
)
def test_options_that_make_no_sense(circuit, option, words):
    with pytest.raises(ag.RangeError, match=words):
        circuit.graph(**option)


def test_a_further_use_of_a_parameter_is_a_chip(unrolled):
    root = parsed(unrolled(2).graph())
    chips = by_class(root, "chip")
    assert [chip.find(f"{SVG}text").text for chip in chips] == ["w", "u", "w", "u"]
    values = {g.get("data-value"): g.find(f"{SVG}text").text for g in by_class(root, "value")}
    assert [values[chip.get("data-chip")] for chip in chips] == ["w", "u"] * 2
