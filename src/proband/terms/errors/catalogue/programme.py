"""What a programme refuses: its folder, its seal, its schemas, its arithmetic of doses."""

from __future__ import annotations

from proband.terms.errors.entry import Entry

_BANDS = "correct the bands in product.yaml by an amendment; do not choose one at the bedside"

_KEEP_ONE = "keep one of them"

ENTRIES = (
    # a bundle and its files
    Entry(
        "bundle.invalid",
        (
            "{folder} has {errors} error{errors:s}; the first: {first}",
            "{folder} has {errors} error{errors:s}",
        ),
        "run `proband check` and mend what it lists",
    ),
    Entry(
        "bundle.not-found",
        "there is no programme {name!r}",
        "give a folder with a programme.yaml, or one of: {bundled}",
    ),
    Entry("bundle.file.empty", "the file is empty.", "fill it in; `proband schema` shows the keys"),
    Entry("bundle.file.encoding", "the file is not UTF-8 ({reason} at byte {byte}).", "save it as UTF-8"),
    Entry("bundle.file.large", "the file is larger than {size} MiB.", "split it"),
    Entry("bundle.file.link", "links are not allowed in a bundle.", "put the file itself there"),
    Entry(
        "bundle.file.missing",
        "the file is missing.",
        "write {name}; `proband schema {name}` shows its keys",
    ),
    Entry(
        "bundle.file.unknown",
        "this file is not part of a bundle.",
        "remove it, or put it under evidence/, natural_history/ or consent/",
    ),
    Entry("bundle.file.unreadable", "the file cannot be read: {reason}.", "check the file"),
    Entry(
        "bundle.yaml",
        "this is not YAML: {reason}.",
        "correct the line; indent with spaces, quote text with ': '",
    ),
    Entry("bundle.todo", "still to be written: {what}.", "write it, and take the todo away"),
    # beginning one
    Entry("new.kind", "there is no kind {kind!r} of programme to begin with", "use one of: {kinds}"),
    Entry(
        "new.id",
        "{id!r} cannot be the id of a programme, and the folder is named by it",
        "name the folder in lower case, digits and hyphens: my-programme",
    ),
    Entry("new.folder", "{folder} is there and is not empty", "name a folder that is not there yet"),
    Entry("new.condition", "nothing says which condition it is for", "give its name in words: --condition"),
    Entry(
        "new.clock",
        "no text of law is known here that says by when a fatal reaction is reported in {place}",
        "begin with one of {places}, and write the clock of {place} into safety.yaml with its source",
    ),
    Entry(
        "new.entry.form",
        "this is no entry of ClinicalTrials.gov (API v2): {missing} is missing",
        "give the JSON of one study, as https://clinicaltrials.gov/api/v2/studies/NCT… answers it",
    ),
    Entry(
        "new.entry.observed",
        "nothing is given in {id} ({studied}): it is no programme of treatment",
        "cite it as a source, and enter its figures under natural_history",
    ),
    Entry(
        "new.entry.kind",
        "{id} does not tell which kind of programme is nearest to it",
        "give --kind: one of {kinds}",
    ),
    Entry("new.unasked", "{options} is not said, and nobody is there to be asked", "give {options}"),
    # keys and values
    Entry(
        "bundle.key.missing",
        "the key {name!r} is missing.",
        "write {name}: …; `proband schema` tells what belongs there",
    ),
    Entry(
        "bundle.key.comma",
        "{name!r} is no key here and has no value: in {{…}} a comma ends a text.",
        "quote a text that holds a comma, or remove the key",
    ),
    Entry(
        "bundle.key.unknown",
        "the key {name!r} is unknown here.",
        ("did you mean {near!r}?", "remove it"),
    ),
    Entry("bundle.value.choice", "{given!r} is none of {expected}.", "use one of them"),
    Entry("bundle.value.date", "{given!r} is not a date.", "write YYYY-MM-DD"),
    Entry(
        "bundle.value.empty",
        "{problem}.",
        "fill it in; if there is nothing, say why in the key made for it",
    ),
    Entry("bundle.value.form", "{given!r} is not of the form {pattern}.", "write it in that form"),
    Entry(
        "bundle.value.kind",
        "{problem}.",
        "write a value of that kind; quote texts that look like numbers",
    ),
    Entry("bundle.value.other", "{problem}.", "correct the value"),
    Entry("bundle.value.rule", "{problem}", "{correction}"),
    # where numbers come from
    Entry("bundle.basis.half", "{present} stands here without {absent}.", "write {absent} beside it"),
    Entry(
        "bundle.claim.own-number",
        "a claim holds no number of its own, and this one has {keys:and}.",
        "write the number once, in a row of evidence/, and point to it: from: FILE#ROW",
    ),
    Entry(
        "bundle.figure.derived",
        "the figure cannot be worked out: {reason}.",
        "correct the formula, or the figures that it names",
    ),
    Entry(
        "bundle.reading.differs",
        "{by} read {was}, and the row {row} says {now}.",
        "put the number right, or read the source again and record that reading",
    ),
    Entry(
        "bundle.reading.sealed",
        "the bundle in {folder} is sealed, and a reading would change it",
        "record it in the next version, an amendment",
    ),
    Entry(
        "bundle.row.unknown",
        "there is no row {row!r} in the evidence.",
        (
            "did you mean {near!r}?",
            "name a figure of evidence/*.yaml, or a line with an id of a table, as FILE#ROW",
        ),
    ),
    Entry(
        "bundle.row.unit",
        "the row {row} is in {unit!r}, and the slot needs {needed!r}.",
        "choose another type of slot, or correct the unit of the row",
    ),
    Entry(
        "bundle.selection.repeated",
        "the choice of the evidence is told in {other} already.",
        _KEEP_ONE,
    ),
    Entry("bundle.figure.repeated", "figure {figure!r} is defined twice in the bundle.", _KEEP_ONE),
    Entry("bundle.level.unknown", "{level!r} is not a verification level.", "use one of {levels}"),
    Entry(
        "bundle.number.size",
        "no computer holds this number exactly.",
        "quote it if it is an identifier, write it as 1.5e21 if it is a size; leave it out if it is infinite",
    ),
    Entry(
        "bundle.number.unsourced",
        "this number has no source and no level.",
        "write source: and level: beside it or in a mapping around it",
    ),
    Entry("bundle.derived", "{why}.", "`proband instruments` lists items, variants and what comes out"),
    Entry(
        "bundle.instrument",
        (
            "{name!r} is no instrument that Proband lists, and no outcome is measured by it; did you mean {near!r}?",
            "{name!r} is no instrument that Proband lists, and no outcome is measured by it.",
        ),
        "take one from `proband instruments`, or name your own under the outcome that it measures as well",
    ),
    Entry("bundle.question", "{why}.", ("{correction}", "ask what the tables answer, or leave it out")),
    Entry(
        "bundle.score",
        "{instrument} gives no score {score!r}.",
        "use one of: {known}",
    ),
    Entry("bundle.source.repeated", "source {source!r} is defined twice in the bundle.", _KEEP_ONE),
    Entry(
        "bundle.source.unknown",
        "source {source!r} is not in evidence/*.yaml.",
        ("did you mean {near!r}?", "add it to evidence/sources.yaml"),
    ),
    # tables
    Entry("bundle.csv.empty", "the file is empty.", "write a header line"),
    Entry(
        "bundle.csv.header",
        "column names are empty or repeated: {repeated!r}.",
        "give every column its own name",
    ),
    Entry("bundle.csv.quotes", "this is not CSV: {error}.", "correct the quotes"),
    Entry(
        "bundle.csv.ragged",
        "{cells} cells where the header has {columns}.",
        "quote cells that contain commas; fill missing cells with nothing between commas",
    ),
    Entry(
        "bundle.table.basis",
        "the table has no column {columns}.",
        "add it: every row needs the id of its source and its verification level",
    ),
    Entry(
        "bundle.table.missing",
        "there is no readable table of the same name beside it.",
        "write {table}",
    ),
    Entry(
        "bundle.table.undescribed",
        "the table has no description and no domain.",
        "write {description} with title, columns and domain",
    ),
    Entry("bundle.folder.used", "{folder} is not empty", "choose a new folder"),
    Entry(
        "bundle.canonical",
        "the kept bundle {hash} cannot be read: {why}",
        "take the bundle from where it was published, and compare its hash",
    ),
    # doses
    Entry(
        "programme.dose.amount",
        "the dose rule has no amount",
        "give the rule an amount",
    ),
    Entry(
        "programme.dose.counted",
        "the dose is counted in {unit}, and {given} counts something else",
        "give the dose in the unit of the rule",
    ),
    Entry(
        "programme.dose.none",
        "by {name} {given}, which is in {band}, no dose is given",
        "do not give it; measure again when it has changed",
    ),
    Entry("programme.dose.gap", "no band covers {name} {value:g} {unit} ({bands:;})", _BANDS),
    Entry(
        "programme.dose.input",
        ("the dose needs the {name}, and it is {given}", "the dose needs the {name}, and it is missing"),
        "record the {name} with its unit first",
    ),
    Entry(
        "programme.dose.overlap",
        "{fitting} bands cover {name} {value:g} {unit} ({bands:;})",
        _BANDS,
    ),
    Entry(
        "programme.dose.unit",
        "the amount {amount} is not per {unit}",
        "give the amount in a unit that ends in {per}",
    ),
    Entry(
        "programme.dose.withheld",
        "the bundle carries no dose: {why}",
        "obtain the dose from the sponsor's protocol",
    ),
    Entry(
        "diff.other-programme",
        "{before} and {after} are two programmes, not two versions of one",
        "compare versions of the same id; an amendment keeps the id and raises the version",
    ),
    # schemas
    Entry("schema.unknown", "a bundle has no file {file!r}", "use one of: {files}"),
    # seals and their keys
    Entry(
        "seal.key.exists",
        "{path} exists already",
        "choose another file; a key is never overwritten",
    ),
    Entry(
        "seal.key.kind", "{path} holds a key of another kind", "make an Ed25519 key with `proband key FILE`"
    ),
    Entry(
        "seal.key.unreadable",
        "{path} is no private key: {error}",
        "make one with `proband key FILE`",
    ),
    Entry("seal.missing", "{path} does not exist", "seal the bundle with `proband seal`"),
    Entry(
        "seal.todo",
        "something is still to be written in {todos} place{todos:s}, the first in {first}",
        "write it, and take each todo away; `proband check` lists them",
    ),
    Entry("seal.unreadable", "{path} is not a seal: {error}", "restore it from a copy, or seal again"),
)
