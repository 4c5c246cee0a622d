"""An entry of ClinicalTrials.gov (API v2) as the beginning of a programme: what it says is put where it belongs, as text that somebody has to make computable.

Nothing of an entry decides about anybody here: its criteria, arms, ages and outcomes are notes (``todo``) that ``proband check`` counts and that
no sealed bundle holds. What was not taken over is listed by its place, so that nobody believes that all of it was read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from proband.terms import ProbandError

#: headings that part the free text of the criteria: of criteria, before a colon, or the word alone; "exclusion of other causes" is a criterion itself
_HEADING = re.compile(
    r"^\W*(?:key |main |major )?(inclusion|exclusion)(?:\W+criteri(?:a|on)\b[^:\n]{0,40}:?|\b[^:\n]{0,40}:)?\W*$",
    re.IGNORECASE,
)
#: how an item of a list begins; what does not begin so goes on with the item before it
_ITEM = re.compile(r"^\s*(?:[*•\-–]|\d{1,2}[.)]|[a-z][.)])\s+")
#: an escaped sign of the registry's Markdown
_ESCAPED = re.compile(r"\\([<>\[\]*_~#+.\-])")
#: nearest kind of a programme by the type of what is given
_KINDS = {"DEVICE": "device", "GENETIC": "gene-therapy", "BIOLOGICAL": "single-arm-cells"}


@dataclass(frozen=True, slots=True)
class RegistryEntry:
    """What an entry says, by the file of a bundle in which it is to be written.

    Attributes
    ----------
    id
        Number of the entry.
    kind
        The nearest kind to begin with; ``None`` where the entry does not tell it.
    condition
        Its first condition, in words.
    minors
        Whether it takes people below majority.
    notes
        What is to be written from it, by file.
    left
        Places of the entry that were not taken over, each with how many values stand below it.
    """

    id: str
    kind: str | None
    condition: str
    minors: bool
    notes: Mapping[str, tuple[str, ...]]
    left: Mapping[str, int] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """The entry as plain JSON values."""
        return {
            "id": self.id, "condition": self.condition, "minors": self.minors,
            "notes": {name: list(notes) for name, notes in self.notes.items()}, "left": dict(self.left),
        }  # fmt: skip


class _Reader:
    """Looks things up in an entry and remembers where it looked."""

    def __init__(self, section: Mapping[str, Any]) -> None:
        self.section = section
        self.taken: set[str] = set()

    def get(self, module: str, name: str, default: Any) -> Any:
        """A field of a module; what is of another form than ``default`` counts as not there, and is left."""
        within = self.section.get(module)
        found = within.get(name) if isinstance(within, Mapping) else None
        if not isinstance(found, type(default)):
            return default
        self.taken.add(f"{module}.{name}")
        return found

    def rows(self, module: str, name: str) -> list[Mapping[str, Any]]:
        return [row for row in self.get(module, name, []) if isinstance(row, Mapping)]

    def left(self) -> dict[str, int]:
        """The fields that nobody asked for, with the number of values in each."""
        return {
            place: sum(1 for _ in _values(value))
            for module, fields in self.section.items()
            if isinstance(fields, Mapping)
            for name, value in fields.items()
            if (place := f"{module}.{name}") not in self.taken
        }


def read_entry(data: Any) -> RegistryEntry:
    """An entry as the API gives it (``protocolSection`` and what stands beside it).

    Raises
    ------
    ProbandError
        ``new.entry.form`` where it is none, ``new.entry.observed`` where people are only observed.
    """
    section = data.get("protocolSection") if isinstance(data, Mapping) else None
    if not isinstance(section, Mapping):
        raise ProbandError("new.entry.form", missing="protocolSection")
    reader = _Reader(section)
    id = reader.get("identificationModule", "nctId", "")
    conditions = [text for one in reader.get("conditionsModule", "conditions", []) if (text := _line(one))]
    for name, missing in ((id, "identificationModule.nctId"), (conditions, "conditionsModule.conditions")):
        if not name:
            raise ProbandError("new.entry.form", missing=missing)
    studied = reader.get("designModule", "studyType", "")
    if studied != "INTERVENTIONAL":
        raise ProbandError("new.entry.observed", id=id, studied=studied.lower() or "not said")
    design = reader.get("designModule", "designInfo", {})
    given = reader.rows("armsInterventionsModule", "interventions")
    ages = [_line(age) for age in reader.get("eligibilityModule", "stdAges", [])]
    notes = {
        "programme.yaml": (
            f"if {id} is this programme's own entry, write it as registration; if it is another's, cite it as a source",
            *_head(reader, conditions),
            *_design(reader, design),
            *_arms(reader),
        ),
        "product.yaml": tuple(_named(one, "name", "description", kind="type") for one in given),
        "eligibility.yaml": tuple(_criteria(reader)),
        "outcomes.yaml": tuple(_outcomes(reader)),
    }
    left = reader.left() | {name: sum(1 for _ in _values(value)) for name, value in data.items() if name not in ("protocolSection", "hasResults")}  # fmt: skip
    return RegistryEntry(id, _kind(design, given), conditions[0], "CHILD" in ages, notes, left)


def _kind(design: Mapping[str, Any], given: list[Mapping[str, Any]]) -> str | None:
    types = {str(one.get("type")) for one in given}
    if "DEVICE" in types:
        return "device"
    if design.get("allocation") == "RANDOMIZED":
        return "randomised-masked"
    return next((kind for type_, kind in _KINDS.items() if type_ in types), None)


def _head(reader: _Reader, conditions: list[str]) -> Iterator[str]:
    for name, what in (
        ("officialTitle", "official title"),
        ("briefTitle", "short title"),
        ("acronym", "acronym"),
    ):
        if text := _line(reader.get("identificationModule", name, "")):
            yield f"{what} in the registry: {text}"
    if summary := _line(reader.get("descriptionModule", "briefSummary", "")):
        yield f"summary in the registry: {summary}"
    if len(conditions) > 1:
        yield f"conditions in the registry: {'; '.join(conditions)}"
    places = sorted(
        {_line(one.get("country")) for one in reader.rows("contactsLocationsModule", "locations")} - {""}
    )
    if places:
        yield f"countries in the registry: {', '.join(places)}"


def _design(reader: _Reader, design: Mapping[str, Any]) -> Iterator[str]:
    masking = design.get("maskingInfo") or {}
    said = {
        "allocation": design.get("allocation"), "model": design.get("interventionModel"), "purpose": design.get("primaryPurpose"),
        "masking": masking.get("masking") if isinstance(masking, Mapping) else None,
        "phases": ", ".join(map(str, reader.get("designModule", "phases", []))),
        "people": reader.get("designModule", "enrollmentInfo", {}).get("count"),
    }  # fmt: skip
    told = [f"{name} {_line(value)}" for name, value in said.items() if value]
    if told:
        yield f"design in the registry: {'; '.join(told)}"


def _arms(reader: _Reader) -> Iterator[str]:
    for one in reader.rows("armsInterventionsModule", "armGroups"):
        given = ", ".join(map(_line, one.get("interventionNames") or []))
        yield _named(one, "label", "description", kind="type") + (f" (given: {given})" if given else "")


def _criteria(reader: _Reader) -> Iterator[str]:
    limits = [
        f"{end} {text}" for end, name in (("from", "minimumAge"), ("to", "maximumAge")) if (text := _line(reader.get("eligibilityModule", name, "")))
    ]  # fmt: skip
    if limits:
        yield f"make computable: age {' '.join(limits)}"
    if (sex := _line(reader.get("eligibilityModule", "sex", ""))) not in ("", "ALL"):
        yield f"make computable: sex {sex.lower()}"
    for kind, text in criteria_in(reader.get("eligibilityModule", "eligibilityCriteria", "")):
        yield f"make computable, {kind}: {text}"


def criteria_in(text: str) -> list[tuple[str, str]]:
    """The criteria of a free text, in their order: ``include``, ``exclude``, or ``include or exclude`` before any heading."""
    found: list[tuple[str, str]] = []
    kind, goes_on = "include or exclude", False
    for line in _ESCAPED.sub(r"\1", text).splitlines():
        heading = _HEADING.match(line)
        if heading:
            kind, goes_on = {"inclusion": "include", "exclusion": "exclude"}[heading[1].lower()], False
        elif not line.strip():
            goes_on = False
        elif goes_on and not _ITEM.match(line):
            found[-1] = (found[-1][0], f"{found[-1][1]} {_line(line)}")
        else:
            found.append((kind, _line(_ITEM.sub("", line))))
            goes_on = True
    return [(kind, text) for kind, text in found if text]


def _outcomes(reader: _Reader) -> Iterator[str]:
    for name in ("primaryOutcomes", "secondaryOutcomes", "otherOutcomes"):
        for one in reader.rows("outcomesModule", name):
            when = _line(one.get("timeFrame"))
            yield f"{name.removesuffix('Outcomes')}: {_named(one, 'measure', 'description')}" + (f" [{when}]" if when else "")  # fmt: skip


def _named(row: Mapping[str, Any], name: str, about: str, *, kind: str = "") -> str:
    said = _line(row.get(kind)).lower().replace("_", " ") if kind else ""
    text = f"{said}: {_line(row.get(name))}" if said else _line(row.get(name))
    return f"{text}: {more}" if (more := _line(row.get(about))) else text


def _line(value: Any) -> str:
    """A value in one line."""
    return "" if value is None else " ".join(str(value).split())


def _values(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping | list):
        for one in value.values() if isinstance(value, Mapping) else value:
            yield from _values(one)
    else:
        yield value
