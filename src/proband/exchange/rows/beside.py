"""What the other cells of a row say against it: a remark that takes it back, its status, a mark that it was deleted.

Looked at are the columns that no rule of the mapping names (but for those under ``ignore``). Words of a status are those of HL7's
table 0085, FHIR and OpenMRS, and what laboratories write for them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from proband.exchange.remarks import problem_in
from proband.exchange.rows.tables import BLANK
from proband.terms.answers import YES_WORDS

_MARK = re.compile(
    r"^(?:is|was|record|row)?_?(?:deleted?|void(?:ed)?|retracted|entered_in_error|invalid(?:ated)?|gel(?:ö|oe)scht|storniert|annul(?:é|e)|anulado)(?:_flag)?$"
)
_MARK_DAY = re.compile(
    r"^(?:deleted|voided|retracted|date_(?:deleted|voided)|(?:gel(?:ö|oe)scht|storniert))_(?:at|on|date|time|by|am)$|^date_(?:deleted|voided)$"
)
_STATUS = re.compile(
    r"^(?:(?P<of>record|row|result|test|lab|order|report|specimen|observation|obs|befund)_?)?status$|^obx_?11$"
)
_REMARK = re.compile(r"comment|remark|note|bemerk|kommentar|observacion|remarque|annotation")
_WITHDRAWN = {"entered-in-error", "entered in error", "deleted", "delete", "voided", "void", "retracted", "wrong patient", "storniert", "gelöscht"}  # fmt: skip
#: words that say it in whatever column of a status; and those that say it only of a result, for people are registered too
_NOT_FINAL = {"preliminary", "prelim", "prelim.", "provisional", "vorläufig", "vorlaeufig", "provisoire", "preliminar", "cancelled", "canceled", "annulé"}  # fmt: skip
_NO_RESULT = {"pending", "registered", "planned", "draft", "scheduled", "ordered", "in progress", "in-progress", "partial", "unverified", "not verified",
              "ausstehend", "p", "i", "r", "s", "x", "n", "o"}  # fmt: skip
#: what stands in the column of a day on which nothing happened
_NO_DAY = BLANK | {"0", "no", "false"}


@dataclass(frozen=True, slots=True)
class SaidAgainst:
    """Why a row is nothing (``withdrawn``), is no result yet (``not_final``), or is doubtful (``problem``)."""

    withdrawn: str | None = None
    not_final: bool = False
    problem: str | None = None


NOTHING_AGAINST = SaidAgainst()


def plain_name(column: str) -> str:
    """The name of a column in one spelling: ``Result Status`` → ``result_status``."""
    return re.sub(r"[^\w]+", "_", column.strip().lower()).strip("_")


def holds_remarks(column: str) -> bool:
    """Whether a column is by its name one of remarks."""
    return _REMARK.search(plain_name(column)) is not None


def said_against(cells: Mapping[str, str], columns: Iterable[str]) -> SaidAgainst:
    """What some cells of a row say against the row."""
    problem, not_final = None, False
    for column in columns:
        said = cells.get(column, "").strip()
        if not said:
            continue
        name, word = plain_name(column), said.lower()
        if _MARK.match(name) and (word in YES_WORDS or word in {"y", "x", "t", "checked"}):
            return SaidAgainst(withdrawn=column)
        if _MARK_DAY.match(name) and word not in _NO_DAY:
            return SaidAgainst(withdrawn=column)
        if status := _STATUS.match(name):
            of_a_result = status["of"] in {"result", "test", "lab", "report", "observation", "obs", "befund"} or name.startswith("obx")  # fmt: skip
            if word in _WITHDRAWN or (of_a_result and word in {"d", "w"}):
                return SaidAgainst(withdrawn=column)
            not_final |= word in _NOT_FINAL or (of_a_result and word in _NO_RESULT)
        if problem is None and not said.isdecimal() and (against := problem_in([said])):
            problem = f"{column}: {against}"
    return SaidAgainst(None, not_final, problem)
