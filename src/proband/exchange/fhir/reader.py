"""FHIR R4 files to facts: bundles of every type, single resources, NDJSON bulk files.

A bundle is taken as a bag of resources: order means nothing, references (``urn:uuid:`` too) are resolved inside it. A
file with a sign of another FHIR version is declined as a whole; in NDJSON, which is read as a stream, the first
lines decide, and a later line with a sign is declined alone.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import orjson

from proband.exchange.content import Content, load_json, xml_root
from proband.exchange.examinations import FEWEST, examined
from proband.exchange.fhir import observations as _observations  # noqa: F401  (registers its readers)
from proband.exchange.fhir import values as v
from proband.exchange.fhir.drafts import ExtractionContext
from proband.exchange.fhir.facts import READERS
from proband.exchange.fhir.identities import Fate, Identities, StatedResource
from proband.exchange.fhir.mentions import mentions
from proband.exchange.fhir.not_sent import in_words_alone, of_local_codes
from proband.exchange.fhir.outcomes import failed, not_given, not_whole
from proband.exchange.fhir.panels import Panels
from proband.exchange.fhir.questionnaires import Questionnaires
from proband.exchange.fhir.servers import server_of
from proband.exchange.fhir.structure import StructureCheck, table
from proband.exchange.fhir.unread_words import DOCUMENT, in_words
from proband.exchange.fhir.versions import foreign_sign
from proband.exchange.fhir.xml_form import document as xml_document
from proband.exchange.readers import FileAtHand, ReadingPass, reader
from proband.exchange.report import FileReport, Finding, Severity, declined
from proband.facts.observation import Observation

#: lines of an NDJSON file that are looked at for signs of another version before the first fact is given
LINES_PROBED = 200
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")

_OTHERS = "about someone or something other than the patient"
_DEFINITION = "a definition, not about a person"
#: why a resource type gives no facts
_REASONS: dict[str, str] = {
    **dict.fromkeys(
        [
            "Claim",
            "ClaimResponse",
            "ExplanationOfBenefit",
            "Coverage",
            "CoverageEligibilityRequest",
            "Account",
            "Invoice",
            "ChargeItem",
            "PaymentNotice",
            "PaymentReconciliation",
            "InsurancePlan",
            "EnrollmentRequest",
            "EnrollmentResponse",
        ],
        "billing, not a clinical fact",
    ),
    **dict.fromkeys(
        [
            "Organization",
            "Practitioner",
            "PractitionerRole",
            "Location",
            "HealthcareService",
            "Endpoint",
            "Device",
            "DeviceMetric",
            "Person",
            "RelatedPerson",
            "Group",
            "Schedule",
            "Slot",
            "Medication",
            "Substance",
        ],
        _OTHERS,
    ),
    **dict.fromkeys(
        [
            "CarePlan",
            "Goal",
            "ServiceRequest",
            "RequestGroup",
            "Appointment",
            "AppointmentResponse",
            "DeviceRequest",
            "NutritionOrder",
            "VisionPrescription",
            "SupplyRequest",
            "Task",
            "CommunicationRequest",
            "ImmunizationRecommendation",
        ],
        "a plan or an order, not something that happened",
    ),
    **dict.fromkeys(
        [
            "Bundle",
            "Composition",
            "DocumentManifest",
            "List",
            "Provenance",
            "AuditEvent",
            "OperationOutcome",
            "MessageHeader",
            "Parameters",
            "Binary",
            "Communication",
            "Basic",
            "Linkage",
        ],
        "a container or a document; the facts stand in other resources",
    ),
    **dict.fromkeys(
        [
            "Questionnaire",
            "PlanDefinition",
            "ActivityDefinition",
            "Measure",
            "MeasureReport",
            "Library",
            "ValueSet",
            "CodeSystem",
            "ConceptMap",
            "StructureDefinition",
            "CapabilityStatement",
            "ImplementationGuide",
            "SearchParameter",
            "OperationDefinition",
            "Evidence",
            "EvidenceVariable",
            "EventDefinition",
            "ResearchDefinition",
            "ResearchElementDefinition",
            "ResearchStudy",
            "EffectEvidenceSynthesis",
            "RiskEvidenceSynthesis",
            "GraphDefinition",
            "NamingSystem",
            "StructureMap",
            "TestScript",
            "TestReport",
            "TerminologyCapabilities",
            "CompartmentDefinition",
            "MessageDefinition",
            "ExampleScenario",
            "ObservationDefinition",
            "SpecimenDefinition",
            "DeviceDefinition",
            "ChargeItemDefinition",
        ],
        _DEFINITION,
    ),
}
_NO_READER = "no reader for this resource type"
_ABOUT_RECORDS = {"Bundle", "Parameters", "OperationOutcome", "Provenance", "AuditEvent", "MessageHeader", "Linkage", "Binary"}  # fmt: skip
#: resources without a reader that are about nobody, and name no diagnosis of a person
_NOT_OF_A_PERSON = _ABOUT_RECORDS | {kind for kind, why in _REASONS.items() if why in {_OTHERS, _DEFINITION}}

#: structural errors that make a fact doubtful (others, such as a bad narrative, do not touch its value)
_TAINTING = {
    "fhir.not-an-array",
    "fhir.not-an-object",
    "fhir.primitive",
    "fhir.missing",
    "fhir.unknown-element",
    "fhir.required-code",
    "fhir.choice",
    "fhir.obs-6",
    "fhir.per-1",
    "fhir.con-4",
    "fhir.con-5",
    "fhir.ait-1",
    "json.duplicate-key",
}
_UNTAINTED = re.compile(
    r"\.(text|identifier|contact|address|telecom|name|meta|photo|display|encounter|performer|_?[a-z]*xtension)\b"
)


class _Bundle:
    """References inside one bundle: by fullUrl, by type and id."""

    def __init__(self, bundle: dict[str, Any]) -> None:
        self.by_url: dict[str, dict[str, Any]] = {}
        self.by_id: dict[str, dict[str, Any]] = {}
        self.times: Counter[str] = Counter()
        self.servers: dict[str, set[str]] = {}
        for entry in v.items(bundle.get("entry")):
            resource = v.obj(v.obj(entry).get("resource"))
            url = v.obj(entry).get("fullUrl")
            nameless = (
                resource.get("resourceType") == "Patient"
                and not resource.get("id")
                and not resource.get("identifier")
            )
            if nameless and isinstance(url, str):
                # an entry may leave the id to its fullUrl, which is then what others refer to
                resource["id"] = re.sub(r"[^A-Za-z0-9.-]", "-", re.split(r"[/:]", url)[-1])[:64]
            if isinstance(url, str):
                self.by_url.setdefault(url, resource)
            key = f"{resource.get('resourceType')}/{resource.get('id')}"
            self.by_id.setdefault(key, resource)
            self.times[key] += 1
            if isinstance(url, str) and url.startswith("http") and url.endswith(f"/{key}"):
                self.servers.setdefault(key, set()).add(server_of(url.removesuffix(f"/{key}")))

    def resolve(self, reference: str) -> dict[str, Any] | None:
        plain = reference.partition("/_history/")[0]
        found = self.by_url.get(reference) or self.by_url.get(plain)
        if found is None and not plain.startswith(("urn:", "#", "http://", "https://")):
            found = self.by_id.get("/".join(plain.split("/")[-2:]))
        elif found is None and plain.startswith("http"):
            found = self._absolute(plain)
        return found or None

    def _absolute(self, address: str) -> dict[str, Any] | None:
        """What an absolute address names that no entry has letter for letter: the entry of that id, if its server may be that one."""
        base, _, key = address.rpartition("/")
        base, _, kind = base.rpartition("/")
        held = self.by_id.get(f"{kind}/{key}")
        servers = self.servers.get(f"{kind}/{key}")
        return held if held is not None and (not servers or server_of(base) in servers) else None


def _panels_in(content: Content) -> Iterator[tuple[dict[str, Any], str | None]]:
    """The Observations of lines that have members."""
    for _, line in content.lines():
        if b'"hasMember"' in line:
            try:
                found = orjson.loads(line)
            except orjson.JSONDecodeError:
                continue
            if isinstance(found, dict) and found.get("resourceType") == "Observation":
                yield found, None


def _outside(_: str) -> dict[str, Any] | None:
    return None


class FhirReader:
    """Read one FHIR file; facts come from :meth:`document` or :meth:`lines`, everything else goes to the report."""

    def __init__(self, file: str, report: FileReport, reading: ReadingPass) -> None:
        self.file = file
        self.report = report
        self.identities = reading.kept(Identities)
        self._forms = partial(reading.kept, Questionnaires)
        self._findings: list[Finding] = []
        self._panels = Panels()
        self._check = StructureCheck(self._findings.append)

    def document(self, root: dict[str, Any]) -> Iterator[Observation]:
        """Facts of a bundle or of a single resource.

        Raises
        ------
        Declined
            ``fhir.version`` with the sign, ``fhir.resource-type`` for an unknown type.
        """
        kind = root.get("resourceType")
        self.report.format = "FHIR"
        self._refuse_foreign(root, str(kind))
        if not isinstance(kind, str) or kind not in table().resources:
            raise declined("fhir.resource-type", key="resourceType", kind=str(kind)[:60])
        self.report.format = f"FHIR R4 {kind}" + (f" ({root.get('type')})" if kind == "Bundle" else "")
        yield from self._resource(root, kind, _outside)
        yield from self._panels.examinations()
        self._settle()

    def lines(self, content: Content) -> Iterator[Observation]:
        """Facts of NDJSON, one resource a line, as a stream.

        Raises
        ------
        Declined
            ``fhir.version`` for a sign within the first :data:`LINES_PROBED` lines; ``exchange.not-fhir`` if none of
            them is a resource; ``exchange.damaged`` for a broken file.
        """
        self.report.format = "JSON lines"
        resources = 0
        for number, line in replace(content, span=None).lines():
            if number > LINES_PROBED:
                break
            try:
                probe = orjson.loads(line)
            except orjson.JSONDecodeError:
                continue
            if isinstance(probe, dict) and isinstance(probe.get("resourceType"), str):
                resources += 1
                self._refuse_foreign(probe, f"line {number}")
        if not resources:
            raise declined("exchange.not-fhir", line=1)
        self.report.format = "FHIR R4 NDJSON"
        self._panels = Panels(_panels_in(content) if content.name in self.identities.with_panels else ())
        for number, line in content.lines():
            where = f"line {number}"
            if not line.strip():
                continue
            try:
                node = load_json(line, self.report, where)
            except Exception as error:
                self.report.find(Severity.ERROR, getattr(error, "code", "json.malformed"), str(error), where)
                self.report.ignore("line", "not JSON", where)
                self.report.lacking["line that is not JSON"] += 1
                continue
            kind = node.get("resourceType") if isinstance(node, dict) else None
            if not isinstance(kind, str):
                self.report.ignore("line", "no FHIR resource", where)
                self.report.find(Severity.WARNING, "exchange.not-fhir", "the line is no FHIR resource", where)
                continue
            sign = foreign_sign(node)
            if sign:
                self.report.find(
                    Severity.ERROR,
                    "fhir.version",
                    f"not R4 but {sign[0]} ({sign[1]}); the line is declined",
                    where,
                )
                self.report.ignore(kind, f"written in {sign[0]}", where)
                continue
            yield from self._resource(node, f"{where} {kind}", _outside)
        yield from self._panels.examinations()
        self._settle()

    # -- one resource ---------------------------------------------------------------------------------------------

    def _resource(
        self, node: dict[str, Any], path: str, resolve: Any, url: str | None = None
    ) -> Iterator[Observation]:
        kind = str(node.get("resourceType"))
        fate = self.identities.fate(self.file, path, node)
        if fate in {Fate.SUPERSEDED, Fate.WITHDRAWN, Fate.REPEATED}:
            self.report.read[kind[:60]] += 1
            self.report.ignore(kind[:60], fate.value, path)
            return
        before = len(self._findings)
        self._check.resource(node, path)
        tainting = [
            each
            for each in self._findings[before:]
            if each.severity is Severity.ERROR
            and each.code in _TAINTING
            and not _UNTAINTED.search(each.position.removeprefix(path))
        ]
        self._drain()
        if kind not in table().resources:
            self.report.ignore(kind[:60], "no resource type of R4", path)
            return
        self.report.read[kind] += 1
        if kind == "Bundle":
            yield from self._bundle(node, path)
            return
        if kind == "Parameters":  # the answer of an operation: what it carries is read
            for index, part in enumerate(v.items(node.get("parameter"))):
                inner = v.obj(part).get("resource")
                if isinstance(inner, dict):
                    yield from self._resource(inner, f"{path}.parameter[{index}].resource", resolve)
                else:
                    self.report.ignore("Parameters.parameter", "it carries no resource", path)
            return
        self._lacking(node, kind, path, resolve)
        reader = READERS.get(kind)
        context = ExtractionContext(self.file, self.report, resolve, self.identities, self._forms)
        if reader is None:
            self.report.ignore(kind, _REASONS.get(kind, _NO_READER), path)
            if not v.is_test_data(node) and kind not in _NOT_OF_A_PERSON:
                yield from mentions(context, node, path)
                yield from self._contained(context, node, path)
            return
        if v.is_test_data(node) and kind != "Patient":
            self.report.ignore(kind, "labelled as test data (HTEST)", path)
            return
        problem = f"structure: {tainting[0].message}" if tainting else None
        if fate is not None:
            problem = f"{kind}/{str(node.get('id'))[:64]}: {fate.value}"
            self.report.find(Severity.WARNING, "fhir.versions", problem, path, "say which version stands")
        against = self.identities.taken_back.why(node, url)
        if against is not None:
            problem = against
            self.report.find(Severity.WARNING, "fhir.taken-back", against, path, "send what stands now")
        parts: list[Observation] = []
        for fact in reader(context, node, path):
            told = replace(fact, problems=(*fact.problems, problem)) if problem else fact
            if kind in {"Observation", "QuestionnaireResponse"}:
                parts.append(told)
            yield told
        if len(parts) >= FEWEST:
            yield from examined(parts)
        if self._panels and kind == "Observation":
            self._panels.met(node, url, parts)
        for fact in mentions(context, node, path):
            yield replace(fact, problems=(*fact.problems, problem)) if problem else fact
        for fact in self._contained(context, node, path):
            yield replace(fact, problems=(*fact.problems, problem)) if problem else fact

    def _lacking(self, node: dict[str, Any], kind: str, path: str, resolve: Any) -> None:
        """Count what a resource says is on record and stands in no file."""
        if kind == "OperationOutcome":
            told = not_given(node)
            if told is not None:
                self._not_given(told, path)
            return
        for name in self.identities.not_sent.by(node):
            self.report.lack(
                "fhir.not-sent", f"{kind} names {name[:80]}, which stands in no file", path, "export it as well",
                what=f"{name.partition('/')[0][:40] if '/' in name else 'resource'} that is named and not among the files",
            )  # fmt: skip
        for systems in of_local_codes(node):
            self.report.local_only[systems] += 1
        alone = in_words_alone(node)
        if alone:
            self.report.lack_code(path, alone)
        for what in in_words(node, resolve) if not v.is_test_data(node) else ():
            if what == DOCUMENT:  # its reader says so, of its person
                continue
            self.report.lack("fhir.in-words", f"{kind}: a {what}, and nobody here reads it", path, "send it in codes as well, or let somebody read it", what=what)  # fmt: skip

    def _not_given(self, told: str, path: str) -> None:
        self.report.lack(
            "fhir.not-given", told, path, "repeat the export, with the rights that it needs", what="what the server did not give"
        )  # fmt: skip

    def _contained(
        self, context: ExtractionContext, node: dict[str, Any], path: str
    ) -> Iterator[Observation]:
        """Facts of contained resources: results inside a report, say; without a subject of their own they have the holder's."""
        for index, each in enumerate(v.items(node.get("contained"))):
            inner = v.obj(each)
            kind = str(inner.get("resourceType"))[:60]
            where = f"{path}.contained[{index}]"
            reader = READERS.get(kind)
            if reader is None or kind == "Patient":
                self.report.ignore(f"contained {kind}", "read only through what refers to it", where)
                continue
            holder = {name: node[name] for name in ("subject", "patient") if name in node}
            if inner.get("subject") is None and inner.get("patient") is None:
                subject = holder.get("subject", holder.get("patient"))
                inner = {**inner, "subject": subject, "patient": subject} if subject is not None else inner
            self.report.read[f"contained {kind}"] += 1
            held = {**inner, "contained": node["contained"]}
            yield from reader(context, held, where)
            yield from mentions(context, held, where)

    def _bundle(self, bundle: dict[str, Any], path: str) -> Iterator[Observation]:
        inside = _Bundle(bundle)
        self._check_bundle(bundle, path, inside)
        entries = (v.obj(each) for each in v.items(bundle.get("entry")))
        panels = Panels(
            (v.obj(each.get("resource")), v.text(each.get("fullUrl")))
            for each in entries
            if "hasMember" in v.obj(each.get("resource"))
        )
        self._panels = panels or self._panels
        for index, entry in enumerate(v.items(bundle.get("entry"))):
            resource = v.obj(entry).get("resource")
            where = f"{path}.entry[{index}]"
            request = StatedResource(where, v.obj(resource), v.obj(entry))
            if request.method in {"DELETE", "PATCH"}:
                named = request.identity
                self.report.ignore(
                    named[1].partition("/")[0] if named else "Bundle.entry",
                    f"the entry asks to {request.method}",
                    where,
                )
                if named is None and not self.identities.requests.can_be_told(request.url):
                    self.report.lack(
                        "fhir.request",
                        f"a {request.method} that does not name one resource cannot be followed",
                        where,
                        "export what stands now, without conditional requests",
                    )
                continue
            told = failed(v.obj(entry))
            if told is not None:
                self._not_given(told, where)
            if not isinstance(resource, dict):
                self.report.ignore("Bundle.entry", "it holds no resource", where)
                continue
            if v.obj(v.obj(entry).get("search")).get("mode") == "outcome":
                self._lacking(resource, "OperationOutcome", where, _outside)
                self.report.ignore("OperationOutcome", "the outcome of a search", where)
                continue
            url = v.text(v.obj(entry).get("fullUrl"))
            yield from self._resource(resource, f"{where}.resource", inside.resolve, url)

    def _check_bundle(self, bundle: dict[str, Any], path: str, inside: _Bundle) -> None:
        kind = str(bundle.get("type"))
        seen: dict[tuple[str, str], int] = {}
        entries = v.items(bundle.get("entry"))
        for index, each in enumerate(entries):
            entry = v.obj(each)
            url = entry.get("fullUrl")
            where = f"{path}.entry[{index}]"
            if isinstance(url, str):
                if not _ABSOLUTE.fullmatch(url):
                    self._check.error(
                        "fhir.full-url", f"the fullUrl must be an absolute URL, not {url[:60]!r}", where
                    )
                resource = v.obj(entry.get("resource"))
                version = str(v.obj(resource.get("meta")).get("versionId"))
                if (url, version) in seen and kind != "history":
                    self._check.error(
                        "fhir.duplicate-full-url",
                        f"the fullUrl {url[:80]!r} stands also at entry[{seen[url, version]}]",
                        where,
                    )
                seen.setdefault((url, version), index)
        part = not_whole(bundle)
        if part is not None:
            self.report.lack(
                "fhir.not-whole", part, path, "export the whole", what="bundle that is not whole"
            )
        further = self.identities.lacks_pages(bundle) if kind == "searchset" else None
        if further:
            self.report.lack("fhir.pages", further, path, "fetch all pages of the search")
        if kind in {"document", "message"}:
            first = v.obj(v.obj(entries[0]).get("resource")).get("resourceType") if entries else None
            wanted = "Composition" if kind == "document" else "MessageHeader"
            if first != wanted:
                self._check.error(
                    "fhir.bundle-first", f"the first entry of a {kind} must be a {wanted}", path
                )
        if kind == "document":
            self._check_document_references(entries, path, inside)

    def _check_document_references(self, entries: list[Any], path: str, inside: _Bundle) -> None:
        """A document carries what it refers to: a relative or urn reference must hit exactly one entry."""
        for index, each in enumerate(entries):
            resource = v.obj(v.obj(each).get("resource"))
            for reference in sorted(set(v.references({**resource, "contained": None}))):
                plain = reference.partition("/_history/")[0]
                if plain.startswith("#") or re.match(r"https?://", plain):
                    continue
                where = f"{path}.entry[{index}].resource"
                if inside.resolve(reference) is None:
                    self._check.error("fhir.reference", f"{reference[:80]!r} is not in this document", where)
                elif inside.times[plain] > 1:
                    self._check.error(
                        "fhir.reference", f"{reference[:80]!r} matches {inside.times[plain]} entries", where
                    )

    # -- version, findings ----------------------------------------------------------------------------------------

    def _refuse_foreign(self, root: dict[str, Any], path: str) -> None:
        stack: list[tuple[str, Any]] = [(path, root)]
        while stack:
            where, node = stack.pop()
            if not isinstance(node, dict):
                continue
            sign = foreign_sign(node)
            if sign is not None:
                raise declined("fhir.version", key=where, version=sign[0], sign=sign[1])
            if node.get("resourceType") == "Bundle":
                inner = [
                    (f"{where}.entry[{index}].resource", v.obj(each).get("resource"))
                    for index, each in enumerate(v.items(node.get("entry")))
                ]
                stack.extend(reversed(inner))

    def _drain(self) -> None:
        for each in self._findings:
            self.report.find(each.severity, each.code, each.message, each.position, each.mend)
        self._findings.clear()

    def _settle(self) -> None:
        self._drain()
        self.report.unchecked |= self._check.unchecked


def _reader_of(file: FileAtHand) -> FhirReader:
    read = FhirReader(file.name, file.report, file.reading)
    file.reading.merged.update(read.identities.merged)
    return read


@reader("FHIR R4", "json", looks=lambda file: isinstance(file.root, dict) and "resourceType" in file.root)
def read_resource(file: FileAtHand) -> Iterator[Observation]:
    """Facts of one resource, or of a Bundle."""
    return _reader_of(file).document(file.root)


@reader("FHIR R4, one resource a line", "ndjson", looks=lambda file: True, last=True)
def read_lines(file: FileAtHand) -> Iterator[Observation]:
    """Facts of lines of resources, as a stream."""
    return _reader_of(file).lines(file.content)


@reader("FHIR R4 in XML", "xml", looks=lambda file: xml_root(file.content.head).startswith("FHIR "))
def read_xml(file: FileAtHand) -> Iterator[Observation]:
    """Facts of one resource, or of a Bundle, written in XML."""
    return _reader_of(file).document(xml_document(file.content))
