"""What the headline test refuses: a text that is not understood to its last word, that says nothing to replay, or that asks of another outcome."""

from __future__ import annotations

from proband.terms.errors.entry import Entry

_NOBODY = "a headline needs at least one person"

ENTRIES = (
    Entry(
        "trial.headline.all-not",
        "{text!r} may say that none did, or that not all did",
        "write 'none of 6 improved', or how many did: '4 of 6 improved'",
    ),
    Entry(
        "trial.headline.as-share",
        "{text!r}: {events} of {people} is not {share}",
        "check the three numbers",
    ),
    Entry(
        "trial.headline.best-of",
        "{outcomes} outcomes and {looks} looks are not possible",
        "give 1 to 1000 of each",
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
        "trial.headline.beyond",
        "{text!r}: the score cannot change by {change} {unit}, its scale allows {low} to {high}",
        "check the number, and which score the headline speaks of",
    ),
    Entry(
        "trial.headline.denominator",
        "{text!r} does not say in how many people",
        "give the count and of how many, '5 of 20'; to a mean change add 'in 20 people'",
    ),
    Entry(
        "trial.headline.difference",
        "a difference of {difference} cannot be planned for",
        "give a share from 0.001 to 0.999, or points of the score, other than 0",
    ),
    Entry(
        "trial.headline.events",
        "{text!r} gives a rate and not how many events were counted",
        "give the events behind it, the people and the time: '12 events in 20 people over 1 year'",
    ),
    Entry("trial.headline.examiners", "{examiners} examiners are not possible", "give 1 to 1000 examiners"),
    Entry(
        "trial.headline.follow-up",
        "{text!r} speaks of {time}, the follow-up given is {follow_up}",
        "leave out the follow-up, or give the one that the headline speaks of",
    ),
    Entry(
        "trial.headline.form",
        (
            "{text!r} cannot be read from {rest!r} on",
            "{text!r} ends before it says something that can be replayed",
        ),
        "write for example {forms:or}",
    ),
    Entry(
        "trial.headline.impossible",
        "{events} of {people} is impossible: more people than there were",
        "check both numbers",
    ),
    Entry("trial.headline.late-share", "a share of {share} late examinations is impossible", "give 0 to 1"),
    Entry(
        "trial.headline.long",
        "a headline of more than {longest} characters",
        "write the one claim that is asked about",
    ),
    Entry("trial.headline.made", "groups cannot be {groups!r}", "use one of {known}"),
    Entry(
        "trial.headline.measure-alone",
        "{text!r} gives the {measure} alone, and no natural history can be asked for one",
        "give the counts behind it: how many of how many, in each group, at which time",
    ),
    Entry("trial.headline.nobody", "{text!r} speaks of {people} people", _NOBODY),
    Entry(
        "trial.headline.number",
        "{text!r}: {number!r} may mean more than one number",
        "write decimals with a point (2.5), thousands with a comma or nothing (1,250), no range, no date or year ('in 2,019 people' where these are people), "
        "and a space after the comma of a list",
    ),
    Entry(
        "trial.headline.other-outcome",
        "{text!r} does not speak of {outcome}",
        "ask for --outcome {others:or}",
    ),
    Entry(
        "trial.headline.people",
        "{text!r} speaks of a group of {said}, and a number of {people} was given",
        "leave out the number of people, or give that of the headline",
    ),
    Entry(
        "trial.headline.share",
        "{text!r}: in a group of {people} no one whole number is {share}",
        "give the count: '… of {people}'",
    ),
    Entry(
        "trial.headline.sign",
        "{text!r} gives a direction twice, in a word and in a sign",
        "write 'fell by 2', 'rose by 2' or 'changed by -2'",
    ),
    Entry(
        "trial.headline.source",
        "{programme} has no source {source!r}",
        ("did you mean {near!r}?", "name a source of the bundle by its id"),
    ),
    Entry(
        "trial.headline.unsigned",
        "{text!r} says that a score changed by {size}, and not whether it rose or fell",
        "write 'rose by {size}', 'fell by {size}', or the sign: 'changed by -{size}'",
    ),
    Entry(
        "trial.headline.spread",
        "{text!r} gives a spread of {sd}",
        "give a standard deviation above 0, or leave it out",
    ),
    Entry(
        "trial.headline.story-long",
        "a story of more than {longest} characters",
        "paste the paragraphs that make the claim",
    ),
    Entry(
        "trial.headline.story-empty",
        "the story has no claim that was read whole",
        (
            "only where the words that were left out change nothing, ask for one of them by itself: {claims:bar}",
            "write the claim as a headline, for example {forms:or}",
        ),
    ),
    Entry(
        "trial.headline.text-or-story",
        "give a headline, or --from with a story, and not both",
        "write the headline in quotes, or --from FILE (- for what is piped in)",
    ),
    Entry("trial.headline.times", "{text!r} names more than one time: {times}", "ask about one time"),
    Entry(
        "trial.headline.too-many",
        "{text!r} speaks of {people} people",
        "at most 10,000,000 people can be replayed",
    ),
    Entry("trial.headline.trials", "{trials} trials cannot be replayed", "ask for 100 to 1,000,000 trials"),
    Entry(
        "trial.headline.unused",
        "{options:and} would change nothing: {why}",
        "leave out {options:and}",
    ),
    Entry(
        "trial.headline.treated-second",
        "{text!r} names the treated group second",
        "write the treated group first, and the other one after 'against'",
    ),
    Entry(
        "trial.headline.watched",
        "{text!r} gives a time of observation of {watched}",
        "give a time above 0",
    ),
    Entry(
        "trial.headline.what-happened",
        "{text!r} says who they are, and not what happened to them",
        "add it in the words of the outcome: '2 of 7 patients improved'",
    ),
    Entry(
        "trial.headline.when",
        "{text!r}: 'for' a time may be how long it lasted, and 'after' it may be later than that",
        "write 'at 6 months' or 'by 6 months'",
    ),
    Entry(
        "trial.headline.words",
        "{text!r} has words that the outcome {outcome} does not know: {words}",
        "write for example {forms:or}, or name the outcome that the headline speaks of",
    ),
    Entry(
        "trial.headline.outcome",
        "the question needs an outcome",
        (
            "give --outcome, one of {known}",
            "programme {programme} carries no natural history that can be asked",
        ),
    ),
    Entry(
        "trial.simulate.arm",
        "{arm} is no arm of this study",
        "use {arms:or}",
    ),
    Entry(
        "trial.simulate.correlation",
        "nothing says how one person's changes of {outcome} at two visits go together",
        "add correlation to its course in trials.yaml",
    ),
    Entry(
        "trial.simulate.course",
        "nothing says how {outcome} goes in untreated people of {trial}",
        "add a course for it to trials.yaml, or ask another question",
    ),
    Entry(
        "trial.simulate.effect",
        "an effect on {on!r} would change nothing in this study",
        "use {known:or}",
    ),
    Entry(
        "trial.simulate.levels",
        "levels of {factor!r} are not those of the bundle's allocation",
        ("use {factors:or}", "leave levels out: the allocation has no factors"),
    ),
    Entry(
        "trial.simulate.nothing",
        "{programme} has no trials.yaml, and none of its typed estimands asks of an outcome that a table answers",
        "add trials.yaml, or a natural-history table that answers the outcome of an estimand",
    ),
    Entry(
        "trial.simulate.people",
        "{programme} does not say how many people its arms are planned with",
        "add planned to {arms:and}, or write trials.yaml",
    ),
    Entry(
        "trial.simulate.ratio",
        "{value} is no ratio of the hazards of {on}",
        "write 0 or more; 1 is no effect",
    ),
    Entry(
        "trial.simulate.shard",
        "what came back is not shard {shard}",
        "run the simulation again; finished shards are kept",
    ),
    Entry(
        "trial.simulate.version",
        "a worker has Proband {here}, and {asked} asked",
        "install the same version on every worker",
    ),
    Entry("trial.simulate.unknown", "there is no study {trial!r}", "use {trials:or}"),
)
