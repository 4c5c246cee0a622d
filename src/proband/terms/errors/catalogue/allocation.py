"""What an allocation refuses: a plan that cannot be carried out, and people who cannot be placed."""

from __future__ import annotations

from proband.terms.errors.entry import Entry

ENTRIES = (
    Entry(
        "allocation.arms",
        "arms {arms!r} are none, named twice, or without a weight",
        "name each arm once, with a weight of 1 or more",
    ),
    Entry(
        "allocation.blocks",
        "block sizes {sizes!r} do not hold the arms of {form}, whose weights add up to {total}",
        "use multiples of {step}, which fit every form",
    ),
    Entry(
        "allocation.factors",
        "{method} balances factors, and none is named",
        "name the strata, or allocate in blocks",
    ),
    Entry(
        "allocation.file", "cannot use {path}: {reason}", "give the file as proband allocation --help says"
    ),
    Entry(
        "allocation.form",
        "arms {arms!r} are open to some forms of the condition only, and no stratum tells the form",
        "add a stratum whose levels are the forms",
    ),
    Entry(
        "allocation.history",
        "somebody was allocated to {arms!r}, which the plan does not have",
        "use the plan that they were allocated by",
    ),
    Entry(
        "allocation.level",
        "{factor}: {level!r} is none of {levels}",
        "record the factor first; nobody is placed by an assumed level",
    ),
    Entry(
        "allocation.no-list",
        "{method} has no list: the next arm depends on who comes",
        "replay the allocation afterwards instead",
    ),
    Entry(
        "allocation.nobody",
        "no arm is open to {form}",
        "open an arm to this form, or leave the form out of the strata",
    ),
    Entry(
        "allocation.other-plan",
        "{path} was drawn for plan {named}, the bundle's is {given}",
        "give the bundle by which it was drawn",
    ),
    Entry(
        "allocation.people",
        "{n} people cannot be allocated again",
        "give at least two people, each with arm and outcome",
    ),
    Entry(
        "allocation.probability",
        "a coin of {probability} is not possible",
        "give 0.5 to 1",
    ),
    Entry(
        "allocation.seed",
        "the seed in {path} is not the one that its hash binds",
        "get the list from its keeper",
    ),
    Entry(
        "allocation.sequences",
        "the places that {path} lists are not those of its seed",
        "get the list from its keeper as it was drawn",
    ),
    Entry(
        "allocation.unread",
        "this is no written plan: {problem}",
        "let the record take the plan from the programme",
    ),
    Entry(
        "allocation.undrawn",
        "the programme allocates by {method}: nobody is drawn",
        "declare blocked, stratified-blocked or minimisation",
    ),
)
