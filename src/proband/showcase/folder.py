"""Synthetic people for a demonstration: a mixed folder of FHIR, phenopacket and CSV files that describes nobody.

The values are drawn from the observables of a programme, so that every outcome of screening occurs: some fit, some are
ruled out, and for many a value is missing, as in real files. The records say that they are synthetic in every file. They
are a test of reading and judging; their counts say nothing about real people.
"""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from proband.facts.observation import Observation, Presence
from proband.programme.bundle import Programme
from proband.programme.eligibility import (
    DatedEvent,
    ElapsedTime,
    EventCount,
    FromFacts,
    Multiple,
    Observable,
    SaysNumber,
    SaysWord,
    SaysYesNo,
    Scored,
    Selection,
    StableTime,
)
from proband.programme.expression import Comparison, atom_names, atoms, linear
from proband.screening.person import PersonFacts
from proband.screening.verdict import Screening
from proband.terms import SYSTEMS, UncertainDate

SYNTHETIC = "synthetic: this record describes nobody"

#: share of values that a synthetic file lacks, of exclusions that are present, and of people whom we try to make fit
MISSING, PRESENT, FITTING = 0.03, 0.06, 0.5


@dataclass(frozen=True)
class SyntheticFolder:
    """What was written: people per programme and per format."""

    folder: Path
    mapping: Path
    people: dict[str, int]
    formats: dict[str, int]


class PersonDraw:
    """Draws the facts of one synthetic person for one programme, observable by observable."""

    def __init__(self, programme: Programme, as_of: date, rng: random.Random) -> None:
        self.programme, self.as_of, self.rng = programme, as_of, rng
        self.eligibility = programme.eligibility
        self.screening = Screening(programme)
        self.limits = _limits(programme)

    def person(self, subject: str, *, fitting: bool) -> list[Observation]:
        """Facts of one person; for a fitting one, what rules them out is drawn again a few times."""
        facts: dict[str, list[Observation]] = {"": self._demography(subject)}
        for anchor in self.eligibility.anchors:
            facts[anchor.id] = self._anchor(subject, anchor.id, anchor.codes[0].system, anchor.codes[0].code)
        facts["consent"] = self._anchor(subject, "consent", "Proband", "consent-date")
        selected = [o for o in self.eligibility.observables if _selection(o)]
        genotype = self.rng.choice(selected).id if selected else None  # a person has one genotype, not all
        for o in self.eligibility.observables:
            facts[o.id] = self._observable(subject, o, facts) if not _selection(o) or o.id == genotype else []
        cohort = self.rng.choice(self.eligibility.cohort_ids())
        for _ in range(12 if fitting else 0):
            person = PersonFacts(self.screening.rules, [f for group in facts.values() for f in group])
            wrong = [
                result
                for result in self.screening.results(person, self.as_of)
                if result.passes is not True
                and result.instance.visit is None
                and (not result.instance.criterion.cohorts or cohort in result.instance.criterion.cohorts)
            ]
            if not wrong:
                break
            for name in sorted({leaf for r in wrong for value in r.values for leaf in self._leaves(value)}):
                self._redraw(subject, name, facts)
        return [fact for group in facts.values() for fact in group]

    def _redraw(self, subject: str, name: str, facts: dict[str, list[Observation]]) -> None:
        o = self.eligibility.by_id[name]
        if _selection(o):
            return
        if not isinstance(o, ElapsedTime):
            facts[name] = self._observable(subject, o, facts, missing=0.0)
            return
        for anchor in (o.elapsed.since, o.elapsed.until):
            if anchor == "birth":
                facts[""] = self._demography(subject)
            elif anchor in facts:
                system, code = (
                    ("Proband", "consent-date")
                    if anchor == "consent"
                    else next(
                        (a.codes[0].system, a.codes[0].code)
                        for a in self.eligibility.anchors
                        if a.id == anchor
                    )
                )
                facts[anchor] = self._anchor(subject, anchor, system, code)

    def _leaves(self, name: str) -> list[str]:
        o = self.eligibility.by_id.get(name.split("@")[0])
        if o is None:
            return []
        if not isinstance(o, Scored):
            return [o.id]
        return [leaf for item in o.needs for leaf in self._leaves(item)]

    def _demography(self, subject: str) -> list[Observation]:
        born = self.as_of - timedelta(days=int(self.rng.uniform(2, 75) * 365.25))
        return [
            Observation(subject, "Proband", "birth-date", text=born.isoformat(), when=UncertainDate.on(born)),
            Observation(subject, "Proband", "sex", text=self.rng.choice(["female", "male"])),
        ]

    def _anchor(self, subject: str, id: str, system: str, code: str) -> list[Observation]:
        ahead = id.startswith("planned") or "dose" in id
        if id == "consent":
            days = self.rng.randint(0, 10)
        elif ahead:
            days = -self.rng.randint(1, 40)
        else:
            days = self.rng.choice([self.rng.randint(5, 40), self.rng.randint(400, 1700)])
        day = self.as_of - timedelta(days=days)
        return [Observation(subject, system, code, text=day.isoformat(), when=UncertainDate.on(day))]

    def _observable(
        self, subject: str, o: Observable, facts: dict[str, list[Observation]], *, missing: float = MISSING
    ) -> list[Observation]:
        if (
            not isinstance(o, FromFacts)
            or not o.codes
            or (o.codes[0].system, o.codes[0].code) in {("Proband", "sex"), ("Proband", "birth-date")}
        ):
            return []
        if self.rng.random() < missing:
            return []
        code = self.rng.choice(o.codes)
        days = self._days_ago(o, facts)
        base = Observation(
            subject,
            code.system,
            code.code,
            display=code.display or o.label,
            when=UncertainDate.on(self.as_of - timedelta(days=days)),
        )
        if o.where is not None:
            return [
                replace(base, attributes=_variant(o.where), text=o.where.value[0] if o.where.value else None)
            ]
        if isinstance(o, SaysYesNo):
            wanted = self._wanted(o.id)
            there = self.rng.random() < (1 - PRESENT if wanted else PRESENT)
            return [replace(base, presence=Presence.PRESENT if there else Presence.ABSENT)]
        if isinstance(o, SaysWord):
            return [replace(base, text=self.rng.choice(o.values))] if o.values else []
        if isinstance(o, DatedEvent):
            return [replace(base, text=base.day.isoformat() if base.day else None)]
        unit = o.unit if isinstance(o, SaysNumber | EventCount) else None
        if isinstance(o, StableTime):
            value = float(self.rng.randint(10, 60))
            return [
                replace(base, value=value, unit=unit, when=UncertainDate.on(self.as_of - timedelta(days=d)))
                for d in (240, 150, days)
            ]
        value = self._number(o)
        if isinstance(o, Multiple) and not o.baseline:
            limit = 40.0 if unit == "U/L" else 1.2  # any limit serves: the rule sees the multiple alone
            return [replace(base, value=round(value * limit, 2), unit=unit, reference_high=limit)]
        return [replace(base, value=round(value, 2), unit=unit)]

    def _days_ago(self, o: FromFacts, facts: dict[str, list[Observation]]) -> int:
        """A day inside the observable's window, where the window says one."""
        window = o.window
        if window is None:
            return self.rng.randint(1, 20)
        first = self.as_of
        anchored = [fact.day for fact in facts.get(window.anchor, []) if fact.day]
        if anchored:
            first = anchored[0] + timedelta(days=self.rng.randint(0, 10))
            return max((self.as_of - first).days, 0)
        return self.rng.randint(0, 6)

    def _number(self, o: Observable) -> float:
        limits = sorted(self.limits.get(o.id, [])) or [10.0]
        low, high = limits[0] * 0.5, limits[-1] * 1.5
        if isinstance(o, SaysNumber) and o.plausible is not None:
            low, high = max(low, o.plausible.low or low), min(high, o.plausible.high or high)
        return self.rng.uniform(min(low, high), max(low, high))

    def _wanted(self, name: str) -> bool:
        """Whether a yes helps: the observable stands unnegated in an inclusion."""
        return any(
            name in self.eligibility.expressions[c.id].names
            for c in self.eligibility.criteria
            if c.kind.value == "include"
        )


def _selection(o: Observable) -> Selection | None:
    return o.where if isinstance(o, FromFacts) else None


def _variant(where: Selection) -> dict[str, Any]:
    return {
        "gene": (where.gene or ["HPDL"])[0],
        "zygosity": (where.zygosity or ["homozygous"])[0],
        "pathogenicity": str((where.pathogenicity or ["pathogenic"])[0]),
        "hgvs": (where.hgvs or ["c.0A>A"])[0],
    }


def _limits(programme: Programme) -> dict[str, list[float]]:
    """The numbers with which each observable is compared anywhere: synthetic values are drawn around them."""
    found: dict[str, list[float]] = {}
    for expression in programme.eligibility.expressions.values():
        for atom in atoms(expression.root):
            if isinstance(atom, Comparison):
                numbers = [abs(linear(side)[1]) for side in (atom.left, atom.right)]
                for name in atom_names(atom):
                    found.setdefault(name, []).extend(number for number in numbers if number > 0)
    return found


# --- writing ----------------------------------------------------------------------------------------------------------


def write_folder(
    programmes: Sequence[Programme], folder: Path, *, each: int = 80, as_of: date, seed: int = 20260101
) -> SyntheticFolder:
    """Write a mixed folder of synthetic people, a sub-folder per programme, and a mapping for its CSV files beside it.

    Parameters
    ----------
    programmes
        Programmes whose observables are drawn from.
    each
        People per programme: a third as FHIR bundles; a third as FHIR NDJSON, or as phenopackets where the programme
        asks for a variant; the rest as a CSV with one row per fact.
    as_of
        The day around which dates are drawn.
    seed
        The same seed writes the same files.
    """
    people: dict[str, int] = {}
    formats: dict[str, int] = {}
    codes: dict[str, str] = {}
    for number, programme in enumerate(programmes):
        rng = random.Random(seed + number)
        draw = PersonDraw(programme, as_of, rng)
        target = folder / programme.id
        persons = [
            draw.person(f"SYN-{programme.id}-{i:03d}", fitting=rng.random() < FITTING) for i in range(each)
        ]
        people[programme.id] = len(persons)
        third = each // 3
        genetic = any((where := _selection(o)) and where.gene for o in programme.eligibility.observables)
        _write_bundles(persons[:third], target / "bundles")
        (_write_phenopackets if genetic else _write_ndjson)(
            persons[third : 2 * third], target / ("phenopackets" if genetic else "ndjson")
        )
        codes |= _write_csv(persons[2 * third :], target / "csv")
        for name, count in (
            ("FHIR bundle", third),
            ("phenopacket" if genetic else "FHIR NDJSON", third),
            ("CSV", each - 2 * third),
        ):
            formats[name] = formats.get(name, 0) + count
    mapping = folder.with_name(f"{folder.name}-mapping.yaml")
    mapping.write_text(json.dumps(_mapping(codes), indent=2) + "\n", encoding="utf-8")  # JSON is YAML
    return SyntheticFolder(folder, mapping, people, formats)


def _resources(facts: Sequence[Observation]) -> list[dict[str, Any]]:
    subject = facts[0].subject
    patient: dict[str, Any] = {
        "resourceType": "Patient",
        "id": subject,
        "meta": {"tag": [{"display": SYNTHETIC}]},
    }
    found: list[dict[str, Any]] = [patient]
    for index, fact in enumerate(facts):
        if fact.code == "birth-date":
            patient["birthDate"] = fact.text
        elif fact.code == "sex":
            patient["gender"] = fact.text
        else:
            found.append(_observation(f"{subject}-{index}", fact))
    return found


def _observation(id: str, fact: Observation) -> dict[str, Any]:
    if fact.code == "variant":
        return _variant_resource(id, fact)
    resource: dict[str, Any] = {
        "resourceType": "Observation",
        "id": id,
        "status": "final",
        "code": {
            "coding": [
                {"system": SYSTEMS[fact.system][0], "code": fact.code, "display": fact.display or fact.code}
            ]
        },
        "subject": {"reference": f"Patient/{fact.subject}"},
    }
    if fact.day:
        resource["effectiveDateTime"] = fact.day.isoformat()
    if fact.value is not None:
        resource["valueQuantity"] = {"value": fact.value} | (
            {"unit": fact.unit, "system": SYSTEMS["UCUM"][0], "code": fact.unit} if fact.unit else {}
        )
        if fact.reference_high is not None:
            resource["referenceRange"] = [{"high": {"value": fact.reference_high, "unit": fact.unit}}]
    elif fact.text is not None:
        resource["valueString"] = fact.text
    else:
        resource["valueBoolean"] = fact.presence is Presence.PRESENT
    return resource


def _variant_resource(id: str, fact: Observation) -> dict[str, Any]:
    """A variant by the HL7 Genomics Reporting guide: LOINC 69548-6 with a component for each of its properties."""

    def concept(code: str) -> dict[str, Any]:
        return {"coding": [{"system": SYSTEMS["LOINC"][0], "code": code}]}

    parts = {"48018-6": "gene", "48004-6": "hgvs", "53034-5": "zygosity", "53037-8": "pathogenicity"}
    return {
        "resourceType": "Observation",
        "id": id,
        "status": "final",
        "code": concept("69548-6"),
        "subject": {"reference": f"Patient/{fact.subject}"},
        "component": [
            {"code": concept(code), "valueCodeableConcept": {"text": str(fact.attributes[name])}}
            for code, name in parts.items()
        ],
    }


def _write_bundles(persons: Sequence[list[Observation]], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for facts in persons:
        entries = [
            {"fullUrl": f"urn:proband:{r['resourceType']}:{r['id']}", "resource": r}
            for r in _resources(facts)
        ]
        bundle = {
            "resourceType": "Bundle",
            "type": "collection",
            "meta": {"tag": [{"display": SYNTHETIC}]},
            "entry": entries,
        }
        (folder / f"{facts[0].subject}.json").write_text(json.dumps(bundle, indent=1), encoding="utf-8")


def _write_ndjson(persons: Sequence[list[Observation]], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    lines: dict[str, list[str]] = {}
    for facts in persons:
        for resource in _resources(facts):
            lines.setdefault(resource["resourceType"], []).append(json.dumps(resource))
    for kind, rows in lines.items():
        (folder / f"{kind}.ndjson").write_text("\n".join(rows) + "\n", encoding="utf-8")


def _write_csv(persons: Sequence[list[Observation]], folder: Path) -> dict[str, str]:
    """Two tall tables, one of measurements and one of findings; returns word → SYSTEM|code for their mapping."""
    folder.mkdir(parents=True, exist_ok=True)
    codes: dict[str, str] = {}
    with (
        (folder / "measurements.csv").open("w", encoding="utf-8", newline="") as measured,
        (folder / "findings.csv").open("w", encoding="utf-8", newline="") as found,
    ):
        numbers, words = csv.writer(measured), csv.writer(found)
        numbers.writerow(["synthetic_person", "test", "value", "unit", "range", "day"])
        words.writerow(["synthetic_person", "finding", "answer", "presence", "day"])
        for fact in (fact for facts in persons for fact in facts):
            word = fact.code.lower()
            codes[word] = f"{fact.system}|{fact.code}"
            day = fact.day.isoformat() if fact.day else None
            if fact.value is not None:
                limit = f"0-{fact.reference_high:g}" if fact.reference_high is not None else None
                numbers.writerow([fact.subject, word, fact.value, fact.unit, limit, day])
            else:
                words.writerow([fact.subject, word, fact.text, fact.presence.value, day])
    return codes


def _write_phenopackets(persons: Sequence[list[Observation]], folder: Path) -> None:
    """Features, variants and disease only: the form holds no laboratory history, so such people *need data*."""
    folder.mkdir(parents=True, exist_ok=True)
    for facts in persons:
        subject: dict[str, Any] = {"id": facts[0].subject}
        features, genomic = [], []
        for fact in facts:
            if fact.code == "sex" and fact.text:
                subject["sex"] = fact.text.upper()
            elif fact.code == "birth-date" and fact.text:
                subject["dateOfBirth"] = f"{fact.text}T00:00:00Z"
            elif fact.system == "HPO":
                feature: dict[str, Any] = {"type": {"id": fact.code, "label": fact.display or fact.code}}
                features.append(feature | ({"excluded": True} if fact.presence is Presence.ABSENT else {}))
            elif fact.code == "variant":
                genomic.append(_interpretation(facts[0].subject, fact.attributes))
        packet = {
            "id": facts[0].subject,
            "subject": subject,
            "phenotypicFeatures": features,
            "metaData": {
                "created": "2026-01-01T00:00:00Z",
                "createdBy": SYNTHETIC,
                "phenopacketSchemaVersion": "2.0",
                "resources": [_HPO],
            },
        }
        if genomic:
            packet["interpretations"] = [
                {
                    "id": "1",
                    "progressStatus": "SOLVED",
                    "diagnosis": {
                        "disease": {"id": "MONDO:0030003", "label": "synthetic diagnosis"},
                        "genomicInterpretations": genomic,
                    },
                }
            ]
        (folder / f"{facts[0].subject}.json").write_text(json.dumps(packet, indent=1), encoding="utf-8")


_HPO = {
    "id": "hp",
    "name": "human phenotype ontology",
    "url": "http://purl.obolibrary.org/obo/hp.owl",
    "version": "2025-01-16",
    "namespacePrefix": "HP",
    "iriPrefix": "http://purl.obolibrary.org/obo/HP_",
}
_ZYGOSITY = {
    "homozygous": {"id": "GENO:0000136", "label": "homozygous"},
    "heterozygous": {"id": "GENO:0000135", "label": "heterozygous"},
    "hemizygous": {"id": "GENO:0000134", "label": "hemizygous"},
}


def _interpretation(subject: str, variant: dict[str, Any]) -> dict[str, Any]:
    return {
        "subjectOrBiosampleId": subject,
        "interpretationStatus": "CAUSATIVE",
        "variantInterpretation": {
            "acmgPathogenicityClassification": str(variant["pathogenicity"]).upper().replace("-", "_"),
            "variationDescriptor": {
                "id": "v",
                "geneContext": {"valueId": "HGNC:28242", "symbol": variant["gene"]},
                "expressions": [{"syntax": "hgvs.c", "value": variant["hgvs"]}],
                "allelicState": _ZYGOSITY[str(variant["zygosity"])],
            },
        },
    }


def _mapping(codes: dict[str, str]) -> dict[str, Any]:
    """How little a mapping needs to be: one rule for each table with a row per fact."""
    common = {"codes": dict(sorted(codes.items())), "date": "day"}
    presence = {"presence": "presence", "presences": {item.value: item.value for item in Presence}}
    return {
        "provenance": SYNTHETIC,
        "subject": "synthetic_person",
        "tables": [
            {
                "when": {"columns": ["test"]},
                "rows": [
                    {"code_column": "test", "value": "value", "unit": "unit", "range": "range"} | common
                ],
            },
            {
                "when": {"columns": ["finding"]},
                "rows": [{"code_column": "finding", "text": "answer"} | common | presence],
            },
        ],
    }
