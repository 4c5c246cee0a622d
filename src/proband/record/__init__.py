"""What happened, to whom, with which product, under which version of the programme, and who says so.

An append-only, hash-chained log per study; commands that gates judge; projections that judge again; the chain of identity
of living products. :class:`Record` is the way in, :func:`verify_record` the way to check that nothing was changed.
"""

from __future__ import annotations

from proband.record.commands import COMMANDS, Command, CommandType, Signature
from proband.record.denominators import Flow, flow
from proband.record.errors import Conflict, RecordError, Refusal, Refused
from proband.record.events import Event, canonical
from proband.record.executing import Receipt
from proband.record.heads import Head, SigningKey
from proband.record.programme_view import ProgrammeView, view_of
from proband.record.recall import Recalled, recall
from proband.record.record import Record
from proband.record.state import State
from proband.record.tables import TABLES, table, visit_rows
from proband.record.verify import IntegrityFinding, VerifyReport, verify_record

__all__ = [
    "COMMANDS",
    "TABLES",
    "Command",
    "CommandType",
    "Conflict",
    "Event",
    "Flow",
    "Head",
    "IntegrityFinding",
    "ProgrammeView",
    "Recalled",
    "Receipt",
    "Record",
    "RecordError",
    "Refusal",
    "Refused",
    "Signature",
    "SigningKey",
    "State",
    "VerifyReport",
    "canonical",
    "flow",
    "recall",
    "table",
    "verify_record",
    "view_of",
    "visit_rows",
]
