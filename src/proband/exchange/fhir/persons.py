"""Whom a resource is about: one resolver for every form of a reference, so that two forms never make two people.

A reference may be relative, absolute, versioned, ``urn:uuid``, contained, conditional (``Patient?identifier=…``) or logical (an
identifier alone). All end at the id of one Patient record, and that at the record which stands for the person. What names
nobody, or several, gives no facts and is counted among what is lacking.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl, unquote

from proband.exchange.fhir.identities import Identities
from proband.exchange.json_values import items, obj, text
from proband.exchange.report import FileReport

Resource = dict[str, Any]
_CONDITIONAL = re.compile(r"^(?:https?://\S+/)?(?P<type>[A-Z][A-Za-z]+)\?(?P<query>.+)$")
_LITERAL = re.compile(r"^(?:(?:.+/)?(?P<type>[A-Z][A-Za-z]+)/)?(?P<id>[^/#?]+?)(?:/_history(?:/.*)?)?/?$")


def identifiers_of(patient: Resource) -> Iterator[tuple[str | None, str]]:
    """``(system, value)`` of each identifier that has a value."""
    for each in items(patient.get("identifier")):
        value = text(obj(each).get("value"))
        if value:
            yield text(obj(each).get("system")), value


class _Unresolved(Exception):
    """A reference names nobody; the message says why."""


class PersonResolver:
    """Resolves the subjects of one file."""

    def __init__(
        self, report: FileReport, inside: Callable[[str], Resource | None], identities: Identities
    ) -> None:
        self._report = report
        self._inside = inside
        self._identities = identities

    def patient(self, patient: Resource) -> str | None:
        """The id of the person of a Patient resource: its own id, else by its identifiers."""
        identity = text(patient.get("id"))
        if identity:
            return self._identities.person(identity)
        try:
            return self._by_identifiers(patient, "a Patient")
        except _Unresolved:
            return None

    def subject(self, resource: Resource, position: str, *names: str) -> str | None:
        """The id of the person whom a resource is about; ``None``, and counted, where it names no person."""
        kind = str(resource.get("resourceType"))[:60]
        for name in names:
            node = obj(resource.get(name))
            if not node:
                continue
            try:
                found = self._subject(node, resource)
            except _Other as other:
                self._report.ignore(kind, f"it is about {other}, not a patient", position)
                if str(other) == "a Group":  # each of its members, perhaps
                    self._lost(
                        kind, "it is about a Group, and so perhaps about each of its members", position
                    )
                return None
            except _Unresolved as why:
                self._report.ignore(kind, str(why), position)
                self._lost(kind, str(why), position)
                return None
            if found:
                return self._identities.person(found)
        self._report.ignore(kind, "it names no subject", position)
        self._lost(kind, "it names no subject", position)
        return None

    def _lost(self, kind: str, why: str, position: str) -> None:
        self._report.lack(
            "fhir.subject",
            f"{kind}: {why}",
            position,
            "name the patient by id",
            what="resource without a person",
        )

    def _subject(self, node: Resource, resource: Resource) -> str | None:
        reference = text(node.get("reference"))
        kind = text(node.get("type"))
        if reference is None:
            if kind not in (None, "Patient") and node.get("identifier"):
                raise _Other(f"a {kind[:40]}")
            value = text(obj(node.get("identifier")).get("value"))
            return (
                self._by_identifier(text(obj(node.get("identifier")).get("system")), value) if value else None
            )
        if reference.startswith("#"):
            return self._contained(reference, resource)
        elsewhere = self._identities.servers.elsewhere(reference)
        if elsewhere is not None:
            raise _Unresolved(elsewhere)
        target = self._inside(reference)
        if target is not None:
            if target.get("resourceType") != "Patient":
                raise _Other(f"a {str(target.get('resourceType'))[:40]}")
            return self.patient(target)
        conditional = _CONDITIONAL.match(reference)
        if conditional:
            return self._conditional(conditional["type"], conditional["query"])
        if reference.startswith("urn:"):
            return self._identities.by_url(reference) or reference.rpartition(":")[2] or None
        literal = _LITERAL.match(reference)
        if literal is None:
            raise _Unresolved(f"the reference {reference[:60]!r} is of no form that FHIR has")
        if literal["type"] not in (None, "Patient"):
            raise _Other(f"a {literal['type'][:40]}")
        return (
            self._identities.by_url(reference)
            if "://" in reference and literal["type"] is None
            else literal["id"]
        )

    def _contained(self, reference: str, resource: Resource) -> str:
        held = next(
            (obj(each) for each in items(resource.get("contained")) if obj(each).get("id") == reference[1:]),
            None,
        )
        if held is None:
            raise _Unresolved(f"the reference {reference[:60]!r} is to nothing that it contains")
        if held.get("resourceType") != "Patient":
            raise _Other(f"a {str(held.get('resourceType'))[:40]}")
        return self._by_identifiers(held, "a contained Patient")

    def _by_identifiers(self, patient: Resource, what: str) -> str:
        """Who a Patient is that no id names: by identifiers that other records carry too, else its first identifier."""
        own = list(identifiers_of(patient))
        if not own:
            raise _Unresolved(f"{what} without an identifier names nobody")
        known = {person for system, value in own for person in self._identities.by_identifier(system, value)}
        if len(known) > 1:
            raise _Unresolved(f"{what} whose identifiers are those of several patients")
        return known.pop() if known else own[0][1]

    def _by_identifier(self, system: str | None, value: str) -> str:
        known = self._identities.by_identifier(system, value)
        if len(known) > 1:
            raise _Unresolved("its identifier is that of several patients")
        return known.pop() if known else value

    def _conditional(self, kind: str, query: str) -> str:
        if kind != "Patient":
            raise _Other(f"a {kind[:40]}")
        asked = dict(parse_qsl(query))
        if set(asked) == {"_id"}:
            return asked["_id"]
        if set(asked) != {"identifier"}:
            raise _Unresolved(
                "a conditional reference by something else than an identifier cannot be followed"
            )
        system, bar, value = unquote(asked["identifier"]).rpartition("|")
        known = self._identities.by_identifier(system if bar else None, value)
        if len(known) != 1:
            count = "none" if not known else "several"
            raise _Unresolved(f"a conditional reference whose identifier {count} of the patients here has")
        return known.pop()


class _Other(Exception):
    """A reference is to something else than a patient; the message says to what."""
