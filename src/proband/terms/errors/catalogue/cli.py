"""What the command line refuses: options and files that its verbs cannot use."""

from __future__ import annotations

from proband.terms.errors.entry import Entry

_DAY = "write YYYY-MM-DD"

ENTRIES = (
    Entry("cli.date", "{text!r} is not a date", _DAY),
    Entry(
        "cli.headline.where", "--where {text!r} names nothing and its value", "write it as --where NAME=VALUE"
    ),
    Entry("cli.evidence.reading", "{field}: {reason}", "correct the reading"),
    Entry(
        "cli.evidence.row",
        "there is no row {row!r} in {programme}",
        "list the rows: proband evidence verify {programme}",
    ),
    Entry("cli.outcome", "{outcome} cannot be forecast", "ask for another outcome"),
    Entry("cli.read", "cannot read {path}: {reason}", "give a text file, or - for what is piped in"),
    Entry("cli.write", "cannot write {path}: {reason}", "give a path that can be written"),
    Entry("pages.record", "{folder} holds a record without a programme", "open its study first"),
    Entry(
        "pages.unbuilt", "{folder} holds no index.html", "build it first: proband page build --out {folder}"
    ),
    Entry("schema.unnamed", "no file was named", "name one of {files}, or give --out FOLDER"),
    # record
    Entry(
        "cli.record.intake",
        "nobody says who takes it in",
        "give --actor, --role and --site, or try it with --dry-run",
    ),
    Entry(
        "cli.record.variant", "--variant {text!r} is not INSTRUMENT=NAME", "write --variant npmds=2-11-years"
    ),
    # instruments
    Entry("cli.instruments.dictionary", "{dictionary!r} is not a kind of dictionary", "use csv or redcap"),
    Entry("cli.instruments.form", "{form!r} is no form of {instrument}", "use {kinds}"),
    Entry("cli.instruments.unnamed", "a form or dictionary needs an instrument", "name one: meld"),
    # score
    Entry(
        "cli.score.assignment",
        "{option} {text!r} is not item=value",
        "write {option} dialysis=no, for example",
    ),
    Entry(
        "cli.score.column-unit",
        "the unit of column {column!r} ({label}) is not said",
        "say --unit {item}={units:or}, or --units us or si for all",
    ),
    Entry(
        "cli.score.examination",
        "an examination is scored from one JSON file",
        "proband score isncsci exam.json [--explain]",
    ),
    Entry("cli.score.file", "there is no file {path}", "check the path of --input"),
    Entry("cli.score.input", "{file} is neither .csv nor .parquet", "convert it first"),
    Entry("cli.score.item", "{instrument} has no item --{option}", "its items are {names}"),
    Entry("cli.score.json", "{path} is not JSON: {error}", "write one JSON object"),
    Entry("cli.score.mixed", "a table and single answers cannot be mixed", "leave out {arguments}"),
    Entry("cli.score.object", "{path} is not a JSON object", 'write {{"item": "value with unit", …}}'),
    Entry("cli.score.out", "--out {file} is neither .csv nor .parquet", "choose one of them"),
    Entry(
        "cli.score.rest",
        "{argument!r} belongs to no item",
        "write --item value; values with spaces in quotes",
    ),
    Entry("cli.score.system", "--units {system!r} is not a system", "use us or si"),
    Entry("cli.score.table", "{path} cannot be read as a table: {error}", "check the file"),
    Entry("cli.score.twice", "--{name} is given twice", "give it once"),
    Entry(
        "cli.score.unit",
        "{item} {answer} has no unit",
        "write {choices}, or say --units us or --units si for all",
    ),
    Entry("cli.score.units", "--units and --unit contradict each other", "use one of them"),
    Entry("cli.score.unreadable", "{path} cannot be read: {reason}", "check the path"),
    Entry("cli.score.value", "--{name} has no value", "write --{name} {example}"),
    # screen
    Entry("cli.screen.dialect", "{problem}", "choose one of them"),
    Entry(
        "cli.screen.nothing",
        "no fact was found in {files} file(s)",
        "run `proband read` on them: it says for each why",
    ),
    Entry(
        "cli.screen.out",
        "{out!r} is neither a format nor a file of one",
        "write one of {formats}, or a file name that ends so",
    ),
    Entry("cli.screen.source", "no source was given", "name a file or a folder, or use --sql"),
    Entry(
        "cli.screen.subject",
        "there is no person {subject!r} in the sources",
        ("did you mean {near:or}?", "list them with --out csv"),
    ),
    Entry(
        "cli.look.other",
        "{table} was not exported from the record in {record}",
        "name the record that it was exported from",
    ),
    Entry(
        "cli.look.record",
        "this table names the arms of {study}, which was not locked when it was exported: who compares arms before then stands in the record",
        "name it and who looks: --record FOLDER --actor PERSON --why REASON",
    ),
    Entry("cli.simulate.scenario", "there is no scenario {scenario!r}", "use {scenarios:or}"),
    Entry(
        "cli.simulate.suppose",
        "{text!r} names no effect",
        "write OUTCOME=VALUE, such as meld-change=-2, or EVENT=HAZARD-RATIO",
    ),
)
