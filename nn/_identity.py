"""The first import of this package: it refuses any ``autograd`` that is not glassgrad's."""

import autograd

if getattr(autograd, "__distribution__", None) != "glassgrad":
    raise ImportError(
        "nn is a part of glassgrad, and the 'autograd' that Python found "
        f"({getattr(autograd, '__file__', None)}) is not glassgrad's: another distribution on "
        "the package index (HIPS autograd) has the same import name, and the two do not share "
        "an environment. Make a new environment for glassgrad, or remove the other one "
        "(pip uninstall autograd) and install glassgrad again."
    )
