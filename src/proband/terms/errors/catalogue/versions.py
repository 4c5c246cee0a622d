"""What the record refuses about versions: of its own rules, of the programme, of what allows a site to act, of studies that it takes over."""

from __future__ import annotations

from proband.terms.errors.entry import Entry, refusal

ENTRIES: tuple[Entry, ...] = (
    refusal(
        "gate.form.rules",
        "the event names rules ({rules}) that were given up before it",
        "append through a command of the release at hand",
    ),
    refusal(
        "gate.form.result",
        "the rules {rules} do not come to {late} here",
        "append through a command: the record says itself what its rules come to",
    ),
    # the programme
    refusal(
        "gate.bundle.view",
        "what is to be adopted is no version of a programme",
        "adopt it from its bundle: `proband record do RECORD programme.adopt STUDY --bundle FOLDER`",
    ),
    refusal(
        "gate.bundle.absent",
        "version {version} comes without its bundle, and this record keeps its bundles",
        "adopt it from its bundle: `proband record do RECORD programme.adopt STUDY --bundle FOLDER`",
    ),
    refusal(
        "gate.bundle.other",
        "the bundle that came with version {version} is not the one with the hash {hash}: {fault}",
        "adopt it from its bundle: the record works the hash out",
    ),
    refusal(
        "gate.amendment.version",
        "version {version} does not come after {before}",
        "raise the version number of the bundle",
    ),
    refusal(
        "gate.amendment.status",
        "a version that is {status} cannot follow one that is {before} in this record",
        "begin a record of its own under it",
    ),
    refusal(
        "gate.amendment.kind",
        "the amendment is said to be {said} and is {kind}: {difference:and}",
        "leave the kind out: the record works it out; `proband diff` shows the same",
    ),
    refusal(
        "gate.amendment.difference",
        "what is said to differ is not what differs: {difference:and}",
        "leave the difference out: the record works it out",
    ),
    refusal(
        "gate.amendment.answering",
        "a {kind} amendment bears on participants, and nobody who answers for them has signed it",
        "let somebody sign it whose role records decisions about participants",
    ),
    refusal(
        "gate.amendment.second",
        "a {kind} amendment takes two, and one has signed it",
        "let a second custodian sign it, or somebody who answers for the participants",
    ),
    # what allows a site to act, and which consent what is done needs
    refusal(
        "gate.approval.days",
        "{site} has no {kind} on {day}: it holds from {since}, and no longer on {until}",
        "have it renewed, and record it: `proband record do RECORD site.approve {site}`",
    ),
    refusal(
        "gate.approval.version",
        "the {kind} of {site} does not cover the version in force",
        "have this version approved, and record it: `proband record do RECORD site.approve {site}`",
    ),
    refusal(
        "gate.approval.ended",
        "the {kind} of {site} ended on {on}",
        "have it renewed, and record it: `proband record do RECORD site.approve {site}`",
    ),
    refusal(
        "gate.approval.place",
        "under a conditional approval nobody is treated where it does not hold: {products} is authorised nowhere that covers {place} ({site})",
        "amend the programme with the authorisation of the place (authorised_in), or name the route by which it is reached there",
    ),
    refusal(
        "gate.approval.missing",
        "the programme names no {kind} ({why}), and none was recorded of {site}",
        "record it: `proband record do RECORD site.approve {site}`",
    ),
    refusal(
        "gate.consent.interval",
        "the consent of {person} was given {days} days ago, and the programme asks anew after {every:.0f}",
        "ask whether they go on, and take consent",
    ),
    refusal(
        "gate.consent.again",
        "the consent of {person} was given {days} days ago, before their cells were taken the last time; to take them again it may be {limit:.0f} days old",
        "explain what taking them again means, and take consent",
    ),
    refusal(
        "gate.data-consent.majority",
        "{person} comes of age on {day}, and nobody has asked them since",
        "ask for their own consent; what was seen before that day may be entered with its day",
    ),
    refusal(
        "gate.data-consent.lapsed",
        "the consent of {person} does not cover new data any more: {why}",
        "take consent anew; what was seen before may be entered with its day",
    ),
    refusal(
        "gate.data-consent.interval",
        "the consent of {person} was given {days} days ago, and the programme asks anew after {every:.0f}",
        "ask whether they go on, and take consent; what was seen before may be entered with its day",
    ),
    refusal(
        "gate.confirmation.none",
        "{person} was never found eligible through {visit}: the criteria that are asked there were not asked",
        "screen them through {visit}, with what was found there: `proband record intake --through {visit}`",
    ),
    # what happened before the record
    refusal(
        "gate.historical.date",
        "{when!r} cannot be read as a date",
        "write it as the source has it: 2024, May 2024, before 2024-06",
    ),
    refusal(
        "gate.historical.later",
        "{when} may be a day on or after {begun}, on which the record was begun",
        "record what happened since by its own command; bound what happened before: before {begun}",
    ),
    refusal(
        "gate.historical.masked",
        "the allocation is masked, and {person} would stand in the log with an arm",
        "leave the arm out",
    ),
    refusal("gate.historical.arm", "the programme has no arm {arm}", "name one of {arms:and}"),
    refusal(
        "gate.historical.product",
        "the programme has no product {products:and}",
        "record what was not of the programme with elsewhere.record",
    ),
)
