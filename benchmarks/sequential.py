"""Group-sequential trials by the thousand against rpact, whose simulators are C++: ``python -m benchmarks.sequential``.

Same designs, same numbers of trials, one thread; the power that each found stands beside the ratio. rpact is used where R has it; it is a few
times slower and not hundreds of times: quote no other ratio for it.
"""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from proband.analysis.sequential.boundaries import shaped
from proband.analysis.survival.batch import logrank_batch

TRIALS = 10_000


def means(seed: int) -> float:
    """Power of three looks at 40, 80 and 120 people, difference 5 at an SD of 10: stage means and sums of squares are drawn, not people."""
    rng = np.random.default_rng(seed)
    bounds = shaped(3, 0.025, "obrien-fleming").upper
    sizes = np.array([40, 80, 120]) / 2
    # means of either arm by stage of 20 people, and squares around them
    control, treated = (
        rng.normal(0, 10 / np.sqrt(20), (TRIALS, 3)),
        rng.normal(5, 10 / np.sqrt(20), (TRIALS, 3)),
    )
    inside = 100 * rng.chisquare(38, (TRIALS, 3))
    running = np.arange(1, 4)
    mean_c, mean_t = np.cumsum(control, axis=1) / running, np.cumsum(treated, axis=1) / running
    squares = np.cumsum(inside, axis=1) + 20 * (
        np.cumsum(control**2 + treated**2, axis=1) - running * (mean_c**2 + mean_t**2)
    )
    z = (mean_t - mean_c) / np.sqrt(squares / (2 * sizes - 2) * 2 / sizes)
    return float((z >= bounds).any(axis=1).mean())


def survival(seed: int, trials: int = TRIALS, block: int = 250) -> float:
    """Power of looks at 40, 80 and 120 events among 200 people accrued over a year, hazard ratio 0.6, 5 % lost a year.

    In blocks that stay in a core's cache, as the simulator runs its shards.
    """
    rng = np.random.default_rng(seed)
    bounds = shaped(3, 0.025, "obrien-fleming").upper
    return sum(_survival(rng, min(block, trials - at), bounds) for at in range(0, trials, block)) / trials


def _survival(rng: np.random.Generator, trials: int, bounds: NDArray[np.float64]) -> int:
    """How many of so many trials cross a boundary."""
    arm = np.arange(200) % 2
    entry = rng.uniform(0, 12, (trials, 200))
    death = rng.exponential(1, (trials, 200)) / np.where(arm == 1, 0.06, 0.1)
    lost = rng.exponential(1 / (-np.log(0.95) / 12), (trials, 200))
    end, died = np.minimum(death, lost), death <= lost
    leaves = entry + end
    calendar = np.sort(np.where(died, leaves, np.inf), axis=1)
    won = 0
    for bound, events in zip(bounds, (40, 80, 120), strict=True):
        at = calendar[:, events - 1][:, None]
        watched = np.where(entry < at, np.minimum(end, at - entry), 1e-9)
        crossed = -logrank_batch(watched, died & (leaves <= at), arm).z >= bound
        won += int(crossed.sum())
        on = ~crossed
        entry, end, died, leaves, calendar = entry[on], end[on], died[on], leaves[on], calendar[on]
    return won


def main() -> None:
    """Run both, then rpact, and print the table."""
    survival(0, 100)  # compiles
    ours: dict[str, tuple[float, float]] = {}
    for name, run in (("means", means), ("survival", survival)):
        start = time.process_time()
        power = run(1)
        ours[name] = (time.process_time() - start) / TRIALS * 1e6, power
    script = shutil.which("Rscript")
    done = subprocess.run([script or "", "--vanilla", str(Path(__file__).with_suffix(".R"))], capture_output=True, text=True, check=False) if script else None  # fmt: skip
    if done is None or done.returncode:
        print("no R with rpact: nothing to compare with" if done is None else done.stderr.strip()[-300:])
        for name, (spent, power) in ours.items():
            print(f"{name:10} {spent:9.2f} µs a trial, power {power:.4f}")
        return
    print(f"{'trials of':12} {'here, µs':>9} {'rpact, µs':>10} {'ratio':>7}  power here and there")
    for line in done.stdout.splitlines():
        name, spent_there, power_there = line.split()
        spent, power = ours[name]
        print(f"{name:12} {spent:9.2f} {float(spent_there):10.2f} {float(spent_there) / spent:6.1f}×  {power:.4f} {float(power_there):.4f}")  # fmt: skip


if __name__ == "__main__":
    main()
