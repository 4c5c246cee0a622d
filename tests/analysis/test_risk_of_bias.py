"""The risk-of-bias table: what follows from the judges' judgements, and what is refused."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest

from proband.analysis.result import AnalysisError
from proband.analysis.risk_of_bias import DOMAINS, JUDGEMENTS, StudyBias, bias_table


def study(name: str, tool: str = "rob-2", raised: str = "", **changed: str) -> StudyBias:
    judged = dict.fromkeys(DOMAINS[tool], ("low", "as reported"))
    judged |= {domain: (judgement, "a reason") for domain, judgement in changed.items()}
    return StudyBias(name, tool, judged, raised)


def test_the_worst_domain_decides_and_nothing_unknown_is_low() -> None:
    for tool in DOMAINS:
        for domain, judgement in itertools.product(DOMAINS[tool], JUDGEMENTS[tool]):
            assert study("a", tool, **{domain: judgement}).overall == judgement
    assert study("a", "robins-i", confounding="no information").is_high
    assert not study("a", "robins-i", confounding="moderate").is_high
    concerns = dict.fromkeys(DOMAINS["rob-2"][:3], "some concerns")
    assert study("a", **concerns).overall == "some concerns"
    assert study("a", raised="three concerns together", **concerns).overall == "high"
    assert study("a", raised="nothing to raise").overall == "low"


def test_the_share_that_rests_on_high_risk_and_the_synthesis_without_it() -> None:
    table = bias_table(
        [
            study("a"),
            study("b", **{"missing outcome data": "high"}),
            study("c", "robins-i", confounding="serious"),
        ],
        [1, 2, 5],
    )
    assert table.share_at_high_risk == pytest.approx(7 / 8)
    assert table.low_risk() == [0]
    assert table.words.startswith("2 of 3 studies")
    told = json.loads(json.dumps(table.record()))
    assert [len(row["domains"]) for row in told["rows"]] == [5, 5, 7]
    assert told["rows"][1]["domains"][2] == {
        "domain": "missing outcome data",
        "judgement": "high",
        "reason": "a reason",
    }


def test_what_nobody_judged_is_refused() -> None:
    judged = dict(study("a").judged)
    for change in ({"missing outcome data": ("low", " ")}, {"missing outcome data": ("fine", "so")}):
        with pytest.raises(AnalysisError, match="missing outcome data"):
            StudyBias("a", "rob-2", judged | change)
    with pytest.raises(AnalysisError, match="missing outcome data"):
        StudyBias("a", "rob-2", {k: v for k, v in judged.items() if k != "missing outcome data"})
    with pytest.raises(AnalysisError, match="no domain"):
        StudyBias("a", "rob-2", judged | {"luck": ("low", "so")})
    with pytest.raises(AnalysisError, match="no tool"):
        StudyBias("a", "impression", judged)
    for weights in ([1.0], [0.0, 0.0], [1.0, -1.0], [np.nan, 1.0]):
        with pytest.raises(AnalysisError, match="no table of studies"):
            bias_table([study("a"), study("b")], weights)
    with pytest.raises(AnalysisError, match="stands twice"):
        bias_table([study("a"), study("a")], [1.0, 1.0])
    with pytest.raises(AnalysisError, match="no table of studies"):
        bias_table([], [])
