"""What natural history refuses: a question outside what is published, one that cannot be read, a table that lacks what is asked for.

What lies outside a domain, and which words a model understands, is the model's own knowledge: it stands in the parameters.
"""

from __future__ import annotations

from proband.terms.errors.entry import Entry

ENTRIES = (
    Entry(
        "natural_history.outside_domain",
        (
            "No published natural history covers {question}. Nearest: {nearest}. What differs: {differs:;}. Missing: {missing:;}.",
            "No published natural history covers {question}. Nearest: {nearest}. What differs: {differs:;}.",
        ),
        (
            "{advice}",
            "ask within the nearest domain, or add a cited natural-history table to the bundle",
        ),
        3,
    ),
    Entry(
        "natural_history.therapy_not_found",
        "nothing is known here about {query!r}",
        ("did you mean {near}?", "search by gene symbol, disorder or therapy"),
        1,
    ),
    # questions
    Entry(
        "natural_history.question.arm-mix",
        "the mix {mix!r} is that of the treated arm",
        "give the control arm's mix too (control baseline)",
    ),
    Entry(
        "natural_history.question.band",
        "{asked} spans two published bands",
        "ask for one band ({bands}), or give a mix such as {example!r}",
    ),
    Entry("natural_history.question.choice", "{given!r} is not {kind}", "use one of {choices}"),
    Entry(
        "natural_history.question.mix-counts",
        "the mix {mix!r} needs a count for every {what}",
        "write for example {example}",
    ),
    Entry(
        "natural_history.question.mix-sum",
        (
            "the {what} mix {mix!r} adds up to {sum}, the headline speaks of {people}",
            "the mix {mix!r} adds up to {sum}, the headline speaks of {people}",
        ),
        "make the counts add up to the number of people in the headline",
    ),
    Entry(
        "natural_history.question.mix-twice",
        "the mix {mix!r} names {name!r} twice",
        "name each kind of people once, with all of them",
    ),
    Entry(
        "natural_history.question.needed",
        "the comparison needs {what:and}",
        "give {example:and}, or what fits the people",
    ),
    Entry(
        "natural_history.question.no-years",
        "the table of {outcome} says nothing about calendar years",
        "leave the years out",
    ),
    Entry("natural_history.question.not-given", "no {what} is given", "name the {what}"),
    Entry(
        "natural_history.question.order",
        "the {what} {text!r} ends before it begins",
        "write the earlier {unit} first",
    ),
    Entry("natural_history.question.unreadable", "{text!r} is not {kind}", "write for example {example}"),
    Entry("natural_history.question.word", "{text!r} is not {kind}", "use {words}"),
    # tables
    Entry("natural_history.table.column", "there is no column {column!r}", "add the column"),
    Entry(
        "natural_history.table.evidence",
        "programme {programme!r} has no evidence/{name}.csv",
        "give the name of a table of the bundle",
    ),
    Entry("natural_history.table.incomparable", "{tables} cannot be compared", "give {needed}"),
    Entry("natural_history.table.incomplete", "the {what} is incomplete", "give {needed}"),
    Entry(
        "natural_history.table.number",
        "{column} is {text!r}, which is not a number",
        "write a plain number with a decimal point, or leave the cell empty",
    ),
    Entry("natural_history.table.row", "the bundle gives no {quantity}", "add the row to {table}"),
    Entry(
        "natural_history.table.unknown",
        "programme {programme!r} has no natural-history table {name!r}",
        ("it has: {tables}", "it has: none"),
    ),
    Entry("natural_history.table.value", "{column} {value!r} of the table is unknown", "add it to the model"),
)
