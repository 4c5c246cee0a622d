"""Facts out of FHIR R4 resources: one function per resource type, registered in :data:`READERS`.

What a resource says *about a person* becomes observations. What is not turned into a fact is counted as ignored with
the reason. Refuted is absent, unconfirmed is unknown, not done is absent, entered in error is nothing at all; a
substance that someone is allergic to is not a drug that they take (``Proband|allergy``), and a relative's disease is
not theirs (``Proband|family-history``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from proband.exchange.fhir import values as v
from proband.exchange.fhir.drafts import (
    Draft,
    ExtractionContext,
    Resource,
    attributes_of,
    coded,
    draft_of,
    identity_of,
    not_understood,
    part_of_a_no,
    valued,
)
from proband.exchange.fhir.mentions import mentioned, of_unknown_systems
from proband.exchange.fhir.unread_words import DOCUMENT, in_words
from proband.exchange.may_name import may_name, nobody_asks, through
from proband.exchange.report import Severity
from proband.facts.deaths import DEATH_KEYS, died_in_words
from proband.facts.left import AGREED, LEFT
from proband.facts.observation import Observation, Presence
from proband.facts.other_systems import recorded_in, unread_document
from proband.terms import UncertainDate

# -- persons ------------------------------------------------------------------------------------------------------------

_SEXES = {"male", "female", "other"}


def _patient(context: ExtractionContext, resource: Resource, position: str) -> Iterator[Observation]:
    subject = context.patient(resource)
    if subject is None:
        context.ignore("Patient", "it has neither id nor identifier", position)
        context.report.lack("fhir.subject", "a Patient with neither id nor identifier", position)
        return
    identity = v.text(resource.get("id")) or subject
    replaced = context.identities.is_replaced(identity)
    if replaced:
        context.ignore(
            "Patient", f"it is replaced by Patient/{subject[:64]}, who says who the person is", position
        )
    problems = context.doubts(subject) + not_understood(resource)
    draft = Draft(subject, position, context.file, v.NEVER, problems, *identity_of(resource, position))
    identifiers = [
        value
        for each in v.items(resource.get("identifier"))
        if (value := v.text(v.obj(each).get("value"))) and value != subject
    ]
    born, died = v.moment(resource.get("birthDate")), v.moment(resource.get("deceasedDateTime"))
    # a day of death that is withheld is one all the same
    withheld = v.withheld(resource.get("_deceasedDateTime")) is not None
    dead = bool(died.when.earliest or died.when.latest or withheld or resource.get("deceasedBoolean") is True)
    if replaced:
        if dead:  # a death is not undone by a merge without a word
            doubt = "said by a record that another replaces"
            yield draft.fact("Proband", "vital-status", at=died, text="deceased", problem=doubt)
        return
    stands = identity == subject  # a record beside the one that stands adds what it knows, and no silence
    known_birth = born.when.earliest is not None or born.when.latest is not None
    problem = _about_birth(resource, born)
    if born.when.earliest and died.when.latest:
        years = (died.when.latest - born.when.earliest).days / 365.25
        if years > 120:
            problem = f"age at death would be {years:.0f} years: the birth date is shifted or wrong"
        elif years < 0:
            problem = "death before birth"
    if stands or known_birth:
        yield draft.fact(
            "Proband",
            "birth-date",
            at=born,
            text=str(born.when) if known_birth else None,
            presence=Presence.PRESENT if known_birth else Presence.UNKNOWN,
            attributes=attributes_of(identifiers=identifiers[:8]),
            problem=problem,
        )
    sex = v.text(resource.get("gender"))
    known_sex = sex in _SEXES
    if stands or known_sex:
        yield draft.fact(
            "Proband",
            "sex",
            text=sex if known_sex else None,
            presence=Presence.PRESENT if known_sex else Presence.UNKNOWN,
            problem=f"gender {sex[:20]!r} is no code of FHIR"
            if sex and not known_sex and sex != "unknown"
            else None,
        )
    if dead:
        unknown_day = (
            "the day of death is withheld or not known" if withheld and not died.when.earliest else None
        )
        yield draft.fact("Proband", "vital-status", at=died, text="deceased", problem=unknown_day)
    elif resource.get("deceasedBoolean") is False:
        yield draft.fact("Proband", "vital-status", text="alive")
    elif stands:
        yield draft.fact("Proband", "vital-status", presence=Presence.UNKNOWN, problem=died.problem)


def _about_birth(resource: Resource, born: v.Moment) -> str | None:
    """What the extensions of a birth date say against it: it is withheld, an estimate, or another than that of the birth time."""
    beside = resource.get("_birthDate")
    if not beside:
        return None
    if v.withheld(beside) is not None:
        return "the birth date is said to be withheld or not known"
    for each in v.items(v.obj(beside).get("extension")):
        entry = v.obj(each)
        url = v.text(entry.get("url")) or ""
        if url.endswith("/patient-birthTime"):
            other = v.moment(entry.get("valueDateTime")).when
            if other.earliest is not None and (other.before(born.when) or born.when.before(other)):
                return f"the birth time is of another day ({other})"
        elif url.endswith("/date-accuracy-indicator"):
            said = v.text(v.obj(entry.get("valueCoding")).get("code")) or "?"
            if said.strip("A"):
                return f"the birth date is an estimate in part ({said[:8]})"
    return None


# -- conditions, procedures, drugs ----------------------------------------------------------------------------------------

_VERIFICATION = {
    "confirmed": Presence.PRESENT,
    "refuted": Presence.ABSENT,
    "unconfirmed": Presence.UNKNOWN,
    "provisional": Presence.UNKNOWN,
    "differential": Presence.UNKNOWN,
}


def _verified(resource: Resource, verification: set[str]) -> Presence:
    """What the verification status says: without one, that it is there; by words or codes that are not known, nobody knows."""
    known = [_VERIFICATION[each] for each in sorted(verification) if each in _VERIFICATION]
    if known:
        return known[0] if len(set(known)) == 1 else Presence.UNKNOWN
    return Presence.UNKNOWN if resource.get("verificationStatus") is not None else Presence.PRESENT


def _count_local(context: ExtractionContext, concepts: list[Any]) -> None:
    """Count a diagnosis or a drug that nobody can ask for by the systems of its codes."""
    named = nobody_asks((each.system, each.code) for what in concepts for each in v.codes(what))
    if named is not None:
        context.report.local_only[named] += 1


def _where_recorded(
    draft: Draft,
    kind: str,
    concepts: list[Any],
    *,
    presence: Presence,
    attributes: dict[str, Any] | None = None,
    **rest: Any,
) -> Iterator[Observation]:
    """In which systems a record is coded (:mod:`proband.facts.other_systems`): nothing of what is absent, is no result yet, or has no code."""
    found = [each for what in concepts for each in v.codes(what)]
    if presence is Presence.ABSENT or presence.is_silent or not found:
        return
    systems = {each.system for each in found}
    if kind == "diagnosis":  # what has the form of a code of ICD-10 is looked at as one
        systems |= {
            named for each in found if not each.known for named, _ in may_name(each.system, each.code)
        }
    yield draft.fact(
        *recorded_in(kind, systems), presence=Presence.UNKNOWN, attributes=attributes_of(kind="where-recorded"), display=v.all_words(concepts), **rest
    )  # fmt: skip


#: clinical statuses of what somebody has
_GOING_ON = {"active", "recurrence", "relapse"}
#: what a condition's clinical status says of its end, where no abatement is given
_OVER = {"inactive", "remission", "resolved"}


def _ended(resource: Resource, clinical: set[str]) -> tuple[UncertainDate | None, str | None]:
    """The days on which a condition ended, and what is wrong with them; ``None`` where nobody has said that it did.

    An abatement in words, as an age or as a bare yes ends it on a day that is not known.
    """
    at = v.choice_time(resource, "abatement")
    if at is not v.NEVER:
        return at.when, at.problem
    stated = [name for name in resource if name.startswith("abatement")]
    if any(resource[name] is not False for name in stated) or (not stated and clinical & _OVER):
        return UncertainDate.unknown(), None
    return None, None


#: the German mark of certainty behind an ICD-10-GM code (extension icd-10-gm-diagnosesicherheit): excluded, suspected
_CERTAINTY = {"A": Presence.ABSENT, "V": Presence.UNKNOWN}


def _certainty(concept: Any, presence: Presence) -> Presence:
    """The presence of a condition, if a mark of certainty beside its code takes it back; where the two differ, unknown."""
    for coding in v.items(v.obj(concept).get("coding")):
        for each in v.items(v.obj(coding).get("extension")):
            if (v.text(v.obj(each).get("url")) or "").endswith("/icd-10-gm-diagnosesicherheit"):
                said = _CERTAINTY.get(v.text(v.obj(v.obj(each).get("valueCoding")).get("code")) or "")
                if said is not None and presence is not said:
                    return said if presence is Presence.PRESENT else Presence.UNKNOWN
    return presence


def _condition(context: ExtractionContext, resource: Resource, position: str) -> Iterator[Observation]:
    verification = v.code_set(resource.get("verificationStatus"))
    if "entered-in-error" in verification:
        context.ignore("Condition", "entered in error", position)
        return
    presence = _certainty(resource.get("code"), _verified(resource, verification))
    at, kind = v.choice_time(resource, "onset"), "onset"
    if at is v.NEVER and resource.get("recordedDate") is not None:
        at, kind = v.moment(resource.get("recordedDate")), "recorded"
    draft = draft_of(context, resource, position, at)
    if draft is None:
        return
    clinical = v.code_set(resource.get("clinicalStatus"))
    onset_age = v.quantity(resource.get("onsetAge"))
    until, problem = _ended(resource, clinical)
    lasts: dict[str, Any] = {"persists": True, "until": until} if presence is not Presence.ABSENT else {}
    attributes = attributes_of(
        kind="condition",
        clinical_status=next(iter(sorted(clinical)), None),
        verification=next(iter(sorted(verification)), None),
        date_is=kind if at is not v.NEVER else None,
        onset_text=v.text(resource.get("onsetString")),
        onset_age=f"{onset_age.value:g} {onset_age.unit or ''}".strip()
        if onset_age.value is not None
        else None,
        abatement=v.text(resource.get("abatementDateTime")),
    )
    if resource.get("code") is None:
        context.ignore("Condition", "it has no code", position)
        if presence is not Presence.ABSENT:
            context.report.lack_code(position)
        return
    none_known = _none_known(resource["code"])
    if none_known is not None:
        words = v.words(resource["code"])
        yield draft.fact("Proband", "no-known-problem", display=words, attributes=attributes)
        return
    part = part_of_a_no(resource, resource["code"]) if presence is Presence.ABSENT else None
    if part is not None:
        presence, attributes = Presence.NOT_APPLICABLE, {**attributes, "part": part}
    if not v.codes(resource["code"]) and v.null_flavour(resource["code"]) is None:
        context.report.lack_code(position)
    _count_local(context, [resource["code"]])
    if presence is Presence.ABSENT and (clinical & _GOING_ON or until is not None):
        presence = Presence.UNKNOWN
        problem = problem or "it is refuted, and its clinical status or an end says that it was there"
    shared: dict[str, Any] = {"presence": presence, "attributes": attributes, "problem": problem, **lasts}
    yield from coded(draft, resource.get("code"), "condition", **shared)
    yield from valued(draft, "disease", resource.get("code"), **shared)
    yield from _where_recorded(draft, "diagnosis", [resource["code"]], **shared)
    if presence is not Presence.ABSENT:
        yield from of_unknown_systems(draft, resource.get("code"), "Condition.code")


#: statuses of a drug that is taken still
_GOES_ON = {"active", "on-hold", "in-progress"}
_DONE = {
    "completed": Presence.PRESENT,
    "in-progress": Presence.PRESENT,
    "on-hold": Presence.PRESENT,
    "stopped": Presence.PRESENT,
    "active": Presence.PRESENT,
    "not-done": Presence.ABSENT,
    "not-taken": Presence.ABSENT,
    "preparation": Presence.NOT_FINAL,
    "draft": Presence.NOT_FINAL,
    "intended": Presence.NOT_FINAL,
    "cancelled": Presence.NOT_FINAL,
}


#: what one occasion of it says nothing of the others: who was not operated on today may have been before
_ONE_OCCASION = {"procedure", "immunization"}


def _taken(
    resource: Resource, time: str, at: v.Moment, presence: Presence, status: str
) -> tuple[v.Moment, dict[str, Any]]:
    """From when on a drug is taken, and through when: its period; what is ordered or taken still goes on until somebody says otherwise."""
    if presence is Presence.NOT_APPLICABLE:
        return at, {}
    if presence is Presence.ABSENT:  # who does not take it may have taken it before
        period = v.obj(resource.get(f"{time}Period"))
        over = v.moment(period["end"]).when if period.get("end") is not None else at.when
        return at, {"persists": True, "until": over}
    given = v.obj(resource.get(f"{time}Period"))
    begin = v.moment(given.get("start")) if given.get("start") is not None else at
    end = v.moment(given["end"]).when if given.get("end") is not None else None
    if end is None and status not in _GOES_ON:
        end = UncertainDate(begin.when.earliest, None)
    if end is not None and end.before(begin.when):
        return at, {}
    return begin, {"persists": True, "until": end}


def _event(
    kind: str, concept: str, time: str, *, lasts: bool = False
) -> Callable[[ExtractionContext, Resource, str], Iterator[Observation]]:
    """A reader for resources that say "this was (not) done": a code, a status, a time."""

    def read(context: ExtractionContext, resource: Resource, position: str) -> Iterator[Observation]:
        status = v.text(resource.get("status")) or "unknown"
        if status == "entered-in-error":
            context.ignore(str(resource["resourceType"]), "entered in error", position)
            return
        at = v.choice_time(resource, time)
        if at is v.NEVER:
            at = v.moment(resource.get("authoredOn" if time == "authored" else time))
        draft = draft_of(context, resource, position, at)
        if draft is None:
            return
        what = _concept_of(context, resource, concept)
        if what is None:
            context.ignore(
                str(resource["resourceType"]), f"its {concept} is missing or stands in another file", position
            )
            if (
                concept == "medication"
                and v.obj(resource.get("medicationReference")).get("reference") is None
            ):
                context.report.lack(
                    "code.words-only", "a drug has no code, and criteria ask for codes: nobody sees it", position,
                    "send its code, or let somebody read it", what="drug in words without a code",
                )  # fmt: skip
            return
        presence = _DONE.get(status, Presence.UNKNOWN)
        only = "this one was not done" if presence is Presence.ABSENT and kind in _ONE_OCCASION else None
        if resource.get("doNotPerform") is True:
            only = "an order that it be not given"
        if presence is Presence.ABSENT and kind == "medication-administration":
            presence = Presence.UNKNOWN  # a dose that was not given is no "never had it"
        intent = v.text(resource.get("intent"))
        if intent in {"proposal", "plan", "option"} and presence is Presence.PRESENT:
            presence = Presence.UNKNOWN
        attributes = attributes_of(
            kind=kind,
            status=status,
            intent=intent,
            reason=v.words(next(iter(v.items(resource.get("statusReason"))), None)),
        )
        part = only or (part_of_a_no(resource, what) if presence is Presence.ABSENT else None)
        if part is not None:
            presence, attributes = Presence.NOT_APPLICABLE, {**attributes, "part": part}
        held: dict[str, Any] = {}
        if lasts or status == "in-progress" or f"{time}Period" in resource:
            draft.at, held = _taken(resource, time, at, presence, status)
        yield from coded(draft, what, kind, presence=presence, attributes=attributes, **held)
        if kind == "procedure":
            yield from _where_recorded(draft, kind, [what], presence=presence, **held)
        if concept != "medication" or presence in {Presence.ABSENT, Presence.NOT_APPLICABLE}:
            return  # who does not take one product may take another of the same ingredient
        parts = list(_ingredients(context, resource))
        if (
            not any(map(v.codes, (what, *parts)))
            and v.null_flavour(what) is None
            and presence is not Presence.NOT_FINAL
        ):
            context.report.lack(
                "code.words-only", "a drug stands in words alone, and criteria ask for codes: nobody sees it", position,
                "send its code, or let somebody read it", what="drug in words without a code",
            )  # fmt: skip
        if presence is not Presence.NOT_FINAL:
            _count_local(context, [what, *parts])
        yield from _where_recorded(draft, "drug", [what, *parts], presence=presence, **held)
        own = {each.key for each in v.codes(what)}
        for each in parts:
            if not own & {code.key for code in v.codes(each)}:
                named = {**attributes, "ingredient-of": v.words(what) or next(iter(sorted(own)), "a product")}
                yield from coded(draft, each, kind, presence=presence, attributes=named, **held)

    return read


#: products of products that are followed
_DEEPEST = 32


def _medicine(context: ExtractionContext, resource: Resource, node: Any, contained: Any) -> Resource | None:
    """The Medication or Substance that a reference names: contained, in the same file, or in another of the reading."""
    reference = v.text(v.obj(node).get("reference"))
    if reference is None:
        return None
    if reference.startswith("#"):
        held = (v.obj(each) for each in v.items(contained))
        return next((each for each in held if each.get("id") == reference[1:]), None)
    return context.resolve(reference) or context.identities.medication(v.named(reference)[0])


def _ingredients(context: ExtractionContext, resource: Resource) -> Iterator[Any]:
    """The concepts of what is in the product that a resource names, at whatever depth: a product of products, a substance of others."""
    contained = resource.get("contained")
    waiting = [_medicine(context, resource, resource.get("medicationReference"), contained)]
    for _ in range(_DEEPEST):
        if not waiting:
            return
        product = waiting.pop()
        for each in v.items(v.obj(product).get("ingredient")):
            entry = v.obj(each)
            if entry.get("isActive") is False:
                continue
            for name in ("itemCodeableConcept", "substanceCodeableConcept"):
                if name in entry:
                    yield entry[name]
            for name in ("itemReference", "substanceReference"):
                inner = _medicine(
                    context,
                    resource,
                    entry.get(name),
                    [*v.items(contained), *v.items(v.obj(product).get("contained"))],
                )
                if inner is not None:
                    yield inner.get("code")
                    waiting.append(inner)


def _concept_of(context: ExtractionContext, resource: Resource, concept: str) -> Any:
    if concept != "medication":
        return resource.get(concept)
    direct = resource.get("medicationCodeableConcept")
    if direct is not None:
        return direct
    node = v.obj(resource.get("medicationReference"))
    reference = v.text(node.get("reference"))
    if reference is None:
        return {"text": node["display"]} if v.text(node.get("display")) else None
    held = _medicine(context, resource, node, resource.get("contained"))
    if held is not None:
        return held.get("code") or {"text": v.text(node.get("display")) or "a product without a code"}
    return {"text": node["display"]} if v.text(node.get("display")) else None


#: SNOMED CT codes by which sources say that nothing of a kind is known (as the International Patient Summary lists them)
#: → the code of Proband of which they are the "no"
_NONE_KNOWN = {
    "716186003": "allergy",  # no known allergy
    "409137002": "drug-allergy",
    "429625007": "food-allergy",
    "428607008": "environmental-allergy",
    "428197003": "insect-allergy",
    "716184000": "latex-allergy",
    "160245001": "disease",  # no current problems or disability
}


def _none_known(concept: Any) -> str | None:
    """What a concept says is not there ("no known allergies"); ``None`` for a concept that says that something is."""
    for each in v.codes(concept):
        if each.system == "SNOMED" and each.code in _NONE_KNOWN:
            return _NONE_KNOWN[each.code]
    words = " ".join((v.words(concept) or "").lower().replace("-", " ").split())
    if words in {"no known allergies", "no known allergy", "nka", "nkda", "no known drug allergies"}:
        return "drug-allergy" if "drug" in words or words == "nkda" else "allergy"
    return None


def _allergy(context: ExtractionContext, resource: Resource, position: str) -> Iterator[Observation]:
    verification = v.code_set(resource.get("verificationStatus"))
    if "entered-in-error" in verification:
        context.ignore("AllergyIntolerance", "entered in error", position)
        return
    at = v.choice_time(resource, "onset")
    if at is v.NEVER:
        at = v.moment(resource.get("recordedDate"))
    draft = draft_of(context, resource, position, at)
    if draft is None:
        return
    presence = next((_VERIFICATION[each] for each in verification if each in _VERIFICATION), Presence.PRESENT)
    attributes = attributes_of(
        clinical_status=next(iter(sorted(v.code_set(resource.get("clinicalStatus")))), None),
        criticality=v.text(resource.get("criticality")),
    )
    if resource.get("code") is None:
        context.ignore("AllergyIntolerance", "it has no code", position)
        return
    none_known = _none_known(resource["code"])
    if none_known is not None:
        if presence is Presence.PRESENT:
            words = v.words(resource["code"])
            yield draft.fact(
                "Proband", none_known, display=words, presence=Presence.ABSENT, attributes=attributes
            )
        else:
            context.ignore(
                "AllergyIntolerance", "it says that nothing is known, and is not confirmed", position
            )
        return
    yield from valued(draft, "allergy", resource.get("code"), presence=presence, attributes=attributes)


#: relationships by which a history of the family is one's own: v3-RoleCode, and "patient" of SNOMED CT
_ONESELF = {"ONESELF", "116154003"}


def _family(context: ExtractionContext, resource: Resource, position: str) -> Iterator[Observation]:
    if resource.get("status") == "entered-in-error":
        context.ignore("FamilyMemberHistory", "entered in error", position)
        return
    draft = draft_of(context, resource, position, v.moment(resource.get("date")))
    if draft is None:
        return
    relationship = v.words(resource.get("relationship")) or next(
        (each.code for each in v.codes(resource.get("relationship"))), None
    )
    conditions = v.items(resource.get("condition"))
    if {each.code for each in v.codes(resource.get("relationship"))} & _ONESELF:
        yield from mentioned(
            draft, (v.obj(each).get("code") for each in conditions), "FamilyMemberHistory.condition"
        )
        return
    if not conditions:
        context.ignore("FamilyMemberHistory", "it names no condition", position)
    for each in conditions:
        yield from valued(
            draft,
            "family-history",
            v.obj(each).get("code"),
            attributes=attributes_of(relationship=relationship),
        )


# -- encounters, reports, consents, specimens, events -------------------------------------------------------------------------


def _encounter(context: ExtractionContext, resource: Resource, position: str) -> Iterator[Observation]:
    status = v.text(resource.get("status")) or "unknown"
    if status == "entered-in-error":
        context.ignore("Encounter", "entered in error", position)
        return
    stay = v.obj(resource.get("period"))
    begin, end = v.moment(stay.get("start")), v.moment(stay.get("end"))
    draft = draft_of(context, resource, position, begin if stay.get("start") is not None else v.NEVER)
    if draft is None:
        return
    problem = v.period(stay).problem if stay else None
    presence = {
        "finished": Presence.PRESENT,
        "in-progress": Presence.PRESENT,
        "arrived": Presence.PRESENT,
        "cancelled": Presence.NOT_FINAL,  # a stay that was called off is no "not in hospital"
    }
    kind = v.coding(resource.get("class"))
    ended_by = v.obj(resource.get("hospitalization")).get("dischargeDisposition")
    if status not in {"cancelled", "planned"} and _by_death(ended_by):
        doubt = "a stay is said to have ended by death, and the Patient does not say so"
        yield draft.fact(
            "Proband", "vital-status", at=end if stay.get("end") else begin, text="deceased", problem=doubt
        )
    yield draft.fact(
        "Proband",
        "encounter",
        text=next((v.words(each) for each in v.items(resource.get("type"))), None),
        value_system=kind.system or None if kind else None,
        value_code=kind.code if kind else None,
        presence=presence.get(status, Presence.UNKNOWN),
        problem=problem if problem != begin.problem else None,
        persists=True,
        until=end.when
        if stay.get("end") is not None
        else None
        if status == "in-progress"
        else UncertainDate.unknown(),
        attributes=attributes_of(status=status),
    )


def _by_death(disposition: Any) -> bool:
    """Whether a stay ended by death: *exp* of HL7's discharge-disposition, a code of death, or the word."""
    found = v.codes(disposition)
    return any(each.code == "exp" or (each.system, each.code) in DEATH_KEYS for each in found) or any(
        died_in_words(words) for words in (v.words(disposition), *(each.display for each in found)) if words
    )


_CONCLUDED = {"final", "amended", "corrected", "appended"}


def _report(context: ExtractionContext, resource: Resource, position: str) -> Iterator[Observation]:
    status = v.text(resource.get("status")) or "unknown"
    if status in {"entered-in-error", "cancelled"}:
        context.ignore("DiagnosticReport", status.replace("-", " "), position)
        return
    draft = draft_of(context, resource, position, v.choice_time(resource, "effective"))
    if draft is None:
        return
    presence = Presence.PRESENT if status in _CONCLUDED else Presence.UNKNOWN
    attributes = attributes_of(status=status, conclusion=v.text(resource.get("conclusion")))
    yield from valued(
        draft, "diagnostic-report", resource.get("code"), presence=presence, attributes=attributes
    )
    for each in v.items(resource.get("conclusionCode")):
        yield from valued(draft, "report-conclusion", each, presence=presence, attributes=attributes)


def _consent(context: ExtractionContext, resource: Resource, position: str) -> Iterator[Observation]:
    status = v.text(resource.get("status")) or "unknown"
    if status == "entered-in-error":
        context.ignore("Consent", "entered in error", position)
        return
    at = v.moment(resource.get("dateTime"))
    draft = draft_of(context, resource, position, at, "patient")
    if draft is None:
        return
    provision = v.obj(resource.get("provision"))
    permits = v.text(provision.get("type")) != "deny"
    # what is denied but for exceptions ("nothing, except …", R4 Consent.provision.provision) is no refusal to take part; nobody here reads the exceptions
    excepted = any(
        v.text(v.obj(each).get("type")) == "permit" for each in v.items(provision.get("provision"))
    )
    presence = {"active": Presence.PRESENT if permits else Presence.ABSENT, "rejected": Presence.ABSENT}.get(
        status, Presence.UNKNOWN
    )
    attributes = attributes_of(
        status=status,
        scope=next((each.code for each in v.codes(resource.get("scope"))), None),
        provision=v.text(provision.get("type")),
    )
    yield draft.fact("Proband", "consent", text=status, presence=presence, attributes=attributes)
    if not {each.code for each in v.codes(resource.get("scope"))} & _NOT_OF_TAKING_PART:
        over = v.moment(v.obj(provision.get("period")).get("end"))
        if status in {"rejected", "inactive"} or (presence is Presence.ABSENT and not excepted):
            yield draft.fact(*LEFT, text=f"consent {status if permits else 'denied'}", attributes=attributes)
        elif status == "active" and permits:
            yield draft.fact(*AGREED, text=status, attributes=attributes)
            if over.when.earliest is not None:
                yield draft.fact(*LEFT, at=over, text="consent ended", attributes=attributes)
    if at.when.earliest is not None:
        yield draft.fact(
            "Proband", "consent-date", text=str(at.when), presence=presence, attributes=attributes
        )


def _document(context: ExtractionContext, resource: Resource, position: str) -> Iterator[Observation]:
    """That a document is on record which nobody read: it speaks against what silence would mean, of what such a document can speak of, and against no answer."""
    if DOCUMENT not in in_words(resource, context.resolve):
        context.ignore("DocumentReference", "it holds nothing that is not read", position)
        return
    at = v.moment(resource.get("date"))
    if at.when.earliest is None:
        at = v.moment(v.obj(v.obj(resource.get("context")).get("period")).get("start"))
    draft = draft_of(context, resource, position, at)
    if draft is None:
        return
    context.report.find(
        Severity.WARNING, "fhir.document", f"DocumentReference: a {DOCUMENT}; it may hold what no code here says", position,
        "let somebody read it, or send what it says in codes as well",
    )  # fmt: skip
    context.ignore("DocumentReference", "nobody here reads documents", position)
    kinds = v.codes(resource.get("type")) or [
        c for each in v.items(resource.get("category")) for c in v.codes(each)
    ]
    for system, code in unread_document((each.system, each.code) for each in kinds):
        yield draft.fact(
            system, code, presence=Presence.UNKNOWN, persists=True, until=through(at.when), display=v.words(resource.get("type")), attributes=attributes_of(kind="unread"),
        )  # fmt: skip


#: scopes of a consent that say nothing of taking part: who may see the record, and what is to be done at the end of life
_NOT_OF_TAKING_PART = {"patient-privacy", "adr"}
#: statuses of a research subject by which they are in a study no more, or were never fit for it
_OUT = {"withdrawn", "ineligible", "not-registered"}


def _research_subject(context: ExtractionContext, resource: Resource, position: str) -> Iterator[Observation]:
    status = v.text(resource.get("status")) or "unknown"
    if status == "entered-in-error" or status not in _OUT:
        context.ignore(
            "ResearchSubject", f"its status {status[:30]} says nothing against taking part", position
        )
        return
    period = v.obj(resource.get("period"))
    day = v.moment(period["end"]) if period.get("end") is not None else v.NEVER
    draft = draft_of(context, resource, position, day, "individual")
    if draft is not None:
        yield draft.fact(*LEFT, text=f"research subject {status}", attributes=attributes_of(status=status))


def _specimen(context: ExtractionContext, resource: Resource, position: str) -> Iterator[Observation]:
    status = v.text(resource.get("status"))
    if status == "entered-in-error":
        context.ignore("Specimen", "entered in error", position)
        return
    at = v.choice_time(v.obj(resource.get("collection")), "collected")
    draft = draft_of(context, resource, position, at)
    if draft is None:
        return
    presence = Presence.ABSENT if status == "unavailable" else Presence.PRESENT
    yield from valued(
        draft, "specimen", resource.get("type"), presence=presence, attributes=attributes_of(status=status)
    )


def _adverse_event(context: ExtractionContext, resource: Resource, position: str) -> Iterator[Observation]:
    draft = draft_of(context, resource, position, v.moment(resource.get("date")), "subject")
    if draft is None:
        return
    actual = resource.get("actuality") == "actual"
    attributes = attributes_of(
        actuality=v.text(resource.get("actuality")),
        seriousness=v.words(resource.get("seriousness")),
        severity=v.words(resource.get("severity")),
        outcome=v.words(resource.get("outcome")),
    )
    presence = Presence.PRESENT if actual else Presence.UNKNOWN
    yield from valued(draft, "adverse-event", resource.get("event"), presence=presence, attributes=attributes)


Reader = Callable[[ExtractionContext, Resource, str], Iterator[Observation]]

#: resource type → reader; :mod:`proband.exchange.fhir.observations` adds Observation and QuestionnaireResponse
READERS: dict[str, Reader] = {
    "Patient": _patient,
    "Condition": _condition,
    "Procedure": _event("procedure", "code", "performed"),
    "MedicationRequest": _event("medication-request", "medication", "authored", lasts=True),
    "MedicationStatement": _event("medication-statement", "medication", "effective", lasts=True),
    "MedicationAdministration": _event("medication-administration", "medication", "effective"),
    "MedicationDispense": _event("medication-dispense", "medication", "whenHandedOver", lasts=True),
    "Immunization": _event("immunization", "vaccineCode", "occurrence"),
    "AllergyIntolerance": _allergy,
    "FamilyMemberHistory": _family,
    "Encounter": _encounter,
    "DiagnosticReport": _report,
    "Consent": _consent,
    "DocumentReference": _document,
    "ResearchSubject": _research_subject,
    "Specimen": _specimen,
    "AdverseEvent": _adverse_event,
}
