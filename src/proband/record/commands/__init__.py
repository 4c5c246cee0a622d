"""The commands of the record, each declared in one place (:mod:`proband.record.commands.declare`)."""

from __future__ import annotations

from proband.record.commands import participants, products, safety, study
from proband.record.commands.declare import BY_EVENT, COMMANDS, Command, CommandType, Data, Signature

__all__ = [
    "BY_EVENT",
    "COMMANDS",
    "Command",
    "CommandType",
    "Data",
    "Signature",
    "participants",
    "products",
    "safety",
    "study",
]
