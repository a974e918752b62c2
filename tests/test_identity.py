"""The import name is also that of an older distribution: both sides say so."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import autograd as ag

ROOT = Path(ag.__file__).resolve().parent.parent


def run(code: str, *folders: Path) -> subprocess.CompletedProcess[str]:
    paths = "".join(f"sys.path.insert(0, {str(folder)!r}); " for folder in folders)
    return subprocess.run(
        [sys.executable, "-c", f"import sys; {paths}{code}"], capture_output=True, text=True
    )


def test_ours_warns_where_the_older_distribution_is_installed_too(tmp_path):
    (tmp_path / "autograd-1.8.0.dist-info").mkdir()
    found = run("import autograd", tmp_path, ROOT)
    assert found.returncode == 0
    assert "HIPS autograd" in found.stderr
    assert "pip uninstall autograd" in found.stderr


def test_no_warning_alone():
    assert run("import autograd", ROOT).stderr == ""


@pytest.mark.parametrize("package", ["nn", "optim"])
def test_nn_and_optim_refuse_another_autograd(tmp_path, package):
    other = tmp_path / "autograd"
    other.mkdir()
    (other / "__init__.py").write_text("def grad(f): return f\n")
    found = run(f"import {package}", ROOT, tmp_path)
    assert found.returncode == 1
    assert "ImportError" in found.stderr
    assert "HIPS autograd" in found.stderr
    assert str(other) in found.stderr or "autograd" in found.stderr.splitlines()[-1]
