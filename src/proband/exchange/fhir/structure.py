"""Whether a resource has the structure of FHIR R4: element names, cardinality, primitive forms, required codes.

The table behind it is ``structure.json.gz``, built from HL7's definitions by :mod:`proband.exchange.fhir.build_structure`.
This is a structural check, not a validator: profiles, most invariants, displays and non-required codes are left
unchecked, and the reading report says so (``unchecked``).
"""

from __future__ import annotations

import gzip
import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

import orjson

from proband.exchange.fhir.invariants import RULES
from proband.exchange.fhir.narrative import HTML_ELEMENTS, check_narrative, dangling_links
from proband.exchange.report import Finding, Severity

_DEEPEST = 100

_DATE = r"([0-9]([0-9]([0-9][1-9]|[1-9]0)|[1-9]00)|[1-9]000)(-(0[1-9]|1[0-2])(-(0[1-9]|[1-2][0-9]|3[0-1]))?)?"
_CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]+)?"
_ZONE = r"(Z|(\+|-)((0[0-9]|1[0-3]):[0-5][0-9]|14:00))"
#: a time of day that does not say in which zone
_LOCAL_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?")
#: forms of the string primitives, from the FHIR R4 page "datatypes" (regular expressions of the specification)
_FORMS: dict[str, re.Pattern[str]] = {
    "date": re.compile(_DATE + r"\Z"),
    "dateTime": re.compile(
        r"([0-9]([0-9]([0-9][1-9]|[1-9]0)|[1-9]00)|[1-9]000)(-(0[1-9]|1[0-2])(-(0[1-9]|[1-2][0-9]|3[0-1])"
        rf"(T{_CLOCK}{_ZONE})?)?)?\Z"
    ),
    "instant": re.compile(
        r"([0-9]([0-9]([0-9][1-9]|[1-9]0)|[1-9]00)|[1-9]000)-(0[1-9]|1[0-2])-(0[1-9]|[1-2][0-9]|3[0-1])"
        rf"T{_CLOCK}{_ZONE}\Z"
    ),
    "time": re.compile(_CLOCK + r"\Z"),
    "id": re.compile(r"[A-Za-z0-9\-\.]{1,64}\Z"),
    "code": re.compile(r"[^\s]+(\s[^\s]+)*\Z"),
    "uri": re.compile(r"\S*\Z"),
    "url": re.compile(r"\S*\Z"),
    "canonical": re.compile(r"\S*\Z"),
    "oid": re.compile(r"urn:oid:[0-2](\.(0|[1-9][0-9]*))+\Z"),
    "uuid": re.compile(r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z"),
    "base64Binary": re.compile(r"(\s*([0-9a-zA-Z+/=]){4}\s*)*\Z"),
}
_MENDS = {
    "date": "write YYYY, YYYY-MM or YYYY-MM-DD",
    "dateTime": "write YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm:ss+zz:zz; a time needs its zone",
    "instant": "write YYYY-MM-DDThh:mm:ss.sss+zz:zz",
    "id": "use 1–64 letters, digits, '-' and '.'",
}
_NUMBERS: dict[str, tuple[float, float]] = {
    "integer": (-(2**31), 2**31 - 1),
    "positiveInt": (1, 2**31 - 1),
    "unsignedInt": (0, 2**31 - 1),
}
_PRIMITIVES = {*_FORMS, *_NUMBERS, "boolean", "decimal", "string", "markdown", "xhtml"}
_TAG = re.compile(r"</?([A-Za-z][A-Za-z0-9]*)(\s[^<>]*)?/?>")
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S")


#: what may hold a resource: whether that is sound depends on where it stands
_HOLDING = ("Bundle", "Parameters", "Resource")
#: how many sound values of one kind are kept, how long one may be, and how deep it may stand
_KEPT, _LONGEST_KEPT, _DEEPEST_KEPT = 500, 1_000, 50
#: values of an element that are looked at before one says whether a source repeats itself there
_FIRST, _MOST_TRUSTED = 50, 1_000


@dataclass(slots=True)
class _Element:
    name: str
    kind: str  # type of the value: a primitive, a complex type, or "Resource"
    many: bool
    codes: str | None  # key of the required code set
    group: str  # the element in the definition: value[x] for valueQuantity
    is_plain: bool  # a text of any form
    repeats: bool  # whether a value, found sound, may be known again by its text: an object that is sound wherever it stands
    sound: set[str] = field(default_factory=set, compare=False)  # texts that were found sound here
    new: int = (
        0  # objects here that were not known, less those that were: what never repeats itself is not kept
    )


@dataclass(frozen=True, slots=True)
class _Type:
    elements: dict[str, _Element]
    mandatory: tuple[tuple[str, tuple[str, ...]], ...]  # definition name, the names that satisfy it


@dataclass(frozen=True, slots=True)
class StructureTable:
    """The element table: types, resource names, required code sets and where they come from."""

    types: dict[str, _Type]
    resources: frozenset[str]
    sets: dict[str, dict[str, frozenset[str]]]
    anywhere: dict[str, frozenset[str]]
    invariants: dict[str, frozenset[str]]
    """Type → elements whose presence (``""``: the type's own) calls for invariants that are not evaluated here."""
    provenance: dict[str, str]


#: type → an object as text → what a sound one leaves unchecked; ``None`` for one that must be looked into each time
_SOUND: dict[str, dict[bytes, frozenset[str] | None]] = defaultdict(dict)
_UNSEEN: frozenset[str] = frozenset({"nobody looked"})


@cache
def table() -> StructureTable:
    """The R4 table, read once."""
    packed = (files("proband.exchange.fhir") / "structure.json.gz").read_bytes()
    raw = orjson.loads(gzip.decompress(packed))
    types: dict[str, _Type] = {}
    for name, rows in raw["types"].items():
        elements: dict[str, _Element] = {}
        mandatory: list[tuple[str, tuple[str, ...]]] = []
        for leaf, row in rows.items():
            least, most, kinds = row[0], row[1], row[2]
            if leaf.endswith("[x]"):
                names = {leaf[:-3] + kind[0].upper() + kind[1:]: kind for kind in kinds}
            else:
                names = {leaf: kinds[0] if kinds else "string"}
            if leaf == "id" and name in raw["resources"]:
                names = {"id": "id"}
            for each, kind in names.items():
                codes = row[3] if len(row) > 3 else None
                # where a code of some set is required, an object may be wrong that is sound elsewhere: there nothing is kept
                repeats = codes is None and kind not in _PRIMITIVES and not kind.startswith(_HOLDING)
                elements[each] = _Element(
                    each, kind, most == -1, codes, leaf, kind in {"string", "markdown"}, repeats
                )
            if least:
                mandatory.append((leaf, tuple(names)))
        types[name] = _Type(elements, tuple(mandatory))
    sets = {
        url: {system: frozenset(codes) for system, codes in systems.items()}
        for url, systems in raw["sets"].items()
    }
    anywhere = {url: frozenset().union(*systems.values()) for url, systems in sets.items()}
    invariants = {name: frozenset(elements) for name, elements in raw["invariants"].items()}
    return StructureTable(types, frozenset(raw["resources"]), sets, anywhere, invariants, raw["provenance"])


def forget() -> None:
    """Forget what was found sound before; it changes how fast the next check is, and nothing that it finds."""
    _SOUND.clear()
    for known in table().types.values():
        for element in known.elements.values():
            element.sound.clear()
            element.new = 0


class StructureCheck:
    """Check resources; findings go to ``add`` (see :class:`proband.exchange.report.Finding`).

    One instance serves one file. ``unknown_type`` and everything else of severity *error* break R4; a *warning* is
    suspicious (text that looks like HTML in a markdown field).
    """

    def __init__(self, add: Callable[[Finding], None]) -> None:
        self._given_to = add
        self._found = 0
        self._table = table()
        self._ids: dict[str, str] = {}
        self._contained: set[str] = set()
        #: references to contained resources (``#x``) and where they stand
        self.local_references: list[tuple[str, str]] = []
        self._local_canonicals: list[tuple[str, str]] = []
        #: what the resources contain that this check cannot judge: terminology, profiles, extensions, signatures
        self.unchecked: set[str] = set()

    @property
    def resource_types(self) -> frozenset[str]:
        """The resource types of R4."""
        return self._table.resources

    def _add(self, finding: Finding) -> None:
        self._found += 1
        self._given_to(finding)

    def error(self, code: str, message: str, path: str, mend: str = "") -> None:
        """Record a breach of R4."""
        self._add(Finding(Severity.ERROR, code, message, path, mend))

    def resource(self, node: Any, path: str, depth: int = 0) -> None:
        """Check one resource with everything inside it; resources inside a bundle are checked for themselves."""
        if not isinstance(node, dict):
            self.error("fhir.not-an-object", f"a resource must be an object, not {_kind(node)}", path)
            return
        name = node.get("resourceType")
        if not isinstance(name, str) or name not in self._table.resources:
            self.error(
                "fhir.resource-type",
                f"{_shown(name)} is no resource type of R4" if name else "resourceType is missing",
                path,
            )
            return
        outermost = not depth
        if outermost:
            self._ids, self._contained = {}, set()
            self.local_references, self._local_canonicals = [], []
            contained = node.get("contained")
            if isinstance(contained, list):
                for each in contained:
                    if isinstance(each, dict) and isinstance(each.get("id"), str):
                        if each["id"] in self._contained:
                            self.error(
                                "fhir.duplicate-id",
                                f"two contained resources have the id {each['id']!r}",
                                path,
                            )
                        self._contained.add(each["id"])
        self._object(node, name, path, depth, skip="resourceType")
        if outermost:
            self._check_contained(node, path)
            for reference, where in self.local_references:
                if reference not in self._contained and reference:
                    self.error(
                        "fhir.contained-missing", f"#{reference} points to no contained resource", where
                    )

    def _check_contained(self, node: dict[str, Any], path: str) -> None:
        """Invariants dom-3 to dom-5 of what a resource contains, and the links of its narrative."""
        pointed_at = {reference for reference, _ in (*self.local_references, *self._local_canonicals)}
        for reference, where in self._local_canonicals:
            if reference not in self._contained:
                self._add(
                    Finding(
                        Severity.WARNING,
                        "fhir.contained-missing",
                        f"#{reference[:60]} points to no contained resource",
                        where,
                    )
                )
        contained = node.get("contained")
        for index, each in enumerate(contained if isinstance(contained, list) else ()):
            if not isinstance(each, dict):
                continue
            where = f"{path}.contained[{index}]"
            if str(each.get("id")) not in pointed_at and "" not in pointed_at:
                self.error("fhir.dom-3", "nothing in the resource refers to this contained resource", where)
            meta = each.get("meta")
            if isinstance(meta, dict) and meta.keys() & {"versionId", "lastUpdated", "security"}:
                self.error(
                    "fhir.dom-4",
                    "a contained resource has no version, time or security label of its own",
                    where,
                )
        text = node.get("text")
        div = text.get("div") if isinstance(text, dict) else None
        if isinstance(div, str) and 'href="#' in div:
            for target in sorted(dangling_links(div) - self._ids.keys() - self._contained):
                self._add(
                    Finding(
                        Severity.WARNING,
                        "narrative.link",
                        f"the link to {'#' + target[:60]!r} leads nowhere in this resource",
                        f"{path}.text.div",
                    )
                )

    # -- objects -----------------------------------------------------------------------------------------------------

    def _object(self, node: dict[str, Any], kind: str, path: str, depth: int, skip: str = "") -> None:
        if depth > _DEEPEST:
            self.error("fhir.too-deep", f"nested more than {_DEEPEST} levels deep", path)
            return
        known = self._table.types.get(kind)
        if known is None:
            return
        if not node:
            self.error("fhir.empty", "an empty object says nothing", path, "leave the element out")
            return
        elements = known.elements
        groups: dict[str, str] = {}
        for name, value in node.items():
            element = elements.get(name)
            if element is None:
                if name == skip:
                    continue
                if name.startswith("_") and name[1:] in elements:
                    twin_of = elements[name[1:]]
                    self._primitive_extension(value, twin_of, f"{path}.{name}", depth)
                    if twin_of.codes is not None and name[1:] not in node:
                        self.error(
                            "fhir.required-code",
                            f"no code is given for {twin_of.name}, and one from {twin_of.codes} is required",
                            f"{path}.{name}",
                        )
                elif name != "fhir_comments":
                    self.error(
                        "fhir.unknown-element",
                        f"{name!r} is no element of {kind}",
                        f"{path}.{name}",
                        "see the R4 definition of the type; own data belong in an extension",
                    )
                continue
            if element.group != name:
                if element.group in groups:
                    self.error(
                        "fhir.choice",
                        f"both {groups[element.group]} and {name} are given; {element.group} is one choice",
                        f"{path}.{name}",
                    )
                groups[element.group] = name
            if element.many:
                if not isinstance(value, list):
                    self.error(
                        "fhir.not-an-array",
                        f"{name} must be an array, not {_kind(value)}",
                        f"{path}.{name}",
                        "write it in [ ], also for one value",
                    )
                    self._value(value, element, f"{path}.{name}", depth)
                    continue
                if not value:
                    self.error("fhir.empty", f"{name} is an empty array", f"{path}.{name}", "leave it out")
                twin = node.get("_" + name)
                for index, each in enumerate(value):
                    if self._is_sound(each, element, depth):
                        continue
                    if each is None and isinstance(twin, list) and element.kind in _PRIMITIVES:
                        continue
                    self._value(each, element, f"{path}.{name}[{index}]", depth)
            elif type(value) is str:
                if (
                    not (element.is_plain and "<" not in value and value and not value.isspace())
                    and value not in element.sound
                ):
                    self._value(value, element, f"{path}.{name}", depth)
            elif not self._is_sound(value, element, depth):
                self._value(value, element, f"{path}.{name}", depth)
        for group, names in known.mandatory:
            if names[0] not in node and not any(name in node or "_" + name in node for name in names):
                self.error("fhir.missing", f"{kind}.{group} is mandatory and missing", path)
        rule = RULES.get(kind)
        if rule is not None:
            rule(self, node, path)
        invariants = self._table.invariants.get(kind)
        if invariants is not None and ("" in invariants or not invariants.isdisjoint(node)):
            self.unchecked.add("invariants")
        identity = node.get("id")
        if isinstance(identity, str) and not skip and kind != "ElementDefinition":
            self._identity(identity, path)

    def _identity(self, identity: str, path: str) -> None:
        if identity in self._ids:
            self.error(
                "fhir.duplicate-id", f"the element id {identity!r} stands also at {self._ids[identity]}", path
            )
        self._ids[identity] = path

    def _is_sound(self, value: Any, element: _Element, depth: int) -> bool:
        """Whether a value is known to be sound without looking into it: a text or a small object that was looked into before."""
        if type(value) is str:
            if element.is_plain and "<" not in value and value and not value.isspace():
                return True
            return value in element.sound
        if value is True or value is False:
            return element.kind == "boolean"
        if type(value) is float:
            return element.kind == "decimal"
        if element.repeats and type(value) is dict and depth < _DEEPEST_KEPT and element.new < _FIRST:
            try:
                written = orjson.dumps(value)
            except TypeError:
                return False
            if len(written) > _LONGEST_KEPT:
                element.new += 1
                return False
            known = _SOUND[element.kind].get(written, _UNSEEN)
            if known is _UNSEEN:
                element.new += 1
                known = self._look_into(value, element, written, depth)
            elif element.new > -_MOST_TRUSTED:
                element.new -= 1
            if known is None:
                return False
            self.unchecked |= known
            return True
        return False

    def _look_into(
        self, value: dict[str, Any], element: _Element, written: bytes, depth: int
    ) -> frozenset[str] | None:
        """What a sound object leaves unchecked, kept for its next occurrence; ``None`` for one that must be looked into where it stands."""
        if b'"id":' in written or b'"#' in written or written.count(b"{") > _DEEPEST - _DEEPEST_KEPT - 10:
            return None  # it takes part in what holds for the whole resource, or may be too deep elsewhere
        found: list[Finding] = []
        aside = StructureCheck(found.append)
        # an extension of the first level, which is held to more than one inside another
        aside._value(value, element, "extension[0]" if element.kind == "Extension" else "", depth)
        known = (
            None if found or aside.local_references or aside._local_canonicals else frozenset(aside.unchecked)
        )
        kept = _SOUND[element.kind]
        if len(kept) >= _KEPT:
            kept.clear()
        kept[written] = known
        return known

    def _value(self, value: Any, element: _Element, path: str, depth: int) -> None:
        before = self._found
        self._look_at(value, element, path, depth)
        if (
            type(value) is str
            and before == self._found
            and element.kind in _FORMS
            and not value.startswith("#")
        ):
            if len(element.sound) >= _KEPT:
                element.sound.clear()
            if len(value) < _LONGEST_KEPT:
                element.sound.add(value)

    def _look_at(self, value: Any, element: _Element, path: str, depth: int) -> None:
        kind = element.kind
        if kind in _PRIMITIVES:
            self._primitive(value, kind, path)
            if element.codes is not None and kind == "code" and isinstance(value, str):
                self._required_code(value, element.codes, path)
        elif isinstance(value, dict):
            if kind == "Resource":
                if path.endswith("]") and ".contained[" in path:
                    if value.get("contained"):
                        self.error("fhir.contained-nested", "a contained resource contains resources", path)
                    self.resource(value, path, depth + 1)
                elif ".parameter[" in path:
                    self.resource(value, path, depth + 1)
                return  # resources inside a bundle are read, and checked, one by one
            self._object(value, kind, path, depth + 1)
            if element.codes is not None:
                self._required_concept(value, kind, element.codes, path)
        else:
            self.error("fhir.not-an-object", f"must be {_article(kind)}, not {_kind(value)}", path)

    def _primitive_extension(self, value: Any, element: _Element, path: str, depth: int) -> None:
        if element.kind not in _PRIMITIVES:
            self.error("fhir.unknown-element", f"{element.name} is no primitive and has no '_' twin", path)
            return
        for index, each in enumerate(value if isinstance(value, list) else [value]):
            if each is None and isinstance(value, list):
                continue
            if isinstance(each, dict):
                self._object(
                    each, "Element", f"{path}[{index}]" if isinstance(value, list) else path, depth + 1
                )
            else:
                self.error(
                    "fhir.not-an-object", f"must be an object with id or extension, not {_kind(each)}", path
                )

    # -- primitives --------------------------------------------------------------------------------------------------

    def _primitive(self, value: Any, kind: str, path: str) -> None:
        if kind == "boolean":
            if not isinstance(value, bool):
                self.error("fhir.primitive", f"must be true or false, not {_shown(value)}", path)
            return
        if kind == "decimal":
            if isinstance(value, bool) or not isinstance(value, int | float):
                self.error("fhir.primitive", f"must be a number, not {_shown(value)}", path)
            return
        if kind in _NUMBERS:
            low, high = _NUMBERS[kind]
            if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
                self.error("fhir.primitive", f"must be a {kind}, not {_shown(value)}", path)
            return
        if not isinstance(value, str):
            self.error("fhir.primitive", f"must be a {kind} in quotes, not {_shown(value)}", path)
            return
        if not value or value.isspace():
            self.error("fhir.empty", "an empty string says nothing", path, "leave the element out")
            return
        form = _FORMS.get(kind)
        if form is not None:
            if kind in {"dateTime", "instant"} and _LOCAL_TIME.fullmatch(value) and _is_day(value):
                # many systems leave it out; the clinical day is that on the wall, so that nothing is lost by it
                said = f"{_shown(value)} is a time of day without its offset: the clock on the wall counts"
                self.error("fhir.offset", said, path, "write Z or +hh:mm behind it")
            elif not form.match(value):
                self.error(
                    "fhir.primitive", f"{_shown(value)} is not a valid {kind}", path, _MENDS.get(kind, "")
                )
            elif kind in {"date", "dateTime", "instant"} and len(value) >= 10 and not _is_day(value):
                self.error("fhir.primitive", f"{_shown(value)}: there is no such day", path)
            elif kind == "canonical" and value.startswith("#"):
                self._local_canonicals.append((value[1:], path))
            elif kind == "canonical" and not _ABSOLUTE.match(value):
                self._add(
                    Finding(
                        Severity.WARNING,
                        "fhir.canonical",
                        f"the canonical {_shown(value)} is not absolute",
                        path,
                    )
                )
        elif kind == "xhtml":
            for severity, code, message in check_narrative(value):
                self._add(Finding(severity, code, message, path))
        elif "<" in value:
            self._embedded(value, kind, path)

    def _embedded(self, value: str, kind: str, path: str) -> None:
        """HTML in a text: an error in a string, a warning in markdown or where it only looks like it."""
        tags = [found[1].lower() for found in _TAG.finditer(value)]
        if not tags:
            return
        if kind == "string" and not HTML_ELEMENTS.isdisjoint(tags):
            self.error("fhir.embedded-html", f"text that looks like HTML: {_shown(value)}", path)
            return
        self._add(
            Finding(
                Severity.WARNING,
                "fhir.embedded-html",
                f"{kind} text that looks like HTML: {_shown(value)}",
                path,
                "escape it where it is shown",
            )
        )

    def _required_code(self, value: str, url: str, path: str) -> None:
        if value not in self._table.anywhere[url]:
            self.error("fhir.required-code", f"{_shown(value)} is not in the required value set {url}", path)

    def _required_concept(self, value: dict[str, Any], kind: str, url: str, path: str) -> None:
        if kind == "CodeableConcept":
            codings = value.get("coding")
            codings = codings if isinstance(codings, list) else []
        elif kind == "Coding":
            codings = [value]
        else:
            return
        systems = self._table.sets[url]
        for coding in codings:
            if isinstance(coding, dict):
                system, code = coding.get("system"), coding.get("code")
                if isinstance(system, str) and isinstance(code, str) and code in systems.get(system, ()):
                    return
        self.error(
            "fhir.required-code",
            f"no code from the required value set {url} (a text alone is not enough)",
            path,
        )


def _is_day(text: str) -> bool:
    year, month, day = int(text[:4]), int(text[5:7]), int(text[8:10])
    if month == 2:
        leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
        return day <= 28 + leap
    return day <= (30 if month in {4, 6, 9, 11} else 31)


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true/false"
    if isinstance(value, int | float):
        return "a number"
    return {"str": "a string", "list": "an array", "dict": "an object"}.get(
        type(value).__name__, "something else"
    )


def _article(kind: str) -> str:
    return f"an object ({kind})"


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…'"
