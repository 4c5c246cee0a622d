"""What the other cells of a row say against it: a remark that takes it back, its status, a mark that it was deleted, whom or what it is of.

Every column is looked at by what its name says that it holds. Of columns that the mapping names, or leaves out by name, nothing is heard but words
that take the row back, and marks of a deletion. Words of a status are those of HL7's table 0085, FHIR and OpenMRS, and what laboratories write for them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from proband.exchange.fhir.specimens import UNSAID, SpecimenSaid
from proband.exchange.remarks import problem_in, problem_with_result
from proband.exchange.rows import doubts
from proband.exchange.rows.attached import Attached, is_dead_by, kind_of, said_of_life, said_of_value
from proband.exchange.rows.tables import BLANK, NO_CELLS, YES_CELLS
from proband.exchange.rows.unmapped import Unmapped
from proband.facts.observation import Observation, Presence
from proband.facts.result_names import names

_MARK = re.compile(
    r"^(?:is|was|record|row)?_?(?:deleted?|void(?:ed)?|retracted|nullified|superseded|entered_in_error|in_error|invalid(?:ated)?|gel(?:ö|oe)scht|storniert|annul(?:é|e)|anulado)(?:_flag|_ind|_yn)?$"
)
_MARK_DAY = re.compile(
    r"^(?:deleted|voided|retracted|nullified|date_(?:deleted|voided)|(?:gel(?:ö|oe)scht|storniert))_(?:at|on|date|time|by|am)$|^date_(?:deleted|voided)$"
)
_VALID = re.compile(r"^(?:is|was|record|row|result)?_?(?:valid|valide|g(?:ü|ue)ltig)(?:_flag|_ind|_yn)?$")
_STATUS = re.compile(
    r"^(?:(?P<of>record|row|result|test|lab|order|report|specimen|observation|obs|befund)_?)?status$|^obx_?11$"
)
_WHOSE = re.compile(
    r"^(?:(?:family_?)?relation(?:ship)?(?:_to_(?:the_)?(?:patient|proband|subject|index))?|relative|family_?member|kinship|whose|(?:sample|specimen|result|material)_(?:of|from)"
    r"|verwandtschaft\w*|parent(?:é|e|esco)|parentesco|relaci(?:ó|o)n|relazione)$"
)
_SELF = {"self", "patient", "the patient", "proband", "index", "index patient", "index case", "own", "subject", "selbst", "eigene", "er selbst", "sie selbst",
         "soi", "soi-même", "paciente", "paziente", "propio", "18", "slf", "oneself"}  # fmt: skip
_OTHERS = re.compile(
    r"\b(?:(?:grand|step|half|great)?-?(?:mother|father|parent|brother|sister|sibling|son|daughter|child|uncle|aunt|cousin|niece|nephew)s?|f(?:o)?etus|newborn|baby|infant|twin|donor|spouse|husband"
    r"|wife|partner|mutter|vater|eltern\w*|bruder|schwester|geschwister|sohn|tochter|kind|onkel|tante|f(?:ö|oe)tus|spender\w*|ehe\w+|zwilling|m(?:è|e)re|p(?:è|e)re|fr(?:è|e)re|s(?:œ|oe)ur|fils|fille"
    r"|donneur|conjoint|madre|padre|hermano|hermana|hijo|hija|donante|fratello|sorella|figlio|figlia|donatore|mth|fth|sib|bro|sis|dau)\b",
    re.IGNORECASE,
)
_MATERIAL = re.compile(
    r"^(?:specimen|sample|spec|material|matrix|body_?fluid|fluid|proben?_?(?:material|art)|untersuchungsmaterial|muestra|(?:é|e)chantillon|campione|pr(?:é|e)l(?:è|e)vement)"
    r"(?:_(?:type|source|source_value|kind|material|desc|description|name|code))?$"
)
_CONDITION = re.compile(r"^(?:specimen|sample)_(?:condition|quality|state|comment|remark)$")
_REMARK = re.compile(r"comment|remark|note|bemerk|kommentar|observacion|remarque|annotation")
_WITHDRAWN = {"entered-in-error", "entered in error", "deleted", "delete", "voided", "void", "retracted", "nullified", "wrong patient", "storniert", "gelöscht"}  # fmt: skip
#: words that say it in whatever column of a status; and those that say it only of a result, for people are registered too
_NOT_FINAL = {"preliminary", "prelim", "prelim.", "provisional", "vorläufig", "vorlaeufig", "provisoire", "preliminar", "cancelled", "canceled", "annulé", "p"}  # fmt: skip
_FAILED = {"error", "failed", "fail", "rejected", "invalid", "fehlerhaft", "fehler", "in error", "unverified", "not verified", "draft", "entwurf"}  # fmt: skip
_NO_RESULT = {"pending", "registered", "planned", "draft", "scheduled", "ordered", "in progress", "in-progress", "partial", "unverified", "not verified",
              "ausstehend", "i", "r", "s", "x", "n", "o"}  # fmt: skip
#: what stands in the column of a day on which nothing happened
_NO_DAY = BLANK | {"0", "no", "false"}
#: of whatever a row is, these are of the person
_OF_A_PERSON = {"birth-date", "sex", "vital-status"}


class Holds(StrEnum):
    """What a column holds, by its name."""

    MARK = "a mark that the row was deleted"
    MARK_DAY = "the day on which the row was deleted"
    VALID = "whether the row is valid"
    STATUS = "a status"
    RESULT_STATUS = "the status of a result"
    WHOSE = "of whom it is"
    MATERIAL = "of what it is"
    ATTACHED = "what it says of the column after which it is named"
    WORDS = "words"


_BY_NAME = (
    (_MARK, Holds.MARK), (_MARK_DAY, Holds.MARK_DAY), (_VALID, Holds.VALID), (_WHOSE, Holds.WHOSE), (_CONDITION, Holds.MATERIAL), (_MATERIAL, Holds.MATERIAL),
)  # fmt: skip
#: what is heard of a column that the mapping leaves out by name, or reads as something else
_HEARD_ANYWAY = {Holds.MARK, Holds.MARK_DAY, Holds.STATUS, Holds.RESULT_STATUS, Holds.WORDS}


@dataclass(frozen=True, slots=True)
class LookedAt:
    """A column that is looked at: what it holds, and whether nothing is heard of it but what takes the row back."""

    column: str
    holds: Holds
    faintly: bool = False
    of_results: bool = False
    name: str = ""
    """Its name in one spelling, where that may say that a row is to be doubted."""
    attached: Attached | None = None
    of_column: str = ""
    """What it says of another column, or of the person, and which (empty: of none)."""
    unmapped: Unmapped | None = None
    """What it says by itself, where no rule names it and it is no column of another."""


@dataclass(frozen=True, slots=True)
class SaidAgainst:
    """Why a row is nothing (``withdrawn``), another's (``another``), no result yet (``not_final``), or doubtful (``problem``); what it was measured in."""

    withdrawn: str | None = None
    another: str | None = None
    not_final: bool = False
    problem: str | None = None
    specimen: SpecimenSaid = UNSAID
    death: str | None = None
    """Which column says that the person died, and what it says."""
    part: str | None = None
    """Of which part alone a "no" of the row speaks."""
    left: str | None = None
    """Which column says that the person left a study, or does not fit, and what it says."""
    may_be: tuple[tuple[str, str, str], ...] = ()
    """What columns that nobody mapped may say that the person has: system, code, and the cell."""

    def of(self, fact: Observation) -> Observation:
        """A fact of the row."""
        problem = self.problem or self.specimen.unfit
        if not problem and fact.system == "LOINC":
            problem = self.specimen.problem_with_codes([fact.code]) or ""
        if (
            self.not_final
            and fact.presence.is_known
            and not (fact.system == "Proband" and fact.code in _OF_A_PERSON)
        ):
            fact = replace(fact, presence=Presence.NOT_FINAL)
        if self.part and fact.presence is Presence.ABSENT:
            fact = replace(
                fact, presence=Presence.NOT_APPLICABLE, attributes={**fact.attributes, "part": self.part}
            )
        return replace(fact, problems=(problem, *fact.problems)) if problem else fact


NOTHING_AGAINST = SaidAgainst()


def plain_name(column: str) -> str:
    """The name of a column in one spelling: ``Result Status`` → ``result_status``."""
    return re.sub(r"[^\w]+", "_", column.strip().lower()).strip("_")


def holds_remarks(column: str) -> bool:
    """Whether a column is by its name one of remarks."""
    return _REMARK.search(plain_name(column)) is not None


def looked_at(column: str, *, of_results: bool = False, faintly: bool = False) -> LookedAt:
    """How a column is looked at.

    Parameters
    ----------
    of_results
        Whether each row is a result, so that a plain ``status`` is the result's and not the person's.
    faintly
        Whether the mapping names the column, or leaves it out by name.
    """
    name = plain_name(column)
    status = _STATUS.match(name)
    holds = next((each for pattern, each in _BY_NAME if pattern.match(name)), Holds.WORDS)
    if status:
        of_a_result = (
            of_results
            or name.startswith("obx")
            or status["of"] not in {None, "record", "row", "order", "specimen"}
        )
        holds = Holds.RESULT_STATUS if of_a_result else Holds.STATUS
    return (
        LookedAt(
            column,
            holds,
            faintly,
            of_results,
            name if not faintly and holds is Holds.WORDS and doubts.hears(name) else "",
        )
        if not faintly or holds in _HEARD_ANYWAY
        else LookedAt(column, Holds.WORDS, True)
    )


def attached_to(look: LookedAt, mapped: Mapping[str, str], day: str | None) -> LookedAt:
    """The same column, with what it says of the one after which it is named; ``mapped``: the columns that are read by their names in one spelling."""
    found = kind_of(plain_name(look.column), mapped)
    if look.faintly:
        return look
    if found is None:
        return _as_of(look, mapped)
    kind, name = found
    column = (day or "") if kind is Attached.DAY else mapped.get(name, "")
    if kind is Attached.DAY and day is None:
        return look
    rest = plain_name(look.column).removeprefix(f"{name}_") if name else look.name
    return replace(look, attached=kind, of_column=column, name=look.name or rest)


def _as_of(look: LookedAt, mapped: Iterable[str]) -> LookedAt:
    """A column named after one that is read, looked at as what its name is beyond that: ``plt_status`` is a status."""
    name = plain_name(look.column)
    rests = (name.removeprefix(f"{each}_") for each in mapped if len(each) > 1)
    inner = [looked_at(rest, of_results=True) for rest in rests if rest != name]
    heard = next((each for each in inner if each.holds is not Holds.WORDS or each.name), None)
    return look if heard is None else replace(heard, column=look.column)


def _against_a_result(look: LookedAt, said: str) -> str | None:
    """What a column of remarks says against the numbers of its row; in a table of one result a row, or of one result alone, whatever it says of that."""
    if look.faintly or not holds_remarks(look.column):
        return None
    return problem_with_result([said], sample_alone=not look.of_results)


def of_the_same(look: LookedAt, measured: Mapping[str, str]) -> LookedAt:
    """The same column as another value of the one in which the same is measured by its name: ``thrombocytes_new`` beside ``plt``."""
    if look.faintly or look.attached is not None or look.holds is not Holds.WORDS or look.name:
        return look
    column = next((measured[each.key] for each in names(look.column) if each.key in measured), None)
    return look if column is None else replace(look, attached=Attached.SAME, of_column=column)


def said_against(cells: Mapping[str, str], looks: Iterable[LookedAt]) -> SaidAgainst:
    """What some cells of a row say against the row."""
    problem, not_final, another, specimen, part, death, left = None, False, None, UNSAID, None, None, None
    named: list[tuple[str, str, str]] = []
    for each in looks:
        said = cells.get(each.column, "").strip()
        if not said:
            continue
        holds, word = each.holds, said.lower()
        if each.attached in {Attached.DEATH, Attached.LIFE}:
            if said_of_life(each.attached, said) or is_dead_by(plain_name(each.column), said):
                death = death or f"{each.column}: {said[:40]}"
        elif each.attached is not None:
            problem = problem or said_of_value(each.attached, each.column, said, cells.get(each.of_column))
        if each.unmapped is not None:
            left = left or each.unmapped.leaving(said)
            death = death or each.unmapped.died(said)
            named += [(*key, f"{each.column}: {said[:40]}") for key in each.unmapped.facts(said)]
        if holds is Holds.ATTACHED:
            pass
        elif holds is Holds.WORDS:
            if each.name:
                problem = problem or doubts.doubted(each.name, said)
                another = another or doubts.another(each.name, said)
                not_final |= doubts.is_early(each.name, said)
                part = part or (doubts.part_of(each.name, said) if each.of_results else None)
        elif holds is Holds.MARK:
            if word in YES_CELLS:
                return SaidAgainst(withdrawn=each.column)
        elif holds is Holds.MARK_DAY:
            if word not in _NO_DAY:
                return SaidAgainst(withdrawn=each.column)
        elif holds is Holds.VALID:
            if word in NO_CELLS:
                problem = problem or f"{each.column}: it is not valid"
        elif holds is Holds.WHOSE:
            if word not in _SELF and word not in BLANK:
                if _OTHERS.search(word):
                    another = f"{each.column}: {said[:60]}"
                else:
                    problem = problem or f"{each.column}: it may be of {said[:40]!r}"
        elif holds is Holds.MATERIAL:
            found = SpecimenSaid.of_words(said)
            specimen = found if found.material or found.unfit else specimen
        else:
            plain = word.replace("_", "-")
            if (
                plain in _WITHDRAWN
                or word in _WITHDRAWN
                or (holds is Holds.RESULT_STATUS and word in {"d", "w"})
            ):
                return SaidAgainst(withdrawn=each.column)
            if not each.faintly:
                if word in _FAILED:
                    problem = problem or f"{each.column}: {said[:40]}"
                not_final |= word in _NOT_FINAL or (holds is Holds.RESULT_STATUS and word in _NO_RESULT)
        if (
            problem is None
            and len(said) > 3
            and not said.replace(".", "", 1).isdecimal()
            and (against := problem_in([said]) or _against_a_result(each, said))
        ):
            problem = f"{each.column}: {against}"
    if not (
        problem
        or not_final
        or another
        or specimen.material
        or specimen.unfit
        or part
        or death
        or left
        or named
    ):
        return NOTHING_AGAINST
    return SaidAgainst(None, another, not_final, problem, specimen, death, part, left, tuple(named))
