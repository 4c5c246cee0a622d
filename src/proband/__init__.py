"""Proband: the open system of record for experimental treatment programmes."""

from __future__ import annotations

__all__ = ["__version__"]

__version__: str


def __getattr__(name: str) -> str:
    """The version, read from the metadata of the installed package when it is asked for."""
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("proband")
    except PackageNotFoundError:  # a source tree that was never installed
        return "0+unknown"
