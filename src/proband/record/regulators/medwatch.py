"""A case as the fields of the form FDA 3500A (MedWatch, mandatory reporting), each with its place on the form; no form is drawn.

The places are those of the form's instructions (FDA, Instructions for Completing the MedWatch Form 3500A; read in the copy of 27 July 2004 at
webharvest.gov and in the layout of 5/15 at omb.report). The layout has changed between the years: whoever fills the form in goes by the words of the field.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date

from proband.record.regulators.case import CaseSupplement, SafetyCase
from proband.record.regulators.icsr import DRAFT

#: the form's own words for what is not there (instructions, "General Instructions")
UNKNOWN, NO_INFORMATION, NOT_APPLICABLE = "UNK", "NI", "NA"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class FormEntry:
    """One field of the form: its place, its words, what stands in it, and what is missing (empty: nothing)."""

    place: str
    label: str
    value: str
    missing: str = ""

    def as_dict(self) -> dict[str, str]:
        """The field as plain values."""
        return asdict(self)


def medwatch_of(case: SafetyCase, site: CaseSupplement, *, created: str) -> list[FormEntry]:
    """The fields of the form for a case.

    Parameters
    ----------
    case, site
        The case as it stands, and what the site adds.
    created
        When the draft is made, a UTC stamp.
    """
    event = case.event
    product = (
        "blinded study product"
        if case.blinded
        else ", ".join(case.named(kind, site) for kind in case.kinds) or "; ".join(case.products_elsewhere)
    )
    lots = ", ".join(dict.fromkeys(lot for dose in case.doses for lot in dose.lots))
    age = f"{site.age:g} years" if site.age is not None else ""
    sex = {1: "male", 2: "female"}.get(site.sex or 0, "")
    weight = f"{site.weight:g} kg" if site.weight is not None else ""
    related = {None: "not judged by two people yet", True: "a relation is possible", False: "no relation"}[
        event.related
    ]
    return [
        FormEntry("", "Status", DRAFT),
        FormEntry("A1", "Patient identifier", event.participant),
        _entry("A2", "Age at time of event", age, "age: in years at the onset"),
        _entry("A3", "Sex", sex, "sex: 1 male, 2 female"),
        _entry("A4", "Weight", weight, "weight: in kilograms"),
        FormEntry("B1", "Adverse event and/or product problem", "adverse event"),
        _entry("B2", "Outcomes attributed to adverse event", _outcomes(case, site), "criteria: why it is serious" if event.serious else "", empty=NOT_APPLICABLE),
        _entry("B3", "Date of event", _written(case.onset), "the onset is not known to the year", empty=UNKNOWN),
        FormEntry("B4", "Date of this report", _written(created[:10].replace("-", ""))),
        _entry("B5", "Describe event or problem", site.narrative or event.term, "" if site.narrative else "narrative: the course in words"),
        FormEntry("B6", "Relevant tests/laboratory data, including dates", NO_INFORMATION, "enter what bears on it"),
        FormEntry("B7", "Other relevant history", "; ".join(_elsewhere(one) for one in case.elsewhere) or NO_INFORMATION),
        _entry("C1", "Suspect product: name", product, "product_name: the name of the product"),
        _entry("C2", "Dose, frequency and route used", ", ".join(dict.fromkeys(dose.route or "" for dose in case.doses)), "", empty=NO_INFORMATION),
        _entry("C3", "Therapy dates", ", ".join(_written(dose.on.replace("-", "")) for dose in case.doses), "", empty=UNKNOWN),
        _entry("C4", "Diagnosis for use (indication)", f"MedDRA {site.indication.version}: {site.indication.code}" if site.indication else "", "indication"),
        FormEntry("C5", "Event abated after use stopped or dose reduced", NO_INFORMATION),
        _entry("C6", "Lot #", lots, "", empty=UNKNOWN if not case.blinded else NO_INFORMATION),
        FormEntry("C8", "Event reappeared after reintroduction", NO_INFORMATION),
        FormEntry("G1", "Contact office", site.organisation or NO_INFORMATION, "" if site.organisation else "organisation"),
        FormEntry("G3", "Report source", "study" if case.own else "health professional, treated elsewhere"),
        FormEntry("G4", "Date received by manufacturer", _written(case.latest.replace("-", ""))),
        FormEntry("G5", "Protocol", f"{case.study}, {case.title}, version {case.programme}"),
        FormEntry("G8", "Adverse event term", f"MedDRA {site.reaction.version}: {site.reaction.code}" if site.reaction else event.term,
                  "" if site.reaction else "reaction: code and version of MedDRA, from whoever holds the licence"),
        _entry("G9", "Manufacturer report number", site.case_number or "", "case_number: the sender's number of the case"),
        FormEntry("", "Causality, by two people", related),
    ]  # fmt: skip


def _outcomes(case: SafetyCase, site: CaseSupplement) -> str:
    words = {
        "hospitalisation": "hospitalization, initial or prolonged", "disability": "disability or permanent damage",
        "birth-defect": "congenital anomaly or birth defect", "other": "other serious (important medical events)",
    }  # fmt: skip
    found = [words[one] for one in site.criteria]
    if case.event.life_threatening:
        found.insert(0, "life-threatening")
    if case.event.fatal:
        found.insert(0, "death")
    return "; ".join(found)


def _entry(place: str, label: str, value: str, missing: str, *, empty: str = NO_INFORMATION) -> FormEntry:
    return FormEntry(
        place, label, value or empty, missing if not value or label.startswith("Describe") else ""
    )


def _elsewhere(one: dict[str, object]) -> str:
    where = f" in {one['country']}" if one["country"] else ""
    return f"treated elsewhere{where}, {one['when']}: {one['product'] or 'with what is unknown'}"


def _written(digits: str | None) -> str:
    """A date in the form's own way, ``02-Mar-2026``, as far as it is known."""
    if not digits:
        return ""
    if len(digits) == 8:
        day = date.fromisoformat(digits)
        return f"{day.day:02d}-{_MONTHS[day.month - 1]}-{day.year}"
    return f"{_MONTHS[int(digits[4:]) - 1]}-{digits[:4]}" if len(digits) == 6 else digits
