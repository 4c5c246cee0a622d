"""What analyses refuse: data that do not determine what is asked, and choices that do not exist."""

from __future__ import annotations

from proband.terms.errors.entry import Entry

ENTRIES = (
    Entry("analysis.choice", "there is no {what} {value!r}", "use {known:or}"),
    Entry("analysis.columns", "the table has no column {missing}", "its columns are {columns}"),
    Entry(
        "analysis.counts",
        "{events} of {people} against {control_events} of {control_people} cannot be",
        "give at least one person in either group, and events between 0 and their number",
    ),
    Entry(
        "analysis.design.limit",
        "no design of up to {limit} people reaches error and power",
        "allow more people, a larger error or less power",
    ),
    Entry("analysis.groups", "there are {groups} groups to compare", "give at least two"),
    Entry(
        "analysis.horizon",
        "survival up to {horizon:g} is not known: the last person was watched up to {last:g}",
        "choose an earlier horizon",
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
    Entry("analysis.no-events", "nobody had the event", "say how many were watched, and give no estimate"),
    Entry(
        "analysis.ordinal.empty",
        "nobody is in category {categories}",
        "number the categories from 0 without a gap, or merge those that do not occur",
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
    Entry("analysis.win.component", "a component of kind {kind} needs {missing}", "give it"),
    Entry(
        "analysis.win.stratum",
        "a stratum has {treated} treated people and {controls} controls",
        "merge strata so that each has at least two of either",
    ),
)
