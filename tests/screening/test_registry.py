"""Every criterion of real trials, written in the language by rule, and persons at each limit.

Source of the facts: ``10_registry_eligibility/eligibility_facts.json`` of the acceptance data (registry pages named there).
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from registry_facts import AS_OF, LEVELS, Written, anchor_model, write

from proband.programme.eligibility import Eligibility
from proband.programme.expression import And, Comparison, Name, Number, TextSpan
from proband.programme.satisfiability import overlap, solve
from proband.programme.value_range import domain
from proband.screening import EligibilityStatus, Screening, screen, to_frame
from proband.screening.person import PersonFacts

pytestmark = pytest.mark.acceptance


@pytest.fixture(scope="module")
def trials(request: pytest.FixtureRequest) -> list[dict[str, Any]]:
    folder = Path(__file__).resolve().parents[3] / "shared" / "acceptance" / "10_registry_eligibility"
    if not folder.is_dir():
        pytest.skip("acceptance data absent: registry eligibility, 154 criteria not run")
    return json.loads((folder / "eligibility_facts.json").read_text(encoding="utf-8"))


def programme(trial: dict[str, Any]) -> tuple[Eligibility, dict[str, Written]]:
    """A trial in our model: one criterion for each printed one."""
    observables: dict[str, dict[str, Any]] = {}
    anchors: set[str] = set()
    criteria, written, cohorts = [], {}, {}
    for kind in ("inclusion", "exclusion"):
        for number, printed in enumerate(trial[kind], 1):
            w = write(printed)
            id = f"{kind[0].upper()}{number}"
            written[id] = w
            if w.cohort:
                cohorts[w.cohort] = "cohort " + w.cohort
            for piece in (*w.pieces, *w.conditions):
                anchors |= piece.anchors
                for o in piece.observables:
                    assert observables.setdefault(o["id"], o) == o, (trial["id"], o)
            criteria.append(
                {
                    "id": id,
                    "kind": "include" if kind == "inclusion" else "exclude",
                    "purpose": "safety",
                    "reason": "as printed",
                    "when": w.text,
                    "cohorts": ["c" + w.cohort.replace(" ", "")] if w.cohort else [],
                }
            )
    return (
        Eligibility.model_validate(
            {
                "source": "registry-page",
                "level": "read",
                "anchors": [anchor_model(a) for a in sorted(anchors)],
                "cohorts": [{"id": "c" + c.replace(" ", ""), "label": label} for c, label in cohorts.items()],
                "observables": list(observables.values()),
                "criteria": criteria,
            }
        ),
        written,
    )


def test_every_printed_criterion_can_be_written(trials: list[dict[str, Any]]) -> None:
    count = 0
    for trial in trials:
        eligibility, written = programme(trial)
        for id in written:
            assert eligibility.words(id)
            count += 1
    assert count == sum(len(t["inclusion"]) + len(t["exclusion"]) for t in trials) > 0


def test_below_at_above_and_missing_at_every_limit_on_both_engines(trials: list[dict[str, Any]]) -> None:
    limits = cases = 0
    for trial in trials:
        eligibility, written = programme(trial)
        screening = Screening(eligibility)
        everyone, expected = [], {}
        for id, w in written.items():
            limits += sum(len(p.probes) for p in w.pieces)
            for number, (what, record, truth) in enumerate(w.cases()):
                subject = f"{id}/{number}"
                own = [replace(o, subject=subject) for o in record] or None
                person = PersonFacts(screening.rules, own or [])
                result = next(r for r in screening.results(person, AS_OF) if r.instance.criterion.id == id)
                assert result.truth is truth, (trial["id"], id, w.text, what, result.values)
                assert result.passes is (truth if truth is None or id.startswith("I") else not truth)
                cases += 1
                if own:
                    everyone += own
                    expected[subject] = (id, truth, w.text, what)
        if everyone:
            table = screen(eligibility, to_frame(everyone), AS_OF).table
            for row in table.iter_rows(named=True):
                id, truth, *context = expected[row["subject"]]
                assert row[id] is truth, (trial["id"], context)
    assert limits >= 76
    assert cases > 500


def test_an_exclusion_that_is_met_excludes_and_missing_data_never_qualifies(
    trials: list[dict[str, Any]],
) -> None:
    for trial in trials:
        eligibility, written = programme(trial)
        screening = Screening(eligibility)
        assert screening.verdict([], AS_OF).outcome is EligibilityStatus.NEEDS_DATA, trial["id"]
        for id, w in written.items():
            if id.startswith("E"):
                record = [f for c in w.conditions for f in c.true] + w.pieces[0].true
                verdict = screening.verdict(record, AS_OF, look_ahead=False)
                assert verdict.outcome is EligibilityStatus.NOT_ELIGIBLE, (trial["id"], id)


def test_c7_or_higher_is_rostral(trials: list[dict[str, Any]]) -> None:
    printed = [c for t in trials for c in t["inclusion"] if "(rostral)" in c.get("what", "")]
    assert printed
    for c in printed:
        w = write(c)
        signature = {"id": "X", "inclusion": [c], "exclusion": []}
        screening = Screening(programme(signature)[0])
        taken = []
        for level in LEVELS:
            record = [*w.pieces[0].true[:1], replace(w.pieces[0].true[1], text=level)]
            if screening.verdict(record, AS_OF).outcome is EligibilityStatus.ELIGIBLE:
                taken.append(level)
        assert taken == [f"C{n}" for n in range(1, 8)]


def test_sibling_trials_overlap_at_exactly_two_months_and_nowhere_else(trials: list[dict[str, Any]]) -> None:
    noted = [t for t in trials if "adjoining windows" in (t.get("note") or "")]
    assert len(noted) == 3
    models = [programme(t)[0] for t in noted]
    roots = [m.expressions["I1"].root for m in models]
    signatures = {name: s for m in models for name, s in m.signatures.items()}
    witness = overlap(roots[0], roots[1], signatures)
    assert witness is not None
    assert witness["time_since_injury_mo"] == 2.0
    anywhere_else = Comparison(Name("time_since_injury_mo"), "!=", Number(2.0, "2"), TextSpan(0, 0))
    ranges = {n: domain(s) for n, s in signatures.items()}
    assert solve(And((roots[0], roots[1], anywhere_else)), ranges) is None
    assert overlap(roots[1], roots[2], signatures) is None
    assert overlap(roots[0], roots[2], signatures) is None


def test_the_person_at_exactly_two_months_is_taken_by_two_trials(trials: list[dict[str, Any]]) -> None:
    noted = [programme(t) for t in trials if "adjoining windows" in (t.get("note") or "")]
    record = next(p.records["at"] for _, w in noted for p in w["I1"].pieces[0].probes if p.limit == "2 mo")
    taken = [Screening(m).verdict(record, AS_OF).outcome is EligibilityStatus.ELIGIBLE for m, _ in noted]
    assert taken == [True, True, False]
