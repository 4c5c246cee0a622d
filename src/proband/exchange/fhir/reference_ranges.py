"""Which of several reference ranges of a result is this person's: by type, sex, age and unit; none where that cannot be told.

A man's result is not held against the women's limit because it stands first. A range counts if everything that it says of whom
it is for is known to be so of the person; of those that count the most particular ones do, and only if they agree.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import Any

from proband.exchange.fhir import values as v
from proband.terms import TermError, UncertainDate, factor
from proband.terms.units import convert

#: how sources write for whom a range is (SNOMED CT, administrative gender, words) → sex
_SEXES = {
    "248153007": "male",
    "248152002": "female",
    **dict.fromkeys(
        ("male", "males", "man", "men", "m", "boys", "adult male", "adult males", "männlich", "männer", "mann", "homme", "hommes", "hombre",
         "hombres", "uomo", "uomini"), "male",
    ),
    **dict.fromkeys(
        ("female", "females", "woman", "women", "f", "girls", "adult female", "adult females", "weiblich", "frauen", "frau", "w", "femme",
         "femmes", "mujer", "mujeres", "donna", "donne"), "female",
    ),
}  # fmt: skip
#: words in the text of a range that say whom it is for in a way that nothing here can check
_SOME = frozenset((
    "child", "children", "kinder", "kind", "enfant", "enfants", "niños", "bambini", "infant", "infants", "newborn", "newborns", "neonate",
    "neonates", "neonatal", "neugeborene", "säuglinge", "paediatric", "pediatric", "pregnant", "pregnancy", "schwangere",
    "schwangerschaft", "grossesse", "trimester", "luteal", "follicular", "menopausal", "postmenopausal", "premenopausal", "dialysis",
    "smoker", "smokers", "athlete", "athletes",
))  # fmt: skip
_WORD = re.compile(r"[^\W\d_]+")
#: what says nothing that narrows a range
_EVERYONE = {"all", "any", "everyone", "normal", "both", "general"}
#: types of ranges that are limits of normal
_NORMAL = {"normal", "reference", "reference range"}
#: days in units of age
_DAYS = {"a": 365.25, "mo": 30.4375, "wk": 7.0, "d": 1.0}


@dataclass(frozen=True, slots=True)
class PersonDescribed:
    """What decides which range is a person's: ``sex`` (``None`` unknown) and the birth date."""

    sex: str | None = None
    born: UncertainDate = field(default_factory=UncertainDate.unknown)

    def age_in_days(self, on: UncertainDate) -> tuple[float, float] | None:
        """The least and the most days of age on a day; ``None`` where either day is open."""
        first, last = self.born.earliest, self.born.latest
        if first is None or last is None or on.earliest is None or on.latest is None:
            return None
        return float((on.earliest - last).days), float((on.latest - first).days)


def person_described(patient: dict[str, Any] | None) -> PersonDescribed:
    """What a Patient resource says of sex and birth."""
    if patient is None:
        return PersonDescribed()
    return PersonDescribed(v.text(patient.get("gender")), v.moment(patient.get("birthDate")).when)


def limits_for(
    node: dict[str, Any], unit: str | None, person: PersonDescribed, on: UncertainDate
) -> tuple[float | None, float | None]:
    """The limits of normal that are this person's on a day, in the unit of the value; ``(None, None)`` where none is for certain."""
    found: dict[int, set[tuple[float | None, float | None]]] = {}
    for each in v.items(node.get("referenceRange")):
        entry = v.obj(each)
        particular = _particular(entry, person, on)
        limits = _limits(entry, unit)
        if particular is not None and limits is not None:
            found.setdefault(particular, set()).add(limits)
    if not found:
        return None, None
    nearest = found[max(found)]
    return nearest.pop() if len(nearest) == 1 else (None, None)


def _particular(entry: dict[str, Any], person: PersonDescribed, on: UncertainDate) -> int | None:
    """How many things a range says of whom it is for, all true of the person; ``None`` where one is not, or is not known."""
    kinds = {word.lower() for word in _words(entry.get("type"))}
    if kinds and not kinds & _NORMAL:
        return None
    said = 0
    for concept in v.items(entry.get("appliesTo")):
        words = [word.strip().lower() for word in _words(concept)]
        if not words or any(word in _EVERYONE for word in words):
            continue
        sex = next((_SEXES[word] for word in words if word in _SEXES), None)
        if sex is None or sex != person.sex:
            return None
        said += 1
    written = _said_in_words(v.text(entry.get("text")), person.sex)
    if written is None:
        return None
    said += written
    if entry.get("age") is not None:
        if not _of_age(v.obj(entry["age"]), person.age_in_days(on)):
            return None
        said += 1
    return said


def _said_in_words(text: str | None, sex: str | None) -> int | None:
    """How many things the text of a range says of whom it is for; ``None`` where one is not so of the person, or cannot be told."""
    words = {word.lower() for word in _WORD.findall(text or "")}
    if words & _SOME:
        return None
    sexes = {_SEXES[word] for word in words if word in _SEXES}
    if not sexes:
        return 0
    return 1 if sexes == {sex} else None


def _words(concept: Any) -> list[str]:
    """Every code, display and text of a concept."""
    entry = v.obj(concept)
    found = [v.text(entry.get("text"))]
    for coding in v.items(entry.get("coding")):
        found += [v.text(v.obj(coding).get("code")), v.text(v.obj(coding).get("display"))]
    return [word for word in found if word]


def _of_age(limits: dict[str, Any], age: tuple[float, float] | None) -> bool:
    """Whether an age surely lies in a range of ages; the upper end is the last completed year, month … that belongs to it."""
    if age is None:
        return False
    for name, end in (("low", age[0]), ("high", age[1])):
        if limits.get(name) is None:
            continue
        stated = v.quantity(limits[name])
        days = _in_days(stated.value, stated.unit)
        if days is None or (end < days[0] if name == "low" else end >= days[1]):
            return False
    return True


def _in_days(value: float | None, unit: str | None) -> tuple[float, float] | None:
    """An age in days, and the age one unit later."""
    if value is None or unit is None:
        return None
    for name, days in _DAYS.items():
        try:
            scale, offset = factor(unit, name)
        except TermError:
            return None
        if offset == 0.0 and abs(scale - 1.0) < 1e-9:
            return value * days, (value + 1) * days
    return None


def _limits(entry: dict[str, Any], unit: str | None) -> tuple[float | None, float | None] | None:
    """The limits of a range in the unit of the value; ``None`` where they are in none that becomes it, or can be no limits."""
    low, high = (_in_unit(v.quantity(entry.get(side)), unit) for side in ("low", "high"))
    if low is math.nan or high is math.nan or (low is None and high is None):
        return None
    upside_down = low is not None and high is not None and low > high
    nothing_normal = high is not None and high <= 0 and (low is None or low >= 0)
    return None if upside_down or nothing_normal else (low, high)


def _in_unit(side: v.Measured, unit: str | None) -> float | None:
    """One limit in the unit of the value; NaN where it cannot be."""
    if side.value is None or side.unit in (None, unit) or side.printed == unit:
        return side.value
    if side.problem is not None or unit is None:
        return math.nan
    try:
        return convert(side.value, str(side.unit), unit)
    except TermError:
        return math.nan
