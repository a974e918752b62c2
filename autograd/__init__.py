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

from typing import Any as _Any

from autograd._identity import warn_of_namesake as _warn_of_namesake
from autograd.checking import GradientCheckError, gradcheck, gradgradcheck
from autograd.core.errors import (
    ArgumentError,
    DTypeError,
    ExpressionError,
    GlassError,
    GradientError,
    IndexingError,
    InPlaceError,
    MissingPackageError,
    NameTakenError,
    RangeError,
    ShapeError,
    StateError,
)
from autograd.core.mode import (
    Location,
    capture_source,
    current_scope,
    enable_grad,
    generator,
    get_default_dtype,
    hide_source,
    is_grad_enabled,
    manual_seed,
    no_grad,
    record,
    scope,
    set_default_dtype,
    set_grad_enabled,
)
from autograd.core.primitive import REGISTRY as _REGISTRY
from autograd.core.primitive import call, operations, refuses
from autograd.core.tensor import Tensor, tensor
from autograd.functional import grad
from autograd.ops.activation import log_softmax, relu, sigmoid, softmax
from autograd.ops.arithmetic import (
    abs,
    add,
    div,
    maximum,
    minimum,
    mul,
    neg,
    pow,
    sign,
    sub,
)
from autograd.ops.comparison import (
    eq,
    ge,
    gt,
    le,
    logical_and,
    logical_not,
    logical_or,
    lt,
    ne,
    where,
)
from autograd.ops.contraction import matmul
from autograd.ops.indexing import getitem, place
from autograd.ops.joining import cat, split, stack, unbind
from autograd.ops.methods import attach_all as _attach_all
from autograd.ops.methods import primitive, unregister
from autograd.ops.reduction import (
    amax,
    amin,
    argmax,
    broadcast_to,
    logsumexp,
    max,
    mean,
    min,
    sum,
)
from autograd.ops.shape import clone, permute, reshape, t, to, transpose
from autograd.ops.transcendental import cos, exp, log, sin, sqrt, tanh

__version__ = "0.1.0"
__distribution__ = "glassgrad"


def __getattr__(name: str) -> _Any:
    """Operations by alias, and those that a user registered."""
    operation = _REGISTRY.get(name)
    if operation is None:
        raise AttributeError(f"module 'autograd' (glassgrad) has no attribute {name!r}")
    return operation.function


_warn_of_namesake()
_attach_all()
