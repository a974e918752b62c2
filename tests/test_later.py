"""What is loaded when it is first asked for is there all the same: names, methods, signatures."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from pathlib import Path

import pytest

import autograd as ag
from autograd import _later
from autograd.core.rule import parameters_of

ROOT = Path(ag.__file__).resolve().parent.parent

SLOW = (
    *("autograd.draw", "autograd.stepper", "autograd.compiler", "autograd.plot"),
    *("autograd.transforms", "autograd.recomputing", "autograd.checking", "autograd.ops.names"),
    *("subprocess", "html", "difflib", "hashlib", "dataclasses", "numpy.random"),
)
"""What an import would take much of its time for, and what many a program never uses."""


def fresh(code: str) -> str:
    """What a new process prints."""
    start = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import autograd as ag; "
    done = subprocess.run([sys.executable, "-c", start + code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_computing_loads_neither_pictures_nor_what_they_need():
    code = "x = ag.tensor(2.0, requires_grad=True); (x * x).backward(); "
    assert fresh(code + f"print([m for m in {SLOW!r} if m in sys.modules])") == "[]"


def test_an_import_makes_next_to_no_samples():
    code = "import gc; print(sum(isinstance(o, type(ag.call())) for o in gc.get_objects()))"
    assert int(fresh(code)) < 50, "write samples as a function of draw: it is called by tests only"


def test_an_import_loads_no_operation_and_a_first_one_few_others():
    families = "print([m[13:] for m in sys.modules if m.startswith('autograd.ops.')])"
    assert fresh(families) == "['index', 'methods']"
    loaded = fresh("x = ag.tensor(2.0, requires_grad=True); (x * x).backward(); " + families)
    assert "arithmetic" in loaded
    assert len(loaded.split()) < 10


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks for each operation")
def test_every_operation_works_though_no_other_one_was_loaded():
    script = [sys.executable, str(ROOT / "tests" / "alone.py")]
    paths = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    env = {**os.environ, "PYTHONPATH": paths}
    found = subprocess.run(script, capture_output=True, text=True, env=env)
    assert found.stdout.endswith(" operations, failed: []\n"), found.stdout + found.stderr


def test_threads_that_ask_for_an_operation_at_once_get_the_same_one():
    code = "from concurrent.futures import ThreadPoolExecutor as Pool\nwith Pool(8) as pool:"
    code += " found = list(pool.map(lambda _: (ag.tanh, ag.Tensor.tanh), range(64)))\n"
    assert fresh("\n" + code + "print(len(set(found)), found[0][0] is found[0][1])") == "1 True"


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("print('conv2d' in dir(ag), 'relu_' in dir(ag.Tensor))", "True True"),
        ("print(ag.Tensor.relu is ag.relu, ag.absolute is ag.abs)", "True True"),
        ("from autograd import *; print(relu(tensor(-1.0)))", "tensor(0.)"),
        ("import numpy as np; print(np.tanh(ag.zeros(1)), np.cov(ag.ones(2)))", "tensor([0.]) 0.0"),
        ("x = ag.tensor([1.0]); x.mul_(3.0).relu_(); print(x)", "tensor([3.])"),
        (
            "class Mine(ag.Tensor): pass\nprint(type(Mine([1.0]).exp()), 'exp' in vars(Mine))",
            "<class '__main__.Mine'> False",
        ),
        ("print(len(list(ag.operations())) > 300)", "True"),
    ],
)
def test_operations_are_found_though_they_were_not_loaded(code, expected):
    assert fresh("\n" + code) == expected


def test_a_name_that_a_waiting_operation_has_is_taken():
    code = "record = dict(symbol='c', formula='c', lesson='c', samples=lambda draw: [])\n"
    code += "try: ag.primitive(**record, name='cosh')(lambda x: x)\n"
    code += "except ag.NameTakenError as error: print(error)"
    assert fresh("\n" + code).startswith("An operation named 'cosh' exists already")


@pytest.mark.parametrize("name", _later.HOMES)
def test_a_name_of_the_facade_is_found_in_its_home(name):
    assert fresh(f"from autograd import {name}; print({name}.__module__)") == _later.HOMES[name]
    assert name in dir(ag)


@pytest.mark.parametrize("name", _later.METHODS)
def test_a_method_is_found_in_its_home(name):
    assert fresh(f"print(ag.Tensor.{name}.__module__)") == _later.METHODS[name]
    shown = fresh(f"import inspect; print(inspect.signature(ag.tensor(1.0).{name}))")
    assert "theme: 'str' = 'auto'" in shown


def test_a_method_works_on_a_subclass_the_first_time():
    code = "class Mine(ag.Tensor): pass\nx = Mine(ag.tensor(3.0).data, name='x')\n"
    code += "print(len(x.graph().trace.values), 'graph' in vars(Mine))"
    assert fresh("\n" + code) == "1 False"


def test_signatures_are_those_that_people_write():
    shown = inspect.signature(ag.cumsum).parameters
    assert list(shown) == ["x", "dim", "dtype"]
    assert {p.kind for p in shown.values()} == {inspect.Parameter.POSITIONAL_OR_KEYWORD}
    assert "def cumsum(x: Any, *, dim: int" in inspect.getsource(ag.cumsum)


@pytest.mark.parametrize("operation", list(ag.operations()), ids=lambda op: op.name)
def test_every_operation_has_a_signature(operation):
    assert inspect.signature(operation.function).parameters


def wrapping(function):
    def call(*args):
        return function(*args)

    call.__wrapped__ = function
    return call


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (lambda x, y: 0, (("x", "y"), (), False)),
        (lambda x, *, dim, keep=1: 0, (("x",), ("dim", "keep"), False)),
        (lambda g, *xs, dim: 0, (("g", "xs"), ("dim",), True)),
        (lambda x, /, **rest: 0, (("x",), (), False)),
        (wrapping(lambda a, *, b: 0), (("a",), ("b",), False)),
        (wrapping(lambda *xs, **rest: 0), (("xs",), (), True)),
    ],
)
def test_parameters_are_read_from_the_code(function, expected):
    assert parameters_of(function) == expected
