"""The text form: complete, and without any other package."""

import subprocess
import sys

import autograd as ag


def test_the_circuit_as_text(circuit):
    assert circuit.graph().to_text().splitlines() == [
        "x: f64[]  = -2  grad -4.0000  (input)",
        "y: f64[]  = 5  grad -4.0000  (input)",
        "q: f64[] = x + y  = 3  grad -4.0000",
        "z: f64[]  = -4  grad +3.0000  (input)",
        "f: f64[] = q · z  = -12  grad +1.0000",
    ]


def test_groups_indent(square):
    with ag.scope("outer"), ag.scope("t", step=3):
        y = square * 2.0
    with ag.scope("outer"):
        z = y + 1.0
    lines = z.graph().to_text().splitlines()
    assert "outer" in lines
    assert "  t = 3" in lines
    assert any(line.startswith("    y: f64[]") for line in lines)
    assert lines[-1].startswith("  z: f64[] = y + 1")


def test_kinds_and_shapes():
    x = ag.tensor([[1.0, 2.0]], dtype="float32", requires_grad=True, name="x")
    index = ag.tensor([0, 1], name="i")
    text = (x[0][index]).graph().to_text()
    assert "x: f32[1,2]" in text


def test_the_text_of_a_leaf(square):
    x = ag.tensor(2.0, requires_grad=True, name="alone")
    assert x.graph().to_text() == "alone: f64[]  = 2  grad +1.0000  (input)"


def test_text_needs_no_graphviz():
    program = (
        "import sys; sys.modules['graphviz'] = sys.modules['pygraphviz'] = None\n"
        "import autograd as ag\n"
        "x = ag.tensor(3.0, requires_grad=True, name='x')\n"
        "print((x * x).graph().to_text())\n"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert "x · x: f64[]  = 9" in run.stdout, run.stderr


def test_a_long_text_is_cut_where_a_picture_shows_itself():
    x = ag.tensor(1.0, requires_grad=True, name="x")
    for _ in range(400):
        x = x + 1.0
    picture = x.graph()
    assert len(repr(picture).splitlines()) == 201
    assert repr(picture).endswith("more lines; print(….to_text()) shows them all")
    assert len(picture.to_text().splitlines()) == 401
