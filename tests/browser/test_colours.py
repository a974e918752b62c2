"""Every text and every line that a page shows: a token on a token, in a pair that has contrast."""

from __future__ import annotations

import numpy as np
import pytest

import autograd as ag
import nn
from autograd.draw.theme import LINE_PAIRS, TEXT_PAIRS, THEMES

pytestmark = pytest.mark.browser

TOKENS = list(THEMES["light"])
GIVEN = {"x": -2.0, "y": 5.0, "z": -4.0}
PAIRS = """tokens => {
    const colour = i => `rgb(${i + 1}, ${i + 1}, ${i + 1})`;
    const names = new Map(tokens.map((token, i) => [colour(i), token]));
    const root = document.documentElement;
    tokens.forEach((token, i) => root.style.setProperty(`--${token}`, colour(i)));
    const style = element => getComputedStyle(element);
    const found = {texts: new Set(), lines: new Set()};
    const add = (kind, colour, ground) => {
        found[kind].add(`${names.get(colour) || colour} on ${names.get(ground) || ground}`);
    };
    const clear = colour => ["none", "transparent", "rgba(0, 0, 0, 0)"].includes(colour);
    const seen = element => element.checkVisibility({visibilityProperty: true});
    const behind = element => {
        for (; element; element = element.parentElement) {
            if (!clear(style(element).backgroundColor)) return style(element).backgroundColor;
        }
    };
    const below = (x, y, not) => document.elementsFromPoint(x, y).find(
        one => one !== not && one.matches("svg.glassgrad rect") && !clear(style(one).fill));
    const beneath = (x, y, not) => {
        const one = below(x, y, not);
        return one && style(one).fill;
    };

    const dialog = document.querySelector("dialog[open]"); // what lies behind it is out of reach
    const inks = document.createTreeWalker(dialog || document.body, NodeFilter.SHOW_TEXT);
    while (inks.nextNode()) {
        const element = inks.currentNode.parentElement;
        const bare = !inks.currentNode.data.trim() || element.matches("script, style, option");
        if (bare || element.closest("svg") || !seen(element)) continue;
        if (!element.closest(":disabled")) add("texts", style(element).color, behind(element));
    }
    for (const element of document.querySelectorAll("select, input:not([type=range])")) {
        if (seen(element)) add("texts", style(element).color, behind(element));
    }
    for (const element of document.querySelectorAll("body *:not(svg *)")) {
        if (!seen(element)) continue;
        for (const side of ["Top", "Bottom", "Left"]) {
            const edge = style(element)[`border${side}Color`];
            const drawn = parseFloat(style(element)[`border${side}Width`]) && !clear(edge);
            if (drawn) add("lines", edge, behind(element.parentElement));
        }
    }
    for (const icon of document.querySelectorAll("button svg")) {
        const idle = icon.closest(":disabled") || !seen(icon);
        if (!idle) add("lines", style(icon).stroke, behind(icon.parentElement));
    }

    if (dialog) return {texts: [...found.texts], lines: []};
    for (const text of document.querySelectorAll("svg.glassgrad text")) {
        if (!seen(text) || !text.textContent.trim()) continue;
        const {stroke, fill, fillOpacity} = style(text);
        if (fillOpacity !== "1") add("texts", `${fill} at ${fillOpacity}`, "any");
        const box = text.getBoundingClientRect();
        const ground = beneath((box.left + box.right) / 2, (box.top + box.bottom) / 2);
        add("texts", fill, clear(stroke) ? ground : stroke);
    }
    for (const way of document.querySelectorAll("svg.glassgrad .edge:not(.todo) .path")) {
        if (!seen(way)) continue;
        const middle = way.getPointAtLength(way.getTotalLength() / 2);
        const {x, y} = new DOMPoint(middle.x, middle.y).matrixTransform(way.getScreenCTM());
        add("lines", style(way).stroke, beneath(x, y));
    }
    const frames = "svg.glassgrad g:not(.todo) > :is(.frame, .card)";
    for (const frame of document.querySelectorAll(frames)) {
        if (!seen(frame)) continue;
        const box = frame.getBoundingClientRect();
        const outside = beneath(box.left - 3, (box.top + box.bottom) / 2, frame);
        if (outside) add("lines", style(frame).stroke, outside);
    }
    for (const bar of document.querySelectorAll("svg.glassgrad .bar")) {
        if (!seen(bar)) continue;
        const box = bar.getBoundingClientRect();
        add("lines", style(bar).fill, beneath((box.left + box.right) / 2, box.top - 2, bar));
    }
    return {texts: [...found.texts], lines: [...found.lines]};
}"""
"""Each token gets a colour of its own; then the page is asked which lie on which."""


def listed(*pairs):
    return {f"{ink} on {ground}" for ink, ground in pairs}


def look(page):
    """The pairs of a page as it stands, all of which have contrast."""
    page.keyboard.press("0")
    found = page.evaluate(PAIRS, TOKENS)
    texts, lines = set(found["texts"]), set(found["lines"])
    assert texts <= listed(*TEXT_PAIRS), texts - listed(*TEXT_PAIRS)
    assert lines <= listed(*TEXT_PAIRS, *LINE_PAIRS), lines - listed(*TEXT_PAIRS, *LINE_PAIRS)
    return texts, lines


def test_the_circuit_at_every_step(visit, circuit_page):
    page = visit(circuit_page)
    texts, lines = set(), set()
    for _ in range(8):
        more = look(page)
        texts, lines = texts | more[0], lines | more[1]
        page.keyboard.press("ArrowRight")
    assert {"fwd on node", "bwdtx on node", "fg on hint", "line on card", "fg on bg"} <= texts
    assert {"fwd on bg", "bwd on bg", "cluster on bg", "line on bg"} <= lines


def test_a_question_its_answer_and_the_help(visit, circuit_page):
    page = visit(circuit_page, 5)
    page.click("#predict")
    assert "bwdtx on bwdbg" in look(page)[0]
    page.fill("#guess", "4")
    page.press("#guess", "Enter")
    look(page)
    page.click("#ask")
    look(page)


def test_a_training_at_every_step(visit, training_page):
    page = visit(training_page)
    for _ in range(int(page.get_attribute("#scrub", "max"))):
        look(page)
        page.keyboard.press("ArrowRight")
    assert page.get_attribute("body", "data-phase") == "update"


@pytest.mark.parametrize("size", [(1280, 1000), (700, 1600)])
def test_a_comparison(visit, tmp_path, size):
    def run(passes):
        x, y, z = (ag.tensor(v, requires_grad=True, name=n) for n, v in GIVEN.items())
        f = (x + y if passes == 1 else x * y) * z
        for _ in range(passes):
            f.backward()
        return f

    found = ag.compare(run(1), run(2)).save(tmp_path / "compare.html")
    page = visit(found, viewport=dict(zip(("width", "height"), size, strict=True)))
    for _ in range(page.locator(".item").count()):
        texts, _ = look(page)
        page.keyboard.press("ArrowRight")
    assert "bg on fg" in texts, "tags are inverted"


def columns():
    """A cell in columns, with the shares of its weights."""
    ag.manual_seed(0)
    layer = nn.RNN(2, 3, bias=False)
    outputs, _ = layer(ag.tensor(np.ones((4, 2)), name="x"))
    return outputs.sum()


def modules():
    """Cards, closed and open, with parameters as chips."""
    ag.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
    return (model(ag.tensor([[0.5, -1.0]], name="x")) ** 2).sum()


def paths():
    """Two paths to one value, and its rows in the ledger."""
    x = ag.tensor(3.0, requires_grad=True, name="x")
    return x * x


@pytest.mark.parametrize("draw", [columns, modules, paths], ids=lambda draw: draw.__name__)
@pytest.mark.parametrize("depth", ["auto", 1])
def test_other_drawings_at_their_last_steps(visit, tmp_path, draw, depth):
    page = visit(draw().step_through(depth=depth).save(tmp_path / "page.html"))
    page.keyboard.press("End")
    look(page)
    page.keyboard.press("ArrowLeft")
    look(page)
