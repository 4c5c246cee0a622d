"""The report of a simulation as one self-contained page; every figure comes from the report, none is worked out here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from proband.pages.charts import Chart
from proband.pages.charts.pictures import chart_of
from proband.pages.rendering import document

_BANNER = "SIMULATION: every person and every study on this page is made up. It shows what a plan could tell, and no effect of any product."


def simulation_page(report: Mapping[str, Any]) -> str:
    """The page of a report of :func:`proband.trial.simulation_report.simulation_report`."""
    return document(
        "simulation/report.html.j2", f"Simulation: {report['design']['title']}",
        "What a study of this plan could show, before anybody takes part.", banners=[_BANNER], styles=("document",),
        context={"report": report, "charts": _charts(report)},
    )  # fmt: skip


def _charts(report: Mapping[str, Any]) -> dict[str, Chart | None]:
    """The charts of the report by where they stand; a report of before there were pictures has none."""
    found = {
        f"{what}-{id}": chart_of(f"{what}-{id}", pictures[what])
        for id, pictures in report.get("pictures", {}).items()
        for what in ("yes", "bias")
    }
    told = enumerate(report["trajectories"])
    return found | {f"told-{at}": chart_of(f"told-{at}", each.get("picture")) for at, each in told}
