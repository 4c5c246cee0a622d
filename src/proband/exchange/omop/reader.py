"""Rows of the OMOP CDM to facts.

A condition or a drug lasts from its start through its end, and without an end until somebody says otherwise. The comparator of a
measurement is its operator. Nothing in these tables says that something is absent: who has no row may have been elsewhere. Only
``observation_period`` says over which days the site watched a person (``Proband|observation-period``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from proband.exchange.fhir.values import units_differ
from proband.exchange.may_name import asks_for_a_diagnosis, like_icd10_in, may_name, of_family, through
from proband.exchange.omop.beside import (
    PART,
    against_a_number,
    against_an_answer,
    called_otherwise,
    said_beside,
)
from proband.exchange.omop.drugs import taken_through, written_ends
from proband.exchange.omop.tables import (
    COLUMNS,
    NOT_READ,
    KnownConcept,
    Row,
    Vocabulary,
    find_no_vocabulary,
    heard,
    is_of_a_concept,
    table_of,
    tables_in,
    whole,
)
from proband.exchange.readers import FileAtHand, reader
from proband.exchange.report import FileReport, declined
from proband.exchange.rows.beside import NOTHING_AGAINST, LookedAt, said_against
from proband.exchange.rows.facts import COMPARATORS
from proband.exchange.rows.tables import BLANK, delimiter, first_row
from proband.exchange.written_numbers import plain_number
from proband.facts.called import called, called_what
from proband.facts.deaths import DEATH_KEYS, died_in_words
from proband.facts.left import LEFT, left_in_words
from proband.facts.mentions import mention_of
from proband.facts.observation import Observation, Origin, Presence
from proband.facts.other_systems import recorded_in, says_where, unread_document
from proband.facts.result_names import may_be, may_be_by_its_unit, unnamed
from proband.terms import TermError, UncertainDate, is_unit
from proband.terms.answers import Answer, answer_of

SEXES = {"8507": "male", "8532": "female", "8521": "other"}
#: visit concepts → class of an encounter in HL7's ActCode, under which FHIR writes it
VISITS = {
    "9201": "IMP",
    "262": "IMP",
    "9202": "AMB",
    "9203": "EMER",
    "581478": "AMB",
    "581476": "HH",
    "8717": "IMP",
    "32037": "ACUTE",
}
ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
#: value concepts that say yes or no
YES_CONCEPTS = frozenset({"4188539", "45877994", "4181412", "9191"})
NO_CONCEPTS = frozenset({"4188540", "45878245", "4132135", "9189"})
#: condition statuses that are no diagnosis yet, and one that says that it is over
PRELIMINARY, RESOLVED = {"32899"}, {"37109701", "32906"}
#: systems whose codes name a finding, so that a row without a value states the finding itself
FINDINGS = {"SNOMED", "HPO", "ICD-10", "ICD-9-CM", "MONDO", "ORPHA"}


_ISO = re.compile(r"[0-9]{4}(?:-[0-9]{2}(?:-[0-9]{2})?)?")


@lru_cache(maxsize=65536)
def _day(written: str) -> UncertainDate:
    try:
        plain = written.strip()[:10]
        return UncertainDate.parse(plain) if _ISO.fullmatch(plain) else UncertainDate.unknown()
    except TermError:
        return UncertainDate.unknown()


@lru_cache(maxsize=65536)
def _clock(written: str) -> datetime | None:
    """The moment; ``None`` for midnight sharp, which these tables write where only the day is known."""
    try:
        moment = datetime.fromisoformat(written.replace(" ", "T", 1)) if len(written) > 10 else None
    except ValueError:
        return None
    return None if moment is None or (moment.hour, moment.minute, moment.second) == (0, 0, 0) else moment


class OmopReader:
    """Turns rows into facts; what is no fact is counted."""

    def __init__(self, file: str, report: FileReport, vocabulary: Vocabulary) -> None:
        self._file = file
        self._report = report
        self._vocabulary = vocabulary

    def facts(self, table: str, rows: Iterator[tuple[str, Row]]) -> Iterator[Observation]:
        """Facts of the rows of one table."""
        if table in NOT_READ or table == "concept":
            reason = NOT_READ[table][1] if table in NOT_READ else "vocabulary"
            n = sum(1 for _ in rows)
            self._report.read[table] += n
            if n:
                self._report.ignore(table, reason, "", n)
            return
        read = _READERS[table]
        concepts = [each for each in COLUMNS[table] if each.endswith("_concept_id")]
        looks: list[LookedAt] | None = None
        for position, row in rows:
            self._report.read[table] += 1
            looks = heard(row) if looks is None else looks
            for column in concepts:
                if not is_of_a_concept(row.get(column, "")):
                    self._lacks_concept(column, row[column], position)
            if not whole(row.get("person_id", "")):  # NULL, as a database writes it, is nobody
                self._report.ignore(table, "it names nobody", position)
                self._report.lacking["row that names nobody"] += 1
                continue
            against = said_against(row, looks) if looks else NOTHING_AGAINST
            if against is NOTHING_AGAINST:
                yield from read(self, row, position)
            elif against.withdrawn or against.another:
                why = against.withdrawn or against.another or ""
                self._report.ignore(table, f"the row is withdrawn, or another's ({why[:60]})", position)
            else:
                yield from map(against.of, read(self, row, position))

    def _lacks_concept(self, column: str, written: str, position: str) -> None:
        self._report.lack(
            "omop.concept", f"{column}: {written[:40]!r} is the number of no concept", position,
            "write the numbers of concepts as whole numbers", what="concept whose number is no whole number",
        )  # fmt: skip

    def _fact(self, row: Row, position: str, system: str, code: str, table: str, **rest: Any) -> Observation:
        name = whole(row.get(f"{table}_id", ""))
        problems = tuple(each for each in (rest.pop("problem", None),) if each)
        attributes = {
            key: value for key, value in rest.pop("attributes", {}).items() if value not in (None, "")
        }
        return Observation(
            subject=whole(row["person_id"]), system=system, code=code, origin=Origin(self._file, position),
            resource=f"{table}/{name}" if name else None, problems=problems, attributes=attributes, **rest,
        )  # fmt: skip

    def _concepts(self, row: Row, stem: str) -> list[KnownConcept]:
        """The concepts of a row (:func:`concepts_of`)."""
        return concepts_of(
            self._vocabulary,
            whole(row.get(f"{stem}_concept_id", "")),
            whole(row.get(f"{stem}_source_concept_id", "")),
            row.get(f"{stem}_source_value", "").strip(),
        )

    def _coded(self, row: Row, position: str, table: str, stem: str, **rest: Any) -> Iterator[Observation]:
        attributes = rest.pop("attributes", {})
        own = self._concepts(row, stem)
        known = [*own, *where_recorded(stem, own)]
        if stem in RESULTS and rest.get("presence") is not Presence.ABSENT:
            known += may_be_results(own)
            if "value" in rest:
                by_unit = may_be_unnamed(own, rest.get("unit"))
                known += [each for each, low, high in by_unit if low <= rest["value"] <= high]
        leading = f"{known[0].system}|{known[0].code}"
        word = row.get("measurement_source_value", "").strip() if stem == "measurement" else ""
        for index, each in enumerate(dict.fromkeys(known)):
            extra = attributes if index == 0 else {**attributes, "same-as": leading}
            if word and each.system == "LOINC" and (odd := called_otherwise(word, each.code)):
                told = {**rest, "problem": rest.get("problem") or odd}
            else:
                beside = says_where(each.system, each.code) or called_what(each.system, each.code)
                told = rest if beside is None or stem in RESULTS else {**rest, "presence": Presence.UNKNOWN}
            yield self._fact(
                row,
                position,
                each.system,
                each.code,
                table,
                display=each.name or None,
                attributes=extra,
                **told,
            )

    # -- tables ---------------------------------------------------------------------------------------------------

    def person(self, row: Row, position: str) -> Iterator[Observation]:
        """Birth date, as far as it is given, and sex."""
        year, month, day = (row.get(f"{part}_of_birth", "").strip() for part in ("year", "month", "day"))
        written = row.get("birth_datetime", "")[:10]
        if year and not written:
            parts = (
                [year.zfill(4)]
                + ([month.zfill(2)] if month else [])
                + ([day.zfill(2)] if month and day else [])
            )
            written = "-".join(parts)
        born = _day(written)
        known = born.earliest is not None
        at_odds = known and year and born.earliest is not None and str(born.earliest.year) != year
        yield self._fact(
            row, position, "Proband", "birth-date", "person", when=born, text=str(born) if known else None,
            presence=Presence.PRESENT if known else Presence.UNKNOWN,
            problem=f"year_of_birth is {year}, and birth_datetime {written}" if at_odds else None,
            attributes={"identifiers": [row["person_source_value"]] if row.get("person_source_value") else None},
        )  # fmt: skip
        sex = SEXES.get(whole(row.get("gender_concept_id", "")))
        yield self._fact(
            row,
            position,
            "Proband",
            "sex",
            "person",
            text=sex,
            presence=Presence.PRESENT if sex else Presence.UNKNOWN,
        )

    def death(self, row: Row, position: str) -> Iterator[Observation]:
        """That the person died."""
        cause = self._vocabulary.of(whole(row.get("cause_concept_id", "")))
        yield self._fact(
            row, position, "Proband", "vital-status", "death", text="deceased", when=_day(row.get("death_date", "")),
            attributes={"cause": f"{cause.system}|{cause.code}" if cause else None},
        )  # fmt: skip

    def visit(self, row: Row, position: str) -> Iterator[Observation]:
        """A visit with its days."""
        concept = whole(row.get("visit_concept_id", ""))
        end = row.get("visit_end_date", "").strip()
        kind = VISITS.get(concept)
        known = self._vocabulary.of(concept)
        words = (
            row.get("discharged_to_source_value", "").strip()
            or row.get("discharge_to_source_value", "").strip()
        )
        to = whole(row.get("discharged_to_concept_id", "")) or "0"
        to = whole(row.get("discharge_to_concept_id", "")) if to == "0" else to
        if ended_by_death(self._vocabulary.of(to), words):
            yield self._fact(
                row, position, "Proband", "vital-status", "visit_occurrence", text="deceased", problem=BY_DEATH,
                when=_day(end or row.get("visit_start_date", "")),
            )  # fmt: skip
        yield self._fact(
            row, position, "Proband", "encounter", "visit_occurrence", text=known.name if known else None,
            value_system=ACT_CODE if kind else "OMOP", value_code=kind or concept or None, persists=True,
            when=_day(row.get("visit_start_date", "")), until=_day(end) if end else None,
            attributes={"status": "finished" if end else None},
        )  # fmt: skip

    def condition(self, row: Row, position: str) -> Iterator[Observation]:
        """A condition from its start through its end."""
        status = whole(row.get("condition_status_concept_id", ""))
        end = row.get("condition_end_date", "").strip()
        start = _day(row.get("condition_start_date", ""))
        until = _day(end) if end else UncertainDate.unknown() if status in RESOLVED else None
        shared: dict[str, Any] = {
            "presence": Presence.UNKNOWN if status in PRELIMINARY else Presence.PRESENT,
            "when": start, "persists": True, "until": until, "attributes": {"kind": "condition"},
            "problem": _ends_before(start, until),
        }  # fmt: skip
        yield from self._coded(row, position, "condition_occurrence", "condition", **shared)
        for each in self._concepts(row, "condition"):
            yield self._fact(
                row, position, "Proband", "disease", "condition_occurrence", text=each.name or None,
                value_system=each.system, value_code=each.code, **shared,
            )  # fmt: skip
        word = row.get("condition_source_value", "").strip()
        known = self._concepts(row, "condition")
        named = named_by_source(known, word)
        if not named and is_wordless(known):
            self._report.lack_code(position)
        if not named:  # a code of the source says what the number does not
            self._lacks_meaning(known, position)
        yield from self._mentions(
            row, position, "condition_occurrence", "condition_source_value", start, named
        )

    def _mentions(
        self, row: Row, position: str, table: str, column: str, when: UncertainDate, named: list[KnownConcept]
    ) -> Iterator[Observation]:
        """What a row names without saying that the person has it."""
        for each in named:
            yield self._fact(
                row, position, each.system, each.code, table, display=each.name or None, when=when, persists=True, until=through(when),
                attributes={"kind": "mention", "where": column},
            )  # fmt: skip

    def _valued(
        self, row: Row, position: str, table: str, when: UncertainDate, time: datetime | None, **fields: Any
    ) -> Iterator[Observation]:
        """The facts of a measurement or an observation, and what diagnosis its value names."""
        yield from self._coded(row, position, table, table, when=when, time=time, **fields)
        if "value_code" in fields:
            known = KnownConcept(fields["value_system"], fields["value_code"], fields.get("text") or "")
            named = named_by_value(self._concepts(row, table), known)
            yield from self._mentions(row, position, table, "value_as_concept_id", when, named)

    def drug(self, row: Row, position: str) -> Iterator[Observation]:
        """A drug from its start through its end, its supply, or a day that is not known."""
        start = _day(row.get("drug_exposure_start_date", ""))
        ends = written_ends(row, _day)
        problem = next((each for end in ends if (each := _ends_before(start, end))), None)
        known = self._concepts(row, "drug")
        if is_wordless(known):
            self._report.lack("code.words-only", DRUG_IN_WORDS_ONLY, position, what=DRUG_IN_WORDS)
        self._lacks_meaning(known, position)
        yield from self._coded(
            row, position, "drug_exposure", "drug", when=start, persists=True, until=taken_through(row, start, ends),
            attributes={"kind": "drug-exposure", "reason": row.get("stop_reason")}, problem=problem,
        )  # fmt: skip

    def _lacks_meaning(self, known: list[KnownConcept], position: str) -> None:
        if self._vocabulary and known[0].system == "OMOP" and not is_wordless(known):
            self._report.lack("omop.unknown", UNKNOWN_CONCEPT_ONLY, position, what=UNKNOWN_CONCEPT)

    def procedure(self, row: Row, position: str) -> Iterator[Observation]:
        """A procedure on its day."""
        when, time = _day(row.get("procedure_date", "")), _clock(row.get("procedure_datetime", ""))
        yield from self._coded(
            row,
            position,
            "procedure_occurrence",
            "procedure",
            when=when,
            time=time,
            attributes={"kind": "procedure"},
        )

    def measurement(self, row: Row, position: str) -> Iterator[Observation]:
        """A measurement with its operator, unit and range."""
        fields = self._value(row)
        operator = whole(row.get("operator_concept_id", ""))
        comparator = COMPARATORS.get(operator) if operator else "="
        if comparator is None:
            fields["problem"] = f"the operator {operator[:20]!r} is none of the model"
        elif comparator != "=":
            fields["comparator"] = comparator
        if "value" in fields:
            beside = said_beside(row.get("value_source_value", ""))
            sign = None if comparator == "=" else comparator
            against = against_a_number(beside, sign, fields["value"], fields["unit"])
            fields["problem"] = fields.get("problem") or against or self._odd_unit(row)
        low, high = plain_number(row.get("range_low", "")), plain_number(row.get("range_high", ""))
        yield from self._valued(
            row, position, "measurement", _day(row.get("measurement_date", "")), _clock(row.get("measurement_datetime", "")),
            reference_low=low, reference_high=high, **fields,
        )  # fmt: skip

    def observation(self, row: Row, position: str) -> Iterator[Observation]:
        """Whatever else was observed; a finding of SNOMED without a value states itself."""
        fields = self._value(row)
        words = row.get("value_as_string", "").strip()
        if "value" in fields:
            beside = (said_beside(words), said_beside(row.get("value_source_value", "")))
            number, unit = fields["value"], fields["unit"]
            found = (against_a_number(one, None, number, unit) for one in beside)
            against = next((each for each in found if each), None)
            fields["problem"] = against or self._odd_unit(row)
        elif fields.get("presence") is Presence.ABSENT and _qualified(row):
            fields = {"presence": Presence.NOT_APPLICABLE, "attributes": {"part": PART}}
        if fields.get("presence") is Presence.UNKNOWN:
            if fields.get("problem") != "no value":
                pass
            elif words:
                fields = {"text": words}
            elif self._concepts(row, "observation")[0].system in FINDINGS:
                fields = {}
        when, time = _day(row.get("observation_date", "")), _clock(row.get("observation_datetime", ""))
        yield from self._valued(row, position, "observation", when, time, **fields)
        named = self._concepts(row, "observation")
        if (
            says_left(named)
            and fields.get("presence") is not Presence.ABSENT
            and answer_of(words) is not Answer.NO
        ):
            yield self._fact(row, position, *LEFT, "observation", when=when, text=named[0].name[:80])
        if (
            "value" not in fields
            and fields.get("presence") is not Presence.ABSENT
            and answer_of(words) is None
        ):
            yield from self._diagnosed(row, position, words, when)

    def _diagnosed(self, row: Row, position: str, words: str, when: UncertainDate) -> Iterator[Observation]:
        """What an observation that asks for a diagnosis is answered in words: codes in them, what bears their name, and else something that nobody sees."""
        if not words or words.lower() in BLANK or not asks_in_words(self._concepts(row, "observation")):
            return
        coded = [KnownConcept(*mention_of("ICD-10", code), words) for code in like_icd10_in(words)]
        yield from self._mentions(row, position, "observation", "value_as_string", when, coded)
        for system, code in (recorded_in("diagnosis", ["ICD-10"] if coded else ()), *called([words])):
            yield self._fact(
                row, position, system, code, "observation", display=words[:120], when=when, persists=True, until=through(when), presence=Presence.UNKNOWN,
                attributes={"kind": "where-recorded"},
            )  # fmt: skip
        if not coded:
            self._report.lack_code(position)

    def device(self, row: Row, position: str) -> Iterator[Observation]:
        """A device from the day on which somebody had it, through its end, and without one until nobody knows when."""
        start, end = (
            _day(row.get("device_exposure_start_date", "")),
            row.get("device_exposure_end_date", "").strip(),
        )
        until = _day(end) if end else through(start)
        yield from self._coded(
            row, position, "device_exposure", "device", when=start, persists=True, until=until, attributes={"kind": "device-exposure"}, problem=_ends_before(start, until),
        )  # fmt: skip

    def specimen(self, row: Row, position: str) -> Iterator[Observation]:
        """What a specimen is of, on the day on which it was taken; and that its state may be a diagnosis."""
        when, time = _day(row.get("specimen_date", "")), _clock(row.get("specimen_datetime", ""))
        yield from self._coded(
            row, position, "specimen", "specimen", when=when, time=time, attributes={"kind": "specimen"}
        )
        state = whole(row.get("disease_status_concept_id", ""))
        if state not in {"", "0"}:
            known = self._vocabulary.of(state)
            for system, code in (recorded_in("diagnosis", ()), *called([known.name if known else None])):
                yield self._fact(
                    row, position, system, code, "specimen", display=known.name if known else None, when=when, persists=True, until=through(when), presence=Presence.UNKNOWN,
                    attributes={"kind": "where-recorded"},
                )  # fmt: skip

    def note(self, row: Row, position: str) -> Iterator[Observation]:
        """That a note is on record which nobody read: it speaks against silence, of what such a note can speak of."""
        if not row.get("note_text", "").strip():
            self._report.ignore("note", "it holds nothing", position)
            return
        when = _day(row.get("note_date", ""))
        known, kinds = kind_of_note(self._vocabulary, whole(row.get("note_class_concept_id", "")))
        for system, code in kinds:
            yield self._fact(
                row, position, system, code, "note", display=known, when=when, persists=True, until=through(when), presence=Presence.UNKNOWN, attributes={"kind": "unread"},
            )  # fmt: skip

    def period(self, row: Row, position: str) -> Iterator[Observation]:
        """Over which days the site watched the person."""
        start, end = (
            _day(row.get("observation_period_start_date", "")),
            row.get("observation_period_end_date", ""),
        )
        yield self._fact(
            row,
            position,
            "Proband",
            "observation-period",
            "observation_period",
            when=start,
            persists=True,
            until=_day(end),
        )

    def _value(self, row: Row) -> dict[str, Any]:
        written = row.get("value_as_number", "")
        number = plain_number(written)
        if number is not None:
            return {"value": number, "unit": self._unit(row)}
        if written.strip().lower() not in BLANK:
            return {"presence": Presence.UNKNOWN, "problem": f"{written[:40]!r} is no number"}
        concept = whole(row.get("value_as_concept_id", ""))
        if concept in YES_CONCEPTS | NO_CONCEPTS:
            presence = Presence.PRESENT if concept in YES_CONCEPTS else Presence.ABSENT
            beside = [said_beside(row.get(each, "")) for each in ("value_as_string", "value_source_value")]
            against = next((each for one in beside if (each := against_an_answer(one, presence))), None)
            return {"presence": Presence.UNKNOWN, "problem": against} if against else {"presence": presence}
        known = self._vocabulary.of(concept)
        if known is not None:
            return {"value_system": known.system, "value_code": known.code, "text": known.name}
        if concept not in {"", "0"}:
            return {"value_system": "OMOP", "value_code": concept}
        return {"presence": Presence.UNKNOWN, "problem": "no value"}

    def _odd_unit(self, row: Row) -> str | None:
        known = self._vocabulary.of(whole(row.get("unit_concept_id", "")))
        return odd_unit(known, row.get("unit_source_value", "").strip())

    def _unit(self, row: Row) -> str | None:
        return unit_of(
            self._vocabulary, whole(row.get("unit_concept_id", "")), row.get("unit_source_value", "").strip()
        )


def concepts_of(vocabulary: Vocabulary, concept: str, source: str, word: str) -> list[KnownConcept]:
    """A concept with its source concept, where the two differ; a number that the vocabulary has not stays a number."""
    found = (vocabulary.of(concept), vocabulary.of(source))
    known = list(dict.fromkeys(each for each in found if each is not None))
    number = next((each for each in (concept, source) if each not in {"", "0"}), None)
    return known or [
        KnownConcept("OMOP", f"source {word}"[:60], word)
        if number is None
        else KnownConcept("OMOP", number, "")
    ]


def asks_in_words(known: list[KnownConcept]) -> bool:
    """Whether an observation asks what somebody has, so that words that answer it are a diagnosis."""
    return asks_for_a_diagnosis(
        [(each.system, each.code) for each in known], " ".join(each.name for each in known)
    )


def says_left(known: list[KnownConcept]) -> bool:
    """Whether an observation says by its name that somebody left a study."""
    return any(left_in_words(each.name) for each in known)


def kind_of_note(vocabulary: Vocabulary, concept: str) -> tuple[str | None, list[tuple[str, str]]]:
    """What a note is called by its class, and the facts that it may speak of kinds of records (:func:`proband.facts.other_systems.unread_document`)."""
    known = vocabulary.of(concept)
    return (known.name or None if known else None), unread_document(
        [(known.system, known.code)] if known else []
    )


#: stems of tables whose concepts may bear the name of what is asked for, and are of no kind that is asked for in systems
_NAMED_ALONE = frozenset({"device", "specimen"})
_KINDS = {"condition": "diagnosis", "drug": "drug", "procedure": "procedure"}


def where_recorded(stem: str, known: list[KnownConcept]) -> list[KnownConcept]:
    """In which systems the concepts of a row stand (:mod:`proband.facts.other_systems`), for tables of diagnoses, drugs and procedures."""
    if stem in _NAMED_ALONE:
        return [KnownConcept(*each, "") for each in called(each.name for each in known)]
    wordless = stem == "procedure" and is_wordless(known)
    if stem not in _KINDS or (
        known[0].system == "OMOP" and not wordless
    ):  # what the vocabulary has not is lacking, and said
        return []
    told = [KnownConcept(*recorded_in(_KINDS[stem], (each.system for each in known)), "")]
    return told + [KnownConcept(*each, "") for each in called(each.name for each in known)]


#: stems of the tables that hold results
RESULTS = frozenset({"measurement", "observation"})


def may_be_results(known: list[KnownConcept]) -> list[KnownConcept]:
    """The facts that a result may be something which its concepts do not say (:mod:`proband.facts.result_names`), by its name."""
    keys = [(each.system, each.code) for each in known]
    words = [each.name for each in known]
    return [KnownConcept(*each, known[0].name) for each in (*may_be(keys, words), *called(words))]


def may_be_unnamed(known: list[KnownConcept], unit: str | None) -> list[tuple[KnownConcept, float, float]]:
    """The same of a result that nothing names, by its unit, each with the least and the greatest number that it can have."""
    if not unnamed([(each.system, each.code) for each in known], [each.name for each in known]):  # fmt: skip
        return []
    return [(KnownConcept(system, code, known[0].name), low, high) for system, code, low, high in may_be_by_its_unit(unit)]  # fmt: skip


DRUG_IN_WORDS = "drug in words without a code"
DRUG_IN_WORDS_ONLY = "a drug stands in words alone, and criteria ask for codes: nobody sees it"
UNKNOWN_CONCEPT = "concept of a diagnosis or a drug that the vocabulary has not"
UNKNOWN_CONCEPT_ONLY = (
    "the vocabulary has no concept of this number, and criteria ask for codes: nobody sees it"
)
BY_DEATH = "a visit is said to have ended by death, and the table of deaths need not say so"


def ended_by_death(known: KnownConcept | None, words: str) -> bool:
    """Whether somebody is said to have been discharged dead: by the code of the concept, or by the source's word."""
    return (known is not None and (known.system, known.code) in DEATH_KEYS) or died_in_words(words)


def is_wordless(known: list[KnownConcept]) -> bool:
    """Whether a row has no concept at all: only the source's own word says what it is of."""
    return known[0].system == "OMOP" and known[0].code.startswith("source ")


def named_by_source(known: list[KnownConcept], word: str) -> list[KnownConcept]:
    """Mentions of the diagnoses that the source's own word may name, where no concept of the row is of ICD-10."""
    if any(each.system == "ICD-10" for each in known):
        return []
    return [KnownConcept(*mention_of("ICD-10", code), word) for code in like_icd10_in(word)]


def named_by_value(asked: list[KnownConcept], value: KnownConcept) -> list[KnownConcept]:
    """Mentions of the diagnoses that a value names ("Diagnosis: C22.0"), unless the question is about relatives."""
    if any(of_family(each.code, each.name) for each in asked):
        return []
    named = may_name(value.system, value.code) if value.system != "OMOP" else ()
    return [KnownConcept(*mention_of(*each), value.name) for each in dict.fromkeys(named)]


def unit_of(vocabulary: Vocabulary, concept: str, printed: str) -> str | None:
    """A unit by its concept, if that is one of UCUM; else as it is printed."""
    known = vocabulary.of(concept)
    if known is not None and known.system == "UCUM" and is_unit(known.code):
        return known.code
    return printed or (known.code if known else None)


def odd_unit(known: KnownConcept | None, printed: str) -> str | None:
    """That a unit's concept and the unit that is printed are surely two units; ``None`` where they may be one."""
    if known is None or known.system != "UCUM" or not units_differ(known.code, printed):
        return None
    return f"the unit is {known.code!r}, and the source has {printed[:40]!r}"


def _qualified(row: Row) -> bool:
    return whole(row.get("qualifier_concept_id", "")) not in {"", "0"} or bool(
        row.get("qualifier_source_value", "").strip()
    )


def _ends_before(start: UncertainDate, until: UncertainDate | None) -> str | None:
    last: date | None = until.latest if until else None
    return (
        f"it ends {last} before it starts {start.earliest}"
        if last and start.earliest and last < start.earliest
        else None
    )


_READERS: dict[str, Callable[[OmopReader, Row, str], Iterator[Observation]]] = {
    "person": OmopReader.person,
    "death": OmopReader.death,
    "visit_occurrence": OmopReader.visit,
    "condition_occurrence": OmopReader.condition,
    "drug_exposure": OmopReader.drug,
    "procedure_occurrence": OmopReader.procedure,
    "measurement": OmopReader.measurement,
    "observation": OmopReader.observation,
    "observation_period": OmopReader.period,
    "device_exposure": OmopReader.device,
    "specimen": OmopReader.specimen,
    "note": OmopReader.note,
}


def _is_table(file: FileAtHand) -> bool:
    if file.mapping is not None:  # whoever gives a mapping says what the columns mean
        return False
    return table_of(first_row(file.content, delimiter(file.content))) is not None


def _read(file: FileAtHand) -> Iterator[Observation]:
    vocabulary = file.reading.kept(Vocabulary)
    read = OmopReader(file.name, file.report, vocabulary)
    found = False
    for name, rows in tables_in(file.content):
        found = True
        file.report.format = f"OMOP CDM {name}" if not file.report.format else "OMOP CDM"
        yield from read.facts(name, rows)
    if not found:
        raise declined("exchange.binary")
    if not vocabulary:
        find_no_vocabulary(file.report)


@reader("OMOP CDM", "text", looks=_is_table)
def read_csv_table(file: FileAtHand) -> Iterator[Observation]:
    """Facts of a table of the OMOP CDM as CSV."""
    return _read(file)


@reader(
    "OMOP CDM, Parquet or DuckDB",
    "binary",
    looks=lambda file: file.content.head.startswith(b"PAR1") or file.content.head[8:12] == b"DUCK",
)
def read_binary_table(file: FileAtHand) -> Iterator[Observation]:
    """Facts of a table of the OMOP CDM as Parquet, or of all tables of a DuckDB file."""
    return _read(file)
