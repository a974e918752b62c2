"""DOT: structure, determinism, and no way in for anybody's text."""

import subprocess
import sys

import pytest

import autograd as ag

PROGRAM = """
import autograd as ag
x = ag.tensor([1.0, 2.0], requires_grad=True, name="x")
with ag.scope("block"):
    y = ag.tanh(x * x) - x
with ag.scope("t", step=1):
    z = (y / 2.0).sum()
picture = z.graph(title="twice the same")
print(picture.to_dot().source)
print(picture.to_svg())
print(picture.to_text())
print(picture.to_json())
"""


def test_the_circuit(circuit):
    lines = [line.strip() for line in circuit.graph().to_dot().source.splitlines()]
    assert r'2 [label="+" height=0.4444 shape=ellipse width=0.4444]' in lines
    edges = [line.split(" [")[0] for line in lines if "->" in line]
    assert edges == ["0 -> 2", "1 -> 2", "2 -> 3", "3 -> 5", "4 -> 5", "5 -> 6"]


def test_both_edges_of_a_square(square):
    assert square.graph().to_dot().source.count("0 -> 1") == 2


def test_a_minus_is_drawn():
    a = ag.tensor(5.0, requires_grad=True, name="a")
    b = ag.tensor(3.0, requires_grad=True, name="b")
    assert 'label="−"' in (a - b).graph().to_dot().source


def test_groups_are_clusters():
    x = ag.tensor(2.0, requires_grad=True, name="x")
    with ag.scope("outer"), ag.scope("inner"):
        y = ag.exp(x)
    source = y.graph().to_dot().source
    assert source.index("subgraph cluster_0") < source.index("subgraph cluster_1")
    assert "label=outer" in source


@pytest.mark.parametrize("word", ["newrank", "rank=same", "constraint", "ortho"])
def test_nothing_that_blows_up_the_layout(unrolled, word):
    assert word not in unrolled(4).graph().to_dot().source


def test_the_same_program_gives_the_same_bytes():
    runs = [
        subprocess.run(
            [sys.executable, "-c", PROGRAM],
            capture_output=True,
            check=True,
            env={"PYTHONHASHSEED": seed, "PATH": ""},
        ).stdout
        for seed in ("0", "1", "12345")
    ]
    assert runs[0] == runs[1] == runs[2]
    assert b"cluster_0" in runs[0]
    assert b"<svg" in runs[0]


def test_nothing_heavy_is_loaded_before_it_is_used():
    program = (
        "import sys, autograd as ag\n"
        "x = ag.tensor(3.0, requires_grad=True, name='x')\n"
        "(x * x).graph().to_text()\n"
        "print(sorted({'graphviz', 'pygraphviz', 'PIL', 'resvg_py', 'matplotlib'}"
        " & set(sys.modules)))\n"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert run.stdout.strip() == "[]", run.stderr


def test_a_missing_package_is_named(circuit, monkeypatch):
    monkeypatch.setitem(sys.modules, "graphviz", None)
    with pytest.raises(ag.MissingPackageError, match="pip install graphviz"):
        circuit.graph().to_dot()


def test_a_collapsed_group_is_a_filled_box():
    x = ag.tensor(2.0, requires_grad=True, name="x")
    with ag.scope("inner"):
        y = ag.exp(x * 3.0)
    source = (y + 1.0).graph(depth=0).to_dot().source
    (line,) = [line for line in source.splitlines() if "inner" in line]
    assert "fillcolor=gray95" in line
    assert "style=filled" in line
