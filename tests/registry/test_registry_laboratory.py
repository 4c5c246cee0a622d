"""The cell laboratory: what waits, the tree of a family, how far a finding holds, stock, recall, batch record; each only for whoever works there."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from proband.record import TABLES
from proband.record.product import Container
from proband.registry.laboratory import in_places
from record.synthetic import Hospital

from .conftest import with_a_bag
from .in_browser import check_accessible_and_fits, opened


@pytest.fixture(scope="module")
def divided(house: Hospital) -> str:
    """A family of three generations: a product, two parts of it; a finding in one of the parts holds its relatives."""
    return with_a_bag(house, "L")


def test_what_waits_is_what_the_gates_would_ask_for(house: Hospital, browsing: Any, divided: str) -> None:
    page = browsing("lab-1").get("/laboratory/").content.decode()
    assert f"BAG-{divided}" in page
    counts = [int(found) for found in re.findall(r"<span><b>(\d+)</b><small>(?!containers)", page)]
    (total,) = re.findall(r"<span><b>(\d+)</b><small>containers", page)
    assert sum(counts) == int(total), "everything is in one place"


@pytest.mark.parametrize("expires", [None, "2026-01-01T00:00:00.000Z", "2027-01-01T00:00:00.000Z"])
@pytest.mark.parametrize("status", ["in-process", "manufactured", "retained", "quarantined", "released", "administered", "rejected", "disposed", "used", "failed"])  # fmt: skip
def test_every_container_is_in_one_place(status: str, expires: str | None) -> None:
    """What expired while it was made, or put aside, was counted twice, and what was used up once too seldom."""
    made = Container("B-1", "cells", "COI-1", "S-1", "2025-12-01T00:00:00.000Z", [], [], "r", status=status, expires_at=expires)  # fmt: skip
    counts = in_places([made], datetime(2026, 6, 1, tzinfo=UTC))
    assert sorted(counts.values()) == [0, 0, 0, 0, 0, 1]
    gone = status in ("administered", "rejected", "disposed", "used", "failed")
    assert counts["expired"] == (not gone and (expires or "9") < "2026-06")
    assert counts["usable"] == (status == "released" and not counts["expired"])


def test_a_family_is_drawn_and_each_step_leads_to_its_command(
    house: Hospital, browsing: Any, divided: str
) -> None:
    from proband.record.lineage import lineage

    client = browsing("lab-1")
    page = client.get(f"/laboratory/COI-{divided}/").content.decode()
    nodes = lineage(house.record.state, f"COI-{divided}")
    assert [node.generation for node in nodes] == sorted(node.generation for node in nodes)
    assert {node.name for node in nodes} == {f"DIN-{divided}", f"BAG-{divided}"}
    for node in nodes:
        assert page.count(node.name) >= 2, "in the picture and in words"
    assert "<svg" in page
    for verb in set(re.findall(r"/do/([a-z.-]+)/\?subject=BAG", page)):
        assert client.get(f"/do/{verb}/").status_code == 200, f"{verb} is offered to whoever may do it"


def test_a_finding_holds_its_relatives_in_the_picture_as_in_the_record(
    house: Hospital, browsing: Any, divided: str
) -> None:
    from proband.record.lineage import lineage

    rule = house.record.state.rule_of(house.record.state.products[f"BAG-{divided}"])
    test = next(one for one in rule.release_tests if one.required)
    bad = 0 if test.limit is not None else "positive"
    house.do(
        "product.test",
        f"BAG-{divided}",
        {"test": test.id, "result": bad, "laboratory": "synthetic"},
        actor="qa-1",
    )
    state = house.record.state
    nodes = {node.name: node for node in lineage(state, f"COI-{divided}")}
    for name, node in nodes.items():
        if name in state.products:
            assert (node.standing in ("source", "held")) == (state.products[name].status == "quarantined"), (
                name
            )
    assert nodes[f"BAG-{divided}"].standing == "source"
    page = browsing("qa-1").get(f"/laboratory/COI-{divided}/").content.decode()
    assert "1 finding, 1 container held" in page
    assert 'class="node source"' in page
    stock = browsing("qa-1").get(f"/laboratory/?q=BAG-{divided}").content.decode()
    assert "not usable" in stock
    assert "in quarantine: look into it" in stock


def test_recall_finds_bags_and_people_by_lot(house: Hospital, browsing: Any, divided: str) -> None:
    lots = house.record.state.products[f"BAG-{divided}"].lots
    assert lots
    page = browsing("qa-1").get(f"/laboratory/?lot={lots[0]}").content.decode()
    assert f"BAG-{divided}" in page
    assert "touched by" in page
    nothing = browsing("qa-1").get("/laboratory/?lot=no-such-lot").content.decode()
    assert "0 containers touched by no-such-lot" in nothing


def test_the_batch_record_is_kept_as_page_and_as_pdf(browsing: Any, divided: str) -> None:
    client = browsing("qa-1")
    page = client.get(f"/product/BAG-{divided}/batch-record/")
    assert "attachment" in page["Content-Disposition"]
    assert f"DIN-{divided}" in page.content.decode()
    pdf = client.get(f"/product/BAG-{divided}/batch-record/?as=pdf")
    assert pdf.content.startswith(b"%PDF")


def test_nobody_of_another_site_sees_a_family(house: Hospital, browsing: Any, divided: str) -> None:
    for path in (f"/laboratory/COI-{divided}/", f"/product/BAG-{divided}/batch-record/"):
        assert browsing("dr-2").get(path).status_code == 403, path
    assert f"BAG-{divided}" not in browsing("dr-2").get("/laboratory/").content.decode()
    assert browsing("dr-1").get("/laboratory/COI-none/").status_code in (403, 404)


@pytest.mark.parametrize("shape", ["chain", "fan", "pool", "foreign"])
def test_no_box_of_a_tree_covers_another(shape: str) -> None:
    """Generated shapes: a chain, a fan, a pool of two, a parent of another family; each container is drawn once, apart from all others."""
    from proband.pages.charts.family_tree import HIGH, WIDE, _places, family_tree
    from proband.record.lineage import LineageNode

    node = lambda name, generation, *parents: LineageNode(name, generation, parents, "waiting", "in-process")  # noqa: E731
    nodes = {
        "chain": [node("d", 0), node("a", 1, "d"), node("b", 2, "a"), node("c", 3, "b")],
        "fan": [
            node("d", 0),
            *(node(f"f{n}", 1, "d") for n in range(6)),
            *(node(f"g{n}", 2, f"f{n % 6}") for n in range(14)),
        ],
        "pool": [node("d", 0), node("e", 0), node("a", 1, "d"), node("b", 1, "e"), node("p", 2, "a", "b")],
        "foreign": [node("p", 1, "elsewhere"), node("q", 2, "p", "elsewhere")],
    }[shape]
    at = _places(nodes)
    assert set(at) == {one.name for one in nodes}
    boxes = list(at.values())
    for place, (x, y) in enumerate(boxes):
        for other_x, other_y in boxes[place + 1 :]:
            assert abs(x - other_x) >= WIDE or abs(y - other_y) >= HIGH
    drawn = family_tree("t", "T", nodes)
    assert drawn.svg.count("<rect") == len(nodes)
    assert all(one.name in drawn.words for one in nodes)


@pytest.mark.browser
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_its_pages_are_accessible_and_fit(
    browser: Any, address: str, divided: str, width: int, scheme: str
) -> None:
    page = opened(browser, address, "qa-1", width=width, scheme=scheme)
    for path in ("/laboratory/?lot=LOT-1", f"/laboratory/COI-{divided}/"):
        page.goto(f"{address}{path}")
        check_accessible_and_fits(page, path)
        assert page.locator("svg.family").is_visible() == (width > 1000 and "COI" in path)
    page.context.close()


def test_a_lot_that_is_for_many_people_has_pages_too(house: Hospital, browsing: Any) -> None:
    """A container that is nobody's own has no participant to link to: its pages, and the tables in which it stands, are shown all the same."""
    from proband.registry import opened
    from record.test_stock import a_stock

    life = a_stock()
    opened.use(life.record)
    try:
        client = browsing("sys-1")
        for address in ("/laboratory/", "/laboratory/LOT-A/", "/product/LOT-A/", "/product/PACK-1/", "/history/LOT-A/", "/product/LOT-A/batch-record/",
                        *(f"/table/{name}/" for name in TABLES), "/table/products/?as=csv"):  # fmt: skip
            answer = client.get(address)
            assert answer.status_code == 200, (address, answer.content[:300])
        assert "for many people" in client.get("/laboratory/LOT-A/").content.decode()
        assert "LOT-A" in client.get("/table/products/").content.decode()
    finally:
        opened.use(house.record)
