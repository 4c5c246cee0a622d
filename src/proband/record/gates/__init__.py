"""The gates that many commands pass: conditions that the record itself enforces, each with a name, a text and a mend.

A gate is one function below ``@gate(name, mend=…)`` in a module of this package, or beside the one command that passes it;
every module is found by being there.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from proband.record.declare.command import GATES, Context, Gate
from proband.record.declare.gate import CUSTODIAN, RECORD, gate, may

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")

__all__ = ["CUSTODIAN", "GATES", "RECORD", "Context", "Gate", "gate", "may"]
