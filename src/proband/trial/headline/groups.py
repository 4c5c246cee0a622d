"""Two groups: how they were made decides what their difference can say.

Where chance made them, the two arms speak for themselves: an exact unconditional test bounds how often chance alone makes such a
gap, whatever the share in both. Where it did not, they may have differed from the start: each arm comes from a cohort of its own, and the
verdict takes the cautious end over the cohorts.

References
----------
Boschloo RD. Statistica Neerlandica 1970;24:1-35. Fisher RA. J R Stat Soc 1922;85:87-94.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from proband.analysis.elementary import normal_cdf
from proband.analysis.exact import fisher
from proband.analysis.unconditional import boschloo
from proband.natural_history.kinds.rows import DISPERSION
from proband.terms import Source
from proband.trial.headline.direction import LOUD
from proband.trial.headline.result import GroupTest

#: how groups can have been made → the same in words
MADE = {
    "randomised": "made by chance",
    "matched": "matched, not made by chance",
    "other-clinic": "from different clinics",
    "historical": "from different years",
    "unknown": "made in a way that is not stated",
}
#: why a natural history is no yardstick for the very study that it comes from
CIRCULAR = "The published history of such people is this study's own comparison group."
#: the same where the headline tells of one group
CIRCULAR_ALONE = "The published history of such people is this study's own: it would be compared with itself."
#: whom two arms are compared with where no natural history applies, and what is taken then, by what the headline tells
ALONE_DOMAIN = "the two arms of the headline itself, taken as one kind of people"
ALONE = {
    "counts": ("No natural history applies: both arms are drawn from the rate of the two arms together.",),
    "change": ("No natural history applies: both arms are drawn around the mean of the two arms together.",),
    "rate": (
        "No natural history applies: both arms are drawn from the rate of the two arms together.",
        f"How far people differ is not known: the variance of their rates is taken as {DISPERSION:g} times the squared mean (assumption).",
    ),
}
#: most people of both arms for which Boschloo's test is computed
MOST_PEOPLE = 400


def compare_groups(
    events: int, people: int, control_events: int | None, control_people: int | None
) -> GroupTest:
    """The two arms alone: Boschloo's test, and Fisher's where there are too many people for it (its size is at most nominal too)."""
    e0, n0 = control_events or 0, control_people or 1
    more = events * n0 >= e0 * people
    if people + n0 <= MOST_PEOPLE:
        one = boschloo(events, people, e0, n0, "greater" if more else "less")
        return GroupTest("Boschloo's exact test", one.p, boschloo(events, people, e0, n0, "two-sided").p)
    f = fisher(events, people, e0, n0) if more else fisher(people - events, people, n0 - e0, n0)
    return GroupTest("Fisher's exact test", f.one_sided, f.two_sided)


def compare_means(
    change: float,
    people: int,
    sd: float | None,
    control: float,
    control_people: int,
    control_sd: float | None,
    spread: float,
    steps: tuple[float, float] = (0.0, 0.0),
) -> GroupTest:
    """Two mean changes alone: Welch's t test where the text gives both spreads (at least two people each), else a z test with ``spread``.

    Neither is exact. Welch BL. Biometrika 1947;34:28-35. ``steps`` are one of the last printed digit of each mean: the gap of two rounded figures
    is known to half of the finer step, and rounding has a variance of its own (Sheppard: a twelfth of the squared step).
    """
    gap = max(abs(change - control) - min(steps) / 2, 0.0)
    rounding = (steps[0] ** 2 + steps[1] ** 2) / 12
    if sd and control_sd and people > 1 and control_people > 1:
        from scipy.special import stdtr

        a, b = sd**2 / people, control_sd**2 / control_people
        freedom = (a + b) ** 2 / (a**2 / (people - 1) + b**2 / (control_people - 1))
        one = float(stdtr(freedom, -gap / np.sqrt(a + b + rounding)))
        return GroupTest("Welch's t test", one, min(1.0, 2 * one))
    a, b = (sd or spread) ** 2 / people, (control_sd or spread) ** 2 / control_people
    one = float(normal_cdf(-gap / np.sqrt(a + b + rounding)))
    return GroupTest("z test with the published spread between people", one, min(1.0, 2 * one))


def best_of(chance: float, tries: int) -> float:
    """The chance that the best of so many tries shows it: at most the sum, however the tries hang together (Bonferroni)."""
    return min(1.0, tries * chance)


def same_study(one: Source, other: Source) -> bool:
    """Whether two sources report one study: one id, or one identifier of the publication or of the trial."""
    pairs = [(getattr(one, k), getattr(other, k)) for k in ("id", "doi", "pmid", "pmcid", "registration")]
    # capitals mean nothing in a DOI or a registration
    return any(a is not None and b is not None and a.casefold() == b.casefold() for a, b in pairs)


def told_by(sources: Iterable[Source]) -> tuple[str, ...]:
    """Whose headline it is, as a line of the assumptions."""
    cited = "; ".join(str(s) for s in sources)
    return (f"The headline comes from: {cited}.",) if cited else ()


def rests_on(
    groups: str,
    compared: GroupTest,
    probability: float,
    interval: tuple[float, float],
    *,
    harm: bool,
    alone: bool,
) -> float:
    """The chance that the verdict rests on.

    Groups made by chance: the two-sided p of the arms alone, because the gap itself says which way it points. Otherwise the end over
    cohorts that claims least for benefit. For harm the chance over all cohorts: the smallest end would cry wolf in a third of null worlds
    (docs/headline.md); :func:`not_ordinary` keeps it from being called ordinary. With neither (``alone``) there is no verdict, and the p is only what
    chance would have done.
    """
    if groups == "randomised" or alone:
        return compared.two_sided
    return probability if harm else interval[1]


def not_ordinary(surprise: str, groups: str, interval: tuple[float, float], *, harm: bool) -> str:
    """The grade of a difference between groups that chance did not make: harm is ordinary only if it is so in every plausible cohort."""
    doubtful = harm and groups != "randomised" and interval[0] < LOUD
    return "not unusual" if doubtful and surprise == "common" else surprise
