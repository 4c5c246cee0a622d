"""The verbs ``simulate`` and ``analyse``: what a study could show, before it; and what it showed, by the same estimand."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, MutableMapping
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from proband.cli import looking
from proband.cli.output import (
    JsonFlag,
    errors_as_text,
    note,
    print_json,
    print_table,
    progress,
    say,
)
from proband.cli.verbs import verb
from proband.terms.errors import ProbandError

if TYPE_CHECKING:
    from proband.trial.elsewhere import SparkShards


class KeptShards(MutableMapping[str, bytes]):
    """Finished shards as files of a folder, each written beside and then put in place, so that an interruption leaves none by half."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.npz"

    def __getitem__(self, name: str) -> bytes:
        try:
            raw = self._path(name).read_bytes()
        except FileNotFoundError:
            raise KeyError(name) from None
        digest, mark, body = raw.partition(b"\n")
        if not mark or hashlib.sha256(body).hexdigest().encode() != digest:
            raise KeyError(name)
        return body

    def __setitem__(self, name: str, value: bytes) -> None:
        beside = self.folder / f".{name}.part"
        beside.write_bytes(hashlib.sha256(value).hexdigest().encode() + b"\n" + value)
        beside.replace(self._path(name))

    def __delitem__(self, name: str) -> None:
        self._path(name).unlink()

    def __iter__(self) -> Iterator[str]:
        return (path.stem for path in sorted(self.folder.glob("*.npz")))

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _supposed(texts: list[str]) -> dict[str, float]:
    out = {}
    for text in texts:
        name, mark, value = text.partition("=")
        try:
            out[name.strip()] = float(value)
        except ValueError:
            mark = ""
        if not (mark and name.strip() and isfinite(out[name.strip()])):
            raise ProbandError("cli.simulate.suppose", text=text)
    return out


@verb("simulate")
def simulate_verb(
    programme: str = typer.Argument(..., help="Name of a bundle, or its folder."),
    study: str | None = typer.Option(
        None, "--study", help="Which of its studies (trials.yaml); the first where none is named."
    ),
    scenario: list[str] = typer.Option(
        [], "--scenario", help="Only these scenarios; may be given more than once."
    ),
    suppose: list[str] = typer.Option(
        [],
        "--suppose",
        help="An effect that you suppose, as OUTCOME=VALUE or EVENT=HAZARD-RATIO; the report says that no source stands behind it.",
    ),
    trials: int = typer.Option(
        10_000, "--trials", min=10, max=1_000_000, help="Simulated studies of each scenario."
    ),
    workers: int = typer.Option(
        1, "--workers", min=1, max=256, help="Processes; results do not depend on it."
    ),
    spark: str | None = typer.Option(
        None,
        "--spark",
        help="Run the shards on a Spark (extra spark) instead of processes here: local[2], or the address of a cluster whose workers have Proband.",
    ),
    sensitivity: int = typer.Option(
        0,
        "--sensitivity",
        min=0,
        max=100_000,
        help="Also run the sensitivity analyses of the questions over so many studies of each scenario; they take far longer than the answer.",
    ),
    seed: int = typer.Option(20260101, "--seed", help="Seed: the same seed gives the same results."),
    out: Path | None = typer.Option(
        None,
        "--out",
        help="Folder for report.html, report.json, one simulated study as Parquet, and finished shards: a run that was interrupted goes on.",
    ),
    as_json: bool = JsonFlag,
) -> None:
    """Simulate what a study of a programme could show: how often it errs, what it finds, how long it takes, whom it exposes.

    Every effect is zero unless the bundle names a source for it, or you suppose one.

    Example: proband simulate liver-cells --trials 1000 --workers 2 --out ./simulated
    """
    from proband.programme import load
    from proband.trial.plan import plan_of
    from proband.trial.scenarios import scenarios_of
    from proband.trial.simulation import simulate
    from proband.trial.simulation_report import simulation_report

    with errors_as_text(as_json):
        plan = plan_of(load(programme), study)
        every = scenarios_of(plan.trial, _supposed(suppose))
        known = [each.id for each in every]
        strange = [name for name in scenario if name not in known]
        if strange:
            raise ProbandError("cli.simulate.scenario", scenario=strange[0], scenarios=known)
        # a report without the null would show power without error
        chosen = tuple(
            each for each in every if not scenario or each.id in scenario or each.id == "global-null"
        )
        kept = KeptShards(out / "shards") if out else None
        with progress("simulated studies", trials * len(chosen), quiet=as_json) as advance:
            simulation = simulate(
                plan, chosen, trials=trials, seed=seed, workers=workers, kept=kept, advance=advance,
                elsewhere=_on_spark(spark),
            )  # fmt: skip
        report = simulation_report(simulation)
        report["sensitivity"] = _beside(plan, chosen, min(sensitivity, trials), seed, quiet=as_json)
        if out is not None:
            _write(out, plan, chosen[-1], seed, report)
        if as_json:
            print_json(report)
            return
        say(f"{report['aims']}", "bold")
        for line in report["summary"]:
            say(line)
        _table(report)
        if out is not None:
            say(f"report: {(out / 'report.html').resolve()}")
        note(
            f"programme {plan.programme} {plan.programme_hash[:16]}; seed {seed}; {trials:,} studies of each scenario"
        )


def _beside(plan, chosen, studies: int, seed: int, *, quiet: bool) -> list[dict]:  # type: ignore[no-untyped-def,type-arg]
    """The sensitivity analyses over the first studies of each scenario."""
    from proband.trial.sensitivity_characteristics import sensitivity_characteristics

    if not studies or not any(stated.estimand.sensitivity for stated in plan.estimands):
        return []
    with progress("sensitivity analyses", studies * len(chosen), quiet=quiet) as advance:
        found = [sensitivity_characteristics(plan, each, studies, seed, advance=advance) for each in chosen]
    return [each.as_dict() for of_one in found for each in of_one]


def _on_spark(master: str | None) -> SparkShards | None:
    if master is None:
        return None
    from proband.screening.sql.engines import SparkEngine
    from proband.trial.elsewhere import SparkShards

    return SparkShards(SparkEngine(master=master).session)


def _table(report: dict) -> None:  # type: ignore[type-arg]
    def cell(share: dict) -> str:  # type: ignore[type-arg]
        return "" if share["value"] is None else f"{100 * share['value']:.1f} ± {100 * share['error']:.1f}"

    print_table(
        "How often the answer is yes (% ± Monte-Carlo error)",
        ["scenario", *(each["id"] for each in report["estimands"]), "stopped for harm", "years"],
        [
            [each["scenario"]["id"], *(cell(question["rejected"]) for question in each["questions"]), cell(each["stopped_for_harm"]),
             "" if each["days"]["value"] is None else f"{each['days']['value'] / 365.25:.1f}"] for each in report["scenarios"]
        ],
        numeric=range(1, 9),
    )  # fmt: skip


def _write(out: Path, plan, scenario, seed: int, report: dict) -> None:  # type: ignore[no-untyped-def,type-arg]
    import json

    from proband.analysis.trial_frame import trial_frame
    from proband.pages.simulation_page import simulation_page
    from proband.trial.written_trial import one_trial

    (out / "report.json").write_text(
        json.dumps(report, indent=2, ensure_ascii=False, default=str, allow_nan=False) + "\n",
        encoding="utf-8",
    )
    (out / "report.html").write_text(simulation_page(report), encoding="utf-8")
    trial_frame(one_trial(plan, scenario, 0, seed)).write_parquet(out / "trial.parquet")


@verb("analyse")
def analyse_verb(
    programme: str = typer.Argument(..., help="Name of a bundle, or its folder."),
    table: Path = typer.Argument(
        ..., help="trial.parquet of a record's export or of a simulation.", exists=True, dir_okay=False
    ),
    estimand: str | None = typer.Option(
        None, "--estimand", help="Which question; the primary one where none is named."
    ),
    record: Path | None = looking.RECORD,
    actor: str | None = looking.ACTOR,
    role: str = looking.ROLE,
    site: str = looking.SITE,
    allocation: Path | None = looking.ALLOCATION,
    why: str | None = typer.Option(None, "--why", help="For what: it stands in the record."),
    page: Path | None = typer.Option(
        None, "--page", help="Write the answer with its pictures there, as one page (HTML)."
    ),
    as_json: bool = JsonFlag,
) -> None:
    """Answer a question of a programme from the table of a study, by the estimand that the bundle fixed before.

    Where the table comes from a record whose study was not locked and the question compares arms, the look is entered in that record first.

    Example: proband analyse spinal-cord-autologous ./out/trial.parquet --estimand ais-conversion-12m
    """
    from proband.analysis.answers import analyse
    from proband.analysis.result_picture import picture_of
    from proband.analysis.sensitivity import sensitivity_answers
    from proband.analysis.stated import state_estimand
    from proband.analysis.trial_frame import read_trial
    from proband.programme import load

    with errors_as_text(as_json):
        loaded = load(programme)
        stated = state_estimand(loaded, estimand or loaded.head.forecast.primary_estimand)
        rows = read_trial(str(table))
        if stated.comparator is not None:
            looking.enter_look(table, rows, looking.Looker(record, actor, role, site, why))
        proven = looking.hold_arms(table, rows, record, allocation)
        result = analyse(stated, rows)
        beside = sensitivity_answers(stated, rows)
        benchmark = stated.estimand.benchmark
        answer = {
            "programme": loaded.hash, "id": stated.id, "question": stated.estimand.question, **result.record(), "allocation": proven,
            "forest": picture_of(result, null=benchmark.value if benchmark else 0.0).record(), "sensitivity": [each.record() for each in beside],
        }  # fmt: skip
        if page is not None:
            from proband.pages.analysis_page import analysis_page

            page.write_text(analysis_page(loaded.head.title, answer), encoding="utf-8")
        if as_json:
            print_json(answer)
            return
        say(result.words, "bold")
        say(f"{stated.estimand.question}")
        print_table(
            "", ["counted", "people"], [[name, str(value)] for name, value in result.diagnostics.items()]
        )
        for each in beside:
            say(f"Sensitivity, {each.kind}: {each.words or 'no answer, ' + each.reason}. {each.why}")
        if page is not None:
            say(f"{page.resolve()}")
        note(proven)
        note(f"{result.method}; estimand {stated.hash[:16]}, programme {loaded.hash[:16]}")
