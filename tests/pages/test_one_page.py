"""A new page is one file: it is found by itself, built, linked, named at its foot, and held to the rules of every page."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from small_ledgers import DAY, built

from proband import pages
from proband.pages.declaration import links, pages_of_programme, pages_of_site
from proband.pages.ledger import Ledger
from proband.pages.routes import ROUTES
from proband.pages.site import BuiltSite
from proband.programme import Programme
from proband.programme.problems import BundleError

#: a file as a study would write it, with the text of its template
STUDY = '''
"""How to reach the team by train, which only this synthetic study tells."""

from proband.pages.declaration import ProgrammeInputs, page_of_programme
from proband.pages.rendering import Page

TEMPLATE = """{% extends "base.html.j2" %}
{% block main %}
<h1>{{ title }}</h1><p class="lead">{{ _("WORDS") }}</p>
{% endblock %}"""


@page_of_programme("by-train", "Getting there by train", where=lambda programme: programme.id == "liver-cells")
def declared(made: ProgrammeInputs) -> Page | None:
    title = made.catalogue.text("Getting there by train")
    return made.page("by-train", TEMPLATE, title, title)
'''


#: and one that makes a page of the whole site
ABOUT = '''
"""Who keeps this site, which only this synthetic deployment tells."""

from proband.pages.declaration import SiteInputs, page_of_site
from proband.pages.rendering import Page, render

TEMPLATE = """{% extends "base.html.j2" %}
{% block main %}
<h1>{{ title }}</h1><p class="lead">{{ _("WORDS") }}</p>
{% endblock %}"""


@page_of_site("about-us", "Who keeps this site", where=lambda programmes: len(programmes) == 1)
def declared(made: SiteInputs) -> Page | None:
    title = made.catalogue.text("Who keeps this site")
    ledgers = list(made.ledgers.values())
    return render(
        TEMPLATE, "", title, title, catalogue=made.catalogue, ledgers=ledgers, navigation=made.navigation,
        banners=[banner for ledger in ledgers for banner in ledger.banners], theme=made.theme, context={},
    )
'''


WAYS = (
    "Newly diagnosed",
    "Somebody offers it for money",
    "Already treated",
    "I am a clinician",
    "I am a journalist",
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(pages, "__path__", [*pages.__path__, str(tmp_path)])
    for declared in (pages_of_programme, pages_of_site):
        declared.cache_clear()
    yield tmp_path
    for declared in (pages_of_programme, pages_of_site):
        declared.cache_clear()
    for name in ("by_train", "about_us"):
        sys.modules.pop(f"proband.pages.{name}", None)


def test_one_file_adds_a_page_to_the_site(folder: Path, programmes: dict[str, Programme]) -> None:
    (folder / "by_train.py").write_text(STUDY.replace("WORDS", "The station is near."), encoding="utf-8")
    site = built("liver-cells")
    html = {page.name: page.html for page in site.pages}
    made = html["liver-cells-by-train.html"]
    assert "The station is near." in made
    assert Ledger.of(programmes["liver-cells"], DAY).hash[:12] in made, "its foot names what it is made from"
    assert 'href="liver-cells-by-train.html"' in html["liver-cells.html"]
    assert "by-train" not in str(links(programmes["mitochondria-hpdl"]))


def test_one_file_adds_a_page_of_the_whole_site(folder: Path, programmes: dict[str, Programme]) -> None:
    (folder / "about_us.py").write_text(ABOUT.replace("WORDS", "A hospital keeps it."), encoding="utf-8")
    html = {page.name: page.html for page in built("liver-cells").pages}
    assert "A hospital keeps it." in html["about-us.html"]
    assert Ledger.of(programmes["liver-cells"], DAY).hash[:12] in html["about-us.html"]
    # what other sites show in a frame leads to the programme's page and nowhere else
    for name in html.keys() - {"liver-cells-box.html"}:
        assert 'href="about-us.html"' in html[name], f"{name} does not lead to it"


def test_there_is_no_second_page_of_one_name(folder: Path) -> None:
    (folder / "about_us.py").write_text(ABOUT.replace('"about-us"', '"articles"'), encoding="utf-8")
    with pytest.raises(ValueError, match="another page 'articles'"):
        built("liver-cells")


@pytest.mark.parametrize(("name", "text"), [("by_train", STUDY), ("about_us", ABOUT)])
def test_a_new_page_is_held_to_the_rules_of_every_page(folder: Path, name: str, text: str) -> None:
    (folder / f"{name}.py").write_text(text.replace("WORDS", "It helped 7 of 10 people."), encoding="utf-8")
    with pytest.raises(BundleError) as refused:
        built("liver-cells")
    assert {problem.code for problem in refused.value.problems} == {"page.number-loose"}


@pytest.mark.parametrize(("name", "text"), [("by_train", STUDY), ("about_us", ABOUT)])
def test_words_of_a_new_page_that_go_round_the_catalogue_are_nobody_s(
    folder: Path, name: str, text: str
) -> None:
    said = text.replace('{{ _("WORDS") }}', "It helped all of them.")
    (folder / f"{name}.py").write_text(said, encoding="utf-8")
    with pytest.raises(BundleError) as refused:
        built("liver-cells")
    assert {problem.code for problem in refused.value.problems} == {"page.sentence-loose"}


def test_a_new_page_may_count_in_words_of_its_own(folder: Path) -> None:
    counted = 'made.catalogue.counted("The last train leaves in %(n)s hour.", "The last train leaves in some %(n)s hours.", 3, n="three")'
    said = STUDY.replace('title = made.catalogue.text("Getting there by train")', f"title = {counted}")
    assert counted in said
    (folder / "by_train.py").write_text(said.replace("WORDS", "The station is near."), encoding="utf-8")
    html = {page.name: page.html for page in built("liver-cells").pages}
    assert "The last train leaves in some three hours." in html["liver-cells-by-train.html"]


@pytest.mark.parametrize("names", [(), ("liver-cells",)], ids=["whole site", "one programme"])
def test_every_link_of_a_site_leads_somewhere(names: tuple[str, ...], site: BuiltSite) -> None:
    whole = built(*names) if names else site
    html = {page.name: page.html for page in whole.pages}
    ids = {name: set(re.findall(r'\bid="([^"]+)"', text)) for name, text in html.items()}
    dead = []
    for name, text in html.items():
        for link in re.findall(r'<a\b[^>]*\bhref="([^"]+)"', text):
            if re.match(r"[a-z]+:", link):
                continue
            page, _, place = link.partition("#")
            if page in whole.tables and not place:
                continue
            if (page or name) not in html or (place and place not in ids[page or name]):
                dead.append((name, link))
    assert sum(text.count("<a ") for text in html.values()) > 50
    assert dead == []


def test_every_page_is_two_taps_from_the_first_one_and_none_is_an_orphan(site: BuiltSite) -> None:
    html = {page.name: page.html for page in site.pages}
    # what stands in the navigation of every page is no way that leads somebody: the ways are in the page itself
    links = {
        name: {
            link.partition("#")[0]
            for link in re.findall(r'<a\b[^>]*\bhref="([^"]+)"', text[text.index("<main") :])
        }
        for name, text in html.items()
    }
    first = links["index.html"]
    assert set(html) <= {"index.html", *first, *(link for name in first & set(html) for link in links[name])}
    assert not any("handbook" in text for text in html.values()), "nothing links to what is for investigators"


def test_the_five_ways_stand_on_every_programme_and_each_leads_somewhere(site: BuiltSite) -> None:
    for page in site.pages:
        if '<nav class="routes"' not in page.html:
            continue
        nav = page.html[page.html.index('<nav class="routes"') :].split("</nav>")[0]
        assert [title in nav for title in WAYS] == [True] * 5
        assert all(item.count("<a ") >= 1 for item in nav.split("<li>")[1:])


def test_a_page_says_to_which_of_the_ways_it_belongs() -> None:
    known = {route.id for route in ROUTES}
    assert len(ROUTES) == 5
    assert {page.route for page in pages_of_programme() if page.public} <= known
