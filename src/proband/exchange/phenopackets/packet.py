"""What all facts of one phenopacket share, and its ontology classes as codes of Proband's systems."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from proband.exchange.json_values import Moment, items, obj, text
from proband.exchange.may_name import may_name, through
from proband.exchange.phenopackets.ages import Timed, time_element
from proband.facts.mentions import mention_of
from proband.facts.observation import Observation, Origin, Presence
from proband.facts.other_systems import recorded_in
from proband.terms import UncertainDate, canonical_code, system_name

_PREFIX_SYSTEMS = {
    "HP": "HPO",
    "ORPHANET": "ORPHA",
    "ORDO": "ORPHA",
    "MIM": "OMIM",
    "SNOMEDCT": "SNOMED",
    "SCTID": "SNOMED",
    "ICD10": "ICD-10",
    "ICD10CM": "ICD-10",
    "ICD9CM": "ICD-9-CM",
}
#: systems whose codes keep their prefix (CURIEs)
_CURIES = {"HPO", "MONDO", "ORPHA", "OMIM", "HGNC"}


#: the address of a term, or its name in a file of an ontology: ``http://purl.obolibrary.org/obo/HP_0002586``
_ADDRESS = re.compile(r"(?:https?://\S+[/#])?([A-Za-z][A-Za-z0-9]*)_([A-Za-z0-9.-]+)")


def system_of(prefix: str) -> str | None:
    """The system of Proband's that a prefix names; ``None`` for any other."""
    return _PREFIX_SYSTEMS.get(prefix.upper()) or system_name(prefix)


def _by_address(identity: str) -> tuple[str, str, str] | None:
    """Prefix and code of a term that is named by its address; ``None`` for any other name, and for an address that nobody knows."""
    found = _ADDRESS.fullmatch(identity)
    if found and system_of(found[1]):
        return found[1], ":", found[2]
    base, _, last = identity.rpartition("/")
    system = "SNOMED" if base.endswith("://snomed.info/id") else system_name(base) if base else None
    return (system, ":", last) if system and last else None


def concept(node: Any) -> tuple[str, str, str | None] | None:
    """(system, code, label) of an OntologyClass by its CURIE; ``None`` without an id."""
    entry = obj(node)
    identity = text(entry.get("id"))
    if identity is None:
        return None
    return *_named(identity), text(entry.get("label"))


@lru_cache(maxsize=8192)
def _named(identity: str) -> tuple[str, str]:
    """System and code of a term by its CURIE or its address; no system where nobody knows it."""
    prefix, colon, rest = _by_address(identity) or identity.partition(":")
    if not colon or not rest or rest.startswith("//"):
        return "", identity
    system = system_of(prefix) or prefix
    code = f"{'HP' if system == 'HPO' else system}:{rest}" if system in _CURIES else rest
    return system, canonical_code(system, code)


@dataclass(slots=True)
class Packet:
    """Whose facts these are, where they stand, and the birth date that turns ages into days."""

    subject: str
    subject_id: str | None
    file: str
    path: str
    birth: UncertainDate

    def fact(
        self, system: str, code: str, where: str, timed: Timed | None = None, **rest: Any
    ) -> Observation:
        """An observation of this packet; ``rest`` are its other fields."""
        attributes = {
            name: value for name, value in rest.pop("attributes", {}).items() if value not in (None, "", [])
        }
        problems = tuple(
            each for each in (rest.pop("problem", None), timed.problem if timed else None) if each
        )
        at = timed.at if timed else Moment(UncertainDate.unknown())
        return Observation(
            subject=self.subject,
            system=system or "Proband",
            code=code,
            when=at.when,
            time=at.time,
            attributes={**attributes, **(timed.attributes if timed else {})},
            origin=Origin(self.file, f"{self.path}.{where}" if where else self.path),
            problems=problems,
            **rest,
        )

    def mentions(
        self,
        found: tuple[str, str, str | None],
        where: str,
        timed: Timed | None = None,
        *,
        diagnosis: bool = False,
    ) -> Iterator[Observation]:
        """What a term may name, of which nobody says that the person has it (:mod:`proband.facts.mentions`); of a ``diagnosis``, in which system too."""
        begin = timed.at.when if timed else UncertainDate.unknown()
        if diagnosis:
            systems = {found[0], *(system for system, _ in may_name(found[0], found[1]))}
            yield self.fact(
                *recorded_in("diagnosis", systems), where, timed, presence=Presence.UNKNOWN, persists=True, until=through(begin), attributes={"kind": "where-recorded"}, display=found[2],
            )  # fmt: skip
        for each in dict.fromkeys(may_name(found[0], found[1])):
            yield self.fact(
                *mention_of(*each), where, timed, display=found[2], persists=True, until=through(begin),
                attributes={"kind": "mention", "where": where},
            )  # fmt: skip

    def time(self, node: Any) -> Timed:
        """A TimeElement, with ages counted from this person's birth."""
        return time_element(node, self.birth)


def is_animal(holder: dict[str, Any]) -> bool:
    """Whether a subject or a sample says by its ``taxonomy`` that it is of another species than ours."""
    found = concept(holder.get("taxonomy"))
    return (
        found is not None
        and found[1] != "9606"
        and (found[2] or "").strip().lower() not in {"homo sapiens", "human"}
    )


#: what narrows a feature or a disease to a part: how severe, where, on which side, at which stage
_NARROWING = ("severity", "modifiers", "laterality", "primarySite", "diseaseStage", "clinicalTnmFinding")


def part_of_a_no(entry: dict[str, Any]) -> str | None:
    """Of which part alone an exclusion speaks ("no *severe* anaemia"); ``None`` where it speaks of the whole."""
    for name in _NARROWING:
        for each in items(entry.get(name)):
            found = concept(each)
            if found is not None:
                return f"a no of {(found[2] or found[1])[:60]} alone"
    return None


def presence_of(entry: dict[str, Any]) -> tuple[Presence, str | None]:
    """Presence by ``excluded``, and what is wrong with that field."""
    excluded = entry.get("excluded")
    if excluded is True and entry.get("resolution") is not None:
        return Presence.UNKNOWN, "it is excluded, and has a resolution: what was never there does not end"
    if excluded is None or excluded is False:
        return Presence.PRESENT, None
    if excluded is True:
        return Presence.ABSENT if part_of_a_no(entry) is None else Presence.NOT_APPLICABLE, None
    return Presence.UNKNOWN, f"excluded is {str(excluded)[:20]!r}, neither true nor false"
