"""Names are hostile: whatever they contain, SVG and HTML stay well-formed and free of script."""

import base64
import json
import linecache
import re
from collections import OrderedDict
from html.parser import HTMLParser
from itertools import cycle
from types import SimpleNamespace
from typing import NamedTuple
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, example, given, settings, strategies as st

import autograd as ag
import nn
import optim
from autograd.draw import engines, picture as drawings
from autograd.draw.dot import digraph
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
CONTROL = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class Tags(HTMLParser):
    """Collects the tags and attributes that a browser would see."""

    def __init__(self, text):
        super().__init__()
        self.tags = []
        self.attributes = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs


class Words(NamedTuple):
    """All that a person names: everything in a run that is not ours."""

    name: str
    scope: str
    time: str
    kind: str
    layer: str
    file: str
    line: str
    title: str


PROGRAM = """\
def program(x, w, model, words):
    y = model(x * x)
    with scope(words.scope):
        h = x + y
    for t in (1, 2, 3):
        with scope(words.time, step=t):
            h = tanh(h * w)
    return h
"""
VIEWS = {
    "circles": {"ops": "circles"},
    "compact": {"ops": "compact", "direction": "TB"},
    "names": {"ops": "names", "values": False},
    "backward only": {"gradients": "only"},
    "forward only": {"gradients": False},
    "closed": {"depth": 1},
    "unrolled": {"time": "unrolled", "theme": "print"},
    "folded": {"time": "folded", "theme": "dark"},
}


def allowed(text):
    """What Python takes as the name of a class or file."""
    return re.sub("[\0\ud800-\udfff]", "?", text)


def net(words):
    """Two equal modules, of a class and under names that are hostile."""
    body = {
        "__init__": lambda self: setattr(self, "w", nn.Parameter(2.0)),
        "forward": lambda self, x: ag.tanh(x * self.w),
    }
    kind = type(allowed(words.kind), (nn.Module,), body)
    layers = [(f"{n}{words.layer}".replace(".", ""), kind()) for n in (1, 2)]
    return nn.Sequential(OrderedDict(layers))


def run(words):
    """A run in which everything is hostile, even the lines of its source."""
    file = f"{allowed(words.file)}.py"
    lines = [f"{line}  # {allowed(words.line)}\n" for line in PROGRAM.splitlines()]
    linecache.cache[file] = (1, None, lines, file)
    space = {"scope": ag.scope, "tanh": ag.tanh}
    exec(compile(PROGRAM, file, "exec"), space)
    x, w = (ag.tensor(0.5, requires_grad=True, name=words.name + end) for end in ("", "w"))
    root = space["program"](x, w, net(words), words)
    root.name = words.name
    root.backward()
    return root


def check_svg(text):
    """Well-formed XML, without script, handlers or links."""
    text.encode()
    ElementTree.fromstring(text)
    seen = Tags(text)
    assert set(seen.tags) <= {"svg", "title", "desc", "style", "rect", "g", "path", "text"}
    assert not [n for n, _ in seen.attributes if n.startswith("on") or "href" in n or n == "src"]
    assert not CONTROL.search(text)


def check_html(text, scripts):
    """Our own scripts and no other, no handlers, and nothing that is fetched."""
    text.encode()
    seen = Tags(text)
    assert seen.tags.count("script") == scripts
    assert not [n for n, _ in seen.attributes if n.startswith("on") or "href" in n]
    assert all(v.startswith("data:") for n, v in seen.attributes if n == "src")
    assert not CONTROL.search(text)


def mixed(every):
    """Words in which each awful text stands in some of the places: runs of eight, `every` apart."""
    return [Words(*(AWFUL + AWFUL)[place : place + 8]) for place in range(0, len(AWFUL), every)]


def with_all(test):
    """The views in turn."""
    for words, view in zip(mixed(2), cycle(VIEWS), strict=False):
        test = example(words, view)(test)
    return test


@pytest.fixture(scope="module")
def quick():
    """Layouts are found once: names do not change them, as another test shows."""
    found = {}
    with pytest.MonkeyPatch.context() as patch:
        real = drawings.lay_out

        def lay_out(view):
            sizes = re.sub("x+", "x", digraph(view, labels=False).source)
            if sizes not in found:
                found[sizes] = real(view)
            return found[sizes]

        patch.setattr(drawings, "lay_out", lay_out)
        yield


@with_all
@given(st.builds(Words, *[names] * 8), st.sampled_from(list(VIEWS)))
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_form_stays_harmless(quick, words, view):
    root = run(words)
    picture = root.graph(title=words.title, **VIEWS[view])
    check_svg(picture.to_svg(prefix="p-", animated=True))
    check_html(page(picture), 0)
    check_html(picture._repr_html_(), 0)
    stepper = root.step_through(title=words.title)
    check_html(stepper.html(), 1)
    check_html(stepper._repr_html_(), 1)
    for text in (picture.to_text(), repr(picture), str(stepper), picture.to_dot().source):
        text.encode()
        assert not CONTROL.search(text)
        assert max(map(len, text.splitlines())) < 2000
    assert json.loads(picture.to_json().encode())
    assert not re.search("</?script", picture.to_json(), re.IGNORECASE)


def with_some(test):
    for words in mixed(4):
        test = example(words)(test)
    return test


def check_shown(found):
    """What goes through a run or two: text, page and cell."""
    check_html(found.html(), 1)
    check_html(found._repr_mimebundle_()["text/html"], 1)
    for text in (str(found), repr(found)):
        text.encode()
        assert not CONTROL.search(text)


@with_some
@given(st.builds(Words, *[names] * 8))
@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
def test_trainings_and_comparisons_stay_harmless(quick, words):
    rule = type(allowed(words.kind), (optim.SGD,), {})
    w = ag.tensor(2.0, requires_grad=True, name=words.name)
    optimizer = rule([w], lr=0.1)
    with ag.record() as tape:
        optimizer.zero_grad()
        with ag.scope(words.scope):
            (w * w.detach()).backward()
        optimizer.step()
    check_shown(tape.step_through(title=words.title))
    calm = Words("x", "scope", "t", "Kind", "layer", "file", "line", "title")
    pair = (run(words), run(calm._replace(scope=words.time)))
    check_shown(ag.compare(*pair, title=words.title, names=(words.file + "1", words.line + "2")))


def with_four(test):
    """Every awful text, four to a plot."""
    for place in range(0, len(AWFUL), 4):
        test = example((AWFUL + AWFUL)[place : place + 4])(test)
    return test


@pytest.mark.filterwarnings("ignore:Glyph .* missing", "ignore:Matplotlib currently does not")
@with_four
@given(st.lists(names, min_size=4, max_size=4))
@settings(max_examples=2, deadline=None, suppress_health_check=list(HealthCheck))
def test_plots_stay_harmless(words):
    """A title, an axis and two labels."""
    runs = {word: SimpleNamespace(epochs={words[0]: [1.0, 2.0]}) for word in words[1:]}
    shown = ag.plot.loss_curves(runs)._repr_html_()
    check_html(shown, 0)
    (source,) = re.findall('src="data:image/svg[+]xml;base64,([^"]*)"', shown)
    drawn = base64.b64decode(source).decode()
    ElementTree.fromstring(drawn)
    assert "script" not in Tags(drawn).tags
    assert not CONTROL.search(drawn)


def drawing(name, scope, title):
    x = ag.tensor(1.0, requires_grad=True, name=name)
    with ag.scope(scope):
        y = x * x
    y.name = name
    return y.graph(title=title)


def test_names_do_not_change_the_layout():
    (first, second) = (drawing(name, "scope", "t").layout for name in ("x", "</text>"))
    assert first == second


def test_no_text_of_a_person_reaches_the_layout_engine():
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
