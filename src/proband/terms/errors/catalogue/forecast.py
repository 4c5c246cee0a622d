"""What a forecast refuses: one that cannot be read, speaks of another programme, was changed, or cannot be scored."""

from __future__ import annotations

from proband.terms.errors.entry import Entry

ENTRIES = (
    Entry(
        "forecast.estimand",
        "{programme} has no estimand {estimand!r}",
        ("use {known:or}", "declare an estimand first"),
    ),
    Entry("forecast.exists", "{path} is there already", "give another name; a forecast is never overwritten"),
    Entry("forecast.expected", "the expectation needs {needs}", "see proband forecast draft --help"),
    Entry("forecast.file", "cannot read {path}: {reason}", "give a file that `proband forecast` wrote"),
    Entry(
        "forecast.mixed",
        "{outcome} in a group of {kinds} kinds of people is not drafted",
        "forecast one kind of people, or write the prediction yourself",
    ),
    Entry(
        "forecast.other-estimand",
        "the bundle says something else of {estimand} than the forecast was made for",
        "draft the forecast again from this bundle",
    ),
    Entry(
        "forecast.other-programme",
        "the forecast is for {named}, the bundle is {given}",
        "give the bundle that the forecast was made for",
    ),
    Entry("forecast.outcome", "{outcome} cannot be drafted", "write the prediction yourself"),
    Entry(
        "forecast.seal.forged",
        "the signature does not belong to this forecast",
        "get the file from who sealed it",
    ),
    Entry(
        "forecast.seal.hash",
        "the forecast was changed after sealing: {stated} stands there, {found} was found",
        "get the file from who sealed it",
    ),
    Entry(
        "forecast.seal.unreadable", "this is no sealed forecast: {reason}", "seal one: proband forecast seal"
    ),
    Entry("forecast.seen", "{reason}", "give what was seen, in the units of the prediction"),
    Entry(
        "forecast.source",
        "{programme} has no source {source!r}",
        "name a source of the bundle, or say that it is your own judgement",
    ),
    Entry(
        "forecast.tables",
        "{tables} of {programme} are not what the forecast was made from",
        "draft the forecast again from this bundle",
    ),
    Entry(
        "forecast.twice",
        "forecast {forecast} is scored by two outcomes: {seen:and}",
        "keep the one that was seen",
    ),
    Entry(
        "forecast.unreadable",
        "{field}: {reason}",
        "correct it; `proband forecast draft` writes one that is right",
    ),
)
