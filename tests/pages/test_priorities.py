"""What matters to me: everything that was counted and every gap can be ticked, nothing is weighed for the reader, nothing is kept."""

from __future__ import annotations

import re
from html import unescape

import pytest
from small_ledgers import BENEFIT, small

from proband.pages.ledger import Ledger
from proband.pages.priorities_page import priorities
from proband.pages.site import BuiltSite
from proband.programme.claims import PAGE_ORDER, ClaimKind

NAMES = ("liver-cells", "mitochondria-hpdl", "spinal-cord-autologous")


def page(site: BuiltSite, name: str) -> str:
    return next(each.html for each in site.pages if each.name == f"{name}-priorities.html")


@pytest.mark.parametrize("name", NAMES)
def test_every_count_in_people_and_every_gap_can_be_ticked_once(
    site: BuiltSite, ledgers: dict[str, Ledger], name: str
) -> None:
    html, claims = page(site, name), ledgers[name].claims.claims
    counted = {
        claim.id for claim in claims
        if claim.kind in {ClaimKind.BENEFIT, ClaimKind.HARM} and claim.slots and claim.outcome and claim.species == "human"
    }  # fmt: skip
    gaps = {claim.id for claim in claims if claim.kind is ClaimKind.GAP and (claim.title or claim.outcome)}
    # what stands on another page alone has no line of its own on the programme's
    elsewhere = {claim.id for claim in claims if claim.section not in PAGE_ORDER}
    linked = re.findall(rf'href="{name}\.html#c-([^"]+)"', html)
    assert sorted(linked) == sorted((counted | gaps) - elsewhere)
    said = set(re.findall(r'data-claim="([^"]+)"', html))
    assert {id for id in counted if "{" in ledgers[name].by_id[id].text} <= said
    boxes = re.findall(r'<input type="checkbox" id="(m-[^"]+)"', html)
    assert len(boxes) == len(set(boxes)) == len(re.findall(r'class="mine__ask"', html))
    assert [f'for="{box}"' in html for box in boxes] == [True] * len(boxes)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_ticked_sent_or_kept(site: BuiltSite, name: str) -> None:
    html = page(site, name)
    assert "<script" not in html
    assert "<form" not in html
    assert not re.search(r"<input[^>]*\schecked", html)
    assert html.count('autocomplete="off"') == html.count("<input")
    assert "script-src 'none'" in unescape(html)


def test_harm_and_benefit_of_one_outcome_stand_together_and_a_mouse_is_no_measure() -> None:
    claim = {**BENEFIT, "id": "walks"}
    ledger = small(
        claim, {**claim, "id": "falls", "kind": "harm"}, {**claim, "id": "mice", "species": "animal"},
        {"id": "later", "kind": "gap", "level": "not-found", "text": "Nobody knows.", "title": "In the long run"},
    )  # fmt: skip
    found = priorities(ledger)
    assert [(one.name, [each.id for each in one.claims], one.measured) for one in found] == [
        ("walking", ["walks", "falls"], True),
        ("In the long run", ["later"], False),
    ]
