"""Names of a package that are fetched when they are asked for, so that who needs one does not pay for what another needs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def deferred(package: str, modules: Mapping[str, tuple[str, ...]]) -> Callable[[str], Any]:
    """The ``__getattr__`` of a package, by its modules and the names that each holds (PEP 562).

    A type checker reads the same names from imports under ``TYPE_CHECKING``::

        if TYPE_CHECKING:
            from proband.terms.units import Quantity

        __getattr__ = deferred(__name__, {"proband.terms.units": ("Quantity",)})
    """
    places = {name: module for module, names in modules.items() for name in names}

    def fetch(name: str) -> Any:
        if name not in places:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(import_module(places[name]), name)
        setattr(sys.modules[package], name, value)
        return value

    return fetch
