"""What each event changes in the state: one function below ``@changes(event)`` in a module of this package.

Every module is found by being there.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from proband.record.changes.declare import CHANGES, Body, is_envelope, note_dose

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")

__all__ = ["CHANGES", "Body", "is_envelope", "note_dose"]
