"""What other sites and machines take from a programme's pages: the fact box in a frame, and JSON-LD in the vocabulary of schema.org."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from html import unescape
from typing import Any

import pytest
from small_ledgers import DAY, answered, built

from proband.pages.catalogue import Catalogue
from proband.pages.declaration import ProgrammeInputs
from proband.pages.ledger import Ledger
from proband.pages.linked_data import linked_data, whole_address
from proband.pages.rendered import box_words
from proband.pages.site import BuiltSite
from proband.programme import Programme
from proband.programme.access import Registration
from proband.terms import ProbandError

NAMES = ("liver-cells", "mitochondria-hpdl", "spinal-cord-autologous")
THING = {"name", "description", "url", "identifier", "image", "sameAs", "alternateName", "mainEntityOfPage", "subjectOf"}  # fmt: skip
WORK = THING | {"about", "audience", "citation", "creator", "dateModified", "datePublished", "inLanguage", "isAccessibleForFree", "isBasedOn", "license",
                "mainEntity", "publisher", "version", "encodingFormat"}  # fmt: skip
MEDICAL = THING | {"code", "guideline", "legalStatus", "medicineSystem", "recognizingAuthority", "relevantSpecialty", "study"}  # fmt: skip
#: the properties that schema.org gives to each type that we write (https://schema.org/MedicalStudy, …/Dataset, …/MedicalWebPage, …)
PROPERTIES = {
    "MedicalWebPage": WORK | {"lastReviewed", "reviewedBy", "medicalAudience", "mainContentOfPage"},
    "Dataset": WORK | {"distribution", "variableMeasured", "measurementTechnique", "measurementMethod", "includedInDataCatalog", "issn"},
    "DataDownload": WORK | {"contentUrl", "contentSize", "measurementTechnique"},
    "CreativeWork": WORK,
    "MedicalCondition": MEDICAL | {"signOrSymptom", "stage", "status", "epidemiology", "naturalProgression"},
    "MedicalStudy": MEDICAL | {"healthCondition", "sponsor", "status", "studyLocation", "studySubject"},
    "MedicalEntity": MEDICAL,
    "Audience": THING | {"audienceType", "geographicArea"},
    "PropertyValue": THING | {"propertyID", "value", "unitText"},
}  # fmt: skip


def page(site: BuiltSite, name: str) -> str:
    return next(each.html for each in site.pages if each.name == name)


def things(value: Any) -> Iterator[dict[str, Any]]:
    """Every typed thing in some JSON-LD."""
    if isinstance(value, list):
        for one in value:
            yield from things(one)
    elif isinstance(value, dict):
        if "@type" in value:
            yield value
        for one in value.values():
            yield from things(one)


def held(html: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/ld\+json" id="linked-data">(.*?)</script>', html)
    assert found
    return dict(json.loads(found[1]))


@pytest.mark.parametrize("name", NAMES)
def test_every_property_is_one_that_schema_org_gives_to_its_type(site: BuiltSite, name: str) -> None:
    said = held(page(site, f"{name}.html"))
    assert said["@context"] == "https://schema.org"
    found = list(things(said["@graph"]))
    assert {one["@type"] for one in said["@graph"]} == {"MedicalWebPage", "Dataset"}
    for one in found:
        assert set(one) - {"@type"} <= PROPERTIES[one["@type"]], one["@type"]
        assert all(value not in ("", None, [], {}) for value in one.values())


@pytest.mark.parametrize("name", NAMES)
def test_what_it_points_to_is_there_and_no_result_stands_in_it(
    site: BuiltSite, ledgers: dict[str, Ledger], name: str
) -> None:
    said = held(page(site, f"{name}.html"))
    shown = {each.name for each in site.pages} | set(site.tables)
    web, data = said["@graph"]
    assert {web["url"], data["distribution"]["contentUrl"]} <= shown
    assert date.fromisoformat(web["lastReviewed"]) <= DAY
    assert data["identifier"] == ledgers[name].hash
    citations = {source.citation for source in ledgers[name].sources.values()}
    assert {work["name"] for work in data["citation"]} <= citations
    # a figure would travel without its people: nothing here is a number but days, versions and what a source or an outcome is called
    texts = [one.get("description", "") for one in things(said)]
    assert not any(re.search(r"\d", text) for text in texts)


def test_only_what_may_be_called_a_trial_is_listed_as_a_study(programmes: dict[str, Programme]) -> None:
    programme = programmes["spinal-cord-autologous"]
    ledger = Ledger.of(programme, DAY)
    registration = Registration(registry="ClinicalTrials.gov", id="NCT00000000")
    access = programme.head.access.model_copy(update={"registration": registration})
    head = programme.head.model_copy(update={"access": access})
    registered = replace(programme, head=head)

    def types(of: Programme, on: Ledger) -> set[str]:
        made = ProgrammeInputs(of, on, answered(programme), None, Catalogue(), (), None)
        found = list(things(linked_data(made, DAY)))
        assert all(set(one) - {"@type"} <= PROPERTIES[one["@type"]] for one in found)
        return {one["@type"] for one in found}

    assert "MedicalStudy" not in types(programme, ledger)
    # a demonstration says so in a banner: it is no study, whatever it is allowed to be called
    assert "MedicalStudy" not in types(registered, replace(ledger, may_say_trial=True))
    assert "MedicalStudy" not in types(registered, replace(ledger, may_say_trial=False, banners=()))
    assert {"MedicalStudy", "PropertyValue"} <= types(
        registered, replace(ledger, may_say_trial=True, banners=())
    )


@pytest.mark.parametrize("name", NAMES)
def test_the_box_stands_alone_in_a_frame(site: BuiltSite, ledgers: dict[str, Ledger], name: str) -> None:
    html, whole = page(site, f"{name}-box.html"), page(site, f"{name}.html")
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', html)
    assert policy
    said = unescape(policy[1])
    assert "default-src 'none'" in said
    assert "script-src 'none'" in said
    assert "<script" not in html
    assert "<nav" not in html
    assert len(html.encode()) < 40_000
    box = r'<section class="fact".*?</section>'
    mine, theirs = re.search(box, html, re.DOTALL), re.search(box, whole, re.DOTALL)
    assert mine
    assert theirs
    assert mine[0] == theirs[0]
    assert 0 < box_words(html) <= 150
    # what it is, how old, and everything behind it
    assert all(banner in unescape(html) for banner in ledgers[name].banners)
    assert f'<a href="{name}.html" target="_blank" rel="noopener">' in html
    assert set(re.findall(r'href="#([^"]+)"', html)) <= set(re.findall(r'id="([^"]+)"', html))


def test_addresses_are_whole_where_the_sites_own_is_known(programmes: dict[str, Programme]) -> None:
    for address in ("https://example.org/pages", "https://example.org/pages/"):
        site = built(NAMES[0], base_url=address)
        web, data = held(page(site, f"{NAMES[0]}.html"))["@graph"]
        assert web["url"] == f"https://example.org/pages/{NAMES[0]}.html"
        assert data["distribution"]["contentUrl"].startswith("https://example.org/pages/")


@pytest.mark.parametrize(
    "address",
    ["example.org", "javascript:alert(1)", "https://", "https://a:b@example.org/", "https://example.org/?a=b", "https://example.org/#x",
     "file:///etc", "https://example.org/a b", "https://[::1", "https://example.org:0/", "https://example.org/<script>"],
)  # fmt: skip
def test_what_is_no_address_of_a_site_is_refused(address: str) -> None:
    with pytest.raises(ProbandError, match="no address"):
        whole_address(address)
