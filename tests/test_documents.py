"""What the documents say is executed: doctests, the README's code, its table of contents."""

from __future__ import annotations

import doctest
import importlib
import re
from pathlib import Path

import pytest
from test_architecture import MODULES, ROOT

DOCTESTED = [name for name, path in MODULES.items() if ">>>" in path.read_text(encoding="utf-8")]


@pytest.mark.parametrize("name", DOCTESTED)
def test_doctests(name):
    result = doctest.testmod(importlib.import_module(name))
    assert result.attempted
    assert not result.failed


def code_blocks(path: Path, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL)


def test_the_readmes_code_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    blocks = code_blocks(ROOT / "README.md", "python")
    assert blocks
    for block in blocks:
        exec(compile(block, "README.md", "exec"), {})


@pytest.mark.parametrize("document", ["README.md", "ARCHITECTURE.md", "CHANGELOG.md"])
def test_links_lead_to_files_that_exist(document):
    text = (ROOT / document).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert target.startswith("http") or (ROOT / target).exists(), f"{document}: {target}"


FAMILIES = (
    "autograd.ops",
    "autograd.cli.demo",
    "autograd.cli.train",
    "nn.data",
    "nn.models",
    "nn.utils",
)
"""Whose modules are what their folder says."""


def test_the_architecture_names_every_module():
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    code = " ".join(re.findall(r"`[^`\n]+`|\[[\w/.]+\]\(", text))
    named = set(re.findall(r"\w+", code))
    modules = [name for name in MODULES if not name.startswith(FAMILIES)]
    assert [name for name in modules if name.rpartition(".")[2] not in named] == []
