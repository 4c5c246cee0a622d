"""ISNCSCI classification: the batch engine and the readable engine against the Praxis reference on the same
examinations.

Run as ``python -m benchmarks.isncsci [rows]``. The reference (npm package ``isncsci``) is timed inside Node
around the classification alone, without reading or writing; so are ours. All three must give the same
answers, or the benchmark says so and fails.
"""

from __future__ import annotations

import os
import sys
import time

import numpy as np

from benchmarks.isncsci_reference import VERSION, ReferenceAbsentError, run_reference
from proband.instruments.isncsci import ANSWER_KEYS, ExamBatch, classify, classify_batch
from proband.instruments.isncsci.synthetic import KINDS, random_exams

_PEER_ROWS = 20_000
_READABLE_ROWS = 1_000
_REPEATS = 10


def _seconds(batch: ExamBatch) -> float:
    """The best of a few runs; the first one of all compiles and is not counted."""
    best = float("inf")
    for _ in range(_REPEATS):
        start = time.perf_counter()
        classify_batch(batch, engine="kernel")
        best = min(best, time.perf_counter() - start)
    return best


def main() -> int:
    """Print the rates and the ratios; 1 when a goal is missed or an answer differs, 0 otherwise."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    rng = np.random.default_rng(2019)
    classify_batch(random_exams(rng, 10, "mixed"), engine="kernel")
    missed = 0

    print(f"{rows:,} examinations at a time, {os.cpu_count()} cores; best of {_REPEATS}")
    for kind in KINDS:
        took = _seconds(random_exams(rng, rows, kind))
        goal = ""
        if kind == "plain":
            # The goal is 1,000,000 fully testable examinations in two seconds on two cores.
            met = took * 1_000_000 / rows <= 2.0
            missed += not met
            goal = f"   goal 2 s per million: {'met' if met else 'MISSED'}"
        print(f"  batch engine, {kind:7s} {took:7.3f} s   {rows / took:13,.0f} per second{goal}")

    for kind in KINDS:
        batch = random_exams(rng, _PEER_ROWS, kind)
        exams = [batch.exam(row) for row in range(_PEER_ROWS)]
        ours = _seconds(batch)
        start = time.perf_counter()
        for exam in exams[:_READABLE_ROWS]:
            classify(exam)
        readable = (time.perf_counter() - start) * _PEER_ROWS / _READABLE_ROWS
        try:
            peer = run_reference(exam.to_dict() for exam in exams)
        except ReferenceAbsentError as absent:
            print(
                f"  reference not run: {absent}; readable engine, {kind}: {_PEER_ROWS / readable:,.0f} per second"
            )
            continue
        answers = classify_batch(batch).to_columns()
        differ = sum(
            any(
                sorted(str(answers[key][row]).split(",")) != sorted(theirs[key].split(","))
                for key in ANSWER_KEYS
            )
            for row, theirs in enumerate(peer.answers)
        )
        ratio = peer.seconds / ours
        missed += ratio < 50 or differ > 0
        print(
            f"  {kind:7s} batch {_PEER_ROWS / ours:12,.0f}/s   readable {_PEER_ROWS / readable:8,.0f}/s   "
            f"isncsci {VERSION} {_PEER_ROWS / peer.seconds:8,.0f}/s   batch {ratio:6,.0f} times the reference "
            f"(goal 50: {'met' if ratio >= 50 else 'MISSED'}); {differ} of {_PEER_ROWS:,} differ"
        )
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
