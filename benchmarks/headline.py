"""The headline test's replay against the same simulation as a plain NumPy loop over trials, and in R.

Run ``python -m benchmarks.headline``; ``--write-coverage`` rewrites the generated tables in docs/headline.md.
All three simulate the same thing in the same run, in seconds of processor time of the one core that each of them uses: 10,000 do-nothing trials of 200 participants, one cohort per trial drawn from the
same quantile table, two leaning examiners, late examinations.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np

from proband.natural_history.special.coverage import coverage_report, sensitivity_report
from proband.natural_history.special.spinal_cord import grade_forecast
from proband.natural_history.special.spinal_words import GradeQuestion
from proband.programme import load
from proband.trial.replay import ExamModel, replay_counts

TRIALS, PEOPLE = 10_000, 200
EXAM = ExamModel(examiners=2, examiner_sd=0.26, late_share=0.1, late_extra=0.0036)
DOC = Path(__file__).resolve().parent.parent / "docs" / "headline.md"


def numpy_loop(table: np.ndarray, trials: int, seed: int) -> np.ndarray:
    """One trial after the other, each vectorised over its participants: what one writes in an afternoon."""
    rng = np.random.default_rng(seed)
    q = len(table)
    out = np.empty(trials, dtype=np.int64)
    for t in range(trials):
        p = np.interp(rng.random() * q - 0.5, np.arange(q), table)
        lean = EXAM.examiner_sd * rng.standard_normal(EXAM.examiners)
        odds = p / (1 - p) * np.exp(lean)
        chance = (odds / (1 + odds))[np.arange(PEOPLE) % EXAM.examiners]
        changed = rng.random(PEOPLE) < chance
        late = rng.random(PEOPLE) < EXAM.late_share * EXAM.late_extra
        out[t] = np.count_nonzero(changed | late)
    return out


def in_r(table: np.ndarray) -> tuple[float, np.ndarray] | None:
    """Seconds of processor time and counts of the same simulation in R, or ``None`` where there is no R."""
    script = shutil.which("Rscript")
    if script is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        data, counts = Path(folder) / "table.txt", Path(folder) / "counts.txt"
        np.savetxt(data, table, fmt="%.17g")
        source = Path(__file__).with_name("headline.R")
        done = subprocess.run(
            [script, "--vanilla", str(source), str(data), str(counts), str(TRIALS), str(PEOPLE)],
            capture_output=True,
            text=True,
            check=True,
        )
        return float(done.stdout.strip().splitlines()[-1]), np.loadtxt(counts)


def best_of(times: int, call: object, *args: object) -> tuple[float, np.ndarray]:
    """Shortest of some runs, and the last result."""
    shortest, result = np.inf, np.empty(0)
    for _ in range(times):
        start = time.process_time()
        result = call(*args)  # type: ignore[operator]
        shortest = min(shortest, time.process_time() - start)
    return shortest, result


def write_coverage() -> None:
    """Rewrite the generated tables in the documentation."""
    text, programme = DOC.read_text(encoding="utf-8"), load("spinal-cord-autologous")
    for name, report in (("coverage", coverage_report), ("sensitivity", sensitivity_report)):
        begin, end = f"<!-- {name}: begin -->\n", f"<!-- {name}: end -->\n"
        before, rest = text.split(begin, 1)
        _, after = rest.split(end, 1)
        text = before + begin + report(programme) + end + after
    DOC.write_text(text, encoding="utf-8")


def main() -> None:
    """Print times and ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--write-coverage", action="store_true", help="rewrite the generated tables in docs/headline.md"
    )
    if parser.parse_args().write_coverage:
        write_coverage()
        return
    forecast = grade_forecast(
        load("spinal-cord-autologous"), "A", "tetraplegia", GradeQuestion((14, 28), 365.0)
    )
    table = forecast.quantiles

    def vectorised() -> np.ndarray:
        return replay_counts(table[None], [PEOPLE], [0], trials=TRIALS, seed=1, exam=EXAM)[:, 0]

    start = time.process_time()
    vectorised()
    first = time.process_time() - start
    own, counts = best_of(7, vectorised)
    loop, looped = best_of(2, numpy_loop, table, TRIALS, 1)
    print(f"{TRIALS:,} do-nothing trials of {PEOPLE} participants, one core")
    print(f"  Proband (NumPy)       {own * 1e3:9.1f} ms   (first call: {first * 1e3:.0f} ms)")
    print(
        f"  NumPy loop            {loop * 1e3:9.1f} ms   {loop / own:7.1f} x   mean {looped.mean():.2f} v {counts.mean():.2f}"
    )
    r = in_r(table)
    if r is None:
        print("  R                     not compared: Rscript is absent (install r-base-core)")
    else:
        seconds, theirs = r
        print(
            f"  R loop                {seconds * 1e3:9.1f} ms   {seconds / own:7.1f} x   mean {theirs.mean():.2f} v {counts.mean():.2f}"
        )
    error = 4 * np.sqrt(2) * counts.std() / np.sqrt(TRIALS)
    others = [looped] if r is None else [looped, r[1]]
    for other in others:
        assert abs(other.mean() - counts.mean()) < error, "the simulations disagree"
        assert abs(other.std() / counts.std() - 1) < 0.05, "the simulations disagree in spread"
    print("  answers agree within counting error")


if __name__ == "__main__":
    main()
