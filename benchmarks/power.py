"""What the exact test of two groups gives away: its power beside that of the best test that is told what nobody knows, the common share.

The rival knows the nuisance: under the hypothesis that both groups are alike it is told their share, so that it takes no supremum over it, and it is told the
two shares of the alternative, so that it is the most powerful one there is (Neyman and Pearson; both directions alike, no coin at its edge). ``python -m benchmarks.power`` prints the table of docs/headline.md, ``--write`` rewrites it.
"""  # fmt: skip

from __future__ import annotations

import sys
from itertools import product

import numpy as np
from numpy.typing import NDArray

from benchmarks.calibration import write_block
from proband.analysis.exact import binomial, fisher_table
from proband.analysis.unconditional import critical_level

Array = NDArray[np.float64]
ARMS = ((10, 10), (20, 20), (30, 30), (50, 50), (100, 100), (30, 15), (40, 20))
BASES = (0.1, 0.3, 0.5)
ALPHA = 0.05
#: by the smaller arm: every pair of arms from the first to the last of 30
CLASSES = ((4, 5), (6, 9), (10, 14), (15, 19), (20, 30))
EVERY_BASE = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5)
#: most people in both arms for which the best valid test is searched for
SMALL = 20


def _tables(n: int, m: int, first: float, second: float) -> Array:
    return np.outer(binomial(n, first), binomial(m, second))


def exact_power(n: int, m: int, first: float, second: float) -> float:
    """Power of Boschloo's two-sided test at the level of 5 %."""
    order = fisher_table(n, m, "two-sided")
    critical, _ = critical_level(order, ALPHA)
    return float(_tables(n, m, first, second)[order <= critical * (1 + 1e-9)].sum())


def rival_power(n: int, m: int, first: float, second: float) -> float:
    """Power of the most powerful two-sided test at the same level that is told both shares and, under the hypothesis, the common one."""
    common = (n * first + m * second) / (n + m)
    null, alternative = _tables(n, m, common, common).ravel(), _tables(n, m, first, second).ravel()
    mirrored = _tables(n, m, max(2 * common - first, 0.001), min(2 * common - second, 0.999)).ravel()
    both = (alternative + mirrored) / 2
    order = np.argsort(-both / np.maximum(null, 1e-300), kind="stable")
    size = np.cumsum(null[order])
    return float(alternative[order[: int(np.searchsorted(size, ALPHA, side="right"))]].sum())


def best_valid(n: int, m: int, first: float, second: float) -> float:
    """The power that no test reaches which keeps its size of 5 % whatever the common share is, treats both directions alike and tosses no coin.

    An upper bound: the largest sum of the alternative's probabilities over all regions of tables that are the same with the groups exchanged (equal arms), or,
    for unequal arms, with having and not having the event exchanged, whose size is at most 5 % at 120 common shares (they are a part of what validity asks). Found by
    integer programming (HiGHS), with its bound on what it did not search.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp

    shares = (1 - np.cos(np.linspace(0, np.pi, 122)))[1:-1] / 2
    of, count = np.full((n + 1, m + 1), -1), 0
    for a, b in product(range(n + 1), range(m + 1)):
        if of[a, b] < 0:
            other = (b, a) if n == m else (n - a, m - b)
            of[a, b] = of[other] = count
            count += 1

    def summed(p: Array) -> Array:
        return np.bincount(of.ravel(), p.ravel(), count)

    sizes = np.array([summed(_tables(n, m, t, t)) for t in shares])
    made = milp(
        -summed(_tables(n, m, first, second)),
        constraints=LinearConstraint(sizes, -np.inf, ALPHA),
        bounds=Bounds(0, 1),
        integrality=np.ones(count),
    )
    return -float(made.mip_dual_bound)


def told(n: int, m: int, base: float, wanted: float = 0.8) -> float:
    """The difference that the rival finds with the wanted power, or the largest possible one."""
    low, high = 0.0, 0.999 - base
    if rival_power(n, m, base + high, base) < wanted:
        return high
    for _ in range(30):
        middle = (low + high) / 2
        low, high = (low, middle) if rival_power(n, m, base + middle, base) >= wanted else (middle, high)
    return high


def found() -> list[tuple[int, int, float, float, float, float]]:
    """Arms, share of the control group, difference, and both powers, where the rival has a power of four in five."""
    return [
        (n, m, base, d, exact_power(n, m, base + d, base), rival_power(n, m, base + d, base))
        for (n, m), base in product(ARMS, BASES)
        for d in (told(n, m, base),)
    ]


def part_of_rival(n: int, m: int, base: float) -> float | None:
    """The exact test's power as a part of the rival's, where the rival finds a difference with a power of four in five; ``None`` where there is none such."""
    d = told(n, m, base)
    rival = rival_power(n, m, base + d, base)
    return exact_power(n, m, base + d, base) / rival if rival >= 0.8 else None


def every(first: int, last: int) -> list[tuple[float, int, int, float]]:
    """The part of every pair of arms whose smaller one has ``first`` to ``last`` people, the larger up to 30, by share of the control group."""
    return sorted(
        (part, n, m, base)
        for m in range(first, last + 1)
        for n in range(m, 31)
        for base in EVERY_BASE
        if (part := part_of_rival(n, m, base)) is not None
    )


def class_row(first: int, last: int) -> str:
    """One line of the table of all arms of 4 to 30."""
    some = every(first, last)
    part, n, m, base = some[0]
    good = sum(v >= 0.9 for v, *_ in some)
    return f"| {first} to {last} | {len(some):,} | {good:,} ({good / len(some):.0%}) | {part:.2f} | {n} and {m}, {base:.0%} |".replace(
        "%", " %"
    )


def every_report() -> str:
    """The table of all arms of 4 to 30, by the smaller one."""
    lines = [
        "| people of the smaller arm | settings | of them nine tenths or more of the rival's power | the least | at |",
        "|---|---|---|---|---|",
        *(class_row(*c) for c in CLASSES),
    ]
    return "\n".join(lines) + "\n"


def report() -> str:
    """The table of powers, the worst case last."""
    rows = found()
    lines = [
        "| arms | share of the control group | difference | Boschloo's test | no valid test has more than | a rival that is told all shares | of the rival's power |",
        "|---|---|---|---|---|---|---|",
        *(
            f"| {n} and {m} | {base:.0%} | {d:.0%} | {exact:.3f} | {f'{best_valid(n, m, base + d, base):.3f}' if n + m <= SMALL else ''} | {best:.3f} | {exact / best:.2f} |"
            for n, m, base, d, exact, best in rows
        ),
        f"| **least** | | | | | | **{min(exact / best for *_, exact, best in rows):.2f}** |",
    ]
    return "\n".join(lines).replace("%", " %") + "\n"


if __name__ == "__main__":
    if "--write" in sys.argv:
        write_block("power", report())
        write_block("every-power", every_report())
    else:
        print(report(), every_report(), sep="\n")
