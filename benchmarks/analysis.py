"""The batch kernels against R's usual calls on the same data sets, one thread: ``python -m benchmarks.analysis``.

Peers are used where they are installed (R with survival, nlme, MASS; the R package mmrm). Times are CPU time per fit; the kernels are compiled
before. The agreement of the first fit stands beside each ratio. The package ``survival`` of PyPI (Rust) is compared where it is installed. rpact is C++ and only
a few times slower: ``python -m benchmarks.sequential`` compares it.
"""

from __future__ import annotations

import csv
import importlib
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from proband.analysis.mmrm.batch import RepeatedDesign, RepeatedFits, fit_repeated_batch
from proband.analysis.regression_batch import ancova_batch, proportional_odds_batch
from proband.analysis.survival.batch import cox_batch, logrank_batch
from proband.analysis.win_batch import win_batch

SETS = 2000


def repeated(people: int, visits: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Measurements with drop-out that depends on the last value, 3 % further gaps, and covariates (1, baseline, arm)."""
    rng = np.random.default_rng(seed)
    base, arm = (
        rng.normal(size=(SETS, people)),
        np.broadcast_to(np.arange(people) % 2, (SETS, people)).astype(float),
    )
    at = np.arange(visits)
    sd = 1 + 0.1 * at
    root = np.linalg.cholesky(0.7 ** np.abs(np.subtract.outer(at, at)) * np.outer(sd, sd))
    y = (
        0.5 * base[:, :, None]
        + 0.3 * arm[:, :, None] * at / visits
        + rng.normal(size=(SETS, people, visits)) @ root.T
    )
    gone = rng.random(y.shape) < 1 / (1 + np.exp(3.5 - 0.5 * np.roll(y, 1, axis=2)))
    gone[:, :, 0] = False
    y[np.cumsum(gone, axis=2) > 0] = np.nan
    y[rng.random(y.shape) < 0.03] = np.nan
    return y, np.stack([np.ones_like(base), base, arm], axis=2)


def timed(run: Callable[[], object]) -> tuple[float, object]:
    """Microseconds of CPU per data set, and the answer; the first call, which compiles, is not counted."""
    run()
    start = time.process_time()
    out = run()
    return (time.process_time() - start) / SETS * 1e6, out


def main() -> None:
    """Run every kernel, then R on the same data, and print the table."""
    rng = np.random.default_rng(1)
    people = 200
    arm, z = np.arange(people) % 2, rng.normal(size=(SETS, people))
    hazard = np.exp(-0.35 * arm + 0.3 * z)
    death, end = rng.exponential(1 / hazard), rng.uniform(0.5, 4, (SETS, people))
    watched, event = np.minimum(death, end), death <= end
    x = np.stack([np.broadcast_to(arm, z.shape).astype(float), z], axis=2)
    y = 0.5 * z + 0.2 * arm + rng.normal(size=z.shape)
    few = 60
    grade = np.digitize(rng.logistic(size=(SETS, few)) + 0.5 * (np.arange(few) % 2), [-1.5, -0.5, 0.5, 1.5])
    data = {"A": repeated(200, 4, 2), "B": repeated(60, 6, 3)}
    ours: dict[str, tuple[float, float]] = {}
    spent, logrank = timed(lambda: logrank_batch(watched, event, arm))
    ours["log-rank"] = spent, float(logrank.z[0] ** 2)  # type: ignore[attr-defined]
    spent, cox = timed(lambda: cox_batch(watched, event, x))
    ours["cox"] = spent, float(cox.beta[0, 0])  # type: ignore[attr-defined]
    spent, means = timed(lambda: ancova_batch(y, arm, z[:, :, None]))
    ours["ancova"] = spent, float(means.estimate[0])  # type: ignore[attr-defined]
    spent, odds = timed(
        lambda: proportional_odds_batch(grade, (np.arange(few) % 2)[:, None].astype(float), 5)
    )
    ours["proportional odds"] = spent, float(odds.estimate[0])  # type: ignore[attr-defined]
    for name, (measured, w) in data.items():
        visits = measured.shape[2]
        design = RepeatedDesign.by_visit(visits, True, False, True)

        def fit(
            m: np.ndarray = measured, w: np.ndarray = w, d: RepeatedDesign = design, v: int = visits
        ) -> RepeatedFits:
            return fit_repeated_batch(m, w, d, d.contrast(2, v - 1), engine="kernel")

        spent, fits = timed(fit)
        ours[f"mmrm-{name}"] = spent, float(fits.estimate[0, 0])  # type: ignore[attr-defined]
        print(
            f"MMRM {name}, Kenward–Roger: {spent:.0f} µs a fit, {float(fits.converged.mean()):.2%} converged"
        )  # type: ignore[attr-defined]
    values = np.stack([watched, y], axis=1)
    spent, _ = timed(lambda: win_batch(("time", "value"), values, np.stack([event, event], axis=1), arm))
    print(f"win odds, {people} people, two components: {spent:.0f} µs")
    table = 10 * 10_000 * (ours["mmrm-A"][0] + spent + ours["log-rank"][0]) / 1e6 / 2
    print(
        f"a table of 10 scenarios × 10,000 trials × MMRM (200 × 4) + win odds + log-rank: {table:.0f} s on two cores"
    )
    against_rust(watched, event, arm, z, ours)
    theirs = in_r({"survival": (watched, event, arm, z), "means": (y, arm, z), "grades": (grade,)}, data)
    if theirs is None:
        print("no Rscript: nothing to compare with")
        for name, (spent, _) in ours.items():
            print(f"{name:20} {spent:9.1f} µs")
        return
    print(f"{'analysis':24} {'kernel, µs':>11} {'R, ms':>9} {'ratio':>8}  first fit: difference")
    for name, (milliseconds, value) in theirs.items():
        spent, mine = ours[name.replace("-package", "")]
        print(
            f"{name:24} {spent:11.1f} {milliseconds:9.2f} {1000 * milliseconds / spent:7.0f}×  {abs(value - mine):.1e}"
        )


def against_rust(
    watched: np.ndarray, event: np.ndarray, arm: np.ndarray, z: np.ndarray, ours: dict[str, tuple[float, float]], sets: int = 200
) -> None:  # fmt: skip
    """Log-rank and Cox of the package ``survival`` of PyPI (Rust, MIT) on the same data sets, by the calls that its users make, where it is installed."""
    try:
        survival = importlib.import_module("survival")
    except ModuleNotFoundError:
        print("the package survival (Rust) is absent: pip install survival")
        return
    group = arm.astype(float).tolist()
    tables = [
        {
            "time": watched[d].tolist(),
            "event": event[d].astype(int).tolist(),
            "arm": group,
            "z": z[d].tolist(),
        }
        for d in range(sets)
    ]
    calls = {
        "log-rank": lambda data: survival.survdiff("Surv(time, event) ~ arm", data=data).chisq,
        "cox": lambda data: survival.coxph("Surv(time, event) ~ arm + z", data=data).coefficients[0],
    }
    print(
        f"{'against survival (Rust)':24} {'kernel, µs':>11} {'Rust, µs':>9} {'ratio':>8}  first: difference"
    )
    for name, call in calls.items():
        first = float(call(tables[0]))
        start = time.process_time()
        for data in tables:
            call(data)
        spent = (time.process_time() - start) / sets * 1e6
        print(
            f"{name:24} {ours[name][0]:11.1f} {spent:9.1f} {spent / ours[name][0]:7.1f}×  {abs(first - ours[name][1]):.1e}"
        )


def in_r(
    flat: dict[str, tuple[np.ndarray, ...]], data: dict[str, tuple[np.ndarray, np.ndarray]]
) -> dict[str, tuple[float, float]] | None:
    """Milliseconds per fit and the first answer of R, by name; None without R."""
    script = shutil.which("Rscript")
    if script is None:
        return None
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        time_, event, arm, z = flat["survival"]
        _write(folder / "survival.csv", "set,time,event,arm,z", (
            (d, time_[d, i], int(event[d, i]), arm[i], z[d, i]) for d in range(200) for i in range(time_.shape[1])
        ))  # fmt: skip
        y = flat["means"][0]
        _write(folder / "means.csv", "set,y,arm,z", (
            (d, y[d, i], arm[i], z[d, i]) for d in range(200) for i in range(y.shape[1])
        ))  # fmt: skip
        grade = flat["grades"][0]
        _write(folder / "grades.csv", "set,y,arm", (
            (d, grade[d, i], i % 2) for d in range(100) for i in range(grade.shape[1])
        ))  # fmt: skip
        for name, (m, w) in data.items():
            _write(folder / f"mmrm_{name}.csv", "set,who,visit,y,base,arm", (
                (d, i, v + 1, m[d, i, v] if np.isfinite(m[d, i, v]) else "NA", w[d, i, 1], w[d, i, 2])
                for d in range(20) for i in range(m.shape[1]) for v in range(m.shape[2])
            ))  # fmt: skip
        done = subprocess.run(
            [script, "--vanilla", str(Path(__file__).with_suffix(".R")), place],
            capture_output=True,
            text=True,
            check=False,
        )
    out = {}
    for line in done.stdout.splitlines():
        *name, milliseconds, _, value = line.split()
        out[" ".join(name)] = float(milliseconds), float(value)
    if done.returncode:
        print("R stopped: " + done.stderr.strip().splitlines()[-1])
    return out


def _write(path: Path, header: str, rows: object) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header.split(","))
        writer.writerows(rows)  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
