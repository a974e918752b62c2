"""The rooms of ARCHITECTURE.md, held by the syntax trees."""

from __future__ import annotations

import ast
import importlib
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import autograd as ag

ROOT = Path(ag.__file__).resolve().parent.parent
PACKAGES = ("autograd", "nn", "optim")

ROOMS = [
    (
        "autograd.core.errors",
        "autograd.core.homes",
        "autograd.core.named",
        "autograd.core.packages",
        "autograd.core.turns",
    ),
    ("autograd.core.mode",),
    ("autograd.core.spec",),
    ("autograd.core.node",),
    ("autograd.core.trees", "autograd.core.views", "autograd.core.whole"),
    (
        "autograd.core.blas",
        "autograd.core.where",
        "autograd.core.promote",
        "autograd.core.summation",
    ),
    ("autograd.core.rule",),
    ("autograd.core.primitive",),
    ("autograd.core.fast_text", "autograd.core.watch"),
    ("autograd.core.versions",),
    ("autograd.core.apply", "autograd.core.arrays", "autograd.core.numpy_protocols"),
    (
        "autograd.core.binding",
        "autograd.core.construction",
        "autograd.core.fast",
        "autograd.core.graph",
        "autograd.core.hooks",
        "autograd.core.products",
        "autograd.core.runner",
        "autograd.core.contributions",
    ),
    (
        "autograd.core.define",
        "autograd.core.sweep",
        "autograd.core.inplace",
        "autograd.core.leaves",
    ),
    ("autograd.core.tensor", "autograd.core.push"),
    ("autograd.ops",),
    ("autograd.notation", "autograd.functional"),
    ("autograd.transforms", "autograd.recomputing"),
    ("autograd.checking",),
    ("autograd.draw",),
    ("autograd.stepper", "autograd.compiler", "autograd.plot"),
    ("autograd", "autograd._identity", "autograd._later"),
    ("nn", "optim"),
    ("autograd.cli", "autograd.__main__"),
]
"""From the ground up: a module imports from its own room or from one below it."""


def modules() -> dict[str, Path]:
    found = {}
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            found[name] = path
    return found


MODULES = modules()


def room_of(name: str) -> int:
    ranked = [
        (len(prefix), rank)
        for rank, prefixes in enumerate(ROOMS)
        for prefix in prefixes
        if name == prefix or name.startswith(prefix + ".")
    ]
    assert ranked, f"{name} has no room: say where it belongs in tests/test_architecture.py"
    return max(ranked)[1]


def is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def imports(path: Path) -> set[str]:
    """The modules of ours that a file imports, those for type checkers alone left out."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    skipped = {id(n) for node in ast.walk(tree) if is_type_checking(node) for n in ast.walk(node)}
    found: set[str] = set()
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            base = node.module or ""
            for alias in node.names:
                inner = f"{base}.{alias.name}"
                found.add(inner if inner in MODULES else base)
    return {name for name in found if name.split(".")[0] in PACKAGES}


@pytest.mark.parametrize("name", MODULES)
def test_imports_go_down_the_rooms(name):
    for imported in imports(MODULES[name]):
        if name.startswith("autograd.core") or room_of(name) != room_of(imported):
            assert room_of(imported) <= room_of(name), f"{name} imports {imported} from above"


@pytest.mark.parametrize("name", [n for n in MODULES if n.split(".")[0] in ("nn", "optim")])
def test_nn_and_optim_see_the_facade_only(name):
    own = name.split(".")[0]
    for imported in imports(MODULES[name]):
        assert imported == "autograd" or imported.split(".")[0] == own, f"{name}: {imported}"


def test_no_import_cycles():
    graph = {name: imports(path) - {name} for name, path in MODULES.items()}
    done: set[str] = set()
    while True:
        ready = {
            n for n, needs in graph.items() if n not in done and not (needs & set(graph)) - done
        }
        if not ready:
            break
        done |= ready
    assert set(graph) == done, f"in a cycle or above one: {sorted(set(graph) - done)}"


@pytest.mark.parametrize("name", [n for n in MODULES if n.split(".")[0] in ("nn", "optim")])
def test_nn_and_optim_contain_no_derivative(name):
    tree = ast.parse(MODULES[name].read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword):
            assert node.arg not in ("vjp", "jvp", "d"), f"{name} states a rule"
        if isinstance(node, (ast.Name, ast.Attribute)):
            written = node.id if isinstance(node, ast.Name) else node.attr
            assert written not in ("primitive", "composition", "register"), f"{name}: {written}"


@pytest.mark.parametrize("name", [n for n in MODULES if not n.startswith("autograd.cli")])
def test_imports_inside_functions_are_of_optional_packages_only(name):
    tree = ast.parse(MODULES[name].read_text(encoding="utf-8"))
    for function in ast.walk(tree):
        if not isinstance(function, (ast.FunctionDef, ast.Lambda)):
            continue
        for node in ast.walk(function):
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
                for imported in names or [getattr(node, "module", None) or ""]:
                    top = imported.split(".")[0]
                    assert top not in PACKAGES, f"{name} imports {imported} late"
                    assert top not in sys.stdlib_module_names, f"{name} imports {imported} late"


@pytest.mark.parametrize("name", MODULES)
def test_files_can_be_read_in_one_sitting(name):
    lines = MODULES[name].read_text(encoding="utf-8").count("\n")
    assert lines <= 400, f"{name} has {lines} lines: look for a second subject in it"


@pytest.mark.parametrize("name", MODULES)
def test_every_module_and_public_name_has_a_docstring(name):
    tree = ast.parse(MODULES[name].read_text(encoding="utf-8"))
    assert ast.get_docstring(tree), f"{name} does not say what it is for"
    for node in tree.body:
        public = isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name[0] != "_"
        assert not public or ast.get_docstring(node), f"{name}.{node.name} has no docstring"


def test_module_names_never_equal_functions_of_the_facade():
    public = {name: getattr(ag, name) for name in dir(ag) if not name.startswith("_")}
    functions = {n for n, v in public.items() if inspect.isroutine(v) or inspect.isclass(v)}
    top = {n.split(".")[1] for n in MODULES if n.count(".") == 1 and n.startswith("autograd.")}
    assert not top & functions


def test_importing_autograd_loads_numpy_and_the_standard_library_only():
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); before = set(sys.modules); "
        "import autograd; print(sorted({m.split('.')[0] for m in set(sys.modules) - before}))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(ast.literal_eval(found.stdout)) - set(sys.stdlib_module_names)
    assert loaded == {"autograd", "numpy"}


def test_the_stub_of_attached_methods_is_up_to_date():
    attached_stub = importlib.import_module("attached_stub")
    assert attached_stub.TARGET.read_text(encoding="utf-8") == attached_stub.stub(), (
        "run: python tools/attached_stub.py"
    )


def test_the_lists_of_operations_are_up_to_date():
    for path, text in importlib.import_module("operation_names").files().items():
        assert path.read_text(encoding="utf-8") == text, "run: python tools/operation_names.py"
