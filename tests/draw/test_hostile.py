"""Names are hostile: whatever they contain, SVG and HTML stay well-formed and free of script."""

import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, example, given, settings, strategies as st

import autograd as ag
from autograd.draw import engines
from autograd.draw.saving import page

AWFUL = [
    "<script>alert(1)</script>",
    "</script>",
    "</text></svg><svg onload=alert(1)>",
    "<!--",
    "]]>",
    "&lt;&amp;",
    r"\N",
    r"\N \G \E \T \H \L",
    "{|}",
    "<b>bold</b>",
    "<TABLE><TR><TD>x</TD></TR></TABLE>",
    "null\x00byte",
    "line\nbreak\r\ttab",
    "\u202eright to left override",
    "שלום عالم",
    "\"double\" 'single' `back`",
    "back\\slash at the end\\",
    '" ]; digraph { x [URL="javascript:alert(1)"',
    "javascript:alert(1)",
    "x" * 20_000,
    "\\" * 999,
    "\ud800",
    "\udfff\ud800",
    "\ufffe\uffff",
    "\x1b]0;title\x07",
    "combining" + "\u0301" * 500,
    "👩‍👩‍👧‍👦",
    "",
    " ",
]

names = st.one_of(st.sampled_from(AWFUL), st.text(max_size=60)) | st.text(
    alphabet=st.characters(categories=("Cc", "Cf", "Cs", "Cn", "Po", "Sm")), max_size=20
)


class Tags(HTMLParser):
    """Collects the tags and attributes that a browser would see."""

    def __init__(self, text):
        super().__init__()
        self.tags = []
        self.attributes = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]


def drawing(name, scope, title):
    x = ag.tensor(1.0, requires_grad=True, name=name)
    with ag.scope(scope):
        y = x * x
    y.name = name
    return y.graph(title=title)


def with_all(test):
    for awful in AWFUL:
        test = example(awful, awful, awful)(test)
    return test


@with_all
@given(names, names, names)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_svg_and_html_stay_harmless(name, scope, title):
    picture = drawing(name, scope, title)
    picture.layout = harmless_layout()
    text = picture.to_svg()
    text.encode()
    ElementTree.fromstring(text)
    seen = Tags(text)
    assert set(seen.tags) <= {"svg", "title", "desc", "style", "rect", "g", "path", "text"}
    assert not any(attribute.startswith("on") for attribute in seen.attributes)
    assert "href" not in seen.attributes
    assert not re.search(r"<script", page(picture) + picture._repr_html_(), re.IGNORECASE)
    assert max(len(line) for line in picture.to_text().splitlines()) < 1000
    picture.to_text().encode()
    picture.to_json().encode()
    repr(picture).encode()


_layouts = []


def harmless_layout():
    """The layout of a drawing with a harmless name: names do not change it."""
    if not _layouts:
        _layouts.append(drawing("x", "s", "t").layout)
    return _layouts[0]


def test_names_do_not_change_the_layout():
    (first, second) = (drawing(name, "scope", "t").layout for name in ("x", "</text>"))
    assert first == second


def test_no_text_of_a_person_reaches_the_layout_engine():
    from autograd.draw.dot import digraph

    source = digraph(drawing("hostile", "hostile", "hostile").view, labels=False).source
    assert "hostile" not in source


@pytest.mark.parametrize("awful", AWFUL)
def test_dot_with_labels_is_accepted_by_the_engine(awful):
    source = drawing(awful, awful, awful).to_dot().source
    assert "URL" not in re.sub(r'"(?:[^"\\]|\\.)*"', "", source, flags=re.DOTALL)
    engine = next(engines.engines())
    answer = engines.run(engine, source)
    assert not answer.failure
    assert '"name": "2"' in answer.output


def test_dot_shows_a_name_as_it_is_written():
    source = drawing(r"\N", "<b>", "t").to_dot().source
    assert r"\\N" in source
    assert 'label="<b>"' in source
