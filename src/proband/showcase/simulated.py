"""What a study of one programme could show, reduced: few simulated studies of three scenarios, by the plain estimators (nothing is compiled)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from proband.pages.simulation_page import simulation_page
from proband.programme import Programme
from proband.trial.plan import plan_of
from proband.trial.scenarios import scenarios_of
from proband.trial.simulation import simulate
from proband.trial.simulation_report import simulation_report

#: the programme whose first study is simulated, and how many studies of each scenario
SIMULATED = "liver-cells"
TRIALS = 100
SHOWN = ("global-null", "expected", "pessimistic")


def simulated_study(folder: Path, programme: Programme, told: Callable[[str], None]) -> dict[str, Any]:
    """Simulate, write the report as ``simulation.html`` into the folder, tell its summary, and give the report."""
    plan = plan_of(programme)
    chosen = tuple(scenario for scenario in scenarios_of(plan.trial) if scenario.id in SHOWN)
    report = simulation_report(simulate(plan, chosen, trials=TRIALS, engine="plain"))
    (folder / "simulation.html").write_text(simulation_page(report), encoding="utf-8")
    told(f"simulated {report['design']['title']}: " + " ".join(report["summary"][1:3]))
    return report
