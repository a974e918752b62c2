"""Another distribution on the package index has the import name ``autograd`` too."""

from __future__ import annotations

import os
import sys
import warnings

_STANDARD = os.path.dirname(os.__file__)  # Python's own library: nothing is installed there


def warn_of_namesake() -> None:
    """Warn where the older distribution named ``autograd`` is installed beside ours."""
    for folder in sys.path:
        if any(name.endswith((".dist-info", ".egg-info")) for name in _of_that_name(folder)):
            warnings.warn(
                "The older distribution 'autograd' (HIPS autograd) is installed beside "
                "glassgrad, and both use the import name 'autograd'; they cannot share an "
                "environment. This is glassgrad's. Run: pip uninstall autograd, and then install "
                "glassgrad again (they may have overwritten files of each other).",
                UserWarning,
                stacklevel=3,
            )
            return


def _of_that_name(folder: str) -> list[str]:
    """What lies in a folder of distributions and begins with the older one's name."""
    if folder == _STANDARD:
        return []
    try:
        return [name for name in os.listdir(folder or ".") if name.startswith("autograd-")]
    except OSError:
        return []
