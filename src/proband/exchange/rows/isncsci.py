"""ISNCSCI examinations in rows: columns of the REDCap instrument ``isncsci_exam``, and of others by the names of their findings.

The instrument has a value field and three qualifying fields for each level: ``right_light_touch_c2_value``,
``…_considernormal``. ``ab-x`` means that a condition other than the spinal cord injury explains the finding: considered
normal (1) it is written ``x**``, considered not normal (2) ``x*``, as in the 2019 revision of the worksheet. The form of Praxis
writes the star itself, and ``ConsiderNormal`` beside it.
"""

from __future__ import annotations

from collections.abc import Mapping

from proband.exchange.examinations import FEWEST, exchange_key, says_revision

_YES_NO = {
    "1": "Yes",
    "0": "No",
    "yes": "Yes",
    "no": "No",
    "y": "Yes",
    "n": "No",
    "nt": "NT",
    "2": "NT",
    "true": "Yes",
    "false": "No",
}
_CONSIDERED = {"1": "**", "true": "**", "yes": "**", "2": "*", "0": "*", "false": "*", "no": "*"}


def is_examination(header: list[str]) -> bool:
    """Whether a table holds this examination."""
    return len({key for each in header if (key := exchange_key(each))}) >= FEWEST


def belongs(column: str) -> bool:
    """Whether a column is part of an examination: a finding, how it is to be taken, or the revision."""
    return (
        exchange_key(column) is not None or column.lower().endswith("considernormal") or says_revision(column)
    )


def revision(row: Mapping[str, str]) -> str:
    """By which revision of the standards the row says that it was made; blank where it does not say."""
    return next((said.strip() for column, said in row.items() if said.strip() and says_revision(column)), "")


def examination(
    row: Mapping[str, str], named: Mapping[str, str] | None = None
) -> tuple[dict[str, str], list[str]]:
    """The examination of one row as ``{exchange key: value}`` and what is wrong with it.

    A blank field is left out: an examination with a gap is refused by :class:`~proband.instruments.isncsci.model.Exam`
    and is not filled here. ``named`` gives the exchange keys of columns that a mapping names.
    """
    found: dict[str, str] = {}
    problems: list[str] = []
    for column, written in row.items():
        key = (named or {}).get(column) or exchange_key(column)
        raw = written.strip()
        if key is None or not raw:
            continue
        if key in found:
            problems.append(f"{column}: {key} stands in another column too")
            continue
        if "NonKey" in key:
            if raw.lower() not in {"none", "n/a", "na", "0"}:
                found[key] = raw.upper()
            continue
        if key.startswith("anal"):
            said = _YES_NO.get(raw.lower())
            if said is None:
                problems.append(f"{column}: {raw!r} is neither yes, no nor NT")
            else:
                found[key] = said
            continue
        value = raw.lower()
        considered = _CONSIDERED.get(_considered(row, column))
        if value.startswith("ab-"):
            if considered is None:
                problems.append(f"{column}: {raw!r} does not say whether it is considered normal")
                continue
            value = value[3:] + considered
        elif value.endswith("*") and not value.endswith("**") and considered == "**":
            value += "*"
        found[key] = value.upper() if value.startswith("nt") else value
    return found, problems


def _considered(row: Mapping[str, str], column: str) -> str:
    bare = column.removesuffix("_value")
    return (row.get(f"{bare}_considernormal", "") or row.get(f"{bare}ConsiderNormal", "")).strip().lower()
