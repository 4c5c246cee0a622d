"""What is shown: tables that narrow, sort, export and keep their address; sites, blindness, reads that are kept, the audit."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import pytest

from proband.record import TABLES
from proband.record.projection import show
from proband.record.tables import table as whole_table
from record.synthetic import Hospital


@pytest.fixture(scope="module")
def two_sites(house: Hospital) -> tuple[str, str]:
    """Somebody at each of two sites, allocated, with a product of the first."""
    there = len(house.record.state.participants)
    one, other = f"R-{there + 1}", f"R-{there + 2}"
    house.wait(days=20)
    house.admit(one)
    house.admit(other, site="south")
    house.collect(one, f"COI-{one}", f"DIN-{one}")
    house.make(f"BAG-{one}", f"COI-{one}", [f"DIN-{one}"])
    return one, other


def rows(client: Any, address: str) -> list[dict[str, str]]:
    answer = client.get(address)
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.getvalue().decode())))


def test_every_table_is_the_records_own_for_whoever_works_everywhere(
    house: Hospital, browsing: Any, two_sites: Any
) -> None:
    client = browsing("sys-1")
    for name in (*TABLES, "visits"):
        answer = client.get(f"/table/{name}/?as=csv")
        wanted = show(house.record.state, name, house.record.clock().date())
        found = list(csv.DictReader(io.StringIO(answer.getvalue().decode())))
        assert int(answer["X-Proband-Rows"]) == len(found) == len(wanted), name
        if wanted:
            assert list(found[0]) == list(wanted[0])
    assert len(whole_table(house.record.state, "participants")) > 1


def test_somebody_of_a_site_sees_that_site_in_every_table_and_page(
    house: Hospital, browsing: Any, two_sites: tuple[str, str]
) -> None:
    """Generated over every table: no row of the other site, by any column that names a person or a thing of it."""
    here, there = two_sites
    state = house.record.state
    foreign = {one.id for one in state.participants.values() if one.site == "north"}
    foreign |= {one.id for one in state.products.values() if one.participant in foreign}
    client = browsing("dr-2")
    for name in (*TABLES, "visits"):
        for row in rows(client, f"/table/{name}/?as=csv"):
            named = {
                value
                for column, value in row.items()
                if column in ("participant", "product", "subject", "container", "target")
            }
            assert not named & foreign, (name, row)
    own = {row["participant"] for row in rows(client, "/table/participants/?as=csv")}
    assert there in own
    assert here not in own
    for address in (f"/participant/{here}/", f"/history/{here}/", f"/product/BAG-{here}/"):
        answer = client.get(address)
        assert answer.status_code == 403, address
        assert "registry.site" in answer.content.decode()
    about = next(seq for seq, name in enumerate(state.subjects, start=1) if name == here)
    assert client.get(f"/event/{about}/").status_code == 403
    shown = client.get("/audit/").content.decode() + client.get(f"/audit/?subject={here}").content.decode()
    assert f'<td data-l="About">{here}</td>' not in shown
    assert client.get(f"/participant/{there}/").status_code == 200


def test_a_list_narrows_sorts_and_keeps_its_address(browsing: Any, two_sites: tuple[str, str]) -> None:
    client = browsing("sys-1")
    one, _ = two_sites
    assert {row["participant"] for row in rows(client, f"/table/participants/?as=csv&q={one}")} == {one}
    assert {row["site"] for row in rows(client, "/table/participants/?as=csv&column=site&value=south")} == {
        "south"
    }
    up = [row["participant"] for row in rows(client, "/table/participants/?as=csv&sort=participant")]
    down = [row["participant"] for row in rows(client, "/table/participants/?as=csv&sort=participant&down=1")]
    assert up == sorted(up, key=str.casefold)
    assert down == up[::-1]
    page = client.get("/table/participants/?q=R-&sort=site").content.decode()
    assert 'value="R-"' in page
    assert "?q=R-&amp;sort=site&amp;as=csv" in page
    assert client.get("/table/nothing/").status_code == 404
    for page_number in ("0", "-1", "9999", "x", "9" * 50):
        assert client.get(f"/table/participants/?page={page_number}").status_code == 200


@pytest.mark.parametrize(
    ("value", "written"),
    [("=1+1", "'=1+1"), ("@x", "'@x"), ("-3", "'-3"), (-3, "-3"), (None, ""), ("x=1", "x=1")],
)
def test_no_cell_is_a_formula(house: Hospital, value: Any, written: str) -> None:
    from proband.registry.reading import cell

    assert cell(value) == written


def test_whoever_must_not_know_an_arm_is_shown_nothing_that_tells_it(
    house: Hospital, browsing: Any, two_sites: tuple[str, str]
) -> None:
    """Every address, to somebody in a role that is not said to know: only the home, what one may do, and one's own reads."""
    from django.test import override_settings

    from .test_registry_entrance import addresses

    one, _ = two_sites
    view = house.record.state.view
    assert view is not None
    masked = [mask.model_copy(update={"masked": mask.role == "assessor"}) for mask in view.masking]
    hides = view.model_copy(update={"masking": masked})
    client = browsing("nurse-1")
    telling = [f"BAG-{one}", f"COI-{one}", "cells", ">care<", "allocated"]
    with pytest.MonkeyPatch.context() as patch, override_settings(PROBAND_KNOW_ARMS=("physician",)):
        patch.setitem(house.record.state.programmes, house.record.state.programme, hides)
        more = [
            f"/participant/{one}/",
            f"/product/BAG-{one}/",
            f"/history/{one}/",
            *(f"/table/{name}/" for name in TABLES),
            "/matrix/",
        ]
        for address in [
            *(
                path
                for name, path in addresses()
                if name not in ("sign-out", "sheet", "code-reader", "tablet-script")
            ),
            *more,
        ]:
            answer = client.get(address)
            page = answer.content.decode()
            assert answer.status_code < 500
            assert not [word for word in telling if word in page.replace(view.title, "")], address
        for address in more:
            assert client.get(address).status_code == 403, address
        home = client.get("/").content.decode()
        assert one in home
        assert client.get("/audit/").status_code == 403
        assert client.post("/audit/verify/").status_code == 403
        # a second role does not undo it, and a role that is said to know sees
        assert browsing("dr-1").get("/matrix/").status_code == 200
        own = house.do("visit.record", one, {"visit": "baseline", "on": house.now[:10]}, actor="nurse-1")
        assert client.get(f"/event/{own.seq}/").status_code == 403, "numbers say how much happened between"
        page = client.get(f"/own-event/{own.body['key']}/")
        assert page.status_code == 200
        assert "could tell who gets what" in page.content.decode()
    assert client.get("/matrix/").status_code == 200


def test_roles_that_are_given_together_are_as_blind_as_the_blindest() -> None:
    from types import SimpleNamespace as Made

    from proband.registry.acting import acting

    hides = Made(masking=[Made(masked=True), Made(masked=False)])
    person = Made(roles={"knows": ["a"], "must-not": ["b"]})
    state: Any = Made(persons={"p": person}, view=hides)
    assert acting(state, "p", ["knows"]).blind
    assert not acting(state, "p", ["knows", "must-not"]).blind
    assert acting(state, "nobody", ["knows"]).blind
    state.view = Made(masking=[Made(masked=False)])
    assert not acting(state, "p", []).blind


def test_who_looked_is_kept_and_shown(browsing: Any, two_sites: tuple[str, str]) -> None:
    one, _ = two_sites
    browsing("dr-3").get(f"/participant/{one}/")
    browsing("dr-3").get(f"/history/{one}/")
    everybody = browsing("sys-1").get(f"/reads/?subject={one}").content.decode()
    assert len(re.findall(r'<td data-l="Who">dr-3</td>', everybody)) == 2
    own = browsing("lab-1").get("/reads/").content.decode()
    assert set(re.findall(r'<td data-l="Who">([^<]+)</td>', own)) <= {"lab-1"}


def test_the_audit_answers_who_what_when_why_and_checks_the_log(
    house: Hospital, browsing: Any, two_sites: tuple[str, str]
) -> None:
    one, _ = two_sites
    client = browsing("sys-1")
    page = client.get(f"/audit/?subject={one}&event=participant&actor=dr-1").content.decode()
    assert set(re.findall(r'<td data-l="What">([a-z.-]+)', page)) >= {
        "participant.referred",
        "participant.allocated",
    }
    assert set(re.findall(r'<td data-l="About">([^<]+)<', page)) == {one}
    assert client.get("/audit/verify/").status_code == 405
    checked = client.post("/audit/verify/")
    assert checked.status_code == 200
    assert "The log holds" in checked.content.decode()
    assert "every event passes its gates" in checked.content.decode()


def test_the_matrix_says_of_each_visit_how_it_stands(
    house: Hospital, browsing: Any, two_sites: tuple[str, str]
) -> None:
    one, _ = two_sites
    page = browsing("sys-1").get(f"/matrix/?q={one}").content.decode()
    wanted = {
        f"{row['name']}: {row['status']}"
        for row in show(house.record.state, "visits", house.record.clock().date(), one)
    }
    assert wanted
    assert set(re.findall(r'<span class="vh">([^<]+: [a-z-]+)</span>', page)) == wanted
