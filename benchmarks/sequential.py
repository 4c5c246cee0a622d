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


def survival(seed: int, trials: int = TRIALS) -> float:
    """Power of looks at 40, 80 and 120 events among 200 people accrued over a year, hazard ratio 0.6, 5 % lost a year."""
    rng = np.random.default_rng(seed)
    bounds = shaped(3, 0.025, "obrien-fleming").upper
    arm = np.broadcast_to(np.arange(200) % 2, (trials, 200))
    entry = np.sort(rng.uniform(0, 12, (trials, 200)), axis=1)
    hazard = np.where(arm == 1, 0.06, 0.1)
    death = rng.exponential(1, (trials, 200)) / hazard
    lost = rng.exponential(1, (trials, 200)) / (-np.log(0.95) / 12)
    end, died = np.minimum(death, lost), death <= lost
    calendar = np.sort(np.where(died, entry + end, np.inf), axis=1)
    left, won = np.arange(trials), 0
    for k, events in enumerate((40, 80, 120)):
        at = calendar[left, events - 1][:, None]
        seen = entry[left] < at
        watched = np.where(seen, np.minimum(end[left], at - entry[left]), 1e-9)
        event = died[left] & (entry[left] + end[left] <= at)
        z = -logrank_batch(watched, event, np.ascontiguousarray(arm[left])).z
        crossed = z >= bounds[k]
        won += int(crossed.sum())
        left = left[~crossed]
    return won / trials


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
