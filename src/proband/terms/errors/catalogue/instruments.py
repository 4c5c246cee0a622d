"""What instruments and examinations refuse: an answer, unit, variant or column that they do not have."""

from __future__ import annotations

from proband.terms.errors.entry import Entry

ENTRIES = (
    Entry(
        "instruments.answer.invalid",
        "{item}: {answer!r} is {problem}",
        "answer as the form of the instrument asks, or say why it is missing",
    ),
    Entry(
        "instruments.column.missing",
        "the table has no column {column!r} (mapped to {item})",
        "its columns are {columns}",
    ),
    Entry(
        "instruments.column.taken",
        "the table already has columns {columns!r}",
        "rename or drop them",
    ),
    Entry(
        "instruments.columns.lengths",
        "the columns have different lengths: {lengths!r}",
        "give columns of one length",
    ),
    Entry(
        "instruments.conversion.unknown",
        "there is no conversion {conversion!r}",
        "name one of {known}",
    ),
    Entry(
        "instruments.item.unknown",
        "{instrument} has no item {item!r}",
        ("its items are {items}", "its items are none"),
    ),
    Entry(
        "instruments.score.columns",
        "{instrument} is not scored from columns",
        "see its page",
    ),
    Entry(
        "instruments.score.no-rule",
        "{instrument} is not scored from named answers",
        ("use {instead} with an examination", "see its page"),
    ),
    Entry(
        "instruments.unit.wrong",
        "{item}: {problem}",
        "give {label} in {units:or}",
    ),
    Entry(
        "instruments.units.unknown",
        "{units!r} is not a system of units",
        "use us, si, or a mapping of item to unit",
    ),
    Entry(
        "instruments.unknown",
        "there is no instrument {id!r}",
        ("did you mean {near}?", "list them with `proband instruments`"),
    ),
    Entry(
        "instruments.variant.unknown",
        "{instrument} has no variant {variant!r}",
        "name one of {choices}",
    ),
    Entry(
        "instruments.variant.unnamed",
        "{instrument} has no default variant: the published forms give different values",
        "name one of {choices}",
    ),
    # examinations: an error names the first problem and carries all of them
    Entry(
        "isncsci.exam.invalid",
        ("{first} ({more} more of the kind: see the details)", "{first}"),
        "{first_mend}",
    ),
    Entry(
        "isncsci.array.code",
        "the code {value}.",
        "Use the codes of grades.CODE.",
    ),
    Entry(
        "isncsci.array.shape",
        "shape {value}.",
        "Give an array of shape {shape}.",
    ),
    Entry(
        "isncsci.column.length",
        "{value} rows.",
        "Give {rows}, as in {column}.",
    ),
    Entry(
        "isncsci.column.missing",
        "the column is missing.",
        "Give it, with NT for what could not be tested.",
    ),
    Entry(
        "isncsci.file.json",
        "not JSON: {error}.",
        "Give one JSON object per examination.",
    ),
    Entry(
        "isncsci.file.object",
        "a JSON {kind}, not an object.",
        "Give one JSON object.",
    ),
    Entry(
        "isncsci.findings.count",
        "{value} values.",
        "Give {wanted}, rostral to caudal.",
    ),
    Entry(
        "isncsci.key.misspelt",
        "no such finding in an ISNCSCI examination.",
        ("Write {near}.", "Leave it out, or use one of the documented keys."),
    ),
    Entry(
        "isncsci.key.unknown",
        "no such finding.",
        "Use one of the exchange keys.",
    ),
    Entry(
        "isncsci.level.unknown",
        "{value!r} is no spinal level.",
        "Write a level (C1 … S4-5), or leave it out when none is recorded.",
    ),
    Entry(
        "isncsci.revision",
        "the examination was recorded by the revision of {revision}, and is not scored by the rules of 2019 without a word.",
        "Let a clinician bring it to the revision of 2019 (5* becomes 5, or a grade with **), and leave the old revision out.",
    ),
    Entry(
        "isncsci.value.full-grade-star",
        "{value!r} is not {kind}: it belongs to the revision of 2011.",
        "A full grade carries no star since 2019: write {grade}, or the measured grade with **.",
    ),
    Entry(
        "isncsci.value.impossible",
        "{value!r} is not {kind}.",
        "Write one of {allowed}.",
    ),
    Entry(
        "isncsci.value.mark",
        "{value!r} is not {kind}: it belongs to the revision of 2011.",
        "The mark ! belongs to the 2011 rules: a clinician decides between * (not normal) and ** (normal).",
    ),
    Entry(
        "isncsci.value.missing",
        "the value is missing.",
        "Give it, or write NT if it could not be tested.",
    ),
    Entry(
        "isncsci.value.not-tested",
        "{value!r} is not {kind}.",
        "Write NT for what could not be tested.",
    ),
    Entry(
        "isncsci.value.stars",
        "{value!r} is not {kind}.",
        "One star means not normal, two stars mean normal; there are never more.",
    ),
)
