"""Numba's compiler as a typed decorator for batch kernels. Import it only from kernel modules, which are imported when first used."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from proband.terms.extras import missing

try:
    from numba import njit
except ModuleNotFoundError as error:
    raise missing(error) from error

_Function = TypeVar("_Function", bound=Callable[..., Any])


def compiled(function: _Function) -> _Function:
    """Compile on first call and keep the machine code beside the module, without the interpreter lock, dividing as NumPy does."""
    return cast(_Function, njit(cache=True, nogil=True, error_model="numpy")(function))
