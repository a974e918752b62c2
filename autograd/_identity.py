"""Another distribution on the package index has the import name ``autograd`` too."""

from __future__ import annotations

import os
import sys
import warnings


def warn_of_namesake() -> None:
    """Warn where the older distribution named ``autograd`` is installed beside ours."""
    for folder in sys.path:
        if any(_is_namesake(name) for name in _names(folder)):
            warnings.warn(
                "The older distribution 'autograd' (HIPS autograd) is installed beside "
                "glassgrad, and both use the import name 'autograd'; they cannot share an "
                "environment. This is glassgrad's. Run: pip uninstall autograd, and then install "
                "glassgrad again (they may have overwritten files of each other).",
                UserWarning,
                stacklevel=3,
            )
            return


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder or ".")
    except OSError:
        return []


def _is_namesake(name: str) -> bool:
    return name.startswith("autograd-") and name.endswith((".dist-info", ".egg-info"))
