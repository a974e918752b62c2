"""The operations, one file per family; a file is loaded when one of its own is first asked for."""

from autograd.core.homes import HOMES
from autograd.ops import index

HOMES.update((name, f"{__name__}.{module}") for name, module in index.HOMES.items())
