"""What reading files refuses: what cannot be opened, is no record of a person, or is written in another form than it must be."""

from __future__ import annotations

from proband.terms.errors.entry import Entry

_AGAIN = "transfer it again"
_WHAT_IS_READ = "see docs/exchange.md for what is read"
_WRITE_A_MAPPING = (
    "write a mapping file that says which column is the subject and what the others mean (docs/exchange.md)"
)

ENTRIES = (
    # files
    Entry("exchange.missing", "{path} does not exist", "check the path"),
    Entry("exchange.unopened", "cannot be opened: {error}", "transfer it again, or check who may read it"),
    Entry("exchange.damaged", "the file cannot be read to its end: {error}", _AGAIN),
    Entry(
        "exchange.too-large",
        "one document of more than {size} MiB",
        "export it as NDJSON, one resource per line, which is read as a stream",
    ),
    Entry(
        "exchange.line-too-long",
        "a line too long to be held: more than 128 MiB of JSON, or 32 MiB of a table",
        "export one resource, or one row, per line",
    ),
    Entry(
        "exchange.defect",
        "the reader failed: {kind}: {error}",
        "this is a defect of Proband: please report it with the structure of the file, without its data",
    ),
    Entry("exchange.output", "{file}: facts are written as .parquet or .csv", "choose one of these"),
    # formats that are known and are no record of a person, or not known at all
    Entry("exchange.archive", "a zip archive: not a format that Proband reads", "unpack or export it first"),
    Entry("exchange.archive-encrypted", "an encrypted zip archive", "unpack it first"),
    Entry(
        "exchange.archive-large",
        "a zip archive of more than {members} members, or of more than {size} GiB unpacked",
        "unpack it first, and give what you mean to read",
    ),
    Entry(
        "exchange.archive-nested",
        "a zip archive inside a zip archive",
        "unpack it first, and give what is in it",
    ),
    Entry(
        "exchange.archive-doubled",
        "a zip archive with two members called {name!r}",
        "pack it again, each file once",
    ),
    Entry("exchange.foreign", "{what}: not a format that Proband reads", "{correction}"),
    Entry(
        "hl7.v2",
        "HL7 v2: {parts}; Proband does not read them",
        "have the interface engine convert them to FHIR R4 (ORU to Observation), or export the results as CSV",
    ),
    Entry(
        "xdm.metadata",
        "the list of contents of an exchanged archive (XDM), no record of a person",
        "leave it out",
    ),
    Entry("exchange.array", "a JSON array that is not one of objects: no records", _WHAT_IS_READ),
    Entry("exchange.bare-json", "JSON, but a bare {kind}: no records", _WHAT_IS_READ),
    Entry("exchange.binary", "a binary file: not a format that Proband reads", "unpack or export it first"),
    Entry("exchange.log", "a log of errors, no records", "export the records again"),
    Entry(
        "exchange.not-fhir",
        "JSON lines without a resourceType: a log or another format, no FHIR resources",
        _WHAT_IS_READ,
    ),
    Entry(
        "exchange.ontology",
        "an ontology (OBO graph), no record of a person",
        "give it as ontology=… (--ontology) and phenopackets are checked against it",
    ),
    Entry("exchange.plain-text", "plain text: no table, no JSON, no XML", _WHAT_IS_READ),
    Entry("exchange.schema", "a JSON schema, no record of a person", "leave it out"),
    Entry(
        "exchange.unknown-object",
        (
            "JSON without resourceType and no phenopacket; its keys are {keys}",
            "JSON without resourceType and no phenopacket; its keys are none",
        ),
        _WHAT_IS_READ,
    ),
    Entry(
        "exchange.unknown-xml",
        "XML with the root element {element!r}: not a format that Proband reads",
        _WHAT_IS_READ,
    ),
    Entry("exchange.usdm", "a USDM study definition, no record of a person", "leave it out"),
    Entry(
        "odm.not-read",
        "CDISC ODM: it is written by Proband, not read as a source of facts",
        "export the records as CSV",
    ),
    # JSON and YAML
    Entry("json.encoding", "JSON must be UTF-8, and these bytes are not", "save it as UTF-8"),
    Entry("json.utf-16", "JSON must be UTF-8; this is UTF-16", "save it as UTF-8"),
    Entry(
        "json.malformed",
        "not JSON: {problem}{hint}",
        "correct the file at its source; a file that is guessed right may be guessed wrong",
    ),
    Entry("json.too-deep", "JSON nested more than 250 levels deep", "export the records flat"),
    Entry("yaml.aliases", "more than 50 aliases in a data file", "write the values out"),
    Entry("yaml.malformed", "not YAML: {problem}", "correct the file at its source"),
    Entry("yaml.too-large", "a YAML document of more than 32 MiB", "export it as JSON"),
    # FHIR
    Entry("fhir.array", "an array of FHIR resources is no Bundle", "write a Bundle, or NDJSON"),
    Entry("fhir.resource-type", "{kind!r} is no resource type of FHIR R4", "check the resourceType"),
    Entry(
        "fhir.version",
        "not FHIR R4: written in {version} ({sign})",
        "convert it to R4 first; elements differ in ways that look alike",
    ),
    # XML
    Entry("xml.malformed", "no XML: {problem}", "correct the file at its source"),
    Entry(
        "xml.doctype",
        "XML with a document type: entities are never resolved, so its text is not known",
        "export it without <!DOCTYPE …>",
    ),
    Entry("xml.too-deep", "XML nested more than 250 levels deep", "export the records flat"),
    Entry(
        "xml.too-large", "XML of which one tag or the whole is larger than {size} MiB", "export it as NDJSON"
    ),
    # Excel
    Entry(
        "workbook.malformed", "no Excel workbook: {problem}", "open it in Excel and save it again as .xlsx"
    ),
    # SDTM
    Entry("xpt.malformed", "no SAS transport file: {expected} should stand here", _AGAIN),
    Entry("dataset-json.malformed", "no Dataset-JSON: {problem}", "write it again as Dataset-JSON 1.1"),
    Entry(
        "sdtm.analysis",
        "{name}: analysis data (ADaM), which are derived from what was recorded",
        "give the SDTM datasets that they were made from",
    ),
    Entry(
        "sdtm.unknown",
        "{name}: a dataset of no class of SDTM: its columns are {columns}",
        _WRITE_A_MAPPING,
    ),
    Entry("sdtm.empty", "a file without a dataset", _AGAIN),
    # phenopackets
    Entry("phenopacket.malformed", "{kind} has no field {field!r}", "correct the field's name"),
    Entry(
        "phenopacket.too-large",
        "too large or too deeply nested for a phenopacket",
        "write one phenopacket per person",
    ),
    Entry("phenopacket.unknown", "no Phenopacket, Family or Cohort", _WHAT_IS_READ),
    Entry(
        "phenopacket.version",
        "a phenopacket of schema 1: {sign}",
        "convert it (pxf convert --convert-variants); v1 states ages, variants and exclusion otherwise",
    ),
    Entry("ontology.unreadable", "{file} is no OBO graph: it has no 'graphs'", "give hp.json"),
    # tables and their mapping
    Entry(
        "mapping.invalid", ("{problem} (value: {value})", "{problem}"), "see the example in docs/exchange.md"
    ),
    Entry("mapping.malformed", "{problem}", "{correction}"),
    Entry("mapping.missing", "{path} does not exist", "check the path"),
    Entry("table.csv", "not CSV: {error}", "export the table again"),
    Entry("table.no-mapping", "a table without a mapping: its columns are {columns}", _WRITE_A_MAPPING),
    Entry(
        "table.no-mapping.json", "JSON rows without a mapping: their keys are {keys}", "give a mapping file"
    ),
    Entry(
        "table.no-rule",
        "no rule of the mapping fits the table with the columns {columns}",
        "add a table to the mapping, with when: {{columns: [...]}}",
    ),
    Entry(
        "table.no-subject",
        "there is no column {subject!r} for the subject",
        ("did you mean {near!r}?", "the columns are {columns}"),
    ),
    # REDCap
    Entry("redcap.arms", "REDCap's list of arms: no records", "leave it out"),
    Entry(
        "redcap.dictionary",
        "no REDCap data dictionary: the header is another",
        "download the data dictionary again",
    ),
    Entry("redcap.events", "REDCap's list of events: no records", "leave it out"),
    Entry(
        "redcap.nested",
        "rows with objects inside",
        "export the records flat (REDCap API, type flat), one object per row",
    ),
    # the way in to the record
    Entry(
        "exchange.intake.participant",
        "there is no participant {participant} in this record",
        "refer the person first",
    ),
    Entry(
        "exchange.intake.nothing",
        "nothing was read from {files} file{files:s}",
        "run `proband read` on them: it says for each why",
    ),
    Entry(
        "exchange.intake.declined",
        "{count} file{count:s} could not be read ({first}: {why}); what stands in there might say otherwise",
        "mend the file, or leave it out and say so where the verdict is used",
        exit_code=3,
    ),
    Entry(
        "exchange.intake.person",
        "the files speak of {person}, and not of {participant}",
        "if this is the same person, say so: --person {person}",
        exit_code=3,
    ),
    Entry(
        "exchange.intake.people",
        "the files speak of {count} people ({people}), and nothing says which of them is {participant}",
        "name the one who is: --person {first}",
        exit_code=3,
    ),
    Entry(
        "exchange.intake.person-absent",
        "there is no {person} in the files",
        "they speak of {people}",
    ),
    Entry(
        "exchange.intake.identity",
        "{people} cannot be one person: {what} is {values:and}",
        "find out whose file it is; nothing was used",
        exit_code=3,
    ),
    Entry(
        "exchange.intake.another",
        "{people} cannot be who was screened before: {what} was {before} on {day} (event {seq}), and by these files it was {now}",
        "find out whose file it is; nothing was used",
        exit_code=3,
    ),
    Entry(
        "exchange.intake.future",
        "{day} lies ahead of {today}",
        "give the day on which the data were true",
    ),
    Entry(
        "exchange.intake.criteria",
        "the version in force carries no criteria to screen by",
        "adopt a version of the programme that does",
    ),
    Entry(
        "exchange.intake.visit",
        "the schedule has no visit {visit!r}",
        "its visits are {visits}",
    ),
    Entry(
        "exchange.intake.version",
        "it was judged under {then}, and {now} is in force",
        "take it in again: the criteria may have changed",
        exit_code=3,
    ),
    Entry(
        "exchange.intake.day",
        (
            "the answers are of several days: {days}",
            "no day is known on which {visit} was held",
        ),
        "say which day it was: --on YYYY-MM-DD",
    ),
)
