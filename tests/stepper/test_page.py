"""The page: self-contained, safe with hostile text, the same bytes every time."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import subprocess
import sys
import zlib
from html.parser import HTMLParser

import pytest

import autograd as ag
from autograd.cli.demo.circuit import show_circuit
from autograd.stepper import assets
from autograd.stepper.source import visible

VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}


class Reader(HTMLParser):
    """Reads a page, refuses elements that are not closed, and collects what it finds."""

    def __init__(self, page):
        super().__init__(convert_charrefs=True)
        self.open, self.elements, self.texts = [], [], []
        self.feed(page)
        self.close()
        assert not self.open, f"not closed: {self.open}"

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append((self.open[-1] if self.open else "", data))

    def inside(self, tag):
        return [data for place, data in self.texts if place == tag]

    def rows(self):
        return [attrs for tag, attrs in self.elements if tag == "tr" and "data-phase" in attrs]


def read(root, **options):
    return Reader(root.step_through(**options).html())


def test_the_page_is_well_formed_and_small(circuit):
    page = circuit.step_through().html()
    Reader(page)
    assert len(page.encode()) < 40_000


def test_the_demos_page_is_small(tmp_path):
    show_circuit(tmp_path)
    page = (tmp_path / "circuit.html").read_text(encoding="utf-8")
    assert len(page.encode()) < 40_000
    lines = [a["data-line"] for _, a in Reader(page).elements if a.get("class") == "line"]
    assert lines == [f"0:{number}" for number in range(10, 18)]


def test_a_function_is_shown_whole_and_alone(program, source):
    head, body = source.split("\n\n")
    body = "".join(f"    {line}\n" for line in [*body.splitlines(), "return f"])
    reader = read(program(f"{head}\n\n\ndef build():\n{body}\n\nr = build()\n")["r"])
    lines = [a["data-line"] for _, a in reader.elements if a.get("class") == "line"]
    assert lines == [f"0:{number}" for number in range(4, 11)]


def test_the_rows_of_the_table_are_the_data(circuit):
    rows = read(circuit).rows()
    assert len(rows) == 8
    assert rows[0] == {"data-phase": "forward", "data-makes": "0 1 3"}
    assert rows[1]["data-line"] == "0:6 6 4 9"
    assert rows[1]["data-uses"] == "0 1"
    assert [row.get("data-grad") for row in rows[3:]] == [
        "grad +1.0000",
        "grad -4.0000",
        "grad +3.0000",
        "grad -4.0000",
        "grad -4.0000",
    ]
    assert [row.get("data-event") for row in rows[4:]] == ["0", "1", "2", "3"]


def test_the_code_pane_shows_the_learners_source(circuit, source):
    lines = [text for text in read(circuit).inside("code") if text.strip()]
    assert lines == [line for line in source.splitlines() if line]


def unpacked(data):
    return zlib.decompress(base64.b64decode(data), -15).decode()


def digest(script):
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def test_two_scripts_run_and_the_policy_knows_them(circuit):
    reader = read(circuit)
    (policy,) = (a["content"] for _, a in reader.elements if a.get("http-equiv"))
    (loader,) = reader.inside("script")
    (packed,) = (a["data-main"] for tag, a in reader.elements if tag == "script")
    main = unpacked(packed)
    assert f"script-src 'sha256-{digest(loader)}' 'sha256-{digest(main)}'" in policy
    assert policy.startswith("default-src 'none'")
    assert "connect-src" not in policy


def test_nothing_is_fetched(circuit):
    page = circuit.step_through().html()
    for _, attributes in Reader(page).elements:
        assert not {"src", "href", "srcset", "action", "xlink:href"} & set(attributes)
        assert not [name for name in attributes if name.startswith("on")]
    assert set(re.findall(r'url\("?([a-z]+:)', page)) == {"data:"}
    assert "@import" not in page
    hosts = set(re.findall(r"https?://([\w.-]+)", page))
    assert hosts <= {"www.w3.org"}, "namespaces only"


HOSTILE = [
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\"'><svg onload=alert(1)>",
    "nul \0 and bell \a and \x9b",
    "\u202eright to left\u202c אבג",
    "]]>&lt;&#0;{|}\\N$title ${script}",
    "\ud800 alone",
    "line\nbreak\u2028other",
    "long " + "x" * 20_000,
]


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_name_is_text_and_nothing_else(name):
    x = ag.tensor(2.0, requires_grad=True, name=name)
    y = x * x
    y.name = name
    page = (y * ag.tanh(x)).step_through(title=name).html()
    reader = Reader(page)
    assert [tag for tag, _ in reader.elements].count("script") == 1
    assert "img" not in [tag for tag, _ in reader.elements]
    for _, attributes in reader.elements:
        assert not [attribute for attribute in attributes if attribute.startswith("on")]
    page.encode("utf-8")
    assert not re.search("[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", page)
    assert len(page) < 200_000


def test_a_hostile_source_is_text_and_nothing_else(program, source):
    hostile = source.replace(
        "q = x + y", 'q = x + y  # </code></script><script>alert("1")</script> \u202e & אב \x7f'
    )
    reader = read(program(hostile)["f"])
    assert [tag for tag, _ in reader.elements].count("script") == 1
    assert 'alert("1")' in "".join(reader.inside("code"))


def test_source_keeps_its_columns():
    assert visible("a\0b\u202ec\td") == "a�b�c\td"


def test_a_long_source_is_shown_around_what_ran(program, source):
    reader = read(program(source.replace("q =", "\n" * 300 + "q ="))["f"])
    lines = [a["data-line"] for _, a in reader.elements if a.get("class") == "line"]
    assert lines[0] == "0:300"
    assert lines[-1] == "0:307"
    assert any("299 more lines" in text for _, text in reader.texts)


def test_a_line_outside_any_file_does_without_code():
    with ag.capture_source(False):
        x = ag.tensor(1.0, requires_grad=True, name="x")
        page = (x * x).step_through().html()
    assert "No source is known" in page


def test_the_same_program_gives_the_same_bytes(tmp_path, source):
    (tmp_path / "circuit.py").write_text(source + "print(f.step_through()._repr_html_())\n")
    found = set()
    for seed in ("0", "1", "4711"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8"}
        command = [sys.executable, "circuit.py"]
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True)
        assert done.returncode == 0, done.stderr.decode()
        found.add(done.stdout)
    assert len(found) == 1


@pytest.mark.parametrize("theme", ["light", "dark", "print"])
def test_a_theme_is_fixed_or_follows_the_system(circuit, theme):
    auto, fixed = circuit.step_through().html(), circuit.step_through(theme=theme).html()
    assert "prefers-color-scheme" in auto
    assert "prefers-color-scheme" not in fixed
    Reader(fixed)


def test_an_unknown_theme_is_refused(circuit):
    with pytest.raises(ag.RangeError, match="'auto', 'light', 'dark', 'print'"):
        circuit.step_through(theme="sepia")


def test_groups_are_known_to_their_steps():
    x = ag.tensor(1.0, requires_grad=True, name="x")
    with ag.scope("outer"), ag.scope("inner"):
        y = x * x
    rows = read(y).rows()
    assert [row.get("data-groups") for row in rows] == [None, "0 1", None, "0 1", "0 1"]


def test_packing_keeps_strings_and_drops_comments():
    assert assets.pack('  a( "x  +  y", `${b} // c` ); // why') == 'a("x  +  y",`${b} // c`);'
    assert "Every fact" not in assets.page_script()


def wide(neurons):
    """A sum of so many neurons, as a tree: about eight boxes and steps for each."""
    terms = []
    for i in range(neurons):
        w = ag.tensor(0.01 * i - 1, requires_grad=True, name=f"w{i}")
        terms.append(ag.tanh(w * (0.5 + 0.001 * i) + 0.1))
    while len(terms) > 1:
        pairs = zip(terms[::2], terms[1::2], strict=False)
        terms = [a + b for a, b in pairs] + terms[len(terms) // 2 * 2 :]
    return terms[0]


def test_a_large_page_is_packed_without_loss():
    stepper = wide(128).step_through()
    reader = Reader(stepper.html())
    packed = [a["data-packed"] for _, a in reader.elements if "data-packed" in a]
    _, graph, rows = map(unpacked, packed)
    assert graph.count("<svg") == 1
    assert len(Reader(f"<table>{rows}</table>").rows()) == len(stepper)
    boxes = len(stepper.trace.values) + len(stepper.trace.ops)
    assert boxes > 1000
    assert len(stepper.html().encode()) < 400_000
