"""Errors that teach: what was written, why it cannot work, what to write instead.

Every error that glassgrad raises on purpose is a `GlassError` and also the built-in
error that its caller would expect, so that both ``except GlassError`` and
``except ValueError`` read naturally.
"""

from __future__ import annotations


class GlassError(Exception):
    """The common base of every error that glassgrad raises on purpose."""


class ShapeError(GlassError, ValueError, RuntimeError):
    """Shapes that do not fit together (NumPy calls it a ValueError, PyTorch a RuntimeError)."""


class DTypeError(GlassError, TypeError, RuntimeError):
    """A kind of number that the operation does not take."""


class ArgumentError(GlassError, TypeError):
    """An argument that is missing, unknown or of the wrong type."""


class RangeError(GlassError, ValueError, RuntimeError):
    """An argument of the right type with a value that makes no sense here."""


class IndexingError(GlassError, IndexError, RuntimeError):
    """An index outside the dimension that it points into."""


class GradientError(GlassError, RuntimeError):
    """A derivative was asked for where there is none, or without what it needs."""


class InPlaceError(GlassError, RuntimeError):
    """A value that the backward pass still needs was, or would be, overwritten."""


class AnomalyError(GlassError, ArithmeticError, RuntimeError):
    """A NaN or an infinity came of finite numbers, and `detect_anomaly` is on."""


class StateError(GlassError, RuntimeError):
    """A call that does not fit the state that the object is in."""


class UnknownNameError(GlassError, AttributeError):
    """A name that autograd does not have; the message names the nearest ones."""


class NameTakenError(GlassError, ValueError):
    """A name that another operation already has."""


class MissingPackageError(GlassError, ImportError):
    """An optional package or program is not installed; the message says how to get it."""


class ExpressionError(GlassError, ValueError):
    """An expression on the command line that cannot be read; the message has the column."""
