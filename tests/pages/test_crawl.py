"""Every number on every page resolves; taking any source, claim or fact away is noticed; a planted dose does not build."""

from __future__ import annotations

from dataclasses import replace

import pytest

from proband.pages import rendered
from proband.pages.crawl import PrintedNumber, loose_numbers, numbers, unresolved
from proband.pages.ledger import Ledger
from proband.pages.lint import LINTS, lint
from proband.pages.site import BuiltSite
from proband.programme import Programme


@pytest.fixture(scope="module")
def criteria(programmes: dict[str, Programme]) -> set[str]:
    return {criterion.id for programme in programmes.values() for criterion in programme.eligibility.criteria}


@pytest.fixture(scope="module")
def found(site: BuiltSite) -> dict[str, list[PrintedNumber]]:
    return {page.name: numbers(page.html) for page in site.pages}


def test_every_number_on_every_page_resolves(
    found: dict[str, list[PrintedNumber]], ledgers: dict[str, Ledger], criteria: set[str]
) -> None:
    assert sum(len(each) for each in found.values()) > 1500
    for name, each in found.items():
        assert unresolved(each, list(ledgers.values()), criteria) == [], name


def test_removing_any_source_fails_the_build(
    found: dict[str, list[PrintedNumber]], ledgers: dict[str, Ledger], criteria: set[str]
) -> None:
    """The mutation test: for every source that a claim, slot, fact, option or chart cites, and for every page that shows it."""
    tried = 0
    for name, ledger in ledgers.items():
        cited = {id for claim in ledger.claims.claims for id in claim.all_sources()} | {
            fact.source for fact in ledger.facts
        }
        page = [each for file, each in found.items() if file.startswith(name) for each in each]
        shown = {id for number in page for id in number.origin.get("source", "").split()}
        for source in sorted(cited):
            without = replace(
                ledger, sources={id: kept for id, kept in ledger.sources.items() if id != source}
            )
            problems = [
                problem
                for problem in LINTS.all()["page.source-missing"](without)
                if problem.severity == "error"
            ]
            assert problems, f"{name}: nobody noticed that {source} is gone"
            assert all(problem.line > 1 for problem in problems)
            if source in shown:
                assert unresolved(page, [without], criteria), (
                    f"{name}: no number notices that {source} is gone"
                )
            tried += 1
    assert tried > 70


def test_removing_any_claim_that_shows_a_number_is_noticed(
    found: dict[str, list[PrintedNumber]], ledgers: dict[str, Ledger]
) -> None:
    for name, ledger in ledgers.items():
        page = found[f"{name}.html"]
        shown = {number.origin["claim"] for number in page if "slot" in number.origin}
        assert shown
        for claim in sorted(shown):
            kept = [each for each in ledger.claims.claims if each.id != claim]
            without = ledger.with_claims(ledger.claims.model_copy(update={"claims": kept}))
            assert any(number.origin.get("claim") == claim for number in page)
            assert unresolved([n for n in page if n.origin.get("claim") == claim], [without])


def test_a_number_that_differs_from_its_slot_is_found(
    site: BuiltSite, ledgers: dict[str, Ledger], criteria: set[str]
) -> None:
    page = next(page for page in site.pages if page.name == "spinal-cord-autologous.html")
    forged = page.html.replace(">7 of 10</span>", ">9 of 10</span>")
    assert forged != page.html
    (loose,) = loose_numbers(forged, [ledgers["spinal-cord-autologous"]], criteria)
    assert "where the slot says '7 of 10'" in loose.why


@pytest.mark.parametrize(
    ("planted", "code"),
    [
        ("<p>It helped 12 people.</p>", "page.number-loose"),
        ("<svg><title>9 people</title></svg>", "page.number-loose"),
        ('<p aria-label="3 of 4"></p>', "page.number-loose"),
        ('<p><span data-meta="order">Take five grams, or 12 mg per day.</span></p>', "page.dose-shown"),
        ('<p data-meta="order">Give 2.5 mg/kg.</p>', "page.dose-shown"),
        ("<p>Dissolve the powder in water.</p>", "page.dose-shown"),
        ("<p>Ask the supplier.</p>", "page.dose-shown"),
        ("<p>A miracle.</p>", "page.word-shown"),
        ('<img src="https://example.org/x.png">', "page.loads"),
        ("<script src=x.js></script>", "page.loads"),
        ('<p style="color:red">x</p>', "page.style-attribute"),
        ('<p onclick="x()">x</p>', "page.event-handler"),
        (
            '<p><span data-claim="match-deaths" data-slot="cells" data-view="plain" data-source="match-four-years-news">8 of 26</span></p>',
            "page.mark-missing",
        ),
        ("<p>" + "x" * 300_000 + "</p>", "page.heavy"),
    ],
)
def test_what_is_planted_into_a_page_is_found(
    site: BuiltSite, ledgers: dict[str, Ledger], criteria: set[str], planted: str, code: str
) -> None:
    page = next(page for page in site.pages if page.name == "liver-cells.html")
    assert list(rendered.check(page, [ledgers["liver-cells"]], criteria)) == []
    broken = replace(page, html=page.html.replace("</main>", f"{planted}</main>"))
    assert code in {problem.code for problem in rendered.check(broken, [ledgers["liver-cells"]], criteria)}


def test_a_page_without_its_banner_or_policy_does_not_pass(
    site: BuiltSite, ledgers: dict[str, Ledger], criteria: set[str]
) -> None:
    page = next(page for page in site.pages if page.name == "liver-cells.html")
    for gone, code in (("DEMONSTRATION", "page.banner"), ("Content-Security-Policy", "page.policy")):
        broken = replace(page, html=page.html.replace(gone, "x"))
        assert code in {
            problem.code for problem in rendered.check(broken, [ledgers["liver-cells"]], criteria)
        }


def test_a_dose_in_any_claim_stops_the_build(ledgers: dict[str, Ledger]) -> None:
    ledger = ledgers["mitochondria-hpdl"]
    for index, claim in enumerate(ledger.claims.claims):
        dosed = claim.model_copy(update={"text": f"{claim.text} Take 5 mg per kg."})
        claims = ledger.claims.model_copy(
            update={"claims": [*ledger.claims.claims[:index], dosed, *ledger.claims.claims[index + 1 :]]}
        )
        assert any(
            problem.code == "page.dose" for problem in LINTS.all()["page.dose"](ledger.with_claims(claims))
        ), claim.id


def test_no_field_of_a_bundle_is_made_for_selling() -> None:
    """No price list, booking or contact to buy: such fields do not exist in the schema."""
    from proband.programme import schema

    keys: set[str] = set()

    def walk(value: object) -> None:
        if isinstance(value, dict):
            keys.update(str(key) for key in value.get("properties", {}))
            for child in value.values():
                walk(child)
        elif isinstance(value, list):
            for child in value:
                walk(child)

    for file in ("programme.yaml", "product.yaml", "claims.yaml", "facts.yaml"):
        walk(schema(file))
    assert keys
    assert not {
        key
        for key in keys
        if any(word in key.lower() for word in ("booking", "checkout", "buy", "price_list", "package"))
    }


def test_lint_of_a_sound_ledger_is_empty_and_ordered(ledgers: dict[str, Ledger]) -> None:
    for ledger in ledgers.values():
        late = replace(ledger, on=ledger.on.replace(year=2030))
        problems = lint(late)
        assert problems == sorted(problems)
        assert {problem.severity for problem in problems if problem.code == "page.expired"} == {"error"}
