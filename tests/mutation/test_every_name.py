"""Whatever one part of a bundle calls another by is looked up: a name that nobody defines is told at its own line, wherever it stands."""

from __future__ import annotations

import os
from collections import defaultdict
from pathlib import Path

import pytest
from altered import Bench, Spot, spots

from proband.programme import Programme, bundled, load

#: places that hold a text of their own which may happen to be an id, or that define the name: the reason beside each
FREE = {
    "id": "it defines the name",
    "factor": "it defines a factor of the allocation",
    "label": "words for people",
    "values": "it defines the categories of an observable, or says in words whom a table covers",
    "code": "it is a code of another system",
    "population": "it names people of a published study, by a name of its own",
    "outcome of a claim": "it names an outcome of a published study, by a name of its own",
    "measure": "it names a total or grade of an instrument, in words of the bundle's own",
    "grades": "it defines the grades of adverse events",
    "happened": "phrases of headlines",
    "events of headlines": "phrases of headlines",
}
#: kinds that are free for one of these reasons although their last key is not
FREE_KINDS = {
    "claims.yaml:claims.[].outcome": "outcome of a claim",
    "natural_history:words": "happened",
    "natural_history:domain": "values",
    "programme.yaml:allocation.strata.[].levels.[]": "factor",
}


def is_free(spot: Spot) -> bool:
    key = next(step for step in reversed(spot.path) if isinstance(step, str))
    return key in FREE or any(spot.kind.startswith(kind) for kind in FREE_KINDS)


def names(programme: Programme) -> set[str]:
    """Every name by which a part of a bundle is called."""
    head, outcomes, schedule = programme.head, programme.outcomes, programme.schedule
    return {
        *programme.arms, *programme.comparators, *programme.products, *programme.regimens, *programme.sources,
        *(role.id for role in head.roles), *(form.id for form in head.indication.sub_indications),
        *(stratum.factor for stratum in head.allocation.strata),
        *(level for stratum in head.allocation.strata for level in stratum.levels),
        *(outcome.id for outcome in outcomes.outcomes), *(outcome.instrument for outcome in outcomes.outcomes),
        *(item.id for item in outcomes.co_interventions), *(estimand.id for estimand in outcomes.estimands),
        *(visit.id for visit in schedule.visits), *(activity.id for activity in schedule.activities),
        *(activity.instrument for activity in schedule.activities if activity.instrument),
        *(hold.id for hold in programme.safety.holds), *programme.eligibility.by_id,
        *(cohort.id for cohort in programme.eligibility.cohorts), *(visit.id for visit in programme.eligibility.visits),
        *(anchor.id for anchor in programme.eligibility.anchors), *programme.claims.by_id,
        *(version.id for version in head.consent.versions), *programme.consent_texts, *programme.evidence,
    }  # fmt: skip


def named(programme: Programme, bench: Bench) -> list[Spot]:
    known = names(programme)
    return [
        spot
        for spot in spots(bench.folder)
        if spot.text.strip("'\"") in known and not is_free(spot) and not spot.file.endswith(".csv")
    ]


@pytest.mark.parametrize("bundle", bundled())
def test_a_name_that_nobody_defines_is_told_at_its_line(bundle: str, tmp_path: Path) -> None:
    programme = load(bundle)
    bench = Bench(bundle, tmp_path / bundle)
    by_kind = defaultdict(list)
    for spot in named(programme, bench):
        by_kind[spot.kind].append(spot)
    assert len(by_kind) > 20
    nightly = bool(os.environ.get("PROBAND_NIGHTLY"))
    silent = []
    for found in by_kind.values():
        for spot in found if nightly else found[:1]:
            end = spot.text[-1] if spot.text[-1] in "'\"" else ""
            wrong = spot.text.removesuffix(end) + "q"
            problems, _ = bench.changed(spot, wrong + end)
            # where two places disagree, either may hold the slip: it is told at one of them, and names the other
            if not any((p.file, p.line) == (spot.file, spot.line) or wrong in str(p) for p in problems):
                silent.append((spot.kind, spot.text, [str(p) for p in problems][:2]))
    assert not silent, "\n".join(map(str, silent))
