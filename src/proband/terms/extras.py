"""What only scale, a server, a printer or a cluster needs is an *extra*; what is missing is named with its extra.

Which library belongs to which extra stands once, in ``pyproject.toml``, and is read from the installed package's metadata.
"""

from __future__ import annotations

import re
from importlib import import_module
from types import ModuleType

from proband.terms.errors import ProbandError


class ExtraMissing(ProbandError, ImportError):
    """A library is needed that belongs to an extra, and the extra is not installed."""


def require(module: str) -> ModuleType:
    """Import a library that belongs to an extra, or say which extra brings it.

    Parameters
    ----------
    module
        Dotted name of the module, such as ``"polars"`` or ``"reportlab.pdfgen.canvas"``.

    Raises
    ------
    ExtraMissing
        When the library is not installed.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise missing(error) from error


def missing(error: ModuleNotFoundError) -> ExtraMissing | ModuleNotFoundError:
    """The failed import as a refusal that names the extra; the error itself where the module belongs to none."""
    library = (error.name or "").partition(".")[0]
    extra = extra_of(library)
    if extra is None:
        return error
    return ExtraMissing("install.extra", library=library, extra=extra)


def extra_of(library: str) -> str | None:
    """The smallest extra that brings a library, or None where none does."""
    bringing = [(len(brings), extra) for extra, brings in extras().items() if library in brings]
    return min(bringing)[1] if bringing else None


def extras() -> dict[str, tuple[str, ...]]:
    """The libraries of every extra of the installed package, in the order of their declaration."""
    from importlib.metadata import PackageNotFoundError, requires  # needed only where something is missing

    try:
        declared = requires("proband") or []
    except PackageNotFoundError:  # a source tree that was never installed
        return {}
    found: dict[str, tuple[str, ...]] = {}
    for line in declared:
        wanted = re.match(r"([A-Za-z0-9_-]+).*;.*\bextra == ['\"]([a-z-]+)['\"]", line)
        if wanted and wanted[1] != "proband":
            found[wanted[2]] = (*found.get(wanted[2], ()), wanted[1].lower().replace("-", "_"))
    return found
