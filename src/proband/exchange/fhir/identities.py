"""One identity for each resource over all files of a reading: which version stands, what was withdrawn, who is one person.

A history bundle holds every version, an export may be given twice, a later file corrects or retracts an earlier one. Here
all files are looked through before the first fact is given, so that the order of files means nothing:

* of several versions the newest stands (``versionId``, ``lastUpdated``, the place in a history bundle, else the order of statuses);
* a deletion or an *entered in error* reaches back to every version that is not provably newer than it;
* identical copies count once; versions that differ, of which nothing says which is newer, are all doubtful;
* patients that their links call one person are one person, under the id of the record that stands.

Looking through costs eight bytes a resource; only identities that occur more than once are looked at again.
"""

from __future__ import annotations

import re
from array import array
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from proband.exchange.content import Content, contents, xml_root
from proband.exchange.fhir.not_sent import NotSent
from proband.exchange.fhir.requests import ConditionalRequests
from proband.exchange.fhir.servers import PatientServers
from proband.exchange.fhir.shared_numbers import SharedIdentifiers
from proband.exchange.fhir.taken_back import TakenBack
from proband.exchange.fhir.values import is_test_data
from proband.exchange.fhir.xml_form import document as xml_document
from proband.exchange.json_values import items, obj, text
from proband.exchange.report import Declined

_RESOURCE_URL = re.compile(
    r"^(?:(?P<base>https?://.+)/)?(?P<key>[A-Z][A-Za-z]+/[A-Za-z0-9.-]{1,64})(?:/_history(?:/.*)?)?/?$"
)
_ETAG = re.compile(r'^(?:W/)?"?([^"]*)"?$')
#: the order in which statuses follow one another, over all types of resources; the words are those of R4
_STATUS_RANK: dict[str, int] = {
    **dict.fromkeys(("registered", "planned", "draft", "proposed", "preparation", "intended"), 0),
    **dict.fromkeys(("preliminary", "partial", "in-progress", "arrived", "triaged", "active", "on-hold"), 1),
    **dict.fromkeys(("final", "completed", "finished", "stopped", "not-done", "not-taken"), 2),
    **dict.fromkeys(("amended", "corrected", "appended"), 3),
    "cancelled": 4,
    "entered-in-error": 5,
}
#: links of one Patient to another record of the same person
_SAME_PERSON = {"replaced-by", "replaces", "refer", "seealso"}


class Fate(StrEnum):
    """What becomes of a resource that is not the only one of its identity."""

    SUPERSEDED = "a newer version of it stands in this reading"
    WITHDRAWN = "it was withdrawn: deleted, or entered in error"
    REPEATED = "the same version stands elsewhere in this reading"
    DOUBTFUL = "versions of it differ and nothing says which is newer"
    PATCHED = "a PATCH changes it, which is not applied"
    UNCLEAR = "a conditional request deletes or changes resources of its type, and which ones cannot be told"


@dataclass(frozen=True, slots=True)
class Version:
    """One statement of a resource: where it stands, how new it is, and whether it withdraws what it names."""

    file: str
    position: str
    base: str
    number: int | None = None
    updated: datetime | None = None
    bundle: str = ""
    index: int = 0
    rank: int | None = None
    withdraws: bool = False
    digest: int = 0

    def newer_than(self, other: Version) -> bool | None:
        """Whether it is the newer of two; ``None`` where nothing says so, or two signs disagree."""
        signs = set()
        if self.number is not None and other.number is not None and self.number != other.number:
            signs.add(self.number > other.number)
        if self.updated is not None and other.updated is not None and self.updated != other.updated:
            signs.add(self.updated > other.updated)
        if len(signs) == 1:
            return signs.pop()
        if not signs and self.bundle and self.bundle == other.bundle:
            return self.index < other.index  # a history is sorted with the oldest versions last
        if not signs and self.rank is not None and other.rank is not None and self.rank != other.rank:
            return self.rank > other.rank
        return None


@dataclass(slots=True)
class StatedResource:
    """A resource, or a request to delete or patch one, as it stands in a file."""

    position: str
    resource: dict[str, Any]
    entry: dict[str, Any] = field(default_factory=dict)
    bundle: dict[str, Any] = field(default_factory=dict)
    bundle_at: str = ""
    index: int = 0

    @property
    def method(self) -> str:
        """The method of the request of its entry, in capitals; empty where there is none."""
        return str(obj(self.entry.get("request")).get("method") or "").upper()

    @property
    def url(self) -> str:
        """The address of the request of its entry; empty where there is none."""
        return text(obj(self.entry.get("request")).get("url")) or ""

    @property
    def identity(self) -> tuple[str, str] | None:
        """``(base, Type/id)``; ``None`` for a resource that nothing names."""
        url = text(self.entry.get("fullUrl")) or ""
        known = _RESOURCE_URL.match(url)
        kind, identity = self.resource.get("resourceType"), text(self.resource.get("id"))
        if isinstance(kind, str) and identity:
            base = known["base"] or "" if known and known["key"] == f"{kind}/{identity}" else ""
            return base, f"{kind}/{identity}"
        requested = _RESOURCE_URL.match(self.url)
        for match in (known, requested):
            if match:
                return match["base"] or "", match["key"]
        if isinstance(kind, str) and url.startswith("urn:"):
            return "", f"{kind}/{url}"
        return None


def walk(node: dict[str, Any], position: str) -> Iterator[StatedResource]:
    """Every resource of a document with its position as readers give it: entries of bundles, parameters, itself."""
    stack = [StatedResource(position, node)]
    while stack:
        found = stack.pop()
        kind = found.resource.get("resourceType")
        if kind == "Bundle":
            inner = []
            for index, each in enumerate(items(found.resource.get("entry"))):
                entry = obj(each)
                place = f"{found.position}.entry[{index}].resource"
                inner.append(
                    StatedResource(
                        place, obj(entry.get("resource")), entry, found.resource, found.position, index
                    )
                )
            stack.extend(reversed(inner))
            continue
        if kind == "Parameters":
            stack.extend(
                StatedResource(
                    f"{found.position}.parameter[{index}].resource", obj(obj(each).get("resource"))
                )
                for index, each in enumerate(items(found.resource.get("parameter")))
            )
            continue
        yield found


def documents(path: Path) -> Iterator[tuple[dict[str, Any], str, str]]:
    """The FHIR documents of a file: root, the position that readers begin with, the file; nothing where it holds none."""
    try:
        for content in contents(path):
            for root, at in _documents(content):
                yield root, at, content.name
    except Declined:
        return


def holds_fhir(path: Path) -> bool:
    """Whether a file may hold resources of FHIR: to be asked before it is worth looking through all of them."""
    try:
        return any(
            each.kind == "ndjson" or (each.kind == "json" and b"resourceType" in each.head) or (each.kind == "xml" and xml_root(each.head).startswith("FHIR "))
            for each in contents(path)
        )  # fmt: skip
    except Declined:
        return False


def _documents(content: Content) -> Iterator[tuple[dict[str, Any], str]]:
    if content.kind == "json" and b"resourceType" in content.head:
        root = _loaded(content.read_bytes())
        if root is not None:
            yield root, str(root["resourceType"])
    elif content.kind == "xml" and xml_root(content.head).startswith("FHIR "):
        root = xml_document(content)
        yield root, str(root["resourceType"])
    elif content.kind == "ndjson":
        for number, line in content.lines():
            root = _loaded(line)
            if root is not None:
                yield root, f"line {number} {root['resourceType']}"


def _loaded(data: bytes) -> dict[str, Any] | None:
    try:
        root = orjson.loads(data)
    except orjson.JSONDecodeError:
        return None
    return root if isinstance(root, dict) and isinstance(root.get("resourceType"), str) else None


def _time(written: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(written))
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _status(resource: dict[str, Any]) -> str:
    status = text(resource.get("status"))
    if status is None or resource.get("resourceType") in {"Condition", "AllergyIntolerance"}:
        said = {
            text(obj(each).get("code"))
            for each in items(obj(resource.get("verificationStatus")).get("coding"))
        }
        status = "entered-in-error" if "entered-in-error" in said else status
    return status or ""


def _in_deleted(file: str) -> bool:
    """Whether a file lies in the folder in which a bulk export lists what was deleted."""
    return "deleted" in re.split(r"[/\\!]", file)[-2:-1]


def version_of(found: StatedResource, file: str, base: str) -> Version:
    """How new a statement is, and what it says."""
    meta, response = obj(found.resource.get("meta")), obj(found.entry.get("response"))
    written = text(meta.get("versionId"))
    if written is None and (etag := _ETAG.match(text(response.get("etag")) or "")):
        written = etag[1]
    deleted = found.method == "DELETE"
    updated = _time(meta.get("lastUpdated")) or _time(response.get("lastModified"))
    if deleted and updated is None:  # a list of deletions is as old as the list
        whole = found.bundle
        updated = _time(obj(whole.get("meta")).get("lastUpdated")) or _time(whole.get("timestamp"))
    status = _status(found.resource)
    content = {name: value for name, value in found.resource.items() if name != "meta"}
    history = found.bundle.get("type") == "history"
    return Version(
        file,
        found.position,
        base,
        int(written) if written is not None and written.isascii() and written.isdigit() else None,
        updated,
        f"{file} {found.bundle_at}" if history else "",
        found.index,
        _STATUS_RANK.get(status),
        deleted or status == "entered-in-error" or _in_deleted(file),
        hash(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)),
    )


def fates(versions: Sequence[Version]) -> dict[tuple[str, str], Fate]:
    """What becomes of the versions of one identity, by file and position; the one that stands is not among them."""
    decided: dict[tuple[str, str], Fate] = {}
    bases = {each.base for each in versions if each.base}
    groups = [[each for each in versions if each.base in {"", base}] for base in bases] or [list(versions)]
    if (
        len(bases) > 1
    ):  # two servers may use one id for different things: only a retraction without a server reaches both
        groups = [[each for each in group if each.base or each.withdraws] for group in groups]
        groups.append([each for each in versions if not each.base])
    for group in groups:
        decided |= _fates(group)
    return decided


def _fates(group: Sequence[Version]) -> dict[tuple[str, str], Fate]:
    newest = [
        each for each in group if not any(other.newer_than(each) for other in group if other is not each)
    ] or list(group)
    places = {(each.file, each.position): each for each in group}
    if any(each.withdraws for each in newest):
        return dict.fromkeys(places, Fate.WITHDRAWN)
    decided: dict[tuple[str, str], Fate] = {}
    stand = {id(each) for each in newest}
    alike = len({each.digest for each in newest}) == 1
    first = min(newest, key=lambda each: (each.file, each.position), default=None)
    for place, each in places.items():
        if id(each) not in stand:
            decided[place] = Fate.WITHDRAWN if each.withdraws else Fate.SUPERSEDED
        elif not alike:
            decided[place] = Fate.DOUBTFUL
        elif each is not first:
            decided[place] = Fate.REPEATED
    return decided


def _two_patients(versions: Sequence[Version], decided: dict[tuple[str, str], Fate]) -> str:
    """The servers that use one id for Patient records which differ; empty where one server does, or all say the same."""
    stand = [
        each
        for each in versions
        if each.base and decided.get((each.file, each.position)) in {None, Fate.DOUBTFUL}
    ]
    servers = sorted({each.base for each in stand})
    return " and ".join(servers) if len(servers) > 1 and len({each.digest for each in stand}) > 1 else ""


def _linked(resource: dict[str, Any]) -> list[tuple[str, str, str]]:
    """What a Person or a Linkage says of records that are one person's, as links between them."""
    match resource.get("resourceType"):
        case "Person" if resource.get("active") is not False:
            given = [obj(each).get("target") for each in items(resource.get("link"))]
        case "Linkage" if resource.get("active") is not False:
            told = [obj(each) for each in items(resource.get("item"))]
            told.sort(key=lambda each: each.get("type") != "source")
            given = [each.get("resource") for each in told if each.get("type") in {"source", "alternate"}]
        case _:
            return []
    matches = (_RESOURCE_URL.match(text(obj(each).get("reference")) or "") for each in given)
    keys = [found["key"] for found in matches if found is not None]
    named = [each.removeprefix("Patient/") for each in keys if each.startswith("Patient/")]
    return [(other, "refer", named[0]) for other in named[1:]]


@dataclass(frozen=True, slots=True)
class _Page:
    """One page of search results: its address, the next one's, how many the whole search found, how many stand here."""

    url: str
    following: str
    total: int | None
    matches: int
    is_last: bool

    @classmethod
    def of(cls, bundle: dict[str, Any]) -> _Page:
        links = {
            text(obj(each).get("relation")): text(obj(each).get("url")) or ""
            for each in items(bundle.get("link"))
        }
        total = bundle.get("total")
        matches = sum(
            isinstance(obj(each).get("resource"), dict)
            and obj(obj(each).get("search")).get("mode") in {None, "match"}
            for each in items(bundle.get("entry"))
        )
        whole = total if isinstance(total, int) and not isinstance(total, bool) else None
        previous = links.get("previous") or links.get("prev")
        return cls(links.get("self", ""), links.get("next", ""), whole, matches, bool(previous))


class Identities:
    """What the files of a reading say together about their resources and persons; made once for a pass."""

    def __init__(self, files: Sequence[Path]) -> None:
        self._files = files
        self._fates: dict[tuple[str, str], Fate] = {}
        self._patched: set[str] = set()
        self._same: dict[str, str] = {}
        self._inactive: set[str] = set()
        self._replaced: set[str] = set()
        self._standing: set[str] = set()
        self._shared: dict[str, str] = {}
        self._identifiers: dict[str, set[str]] | None = None
        self._urls: dict[str, str] = {}
        self._medications: dict[str, Any] = {}
        self._specimens: dict[str, Any] = {}
        self._tests: set[str] = set()
        #: which server each Patient is on
        self.servers = PatientServers()
        #: requests to delete or patch what a condition meets
        self.requests = ConditionalRequests()
        #: what other resources say against one
        self.taken_back = TakenBack()
        #: the files that hold panels
        self.with_panels: set[str] = set()
        #: what is referred to and stands in no file
        self.not_sent = NotSent()
        #: the numbers that several patients bear
        self.shared_identifiers = SharedIdentifiers()
        self._pages: list[_Page] = []
        self._look_through()

    # -- what readers ask -----------------------------------------------------------------------------------------

    def fate(self, file: str, position: str, resource: dict[str, Any]) -> Fate | None:
        """What becomes of a resource; ``None`` for one that stands."""
        found = self._fates.get((file, position))
        if found is None and self.requests:
            asked = self.requests.of(resource)
            if asked is not None:
                return {"DELETE": Fate.WITHDRAWN, "PATCH": Fate.PATCHED}.get(asked, Fate.UNCLEAR)
        if (
            found is None
            and self._patched
            and f"{resource.get('resourceType')}/{resource.get('id')}" in self._patched
        ):
            return Fate.PATCHED
        return found

    def person(self, identity: str) -> str:
        """The id of the record that stands for a person."""
        return self._same.get(identity, identity) if self._same else identity

    @property
    def merged(self) -> dict[str, str]:
        """Ids of patients → the id under which their facts are given, where the two differ."""
        return {old: new for old, new in self._same.items() if old != new}

    def is_replaced(self, identity: str) -> bool:
        """Whether a Patient is replaced by another that is in the reading: then that one says who the person is.

        A record that is only linked to another (``seealso``, ``refer``) stays in use: both speak of the person.
        """
        standing = self._same.get(identity, identity)
        return standing != identity and standing in self._standing and identity in self._replaced

    def is_inactive(self, identity: str) -> bool:
        """Whether the record of a person is marked as not in use, and no other replaces it."""
        return bool(self._inactive) and self.person(identity) in self._inactive

    def is_test(self, identity: str) -> bool:
        """Whether the record of a person is labelled as test data."""
        return bool(self._tests) and self.person(identity) in self._tests

    def shared_id(self, identity: str) -> str | None:
        """Which servers use one id for patients who may be two; ``None`` where one server does, or they say the same of the person."""
        return self._shared.get(self.person(identity)) if self._shared else None

    def lacks_pages(self, bundle: dict[str, Any]) -> str | None:
        """What a page of search results says of further results that are not among the files; ``None`` if nothing."""
        page = _Page.of(bundle)
        found = sum(each.matches for each in self._pages if each.total == page.total)
        if page.total is not None and found >= page.total:
            return None
        if page.following and not any(each.url == page.following for each in self._pages):
            return f"the server has a further page ({page.following[:120]}), and it is not among the files"
        if page.total is not None and not page.following and not page.is_last:
            return f"the search found {page.total}, and {found} of them are among the files"
        return None

    def medication(self, key: str) -> dict[str, Any] | None:
        """A Medication or a Substance of any file of the reading by ``Medication/id``."""
        self._names()
        return self._medications.get(key)

    def specimen(self, key: str) -> dict[str, Any] | None:
        """Type and subject of a Specimen of any file of the reading by ``Specimen/id``."""
        self._names()
        return self._specimens.get(key)

    def by_identifier(self, system: str | None, value: str) -> set[str]:
        """The patients with an identifier, under the ids that stand; with a system, those of that system alone."""
        found = self._names()
        keys = found.get(value if system is None else f"{system}|{value}", set())
        return {self.person(each) for each in keys}

    def by_url(self, url: str) -> str | None:
        """The id of the Patient whose entry has this ``fullUrl`` anywhere in the reading."""
        self._names()
        return self._urls.get(url)

    # -- looking through --------------------------------------------------------------------------------------------

    def _look_through(self) -> None:
        keys: array[int] = array("q")
        wanted: set[int] = set()
        links: list[tuple[str, str, str]] = []
        for path in self._files:
            for root, at, file in documents(path):
                self._page(root)
                for found in walk(root, at):
                    named = found.identity
                    self.servers.referred(found.resource)
                    if "hasMember" in found.resource:
                        self.with_panels.add(file)
                    if found.method in {"DELETE", "PATCH"}:
                        if named is None:
                            self.requests.add(found.method, found.url)
                        elif found.method == "PATCH":
                            self._patched.add(named[1])
                        else:
                            wanted.add(hash(named[1]))
                        continue
                    self.taken_back.add(found.resource, named[1] if named else "")
                    self.not_sent.add(found.resource, text(found.entry.get("fullUrl")))
                    links += _linked(found.resource)
                    if named is None:
                        continue
                    keys.append(hash(named[1]))
                    if _in_deleted(file):
                        wanted.add(hash(named[1]))
                    kind = found.resource.get("resourceType")
                    if kind == "Patient":
                        links += self._patient(found.resource)
                        self.shared_identifiers.add(found.resource)
                        self.servers.stands(named[1].removeprefix("Patient/"), named[0])
        seen, counts = np.unique(
            np.frombuffer(keys, dtype=np.int64) if keys else np.empty(0, np.int64), return_counts=True
        )
        wanted |= set(seen[counts > 1].tolist())
        del seen, counts
        self.not_sent.settle(keys, self._all)
        del keys
        if wanted:
            self._decide(wanted)
        self.taken_back.settle(self._all)
        self._merge(links)
        self._tests = {self.person(each) for each in self._tests}
        self.shared_identifiers.settle(self._all, self.person)

    def _all(self) -> Iterator[tuple[dict[str, Any], str]]:
        """Every resource that has a name, with it."""
        for path in self._files:
            for root, at, _ in documents(path):
                yield from ((each.resource, named[1]) for each in walk(root, at) if (named := each.identity))

    def _page(self, root: dict[str, Any]) -> None:
        if root.get("resourceType") == "Bundle" and root.get("type") == "searchset":
            self._pages.append(_Page.of(root))

    def _patient(self, patient: dict[str, Any]) -> list[tuple[str, str, str]]:
        identity = text(patient.get("id"))
        if identity is None:
            return []
        self._standing.add(identity) if patient.get("link") else None
        if patient.get("active") is False:
            self._inactive.add(identity)
        if is_test_data(patient):
            self._tests.add(identity)
        links = []
        for each in items(patient.get("link")):
            target = text(obj(obj(each).get("other")).get("reference")) or ""
            kind = text(obj(each).get("type")) or ""
            match = _RESOURCE_URL.match(target)
            if match and match["key"].startswith("Patient/") and kind in _SAME_PERSON:
                links.append((identity, kind, match["key"].removeprefix("Patient/")))
        return links

    def _decide(self, wanted: set[int]) -> None:
        groups: dict[str, list[Version]] = defaultdict(list)
        for path in self._files:
            for root, at, file in documents(path):
                for found in walk(root, at):
                    named = found.identity
                    if named is not None and hash(named[1]) in wanted and found.method != "PATCH":
                        groups[named[1]].append(version_of(found, file, named[0]))
        for key, versions in groups.items():
            self._fates |= fates(versions)
            if key.startswith("Patient/") and (servers := _two_patients(versions, self._fates)):
                self._shared[key.removeprefix("Patient/")] = servers

    def _merge(self, links: list[tuple[str, str, str]]) -> None:
        """Persons by their links: a replaced record stands under the one that replaces it, whatever the order of links."""
        if not links:
            return
        heir: dict[str, str] = {}
        peers: list[tuple[str, str]] = []
        for holder, kind, other in sorted(links):
            if kind == "replaced-by":
                heir[holder] = other
            elif kind == "replaces":
                heir[other] = holder
            else:
                peers.append((other, holder) if kind == "refer" else (holder, other))
        groups: dict[str, set[str]] = {}
        for one, other in [*heir.items(), *peers]:
            together = groups.get(one, {one}) | groups.get(other, {other})
            for each in together:
                groups[each] = together
        for together in {id(each): each for each in groups.values()}.values():
            # who is replaced by nobody; of several the one that peers refer to, else the first by name
            last = sorted(each for each in together if each not in heir) or sorted(together)
            preferred = [other for other, _ in peers if other in last]
            stands = preferred[0] if preferred else last[0]
            self._same |= dict.fromkeys(together, stands)
        self._replaced = set(heir)
        self._inactive -= set(self._same) - set(self._same.values())
        present = set()
        for path in self._files:
            for root, at, _ in documents(path):
                present |= {
                    str(found.resource.get("id"))
                    for found in walk(root, at)
                    if found.resource.get("resourceType") == "Patient"
                    and found.resource.get("id") in self._same
                }
        self._standing = present

    def _names(self) -> dict[str, set[str]]:
        """Identifiers of patients → their ids; looked through when a reference first asks for one."""
        if self._identifiers is None:
            names: dict[str, set[str]] = defaultdict(set)
            for path in self._files:
                for root, at, _ in documents(path):
                    for found in walk(root, at):
                        if found.resource.get("resourceType") == "Patient":
                            self._name(found, names)
                        elif found.resource.get("resourceType") in {"Medication", "Substance"} and (
                            named := found.identity
                        ):
                            self._medications[named[1]] = found.resource
                        elif found.resource.get("resourceType") == "Specimen" and (named := found.identity):
                            self._specimens[named[1]] = {
                                key: found.resource[key]
                                for key in ("type", "subject", "status", "condition", "note")
                                if key in found.resource
                            }
            self._identifiers = dict(names)
        return self._identifiers

    def _name(self, found: StatedResource, names: dict[str, set[str]]) -> None:
        url = text(found.entry.get("fullUrl"))
        identity = text(found.resource.get("id"))
        if url and identity:
            self._urls[url] = identity
        for each in items(found.resource.get("identifier")):
            value, system = text(obj(each).get("value")), text(obj(each).get("system"))
            if value and identity:
                names[value].add(identity)
                names[f"{system or ''}|{value}"].add(identity)
