"""What analyses refuse: data that do not determine what is asked, and choices that do not exist."""

from __future__ import annotations

from proband.terms.errors.entry import Entry

ENTRIES = (
    Entry(
        "analysis.bias.judgement",
        "{study} has no judgement with a reason for {domain} ({judgement!r})",
        "judge it {known:or}, and say why",
    ),
    Entry("analysis.bias.twice", "{study} stands twice in the table", "give each study once"),
    Entry(
        "analysis.borrowing.discount",
        "a discount of {discount} is not between 0 and 1",
        "0 borrows nothing, 1 pools",
    ),
    Entry("analysis.choice", "there is no {what} {value!r}", "use {known:or}"),
    Entry("analysis.columns", "the table has no column {missing}", "its columns are {columns}"),
    Entry(
        "analysis.counts",
        "{events} of {people} against {control_events} of {control_people} cannot be",
        "give at least one person in either group, and events between 0 and their number",
    ),
    Entry("analysis.design.doses", "no dose is given", "give the share of events at each dose"),
    Entry(
        "analysis.design.stages",
        "at most {r1} of {n1}, then more than {r} of {n}, are no two stages",
        "give 0 ≤ r1 < n1 < n and r1 ≤ r < n",
    ),
    Entry(
        "analysis.design.limit",
        "no design of up to {limit} people reaches error and power",
        "allow more people, a larger error or less power",
    ),
    Entry(
        "analysis.external.early",
        "{people} people are followed from before the examination that made them eligible",
        "count events from eligibility on, in both groups",
    ),
    Entry(
        "analysis.external.era",
        "the groups were included {years} years apart, and {allowed} are allowed",
        "choose controls of the same era, or show how the outcome changed between",
    ),
    Entry(
        "analysis.external.examined",
        "the baseline examinations lie {gap:g} days apart (medians), and {allowed:g} are allowed",
        "compare people examined at the same time after onset: early examinations look worse",
    ),
    Entry(
        "analysis.external.immortal",
        "the treated are followed from {days:g} days after they became eligible, the controls from the start: who died before treatment is missing",
        "follow both from eligibility, or choose controls who lived as long",
    ),
    Entry(
        "analysis.external.overlap",
        "no weights make the groups alike: they do not overlap in the covariates",
        "restrict both groups to people who could be in either, or balance fewer covariates",
    ),
    Entry(
        "analysis.external.time-zero",
        "the clock of the treated starts at {treated}, that of the controls at {controls}",
        "start both at the same event",
    ),
    Entry(
        "analysis.external.waiting",
        "{people} people are followed as treated from before their treatment: nobody who died while waiting can be among them",
        "count their events from treatment on, and those of controls who lived as long from the same day",
    ),
    Entry(
        "analysis.given.lengths",
        "{columns} are not of the same people: {lengths} values",
        "give one value of each for each person",
    ),
    Entry(
        "analysis.given.missing",
        "{column} is missing or infinite in {people} of {of}",
        "leave these people out and say how many they are, or give a value that can be reckoned with",
    ),
    Entry(
        "analysis.given.share",
        "{name} of {value:g} is none",
        "give a share between 0 and 1, as 0.95 for 95 of a hundred",
    ),
    Entry(
        "analysis.given.text",
        "{column} holds something that is no number",
        "give numbers: arms as 1 and 0, grades as places in their order",
    ),
    Entry(
        "analysis.given.value",
        "{column} has the value {value:g}, and can only be {allowed}",
        "look for a wrong code, unit or clock",
    ),
    Entry(
        "analysis.no-spread",
        "{quantity}: nothing varies in these data, so that nobody can say how uncertain it is",
        "show the values themselves: an interval of no width would claim that all is known",
    ),
    Entry(
        "analysis.one-person",
        "{coefficients} differs in one person alone: how uncertain that is cannot be learned from one",
        "show what happened to that person, and compare nobody",
    ),
    Entry("analysis.groups", "there are {groups} groups to compare", "give at least two"),
    Entry(
        "analysis.horizon",
        "survival up to {horizon:g} is not known: the last person was watched up to {last:g}",
        "choose an earlier horizon",
    ),
    Entry(
        "analysis.imputation.covariates",
        "a covariate is missing",
        "give covariates of everybody, or leave the covariate out",
    ),
    Entry(
        "analysis.imputation.fit",
        "{failed} of {fits} fits of the imputation model did not converge",
        "too few were observed at some visit: leave out covariates or visits",
    ),
    Entry(
        "analysis.joint.after",
        "{measurements} measurements lie before the start or after the end of the person they are of",
        "leave out what came after the event: it is of no course that this model knows",
    ),
    Entry(
        "analysis.joint.few",
        "{events} events are too few for {pieces} pieces of a hazard, or nobody was measured twice",
        "ask for fewer pieces, with two events or more in each",
    ),
    Entry(
        "analysis.joint.maximum",
        "the likelihood has no maximum that was found: {reason}",
        "leave out covariates or pieces; analyse the course and the event apart, and say so",
    ),
    Entry("analysis.level", "{factor} has no level {levels}", "its levels are {known}"),
    Entry(
        "analysis.mmrm.contrasts",
        "the contrasts are not linearly independent",
        "leave out those that follow from the others",
    ),
    Entry(
        "analysis.mmrm.duplicate",
        "a participant has two rows for one visit",
        "choose one measurement per participant and visit before the analysis",
    ),
    Entry("analysis.mmrm.effect", "{effects} is no effect of the model", "its effects are {known}"),
    Entry(
        "analysis.mmrm.joint-sandwich",
        "no small-sample F test is offered for the sandwich",
        "test single contrasts, or use kenward-roger-linear",
    ),
    Entry(
        "analysis.mmrm.kenward-roger-ml",
        "Kenward and Roger's correction is made for restricted maximum likelihood",
        "fit with REML, or use satterthwaite",
    ),
    Entry(
        "analysis.mmrm.ladder",
        "no structure of the ladder converged: {reasons:;}",
        "too little was observed for a model of repeated measurements; analyse one visit by ANCOVA",
    ),
    Entry(
        "analysis.mmrm.not-converged",
        "the {structure} covariance was not fitted: {reason}",
        "name a simpler structure, or a ladder of structures, in the plan",
    ),
    Entry(
        "analysis.mmrm.parametrisation",
        "mmrm's parametrisation of {structure} covariance is not offered",
        "use kenward-roger-linear",
    ),
    Entry(
        "analysis.mmrm.shape",
        "loadings {loadings}, contrasts {contrasts} and covariates {covariates} do not fit measurements {measurements}",
        "give loadings (coefficients, visits), contrasts (contrasts, coefficients), covariates (participants, covariates) or one "
        "such table per data set, and measurements (data sets, participants, visits)",
    ),
    Entry(
        "analysis.mmrm.times",
        "{structure} covariance needs the times of the visits",
        "give one number per visit as times",
    ),
    Entry(
        "analysis.multiplicity.graph",
        "weights and transitions are no graph of {hypotheses} hypotheses",
        "give one weight and one row per hypothesis, none negative, a zero diagonal, and sums of at most 1",
    ),
    Entry(
        "analysis.nof1.dates",
        "values {values} (counted from 0) have dates that end before they begin, or reach across the start at {start:g}",
        "say of each value whether it was before or after the start, with an earliest and a latest time",
    ),
    Entry(
        "analysis.nof1.patients",
        "{patients} patients say nothing of how patients differ",
        "give at least two, or ask of one patient by series_posterior",
    ),
    Entry(
        "analysis.nof1.phase",
        "{before} values before and {after} after the start do not compare anything",
        "measure at least once on either side",
    ),
    Entry(
        "analysis.nof1.times",
        "{values} values are of a moment at which another was measured",
        "keep one of them, or give the moments apart",
    ),
    Entry(
        "analysis.nof1.start",
        "{start} is not one of the starts that could have been drawn, or they are not different",
        "give every possible first treated visit once",
    ),
    Entry("analysis.no-events", "nobody had the event", "say how many were watched, and give no estimate"),
    Entry("analysis.ordinal.one", "everybody is in one category", "show the count: nothing is compared"),
    Entry(
        "analysis.ordinal.empty",
        "nobody is in category {categories}",
        "number the categories from 0 without a gap, or merge those that do not occur",
    ),
    Entry(
        "analysis.qualification.contradiction",
        "the report's verdict is not that of its own rows",
        "run proband qualify yourself",
    ),
    Entry(
        "analysis.qualification.forged",
        "the signature does not belong to this report: the report was changed, or the signature forged",
        "ask for the report as it was signed, or run proband qualify yourself",
    ),
    Entry(
        "analysis.qualification.none",
        "no analysis is called {only!r}",
        "use part of one of these names: {known}",
    ),
    Entry(
        "analysis.qualification.signer",
        "the report is signed by {signed}, and not by {expected}",
        "ask for the report of that key, or name the key that signed this one",
    ),
    Entry(
        "analysis.qualification.unreadable",
        "this is no report of a qualification: {reason}",
        "give the file that proband qualify --out wrote",
    ),
    Entry(
        "analysis.qualification.unsigned",
        "the report is not signed",
        "run proband qualify with --key to sign it",
    ),
    Entry(
        "analysis.sequential.look",
        "look {look} of {looks} is not an interim look",
        "give one before the last",
    ),
    Entry(
        "analysis.sequential.looks",
        "looks at {looks} are not rising shares of the information that end with 1",
        "give shares such as 0.5 and 1",
    ),
    Entry(
        "analysis.sequential.two",
        "looks at {first} and {second} with a correlation of {correlation} are no pair of designs",
        "give both endpoints the same looks, and a correlation between -1 and 1",
    ),
    Entry(
        "analysis.series",
        "a series of {values} values, or with a gap, is too short: {least} values without a gap are needed",
        "give more values at equal distances, none missing",
    ),
    Entry("analysis.series.constant", "the series never changes", "give a series that varies"),
    Entry(
        "analysis.single-case.short",
        "{baseline} baseline and {treatment} treatment values do not make a comparison",
        "measure at least twice in either phase",
    ),
    Entry(
        "analysis.synthesis.columns",
        "columns of {lengths} numbers, or numbers among them, are no table of studies",
        "give for every study (or arm) events and people, events between 0 and people",
    ),
    Entry(
        "analysis.synthesis.silent",
        "every study has the event in nobody or in everybody: nothing is learnt of a difference",
        "say how many were watched, and give no estimate",
    ),
    Entry(
        "analysis.survival.times",
        "{people} people were watched for no time",
        "give times above 0, in days or another unit",
    ),
    Entry(
        "analysis.survival.intervals",
        "{rows} intervals end before or when they begin",
        "give intervals (start, stop] with a length; whoever left at once was not watched",
    ),
    Entry("analysis.synthesis.studies", "{studies} study cannot be combined", "give at least two"),
    Entry(
        "analysis.separation",
        "{coefficients} tells all events from all others, so that its effect has no finite estimate",
        "use an exact method, or leave it out",
    ),
    Entry(
        "analysis.singular",
        "the data do not determine {coefficients} (they follow from the other effects)",
        "leave these effects out of the model, or merge the levels",
    ),
    Entry(
        "analysis.two-groups", "there are {groups} groups, and one effect compares two", "choose two of them"
    ),
    Entry("analysis.win.empty", "the hierarchy has no component", "give at least one"),
    Entry("analysis.win.component", "a component of kind {kind} needs {missing}", "give it"),
    Entry(
        "analysis.win.stratum",
        "a stratum has {treated} treated people and {controls} controls",
        "merge strata so that each has at least two of either",
    ),
    Entry(
        "analysis.estimand.comparator",
        "{estimand} compares with {comparator}, and no arm receives it",
        "name an arm, or a comparator that an arm receives",
    ),
    Entry("analysis.estimand.fault", "{estimand} cannot be analysed: {fault}", "{change}, in outcomes.yaml"),
    Entry(
        "analysis.estimand.outcome",
        "nothing says how {outcome} is made from what is recorded",
        "add made: {{form: …}} to the outcome",
    ),
    Entry(
        "analysis.estimand.visit",
        "{estimand} asks of {visit}, where {outcome} is not measured in both arms from one start",
        "add the visit to the timepoints of the outcome, or ask of another",
    ),
    Entry(
        "analysis.estimand.words",
        "{estimand} stands in words alone: programs cannot tell what a missing value or an event means",
        "add missing, and the kind of each intercurrent event, to the estimand",
    ),
    Entry("analysis.nof1.people", "{people} people are no single patient", "ask of one participant"),
    Entry(
        "analysis.not-estimable",
        "{estimand} has no answer in these data ({method})",
        "look at the counts: too few people, measurements or events",
    ),
    Entry(
        "analysis.table.after-death",
        "{participant} has {what} after the day of death",
        "correct the day of death, or of what follows it, in the record",
    ),
    Entry(
        "analysis.table.arms",
        "{people} of {of} people stand in another arm than the one they were allocated to: {who}",
        "analyse people in the arm that they were allocated to, whatever they were given; export the table anew",
    ),
    Entry(
        "analysis.table.baseline-clock",
        "{outside} of {people} baselines of {arm} lie outside their widest window: the clock of this group does not start at {event}",
        "start the clock of both groups at the same event, and keep the time before treatment",
    ),
    Entry(
        "analysis.table.before-zero",
        "{people} people had {happened} before {event}, from which their clock is to start: they are not at risk of it",
        "start the clock at an event that comes before every {happened} that counts, or correct the day in the record",
    ),
    Entry(
        "analysis.table.cell",
        "{participant}: {value} cannot stand in the column {column}",
        "give {allowed}",
    ),
    Entry(
        "analysis.table.clock",
        "{people} people have no {event}, from which their clock is to start: leaving them out would choose by the outcome",
        "compare from an event that everybody in the question has",
    ),
    Entry(
        "analysis.table.event-unnamed",
        "{people} people had the event {event}, and {estimand} does not say what it means: they would count as missing",
        "name the event and its strategy in the estimand, before the data are seen",
    ),
    Entry(
        "analysis.table.file",
        "{path} cannot be read as the table of a trial: {reason}",
        "give the trial.parquet of proband record export or of proband simulate",
    ),
    Entry(
        "analysis.table.left-out",
        "{people} of {of} people who were allocated are not in the table, among them {who}",
        "analyse everybody who was allocated; export the table anew",
    ),
    Entry(
        "analysis.table.missing-people",
        "{people} allocated people are not in the table (places {places} in the order of allocation)",
        "analyse everybody who was allocated, those who died, left or were never treated too",
    ),
    Entry(
        "analysis.table.nobody",
        "nobody in the table is in {arms:or}",
        "give the table of the trial that the estimand is about",
    ),
    Entry(
        "analysis.table.order",
        "{people} people were allocated before somebody who stands earlier in the order of allocation: their clocks were moved",
        "give the day of allocation, and not that of treatment",
    ),
    Entry(
        "analysis.table.score",
        "{participant} has {value!r} for {score} at {visit}, which is no score of the question",
        "give {allowed}; what nobody could measure has no row",
    ),
    Entry(
        "analysis.table.sealed",
        "the arms of {people} allocated people are sealed",
        "open the allocation by the rules of the record, then export again",
    ),
    Entry(
        "analysis.table.stranger",
        "the table says something of {participant}, and has no row of that person",
        "give a row of kind person for everybody",
    ),
    Entry(
        "analysis.table.twice",
        "{what} stands twice in the table",
        "give the table as the record or the simulation wrote it; one person has one row, one place and one arm",
    ),
    Entry(
        "analysis.table.two-days",
        "{participant} has {event} on {days}, and it happens once",
        "correct the wrong one in the record",
    ),
    Entry(
        "analysis.table.two-values",
        "{participant} has {values} for {score} at {visit}: nothing says which of them counts",
        "correct or take back the wrong one in the record",
    ),
    Entry(
        "analysis.table.undated",
        "{participant} has {event} without a day, and the question asks when",
        "record the day, as exactly as anybody knows it",
    ),
    Entry(
        "analysis.table.unknown",
        "{participant} has the {what} {value}, which the programme does not have",
        "use {known:or}",
    ),
    Entry(
        "analysis.table.visit-order",
        "{participant} was measured at {later} before {visit}, which comes first in the plan",
        "correct the day or the visit in the record",
    ),
    Entry(
        "analysis.table.visit-window",
        "{outside} of {people} measurements of {arm} at {visit} lie out of the widest window: the clock of this group, or the names of its visits, are others",
        "start the clock of both groups at the same event, and give each measurement its own visit",
    ),
)
