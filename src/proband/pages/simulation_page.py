"""The report of a simulation as one self-contained page; every figure comes from the report, none is worked out here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from proband.pages.rendering import document

_BANNER = "SIMULATION: every person and every study on this page is made up. It shows what a plan could tell, and no effect of any product."


def simulation_page(report: Mapping[str, Any]) -> str:
    """The page of a report of :func:`proband.trial.simulation_report.simulation_report`."""
    return document(
        "simulation/report.html.j2", f"Simulation: {report['design']['title']}",
        "What a study of this plan could show, before anybody takes part.", banners=[_BANNER], styles=("document",),
        context={"report": report},
    )  # fmt: skip
