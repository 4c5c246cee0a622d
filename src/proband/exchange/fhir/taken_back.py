"""What other resources say against one: a Provenance that nullifies it, a report, panel or document in error that gives it, a record that replaces it.

Its own status stays *final*, and nobody who reads it alone learns of that. It is not withdrawn, for the resource itself does not say so: its facts are doubtful.
A result that another report which stands gives as well is in order.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from proband.exchange.fhir.values import named
from proband.exchange.json_values import items, obj, text
from proband.exchange.remarks import takes_back

Resource = dict[str, Any]

#: operations (HL7 v3 DataOperation) after which a record no longer stands
_UNDONE = {"delete", "deleted", "nullify", "nullified", "cancel", "cancelled", "abort", "aborted", "obsolete", "entered-in-error"}  # fmt: skip
_IN_ERROR = {"entered-in-error", "cancelled"}
_SPEAKING = {"List", "AuditEvent", "VerificationResult", "DetectedIssue"}
_HOLDERS = {"DiagnosticReport", "Observation", "Composition"}


def _target(reference: Any) -> tuple[str, str]:
    """What a reference names, and the version of it; empty where it names nothing."""
    return named(text(obj(reference).get("reference")) or "")


@dataclass(slots=True)
class _Holder:
    """A report, a panel or a document: what it gives, and whether it is in error."""

    name: str
    members: set[str]
    in_error: bool


def _members(resource: Resource) -> set[str]:
    kind = text(resource.get("resourceType"))
    if kind == "Composition":
        found: list[Any] = []
        sections = list(items(resource.get("section")))
        while sections:
            each = obj(sections.pop())
            found += items(each.get("entry"))
            sections += items(each.get("section"))
    else:
        found = items(resource.get("result" if kind == "DiagnosticReport" else "hasMember"))
    return {name for each in found if (name := _target(each)[0])}


@dataclass(slots=True)
class TakenBack:
    """The resources of a reading against which others speak; filled by :meth:`add`, then :meth:`settle`."""

    _said: dict[str, list[tuple[str, str]]] = field(default_factory=lambda: defaultdict(list))
    """Name → why it is doubtful, and of which version."""
    _replaced: set[str] = field(default_factory=set)
    _suspected: bool = False

    def add(self, resource: Resource, name: str) -> None:
        """Take what a resource says of others."""
        kind = text(resource.get("resourceType"))
        if kind == "Provenance":
            self._provenance(resource)
        elif kind in _SPEAKING:
            self._spoken(kind, resource)
        for each in items(resource.get("extension")) if "extension" in resource else ():
            if (text(obj(each).get("url")) or "").lower().endswith("replaces"):
                self._replace(_target(obj(each).get("valueReference")), name)
        if kind not in _HOLDERS:
            return
        for each in items(resource.get("relatesTo")):
            if obj(each).get("code") == "replaces":
                self._replace(_target(obj(each).get("targetReference")), name)
        self._suspected |= text(resource.get("status")) in _IN_ERROR and bool(_members(resource))

    def _replace(self, target: tuple[str, str], by: str) -> None:
        if target[0] and target[0] != by:
            self._said[target[0]].append((f"{by[:80]} replaces it", target[1]))
            self._replaced.add(target[0])

    def _spoken(self, kind: str, resource: Resource) -> None:
        """What a list, an audit event, a verification or an issue says against what it names."""
        if text(resource.get("status")) in _IN_ERROR:
            return
        why: str | None
        match kind:
            case "List":
                why = "a List says that it was deleted"
                targets = [obj(each).get("item") for each in items(resource.get("entry")) if obj(each).get("deleted") is True]  # fmt: skip
            case "AuditEvent":
                gone = resource.get("action") == "D" and str(resource.get("outcome", "0")) == "0"
                why = "an AuditEvent says that it was deleted" if gone else None
                targets = [obj(each).get("what") for each in items(resource.get("entity"))]
            case "VerificationResult":
                failed = text(resource.get("status")) in {"val-fail", "rev-fail"}
                why = "a VerificationResult says that it did not hold" if failed else None
                targets = list(items(resource.get("target")))
            case _:
                remark = text(resource.get("detail"))
                words = takes_back(remark) if remark else None
                why = f"a DetectedIssue says of it {words[:60]!r}" if words else None
                targets = list(items(resource.get("implicated")))
        for name, version in map(_target, targets) if why is not None else ():
            if name:
                self._said[name].append((str(why), version))

    def _provenance(self, resource: Resource) -> None:
        activity = obj(resource.get("activity"))
        codes = {str(obj(each).get("code")).lower() for each in items(activity.get("coding"))}
        words = [
            text(activity.get("text")),
            *(text(obj(each).get("text")) for each in items(resource.get("reason"))),
        ]
        undone = next(iter(sorted(codes & _UNDONE)), None) or next(
            (found for each in words if each and (found := takes_back(each))), None
        )
        targets = [_target(each) for each in items(resource.get("target"))]
        for name, version in targets if undone is not None else ():
            self._said[name].append((f"a Provenance says of it: {str(undone)[:40]}", version))
        for each in items(resource.get("entity")):
            role, (name, version) = obj(each).get("role"), _target(obj(each).get("what"))
            if name and (
                role == "removal" or (role == "revision" and name not in {one for one, _ in targets})
            ):
                self._said[name].append((f"a Provenance names it as a {role}", version))

    def settle(self, resources: Callable[[], Iterable[tuple[Resource, str]]]) -> None:
        """Look again for what reports and panels in error give, where there are any; ``resources`` gives each with its name."""
        if not (self._suspected or self._replaced):
            return
        holders: dict[str, list[_Holder]] = defaultdict(list)
        for resource, name in resources():
            if text(resource.get("resourceType")) in _HOLDERS and (members := _members(resource)):
                holders[name].append(_Holder(name, members, text(resource.get("status")) in _IN_ERROR))
        fallen = {
            name
            for name, told in holders.items()
            if name in self._replaced or any(each.in_error for each in told)
        }
        waiting = list(fallen)
        while waiting:  # a panel of a panel in error
            for each in _all_members(holders.get(waiting.pop(), ())):
                if each in holders and each not in fallen:
                    fallen.add(each)
                    waiting.append(each)
        vouched = _all_members(each for name, told in holders.items() if name not in fallen for each in told)
        for name in sorted(fallen):
            for each in _all_members(holders[name]) - vouched:
                self._said[each].append((f"{name[:80]}, which gives it, is in error or replaced", ""))

    def why(self, resource: Resource, url: str | None) -> str | None:
        """Why a resource is doubtful; ``None`` for one against which nothing is said."""
        if not self._said:
            return None
        own = text(obj(resource.get("meta")).get("versionId"))
        told = [
            *self._said.get(f"{resource.get('resourceType')}/{resource.get('id')}", ()),
            *(self._said.get(url, ()) if url else ()),
        ]
        return next((why for why, version in told if not version or not own or version == own), None)


def _all_members(holders: Iterable[_Holder]) -> set[str]:
    return {each for holder in holders for each in holder.members}
