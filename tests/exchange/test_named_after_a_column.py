"""Columns of a table that nobody mapped and that are named after one that is read; columns of a death. Each with a word that says something and one that does not.

Whoever is told so is never ELIGIBLE; with the other word, and with a blank, they are, and the reading is complete. The person is synthetic.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from one_person import ELIGIBLE, facts, row
from test_doubtful_rows import outcome
from test_said_against_a_row import table

from proband.exchange.alike import spelt_alike
from proband.exchange.rows.attached import Attached, kind_of, said_of_value

#: column, what it says against the value (or of the person), what it says in order
SAID = [
    ("plt_2", "20", "88"), ("plt_repeat", "20", ""), ("plt_corrected", "20", "88"), ("new_plt", "20", ""), ("na_rerun", "120", "136"),
    ("plt_comparator", "<", "="), ("crea_sign", ">", ""), ("plt_op", "less than", ""),
    ("hcc_unk", "1", "0"), ("sbp_not_asked", "yes", "no"), ("hcc_missing_reason", "not done", ""), ("plt_refused", "x", ""),
    ("plt_date", "2025-01-01", "2026-10-30"), ("sample_date", "2025-01-01", "2026-10-30"), ("collection date", "2019-01-01", "2026-10-30 08:00"), ("hcc_dx_date", "2019-01-01", ""),
    ("plt_note", "clumped, estimate", "taken in the morning"), ("crea_comment", "haemolysed", "fasting"), ("plt_flag", "L*", "L"),
    ("hcc_source", "mother", "chart"), ("sbp_informant", "Ehefrau und Angehörige", "patient"), ("hcc_specify", "lesion in segment 5", ""), ("sbp_treatment", "ceftriaxone", "no"),
    ("plt_status", "cancelled", "final"), ("hcc_confirmed", "0", "1"), ("na_quality", "clotted", "good"),
    ("deceased", "1", "0"), ("date_of_death", "2026-10-20", ""), ("dod", "2026-10-20", ""), ("Todesdatum", "20.10.2026", ""), ("vital_status", "dead", "alive"), ("status", "deceased", "active"),
    ("alive", "0", "1"), ("is alive", "no", "yes"), ("date de décès", "2026-10-20", ""), ("exitus", "ja", "nein"), ("death", "yes", "no"),
]  # fmt: skip


@pytest.mark.parametrize(("column", "said", "fine"), SAID)
def test_a_column_named_after_one_that_is_read_is_heard(
    column: str, said: str, fine: str, tmp_path: Path
) -> None:
    verdicts = []
    for word in (said, fine, ""):
        table(tmp_path, [{**row(facts()), column: word}])
        verdicts.append(outcome(tmp_path) is ELIGIBLE)
    assert verdicts == [False, True, True]


@pytest.mark.parametrize("name", ["plate", "plt_unit", "plt_method", "plt_lab_id", "platelets", "hcc_form_version", "pltx_date", "visit_day", "death_of_relative", "status_of_consent"])  # fmt: skip
def test_other_columns_are_left_alone(name: str) -> None:
    assert kind_of(name, ["plt", "hcc"]) is None


@settings(deadline=None, max_examples=200)
@given(
    kind=st.sampled_from(sorted(Attached)), said=st.text(max_size=12), value=st.none() | st.text(max_size=6)
)
def test_whatever_stands_there_is_a_reason_or_nothing(kind: Attached, said: str, value: str | None) -> None:
    found = said_of_value(kind, "c", said, value)
    assert found is None or said.strip()[:40] in found


@pytest.mark.parametrize("other", ["'P-1", '"P-1"', "#P-1", "P-1*", "`P-1"])
def test_signs_around_an_id_make_it_no_other_person(other: str) -> None:
    assert spelt_alike(["P-1", other, "P-2"]) == [tuple(sorted(("P-1", other)))]
