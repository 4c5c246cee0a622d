"""What a programme refuses: its folder, its seal, its schemas, its arithmetic of doses."""

from __future__ import annotations

from proband.terms.errors.entry import Entry

_BANDS = "correct the bands in product.yaml by an amendment; do not choose one at the bedside"

ENTRIES = (
    Entry("bundle.folder.used", "{folder} is not empty", "choose a new folder"),
    # doses
    Entry(
        "programme.dose.amount",
        "the dose rule has no amount",
        "give the rule an amount",
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
    # schemas
    Entry("schema.unknown", "a bundle has no file {file!r}", "use one of: {files}"),
    # seals and their keys
    Entry(
        "seal.key.exists",
        "{path} exists already",
        "choose another file; a key is never overwritten",
    ),
    Entry(
        "seal.key.kind", "{path} holds a key of another kind", "make an Ed25519 key with `proband key new`"
    ),
    Entry(
        "seal.key.unreadable",
        "{path} is no private key: {error}",
        "make one with `proband key new`",
    ),
    Entry("seal.missing", "{path} does not exist", "seal the bundle with `proband seal`"),
    Entry("seal.unreadable", "{path} is not a seal: {error}", "restore it from a copy, or seal again"),
)
