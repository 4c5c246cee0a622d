"""German: the interface and one programme's page are whole in it, and say nothing else than in English."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from html.parser import HTMLParser

import pytest
from small_ledgers import DAY, answered, built

from proband.pages.articles_page import articles
from proband.pages.catalogue import Catalogue, CatalogueError, catalogue_of, load
from proband.pages.declaration import ProgrammeInputs, own_page, site_links
from proband.pages.ledger import Ledger
from proband.pages.messages import messages, texts_in
from proband.pages.programme_page import programme_page
from proband.pages.rendered import visible_text
from proband.pages.site import BuiltSite
from proband.pages.statements import runs
from proband.programme import Programme

NAME = "mitochondria-hpdl"
#: words that stand in almost every English sentence and in no German one
ENGLISH = {"the", "of", "and", "is", "with", "for", "not", "are", "were", "from", "by", "this", "that", "who", "has", "have", "to", "a", "it", "you"}  # fmt: skip


@pytest.fixture(scope="module")
def german() -> BuiltSite:
    """The site of the programme in German."""
    return built(NAME, language="de")


def page(site: BuiltSite) -> str:
    return next(page.html for page in site.pages if page.name == f"{NAME}.html")


def stories() -> set[str]:
    """Our reading of the three stories: not translated yet."""
    found = set()
    for article in articles():
        found |= {article.title, article.about, article.publisher, article.link_is}
        found |= {text for row in article.rows for text in texts_in([row.says, row.why])}
    return found


def test_every_text_of_ours_is_translated_and_no_translation_is_of_another() -> None:
    german = load("de")
    asked = {text if isinstance(text, str) else text[1] for text in messages()}
    told = {*german.texts, *german.plurals}
    assert told <= asked
    assert asked - told <= stories()


@dataclass(frozen=True)
class Untranslated(Catalogue):
    """A catalogue that notes what it has no translation of."""

    lacks: set[str] = field(default_factory=set)

    def text(self, source: str, **values: object) -> str:
        """The translation."""
        if source.strip() and source not in self.texts:
            self.lacks.add(source)
        return super().text(source, **values)

    def counted(self, one: str, many: str, count: float, /, **values: object) -> str:
        """The form that goes with a number."""
        if many not in self.plurals:
            self.lacks.add(many)
        return super().counted(one, many, count, **values)


def test_the_page_asks_for_nothing_that_has_no_translation(programmes: dict[str, Programme]) -> None:
    programme, whole = programmes[NAME], load("de", None, [NAME])
    noting = Untranslated("de", whole.texts, whole.plurals, whole.head)
    programme_page.make(
        ProgrammeInputs(
            programme, Ledger.of(programme, DAY), answered(programme), None, noting, [own_page(programme)], None, True,
            site_links([programme]),
        )
    )  # fmt: skip
    assert noting.lacks == set()
    assert Untranslated("de").text("Who profits") == "Who profits"


def test_no_english_sentence_stands_on_it_but_what_a_source_is_called(
    german: BuiltSite, ledgers: dict[str, Ledger], site: BuiltSite
) -> None:
    def english(html: str) -> list[str]:
        # the hash of a programme may spell "a", and is no sentence
        said = [run.text for run in runs(html) if not re.fullmatch(r"[0-9a-f]{12,64}", run.text)]
        return [text for text in said if ENGLISH & set(re.findall(r"[a-z]+", text.lower()))]

    ledger = ledgers[NAME]
    names = {source.citation.rstrip(".") for source in ledger.sources.values()}
    names |= {ledger.claims.title}
    left = [
        text for text in english(page(german))
        if not any(name.startswith(text.rstrip("… .")) for name in names) and not re.fullmatch(r"[\w.-]+/[\w./-]*|[0-9a-f]{12,64}", text)
        and not text.startswith("The Lily Foundation")
    ]  # fmt: skip
    assert left == []
    assert len(english(page(site))) > 200


class Slots(HTMLParser):
    """The figures of a page: what each slot, fact and picture says, as digits alone."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[tuple[str, ...] | None] = []
        self.said: Counter[tuple[str, ...]] = Counter()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        key = tuple(str(given.get(f"data-{name}")) for name in ("claim", "slot", "view", "source", "level"))
        if tag not in {"meta", "link", "br", "hr", "img", "input"}:
            self.open.append(key if "data-slot" in given else None)

    def handle_endtag(self, tag: str) -> None:
        if self.open:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        for key in self.open:
            if key:
                self.said[*key, *re.findall(r"\d+", data)] += 1


def test_every_number_is_the_same_in_both_languages(german: BuiltSite, site: BuiltSite) -> None:
    mine, theirs = page(german), page(site)
    assert Slots(mine).said == Slots(theirs).said
    assert len(Slots(mine).said) > 20

    def numbers(html: str) -> Counter[str]:
        # the navigation of the whole site names other programmes, too
        body = re.sub(r"<(nav|header|footer)\b.*?</\1>", " ", html[html.index("<body") :], flags=re.DOTALL)
        return Counter(re.findall(r"\d+", visible_text(body)))

    assert numbers(mine) == numbers(theirs)
    for attribute in ("claim", "source", "level", "fact"):
        marks = [sorted(re.findall(rf'data-{attribute}="([^"]*)"', html)) for html in (mine, theirs)]
        assert marks[0] == marks[1]


def test_numbers_dates_and_plurals_are_written_as_in_german(german: BuiltSite) -> None:
    catalogue = load("de")
    assert catalogue.figure("2,439.5") == "2.439,5"
    assert catalogue.counted("%(n)s day", "%(n)s days", 1) == "1 Tag"
    assert catalogue.counted("%(n)s day", "%(n)s days", 1200) == "1.200 Tage"
    assert 'lang="de" dir="ltr"' in page(german)
    assert "20. November 2026" in page(german)
    assert "drei Monate" in page(german)


def test_clinical_words_are_explained_in_german(german: BuiltSite) -> None:
    html = page(german)
    assert '<a class="term" href="#word-ethics-board">Ethikkommission</a>' in html
    assert "Menschen, die prüfen, ob eine Studie" in html


@pytest.mark.parametrize(
    ("source", "translation"),
    [
        ("Seen in {better}.", "Gesehen bei {worse}."), ("Seen in {better}.", "Gesehen."), ("Seen in {better}.", "Gesehen bei 9 von 10."),
        ("Seen in {better|per-100}.", "Gesehen bei {better}."), ("Form 3926", "Formular 3962"), ("Less than 0.01", "Unter 0,1"),
        ("%(n)s of %(total)s", "%(n)s von hundert"), ("A <b>word</b>", "Ein Wort"), ("None", "0"),
    ],
)  # fmt: skip
def test_a_translation_that_says_another_number_is_refused(source: str, translation: str) -> None:
    with pytest.raises(CatalogueError, match="other places or numbers") as refused:
        catalogue_of("de", f'msgid "x"\nmsgstr "y"\n\nmsgid "{source}"\nmsgstr "{translation}"\n')
    assert refused.value.location is not None
    assert refused.value.location.line == 4


def test_a_programme_has_no_say_in_our_own_texts(tmp_path: object) -> None:
    assert load("de", None, [NAME]).text("very unsure") == load("de").text("very unsure")
    assert load("de", None, [NAME]).text("In mice") == "Bei Mäusen"
    assert load("de").text("In mice") == "In mice"
