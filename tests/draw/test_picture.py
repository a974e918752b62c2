"""Pictures in notebooks and in files."""

import base64
import json
import re
from xml.etree import ElementTree

import pytest

import autograd as ag
from autograd.draw.tracing import trace as make_trace


def test_a_notebook_gets_one_image_as_html(circuit):
    bundle = circuit.graph()._repr_mimebundle_()
    assert set(bundle) == {"text/html", "text/plain"}
    found = re.fullmatch(
        r'<div[^>]*><img alt="([^"]*)" src="data:image/svg\+xml;base64,([^"]*)"[^>]*></div>',
        bundle["text/html"],
    )
    assert "∂f/∂z = +3.0000" in found[1]
    assert ElementTree.fromstring(base64.b64decode(found[2])).get("role") == "img"
    assert bundle["text/plain"].endswith("f: f64[] = q · z  = -12  grad +1.0000")


def test_the_method_and_the_class_are_public(circuit):
    assert isinstance(circuit.graph(), ag.Picture)
    assert circuit.graph().trace == make_trace(circuit)


@pytest.mark.parametrize(
    ("ending", "start"),
    [
        (".svg", b"<svg"),
        (".SVG", b"<svg"),
        (".html", b"<!doctype html>"),
        (".png", b"\x89PNG"),
        (".pdf", b"%PDF"),
        (".dot", b"digraph"),
        (".txt", b"x: f64[]"),
        (".json", b'{"values":'),
    ],
)
def test_saving(circuit, tmp_path, ending, start):
    path = circuit.graph().save(tmp_path / f"f{ending}")
    assert path.read_bytes().startswith(start)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_saving_twice_gives_the_same_bytes(circuit, tmp_path):
    for ending in ("svg", "html", "dot", "txt", "json", "png"):
        first = circuit.graph().save(tmp_path / f"1.{ending}").read_bytes()
        assert first == circuit.graph().save(tmp_path / f"2.{ending}").read_bytes()


def test_an_unknown_ending_lists_those_that_are_known(circuit, tmp_path):
    with pytest.raises(ag.RangeError, match=r"'.gif'.*\.svg, \.html, \.png, \.pdf, \.dot"):
        circuit.graph().save(tmp_path / "f.gif")
    with pytest.raises(ag.RangeError, match=r"ending ''"):
        circuit.graph().save(str(tmp_path / "f"))


def test_a_missing_folder_is_named(circuit, tmp_path):
    with pytest.raises(ag.RangeError, match="there is no folder"):
        circuit.graph().save(tmp_path / "nowhere" / "f.svg")


def test_an_old_file_survives_a_failure(circuit, tmp_path, monkeypatch):
    path = tmp_path / "f.svg"
    path.write_text("old")
    monkeypatch.setattr("os.replace", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        circuit.graph().save(path)
    assert path.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["f.svg"]


def test_the_page_forbids_every_request(circuit, tmp_path):
    page = circuit.graph(title="<f>").save(tmp_path / "f.html").read_text(encoding="utf-8")
    assert "default-src 'none'" in page
    assert "<title>&lt;f&gt;</title>" in page
    assert not re.search(r"<script|<link|https?://(?!www\.w3\.org/2000/svg)", page)


def test_json_is_strict(tmp_path):
    x = ag.tensor(float("nan"), requires_grad=True, name="x")
    path = (x * x).graph().save(tmp_path / "f.json")
    json.loads(path.read_text(encoding="utf-8"), parse_constant=lambda word: pytest.fail(word))


def test_drawing_changes_nothing(circuit):
    circuit.graph().to_svg()
    trace = circuit.graph().trace
    assert [value.gradient is not None for value in trace.values] == [True] * 5
    x = ag.tensor(2.0, requires_grad=True, name="x")
    y = x * x
    y.graph().to_svg()
    assert x.grad is None
    y.backward()
    assert x.grad.item() == 4.0


def test_the_layout_is_computed_once(circuit, monkeypatch):
    picture = circuit.graph()
    picture.to_svg()
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr("autograd.draw.engines._pygraphviz", lambda: None)
    assert "<svg" in picture.to_svg(theme="dark")


def test_a_tensor_needs_a_gradient_to_start_from():
    x = ag.tensor([1.0, 2.0], requires_grad=True, name="x")
    y = x * x
    assert not y.graph().trace.events
    with pytest.raises(ag.GradientError, match=r"graph\(\): the result has shape \(2,\)"):
        y.graph(gradients=True)
    picture = y.graph(gradient=[1.0, 10.0])
    assert picture.trace.values[0].gradient.data == [2.0, 40.0]


def test_gradients_can_be_left_out(circuit):
    text = circuit.graph(gradients=False).to_svg()
    assert 'class="val"' in text
    assert 'class="grad"' not in text
    assert 'class="edge gradient' not in text


def test_gradients_cannot_be_asked_for_where_there_are_none():
    with ag.record():
        y = ag.tensor(1.0, name="x") * 2.0
    with pytest.raises(ag.GradientError, match=r"graph\(\)"):
        y.graph(gradients=True)
    assert "op" in y.graph().to_svg()


def test_a_second_derivative_can_be_drawn():
    x = ag.tensor(2.0, requires_grad=True, name="x")
    (slope,) = ag.grad(x**3, x, create_graph=True)
    picture = slope.graph(title="3·x²", gradients=True)
    assert picture.trace.values[0].gradient.data == 12.0
    ElementTree.fromstring(picture.to_svg())


def test_words_beside_arrows_keep_off_the_caption():
    w = ag.tensor(2.0, requires_grad=True, name="w")
    h = w * 3
    f = (w * h).tanh()
    f.backward()
    picture = f.graph()
    labels = re.findall(r'<text class="contribution"[^>]* y="([-\d.]+)"', picture.to_svg())
    assert len(labels) >= 3
    assert max(map(float, labels)) <= picture.layout.height + 8
