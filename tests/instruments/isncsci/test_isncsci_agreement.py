"""The 25 answers against answers that others wrote: published cases, a frozen run of the reference, and the
reference itself.
"""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from benchmarks.isncsci_reference import ReferenceAbsentError, run_reference

from proband.instruments.isncsci import ANSWER_KEYS, Exam, classify, classify_batch
from proband.instruments.isncsci.synthetic import KINDS, random_exams


def members(text: str) -> list[str]:
    """A comma list is a set: its order says nothing, its members everything, and a repeated member is an
    error.
    """
    return sorted(text.split(","))


def differences(ours: Mapping[str, str], theirs: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    return {
        key: (ours[key], theirs[key]) for key in ANSWER_KEYS if members(ours[key]) != members(theirs[key])
    }


def check(cases: list[tuple[dict[str, Any], dict[str, str]]]) -> None:
    """Hold both engines against the expected answers, all 25 fields."""
    exams = [Exam.from_dict(case) for case, _ in cases]
    batch = classify_batch(exams, engine="kernel")
    wrong = []
    for row, (exam, (case, expected)) in enumerate(zip(exams, cases, strict=True)):
        assert set(expected) >= set(ANSWER_KEYS), "an expected answer is missing"
        for engine, answers in (("readable", classify(exam).to_dict()), ("batch", batch.row(row))):
            assert answers is not None
            if found := differences(answers, expected):
                wrong.append((case.get("id"), engine, found))
    assert not wrong, f"{len(wrong)} of {2 * len(cases)} differ: {wrong[:5]}"


@pytest.mark.acceptance
def test_the_published_cases_agree_in_every_field(evidence: Path) -> None:
    cases = json.loads((evidence / "spinal-cord" / "isncsci_cases.json").read_text())
    assert len(cases) == 40
    # The expected answers stand under `totals`; one case repeats outdated ones at top level.
    answers = set(ANSWER_KEYS)
    check(
        [
            ({k: v for k, v in case.items() if k not in answers and k != "totals"}, case["totals"])
            for case in cases
        ]
    )


@pytest.mark.acceptance
def test_every_line_of_the_frozen_reference_run_agrees(request: pytest.FixtureRequest) -> None:
    root = Path(request.config.rootpath).parent / "shared" / "acceptance"
    if not root.is_dir():
        pytest.skip("acceptance data absent: 25,000 checks not run")
    with gzip.open(root / "01_isncsci" / "oracle_npm_isncsci_2.0.6_random3000.jsonl.gz", "rt") as lines:
        rows = [json.loads(line) for line in lines]
    assert len(rows) == 1000
    assert {key for row in rows for key in row["totals"]} == set(ANSWER_KEYS)
    check([({k: v for k, v in row.items() if k != "totals"}, row["totals"]) for row in rows])


@pytest.mark.node
def test_fresh_random_examinations_agree_with_the_reference(fresh: np.random.Generator) -> None:
    """More than 10,000 new examinations in every run, plain, NT, star, non-key and mixed, all fields, both
    engines.
    """
    per_kind = 2_400
    batches = {kind: random_exams(fresh, per_kind, kind) for kind in KINDS}
    exams = [(kind, batch.exam(row)) for kind, batch in batches.items() for row in range(per_kind)]
    try:
        reference = run_reference(exam.to_dict() for _, exam in exams)
    except ReferenceAbsentError as absent:
        pytest.skip(f"{absent}: {25 * len(exams):,} comparisons with the reference not run")
    assert len(reference.answers) == len(exams) >= 10_000

    wrong: list[tuple[str, str, dict[str, tuple[str, str]], Exam]] = []
    answered = {kind: classify_batch(batch).to_columns() for kind, batch in batches.items()}
    for i, ((kind, exam), theirs) in enumerate(zip(exams, reference.answers, strict=True)):
        row = i % per_kind
        ours = {key: str(column[row]) for key, column in answered[kind].items()}
        if found := differences(ours, theirs):
            wrong.append((kind, "batch", found, exam))
        # The readable engine on every fourth: that both engines are one is shown elsewhere.
        if row % 4 == 0 and (found := differences(classify(exam).to_dict(), theirs)):
            wrong.append((kind, "readable", found, exam))
    kinds = Counter((kind, engine) for kind, engine, _, _ in wrong)
    assert not wrong, f"{kinds}; first: {wrong[0][:3]} {wrong[0][3].to_json()}"
