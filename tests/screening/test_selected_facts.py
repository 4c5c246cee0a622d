"""A yes/no observable that selects by attributes: the words of a variant name it, they do not answer yes or no."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from proband.facts.observation import Observation, Presence
from proband.facts.table import to_frame
from proband.programme.eligibility import Eligibility
from proband.screening.outcome import EligibilityStatus
from proband.screening.sql.many import screen
from proband.screening.verdict import Screening

ELIGIBILITY = Eligibility.model_validate(
    {
        "source": "tests",
        "level": "inference",
        "observables": [
            {"id": "both_copies", "label": "variant on both copies", "type": "boolean",
             "codes": [{"system": "Proband", "code": "variant"}],
             "no_means": "always",
             "where": {"gene": ["HPDL"], "zygosity": ["homozygous"], "pathogenicity": ["pathogenic"]}}
        ],
        "criteria": [
            {"id": "I1", "kind": "include", "purpose": "enrichment", "reason": "the gene", "when": "both_copies"}
        ],
    }
)  # fmt: skip
FOUND = {"gene": "HPDL", "zygosity": "homozygous", "pathogenicity": "pathogenic"}


@pytest.mark.parametrize(
    ("attributes", "fields", "expected"),
    [
        (FOUND, {"text": "c.995del"}, EligibilityStatus.ELIGIBLE),
        (
            FOUND,
            {"text": "c.995del", "value_system": "HGNC", "value_code": "HGNC:28242"},
            EligibilityStatus.ELIGIBLE,
        ),
        (FOUND, {}, EligibilityStatus.ELIGIBLE),
        (FOUND, {"text": "no"}, EligibilityStatus.NOT_ELIGIBLE),
        (FOUND, {"text": "c.995del", "presence": Presence.ABSENT}, EligibilityStatus.NOT_ELIGIBLE),
        (FOUND, {"text": "c.995del", "presence": Presence.UNKNOWN}, EligibilityStatus.NEEDS_DATA),
        (FOUND | {"gene": "SCO2"}, {"text": "c.995del"}, EligibilityStatus.NEEDS_DATA),
        (FOUND | {"zygosity": "heterozygous"}, {"text": "c.995del"}, EligibilityStatus.NEEDS_DATA),
        (FOUND | {"zygosity": "unknown"}, {"text": "c.995del"}, EligibilityStatus.NEEDS_DATA),
        (
            FOUND | {"pathogenicity": "uncertain-significance"},
            {"text": "c.995del"},
            EligibilityStatus.NEEDS_DATA,
        ),
    ],
)
def test_evaluator_and_sql_read_a_variant_alike(
    attributes: dict[str, str], fields: dict[str, Any], expected: EligibilityStatus
) -> None:
    facts = [Observation("SYN-1", "Proband", "variant", attributes=attributes, **fields)]
    day = date(2026, 1, 1)
    assert Screening(ELIGIBILITY).verdict(facts, day).outcome is expected
    assert screen(ELIGIBILITY, to_frame(facts), day).counts == {expected.value: 1}
