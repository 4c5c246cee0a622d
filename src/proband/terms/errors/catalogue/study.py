"""What a study's plan and reports refuse: a plan that was changed, another bundle, a look out of order, an event that vanished."""

from __future__ import annotations

from proband.terms.errors.entry import Entry

ENTRIES = (
    Entry(
        "study.early",
        "on {on} {allocated} of {planned} planned people are allocated, and {due} have come to the last visit of every question",
        "wait, make the board's reports, or say why the study was stopped: --stopped REASON",
    ),
    Entry(
        "study.exists", "{path} is there already", "give another name; a plan or report is never overwritten"
    ),
    Entry("study.file", "cannot read the {what}: {reason}", "give a file that proband wrote"),
    Entry(
        "study.look.order",
        "the closed report of {on} is not of an earlier look at {study} under this plan or one before it",
        "give the closed reports of all looks before, and no other",
    ),
    Entry(
        "study.plan.forged",
        "the plan was changed after it was locked, or the signature is not of this plan",
        "get the file from who locked it",
    ),
    Entry(
        "study.plan.other",
        "the plan before is of {named}, this one is of {given}",
        "name the plan that this one replaces",
    ),
    Entry(
        "study.plan.programme",
        "the plan was locked for {named}, the bundle is {given}",
        "give the bundle that was locked, or lock an amended plan: proband study lock --replaces PLAN --why REASON",
    ),
    Entry(
        "study.plan.simulation",
        "the simulation is not of this study of this bundle with these questions",
        "simulate it again: proband simulate --study {study} --out FOLDER",
    ),
    Entry("study.plan.unreadable", "{field}: {reason}", "correct the plan"),
    Entry(
        "study.access.broken",
        "the log of closed access in {path} was changed at entry {entry}",
        "keep the file as it is and tell who guards the study; a new log needs another folder",
    ),
    Entry(
        "study.vanished",
        "{event} in {arm}: {then} people were counted at the look of {on}, {now} are left",
        "find out where the others went; a correction is entered with its reason, and nobody disappears",
    ),
)
