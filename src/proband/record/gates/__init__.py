"""The gates: conditions that the record itself enforces, each with a name, a text and a mend.

A gate is one function below ``@gate(name)`` in a module of this package; every module is found by being there.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from proband.record.gates.declare import CUSTODIAN, CUSTODIAN_MAY, GATES, RECORD, Context, Gate, gate, may

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")

__all__ = ["CUSTODIAN", "CUSTODIAN_MAY", "GATES", "RECORD", "Context", "Gate", "gate", "may"]
