"""What pages refuse to print."""

from __future__ import annotations

from proband.terms.errors.entry import Entry

_OWN_POLICY = "pages load nothing and keep to their policy"

ENTRIES = (
    # what holds of every page as it is written
    Entry(
        "page.banner",
        "a banner that every page of the programme bears is missing.",
        "render it through the base template",
    ),
    Entry("page.dose-shown", "{dose!r} reads like a dose, a supplier or a preparation.", "leave it out"),
    Entry("page.event-handler", "the page has an event handler: {found}", _OWN_POLICY),
    Entry(
        "page.heavy",
        "the page weighs {weight:,} bytes without drawings.",
        "stay below {largest:,}",
    ),
    Entry(
        "page.headline-unasked",
        "the headline test of {claim} cannot be asked: {why}.",
        "give the test what it needs, or take it out; that nothing is published is an answer, a missing condition is none",
    ),
    Entry("page.loads", "the page loads something: {found}", _OWN_POLICY),
    Entry("page.making-shown", "a text on making or storing the product stands on the page.", "leave it out"),
    Entry("page.mark-missing", "{number!r} {why}.", "show the mark of its level in the same block"),
    Entry(
        "page.number-loose",
        "{number!r} {why}.",
        "put the number into a slot, a fact or a table with its source",
    ),
    Entry(
        "page.sentence-loose",
        "nobody answers for {sentence!r}.",
        "say it in a claim or a fact with its source, or through the catalogue as words of ours",
    ),
    Entry(
        "page.policy",
        "the page has no content security policy.",
        "render it through the base template",
    ),
    Entry(
        "page.printed-grade",
        "part {part} as it is printed has reading grade {grade:g}.",
        "use shorter sentences and plainer words until it is at most {highest:g}",
    ),
    Entry(
        "page.box-long",
        "the fact box holds {words} words.",
        "shorten the first sentences of its claims until it holds at most {most}",
    ),
    Entry("page.style-attribute", "the page has a style attribute: {found}", _OWN_POLICY),
    Entry("page.word-shown", "{word!r} sells hope.", "say instead: {instead}"),
    # articles
    Entry(
        "pages.articles.claims",
        "row {row} names claims that do not exist: {claims}",
        "name claims of the ledger",
    ),
    Entry(
        "pages.articles.module",
        "row {row} lives in {modules}, which does not exist",
        "name a module of Proband",
    ),
    Entry(
        "pages.articles.programme",
        "article {title!r} belongs to {programme}, which is not built",
        "build it too",
    ),
    Entry("pages.articles.repeated", "rows with the same id: {ids}", "give each its own"),
    # headlines
    Entry(
        "pages.headlines",
        "no answers to the headlines of {programme} {hash} were handed over",
        "make them from the programme as it was loaded: trial.headline.claimed.claimed_headlines(programme)",
    ),
    # translations
    Entry(
        "pages.catalogue.missing",
        "there is no catalogue for {language!r}",
        "translate locale/messages.pot and save it as {file}",
    ),
    Entry(
        "pages.catalogue.syntax",
        "this line of the catalogue cannot be read: {text}",
        'write msgid "…" and msgstr "…", text in double quotes',
    ),
    Entry(
        "pages.catalogue.changed",
        "the translation of {source!r} has other places or numbers: {translation!r}",
        "take over every slot, place, tag and number as it stands; a form that counts may say its own number in words",
    ),
    # figures
    Entry(
        "pages.figure.interval",
        "forest {chart}: {claim}.{slot} has no interval",
        "name a difference, or a number with low and high",
    ),
    Entry("pages.figure.rows", "trajectory {chart}: no row of {table} fits", "correct where:"),
    Entry(
        "pages.figure.slot",
        "a panel shows a count or a rate, not {kind}",
        "name another slot in the panel",
    ),
    Entry(
        "pages.figure.table", "trajectory {chart}: there is no table {table}", "write it, or remove the chart"
    ),
    Entry(
        "pages.figure.columns",
        "trajectory {chart}: {table} has no column {columns}",
        "name a column of the table",
    ),
    # genes and the self-check
    Entry(
        "pages.genes.dose", "{table}:{line}: {words!r} reads like a dose", "leave it out of the public table"
    ),
    Entry("pages.genes.source", "{table}:{line}: source {source!r} does not exist", "add it to evidence/"),
    # records
    Entry(
        "pages.base-url",
        "{address!r} is no address under which a site can stand",
        "name the folder of the site as a browser would: https://example.org/pages/",
    ),
    Entry(
        "pages.record.other",
        "the record ran under {programme} ({versions}), and what is built is {built} ({hash})",
        "build the pages from the very bundle that the record adopted, or leave the record out",
    ),
    Entry(
        "pages.record.twice",
        "two records of {programme} would stand on one page",
        "build a page of each by itself",
    ),
    Entry(
        "pages.self-check.word",
        "criterion {criterion} says {word!r} to a family: {words!r}",
        "write plain: words that inform and do not decide",
    ),
)
