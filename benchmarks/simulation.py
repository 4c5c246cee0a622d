"""A table of operating characteristics: 10 scenarios × 10,000 simulated studies × MMRM, win odds and log-rank, two processes.

``python -m benchmarks.simulation [trials] [folder]``. Compilation is measured apart: first use after an installation, and again from the
cache. With a folder finished shards and the processor time that they took are kept in it, and a run that was broken off goes on there.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import MutableMapping
from pathlib import Path

from proband.cli.simulate import KeptShards
from proband.programme import load
from proband.trial.conduct import run_shard
from proband.trial.plan import plan_of
from proband.trial.scenarios import scenarios_of
from proband.trial.simulation import simulate

FIRST = """
import resource, time
from proband.programme import load
from proband.trial.conduct import run_shard
from proband.trial.plan import plan_of
from proband.trial.scenarios import scenarios_of
plan = plan_of(load("liver-cells"))
before, start = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
run_shard(plan, scenarios_of(plan.trial)[0], 0, 20, 1)
after = resource.getrusage(resource.RUSAGE_SELF)
print(f"{after.ru_utime - before.ru_utime:.1f} s of processor time, {time.perf_counter() - start:.1f} s on the clock")
"""


def _add(folder: Path | None, taken: float) -> float:
    """Keep the processor time of a run beside its shards; gives that of the runs before."""
    if folder is None:
        return 0.0
    spent = folder / "processor-seconds.txt"
    folder.mkdir(parents=True, exist_ok=True)
    earlier = float(spent.read_text(encoding="utf-8")) if spent.exists() else 0.0
    spent.write_text(f"{earlier + taken:.3f}\n", encoding="utf-8")
    return earlier


def main() -> None:
    """Run the table and print what it took."""
    trials = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    plan = plan_of(load("liver-cells"))
    every = scenarios_of(plan.trial, {"meld-change": -3.0})
    with tempfile.TemporaryDirectory() as cache:
        for name in ("first use, nothing compiled", "second use, from the cache"):
            done = subprocess.run(
                [sys.executable, "-c", FIRST],
                env={**os.environ, "NUMBA_CACHE_DIR": cache},
                capture_output=True,
                text=True,
                check=True,
            )
            print(f"{name:32s} {done.stdout.strip()}")
    run_shard(plan, every[0], 0, 20, 1)
    start = time.process_time()
    run_shard(plan, every[0], 0, 500, 1)
    each = (time.process_time() - start) / 500
    print(
        f"one study, three analyses        {each * 1e6:.0f} µs of processor time; {len(every)} × {trials:,} on two cores: {each * len(every) * trials / 2:.0f} s"
    )
    folder = Path(sys.argv[2]) if len(sys.argv) > 2 else None
    kept: MutableMapping[str, bytes] | None = KeptShards(folder / "shards") if folder else None
    start, before = time.perf_counter(), os.times()
    try:
        done = simulate(plan, every, trials=trials, workers=2, kept=kept)
    finally:
        after = os.times()
        # what the processes took, whatever else the machine was doing: on two cores that do nothing else half of it is the time on the clock
        names = ("user", "system", "children_user", "children_system")
        taken = sum(getattr(after, name) - getattr(before, name) for name in names)
        earlier = _add(folder, taken)
    print(
        f"{len(every)} scenarios × {trials:,} studies      {taken + earlier:.1f} s of processor time, {(taken + earlier) / 2:.1f} s for each of two processes "
        f"(goal 60 s for 10,000); {time.perf_counter() - start:.1f} s on the clock in this run"
    )
    for each_scenario in done.found:
        print(
            f"  {each_scenario.scenario.id:18s}"
            + "  ".join(
                f"{100 * q.rejected.value:5.1f} ± {100 * q.rejected.error:.1f} %"
                for q in each_scenario.questions
            )
        )


if __name__ == "__main__":
    main()
