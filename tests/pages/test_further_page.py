"""A new page is one file: it is found by itself, built, linked, named at its foot, and held to the rules of every page."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from small_ledgers import DAY, built

from proband import pages
from proband.pages.further import further_pages, links
from proband.pages.ledger import Ledger
from proband.pages.site import BuiltSite
from proband.programme import Programme
from proband.programme.problems import BundleError

#: a file as a study would write it, with the text of its template
STUDY = '''
"""How to reach the team by train, which only this synthetic study tells."""

from proband.pages.further import PageInputs, further_page
from proband.pages.rendering import Page, render

TEMPLATE = """{% extends "base.html.j2" %}
{% block main %}
<h1>{{ title }}</h1><p class="lead">WORDS</p>
{% endblock %}"""


@further_page("by-train", "Getting there by train", where=lambda programme: programme.id == "liver-cells")
def declared(made: PageInputs) -> Page | None:
    title = made.catalogue.text("Getting there by train")
    return render(
        TEMPLATE, "liver-cells-by-train.html", title, title, catalogue=made.catalogue, ledgers=[made.ledger],
        navigation=made.navigation, banners=made.ledger.banners, theme=made.theme, context={"ledger": made.ledger},
    )
'''


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(pages, "__path__", [*pages.__path__, str(tmp_path)])
    further_pages.cache_clear()
    yield tmp_path
    further_pages.cache_clear()
    sys.modules.pop("proband.pages.by_train", None)


def test_one_file_adds_a_page_to_the_site(folder: Path, programmes: dict[str, Programme]) -> None:
    (folder / "by_train.py").write_text(STUDY.replace("WORDS", "The station is near."), encoding="utf-8")
    site = built("liver-cells")
    html = {page.name: page.html for page in site.pages}
    made = html["liver-cells-by-train.html"]
    assert "The station is near." in made
    assert Ledger.of(programmes["liver-cells"], DAY).hash[:12] in made, "its foot names what it is made from"
    for name in ("liver-cells.html", "index.html"):
        assert 'href="liver-cells-by-train.html"' in html[name]
    assert "by-train" not in str(links(programmes["mitochondria-hpdl"]))


def test_it_is_held_to_the_rules_of_every_page(folder: Path) -> None:
    (folder / "by_train.py").write_text(STUDY.replace("WORDS", "It helped 7 of 10 people."), encoding="utf-8")
    with pytest.raises(BundleError) as refused:
        built("liver-cells")
    assert {problem.code for problem in refused.value.problems} == {"page.number-loose"}


def test_every_further_page_is_linked_from_its_programme_and_from_the_first_page(site: BuiltSite) -> None:
    html = {page.name: page.html for page in site.pages}
    further = [name for name in html if name.count("-") > 1 and "-autologous.html" not in name]
    assert len(further) >= 6
    for name in further:
        programme = next(
            page for page in html if page != name and name.startswith(page.removesuffix(".html"))
        )
        assert f'href="{name}"' in html[programme], f"{name} is reached from nowhere"
        assert f'href="{name}"' in html["index.html"]
    assert not any("handbook" in text for text in html.values()), "nothing links to what is for investigators"
