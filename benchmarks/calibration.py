"""How often the headline test cries wolf: null worlds drawn from the models themselves, and published cohorts that a model never saw.

``python -m benchmarks.calibration`` rewrites the tables in docs/headline.md (some minutes); ``report(worlds)`` is the same as text.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from proband.analysis.exact import fisher_table
from proband.analysis.unconditional import critical_level
from proband.natural_history.conditions import Conditions
from proband.natural_history.forecast import read_quantile
from proband.natural_history.questions import outcome as find
from proband.natural_history.special.coverage import FITTED, LeftOut, left_out_tails
from proband.programme import Programme, load
from proband.trial.headline import HeadlineResult, headline
from proband.trial.replay import ExamModel, replay_counts

DOC = Path(__file__).resolve().parent.parent / "docs" / "headline.md"
LEVELS = (0.05, 0.01)


@dataclass(frozen=True, slots=True)
class Setting:
    """A kind of headline about one group of people, or two, in a world in which nobody is treated."""

    name: str
    programme: str
    outcome: str
    given: dict[str, str]
    people: int
    control: int | None = None
    groups: str | None = None


_ACUTE = {"level": "cervical", "baseline_window": "14-28d", "follow_up": "1y"}
_SPINE, _LIVER = "spinal-cord-autologous", "liver-cells"
_ALIVE = {"baseline": "aclf", "follow_up": "24w"}
SETTINGS = (
    Setting("share that improves", _SPINE, "ais-conversion", {"baseline": "A", **_ACUTE}, 10),
    Setting("share that gets worse", _SPINE, "ais-deterioration", {"baseline": "C", **_ACUTE}, 20),
    Setting("share alive", _LIVER, "survival", _ALIVE, 25),
    Setting("share that decompensates", _LIVER, "decompensation", {"baseline": "compensated", "follow_up": "1y"}, 30),
    Setting("mean change of a score", _SPINE, "motor-score-change", {"baseline": "A", **_ACUTE}, 12),
    Setting("mean change of a score, fewer better", _LIVER, "meld-change", {"baseline": "cirrhosis", "follow_up": "24w"}, 20),
    *(
        Setting(f"two shares, {made}", _SPINE, "ais-conversion", {"baseline": "A", **_ACUTE}, 8, 8, made)
        for made in ("randomised", "unknown")
    ),
    *(Setting(f"two shares alive, {made}", _LIVER, "survival", _ALIVE, 9, 7, made) for made in ("randomised", "historical")),
    *(
        Setting(f"two mean changes, {made}", _SPINE, "motor-score-change", {"baseline": "A", **_ACUTE}, 12, 10, made)
        for made in ("randomised", "other-clinic")
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Calibration:
    """Shares of null worlds: P(at least this) and P(at most this) at or below each level, and verdicts by what they speak of."""

    setting: Setting
    worlds: int
    at_least: tuple[float, ...]
    at_most: tuple[float, ...]
    benefit: tuple[float, ...]
    harm: tuple[float, ...]


def calibrate(setting: Setting, worlds: int, *, seed: int = 7) -> Calibration:
    """Judge many null worlds of one kind exactly as a headline about each of them would be judged."""
    programme = load(setting.programme)
    change = find(programme, setting.outcome).kind == "change"
    told = (
        _means(setting, programme, min(worlds, 400), seed)
        if change
        else _counts(setting, programme, worlds, seed)
    )
    answers = {text: _answer(setting, programme, text) for text in told}
    total = sum(told.values())

    def share(fits: Any) -> tuple[float, ...]:
        return tuple(
            sum(n for text, n in told.items() if fits(answers[text], level)) / total for level in LEVELS
        )

    return Calibration(
        setting,
        total,
        share(lambda r, level: _side(r, "at least") <= level),
        share(lambda r, level: _side(r, "at most") <= level),
        share(lambda r, level: r.speaks_of == "benefit" and r.verdict_from < level),
        share(lambda r, level: r.speaks_of == "harm" and r.verdict_from < level),
    )


def _side(result: HeadlineResult, direction: str) -> float:
    return result.probability if result.direction == direction else result.opposite


def _answer(setting: Setting, programme: Programme, text: str) -> HeadlineResult:
    return headline(
        text,
        programme=programme,
        outcome=setting.outcome,
        groups=setting.groups,
        trials=10_000,
        seed=99,
        **setting.given,
    )


def _conditions(setting: Setting, programme: Programme) -> Conditions:
    named = {"baseline_window": "window"}
    given = {named.get(k, k): v for k, v in setting.given.items()}
    eras = find(programme, setting.outcome).eras
    return Conditions(**(given | ({"era": eras[-1]} if eras else {})))


def _counts(setting: Setting, programme: Programme, worlds: int, seed: int) -> Counter[str]:
    """The headlines of null worlds: one cohort each, or one for each group that chance did not make."""
    found = find(programme, setting.outcome)
    assert found.proportions is not None
    (_, forecast), *_ = found.proportions(programme, _conditions(setting, programme), setting.people)
    exam = ExamModel()
    if found.examination is not None and (figures := found.examination(programme)) is not None:
        exam = ExamModel(
            examiner_sd=figures.leaning_sd, late_share=0.1, late_extra=figures.late_change_in_three_months
        )
    sizes = [setting.people] + ([setting.control] if setting.control else [])
    drawn = replay_counts(
        np.stack([forecast.quantiles] * len(sizes)), sizes, list(range(len(sizes))), trials=worlds, seed=seed, exam=exam,
        apart=setting.groups not in {None, "randomised"},
    )  # fmt: skip
    if setting.control is None:
        return Counter(f"{k} of {setting.people}" for k in drawn[:, 0])
    return Counter(f"{a} of {setting.people} against {b} of {setting.control}" for a, b in drawn)


def _means(setting: Setting, programme: Programme, worlds: int, seed: int) -> Counter[str]:
    found = find(programme, setting.outcome)
    assert found.changes is not None
    assert found.words is not None
    (_, f), *_ = found.changes(programme, _conditions(setting, programme), setting.people)
    rng = np.random.default_rng(seed)
    u = rng.random((2, worlds))
    if setting.groups in {None, "randomised"}:
        u[1] = u[0]
    first = read_quantile(f.quantiles, u[0]) + f.sd / np.sqrt(setting.people) * rng.standard_normal(worlds)
    measure = found.words.measure[0]
    if setting.control is None:
        return Counter(f"{measure} changed by {v:.2f} points in {setting.people} people" for v in first)
    second = read_quantile(f.quantiles, u[1]) + f.sd / np.sqrt(setting.control) * rng.standard_normal(worlds)
    return Counter(
        f"{measure} changed by {a:.2f} points in {setting.people} people against {b:.2f} in {setting.control}"
        for a, b in zip(first, second, strict=True)
    )


def _percent(values: tuple[float, ...]) -> str:
    return " / ".join(f"{100 * v:.1f}" for v in values)


def report(worlds: int = 20_000, settings: tuple[Setting, ...] = SETTINGS) -> str:
    """The table of null worlds drawn from the models, the worst case last."""
    lines = [
        "| kind and design | worlds | P(at least this) ≤ 5 / 1 % | P(at most this) ≤ 5 / 1 % | benefit below 5 / 1 % | harm below 5 / 1 % |",
        "|---|---|---|---|---|---|",
    ]
    made = [calibrate(s, worlds) for s in settings]
    lines += [
        f"| {c.setting.name} | {c.worlds:,} | {_percent(c.at_least)} | {_percent(c.at_most)} | {_percent(c.benefit)} | {_percent(c.harm)} |"
        for c in made
    ]
    worst = tuple(max(max(c.at_least[i], c.at_most[i]) for c in made) for i in range(2))
    lines.append(f"| **worst of P** | | **{_percent(worst)}** | | | |")
    return "\n".join(lines) + "\n"


def held_out() -> list[LeftOut]:
    """Every fitted cohort against the model that was fitted without it."""
    programme = load(_SPINE)
    return [row for grade, outcome in FITTED for row in left_out_tails(programme, grade, outcome)]


def held_out_report(rows: list[LeftOut]) -> str:
    """The table of published cohorts that the model did not see, by year of publication."""
    lines = [
        "| published | cohorts | P(at least this) ≤ 5 / 1 % | P(at most this) ≤ 5 / 1 % | inside 50 % | inside 95 % |",
        "|---|---|---|---|---|---|",
    ]
    for name, first, last in (
        ("before 2005", 0, 2004),
        ("2005 to 2014", 2005, 2014),
        ("2015 and later", 2015, 9999),
        ("all", 0, 9999),
    ):
        some = [r for r in rows if first <= r.published <= last]
        if not some:
            continue
        tails = [
            " / ".join(str(sum(tail(r) <= level for r in some)) for level in LEVELS)
            for tail in (lambda r: r.at_least, lambda r: r.at_most)
        ]
        inside = [sum(min(r.at_least, r.at_most) > (1 - width) / 2 for r in some) for width in (0.5, 0.95)]
        lines.append(f"| {name} | {len(some)} | {tails[0]} | {tails[1]} | {inside[0]} | {inside[1]} |")
    return "\n".join(lines) + "\n"


def sizes(most: int = 30) -> dict[tuple[str, float], tuple[float, int, int]]:
    """The largest size of Boschloo's test over every pair of arms up to ``most``, by direction and level, with the pair."""
    out: dict[tuple[str, float], tuple[float, int, int]] = {}
    for n, m in product(range(1, most + 1), repeat=2):
        for direction in ("greater", "two-sided"):
            if direction == "two-sided" and m < n:
                continue
            order = fisher_table(n, m, direction)
            for level in LEVELS:
                _, size = critical_level(order, level)
                out[direction, level] = max(out.get((direction, level), (0.0, 0, 0)), (size, n, m))
    return out


def sizes_report(found: dict[tuple[str, float], tuple[float, int, int]]) -> str:
    """The table of largest sizes."""
    lines = [
        "| direction | nominal | largest size over all pairs of arms of 1 to 30 | at |",
        "|---|---|---|---|",
    ]
    for (direction, level), (size, n, m) in found.items():
        word = "one-sided" if direction == "greater" else direction
        lines.append(f"| {word} | {100 * level:g} % | {100 * size:.3f} % | {n} against {m} |")
    return "\n".join(lines) + "\n"


def write() -> None:
    """Rewrite the generated tables in docs/headline.md."""
    text = DOC.read_text(encoding="utf-8")
    for name, block in (
        ("worlds", report()),
        ("held-out", held_out_report(held_out())),
        ("sizes", sizes_report(sizes())),
    ):
        head, rest = text.split(f"<!-- {name}: begin -->\n", 1)
        text = f"{head}<!-- {name}: begin -->\n{block}<!-- {name}: end -->{rest.split(f'<!-- {name}: end -->', 1)[1]}"
    DOC.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write()
