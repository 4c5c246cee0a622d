"""A serious event of somebody who was treated elsewhere starts its clocks as for our own participants, and it is said who reports."""

from __future__ import annotations

from typing import Any

import pytest

from .synthetic import WHY, Hospital, hospital
from .test_door import verified

HARM: dict[str, Any] = {
    "event": "AE-1",
    "term": "meningitis",
    "grade": 4,
    "serious": True,
    "life_threatening": True,
    "onset": "2025-12",
}
ELSEWHERE: dict[str, Any] = {
    "country": "TH",
    "when": "2025-11",
    "product": "fetal cells",
    "records": "none",
    "outcome": "worse",
    "warning_signs": [],
}


def reports(house: Hospital) -> dict[str, Any]:
    return {
        task.id.rpartition(":")[2]: task
        for task in house.record.state.tasks.values()
        if task.kind == "report"
    }


@pytest.mark.parametrize("expected", [False, True])
@pytest.mark.parametrize("known", ["before", "afterwards", "by the referral alone"])
def test_its_clocks_start_whatever_our_own_list_expects(where: str, expected: bool, known: str) -> None:
    house = hospital(where)
    house.do("participant.refer", "X-1", {"origin": "treated-elsewhere" if "alone" in known else "referral"})
    if known == "before":
        house.do("elsewhere.record", "X-1", ELSEWHERE)
    onset = "unknown" if known != "by the referral alone" else HARM["onset"]
    house.do(
        "adverse-event.report",
        "X-1",
        HARM | {"expected": expected, "aware_on": house.now[:10], "onset": onset},
    )
    if known == "afterwards":
        house.do("elsewhere.record", "X-1", ELSEWHERE)
    due = reports(house)
    # 2 March 2026 is day 0; the clocks of the synthetic programme are 7 and 15 days; the clock of a country without a site does not run
    assert {name: task.due for name, task in due.items()} == {"gb-7": "2026-03-09", "gb-15": "2026-03-17"}
    if known == "before":
        assert "reported by north as those who learned of it" in due["gb-7"].about
        assert "TH, fetal cells" in house.record.texts.revealed(due["gb-7"].about)
    house.do("adverse-event.submit", "AE-1", {"clock": "gb-7", "to": "regulator", "on": house.now[:10]})
    assert reports(house)["gb-7"].done is not None
    assert reports(house)["gb-15"].done is None
    verified(house)


def test_an_own_participant_s_expected_event_starts_no_clock_and_an_unexpected_one_says_who_reports() -> None:
    house = hospital()
    house.admit("S-1")
    product, coi, _ = house.ready("S-1", "1")
    house.give(product, "S-1", coi)
    today = {"aware_on": house.now[:10], "onset": house.now[:10]}
    # as which of the events that the programme lists: the word of whoever reports does not stop a clock
    house.do("adverse-event.report", "S-1", HARM | today | {"expected": True, "listed": WHY})
    assert reports(house) == {}
    house.do("adverse-event.report", "S-1", HARM | today | {"expected": False, "event": "AE-2"})
    assert (
        house.record.texts.revealed(reports(house)["gb-7"].about)
        == "regulator (GB): meningitis; reported by north"
    )
    # what is not serious is nobody's to report
    house.do("participant.refer", "X-1", {"origin": "treated-elsewhere"})
    mild = {"event": "AE-3", "grade": 1, "serious": False, "life_threatening": False, "expected": False}
    house.do("adverse-event.report", "X-1", HARM | today | mild)
    assert not any(":AE-3:" in name for name in house.record.state.tasks)


def test_a_site_that_was_closed_still_has_its_clocks() -> None:
    house = hospital()
    for site in ("north", "south"):
        if site == "north":
            house.do("participant.refer", "X-1", {"origin": "treated-elsewhere"})
        house.do("site.close", site, actor="sys-1", site="*", reason="the end")
    house.do("adverse-event.report", "X-1", HARM | {"expected": False, "aware_on": house.now[:10]})
    assert reports(house).keys() == {"gb-7", "gb-15"}
