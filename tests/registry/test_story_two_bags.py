"""Two bags at one hour: two people with similar identifiers, from the identifier before collection to the bed, played in Chromium; each stop is a full stop."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from proband.record.batch_record import batch_record
from record.synthetic import Hospital, hospital, stands
from record.tablet import Tablet

from .in_browser import check_accessible_and_fits
from .playing import ENGINES, Screen, entering, playing, store_for

pytestmark = pytest.mark.browser

#: two people whose identifiers differ by two digits that changed places
ONE, OTHER = "P-0640", "P-0460"
CELLS = 8e7


@pytest.fixture(params=ENGINES)
def ward(house: Hospital, tmp_path: Path, request: pytest.FixtureRequest) -> Any:
    """A hospital with the two of them, in the arm that gets cells."""
    made = hospital(folder=tmp_path / "record", store=store_for(request))
    for person in (ONE, OTHER):
        made.admit(person)
    with playing(house, made):
        yield made


def _coi(person: str) -> str:
    return f"COI-{person}"


def _labelled(lab: Screen, bag: str, person: str) -> str:
    """Three labels are printed, one is used, one is spoiled, one destroyed."""
    names = [f"{bag}-L{number}" for number in (1, 2, 3)]
    lab.do("label.print", bag, {"labels": "\n".join(names), "coi": _coi(person)})
    lab.do("label.fate", bag, {"labels": names[0], "fate": "applied"})
    for name, fate in zip(names[1:], ("spoiled", "destroyed"), strict=True):
        lab.do("label.fate", bag, {"labels": name, "fate": fate})
    return names[0]


def _at_the_bed(nurse: Screen, person: str, wristband: str, bag: str, label: str) -> None:
    """Two nurses check at the bed: who is to be treated, wristband, bag, label; two passwords."""
    nurse.go("/bed/")
    for name, scanned in (("participant", person), ("wristband", wristband), ("bag", bag), ("label", label)):
        nurse.page.fill(f"#b-{name}", scanned)
    nurse.press("form.panel > button")
    nurse.sign(("nurse-2", "nurse"))


def _stopped(screen: Screen, code: str, *named: str) -> None:
    """A full stop: both identifiers, the gate's own code, and no way on."""
    assert screen.page.locator(".stop").count() == 1, screen.said
    stop = screen.page.locator(".stop")
    said = stop.inner_text()
    assert "STOP" in said
    assert code in said, said
    for one in named:
        assert one in said
    assert stop.locator("button, input").count() == 0


def _give(doctor: Screen, person: str, bag: str) -> None:
    doctor.fill("product.administer", bag, {"participant": person, "coi": _coi(person), "wristband": person, "bag": bag, "route": "intrathecal",
                                            "dose": f"{CELLS:g} {{cells}}", "inputs": "weight = 80 kg"})  # fmt: skip
    doctor.sign()


def test_two_bags_at_one_hour(ward: Hospital, browser: Any, address: str) -> None:
    with entering(browser, address) as enter:
        doctor, lab, nurse = enter("dr-1"), enter("lab-1"), enter("nurse-1", width=390, scheme="dark")
        first, second = enter("qa-1"), enter("qa-2")
        state = lambda: ward.record.state  # noqa: E731
        sent: list[str] = []

        def _lost(route: Any) -> None:
            """The server gets what is posted, and its answer never arrives."""
            if route.request.method == "POST":
                sent.append(route.request.url)
                route.fetch(max_redirects=0)
                route.abort()
            else:
                route.continue_()

        # the identifier comes before the collection, and the collection is of whoever wears the wristband
        taken = {"coi": _coi(ONE), "din": "DIN-1", "wristband": ONE, "material": "marrow"}
        doctor.fill("product.collect", ONE, taken)
        assert "Refused" in doctor.said
        for person, din in ((ONE, "DIN-1"), (OTHER, "DIN-2")):
            doctor.do("therapy.open", person, {"coi": _coi(person), "regimen": "spinal"})
            doctor.fill(
                "product.collect",
                person,
                taken | {"coi": _coi(person), "din": din, "wristband": ONE if person == OTHER else OTHER},
            )
            assert "gate." in doctor.said, "the wristband of the other one"
            doctor.do(
                "product.collect", person, taken | {"coi": _coi(person), "din": din, "wristband": person}
            )

        # a bag that fails, and one of twice the dose that is split into two
        ward.make("BAG-1", _coi(ONE), ["DIN-1"], ["LOT-640"])
        ward.make("BAG-2", _coi(OTHER), ["DIN-2"], ["LOT-640"], cells=2 * CELLS)
        lab.do(
            "product.split",
            "BAG-2",
            {
                "into.0.id": "BAG-2A",
                "into.0.amount": "8e7 {cells}",
                "into.1.id": "BAG-2B",
                "into.1.amount": "8e7 {cells}",
            },
        )
        lab.do("product.test", "BAG-1", {"test": "sterility", "result": "positive", "laboratory": "qc"})
        assert "1 finding, 1 container held" in first.go(f"/laboratory/{_coi(ONE)}/")
        # the same lot of reagent touched the bags of the other one: they are held too, until somebody has looked into it
        for bag in ("BAG-2A", "BAG-2B"):
            assert state().products[bag].status == "quarantined"
            first.do(
                "product.investigate",
                bag,
                {"finding": "the lot is sterile, the bag was not", "conclusion": "goes-on"},
            )
        first.fill("product.release", "BAG-1", {"route": "intrathecal"})
        first.sign()
        assert "Refused" in first.said
        first.do("product.reject", "BAG-1")
        doctor.do("product.collect", ONE, taken | {"din": "DIN-3"})
        ward.make("BAG-3", _coi(ONE), ["DIN-3"], ["LOT-641"])
        for bag in ("BAG-3", "BAG-2A", "BAG-2B"):
            ward.test(bag)
        labels = {bag: _labelled(lab, bag, person) for bag, person in (("BAG-3", ONE), ("BAG-2A", OTHER))}
        labels["BAG-2B"] = ward.label("BAG-2B", _coi(OTHER))
        for bag in ("BAG-3", "BAG-2A"):
            ward.freeze(bag)

        # nothing is given that nobody released
        _give(doctor, OTHER, "BAG-2B")
        _stopped(doctor, "gate.", OTHER, "BAG-2B")
        assert "release" in doctor.said.lower()
        for bag in ("BAG-3", "BAG-2A"):
            first.do("product.release", bag, {"route": "intrathecal"})
            assert state().products[bag].status != "released", "one signature is not two"
            second.do("product.release", bag, {"route": "intrathecal"})
        ward.release("BAG-2B")
        for bag, person in (("BAG-3", ONE), ("BAG-2A", OTHER), ("BAG-2B", OTHER)):
            ward.check(bag, person)
        for bag in ("BAG-3", "BAG-2A"):
            lab.do("product.thaw", bag, {"equipment": "bath"})

        # the bag of the other one
        _at_the_bed(nurse, ONE, ONE, "BAG-2A", labels["BAG-2A"])
        _stopped(nurse, "gate.identity.", ONE, OTHER, "BAG-2A")
        check_accessible_and_fits(nurse.page, "the stop")
        assert {"".join(nurse.page.locator("mark").all_inner_texts())} == {"6446"}, "the letters that differ"

        # the answer is lost on its way: what was recorded is told when one looks again, and sent again it is the same event
        nurse.page.route("**/sign/*/", _lost)
        before = state().seq
        with nurse.page.expect_event("requestfailed"):
            _at_the_bed(nurse, ONE, ONE, "BAG-3", labels["BAG-3"])
        nurse.page.unroute("**/sign/*/")
        assert state().seq == before + 1, "it was recorded"
        nurse.page.goto(sent[-1])
        assert f"/event/{before + 1}/" in nurse.page.url
        assert state().seq == before + 1

        # the network is down: the other bed goes on with what a tablet was handed out
        tablet = Tablet(ward, "BAG-2A", _coi(OTHER), labels["BAG-2A"], person=OTHER)
        tablet.issue(hours=2)
        tablet.start()
        nurse.context.set_offline(True)
        ward.wait(minutes=10)
        tablet.check()
        ward.wait(minutes=5)
        tablet.give()
        nurse.context.set_offline(False)
        ward.wait(minutes=5)
        back = tablet.back()
        assert (len(back.accepted), back.conflicts) == (2, ())
        assert "doses · 1" in doctor.go(f"/participant/{OTHER}/")
        assert "product.administered" in doctor.go("/product/BAG-2A/")

        # thawed three hours ago: too late, although everything was checked; the second bag of somebody who has said no
        ward.wait(hours=3)
        _give(doctor, ONE, "BAG-3")
        _stopped(doctor, "gate.", ONE, "BAG-3")
        assert "expired" in doctor.said.lower()
        doctor.do("participant.withdraw", OTHER, {"level": "treatment", "said": "no further dose"})
        _give(doctor, OTHER, "BAG-2B")
        _stopped(doctor, "gate.withdrawal.", OTHER, "BAG-2B")

        # from a lot to bags and people; the batch record; labels that balance
        found = first.go("/laboratory/?lot=LOT-640")
        assert "4 containers touched by LOT-640" in found
        assert all(one in found for one in ("BAG-1", "BAG-2", "BAG-2A", "BAG-2B"))
        assert "BAG-3" not in first.page.locator("table").first.inner_text()
        assert "loose 0. Balanced." in found
        keep = first.context.request
        page = keep.get(f"{address}/product/BAG-2A/batch-record/").text()
        for one in ("DIN-2", "LOT-640", "qa-1", "qa-2", OTHER):
            assert one in page
        assert batch_record(ward.record, "BAG-2A").missing == []
        assert keep.get(f"{address}/product/BAG-2A/batch-record/?as=pdf").body().startswith(b"%PDF")
    stands(ward)
