"""How a comparison shows itself: marked pictures, a page, a notebook cell, files; hostile names."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from compared import LESSONS, kinds
from hypothesis import example, given, settings, strategies as st

import autograd as ag
import nn
from autograd.draw import picture as drawing

ROOT = Path(ag.__file__).resolve().parent.parent


@pytest.fixture
def lessons(program):
    return program(LESSONS, "lessons.py")


def test_both_pictures_are_marked(lessons):
    found = ag.compare(lessons["circuit"](passes=1), lessons["circuit"]("product", passes=2))
    svg = found.to_svg()
    root = ElementTree.fromstring(svg)
    inner = [child for child in root if child.tag.endswith("svg")]
    assert len(inner) == 2
    words = [
        re.findall(r'class="word"[^>]*>([^<]*)<', ElementTree.tostring(i, "unicode")) for i in inner
    ]
    assert "1 other operation" in words[0]
    assert words[1].count("1 other operation") == 1
    assert "2 zero_grad?" in words[1]
    assert "2 zero_grad?" not in words[0]
    assert svg.count('class="ring"') == 2 + 2 + 3
    assert svg.count(">≠<") == 5 + 5
    assert len(set(re.findall(r' id="([^"]*)"', svg))) == len(re.findall(r' id="', svg))


def test_where_a_run_goes_past_what_it_lacks(lessons):
    found = ag.compare(lessons["net"]("relu"), lessons["net"](""))
    words = [[mark.word for mark in picture.view.marks if mark.word] for picture in found.pictures]
    assert words == [["only in A"], ["taken directly"]]


def test_what_differs_is_opened():
    def run(act):
        ag.manual_seed(0)
        block = [layer for _ in range(40) for layer in (nn.Linear(2, 2), nn.Tanh())]
        model = nn.Sequential(nn.Sequential(*block), nn.Sequential(nn.Linear(2, 2), act))
        loss = model(ag.tensor([1.0, 2.0])).sum()
        return loss.step_through()

    found = ag.compare(run(nn.Tanh()), run(nn.ReLU()))
    assert kinds(found) == ["operation"]
    for picture in found.pictures:
        assert [mark.key for mark in picture.view.marks if mark.boxes] == ["1", "≠"]
        first = picture.view.marks[0]
        marked = [box for box in picture.view.boxes if box.key in first.boxes]
        assert "op" in {box.kind for box in marked}, "the operation, not a closed group"


def test_it_saves_a_page_text_or_a_picture(lessons, tmp_path):
    found = ag.compare(lessons["circuit"](), lessons["circuit"]("product"))
    assert found.save(tmp_path / "d.html").read_text(encoding="utf-8") == found.html()
    assert found.save(str(tmp_path / "d.txt")).read_text(encoding="utf-8") == f"{found}\n"
    assert found.save(tmp_path / "d.SVG").read_text(encoding="utf-8") == found.to_svg()
    with pytest.raises(ag.RangeError, match=r"\.html .a page.*\.svg.*\.txt"):
        found.save(tmp_path / "d.png")
    with pytest.raises(ag.RangeError, match="no folder"):
        found.save(tmp_path / "missing" / "d.html")


def test_a_cell_is_a_picture_and_a_script(lessons):
    found = ag.compare(lessons["circuit"](), lessons["circuit"]("product"))
    bundle = found._repr_mimebundle_()
    assert set(bundle) == {"text/html", "text/plain"}
    assert 'sandbox","allow-scripts' in bundle["text/html"]
    assert 'alt="A and B, side by side. A and B differ in 1 place.' in bundle["text/html"]
    assert bundle["text/plain"] == found.text


def test_without_a_layout_engine_the_text_remains(lessons, monkeypatch):
    def none(view):
        raise ag.MissingPackageError("Install pygraphviz or Graphviz <here>.")

    monkeypatch.setattr(drawing, "lay_out", none)
    found = ag.compare(lessons["circuit"](), lessons["circuit"]("product"))
    with pytest.raises(ag.MissingPackageError, match="pygraphviz"):
        found.html()
    shown = found._repr_html_()
    assert "&lt;here&gt;" in shown
    assert "q = x · y in B" in shown


AWFUL = ("<script>alert(1)</script>", "</script>", "a\"b'c", "\0\x1b[2J", "{|}", "\\N", "\u202eabc")


def with_all(test):
    for awful in AWFUL:
        test = example(awful)(test)
    return test


@with_all
@given(st.text(max_size=12))
@settings(max_examples=2, deadline=None)
def test_hostile_names_stay_text(name):
    def run(factor, scope):
        x = ag.tensor(2.0, requires_grad=True, name=name or "x")
        with ag.scope(scope or "s"):
            return ag.tanh(x) * factor

    found = ag.compare(run(2.0, name), run(3.0, name), names=(f"1{name}", f"2{name}"), title=name)
    page, svg = found.html(), found.to_svg()
    ElementTree.fromstring(svg)
    assert page.count("<script") == page.count("</script>") == 1
    assert "<script" not in svg
    assert not re.search(r"[\x00-\x08\x0b-\x1f\u202e]", page + found.text)
    assert found._repr_html_().count("<script") == 1
    page.encode()


def test_the_page_asks_for_nothing_and_runs_only_its_own_script(lessons):
    page = ag.compare(lessons["circuit"](), lessons["circuit"]("product")).html()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1]
    assert policy.startswith("default-src 'none'")
    assert policy.count("sha256-") == 2
    addresses = set(re.findall(r"https?://[^\s\"'<>)]*", page))
    assert addresses <= {"http://www.w3.org/2000/svg"}
    assert len(page.encode()) < 40_000


def test_the_same_program_gives_the_same_bytes(tmp_path):
    (tmp_path / "lessons.py").write_text(LESSONS, encoding="utf-8")
    code = (
        "import hashlib, autograd as ag, lessons as l\n"
        "found = ag.compare(l.circuit(passes=1), l.circuit('product', passes=2))\n"
        "more = ag.compare(l.loop(), l.loop(detach=1))\n"
        "said = found.text + found.html() + more.text + more.to_svg()\n"
        "print(hashlib.sha256(said.encode()).hexdigest())"
    )
    made = set()
    for seed in ("0", "1"):
        path = f"{ROOT}{os.pathsep}{tmp_path}"
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": path}
        command = [sys.executable, "-c", code]
        done = subprocess.run(
            command, env=environment, cwd=tmp_path, capture_output=True, text=True
        )
        assert done.stderr == ""
        made.add(done.stdout)
    assert len(made) == 1
