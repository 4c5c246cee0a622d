"""What the headline test refuses: a sentence that cannot be read as counts or as a mean change, or that asks of another outcome."""

from __future__ import annotations

from proband.terms.errors.entry import Entry

_NOBODY = "a headline needs at least one person"

ENTRIES = (
    Entry("trial.headline.against", "{text!r} names two groups without 'against'", "write '… against …'"),
    Entry(
        "trial.headline.against-number",
        "{text!r}: no number after 'against'",
        "write '… against 56 of 100'",
    ),
    Entry(
        "trial.headline.better",
        "{text!r} counts people who got better, the outcome {outcome} those who got worse",
        "name an outcome that counts improvement",
    ),
    Entry(
        "trial.headline.change-for-counts",
        "{text!r} is a mean change, the outcome {outcome} is not",
        "give counts, or name another outcome",
    ),
    Entry(
        "trial.headline.counts-for-change",
        "{text!r} is a count, the outcome {outcome} is not",
        "give a mean change, or name another outcome",
    ),
    Entry(
        "trial.headline.denominator",
        "{text!r} does not say in how many people",
        "add 'in 20 people', or give the number",
    ),
    Entry("trial.headline.examiners", "{examiners} examiners are not possible", "give 1 to 1000 examiners"),
    Entry(
        "trial.headline.follow-up",
        "{text!r} speaks of {time}, the follow-up given is {follow_up}",
        "leave out the follow-up, or give the one that the headline speaks of",
    ),
    Entry(
        "trial.headline.groups",
        "{text!r} names {groups} groups",
        "one group, or two with 'against' between them",
    ),
    Entry(
        "trial.headline.impossible",
        "{events} of {people} is impossible: more people than there were",
        "check both numbers",
    ),
    Entry("trial.headline.late-share", "a share of {share} late examinations is impossible", "give 0 to 1"),
    Entry("trial.headline.no-people", "{text!r} speaks of no people", _NOBODY),
    Entry("trial.headline.nobody", "{text!r} speaks of {people} people", _NOBODY),
    Entry(
        "trial.headline.score",
        "{text!r} speaks of {measure}, the outcome is {outcome}",
        "name the outcome of the score that the headline speaks of",
    ),
    Entry(
        "trial.headline.survival",
        "{text!r} speaks of survival, the outcome {outcome} does not",
        "name --outcome survival",
    ),
    Entry(
        "trial.headline.too-many",
        "{text!r} speaks of {people} people",
        "at most 100,000 people can be replayed",
    ),
    Entry("trial.headline.trials", "{trials} trials cannot be replayed", "ask for 1 to 1,000,000 trials"),
    Entry(
        "trial.headline.unreadable",
        "{text!r} is not a headline that can be replayed",
        "write counts ({counts:or}) or a mean change ({change})",
    ),
    Entry(
        "trial.headline.worse",
        "{text!r} counts people who got worse, the outcome {outcome} those who got better",
        "name an outcome that counts worsening, for example {example}",
    ),
)
