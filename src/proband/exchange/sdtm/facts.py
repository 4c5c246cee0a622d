"""Rows of SDTM to facts, by the class of their dataset.

A blank is missing and never a "no": an event or a drug did not occur where the row says so (``--OCCUR`` of ``N``), a test was not done where
``--STAT`` says so. An event lasts from its start through its end, and without an end until somebody says otherwise; a drug without an end has
ended nobody knows when, unless the row says that it is ongoing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Protocol

from proband.exchange.fhir.specimens import SpecimenSaid, otherwise
from proband.exchange.may_name import through
from proband.exchange.remarks import UNFIT, problem_in
from proband.exchange.report import FileReport
from proband.exchange.sdtm.datasets import Cells
from proband.exchange.sdtm.dates import NO_TIME, WrittenTime, born_at_age, on_study_day, read_time
from proband.exchange.sdtm.relations import Relations
from proband.exchange.sdtm.results import SCORED, result_of
from proband.exchange.sdtm.terminology import SEXES, SYSTEM, loinc_of
from proband.facts.deaths import died_in_words, is_dead
from proband.facts.left import AGREED, LEFT, left_in_words
from proband.facts.mentions import mention_of
from proband.facts.observation import Observation, Origin, Presence
from proband.facts.other_systems import recorded_in
from proband.facts.result_names import may_be
from proband.terms import UncertainDate, canonical_code

#: endings of columns that become attributes of the fact
_FINDING_WORDS = {
    "SPEC": "specimen", "CAT": "category", "SCAT": "subcategory", "LOC": "location", "LAT": "laterality", "METHOD": "method", "POS": "position",
    "FAST": "fasting", "NRIND": "range-indicator", "EVAL": "evaluator", "TPT": "time-point", "DRVFL": "derived", "REASND": "reason",
    "STNRC": "reference-words", "CLSIG": "clinically-significant", "OBJ": "object", "BLFL": "baseline", "LOBXFL": "last-before-exposure",
}  # fmt: skip
_EVENT_WORDS = {
    "CAT": "category", "SCAT": "subcategory", "SEV": "severity", "TOXGR": "grade", "SER": "serious", "REL": "causality", "ACN": "action", "OUT": "outcome",
    "BODSYS": "body-system", "LOC": "location", "LAT": "laterality", "REASND": "reason", "EVDTYP": "event-type", "PRESP": "asked-for",
}  # fmt: skip
_INTERVENTION_WORDS = {
    "CAT": "category", "SCAT": "subcategory", "DOSE": "dose", "DOSTXT": "dose-text", "DOSU": "dose-unit", "DOSFRQ": "frequency", "ROUTE": "route",
    "INDC": "indication", "CLAS": "class", "REASND": "reason", "PRESP": "asked-for",
}  # fmt: skip
_KINDS = {"AE": "adverse-event", "MH": "condition", "CE": "clinical-event", "DS": "disposition", "CM": "drug-exposure", "EX": "drug-exposure",
          "EC": "drug-exposure", "SU": "substance-use", "PR": "procedure", "ML": "meal", "AG": "agent"}  # fmt: skip
_FAMILY = re.compile(
    r"\bFAMIL|\bRELATIVE|\bMOTHER\b|\bFATHER\b|\bSIBLING|\bDONOR\b|\bPARTNER\b|\bFETUS\b|\bFOETUS\b",
    re.IGNORECASE,
)
#: domains in which one event, or one drug, may stand
_EVENTS, _DRUGS = ("AE", "CE", "MH"), ("CM", "EC", "EX", "AG")
_ATC = re.compile(r"^[A-Z]\d{2}[A-Z]{0,2}\d{0,2}$")
#: that a consent was withdrawn, in the words of a disposition
_WITHDRAWN = re.compile(
    r"\bWITHDR\w+ (?:BY|FROM STUDY BY) (?:THE )?(?:SUBJECT|PATIENT|PARTICIPANT|PARENT|GUARDIAN)|\bWITHDR\w+ (?:OF |HIS |HER |THE )?(?:INFORMED )?CONSENT"
    r"|\bCONSENT (?:WAS |HAS BEEN )?(?:WITHDRAWN|REVOKED)|\bREVO\w+ (?:OF )?(?:INFORMED )?CONSENT"
)
#: what stands for an arm of those who were never treated (CDISC terminology, ARMCD and ARMNRS before and after version 3.3 of the guide)
_NEVER_TREATED = {"SCRNFAIL", "SCREEN FAILURE"}
_DOSES = {"EC", "EX"}
#: what was not taken over the days that were asked for may have been before
_OF_ITS_DAYS = {"CM", "EC", "EX", "AG"}
_OVER = {"RECOVERED/RESOLVED", "RECOVERED/RESOLVED WITH SEQUELAE"}


def term_code(prefix: str, *words: str) -> str:
    """The code under which what a row names stands: ``MH.SEPSIS``, ``LB.ALB.SERUM``."""
    return ".".join(
        [
            prefix,
            *(
                re.sub(r"\s+", " ", each.strip()).replace("|", "/").upper()[:120]
                for each in words
                if each.strip()
            ),
        ]
    )


class Known(Protocol):
    """What the other datasets of a reading say of persons."""

    starts: dict[str, UncertainDate]
    relations: Relations

    def others(self, person: str, study: str) -> list[str]:
        """The other ids of a person."""
        ...  # a declaration


class SdtmReader:
    """Turns rows into facts; what is no fact is counted."""

    def __init__(self, file: str, report: FileReport, known: Known) -> None:
        self._file = file
        self._report = report
        self._known = known
        self._starts = known.starts

    def facts(self, kind: str, prefix: str, row: Cells, position: str) -> Iterator[Observation]:
        """Facts of one row of a dataset of that class."""
        subject = row.get("USUBJID", "").strip()
        if not subject:
            pooled = row.get("POOLID", "").strip()
            self._report.ignore(
                f"{prefix} row", "it is about a pool of people" if pooled else "it names nobody", position
            )
            if not pooled:
                self._report.lacking["row that names nobody"] += 1
            return
        yield from {"persons": self._person, "findings": self._finding, "events": self._event, "interventions": self._intervention}[kind](
            row, prefix, position
        )  # fmt: skip

    def _fact(
        self, row: Cells, position: str, system: str, code: str, prefix: str, **rest: Any
    ) -> Observation:
        number = row.get(f"{prefix}SEQ", "").strip()
        subject = row["USUBJID"].strip()
        attributes = {
            name: said for name, said in rest.pop("attributes", {}).items() if said not in (None, "")
        }
        problems = tuple(each for each in rest.pop("problems", ()) if each)
        return Observation(
            subject=subject, system=system, code=code, attributes=attributes, origin=Origin(self._file, position), problems=problems,
            resource=f"{prefix}/{subject}/{number}" if number else None, **rest,
        )  # fmt: skip

    def _coded(
        self, row: Cells, position: str, prefix: str, codes: list[tuple[str, str]], **rest: Any
    ) -> Iterator[Observation]:
        """The fact under each of its codes; the second and later say of what they are the same."""
        attributes = rest.pop("attributes", {})
        leading = f"{codes[0][0]}|{codes[0][1]}"
        for index, (system, code) in enumerate(dict.fromkeys(codes)):
            extra = attributes if index == 0 else {**attributes, "same-as": leading}
            yield self._fact(row, position, system, code, prefix, attributes=extra, **rest)

    def _words(self, row: Cells, prefix: str, wanted: dict[str, str]) -> dict[str, Any]:
        said = {name: row.get(f"{prefix}{ending}", "").strip() for ending, name in wanted.items()}
        return said | {"visit": row.get("VISIT", "").strip(), "study": row.get("STUDYID", "").strip()}

    def _day(self, row: Cells, column: str) -> WrittenTime:
        """The date in a column; else the study day beside it, counted from the person's reference start."""
        written = read_time(row.get(column, ""))
        day = row.get(column.removesuffix("TC") + "Y", "").strip().removesuffix(".0")
        start = self._starts.get(row["USUBJID"].strip())
        if written.problem is None and written.when == UncertainDate.unknown():
            if day and start is not None:
                return on_study_day(day, start)
            epoch = self._known.relations.epoch(row["USUBJID"].strip(), row.get("EPOCH", ""))
            # a row without a day is of its epoch, whose ends may be known
            return (
                WrittenTime(epoch)
                if epoch is not None and not column.endswith(("STDTC", "ENDTC"))
                else written
            )
        if day and start is not None and start.is_exact:
            counted = on_study_day(day, start).when
            if counted.is_exact and (counted.before(written.when) or written.when.before(counted)):
                return replace(written, problem=f"{written.when}, and by the study day {day} it is {counted}")
        if written.problem is None and not column.endswith("ENDTC"):  # an epoch is that of the start
            said = row.get("EPOCH", "").strip()
            epoch = self._known.relations.epoch(row["USUBJID"].strip(), said) if said else None
            if epoch is not None and (epoch.before(written.when) or written.when.before(epoch)):
                return replace(written, problem=f"{written.when}, and its EPOCH {said[:40]} lay {epoch}")
        return written

    # -- persons --------------------------------------------------------------------------------------------------

    def _person(self, row: Cells, prefix: str, position: str) -> Iterator[Observation]:
        born, consent = read_time(row.get("BRTHDTC", "")), read_time(row.get("RFICDTC", ""))
        aged = self._from_age(row)
        when, source = born.when, None
        problems = [born.problem and f"BRTHDTC: {born.problem}"]
        if when == UncertainDate.unknown() and aged is not None and not born.problem:
            when, source = aged, f"AGE {row.get('AGE', '').strip()} {row.get('AGEU', '').strip()}"
        elif aged is not None and (when.before(aged) or aged.before(when)):
            problems.append(
                f"born {when}, and by AGE {row.get('AGE', '').strip()} {row.get('AGEU', '').strip()} born {aged}"
            )
        known = when != UncertainDate.unknown()
        yield self._fact(
            row, position, "Proband", "birth-date", prefix, when=when, text=str(when) if known else None, problems=problems,
            presence=Presence.PRESENT if known else Presence.UNKNOWN,
            attributes={"identifiers": [row["SUBJID"].strip()] if row.get("SUBJID", "").strip() else None, "derived-from": source, **self._others(row)},
        )  # fmt: skip
        sex = SEXES.get(row.get("SEX", "").strip().upper())
        yield self._fact(
            row,
            position,
            "Proband",
            "sex",
            prefix,
            text=sex,
            presence=Presence.PRESENT if sex else Presence.UNKNOWN,
        )
        if consent.when != UncertainDate.unknown() or consent.problem:
            yield self._fact(
                row, position, "Proband", "consent-date", prefix, when=consent.when, text=str(consent.when), problems=[consent.problem],
                presence=Presence.UNKNOWN if consent.problem else Presence.PRESENT,
            )  # fmt: skip
        died, flag = read_time(row.get("DTHDTC", "")), row.get("DTHFL", "").strip().upper()
        if flag == "Y" or row.get("DTHDTC", "").strip():
            yield self._fact(
                row, position, "Proband", "vital-status", prefix, text="deceased", when=died.when,
                problems=[died.problem, f"DTHFL is {flag!r}, and there is a date of death" if flag not in {"", "Y"} else None],
            )  # fmt: skip
        for column in ("ARMCD", "ACTARMCD", "ARMNRS", "RACE", "ETHNIC", "COUNTRY"):
            if said := row.get(column, "").strip():
                name = row.get(column.removesuffix("CD"), "").strip() if column.endswith("CD") else ""
                if said.upper() in _NEVER_TREATED or left_in_words(said) or left_in_words(name):
                    yield self._fact(row, position, *LEFT, prefix, text=f"{column}: {said[:60]}")
                yield self._fact(
                    row, position, SYSTEM, f"DM.{column}", prefix, text=said, display=name or None
                )

    def _others(self, row: Cells) -> dict[str, Any]:
        """Under which other ids the person is known, where anything says so."""
        person = row["USUBJID"].strip()
        others = self._known.others(person, row.get("STUDYID", "").strip())
        return {"subject-id": person, "identifiers": others} if self._known.relations.same else {}

    def death_beside(self, row: Cells, position: str) -> Iterator[Observation]:
        """That a supplemental qualifier speaks of a death: somebody may be dead of whom no other row says so."""
        name, said = row.get("QNAM", "").strip().upper(), row.get("QVAL", "").strip()
        if (
            not re.search(r"DTH|DEATH", name)
            or said.upper() in {"", "N", "NO"}
            or not row.get("USUBJID", "").strip()
        ):
            return
        yield self._fact(
            row, position, "Proband", "vital-status", "QNAM", text="deceased", when=read_time(said).when, problems=[f"{name} says {said[:40]!r}, and this is a qualifier"],
        )  # fmt: skip

    def _from_age(self, row: Cells) -> UncertainDate | None:
        age = row.get("AGE", "").strip()
        if not re.fullmatch(r"\d{1,4}(\.0+)?", age):
            return None
        days = [read_time(row.get(column, "")).when for column in ("RFICDTC", "RFSTDTC")]
        first = min((each.earliest for each in days if each.earliest), default=None)
        last = max((each.latest for each in days if each.latest), default=None)
        return born_at_age(int(float(age)), row.get("AGEU", "").strip(), first, last)

    # -- findings -------------------------------------------------------------------------------------------------

    def _finding(self, row: Cells, prefix: str, position: str) -> Iterator[Observation]:
        test = row.get(f"{prefix}TESTCD", "").strip().upper()
        if not test:
            self._report.ignore(
                f"{prefix} row", f"{prefix}TESTCD is blank: it does not say what was examined", position
            )
            self._report.lacking["row that does not say what was examined"] += 1
            return
        found = result_of(row, prefix, test)
        if found.compared is False:
            self._report.unchecked.add("standard results")
        fields, problems = found.fields, found.problems
        if test == "OCCUR" and str(fields.get("text", "")).strip().upper() in {"Y", "N"}:
            fields = _answered(row, prefix, str(fields["text"]))
        specimen = row.get(f"{prefix}SPEC", "").strip().upper()
        if not specimen and "URIN" in row.get(f"{prefix}CAT", "").upper():
            specimen = "URINE"
        if prefix == "DD":  # details of a death say that somebody died
            day = read_time(row.get("DDDTC", "")).when
            yield self._fact(
                row, position, "Proband", "vital-status", prefix, text="deceased",
                when=UncertainDate(None, day.latest) if day.latest else UncertainDate.unknown(),
            )  # fmt: skip
        if prefix == "IE" and _is_exception(row):  # in words alone: silence about a diagnosis is none
            began = self._day(row, "IEDTC").when
            told: dict[str, Any] = {
                "presence": Presence.UNKNOWN,
                "when": began,
                "persists": True,
                "until": through(began),
            }
            yield self._fact(
                row,
                position,
                *recorded_in("diagnosis", ()),
                prefix,
                attributes={"kind": "where-recorded"},
                **told,
            )
            unmet = row.get("IETEST", "").strip() or test
            yield self._fact(row, position, *LEFT, prefix, when=began, text=f"IE: {unmet[:80]}")
        if words := _withdrawn_by(row, prefix, fields):
            yield self._fact(
                row,
                position,
                *LEFT,
                prefix,
                when=self._day(row, f"{prefix}DTC").when,
                text=f"{prefix}: {words[:80]}",
            )
        parts = (test, specimen, row.get(f"{prefix}OBJ", ""), row.get(f"{prefix}LAT", ""))
        codes = [(SYSTEM, term_code(prefix, *parts))]
        stated = row.get(f"{prefix}LOINC", "").strip()
        loinc = stated or loinc_of(prefix, test, specimen, fields.get("unit"))
        if loinc:
            codes.append(("LOINC", canonical_code("LOINC", loinc)))
        at_odds = SpecimenSaid.of(None, specimen).problem_with_codes([stated]) if stated else None
        if loinc and "value" in fields:  # what a laboratory calls the test is what it measured
            at_odds = at_odds or otherwise(canonical_code("LOINC", loinc), row.get(f"{prefix}TEST", ""))
        if prefix == "SS" and test == "SURVSTAT" and is_dead(str(fields.get("text", ""))):
            yield self._fact(
                row,
                position,
                "Proband",
                "vital-status",
                prefix,
                text="deceased",
                when=read_time(row.get("SSDTC", "")).when,
            )
        state = row.get(f"{prefix}SPCCND", "")
        if _UNFIT.search(state):
            at_odds = f"its specimen is {state.strip().lower()[:40]}"
        problems = [*problems, *filter(None, (at_odds, _doubted(row, prefix)))]
        at = self._day(row, f"{prefix}DTC")
        if test == "OCCUR" and fields.get("presence") is Presence.PRESENT:
            shared = {"presence": Presence.PRESENT, "when": at.when}
            yield from self._elsewhere(
                row, position, "FA", (*_EVENTS, "FA"), (row.get(f"{prefix}OBJ", "").strip(),), shared
            )
        if fields.get("presence") is not Presence.ABSENT:
            called = f"{row.get(f'{prefix}TEST', '') or test} {specimen}".strip()
            codes += may_be(codes, [called])
        yield from self._coded(
            row, position, prefix, codes, display=row.get(f"{prefix}TEST", "").strip() or None, when=at.when, time=at.time,
            attributes=self._words(row, prefix, _FINDING_WORDS), problems=[at.problem and f"{prefix}DTC: {at.problem}", *problems], **fields,
        )  # fmt: skip

    # -- events and interventions ---------------------------------------------------------------------------------

    def _event(self, row: Cells, prefix: str, position: str) -> Iterator[Observation]:
        term, decoded = row.get(f"{prefix}TERM", "").strip(), row.get(f"{prefix}DECOD", "").strip()
        coded = row.get(f"{prefix}PTCD", "").strip()
        names = (decoded, term, *(row.get(f"{prefix}{each}", "").strip() for each in ("MODIFY", "LLT")))
        codes = [(SYSTEM, term_code(prefix, each)) for each in names if each]
        numbers = (coded, row.get(f"{prefix}LLTCD", "").strip())
        codes += [
            ("MedDRA", each.removesuffix(".0")) for each in numbers if re.fullmatch(r"\d{8}(\.0)?", each)
        ]
        if not codes:
            self._report.ignore(f"{prefix} row", "it does not name the event", position)
            self._report.lacking["row that does not name the event"] += 1
            return
        shared = self._lasting(row, prefix, _EVENT_WORDS, ended_unknown=False)
        outcome = row.get(f"{prefix}OUT", "").strip().upper()
        if outcome in _OVER and shared.get("until") is None and shared["presence"] is Presence.PRESENT:
            shared["until"] = UncertainDate.unknown()
        if whose := next(
            (each for column in ("CAT", "SCAT") if _FAMILY.search(each := row.get(f"{prefix}{column}", ""))),
            None,
        ):
            for system, code in codes[:1]:
                yield self._fact(
                    row, position, "Proband", "family-history", prefix, value_system=system, value_code=code, text=decoded or term,
                    attributes={"category": whose.strip()}, when=shared["when"], presence=shared["presence"],
                )  # fmt: skip
            return
        if prefix == "DS":  # what became of somebody is an event of a day, and lasts no longer
            shared |= {"persists": False, "until": None}
            yield from self._disposition(row, prefix, position, decoded.upper() or term.upper(), shared)
        yield from self._coded(row, position, prefix, codes, display=term or decoded, **shared)
        alike = (*_EVENTS, "HO") if prefix == "HO" else _EVENTS
        reason = row.get(f"{prefix}INDC", "").strip() if prefix == "HO" else ""
        yield from self._elsewhere(row, position, prefix, alike, (*names, reason), shared)
        if prefix in _EVENTS:
            yield from self._recorded(row, position, prefix, "diagnosis", codes, names, shared)
        if prefix == "MH":
            for system, code in (codes[0], *[each for each in codes if each[0] == "MedDRA"][:1]):
                yield self._fact(
                    row,
                    position,
                    "Proband",
                    "disease",
                    prefix,
                    text=decoded or term,
                    value_system=system,
                    value_code=code,
                    **shared,
                )
        if prefix != "DS" and shared["presence"] is Presence.PRESENT and outcome != "FATAL":
            said = _died_by(row, prefix, f"{term}; {decoded}")
            if said:
                when = UncertainDate(shared["when"].earliest, None)
                yield self._fact(
                    row,
                    position,
                    "Proband",
                    "vital-status",
                    prefix,
                    text="deceased",
                    when=when,
                    problems=[said],
                )
        if (
            prefix == "AE"
            and shared["presence"] is Presence.PRESENT
            and (outcome == "FATAL" or row.get("AESDTH", "").strip().upper() == "Y")
        ):
            ended, began = read_time(row.get("AEENDTC", "")).when, shared["when"]
            when = ended if ended != UncertainDate.unknown() else UncertainDate(began.earliest, None)
            yield self._fact(row, position, "Proband", "vital-status", prefix, text="deceased", when=when)

    def _elsewhere(
        self,
        row: Cells,
        position: str,
        prefix: str,
        alike: tuple[str, ...],
        named: tuple[str, ...],
        shared: dict[str, Any],
    ) -> Iterator[Observation]:
        """Mentions of what occurred under the names that it has in other domains: an infection among adverse events is no silence in the history."""
        if prefix not in alike or shared["presence"] is not Presence.PRESENT:
            return
        begin = shared["when"]
        for other in alike:
            for each in dict.fromkeys(filter(None, named)) if other != prefix else ():
                system, code = mention_of(SYSTEM, term_code(other, each))
                yield self._fact(
                    row, position, system, code, prefix, when=begin, persists=True, until=through(begin), attributes={"kind": "mention", "where": prefix}
                )  # fmt: skip

    def _disposition(
        self, row: Cells, prefix: str, position: str, said: str, shared: dict[str, Any]
    ) -> Iterator[Observation]:
        if said == "DEATH":
            yield self._fact(
                row, position, "Proband", "vital-status", prefix, text="deceased", when=shared["when"]
            )
        elif died_in_words(row.get("DSTERM", "")):
            yield self._fact(
                row, position, "Proband", "vital-status", prefix, text="deceased", when=shared["when"],
                problems=["DSTERM says that the person died, and DSDECOD does not"],
            )  # fmt: skip
        if _WITHDRAWN.search(
            f"{said}; {row.get('DSTERM', '').upper()}"
        ):  # whether a consent still stands nobody here can tell
            yield self._fact(
                row, position, "Proband", "consent-date", prefix, when=shared["when"], presence=Presence.UNKNOWN,
                attributes={"reason": f"DS says {said[:40]!r}"},
            )  # fmt: skip
        words = next((each for each in (said, row.get("DSTERM", "").strip()) if left_in_words(each)), None)
        if words is not None and shared["presence"] is Presence.PRESENT:
            yield self._fact(row, position, *LEFT, prefix, when=shared["when"], text=f"DS says {words[:60]}")
        if said == "INFORMED CONSENT OBTAINED":
            when = shared["when"]
            yield self._fact(row, position, *AGREED, prefix, when=when, text=said)
            yield self._fact(row, position, "Proband", "consent-date", prefix, when=when, text=str(when))

    def _intervention(self, row: Cells, prefix: str, position: str) -> Iterator[Observation]:
        name, decoded = row.get(f"{prefix}TRT", "").strip(), row.get(f"{prefix}DECOD", "").strip()
        codes = [(SYSTEM, term_code(prefix, each)) for each in (decoded, name) if each]
        if not codes:
            self._report.ignore(f"{prefix} row", "it does not name what was given", position)
            self._report.lacking["row that does not name what was given"] += 1
            return
        classes = row.get(f"{prefix}CLASCD", "").strip().upper()
        if _ATC.match(classes):
            codes.append(("ATC", classes))
        shared = self._lasting(row, prefix, _INTERVENTION_WORDS, ended_unknown=True)
        yield from self._coded(row, position, prefix, codes, display=name or decoded, **shared)
        yield from self._elsewhere(row, position, prefix, _DRUGS, (decoded, name), shared)
        for_what = row.get(
            f"{prefix}INDC", ""
        ).strip()  # why a drug is taken, or something was done, is what somebody may have
        yield from self._elsewhere(row, position, prefix, (*_EVENTS, prefix), (for_what,), shared)
        if prefix in {*_DRUGS, "PR"}:
            kind = "procedure" if prefix == "PR" else "drug"
            yield from self._recorded(row, position, prefix, kind, codes, (decoded, name), shared)

    def _recorded(
        self,
        row: Cells,
        position: str,
        prefix: str,
        kind: str,
        codes: list[tuple[str, str]],
        names: tuple[str, ...],
        shared: dict[str, Any],
    ) -> Iterator[Observation]:
        """In which systems an event or an intervention is coded (:mod:`proband.facts.other_systems`)."""
        if shared["presence"] is Presence.ABSENT or shared["presence"].is_silent:
            return
        told = {**shared, "presence": Presence.UNKNOWN, "attributes": {"kind": "where-recorded"}}
        words = " | ".join(dict.fromkeys(filter(None, names))) or None
        systems = (system for system, _ in codes)
        yield self._fact(row, position, *recorded_in(kind, systems), prefix, display=words, **told)

    def _lasting(
        self, row: Cells, prefix: str, words: dict[str, str], *, ended_unknown: bool
    ) -> dict[str, Any]:
        """When an event or an intervention began and ended, and whether it was at all."""
        presence, why = _occurred(row, prefix)
        began, ended, asked = (self._day(row, f"{prefix}{each}") for each in ("STDTC", "ENDTC", "DTC"))
        problems = [each.problem for each in (began, ended)] + [why, _taken_out(row, prefix)]
        attributes = self._words(row, prefix, words) | {"kind": _KINDS.get(prefix, "event")}
        if presence is not Presence.PRESENT:
            problems.append(asked.problem)
            if presence is Presence.ABSENT and began != NO_TIME:
                problems.append(f"{prefix}OCCUR is N, and it has a start")
            if presence is Presence.ABSENT and (
                ended != NO_TIME or any(row.get(f"{prefix}{each}", "").strip() for each in _ENDS)
            ):
                problems.append(f"{prefix}OCCUR is N, and it has an end or a time in relation to others")
            if presence is Presence.ABSENT and (narrow := _narrower(row, prefix)):
                problems.append(f"{prefix}OCCUR is N for {narrow[:60]!r} only")
            if presence is Presence.ABSENT and (part := _part_of_a_no(row, prefix)):
                presence, attributes = Presence.NOT_APPLICABLE, attributes | {"part": part}
            of_its_days = {}
            if presence is Presence.ABSENT and prefix in _OF_ITS_DAYS:
                of_its_days = {"persists": True, "until": asked.when}
            return {
                "presence": presence,
                "when": asked.when,
                "time": asked.time,
                "attributes": attributes,
                "problems": problems,
                **of_its_days,
            }
        start, until = began.when, ended.when
        if start == UncertainDate.unknown():
            start = self._relative(row, f"{prefix}STRTPT", f"{prefix}STTPT", f"{prefix}STRF")
        closed: UncertainDate | None = until
        if until == UncertainDate.unknown() and not ended.problem:
            closed = self._end(row, prefix, UncertainDate.unknown() if ended_unknown else None)
        if closed is not None and closed.before(start):
            problems.append(f"it ends {closed} before it starts {start}")
        return {
            "presence": presence, "when": start, "time": began.time, "persists": True, "until": closed, "attributes": attributes,
            "problems": problems,
        }  # fmt: skip

    def _relative(self, row: Cells, to: str, point: str, period: str) -> UncertainDate:
        """A start that is known only as before a point in time, or before the study period."""
        if row.get(to, "").strip().upper() == "BEFORE":
            limit = read_time(row.get(point, "")).when.latest
        elif row.get(period, "").strip().upper() == "BEFORE":
            limit = self._starts.get(row["USUBJID"].strip(), UncertainDate.unknown()).latest
        else:
            return UncertainDate.unknown()
        return UncertainDate(None, limit)

    def _end(self, row: Cells, prefix: str, otherwise: UncertainDate | None) -> UncertainDate | None:
        to, period = (
            row.get(f"{prefix}ENRTPT", "").strip().upper(),
            row.get(f"{prefix}ENRF", "").strip().upper(),
        )
        if to == "BEFORE":
            return UncertainDate(None, read_time(row.get(f"{prefix}ENTPT", "")).when.latest)
        if to in {"ONGOING", "AFTER", "COINCIDENT"} or period in {
            "AFTER",
            "DURING/AFTER",
            "ONGOING",
            "COINCIDENT",
        }:
            return None
        if period == "BEFORE":
            return UncertainDate(
                None, self._starts.get(row["USUBJID"].strip(), UncertainDate.unknown()).latest
            )
        return UncertainDate.unknown() if period == "DURING" else otherwise


#: conditions of a specimen (``--SPCCND``) from which no result can be had
_UNFIT = re.compile(rf"{UNFIT}|contaminat|lipemic", re.IGNORECASE)


#: categories of a result that is none
_NO_RESULT = re.compile(r"\b(?:qns|qnr|invalid|insufficient|not sufficient|reject\w*|fail\w*|not reported|cancel\w*|unsatisfactory|error)\b", re.IGNORECASE)  # fmt: skip
#: columns that say when something ended, or when it was in relation to something else
_ENDS = ("ENRTPT", "ENRF", "STRTPT", "STRF")
#: words that make of a question one about less than what it is coded as
_NARROWING = re.compile(r"\b(?:within|last|past|recent|current(?:ly)?|severe|acute|serious|requiring|since|before|after|during|more than|other than|treated|untreated|hospitali[sz]ed)\b", re.IGNORECASE)  # fmt: skip
_NOT_DEATH = re.compile(r"fear of death|cell death|f(?:o)?etal death|intra-?uterine death|death of (?:a )?(?:relative|mother|father|spouse|family|pet)|family", re.IGNORECASE)  # fmt: skip


def _narrower(row: Cells, prefix: str) -> str:
    """The words of a question that narrow what it is coded as (``Infection within the last week``, coded ``Infection``); empty where none do."""
    term, decoded = row.get(f"{prefix}TERM", "").strip(), row.get(f"{prefix}DECOD", "").strip()
    found = _NARROWING.search(term) if decoded and term.upper() != decoded.upper() else None
    return term if found and found[0].lower() not in decoded.lower() else ""


def _died_by(row: Cells, prefix: str, named: str) -> str | None:
    """What an event says of a death besides its outcome: grade 5, a stay that ended so, a name; ``None`` where it says nothing."""
    if row.get(f"{prefix}TOXGR", "").strip().removesuffix(".0") == "5":
        return f"{prefix}TOXGR is 5"
    for each in ("OUT", "DISOUT", "DISP", "DISCH", "STATUS"):
        if died_in_words(said := row.get(f"{prefix}{each}", "")):
            return f"{prefix}{each} is {said.strip()[:40]!r}"
    return f"it is named {named[:60]!r}" if died_in_words(named) and not _NOT_DEATH.search(named) else None


def _doubted(row: Cells, prefix: str) -> str | None:
    """What other columns of a finding say against it: it was not accepted, its specimen could not be used, or there is a reason why it was not done."""
    for ending, words in (
        ("ACPTFL", "was not accepted"),
        ("SPCUFL", "is of a specimen that could not be used"),
    ):
        if row.get(f"{prefix}{ending}", "").strip().upper() == "N":
            return f"{prefix}{ending} is N: it {words}"
    if taken := _taken_out(row, prefix):
        return taken
    reason = row.get(f"{prefix}REASND", "").strip()
    if reason and not row.get(f"{prefix}STAT", "").strip():
        return f"{prefix}REASND says why it was not done: {reason[:40]!r}"
    for each in ("RESCAT", "NRIND"):
        if _NO_RESULT.search(said := row.get(f"{prefix}{each}", "")):
            return f"{prefix}{each} is {said.strip()[:40]!r}"
    derived = row.get(f"{prefix}DRVFL", "").strip().upper() == "Y"
    if derived and prefix not in SCORED and not row.get(f"{prefix}ORRES", "").strip():
        return f"{prefix}DRVFL is Y: it was derived from others (carried forward, a mean), and not found"
    return None


def _taken_out(row: Cells, prefix: str) -> str | None:
    """What columns beside the model say against a row of whatever class: that it is left out, and why, or a comment that takes it back."""
    if row.get(f"{prefix}EXCLFL", "").strip().upper() == "Y":
        return f"{prefix}EXCLFL is Y: it is left out"
    reason = row.get(f"{prefix}REASEX", "").strip()
    if reason:
        return f"{prefix}REASEX says why it is left out: {reason[:40]!r}"
    against = problem_in(row.get(f"{prefix}{each}", "") for each in ("COM", "COMM", "COMMENT", "NOTE"))
    return f"{prefix}COM: {against}" if against else None


def _answered(row: Cells, prefix: str, said: str) -> dict[str, Any]:
    """Whether something occurred, as a finding about it says (``FATESTCD`` of ``OCCUR``)."""
    if said.strip().upper() == "Y":
        return {"presence": Presence.PRESENT}
    if _within(row, prefix):
        return {"presence": Presence.UNKNOWN}
    return {"presence": Presence.NOT_APPLICABLE if _part_of_a_no(row, prefix) else Presence.ABSENT}


def _part_of_a_no(row: Cells, prefix: str) -> str:
    """Of which part alone an answer speaks: a place, a side, how severe; empty where it speaks of the whole."""
    said = (
        row.get(f"{prefix}{each}", "").strip() for each in ("LOC", "LAT", "DIR", "PORTOT", "SEV", "TOXGR")
    )
    return next((f"a no of {each[:60]} alone" for each in said if each), "")


#: who may say of a person that something was not there (codelist EVAL of CDISC's terminology): themselves, whoever examined them, a board
_KNOWS = re.compile(r"SUBJECT|PATIENT|PARTICIPANT|INVESTIGATOR|PHYSICIAN|CLINIC|NURSE|ASSESSOR|ADJUDICAT|COMMITTEE|BOARD|READER|OLOGIST|SURGEON|SPONSOR|REVIEW|RATER|EXPERT|STAFF|DOCTOR|PROFESSIONAL", re.IGNORECASE)  # fmt: skip


def _is_exception(row: Cells) -> bool:
    """Whether a row of IE says that a criterion was not met: it is there for those (SDTMIG 3.4, IE), unless it says that all is well."""
    said, kind = (row.get(each, "").strip().upper() for each in ("IEORRES", "IECAT"))
    fine = {"INCLUSION": {"Y", "YES"}, "EXCLUSION": {"N", "NO"}}.get(kind, set())
    return said not in fine


def _within(row: Cells, prefix: str) -> str:
    """The time to which an answer is limited: a "no" about the last month is none about the years before."""
    return row.get(f"{prefix}EVLINT", "").strip() or row.get(f"{prefix}EVINTX", "").strip()


def _withdrawn_by(row: Cells, prefix: str, fields: dict[str, Any]) -> str | None:
    """What the answer of a question says of a consent taken back: a question that asks so and is answered yes, or words that say it."""
    asked, answer = row.get(f"{prefix}TEST", "").strip(), str(fields.get("text") or "").strip()
    if left_in_words(answer):
        return answer
    return asked if left_in_words(asked) and answer.upper() in {"Y", "YES"} else None


def _occurred(row: Cells, prefix: str) -> tuple[Presence, str | None]:
    """Whether an event or an intervention was: a row states it, unless it was asked for and the answer is no, or there is none."""
    if row.get(f"{prefix}MOOD", "").strip().upper() in {"SCHEDULED", "PLANNED"}:
        return Presence.NOT_FINAL, None
    said = row.get(f"{prefix}OCCUR", "").strip().upper()
    asked = row.get(f"{prefix}PRESP", "").strip().upper() == "Y"
    if row.get(f"{prefix}STAT", "").strip():
        return Presence.NOT_ASKED, f"{prefix}STAT is set, and {prefix}OCCUR is {said!r}" if said in {
            "Y",
            "N",
        } else None
    if said == "N" and prefix in _DOSES:  # a dose that was left out is no "never had it"
        return Presence.UNKNOWN, f"{prefix}OCCUR is N: this dose was not taken"
    if said == "N" and (reason := row.get(f"{prefix}REASND", "").strip()):
        return (
            Presence.UNKNOWN,
            f"{prefix}OCCUR is N, and {prefix}REASND says why nobody knows: {reason[:40]!r}",
        )
    if said == "N" and (who := row.get(f"{prefix}EVAL", "").strip()) and not _KNOWS.search(who):
        return Presence.UNKNOWN, f"{prefix}OCCUR is N as {who[:40]!r} says"
    if said == "N":
        if within := _within(row, prefix):
            return Presence.UNKNOWN, f"{prefix}OCCUR is N for {within[:40]!r} only"
        return Presence.ABSENT, None
    if said == "Y" or (not said and not asked):
        return Presence.PRESENT, None
    return Presence.UNKNOWN, None if said in {"", "U"} else f"{prefix}OCCUR is {said[:20]!r}"
