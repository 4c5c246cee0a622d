"""How often the headline test cries wolf: null worlds drawn from the models themselves (published cohorts that a model never saw: :mod:`benchmarks.held_out`).

``python -m benchmarks.calibration`` rewrites the tables in docs/headline.md (some minutes); ``report(worlds)`` is the same as text.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from functools import cache
from itertools import product
from pathlib import Path
from shutil import copytree
from tempfile import mkdtemp
from typing import Any

import numpy as np
from numpy.typing import NDArray

from proband.analysis.exact import fisher_table
from proband.analysis.unconditional import critical_level
from proband.natural_history.conditions import Conditions, parse_duration_days
from proband.natural_history.forecast import ChangeForecast, read_quantile
from proband.natural_history.questions import outcome as find
from proband.programme import Programme, load
from proband.trial.headline import HeadlineResult, headline
from proband.trial.replay import ExamModel, replay_counts

DOC = Path(__file__).resolve().parent.parent / "docs" / "headline.md"
LEVELS = (0.05, 0.01)
Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Setting:
    """A kind of headline about one group of people, or two, in a world in which nobody is treated.

    ``digits`` are those to which means are printed; with ``spreads`` the text gives the spread between the people of each group, which varies from world to world.
    """

    name: str
    programme: str
    outcome: str
    given: dict[str, str]
    people: int
    control: int | None = None
    groups: str | None = None
    digits: int = 0
    spreads: bool = False


_ACUTE = {"level": "cervical", "baseline_window": "14-28d", "follow_up": "1y"}
_SPINE, _LIVER = "spinal-cord-autologous", "liver-cells"
#: the invented programme of docs/natural-history.md: every kind that a table may have
_OWN = "own"
_KINDS = (
    Setting("share that improves", _SPINE, "ais-conversion", {"baseline": "A", **_ACUTE}, 10, 8),
    Setting("share that gets worse", _SPINE, "ais-deterioration", {"baseline": "C", **_ACUTE}, 20, 8),
    Setting("share alive", _LIVER, "survival", {"baseline": "aclf", "follow_up": "24w"}, 25, 7),
    Setting("share alive, by a register", _LIVER, "survival", {"baseline": "cirrhosis-after-admission", "follow_up": "1y"}, 30, 7),
    Setting("share that decompensates", _LIVER, "decompensation", {"baseline": "compensated", "follow_up": "1y"}, 30, 9),
    Setting("share, from a bundle's table", _OWN, "tremor-cleared", {"baseline": "early", "follow_up": "12m"}, 12, 8),
    Setting("time to an event, from a bundle's table", _OWN, "still-walking", {"follow_up": "5y"}, 12, 8),
    Setting("number of events, from a bundle's table", _OWN, "fall", {"follow_up": "1y"}, 8, 6),
    Setting("mean change of a score", _SPINE, "motor-score-change", {"baseline": "A", **_ACUTE}, 12, 10),
    Setting("mean change, fewer better", _LIVER, "meld-change", {"baseline": "cirrhosis", "follow_up": "24w"}, 20, 15),
    Setting("mean change, from a bundle's table", _OWN, "score-change", {"follow_up": "12m"}, 16, 16, digits=1),
)  # fmt: skip
SETTINGS = (
    *(replace(s, name=f"{s.name}; one group", control=None) for s in _KINDS),
    *(
        replace(s, name=f"{s.name}; {made}", people=min(s.people, 16), groups=groups)
        for s in _KINDS
        for made, groups in (("made by chance", "randomised"), ("not by chance", "unknown"))
    ),
    replace(_KINDS[7], name="mean change with spreads; made by chance", people=6, control=5, groups="randomised", spreads=True),
)  # fmt: skip
#: worlds of every setting of the table
WORLDS = 3_000


@cache
def programme_of(name: str) -> Programme:
    """A shipped programme, or the invented one, written from the documentation."""
    if name != _OWN:
        return load(name)
    page = (DOC.parent / "natural-history.md").read_text(encoding="utf-8")
    folder = Path(mkdtemp()) / "own"
    copytree(DOC.parent.parent / "tests" / "bundles" / "minimal", folder)
    for file, text in re.findall(
        r'```(?:yaml|csv) title="(natural_history/[a-z]+\.(?:yaml|csv))"\n(.*?)```', page, re.DOTALL
    ):
        (folder / file).write_text(text, encoding="utf-8")
    return load(folder)


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
    programme = programme_of(setting.programme)
    told = _told(setting, programme, worlds, seed)
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
        # the verdict on groups made by chance rests on the p of the arms, not on the replays
        trials=1_000 if setting.spreads else 10_000,
        seed=99,
        **setting.given,
    )


def _conditions(setting: Setting, programme: Programme) -> Conditions:
    named = {"baseline_window": "window"}
    given = {named.get(k, k): v for k, v in setting.given.items()}
    eras = find(programme, setting.outcome).eras
    return Conditions(**(given | ({"era": eras[-1]} if eras else {})))


def _told(setting: Setting, programme: Programme, worlds: int, seed: int) -> Counter[str]:
    """The headlines of null worlds: one cohort each, or one for each group that chance did not make."""
    found, conditions = find(programme, setting.outcome), _conditions(setting, programme)
    rng = np.random.default_rng(seed)
    u = rng.random((2, worlds))
    if setting.groups in {None, "randomised"}:
        u[1] = u[0]
    sizes = [setting.people] + ([setting.control] if setting.control else [])
    if found.changes is not None:
        ((_, change),) = found.changes(programme, conditions, setting.people)
        return _means(setting, change, found.words.measure[0] if found.words else "", sizes, u, rng)
    if found.rates is not None:
        ((_, rate),) = found.rates(programme, conditions, setting.people)
        days = parse_duration_days(setting.given["follow_up"])
        drawn = []
        for n, v in zip(sizes, u, strict=False):
            mean = n * days * read_quantile(rate.quantiles, v)
            drawn.append(rng.poisson(mean * rng.gamma(n / rate.dispersion, rate.dispersion / n, worlds)))
        texts = [f" falls in {n} people" for n in sizes]
        return Counter(
            " against ".join(f"{k}{t}" for k, t in zip(row, texts, strict=True))
            for row in zip(*drawn, strict=True)
        )
    assert found.proportions is not None
    ((_, share),) = found.proportions(programme, conditions, setting.people)
    exam = ExamModel()
    if found.examination is not None and (figures := found.examination(programme)) is not None:
        exam = ExamModel(
            examiner_sd=figures.leaning_sd, late_share=0.1, late_extra=figures.late_change_in_three_months
        )
    counts = replay_counts(
        np.stack([share.quantiles] * len(sizes)), sizes, list(range(len(sizes))), trials=worlds, seed=seed, exam=exam,
        apart=setting.groups not in {None, "randomised"},
    )  # fmt: skip
    return Counter(
        " against ".join(f"{k} of {n}" for k, n in zip(row, sizes, strict=False)) for row in counts
    )


def _means(
    setting: Setting, f: ChangeForecast, measure: str, sizes: list[int], u: Array, rng: np.random.Generator
) -> Counter[str]:
    worlds = u.shape[1]
    d, printed = setting.digits, []
    for n, v in zip(sizes, u, strict=False):
        people = read_quantile(f.quantiles, v)[:, None] + f.sd * rng.standard_normal((worlds, n))
        printed.append((np.round(people.mean(axis=1), d), people.std(axis=1, ddof=1)))
    first = printed[0][0]
    if len(sizes) == 1:
        return Counter(f"{measure} changed by {v + 0.0:+.{d}f} points in {sizes[0]} people" for v in first)
    if setting.spreads:
        return Counter(
            f"{measure} changed by {a + 0.0:+.{d}f} points (SD {s:.1f}) in {sizes[0]} people against {b + 0.0:+.{d}f} (SD {t:.1f}) in {sizes[1]}"
            for a, s, b, t in zip(*printed[0], *printed[1], strict=True)
        )
    # without spreads the answer rests on the gap of the two printed figures alone: texts with one gap are one text
    gap = np.round(first - printed[1][0], d) + 0.0
    zero = f"{0:.{d}f}"
    return Counter(
        f"{measure} changed by {g:+.{d}f} points in {sizes[0]} people against {zero} in {sizes[1]}"
        for g in gap
    )


def _percent(values: tuple[float, ...]) -> str:
    return " / ".join(f"{100 * v:.1f}" for v in values)


def row(c: Calibration) -> str:
    """One setting as a line of the table."""
    cells = [
        c.setting.name,
        f"{c.worlds:,}",
        *(_percent(v) for v in (c.at_least, c.at_most, c.benefit, c.harm)),
    ]
    return f"| {' | '.join(cells)} |"


def report(worlds: int = WORLDS, settings: tuple[Setting, ...] = SETTINGS) -> str:
    """The table of null worlds drawn from the models, the worst case last."""
    lines = [
        "| kind and design | worlds | P(at least this) ≤ 5 / 1 % | P(at most this) ≤ 5 / 1 % | benefit below 5 / 1 % | harm below 5 / 1 % |",
        "|---|---|---|---|---|---|",
    ]
    made = [calibrate(s, worlds) for s in settings]
    lines += [row(c) for c in made]
    worst = tuple(max(max(c.at_least[i], c.at_most[i]) for c in made) for i in range(2))
    lines.append(f"| **worst of P** | | **{_percent(worst)}** | | | |")
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


def block_of(name: str) -> str:
    """A generated table as it stands in docs/headline.md."""
    text = DOC.read_text(encoding="utf-8")
    return text.split(f"<!-- {name}: begin -->\n", 1)[1].split(f"<!-- {name}: end -->", 1)[0]


def write_block(name: str, block: str) -> None:
    """Rewrite one generated table in docs/headline.md."""
    text = DOC.read_text(encoding="utf-8")
    head, rest = text.split(f"<!-- {name}: begin -->\n", 1)
    tail = rest.split(f"<!-- {name}: end -->", 1)[1]
    DOC.write_text(f"{head}<!-- {name}: begin -->\n{block}<!-- {name}: end -->{tail}", encoding="utf-8")


def write() -> None:
    """Rewrite the generated tables in docs/headline.md."""
    write_block("worlds", report())
    write_block("sizes", sizes_report(sizes()))


if __name__ == "__main__":
    write()
