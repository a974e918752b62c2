"""glassgrad: an autograd engine made of glass.

Every operation lands in a graph that can be looked at, stepped through and differentiated
again. Importing this package loads NumPy and the standard library only.

>>> import autograd as ag
>>> x = ag.tensor(-2.0, requires_grad=True, name="x")
>>> y = ag.tensor(5.0, requires_grad=True, name="y")
>>> f = (x + y) * -4
>>> f.backward()
>>> x.grad
tensor(-4.)
"""

import typing as _typing

from numpy import (  # dtypes under PyTorch's names
    bool_ as bool,  # noqa: F401
    float16 as float16,
    float16 as half,  # noqa: F401
    float32 as float,  # noqa: F401
    float32 as float32,
    float64 as double,  # noqa: F401
    float64 as float64,
    int8 as int8,
    int16 as int16,
    int16 as short,  # noqa: F401
    int32 as int,  # noqa: F401
    int32 as int32,
    int64 as int64,
    int64 as long,  # noqa: F401
    uint8 as uint8,
)

from autograd import _later
from autograd._identity import warn_of_namesake as _warn_of_namesake
from autograd.core.errors import (
    AnomalyError as AnomalyError,
    ArgumentError as ArgumentError,
    DTypeError as DTypeError,
    ExpressionError as ExpressionError,
    GlassError as GlassError,
    GradientError as GradientError,
    IndexingError as IndexingError,
    InPlaceError as InPlaceError,
    MissingPackageError as MissingPackageError,
    NameTakenError as NameTakenError,
    RangeError as RangeError,
    ShapeError as ShapeError,
    StateError as StateError,
    UnknownNameError as UnknownNameError,
)
from autograd.core.homes import HOMES as _HOMES
from autograd.core.hooks import HookHandle as HookHandle
from autograd.core.inplace import increment_version as increment_version
from autograd.core.mode import (
    Location as Location,
    capture_source as capture_source,
    current_scope as current_scope,
    current_tape as current_tape,
    detect_anomaly as detect_anomaly,
    enable_grad as enable_grad,
    generator as generator,
    get_default_dtype as get_default_dtype,
    guard as guard,
    hide_source as hide_source,
    inference_mode as inference_mode,
    is_grad_enabled as is_grad_enabled,
    manual_seed as manual_seed,
    no_grad as no_grad,
    scope as scope,
    set_default_dtype as set_default_dtype,
    set_grad_enabled as set_grad_enabled,
)
from autograd.core.packages import need_package as need_package
from autograd.core.primitive import (
    REGISTRY as _REGISTRY,
    call as call,
    names as _names,
    operations as operations,
    refuses as refuses,
)
from autograd.core.tensor import Tensor as Tensor, tensor as tensor
from autograd.functional import grad as grad
from autograd.ops.methods import (
    announce as _announce,
    primitive as primitive,
    unregister as unregister,
)

if _typing.TYPE_CHECKING:  # while running they are loaded when first asked for
    from autograd import plot as plot
    from autograd.checking import (
        GradientCheckError as GradientCheckError,
        gradcheck as gradcheck,
        gradgradcheck as gradgradcheck,
    )
    from autograd.compiler.compiled import Compiled as Compiled
    from autograd.compiler.front import compile as compile, derive as derive
    from autograd.draw import LayoutError as LayoutError, Picture as Picture
    from autograd.ops.names import *  # noqa: F403
    from autograd.ops.sharing import as_tensor as as_tensor, from_numpy as from_numpy
    from autograd.ops.truth import allclose as allclose, equal as equal
    from autograd.recomputing import recompute as recompute
    from autograd.stepper import (
        Step as Step,
        Stepper as Stepper,
        Tape as Tape,
        record as record,
        steps as steps,
    )
    from autograd.stepper.comparing import compare as compare
    from autograd.stepper.comparison.result import Comparison as Comparison
    from autograd.transforms import (
        hessian as hessian,
        hvp as hvp,
        jacobian as jacobian,
        jvp as jvp,
        value_and_grad as value_and_grad,
        vhp as vhp,
        vjp as vjp,
    )

__version__ = "0.1.0"
__distribution__ = "glassgrad"


def __getattr__(name: str) -> _typing.Any:
    """What is loaded when it is first asked for, operations too, and those of a user."""
    if name in _later.HOMES or name in _later.PACKAGES:
        return globals().setdefault(name, _later.load(name))
    if name in _REGISTRY:
        function = _REGISTRY[name].function
        return globals().setdefault(name, function) if name in _HOMES else function
    if name == "__all__":  # of `from autograd import *`
        return [name for name in __dir__() if not name.startswith("_")]
    near = [] if name.startswith("_") else _later.near(name, __dir__())
    hint = f" Near it: {', '.join(near)}." if near else ""
    raise UnknownNameError(f"module 'autograd' (glassgrad) has no attribute {name!r}.{hint}")


def __dir__() -> list[str]:
    """All names for completion, a user's own operations included."""
    return sorted({*globals(), *_names(), *_later.HOMES, *_later.PACKAGES})


_warn_of_namesake()
_announce()
_later.announce()
