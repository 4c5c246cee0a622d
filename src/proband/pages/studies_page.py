"""The controlled studies of a programme on one page: who was compared with whom, how many, and what the pools come to."""

from __future__ import annotations

from typing import Any

from proband.analysis.controlled import ComparedShares, PooledStudies, controlled_evidence
from proband.pages.catalogue import Catalogue
from proband.pages.charts.forest import ForestLine, forest
from proband.pages.declaration import ProgrammeInputs, page_of_programme
from proband.pages.markup import DESIGNS, Voice
from proband.pages.rendering import Page
from proband.pages.wording import more_or_fewer, range_of_difference
from proband.programme import Programme
from proband.programme.controlled import CONTROLLED

#: the words of the table as a reader says them; designs have those of claims
BLINDINGS = {
    "double": "nobody knew who got what",
    "assessor": "those who examined did not know",
    "open": "everybody knew",
    "not reported": "who knew is not reported",
}
REGISTERED = {
    "yes": "the outcome that was registered",
    "other outcome": "not the outcome that was registered",
    "not registered": "no outcome was registered before",
    "not reported": "registration is not reported in the part that was read",
}
#: how a pool was made, as the analysis names it
POOLED_BY = ("random effects, REML", "random effects, REML, Hartung–Knapp")
#: what the chart shows; good and bad outcomes stand on one axis
CHART = "How many of a hundred were better off with the treatment than without, or worse off"


def _has_something_to_say(programme: Programme) -> bool:
    return CONTROLLED in programme.tables or programme.selection is not None


@page_of_programme("studies", "All studies with a comparison", route="clinician", where=_has_something_to_say)
def declared(made: ProgrammeInputs) -> Page | None:
    """The page of a programme that has a table of controlled studies, or says how its studies were chosen."""
    evidence = controlled_evidence(made.programme)
    catalogue = made.catalogue
    title = catalogue.text("All studies with a comparison")
    lead = catalogue.text(
        "Each line is one study that had a group without the treatment. Those that found nothing, or harm, stand first."
    )
    return made.page(
        "studies", "studies.html.j2", title, lead, voice=Voice(made.ledger, catalogue),
        studies=[_line(study, catalogue) for study in evidence.studies],
        chart=_chart(evidence.studies, catalogue), chart_title=CHART, pools=[_pool(pool, catalogue) for pool in evidence.pools],
        chart_sources=" ".join(dict.fromkeys(study.study.cells["source"] for study in evidence.studies)),
        table=CONTROLLED, sources=made.ledger.sources,
    )  # fmt: skip


def _line(compared: ComparedShares, catalogue: Catalogue) -> dict[str, Any]:
    study = compared.study
    return {
        "study": study,
        "cells": study.cells,
        "level": study.level,
        "design": catalogue.text(DESIGNS[study.cells["design"]]),
        "blinding": catalogue.text(BLINDINGS[study.cells["blinding"]]),
        "registered": catalogue.text(REGISTERED[study.cells["registered_outcome"]]),
        "difference": _points(compared, catalogue),
    }


def _points(compared: ComparedShares, catalogue: Catalogue) -> str:
    """The difference in the words of what was counted, and which way is better."""
    if compared.difference is None or compared.low is None or compared.high is None:
        return ""
    shown = f"{more_or_fewer(compared.difference, catalogue)} ({range_of_difference(compared.low, compared.high, catalogue)})"
    return f"{shown}; {catalogue.text('more is better' if compared.study.good else 'more is worse')}"


def _chart(studies: tuple[ComparedShares, ...], catalogue: Catalogue) -> Any:
    """Every counted study on one axis on which right is better for people: a harm is turned round, or it would look like help."""
    lines = []
    for compared in studies:
        if compared.difference is None or compared.low is None or compared.high is None:
            continue
        low, high = 100 * compared.low, 100 * compared.high
        estimate = 100 * compared.difference
        if not compared.study.good:
            estimate, low, high = -estimate, -high, -low
        cells = compared.study.cells
        label = f"{cells['study']} {cells['year']}: {catalogue.text(cells['outcome'])}"
        lines.append(ForestLine(label, estimate, low, high, _points(compared, catalogue)))
    if not lines:
        return None
    axis = catalogue.text(
        "worse off of a hundred people ← with the treatment → better off of a hundred people"
    )
    return forest("controlled-chart", catalogue.text(CHART), axis, tuple(lines), null=0)


def _pool(pool: PooledStudies, catalogue: Catalogue) -> dict[str, Any]:
    def ratio(value: float) -> str:
        """As it is said: beyond a hundredfold either way its digits say nothing."""
        if value < 0.01:
            return catalogue.text("less than 0.01")
        return catalogue.text("more than 100") if value > 100 else f"{value:.2g}"

    return {
        "pool": pool,
        "ratio": ratio(pool.odds_ratio),
        "bounds": (ratio(pool.low), ratio(pool.high)),
        "prediction": tuple(map(ratio, pool.prediction)) if pool.prediction else None,
        "ids": " ".join(dict.fromkeys(study.cells["source"] for study in pool.studies)),
    }
