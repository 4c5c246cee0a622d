"""Groups of checkboxes: when an empty box is a "no", and when it is no answer.

REDCap writes a column for each choice of a checkbox field (``hx___1``; with labels ``History (choice=Cancer)``), and writes 0 in
all of them where nobody has opened the form. An empty box is a "no" only where the group was answered: another box is ticked,
and none that stands for missing data (not asked, unknown, -99).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from proband.exchange.rows.redcap import MISSING_CODES, Dictionary, checkbox_of
from proband.facts.observation import Presence
from proband.terms.answers import is_untold

_TICKED = {"1", "checked", "true", "yes"}
_EMPTY = {"0", "unchecked", "false", "no"}
#: codes of choices that stand for missing data where no dictionary says what they are
_NUMBERS = re.compile(r"^(?:[-_]\d+|7{2,4}|8{2,4}|9{2,4})$")
#: labels of such choices
_WORDS: tuple[tuple[re.Pattern[str], Presence], ...] = (
    (re.compile(r"not.?asked|nicht.?gefragt|non demandé", re.IGNORECASE), Presence.NOT_ASKED),
    (re.compile(r"not.?applicable|^n/?a$|entfällt|non applicable", re.IGNORECASE), Presence.NOT_APPLICABLE),
    (
        re.compile(
            r"^(?:i?dk|d/k|unk|uk|unsp|ref|rf|pnta|pnts|nr|nsp|ns|nd|k\.?a\.?)$",
            re.IGNORECASE,
        ),
        Presence.UNKNOWN,
    ),
)


def ticked(written: str) -> bool | None:
    """Whether a box is ticked; ``None`` for what is neither, a blank included."""
    said = written.strip().lower()
    return True if said in _TICKED else False if said in _EMPTY else None


def stands_for_missing(code: str, label: str | None, missing: Mapping[str, Presence]) -> Presence | None:
    """The null flavour that a choice stands for; ``None`` for a real answer. The project's own codes come first."""
    for written in (code, code.upper(), code.replace("_", "-", 1)):
        if written in missing:
            return missing[written]
    if label:
        found = next((flavour for words, flavour in _WORDS if words.search(label)), None)
        return found or (Presence.UNKNOWN if is_untold(label) else None)
    if code.upper() in MISSING_CODES:
        return MISSING_CODES[code.upper()]
    said = next((flavour for words, flavour in _WORDS if words.search(code)), None)
    return said or (Presence.UNKNOWN if _NUMBERS.match(code) or is_untold(code.replace("_", " ")) else None)


@dataclass(frozen=True, slots=True)
class Boxes:
    """The boxes of one table: column → its group; group → its boxes; column → the null flavour that it stands for."""

    groups: dict[str, tuple[str, ...]] = field(default_factory=dict)
    missing: dict[str, Presence] = field(default_factory=dict)

    @classmethod
    def of(
        cls, header: Iterable[str], dictionary: Dictionary | None, missing: Mapping[str, Presence]
    ) -> Boxes:
        """The boxes among the columns of a table."""
        groups: dict[str, list[str]] = defaultdict(list)
        flavours: dict[str, Presence] = {}
        for column in header:
            found = checkbox_of(column)
            about, choice = dictionary.field_of(column) if dictionary and found else (None, None)
            if found is None or (about is not None and about.kind != "checkbox"):
                continue
            groups[found[0]].append(column)
            code = choice or found[1]
            label = about.choices.get(code) if about else found[1] if "(choice=" in column else None
            flavour = stands_for_missing(code, label, missing)
            if flavour is not None:
                flavours[column] = flavour
        return cls({name: tuple(columns) for name, columns in groups.items()}, flavours)

    def unanswered(self, cells: Mapping[str, str]) -> dict[str, Presence]:
        """The empty boxes of a row that are no "no", with the null flavour that they have instead."""
        found: dict[str, Presence] = {}
        for columns in self.groups.values():
            marked = [each for each in columns if ticked(cells.get(each, ""))]
            flavour = next((self.missing[each] for each in marked if each in self.missing), None)
            if flavour is None and marked:
                continue
            for each in columns:
                if ticked(cells.get(each, "")) is False:
                    found[each] = flavour or Presence.UNKNOWN
        return found
