"""Pictures that move: each operation and each gradient has its beat, and nothing else changes."""

import re
from xml.etree import ElementTree

import pytest

import autograd as ag
from autograd.draw.playing import MOST, score

SVG = "{http://www.w3.org/2000/svg}"


def beats(picture, prefix=""):
    """The beat of every element that has one, by its first class and what it shows."""
    root = ElementTree.fromstring(picture.to_svg(animated=True, prefix=prefix))
    found = {}
    for element in root.iter():
        words = element.get("class", "").split()
        if "beat" in words:
            shown = [
                element.get(f"data-{what}") for what in ("value", "event", "op", "group", "chip")
            ]
            name = next(filter(None, [*shown, element.text]))
            found[words[2], name] = int(words[1].removeprefix(f"{prefix}b"))
    return found


def test_operations_come_in_order_and_gradients_after_them(circuit):
    found = beats(circuit.graph())
    forward = {name: beat for (word, name), beat in found.items() if word == "op"}
    assert forward == {"0": 0, "1": 1}
    gradients = {name: beat for (word, name), beat in found.items() if word == "edge" and beat > 1}
    assert gradients == {"0": 2, "1": 3, "2": 4, "3": 5}


def test_leaves_are_there_and_their_gradients_come_with_the_last_contribution(square):
    found = beats(square.graph())
    assert not any(word == "value" and name == "0" for word, name in found)
    assert found["grad", "grad +6.0000"] == max(found.values())
    assert found["grad", "grad +1.0000"] == 1


def test_without_its_beats_a_moving_picture_is_the_still_one(unrolled):
    picture = unrolled(4).graph()
    moving = picture.to_svg(animated=True)
    moving = re.sub(r"@media \(prefers-reduced-motion.*?\n\}\n", "", moving, flags=re.DOTALL)
    assert re.sub(r'"beat b\d+ ', '"', moving) == picture.to_svg()


def test_it_moves_only_for_those_who_did_not_ask_for_less(circuit):
    moving = circuit.graph().to_svg(animated=True)
    before, _, rules = moving.partition("@media (prefers-reduced-motion:no-preference){")
    assert "animation" not in before
    assert rules.count("@keyframes") == 6
    assert "<script" not in moving
    assert "@keyframes" not in circuit.graph().to_svg()


def test_pictures_on_one_page_keep_their_beats_apart(circuit):
    moving = circuit.graph().to_svg(animated=True, prefix="one-")
    assert set(re.findall(r"@keyframes (\w+?)\d", moving)) == {"oneb"}
    assert max(beats(circuit.graph(), "one").values()) == 5


def test_a_long_run_does_not_take_long():
    y = x = ag.tensor(1.0, requires_grad=True, name="x")
    for _ in range(200):
        y = ag.sin(y) * x
    made = score(y.graph(gradients=True, depth=None).view)
    assert len(made.times) == 2 * MOST
    assert made.times == sorted(made.times)
    assert made.times[-1] < 30


def test_folded_collapsed_and_forward_pictures_move_too(unrolled):
    h = unrolled(12)
    for options in ({"time": "folded"}, {"depth": 0}, {"gradients": False}):
        ElementTree.fromstring(h.graph(**options).to_svg(animated=True))
    assert max(beats(h.graph(gradients=False)).values()) > 0


def test_a_single_leaf_has_nothing_to_play():
    x = ag.tensor(1.0, requires_grad=True, name="x")
    ElementTree.fromstring(x.graph().to_svg(animated=True))


@pytest.mark.parametrize("ending", ["svg", "html"])
def test_saved(circuit, tmp_path, ending):
    path = circuit.graph().save(tmp_path / f"f.{ending}", animated=True)
    assert "@keyframes" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("ending", ["png", "dot", "json", "txt", "pdf"])
def test_what_cannot_move_says_so(circuit, tmp_path, ending):
    with pytest.raises(ag.RangeError, match=r"only \.svg and \.html can move"):
        circuit.graph().save(tmp_path / f"f.{ending}", animated=True)
    assert not list(tmp_path.iterdir())
