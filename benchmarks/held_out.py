"""Published cohorts that a model did not see, for every kind of figure of which the bundles' tables carry more than one cohort.

``python -m benchmarks.held_out`` rewrites two tables of docs/headline.md: how far out each cohort lies for a model that was fitted without it, by kind, design,
direction and year of publication; and of what there is one cohort only, so that nothing can be held out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import permutations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import hypergeom

from benchmarks.calibration import LEVELS, write_block
from proband.analysis.elementary import logit, normal_cdf
from proband.analysis.exact import predicted_at_least
from proband.natural_history.cohorts import fit
from proband.natural_history.special.coverage import FITTED, left_out_tails, predicted_shares
from proband.natural_history.special.liver import SCORES
from proband.natural_history.special.liver_course import DECOMPENSATION, decompensation
from proband.natural_history.special.liver_meld3 import meld3_mortality
from proband.natural_history.special.mitochondria import BETWEEN_COHORTS, VISION
from proband.natural_history.special.spinal_grades import grade_model, priors_for
from proband.natural_history.special.trajectories import CHANGES, LEAST_BETWEEN, score_change, trajectory
from proband.natural_history.survival import STAND_IN_WEIGHT, logit_normal_table
from proband.natural_history.tables import TableRow, published
from proband.programme import load
from proband.trial.replay import ExamModel, replay_counts

Array = NDArray[np.float64]
_SPINE, _LIVER, _MITO = "spinal-cord-autologous", "liver-cells", "mitochondria-hpdl"
#: people that a share without a printed number counts for
_WEIGHT = round(STAND_IN_WEIGHT)
#: mean day of the first examination in the source ``scims-2022`` (its abstract: 16.1 ± 7.3 days; the table's "30d" is the latest)
SEEN_FIRST = 16.1
#: people of both arms of a headline about two groups
ARMS = (16, 8)


@dataclass(frozen=True, slots=True)
class HeldOut:
    """A published figure and how likely so much or more, and so little or less, is to a model that was fitted without its cohort.

    Of a mean change also what was ``observed`` and what was ``expected``.
    """

    kind: str
    cohort: str
    published: int
    at_least: float
    at_most: float
    observed: float = 0.0
    expected: float = 0.0


def grades() -> list[HeldOut]:
    """Changes of the grade of an injury."""
    programme = load(_SPINE)
    return [
        HeldOut(_grade_kind(outcome), r.cohort, r.published, r.at_least, r.at_most)
        for grade, outcome in FITTED
        for r in left_out_tails(programme, grade, outcome)
    ]


def _grade_kind(outcome: str) -> str:
    return "share that gets worse (grade)" if "deterioration" in outcome else "share that improves (grade)"


def scores() -> list[HeldOut]:
    """Mean changes of motor scores in two other registries, for the course of the one that the model rests on.

    The first registry also says how far registries differ: each of its grades is held out of that figure.
    """
    programme = load(_SPINE)
    table, out = published(programme, CHANGES), []
    rows = {g: next(iter(r for r in table.where(grade=g, measure="motor-total") if r.number("correlation"))) for g in "ABCD"}  # fmt: skip
    gains = {g: _mixed_gain(g) for g in "ABCD"}
    ratios = {g: np.log((r.number("mean_change") or 1.0) / gains[g]) for g, r in rows.items()}
    for grade, row in rows.items():
        others = [v for g, v in ratios.items() if g != grade]
        between = max(float(np.sqrt(np.mean(np.square(others)) / 2.0)), LEAST_BETWEEN) * gains[grade]
        out.append(_mean("mean change of a score", row, f"grade {grade}", gains[grade], between))
    for row in table.usable():
        if row.source.id == "scims-2022":
            f = score_change(
                programme, row.text("measure"), row.text("grade"), "tetraplegia", SEEN_FIRST / 7, 365 / 7
            )
            spread = float(np.std(f.quantiles))
            out.append(
                _mean(
                    "mean change of a score",
                    row,
                    f"{row.text('measure').upper()}, grade {row.text('grade')}",
                    f.pooled,
                    spread,
                )
            )
    return out


def _mixed_gain(grade: str) -> float:
    """The mean gain from week 2 to 26, tetra- and paraplegia weighted by size."""
    courses = [trajectory(load(_SPINE), "motor-total", grade, p) for p in ("tetraplegia", "paraplegia")]
    sizes = [c.at(2).n for c in courses]
    return float(
        sum(n * (c.at(26).mean - c.at(2).mean) for n, c in zip(sizes, courses, strict=True)) / sum(sizes)
    )


def _mean(kind: str, row: TableRow, who: str, expected: float, between: float) -> HeldOut:
    sampling = (row.number("sd_change") or 0.0) / np.sqrt(row.number("n") or STAND_IN_WEIGHT)
    z = ((row.number("mean_change") or 0.0) - expected) / float(np.hypot(between, sampling))
    below = float(normal_cdf(z))
    seen = row.number("mean_change") or 0.0
    return HeldOut(
        kind, f"{row.text('cohort')} ({who})", row.source.year or 0, 1.0 - below, below, seen, expected
    )


def survival_by_score() -> list[HeldOut]:
    """Survival in the bands of one score's table, for the function of its successor; each band is held out of how far the two differ."""
    programme, out = load(_LIVER), []
    bands = published(programme, SCORES).where(score="MELD")

    def middle(r: TableRow) -> float:
        return ((r.number("low") or 0.0) + (r.number("high") or 0.0)) / 2

    def told(r: TableRow) -> float:
        return 1.0 - (r.number("mortality_percent") or 0.0) / 100.0

    expected = {id(r): 1.0 - meld3_mortality(programme, middle(r), 90.0) for r in bands}
    used = [r for r in bands if (r.number("low") or 0.0) >= 10 and (r.number("high") or 0.0) < 40]
    for r in bands:
        apart = [logit(told(o)) - logit(expected[id(o)]) for o in used if o is not r]
        tau = float(np.sqrt(np.mean(np.square(apart)) / 2.0))
        low, high = r.text("low"), r.text("high")
        name = f"{r.text('cohort')} (score {low}{'' if low == high else f' to {high}'})"
        out.append(
            _share("share alive", name, r.source.year, told(r), logit_normal_table(expected[id(r)], tau))
        )
    return out


def decompensations() -> list[HeldOut]:
    """Shares that decompensate in a year: two figures that are none of the cohorts behind the table's."""
    programme = load(_LIVER)
    shares, out = decompensation(programme, "compensated", 1.0).quantiles, []
    for row in published(programme, DECOMPENSATION).usable():
        if row.text("cohort") == "review":
            low, high = (float(v) for v in row.text("spread").split(" to "))
            share = (low + high) / 200.0
        elif row.text("event") == "ascites per person-year":
            share = float(-np.expm1(-(row.number("percent") or 0.0) / 100.0))
        else:
            continue
        out.append(_share("share that decompensates", row.text("cohort"), row.source.year, share, shares))
    return out


def vision() -> list[HeldOut]:
    """Shares that see better: each of two reviews for the other (they share studies)."""
    rows = [r for r in published(load(_MITO), VISION).usable() if r.text("use") == "fit"]
    out = []
    for row, other in permutations(rows, 2):
        center = (other.number("percent") or 0.0) / 100.0
        n = round(row.number("n") or STAND_IN_WEIGHT)
        out.append(
            _share(
                "share that improves (vision)",
                row.text("cohort"),
                row.source.year,
                (row.number("percent") or 0.0) / 100.0,
                logit_normal_table(center, BETWEEN_COHORTS),
                n,
            )
        )
    return out


def _share(
    kind: str, cohort: str, year: int | None, share: float, shares: Array, n: int = _WEIGHT
) -> HeldOut:
    events = round(share * n)
    above = predicted_at_least(events + 1, n, shares) if events < n else 0.0
    return HeldOut(kind, cohort, year or 0, predicted_at_least(events, n, shares), 1.0 - above)


@dataclass(frozen=True, slots=True)
class Pairs:
    """Headlines about one published cohort against another, nobody treated: how often each chance is at most 5 and 1 %."""

    kind: str
    pairs: int
    at_least: tuple[float, ...]
    at_most: tuple[float, ...]
    worst: tuple[float, str]


def pairs() -> list[Pairs]:
    """Every published cohort against every other of its grade and outcome, as groups that chance did not make, each predicted without itself.

    The groups are 16 and 8 people of the two cohorts, all of a cohort that has fewer. They are not drawn: every number of events that such people of
    a cohort can have is judged, and weighs as much as it is likely. (A share with half an event added would make 12 % of nobody among three.)
    """
    programme, found = load(_SPINE), defaultdict[str, list[tuple[str, Array]]](list)
    for grade, outcome in FITTED:
        model = grade_model(programme, grade, outcome)
        data = model.data
        without = {c: fit(data.without(c), priors_for(grade, outcome)) for c in {int(c) for c in data.cohort}}
        people, events = np.rint(data.n).astype(int), np.rint(data.events).astype(int)
        shares = [predicted_shares(without[int(c)], data, i) for i, c in enumerate(data.cohort)]
        for i, j in permutations(range(len(model.rows)), 2):
            if data.cohort[i] == data.cohort[j]:
                continue
            n, m = (int(min(arm, people[at])) for arm, at in zip(ARMS, (i, j), strict=True))
            gap = np.subtract.outer(np.arange(n + 1) / n, np.arange(m + 1) / m)
            counts = replay_counts(
                np.stack([shares[i], shares[j]]), [n, m], [0, 1], trials=10_000, seed=5, exam=ExamModel(), apart=True
            )  # fmt: skip
            drawn = np.sort(counts[:, 0] / n - counts[:, 1] / m)
            least = 1.0 - np.searchsorted(drawn, gap - 1e-9, side="left") / len(drawn)
            most = np.searchsorted(drawn, gap + 1e-9, side="right") / len(drawn)
            weight = np.outer(
                hypergeom(people[i], events[i], n).pmf(np.arange(n + 1)),
                hypergeom(people[j], events[j], m).pmf(np.arange(m + 1)),
            )
            told = np.array([[weight[t <= level].sum() for level in LEVELS] for t in (least, most)])
            names = f"{model.rows[i].text('cohort')} against {model.rows[j].text('cohort')}, grade {grade}"
            found[_grade_kind(outcome)].append((names, told))
    out = []
    for kind, some in found.items():
        every = np.array([t for _, t in some])
        mean = every.mean(axis=0)
        at = int(every[:, :, 0].max(axis=1).argmax())
        out.append(
            Pairs(
                kind,
                len(some),
                tuple(mean[0]),
                tuple(mean[1]),
                (float(every[at, :, 0].max()), some[at][0]),
            )
        )
    return out


def everything() -> list[HeldOut]:
    """Every published figure that can be held out."""
    return [*grades(), *scores(), *survival_by_score(), *decompensations(), *vision()]


def _line(name: str, some: list[HeldOut]) -> str:
    tails: list[Callable[[HeldOut], float]] = [lambda r: r.at_least, lambda r: r.at_most]
    cells = [" / ".join(str(sum(tail(r) <= level for r in some)) for level in LEVELS) for tail in tails]
    inside = [str(sum(min(r.at_least, r.at_most) > (1 - width) / 2 for r in some)) for width in (0.5, 0.95)]
    far = min(some, key=lambda r: min(r.at_least, r.at_most))
    said = f"{far.cohort}: {min(far.at_least, far.at_most):.3f}, {'many' if far.at_least < far.at_most else 'few'}"
    return f"| {name} | {len(some)} | {cells[0]} | {cells[1]} | {inside[0]} | {inside[1]} | {said} |"


def report(rows: list[HeldOut], two: Iterable[Pairs]) -> str:
    """The tables: by kind, by year of publication, and two groups."""
    lines = [
        "| one group | published figures | P(at least this) ≤ 5 / 1 % | P(at most this) ≤ 5 / 1 % | inside 50 % | inside 95 % | furthest out |",
        "|---|---|---|---|---|---|---|",
    ]
    kinds = list(dict.fromkeys(r.kind for r in rows))
    lines += [_line(kind, [r for r in rows if r.kind == kind]) for kind in kinds]
    for name, first, last in (
        ("before 2005", 1, 2004),
        ("2005 to 2014", 2005, 2014),
        ("2015 and later", 2015, 9999),
        ("year not recorded", 0, 0),
    ):
        some = [r for r in rows if first <= r.published <= last]
        lines += [_line(f"published {name}", some)] if some else []
    lines += [
        _line("**all**", rows),
        "",
        "| two groups, not by chance | pairs | P(at least this) ≤ 5 / 1 % | P(at most this) ≤ 5 / 1 % | the pair most often called so (≤ 5 %) |",
        "|---|---|---|---|---|",
    ]
    for p in two:
        cells = [" / ".join(f"{100 * v:.1f}" for v in side) for side in (p.at_least, p.at_most)]
        lines.append(
            f"| {p.kind} | {p.pairs} | {cells[0]} | {cells[1]} | {p.worst[1]}: {100 * p.worst[0]:.0f} % |"
        )
    return "\n".join(lines) + "\n"


def single_report() -> str:
    """Of what the bundles' tables carry one cohort only."""
    lines = ["| figure | cohorts of each | of how many |", "|---|---|---|"]
    for name, bundle, table, key in (
        ("survival by state", _LIVER, "survival-by-state", "state"),
        ("survival by the CLIF-C ACLF score", _LIVER, "mortality-by-score", "score"),
        ("survival by disease", _MITO, "survival", "key"),
        ("dependence on a wheelchair, and other milestones", _MITO, "leigh-milestones", "milestone"),
        ("late change of the grade", _SPINE, "late-conversion", "level_group"),
    ):
        cohorts = defaultdict[str, set[str]](set)
        rows = published(load(bundle), table).usable()
        for row in rows:
            if row.text(key) not in {"MELD", "Child-Pugh"} and ("use" not in row.cells or row.text("use") == "fit"):  # fmt: skip
                cohorts[row.text(key)].add(row.text("cohort"))
        most = max(len(c) for c in cohorts.values())
        lines.append(f"| {name} | {most} | {len(cohorts)} |")
    lines += [
        "| change of MELD | 1 | 1 |",
        "| motor score in chronic injury | 1 | 1 |",
        "| number of events for each person | none in a shipped bundle | |",
    ]
    return "\n".join(lines) + "\n"


def write() -> None:
    """Rewrite the tables in docs/headline.md."""
    write_block("held-out", report(everything(), pairs()))
    write_block("one-cohort", single_report())


if __name__ == "__main__":
    write()
