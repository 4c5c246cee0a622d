"""Liver scores: rows per second of the batch core, against a plain Python loop over the same rows in the same run.

Run: ``python -m benchmarks.liver_scores [--rows 2000000] [--json]``. The peer is the textbook formula written as a
Python function and called row by row, for the scores where that is a fair reading (MELD, MELD-Na, MELD 3.0, Child-Pugh,
ALBI, FIB-4); the other scores report their rate alone.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Callable

import numpy as np

from proband.instruments.catalogue import REGISTRY
from proband.instruments.instrument import FloatArray, Instrument, ItemKind
from proband.instruments.scoring import evaluate


def draw(instrument: Instrument, rows: int, rng: np.random.Generator) -> dict[str, FloatArray]:
    """Plausible random answers, all present."""
    columns: dict[str, FloatArray] = {}
    for item in instrument.items:
        if item.kind is ItemKind.CHOICE:
            codes = np.array([option.code for option in item.options])
            columns[item.name] = rng.choice(codes, rows)
        elif item.kind is ItemKind.YES_NO:
            columns[item.name] = (rng.random(rows) < 0.2).astype(np.float64)
        elif item.kind is ItemKind.POINTS:
            columns[item.name] = rng.integers(
                int(item.limits.possible_low), int(item.limits.possible_high) + 1, rows
            ).astype(np.float64)
        else:
            low, high = item.limits.usual_low, item.limits.usual_high
            low = low if np.isfinite(low) else item.limits.possible_low
            high = high if np.isfinite(high) else item.limits.possible_high
            columns[item.name] = np.exp(rng.uniform(np.log(max(low, 0.1)), np.log(high), rows))
    for age in ("age", "age_at_registration"):
        if age in columns:
            columns[age] = rng.integers(18, 90, rows).astype(np.float64)
    if "renal_insufficiency" in columns:
        columns["renal_insufficiency"] = (columns["creatinine"] > 1.3).astype(np.float64)
    return columns


def _meld(bilirubin: float, creatinine: float, inr: float, dialysis: float) -> int:
    creatinine = 4.0 if dialysis else min(max(creatinine, 1.0), 4.0)
    raw = 9.57 * math.log(creatinine) + 3.78 * math.log(max(bilirubin, 1.0))
    raw += 11.2 * math.log(max(inr, 1.0)) + 6.43
    return min(max(math.floor(raw + 0.5), 6), 40)


def _meld_na(bilirubin: float, creatinine: float, inr: float, sodium: float, dialysis: float) -> int:
    creatinine = 4.0 if dialysis else min(max(creatinine, 1.0), 4.0)
    raw = 9.57 * math.log(creatinine) + 3.78 * math.log(max(bilirubin, 1.0))
    start = math.floor(raw + 11.2 * math.log(max(inr, 1.0)) + 6.43 + 0.5)
    if start > 11:
        deficit = 137 - min(max(sodium, 125), 137)
        start = math.floor(start + 1.32 * deficit - 0.033 * start * deficit + 0.5)
    return min(max(start, 6), 40)


def _meld_3(
    bilirubin: float,
    creatinine: float,
    inr: float,
    sodium: float,
    albumin: float,
    sex: float,
    dialysis: float,
) -> int:
    creatinine = 3.0 if dialysis else min(max(creatinine, 1.0), 3.0)
    log_bilirubin, log_creatinine = math.log(max(bilirubin, 1.0)), math.log(creatinine)
    deficit, lack = 137 - min(max(sodium, 125), 137), 3.5 - min(max(albumin, 1.5), 3.5)
    raw = 1.33 * sex + 4.56 * log_bilirubin + 0.82 * deficit - 0.24 * deficit * log_bilirubin
    raw += 9.09 * math.log(max(inr, 1.0)) + 11.14 * log_creatinine + 1.85 * lack
    return min(max(math.floor(raw - 1.83 * lack * log_creatinine + 6.5), 6), 40)


def _child_pugh(bilirubin: float, albumin: float, inr: float, ascites: float, encephalopathy: float) -> int:
    points = 1 if bilirubin < 2 else 2 if bilirubin <= 3 else 3
    points += 1 if albumin > 3.5 else 2 if albumin >= 2.8 else 3
    points += 1 if inr < 1.7 else 2 if inr <= 2.3 else 3
    return points + int(ascites) + 1 + (1 if encephalopathy < 1 else 2 if encephalopathy < 3 else 3)


def _albi(bilirubin: float, albumin: float) -> float:
    return 0.66 * math.log10(bilirubin) - 0.085 * albumin


def _fib_4(age: float, ast: float, alt: float, platelets: float) -> float:
    return age * ast / (platelets * math.sqrt(alt))


PEERS: dict[str, tuple[Callable[..., float], tuple[str, ...]]] = {
    "meld": (_meld, ("bilirubin", "creatinine", "inr", "dialysis")),
    "meld-na": (_meld_na, ("bilirubin", "creatinine", "inr", "sodium", "dialysis")),
    "meld-3": (_meld_3, ("bilirubin", "creatinine", "inr", "sodium", "albumin", "sex", "dialysis")),
    "child-pugh": (_child_pugh, ("bilirubin", "albumin", "inr", "ascites", "encephalopathy")),
    "albi": (_albi, ("bilirubin", "albumin")),
    "fib-4": (_fib_4, ("age", "ast", "alt", "platelets")),
}


def measure(instrument: Instrument, rows: int) -> dict[str, float | str | None]:
    """Rate of one score, and of its peer where there is one; both on the same rows, results compared."""
    rng = np.random.default_rng(1)
    columns = draw(instrument, rows, rng)
    variant = instrument.default_variant or instrument.variants[0].name
    evaluate(instrument, {name: column[:1000] for name, column in columns.items()}, variant)
    best = math.inf
    for _ in range(5):
        start = time.perf_counter()
        batch = evaluate(instrument, columns, variant)
        best = min(best, time.perf_counter() - start)
    rate = rows / best
    loop = None
    if instrument.id in PEERS:
        function, names = PEERS[instrument.id]
        few = min(rows, 200_000)
        lists = [columns[name][:few].tolist() for name in names]
        start = time.perf_counter()
        values = [function(*row) for row in zip(*lists, strict=True)]
        loop = few / (time.perf_counter() - start)
        if not np.allclose(values, batch.value[:few]):
            raise SystemExit(f"{instrument.id}: the loop and the batch disagree")
    return {
        "score": instrument.id,
        "rows_per_second": rate,
        "scored": float(batch.scored.mean()),
        "python_loop_rows_per_second": loop,
        "ratio": rate / loop if loop else None,
    }


def main() -> None:
    """Measure every liver score and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    results = [
        measure(instrument, arguments.rows) for instrument in REGISTRY.values() if instrument.area == "liver"
    ]
    if arguments.json:
        print(json.dumps(results, indent=1))
        return
    print(f"{'score':32}{'M rows/s':>10}{'scored':>9}{'loop M rows/s':>15}{'ratio':>8}")
    for one in results:
        loop, ratio = one["python_loop_rows_per_second"], one["ratio"]
        print(
            f"{one['score']:32}{one['rows_per_second'] / 1e6:10.1f}{one['scored']:9.1%}"
            + (f"{loop / 1e6:15.2f}{ratio:8.0f}" if loop and ratio else "")
        )
    slowest = min(results, key=lambda one: one["rows_per_second"])
    print(f"slowest: {slowest['score']} at {slowest['rows_per_second'] / 1e6:.1f} M rows/s (target 10)")


if __name__ == "__main__":
    main()
