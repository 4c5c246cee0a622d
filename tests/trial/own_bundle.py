"""Invented bundles: the smallest one with one typed estimand of any summary, and the table of untreated people that answers it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from proband.programme import Programme, load

BUNDLE = Path(__file__).parents[1] / "bundles" / "minimal"


#: weeks at which one person is measured, beside the visits of everybody
WEEKS = (-12, -10, -8, -6, -4, 2, 4, 6, 8, 10)


@dataclass(frozen=True)
class OwnTable:
    """A generic table of untreated people, and how the outcome is made from what is recorded."""

    rows: str
    answer: str
    made: str
    direction: str


TABLES = {
    "share": OwnTable(
        "cohort,time,n,events,source,level\nA,12,40,16,proband-tests,read\nB,12,60,30,proband-tests,read\n",
        "kind: share\n    better: more\n    event: could lift it\n    times: [6, 12]", "{form: event, event: lifted}", "event-is-good",
    ),
    "time-to-event": OwnTable(
        "cohort,measure,time,value,low,high,n,source,level\nA,free,12,70,55,82,40,proband-tests,read\n",
        "kind: time-to-event\n    better: more\n    event: had not fallen\n    times: [6, 12]", "{form: event, event: fall}", "event-is-bad",
    ),
    "change": OwnTable(
        "cohort,time,n,mean,sd,source,level\nA,12,40,1.5,4,proband-tests,read\n",
        "kind: change\n    better: more\n    event: the strength changed\n    times: [12, 12]", "{form: change, baseline: baseline}", "higher-is-better",
    ),
    "counts": OwnTable(
        "cohort,events,person_time,source,level\nA,24,400,proband-tests,read\n",
        "kind: counts\n    better: fewer\n    event: fell at least once\n    times: [6, 26]", "{form: event, event: fall}", "event-is-bad",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class OwnQuestion:
    """A question of an invented bundle: of which table, its summary, what is missing, and the lines that only this summary has."""

    table: str
    summary: str
    missing: str
    more: str = ""
    trials: str = ""

    @property
    def name(self) -> str:
        """For the test's own name."""
        return f"{self.summary} of {self.table}"


SERIES = """\
source: proband-tests
level: inference
trials:
  - id: one-person
    title: One invented person
    estimands: [strength-at-week-12]
    people: {cells: 1}
    sites: 1
    per_site_month: {value: 1}
    dropout_per_year: {value: 0}
    missed_visits: {value: 0}
    courses:
      - kind: series
        outcome: strength
        start: {value: 20}
        slope: {value: 0.1}
        slope_sd: {value: 0.1}
        noise_sd: {value: 1.0}
        correlation: {value: 0.3}
"""

QUESTIONS = (
    OwnQuestion("share", "difference-in-proportions", "not-reached"),
    OwnQuestion("counts", "difference-in-proportions", "not-reached"),
    OwnQuestion("share", "single-proportion", "not-reached", "benchmark: {share: 0.6, source: proband-tests, level: read}"),
    OwnQuestion("time-to-event", "hazard-ratio", "censored"),
    OwnQuestion("time-to-event", "restricted-mean-survival-time", "censored"),
    OwnQuestion("time-to-event", "difference-in-survival", "censored"),
    OwnQuestion("time-to-event", "cumulative-incidence-difference", "censored"),
    OwnQuestion("time-to-event", "win-odds", "censored", "hierarchy: [{event: death}, {event: fall}]"),
    OwnQuestion("change", "difference-in-means", "at-random"),
    OwnQuestion("change", "ratio-of-odds", "at-random"),
    OwnQuestion("change", "single-mean", "at-random", "benchmark: {mean: 3.5, source: proband-tests, level: read}"),
    OwnQuestion(
        "change", "within-person-change", "at-random",
        "prior: {slope: 0.1, slope_sd: 0.1, noise: 1.0, level_sd: 20, change_sd: 1, source: proband-tests, level: read}", SERIES,
    ),
)  # fmt: skip


def own_bundle(folder: Path, question: OwnQuestion, people: int = 10) -> Programme:
    """The bundle with that question, ``people`` in each arm, and no ``trials.yaml`` unless the question has one."""
    table = TABLES[question.table]
    shutil.copytree(BUNDLE, folder)
    names = table.rows.split("\n")[0].split(",")
    columns = "".join(f"  {name}: {{meaning: column of the table{', unit: wk' if name in ('time', 'person_time') else ''}}}\n" for name in names)  # fmt: skip
    (folder / "natural_history" / "course.csv").write_text(table.rows, encoding="utf-8")
    (folder / "natural_history" / "course.yaml").write_text(
        f"title: A course without treatment\ncolumns:\n{columns}domain: {{condition: synthetic weakness}}\nanswers:\n  strength:\n    {table.answer}\nlicence: synthetic\n",
        encoding="utf-8",
    )
    _changed(folder / "programme.yaml", ("planned: 10", f"planned: {people}"))
    _changed(folder / "schedule.yaml", ("anchor: first-dose", "anchor: allocation"))
    one = question.summary == "within-person-change"
    _changed(
        folder / "outcomes.yaml",
        ("direction: higher-is-better", f"direction: {table.direction}"),
        ("    blinding:", f"    made: {table.made if not one else '{form: value}'}\n    blinding:"),
        ("summary: difference-in-means", f"summary: {question.summary}\n    missing: {question.missing}" + (f"\n    {question.more}" if question.more else "")),
        ("{event: another cell product,", "{event: death, kind: death, strategy: while-on-treatment, how: the last value stands}\n      - {event: another cell product, kind: co-intervention,"),
    )  # fmt: skip
    if one:
        _weekly(folder)
    if question.trials:
        (folder / "trials.yaml").write_text(question.trials, encoding="utf-8")
    return load(folder)


def _changed(file: Path, *changes: tuple[str, str]) -> None:
    text = file.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    file.write_text(text, encoding="utf-8")


def _weekly(folder: Path) -> None:
    """One person is measured every second week, from twelve weeks before the product on."""
    ids = [f"week-{'minus-' if week < 0 else ''}{abs(week)}-of-one" for week in WEEKS]
    visits = "".join(
        f"  - id: {id}\n    name: Week {week}\n    anchor: allocation\n    offset: {{value: {week}, unit: wk}}\n"
        f"    window: {{before: {{value: 3, unit: d}}, after: {{value: 3, unit: d}}}}\n    outside: recorded as late\n    activities: [strength]\n"
        for id, week in zip(ids, WEEKS, strict=True)
    )
    _changed(folder / "schedule.yaml", ("long_term_follow_up:", f"{visits}long_term_follow_up:"))
    _changed(folder / "outcomes.yaml", ("timepoints: [baseline, week-12, year-1]", f"timepoints: [baseline, week-12, year-1, {', '.join(ids)}]"))  # fmt: skip
