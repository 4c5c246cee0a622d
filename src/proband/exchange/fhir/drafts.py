"""From a resource to observations: whom it is about, and how a concept becomes the code or the value of a fact."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from proband.exchange.fhir import values as v
from proband.exchange.fhir.identities import Identities
from proband.exchange.fhir.persons import PersonResolver
from proband.exchange.fhir.questionnaires import Questionnaires
from proband.exchange.fhir.reference_ranges import PersonDescribed
from proband.exchange.fhir.specimens import SpecimenSaid
from proband.exchange.remarks import problem_in
from proband.exchange.report import FileReport
from proband.facts.observation import Observation, Origin, Presence
from proband.terms import broader_codes

Resource = dict[str, Any]


@dataclass(slots=True)
class ExtractionContext:
    """What an extractor needs to know about the file it reads from."""

    file: str
    report: FileReport
    resolve: Callable[[str], Resource | None]
    """The resource behind a reference, where the file holds it."""
    identities: Identities
    forms: Callable[[], Questionnaires]
    """The Questionnaires of all files of the reading, looked through when the first form is met."""
    _persons: PersonResolver = field(init=False)

    def __post_init__(self) -> None:
        self._persons = PersonResolver(self.report, self.resolve, self.identities)

    def ignore(self, what: str, reason: str, position: str) -> None:
        """Count something that does not become a fact."""
        self.report.ignore(what, reason, position)

    def subject(self, resource: Resource, position: str, *names: str) -> str | None:
        """The id of the person whom a resource is about; ``None``, and counted, where there is none."""
        return self._persons.subject(resource, position, *names)

    def patient(self, patient: Resource) -> str | None:
        """The id of the person of a Patient resource."""
        return self._persons.patient(patient)

    def doubts(self, subject: str) -> tuple[str, ...]:
        """What makes every fact of a person doubtful."""
        found: tuple[str, ...] = ()
        if self.identities.is_inactive(subject):
            found += ("the patient's record is marked as not active, and no other replaces it",)
        if self.identities.is_test(subject):
            found += ("the patient's record is labelled as test data (HTEST)",)
        servers = self.identities.shared_id(subject)
        if servers:
            found += (f"two servers ({servers}) use this id for patients of whom they say different things",)
        other = self.identities.shared_identifiers.other(subject)
        if other:
            found += (
                f"{other}, and is not linked: what is known of one person may stand under the other id",
            )
        return found


def attributes_of(**pairs: Any) -> dict[str, Any]:
    """Attributes of a fact: what is not blank, under its name with hyphens."""
    return {name.replace("_", "-"): value for name, value in pairs.items() if value not in (None, [], "")}


@dataclass(slots=True)
class Draft:
    """What all facts of one resource share."""

    subject: str
    position: str
    file: str
    at: v.Moment
    problems: tuple[str, ...] = ()
    resource: str | None = None
    version: str | None = None
    person: PersonDescribed = field(default_factory=PersonDescribed)
    specimen: SpecimenSaid = field(default_factory=SpecimenSaid)
    place: Resource = field(default_factory=dict)
    """What the resource says of the place of the body that its parts do not say for themselves."""

    def fact(
        self, system: str, code: str, *, at: v.Moment | None = None, problem: str | None = None, **rest: Any
    ) -> Observation:
        """An observation with what all facts of the resource share; ``rest`` are its other fields."""
        moment = at or self.at
        attributes = rest.pop("attributes", {})
        if moment.offset and moment.offset != "Z":
            attributes = {**attributes, "offset": moment.offset}
        problems = self.problems + tuple(each for each in (problem, moment.problem) if each)
        return Observation(
            subject=self.subject,
            system=system,
            code=code,
            when=moment.when,
            time=moment.time,
            attributes=attributes,
            origin=Origin(self.file, self.position),
            resource=self.resource,
            version=self.version,
            problems=problems,
            **rest,
        )


def not_understood(resource: Resource) -> tuple[str, ...]:
    """What changes the meaning of a resource in a way that nobody here knows: its modifier elements of R4 that every type has.

    Nested ones count too: a ``modifierExtension`` of a component may turn round what the component says.
    """
    nested = (resource, *(v.obj(each) for each in v.items(resource.get("component"))))
    problems: tuple[str, ...] = ()
    if any(each.get("modifierExtension") for each in nested):
        problems += ("a modifierExtension, which may change the meaning, is not understood",)
    problems += v.marked(resource)
    if resource.get("implicitRules"):
        problems += ("implicitRules, without which it may not be read, are not understood",)
    if any(name in resource for name in ("note", "conclusion", "comment", "extension")):
        remarks = [*v.notes(resource), v.text(resource.get("conclusion")), v.text(resource.get("comment"))]
        remarks += v.extension_words(resource)
        against = problem_in(remarks)
        problems += (against,) if against else ()
    return problems


def draft_of(
    context: ExtractionContext, resource: Resource, position: str, at: v.Moment, *names: str
) -> Draft | None:
    """What all facts of a resource share; ``None``, and counted, where it names no person."""
    subject = context.subject(resource, position, *(names or ("subject", "patient")))
    if subject is None:
        return None
    problems = context.doubts(subject) + not_understood(resource)
    visit = v.obj(resource.get("encounter"))
    if visit and _of_another_visit(context, resource, visit, subject):
        problems += ("the stay during which it was recorded is another patient's",)
    return Draft(subject, position, context.file, at, problems, *identity_of(resource, position))


def _of_another_visit(context: ExtractionContext, resource: Resource, visit: Resource, subject: str) -> bool:
    """Whether the encounter of a resource, where the file holds it, is of another patient than the resource itself."""
    reference = v.text(visit.get("reference"))
    held = _behind(context, resource, reference) if reference else None
    whose = v.obj(held.get("subject")) if held is not None and held.get("resourceType") == "Encounter" else {}
    if not whose or whose == resource.get("subject"):
        return False
    found = _person_behind(context, v.obj(held), whose)
    return found is not None and found != subject


#: words of a place that leave the whole
_WHOLE = frozenset(
    [
        "structure",
        "of",
        "the",
        "entire",
        "whole",
        "body",
        "region",
        "all",
        "part",
        "system",
        "bilateral",
        "both",
        "sides",
        "total",
        "general",
        "generalized",
        "generalised",
        "ganzer",
        "ganze",
        "körper",
    ]
)
_WHOLE_BODY = {"SNOMED|38266002", "SNOMED|279495008", "SNOMED|51440002"}  # the whole body, right and left


def part_of_a_no(resource: Resource, concept: Any) -> str | None:
    """Of which part alone a "no" speaks (a place, a severity, a stage); ``None`` where it speaks of the whole.

    "No thrombosis of the left leg" and "no severe bleeding" leave the rest open. A place that the words of the code name
    already (*vein* of *thrombosis of a vein*) leaves nothing.
    """
    own = _tokens(" ".join((v.words(concept) or "", *(each.display or "" for each in v.codes(concept)))))
    for name in ("bodySite", "severity", "stage"):
        for each in v.items(resource.get(name)):
            place = v.obj(each).get("summary") if name == "stage" else each
            if not v.obj(place):
                continue
            if name == "bodySite":
                codes = {code.key for code in v.codes(place)}
                said = _tokens(v.words(place) or "")
                if codes & _WHOLE_BODY or (said and said - _WHOLE <= own):
                    continue
            shown = v.words(place) or next((code.key for code in v.codes(place)), "?")
            return f"a no of {shown[:60]} alone"
    if any(
        (v.text(v.obj(each).get("url")) or "").lower().endswith("bodysite")
        for each in v.items(resource.get("extension"))
    ):
        return "a no of one body site alone"
    return None


def _tokens(words: str) -> set[str]:
    return set(re.findall(r"\w+", words.lower()))


def patient_behind(context: ExtractionContext, resource: Resource) -> Resource | None:
    """The Patient resource that a resource names as its subject, where the file holds it."""
    reference = v.text(v.obj(resource.get("subject")).get("reference"))
    held = _behind(context, resource, reference) if reference else None
    return held if held is not None and held.get("resourceType") == "Patient" else None


def specimen_of(context: ExtractionContext, resource: Resource) -> SpecimenSaid:
    """What a result was measured in, where the source says it."""
    node = v.obj(resource.get("specimen"))
    if not node:
        return SpecimenSaid()
    reference = v.text(node.get("reference"))
    return SpecimenSaid.of(_specimen_behind(context, resource, reference), v.text(node.get("display")))


def _specimen_behind(
    context: ExtractionContext, resource: Resource, reference: str | None
) -> Resource | None:
    """The Specimen behind a reference: in the same file, else in any other of the reading."""
    if not reference:
        return None
    held = _behind(context, resource, reference)
    if held is None and not reference.startswith("#"):
        held = context.identities.specimen(v.named(reference)[0])
    return held


def about_another(context: ExtractionContext, resource: Resource, subject: str) -> str | None:
    """Of whom an observation on a person's record really is: of its focus (a donor, a fetus) or of another's specimen."""
    for node in v.items(resource.get("focus")):
        if _person_behind(context, resource, node) != subject:
            who = v.text(v.obj(node).get("display")) or v.text(v.obj(node).get("reference")) or "another"
            return f"its focus is {who[:60]}"
    specimen = v.obj(resource.get("specimen"))
    held = _specimen_behind(context, resource, v.text(specimen.get("reference")))
    if held is not None and held.get("subject") is not None:
        given = _person_behind(context, resource, held["subject"])
        if given != subject:
            who = v.text(v.obj(held["subject"]).get("reference")) or "another"
            return f"its specimen is of {who[:60]}"
    return None


def _behind(context: ExtractionContext, resource: Resource, reference: str) -> Resource | None:
    if reference.startswith("#"):
        held = (v.obj(each) for each in v.items(resource.get("contained")))
        return next((each for each in held if each.get("id") == reference[1:]), None)
    return context.resolve(reference)


def _person_behind(context: ExtractionContext, resource: Resource, node: Any) -> str | None:
    """The id of the patient to whom a reference leads; ``None`` where it leads to anything else."""
    quiet = replace(context, report=FileReport(context.file))
    return quiet.subject({**resource, "subject": node}, "", "subject")


def identity_of(resource: Resource, position: str) -> tuple[str | None, str | None]:
    """Under which name the source keeps a resource (``Observation/o-1``) and in which version; contained ones have no name."""
    identity = v.text(resource.get("id"))
    if identity is None or ".contained[" in position:
        return None, None
    meta = v.obj(resource.get("meta"))
    return (
        f"{resource.get('resourceType')}/{identity}",
        v.text(meta.get("versionId")) or v.text(meta.get("lastUpdated")),
    )


def _with_broader(known: list[v.Code], rest: dict[str, Any]) -> list[v.Code]:
    """Values with the broader ones of four characters: who has the finer has them too, and who may have it may."""
    if rest.get("presence", Presence.PRESENT) is Presence.ABSENT:
        return known
    stated = {each.key for each in known}
    broader = [
        v.Code(each.system, code, each.display, known=True)
        for each in known
        for code in broader_codes(each.system, each.code)
        if not code.endswith("-")
    ]
    return known + [each for each in broader if each.key not in stated]


def coded(draft: Draft, concept: Any, fallback: str, **rest: Any) -> Iterator[Observation]:
    """Facts whose *code* is a concept: one for each coding of a known system (the first one leads), else one."""
    found = v.codes(concept)
    attributes = rest.pop("attributes", {})
    words = v.words(concept)
    withheld = v.null_flavour(concept)
    if withheld is not None:
        yield draft.fact("Proband", fallback, attributes=attributes, **{**rest, "presence": withheld})
        return
    if not found:
        local = v.local_code(words) if words else fallback
        yield draft.fact("Proband", local, display=words, attributes=attributes, **rest)
        return
    known = [each for each in found if each.known]
    others = [each.key for each in found if not each.known]
    if others and known:
        attributes = {**attributes, "codes": others}
    leading = (known or found)[0]
    # alternatives are facts of their own, so that a code set of any one system finds them, and say whose twin they are
    for index, each in enumerate(known or found[:1]):
        extra = attributes if index == 0 else {**attributes, "same-as": leading.key}
        yield draft.fact(
            each.system or "Proband", each.code, display=each.display or words, attributes=extra, **rest
        )


def valued(draft: Draft, code: str, concept: Any, **rest: Any) -> Iterator[Observation]:
    """Facts of one of Proband's own codes whose *value* is a concept: one for each coding of a known system."""
    found = v.codes(concept)
    words = v.words(concept)
    attributes = rest.pop("attributes", {})
    withheld = v.null_flavour(concept)
    if withheld is not None:
        yield draft.fact("Proband", code, attributes=attributes, **{**rest, "presence": withheld})
        return
    if not found:
        yield draft.fact("Proband", code, text=words, attributes=attributes, **rest)
        return
    known = _with_broader([each for each in found if each.known], rest) or found[:1]
    for index, each in enumerate(known):
        extra = attributes if index == 0 else {**attributes, "same-as": known[0].key}
        yield draft.fact(
            "Proband",
            code,
            text=words,
            value_system=each.system or None,
            value_code=each.code,
            display=each.display,
            attributes=extra,
            **rest,
        )
