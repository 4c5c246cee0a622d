"""The controlled studies of a programme on one page: who was compared with whom, how many, and what the pools come to."""

from __future__ import annotations

from typing import Any

from proband.analysis.controlled import ComparedShares, PooledStudies, controlled_evidence
from proband.pages.catalogue import Catalogue
from proband.pages.charts.forest import ForestLine, forest
from proband.pages.declaration import ProgrammeInputs, page_of_programme
from proband.pages.markup import Voice
from proband.pages.rendering import Page, render
from proband.programme import Programme
from proband.programme.controlled import CONTROLLED

#: the words of the table as a reader says them
DESIGNS = {
    "randomised": "groups made by chance",
    "concurrent-control": "a group at the same time, not made by chance",
    "historical-control": "an earlier group",
}
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


def _has_something_to_say(programme: Programme) -> bool:
    return CONTROLLED in programme.tables or programme.selection is not None


@page_of_programme("studies", "All studies with a comparison", where=_has_something_to_say)
def declared(made: ProgrammeInputs) -> Page | None:
    """The page of a programme that has a table of controlled studies, or says how its studies were chosen."""
    evidence = controlled_evidence(made.programme)
    catalogue = made.catalogue
    title = catalogue.text("All studies with a comparison")
    lead = catalogue.text(
        "Each line is one study that had a group without the treatment. Those that found nothing, or harm, stand first."
    )
    return render(
        "studies.html.j2", f"{made.programme.id}-studies.html", title, lead, catalogue=catalogue, ledgers=[made.ledger],
        navigation=made.navigation, banners=made.ledger.banners, theme=made.theme,
        context={
            "ledger": made.ledger, "voice": Voice(made.ledger, catalogue), "title": title, "lead": lead, "home": made.href,
            "studies": [_line(study, catalogue) for study in evidence.studies],
            "chart": _chart(evidence.studies, catalogue), "pools": [_pool(pool) for pool in evidence.pools],
            "chart_sources": " ".join(dict.fromkeys(study.study.cells["source"] for study in evidence.studies)),
            "table": CONTROLLED, "sources": made.ledger.sources,
        },
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
        "difference": _points(compared),
    }


def _points(compared: ComparedShares) -> str:
    if compared.difference is None or compared.low is None or compared.high is None:
        return ""
    return f"{100 * compared.difference:+.0f} in a hundred ({100 * compared.low:+.0f} to {100 * compared.high:+.0f})"


def _chart(studies: tuple[ComparedShares, ...], catalogue: Catalogue) -> Any:
    lines = tuple(
        ForestLine(
            compared.study.cells["study"], 100 * compared.difference, 100 * compared.low, 100 * compared.high,
            f"{compared.study.cells['study']}: {_points(compared)}",
        )
        for compared in studies
        if compared.difference is not None and compared.low is not None and compared.high is not None
    )  # fmt: skip
    if not lines:
        return None
    title = catalogue.text("How many more of a hundred had it with the treatment than without")
    return forest(
        "controlled", title, catalogue.text("more people in a hundred, treated less compared"), lines, null=0
    )


def _pool(pool: PooledStudies) -> dict[str, Any]:
    row = pool.published
    return {
        "pool": pool,
        "shown": f"{_ratio(pool.odds_ratio)} ({_ratio(pool.low)} to {_ratio(pool.high)})",
        "prediction": f"{_ratio(pool.prediction[0])} and {_ratio(pool.prediction[1])}"
        if pool.prediction
        else "",
        "published": row,
        "ids": " ".join(dict.fromkeys(study.cells["source"] for study in pool.studies)),
    }


def _ratio(value: float) -> str:
    """A ratio as it is said: beyond a hundredfold either way its digits say nothing."""
    if value < 0.01:
        return "less than 0.01"
    return "more than 100" if value > 100 else f"{value:.2g}"
