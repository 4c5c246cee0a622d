"""From an observation as read to a fact for one observable: does it count, when, and what does it say.

A fact says an interval (``low … high``), yes or no, or a code. A result that cannot be used (wrong or missing unit,
impossible, flagged by its reader, masked, text instead of a number) says *nothing*, but it still stands in its place: where it could
be the latest, the latest is unknown. It is shown with its reason and never scored.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from proband.facts.called import called, called_what, titles
from proband.facts.mentions import mention_of
from proband.facts.observation import Observation, Presence
from proband.facts.other_systems import by_form, elsewhere_than, says_where
from proband.facts.result_names import asked_under_other_names, under_another_name
from proband.programme.eligibility import (
    DatedEvent,
    EventCount,
    FromFacts,
    Multiple,
    OneNumber,
    SaysNumber,
    SaysWord,
    SaysYesNo,
    Selection,
)
from proband.programme.expression import is_pure
from proband.screening.calendar import Occasion, day_number
from proband.terms import TermError, UncertainDate, factor
from proband.terms.answers import NO_WORDS, YES_WORDS
from proband.terms.concepts import categories, in_category, is_category
from proband.terms.units import printed
from proband.terms.units.analytes import analyte_of

#: a bound such as "<5" is kept as an interval whose end lies one part in 2^40 below 5, so that "<5" is never 5: less than any digit
#: that is printed, and more than the 14 digits by which computed numbers are compared
JUST = 2.0**-40
TINY = 1e-300

#: the attribute under which a fact of another name says why it may be what is asked for
_MAY_BE = "may-be"
_BLOCKING = {Presence.UNKNOWN: "recorded as unknown", Presence.MASKED: "masked"}


def just_below(value: float) -> float:
    """The bound that stands for "less than value"."""
    return value - abs(value) * JUST - TINY


def just_above(value: float) -> float:
    """The bound that stands for "more than value"."""
    return value + abs(value) * JUST + TINY


@dataclass(frozen=True, slots=True)
class ObservedValue:
    """One observation as one observable sees it.

    ``low``/``high`` bound a number, a rank or a day; ``truth`` and ``code`` likewise; all ``None`` where the result
    cannot be used, and ``problem`` says why. ``certain`` is false where it only *may* be about the thing asked for.
    """

    observation: Observation
    when: Occasion
    low: float | None = None
    high: float | None = None
    truth: bool | None = None
    code: str | None = None
    certain: bool = True
    problem: str = ""


def vague_keys(observable: FromFacts) -> dict[tuple[str, str], tuple[tuple[str, str], ...]]:
    """Codes that are not asked for, facts of which may be about one that is → the codes that are asked for.

    Who is recorded under ``E10`` (type 1 diabetes) may be one under ``E10.2`` (with kidney complications), and who was
    admitted because of it, or whose report concludes it, may have it: that is no yes, and no silence either. Categories
    count for events, dates and yes or no; what is only mentioned (:mod:`proband.facts.mentions`) for yes or no alone. What is recorded
    in a system in which nobody asks (:mod:`proband.facts.other_systems`) counts where silence would mean "no". A number, and the answer of a
    laboratory, may stand under another code, a name alone or none (:mod:`proband.facts.result_names`).
    """
    if isinstance(observable, OneNumber | SaysYesNo) and observable.where is None:
        named_alike = _under_other_names(observable)
    else:
        named_alike = {}
    if not isinstance(observable, SaysYesNo | EventCount | DatedEvent):
        return named_alike
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    own = dict.fromkeys(observable.code_keys)
    for system, code in own:
        stands_for = [(system, each) for each in categories(system, code) if (system, each) not in own]
        if isinstance(observable, SaysYesNo):
            named = [(system, code), *((system, each) for each in categories(system, code))]
            named += [(system, in_category(code))] if is_category(system, code) else []
            stands_for += [mention_of(*each) for each in named]
        for each in stands_for:
            found.setdefault(each, []).append((system, code))
    for concept in observable.codes:  # what bears the name of a code, or of all of them
        for key in called((concept.display,)):
            found.setdefault(key, []).append(concept.key)
    for key in (
        *called((observable.label,)),
        *titles((observable.label, *(each.display for each in observable.codes)), observable.id),
    ):
        found[key] = list(own)
    if not isinstance(observable, DatedEvent) and observable.silence_means_no:
        selected = observable.where.value or () if observable.where else ()
        found |= {each: list(own) for each in elsewhere_than([*own, *by_form(selected)])}
    return {vague: tuple(asked) for vague, asked in found.items()} | named_alike


def _under_other_names(
    observable: OneNumber | SaysYesNo,
) -> dict[tuple[str, str], tuple[tuple[str, str], ...]]:
    """Codes of results that may be what a number, or an answer under a code of LOINC, asks for → the code of LOINC that is asked for."""
    own = [key for key in dict.fromkeys(observable.code_keys) if key[0] == "LOINC"]
    return dict.fromkeys(asked_under_other_names(own), tuple(own[:1]))


def category_keys(observable: FromFacts) -> dict[tuple[str, str], tuple[str, str]]:
    """Codes under which finer codes count surely for a category of ICD-10, or a class of ATC, that is asked for → the category."""
    return {
        (system, in_category(code)): (system, code)
        for system, code in observable.code_keys
        if is_category(system, code)
    }


def as_asked(observation: Observation, asked: tuple[str, str]) -> Observation | None:
    """A fact of a vague code as it may be one of the code that is asked for; ``None`` where it says nothing of that."""
    if observation.presence is Presence.ABSENT or observation.presence.is_silent:
        return None
    where = says_where(observation.system, observation.code)
    problems = observation.problems if where is None else (*observation.problems, where)
    attributes = observation.attributes
    key = (observation.system, observation.code)
    if (named := under_another_name(*key, asked) or called_what(*key)) is not None:
        attributes = {**attributes, _MAY_BE: named}
    return replace(observation, system=asked[0], code=asked[1], problems=problems, attributes=attributes)


def facts_for(
    observable: FromFacts, observations: Iterable[Observation], doubtful: Iterable[Observation] = ()
) -> tuple[list[ObservedValue], list[Observation]]:
    """The facts of one observable, and the observations that only give a reason for silence (not asked, not applicable).

    ``doubtful`` are facts that may be about it (:func:`as_asked`).
    """
    facts: list[ObservedValue] = []
    silent: list[Observation] = []
    for observation, sure in (*((o, True) for o in observations), *((o, False) for o in doubtful)):
        matches = _selected(observable.where, observation)
        if matches is False:
            continue
        matches = matches if sure else None
        if observation.presence.is_silent:
            silent.append(observation)
            continue
        fact = _read(observable, observation)
        if fact is None:
            continue
        facts.append(
            fact
            if matches
            else ObservedValue(
                fact.observation,
                fact.when,
                fact.low,
                fact.high,
                fact.truth,
                fact.code,
                certain=False,
                problem="; ".join(filter(None, (observation.attributes.get(_MAY_BE), fact.problem)))
                or "it does not say whether it is the thing asked for",
            )
        )
    return facts, silent


_FINER = re.compile(r"^[a-z]\d[0-9a-z]\.[0-9a-z]+$")


def categories_of_words(words: Iterable[str]) -> frozenset[str]:
    """The ICD-10 categories of the finer codes among some words, in lower case, which may stand for them."""
    return frozenset(each[:3] for word in words if _FINER.match(each := word.strip().lower()))


def says_one_of(own: set[str], words: Iterable[str]) -> bool:
    """Whether words of a fact are among those asked for, or finer ICD-10 codes of a category among them; all in lower case."""
    asked = {v.lower() for v in words}
    finer = {word[:3] for word in own if word[3:4] == "."}
    return not own.isdisjoint(asked) or bool(finer and finer & icd10_categories(asked))


def icd10_categories(words: Iterable[str]) -> set[str]:
    """The words that are ICD-10 categories, in lower case."""
    return {each for word in words if re.fullmatch(r"[a-z]\d[0-9a-z]", each := word.lower())}


def _selected(where: Selection | None, observation: Observation) -> bool | None:
    if where is None:
        return True
    verdict: bool | None = True
    if where.value is not None:
        own = {t.strip().lower() for t in (observation.value_code, observation.text) if t}
        if not own:
            verdict = None
        elif not says_one_of(own, where.value):
            if not own & categories_of_words(where.value):
                return False
            verdict = None
    for name, accepted in where.attributes.items():
        given = observation.attributes.get(name)
        if given is None or str(given).strip().lower() in {"", "unknown"}:
            verdict = None
        elif str(given).strip().lower() not in accepted:
            return False
    return verdict


def _read(observable: FromFacts, observation: Observation) -> ObservedValue | None:
    """What an observation says for an observable; ``None`` where it says nothing about the thing at all."""
    when = Occasion.of(observation)
    unusable = _unusable(observation)
    if backwards := _backwards(
        observation, when
    ):  # it holds from its beginning until nobody knows when, if it does
        unusable = unusable or backwards
        observation = replace(observation, until=UncertainDate.unknown())
    if unusable:
        return ObservedValue(observation, when, problem=unusable)
    if isinstance(observable, SaysYesNo):
        return _boolean(observable, observation, when)
    if observation.presence is Presence.ABSENT:
        return None
    match observable:
        case EventCount():
            return ObservedValue(observation, when, truth=True)
        case DatedEvent():
            return ObservedValue(observation, when, _float(when.first_day), _float(when.last_day))
        case SaysNumber():
            return _number(observable, observation, when)
        case SaysWord():
            return _word(observable, observation, when)
    raise TypeError(f"{observable.id}: nothing reads facts for a {type(observable).__name__}")


def _unusable(observation: Observation) -> str:
    """Why an observation cannot be used, whatever is asked of it (empty: it can)."""
    if observation.problems:
        return "flagged: " + "; ".join(observation.problems)
    if observation.value is not None and not math.isfinite(observation.value):
        return "its number is not finite"
    return _BLOCKING.get(observation.presence, "")


def _backwards(observation: Observation, when: Occasion) -> str:
    """That an observation ends before it begins, in words: one of its days is wrong, and nobody can tell which (empty: it does not)."""
    end = None if observation.until is None else observation.until.latest
    if end is None or when.first_day is None or day_number(end) >= when.first_day:
        return ""
    return f"it ends {end} before it begins ({when})"


def _word(observable: SaysWord, observation: Observation, when: Occasion) -> ObservedValue:
    """A code, or a place in an order, by its word."""
    word = (observation.value_code or observation.text or "").strip()
    if not word and observation.value is not None:
        number = _number_word(observation.value)
        word = number if number in observable.vocabulary else ""
    word = spelling(observable, word)
    if not word:
        return ObservedValue(observation, when, problem="it carries no value")
    if observable.type == "code":
        if observable.values and word not in {v.lower() for v in observable.values}:
            return ObservedValue(observation, when, problem=f"{word!r} is not among the values")
        return ObservedValue(observation, when, code=word)
    rank = observable.signature.rank(word)
    if rank is None:
        return ObservedValue(observation, when, problem=f"{word!r} is not among the values")
    return ObservedValue(observation, when, float(rank), float(rank))


def _number_word(value: float) -> str:
    """A number as the word that stands for exactly it: 2 for 2.0."""
    return str(int(value)) if math.isfinite(value) and value == int(value) else repr(value)


def spelling(observable: SaysWord, word: str) -> str:
    """A word of a source in lower case, or what its synonym stands for."""
    lowered = word.strip().lower()
    return observable.spellings.get(lowered, lowered)


def _boolean(observable: SaysYesNo, observation: Observation, when: Occasion) -> ObservedValue:
    if observation.presence is Presence.ABSENT:
        return ObservedValue(observation, when, truth=False)
    if observable.where is not None and observable.where.value is not None:
        return ObservedValue(observation, when, truth=True)  # the selection has read the value already
    words = [t.strip().lower() for t in (observation.value_code, observation.text) if t and t.strip()]
    if not words and observation.value is not None:
        words = [_number_word(observation.value)]
    if not words:
        return ObservedValue(observation, when, truth=True)
    yes, no = boolean_words(observable)
    says_yes, says_no = (any(w in said for w in words) for said in (yes, no))
    if says_yes and says_no:
        return ObservedValue(observation, when, problem=f"it says both yes and no ({' and '.join(words)})")
    if says_yes or says_no:
        return ObservedValue(observation, when, truth=says_yes)
    if observable.where is not None:
        return ObservedValue(
            observation, when, truth=True
        )  # the selection says what it is; the words only name it (a variant)
    return ObservedValue(observation, when, problem=f"{words[-1]!r} is neither yes nor no")


def boolean_words(observable: SaysYesNo) -> tuple[frozenset[str], frozenset[str]]:
    """The words that mean yes and no for an observable: its own, or the usual ones where it names none.

    *true* and *false* are no words of a laboratory but how forms and FHIR write yes and no; they need no declaration.
    """
    if observable.true_values or observable.false_values:
        yes = frozenset(v.lower() for v in observable.true_values)
        no = frozenset(v.lower() for v in observable.false_values)
        return yes | ({"true"} - no), no | ({"false"} - yes)
    return YES_WORDS, NO_WORDS


def conversion(observable: SaysNumber, unit: str | None) -> tuple[float, float] | None:
    """``(scale, offset)`` from a result's unit to the observable's, or ``None`` where there is no honest way."""
    source = unit if unit is not None and unit.strip() else observable.unit_if_missing
    target = observable.unit
    if source is None:
        return (1.0, 0.0) if is_pure(target) else None
    if target is None:
        return (1.0, 0.0) if is_pure(source) else None
    if source == target:
        return 1.0, 0.0
    if (is_pure(target) and "%" in source) or (is_pure(source) and "%" in target):
        return None  # a percent of something is another quantity than a ratio: 62 % (Quick) is no INR of 0.62
    try:
        return factor(source, target, observable.analyte or analyte_of(each.key for each in observable.codes))
    except TermError:
        return None


def upper_limit(observable: Multiple) -> float | None:
    """The stated upper limit of normal in the observable's unit."""
    if observable.uln is None or observable.uln.value is None:
        return None
    found = conversion(observable, observable.uln.unit)
    return None if found is None else scaled(observable.uln.value, found)


def scaled(value: float, by: tuple[float, float]) -> float:
    """``value * scale + offset`` as a printed decimal; what needs no conversion stays as it is (SQL does the same)."""
    scale, offset = by
    return value if (scale, offset) == (1.0, 0.0) else printed(value * scale + offset)


def _number(observable: SaysNumber, observation: Observation, when: Occasion) -> ObservedValue:
    raw = observation.value
    if raw is None or not math.isfinite(raw):
        said = f" ({observation.text!r})" if observation.text else ""
        return ObservedValue(observation, when, problem=f"it carries no number{said}")
    by = conversion(observable, observation.unit)
    if by is None:
        reason = (
            f"unit {observation.unit!r} cannot become {observable.unit or '(none declared)'}"
            if observation.unit
            else f"it has no unit; {observable.unit} is needed"
        )
        return ObservedValue(observation, when, problem=reason)
    value = scaled(raw, by)
    if not observation.comparator and not _plausible(observable, value):
        low, high = (
            (observable.plausible.low, observable.plausible.high) if observable.plausible else (None, None)
        )
        said = f"impossible value {value:g} {observable.unit or ''}".rstrip()
        return ObservedValue(observation, when, problem=f"{said} (plausible {low:g} to {high:g})")
    if isinstance(observable, Multiple) and not observable.baseline:
        own = _own_limit(observation)
        if own is not None:
            value = printed(raw / own)
        else:
            stated = upper_limit(observable)
            if stated is None:
                return ObservedValue(
                    observation, when, problem="no upper limit of normal came with it, and none is stated"
                )
            value = printed(value / stated)
    return _bounded(observation, when, value)


def _own_limit(observation: Observation) -> float | None:
    """The upper limit of normal that came with a result, where it can be one: above nothing and not below the lower one (SQL does the same)."""
    own, low = observation.reference_high, observation.reference_low
    if own is None or not math.isfinite(own) or own <= 0:
        return None
    return None if low is not None and low > own else own


def _plausible(observable: SaysNumber, value: float) -> bool:
    limits = observable.plausible
    return limits is None or limits.low is None or limits.high is None or limits.low <= value <= limits.high


def _bounded(observation: Observation, when: Occasion, value: float) -> ObservedValue:
    match observation.comparator:
        case None | "" | "=":
            return ObservedValue(observation, when, value, value)
        case "<":
            return ObservedValue(observation, when, None, just_below(value))
        case "<=":
            return ObservedValue(observation, when, None, value)
        case ">":
            return ObservedValue(observation, when, just_above(value), None)
        case ">=":
            return ObservedValue(observation, when, value, None)
        case other:
            return ObservedValue(observation, when, problem=f"the comparator {other!r} is not understood")


def _float(number: int | None) -> float | None:
    return None if number is None else float(number)
