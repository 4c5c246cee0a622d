"""References between the files of a bundle: arms to regimens, regimens to products, rules to holds, roles to roles."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from difflib import get_close_matches

from proband.programme.bundle import Programme
from proband.programme.lint import declare
from proband.programme.linting import LintFinding
from proband.programme.safety import CATEGORIES
from proband.programme.schedule import OwnAnchor

Path = tuple[str | int, ...]


@declare("references", "every id that one part of the bundle names exists in the part that defines it")
def find(programme: Programme, on: date) -> Iterator[LintFinding]:
    """Dangling ids, and ids defined twice."""
    head, schedule, outcomes, safety = (
        programme.head,
        programme.schedule,
        programme.outcomes,
        programme.safety,
    )
    products, regimens, arms = programme.products, programme.regimens, programme.arms
    visits = {visit.id for visit in schedule.visits}
    roles = {role.id for role in head.roles}
    holds = {hold.id for hold in safety.holds}

    def dangling(file: str, path: Path, id: str, known: Iterable[str], what: str) -> Iterator[LintFinding]:
        names = sorted(known)
        if id not in names:
            near = get_close_matches(id, names, n=1)
            mend = (
                f"did you mean {near[0]!r}?"
                if near
                else f"use one of: {', '.join(names) or 'none is defined'}"
            )
            yield LintFinding(file, path, f"there is no {what} {id!r}.", mend, id)

    forms = {item.id for item in head.indication.sub_indications}
    for index, arm in enumerate(head.arms):
        for position, form in enumerate(arm.sub_indications):
            path: Path = ("arms", index, "sub_indications", position)
            yield from dangling("programme.yaml", path, form, forms, "sub-indication")
        if arm.regimen:
            yield from dangling(
                "programme.yaml", ("arms", index, "regimen"), arm.regimen, regimens, "regimen"
            )
        if arm.comparator:
            yield from dangling(
                "programme.yaml",
                ("arms", index, "comparator"),
                arm.comparator,
                programme.comparators,
                "comparator",
            )
    for index, made in enumerate(programme.product_file.products):
        for position, text in enumerate(made.donors.consent if made.donors is not None else ()):
            yield from dangling(
                "product.yaml", ("products", index, "donors", "consent", position, "document"), text.document, programme.consent_texts, "file",
            )  # fmt: skip
    for index, regimen in enumerate(programme.product_file.regimens):
        yield from dangling(
            "product.yaml", ("regimens", index, "product"), regimen.product, products, "product"
        )
        for key in ("prepared_by", "checked_by"):
            yield from dangling(
                "product.yaml", ("regimens", index, key), getattr(regimen, key), roles, "role"
            )
        product = products.get(regimen.product)
        if product and regimen.route not in product.routes:
            yield LintFinding(
                "product.yaml",
                ("regimens", index, "route"),
                f"{regimen.route} is not a permitted route of {product.id} ({', '.join(product.routes)}).",
                "permit the route in the product, or correct the regimen",
                regimen.route,
            )
    activity_ids = {activity.id for activity in schedule.activities}
    for index, each in enumerate(schedule.activities):
        for position, arm_id in enumerate(each.arms):
            yield from dangling("schedule.yaml", ("activities", index, "arms", position), arm_id, arms, "arm")
    own = {one.id for one in safety.event_categories}
    for name, anchor in schedule.anchors.items():
        if isinstance(anchor, OwnAnchor) and anchor.event_category:
            path = ("anchors", name, "event_category")
            yield from dangling(
                "schedule.yaml", path, anchor.event_category, own | set(CATEGORIES), "category of events"
            )
    for index, regimen in enumerate(programme.product_file.regimens):
        for number, step in enumerate(regimen.titration):
            if step.decided_by:
                path = ("regimens", index, "titration", number, "decided_by")
                yield from dangling("product.yaml", path, step.decided_by, roles, "role")
        if regimen.late:
            path = ("regimens", index, "late", "decided_by")
            yield from dangling("product.yaml", path, regimen.late.decided_by, roles, "role")
    for index, visit in enumerate(schedule.visits):
        for position, activity in enumerate(visit.activities):
            yield from dangling(
                "schedule.yaml", ("visits", index, "activities", position), activity, activity_ids, "activity"
            )
        for position, arm_id in enumerate(visit.arms):
            yield from dangling("schedule.yaml", ("visits", index, "arms", position), arm_id, arms, "arm")
    # a study that is held against natural history without a word that it is the same people would be circular unseen
    for index, test in enumerate(programme.backtests.tests if programme.backtests else ()):
        for position, source in enumerate(test.itself):
            yield from dangling("backtests.yaml", ("tests", index, "itself", position), source,
                                programme.sources, "source")  # fmt: skip
    outcome_ids = {outcome.id for outcome in outcomes.outcomes}
    for index, outcome in enumerate(outcomes.outcomes):
        if outcome.made and outcome.made.baseline:
            path = ("outcomes", index, "made", "baseline")
            yield from dangling("outcomes.yaml", path, outcome.made.baseline, visits, "visit")
    for index, stratum in enumerate(head.allocation.strata):
        if stratum.factor == SUB_INDICATION:  # of every other factor this is where the levels are defined
            for position, level in enumerate(stratum.levels):
                path = ("allocation", "strata", index, "levels", position)
                yield from dangling("programme.yaml", path, level, forms, "sub-indication")
    for index, estimand in enumerate(outcomes.estimands):
        if estimand.sub_indication:
            path = ("estimands", index, "sub_indication")
            yield from dangling("outcomes.yaml", path, estimand.sub_indication, forms, "sub-indication")
        yield from dangling(
            "outcomes.yaml", ("estimands", index, "treatment"), estimand.treatment, arms, "arm"
        )
        yield from dangling("outcomes.yaml", ("estimands", index, "comparator"), estimand.comparator,
                            [*arms, *programme.comparators], "arm or comparator")  # fmt: skip
        yield from dangling(
            "outcomes.yaml", ("estimands", index, "outcome"), estimand.outcome, outcome_ids, "outcome"
        )
        yield from dangling("outcomes.yaml", ("estimands", index, "visit"), estimand.visit, visits, "visit")
    yield from dangling("programme.yaml", ("forecast", "primary_estimand"), head.forecast.primary_estimand,
                        [estimand.id for estimand in outcomes.estimands], "estimand")  # fmt: skip
    if head.single_patient:
        yield from dangling("programme.yaml", ("single_patient", "generic_outcome"), head.single_patient.generic_outcome,
                            outcome_ids, "outcome")  # fmt: skip
    for index, rule in enumerate(safety.stopping_rules):
        yield from dangling(
            "safety.yaml", ("stopping_rules", index, "places_hold"), rule.places_hold, holds, "hold"
        )
    for index, hold in enumerate(safety.holds):
        for position, role in enumerate(hold.lifted_by):
            yield from dangling("safety.yaml", ("holds", index, "lifted_by", position), role, roles, "role")
    for index, item in enumerate(safety.surveillance):
        yield from dangling(
            "safety.yaml", ("surveillance", index, "from_visit"), item.from_visit, visits, "visit"
        )
    if safety.staggering:
        yield from dangling(
            "safety.yaml", ("staggering", "review_by"), safety.staggering.review_by, roles, "role"
        )
    if safety.escalation:
        yield from dangling(
            "safety.yaml", ("escalation", "decided_by"), safety.escalation.decided_by, roles, "role"
        )
        for index, level in enumerate(safety.escalation.levels):
            yield from dangling("safety.yaml", ("escalation", "levels", index), level, arms, "arm")
    versions = {version.id for version in head.consent.versions}
    for index, version in enumerate(head.consent.versions):
        path = ("consent", "versions", index)
        if version.supersedes:
            yield from dangling(
                "programme.yaml",
                (*path, "supersedes"),
                version.supersedes,
                versions - {version.id},
                "other consent version",
            )
        yield from dangling(
            "programme.yaml", (*path, "document"), version.document, programme.consent_texts, "file"
        )
    for index, band in enumerate(head.consent.assent):
        if band.document:
            yield from dangling(
                "programme.yaml",
                ("consent", "assent", index, "document"),
                band.document,
                programme.consent_texts,
                "file",
            )
    yield from _of_trials(programme, dangling)
    yield from _repeated(programme)


#: the factor whose levels are the forms of the condition
SUB_INDICATION = "sub-indication"
Dangling = Callable[[str, Path, str, Iterable[str], str], Iterator[LintFinding]]


def _of_trials(programme: Programme, dangling: Dangling) -> Iterator[LintFinding]:
    """What trials.yaml names: questions, arms, factors and their levels, outcomes, and what an effect acts on."""
    estimands = [estimand.id for estimand in programme.outcomes.estimands]
    outcomes = [outcome.id for outcome in programme.outcomes.outcomes]
    strata = {stratum.factor: stratum.levels for stratum in programme.head.allocation.strata}
    for index, trial in enumerate(programme.trials.trials if programme.trials else ()):
        at: Path = ("trials", index)
        for position, id in enumerate(trial.estimands):
            yield from dangling("trials.yaml", (*at, "estimands", position), id, estimands, "estimand")
        for arm in trial.people:
            yield from dangling("trials.yaml", (*at, "people", arm), arm, programme.arms, "arm")
        for factor, levels in trial.levels.items():
            yield from dangling("trials.yaml", (*at, "levels", factor), factor, strata, "stratum")
            for level in levels:
                path = (*at, "levels", factor, level)
                yield from dangling(
                    "trials.yaml", path, level, strata.get(factor, levels), f"level of {factor}"
                )
        for position, course in enumerate(trial.courses):
            path = (*at, "courses", position, "outcome")
            yield from dangling("trials.yaml", path, course.outcome, outcomes, "outcome")
        acted_on = [*outcomes, *(event.event for event in trial.events)]
        acted_on += [
            name for outcome in programme.outcomes.outcomes if outcome.made for name in outcome.made.names
        ]
        for position, effect in enumerate(trial.effects):
            path = (*at, "effects", position, "on")
            yield from dangling("trials.yaml", path, effect.on, acted_on, "outcome or event")


def _repeated(programme: Programme) -> Iterator[LintFinding]:
    lists: list[tuple[str, Path, list[str]]] = [
        ("programme.yaml", ("arms",), [item.id for item in programme.head.arms]),
        ("programme.yaml", ("comparators",), [item.id for item in programme.head.comparators]),
        ("programme.yaml", ("roles",), [item.id for item in programme.head.roles]),
        ("programme.yaml", ("consent", "versions"), [item.id for item in programme.head.consent.versions]),
        (
            "programme.yaml",
            ("indication", "sub_indications"),
            [item.id for item in programme.head.indication.sub_indications],
        ),
        ("product.yaml", ("products",), [item.id for item in programme.product_file.products]),
        ("product.yaml", ("regimens",), [item.id for item in programme.product_file.regimens]),
        ("schedule.yaml", ("activities",), [item.id for item in programme.schedule.activities]),
        ("schedule.yaml", ("visits",), [item.id for item in programme.schedule.visits]),
        ("outcomes.yaml", ("outcomes",), [item.id for item in programme.outcomes.outcomes]),
        ("outcomes.yaml", ("estimands",), [item.id for item in programme.outcomes.estimands]),
        ("safety.yaml", ("stopping_rules",), [item.id for item in programme.safety.stopping_rules]),
        ("safety.yaml", ("holds",), [item.id for item in programme.safety.holds]),
        ("safety.yaml", ("surveillance",), [item.id for item in programme.safety.surveillance]),
        ("programme.yaml", ("consent", "capacity"), [item.id for item in programme.head.consent.capacity]),
        ("facts.yaml", ("facts",), [item.id for item in programme.facts]),
    ]
    lists += [("product.yaml", ("products", index, "release_tests"), [test.id for test in product.release_tests])
              for index, product in enumerate(programme.product_file.products)]  # fmt: skip
    for file, path, ids in lists:
        for index, id in enumerate(ids):
            if id in ids[:index]:
                yield LintFinding(
                    file,
                    (*path, index, "id"),
                    f"the id {id!r} is used twice in {path[-1]}.",
                    "give each its own id",
                    id,
                )
