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


NUMBER = "The backward pass starts from a single number: reduce it first"


def test_the_text_says_why_there_is_no_gradient():
    x = ag.tensor([1.0, 2.0], requires_grad=True, name="x")
    assert (x * 2).graph().to_text().splitlines()[-1].startswith(NUMBER)
    assert NUMBER not in (x * 2).graph(gradients=False).to_text()
    assert NUMBER not in (x * 2).sum().graph().to_text()
    assert "No gradients: bool values have none" in (x > 1).graph().to_text()
    with ag.record():
        y = ag.tensor(1.0, name="y") * 2
    assert "no input requires a gradient" in y.graph().to_text()


def test_a_value_without_a_history_says_so():
    picture = (ag.tensor(1.0) + 2).graph()
    assert picture.to_text().startswith("Nothing was recorded: no input requires a gradient")
    assert "Nothing was recorded" in picture.to_svg()


def test_the_caption_says_why_there_is_no_gradient():
    x = ag.tensor([1.0, 2.0], requires_grad=True, name="x")
    assert any(NUMBER in said for said in (x * 2).graph().view.remarks)


def test_a_formula_in_the_summary_has_brackets():
    u = ag.tensor(1.0, requires_grad=True, name="u")
    assert "∂(u + 1)/∂u" in (u + 1).graph(gradients=True).view.summary


def test_a_group_is_named_once_while_its_inner_groups_change():
    x = ag.tensor(2.0, name="x", requires_grad=True)
    with ag.scope("outer"):
        with ag.scope("first"):
            a = ag.exp(x)
        with ag.scope("second"):
            b = ag.tanh(a)
    lines = b.graph().to_text().splitlines()
    assert [line for line in lines if ":" not in line] == ["outer", "  first", "  second"]
