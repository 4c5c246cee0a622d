"""What the articles said, and what is known: every row with its verdict, the claims behind it, and where it lives.

The page is the table of contents of the project and a regression test: a row whose claim is gone, or whose place in Proband
has no name, fails the build; a place that is not built yet says so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Annotated, Any

from markupsafe import Markup
from pydantic import Field

from proband.pages.catalogue import Catalogue
from proband.pages.charts.svg import drawing, tag
from proband.pages.declaration import ProgrammeInputs, SiteInputs, page_of_programme, page_of_site
from proband.pages.ledger import Ledger
from proband.pages.markup import Voice
from proband.pages.programme_page import TITLES
from proband.pages.rendering import Page, render
from proband.programme import Programme
from proband.programme.claims import Claim, PageSection
from proband.programme.model import Id, Model, Text
from proband.terms import ProbandError, yaml12


class ArticlesError(ProbandError):
    """A row of the articles names something that does not exist."""


class StatementWorth(StrEnum):
    """What a statement of an article is worth."""

    SUPPORTED = "supported"
    PARTLY = "partly"
    UNSUPPORTED = "unsupported"
    CANNOT = "cannot-be-assessed"


VERDICT_WORDS = {
    StatementWorth.SUPPORTED: "supported",
    StatementWorth.PARTLY: "partly",
    StatementWorth.UNSUPPORTED: "not supported",
    StatementWorth.CANNOT: "cannot be judged",
}


@cache
def places() -> dict[str, str]:
    """Parts of Proband → what they are called on the page."""
    return {str(part): str(name) for part, name in _read("data", "places.yaml").items()}


def _read(folder: str, name: str) -> dict[str, Any]:
    text = (files("proband.pages") / folder / name).read_text(encoding="utf-8")
    return yaml12.data(text)  # type: ignore[no-any-return]


class ArticleRow(Model):
    """One statement, actor, step or question of an article, in our own words."""

    id: Annotated[str, Field(pattern=r"^[A-C]\d+$")]
    kind: Text
    says: Text
    verdict: StatementWorth
    why: Text
    claims: Annotated[list[Id], Field(min_length=1)]
    lives: Annotated[list[str], Field(min_length=1)]
    at: PageSection


class Article(Model):
    """One article: what it is, who published it, and its rows."""

    programme: Id
    title: Text
    about: Text
    publisher: Text
    #: its own title, where it had one that we read; it is quoted and says nothing of ours
    headline: str = ""
    link: str = ""
    link_is: str = "the story"
    source: Annotated[
        str,
        Field(
            description="Id of the source, in the programme, that stands for the article or for our reading of it"
        ),
    ]
    rows: Annotated[list[ArticleRow], Field(min_length=1)]


def articles() -> list[Article]:
    """The articles that ship with Proband, one in each file of ``articles/``, in the order in which they were read (A, B, C)."""
    return list(_articles())


@cache
def _articles() -> tuple[Article, ...]:
    """Read once: every page of every programme asks whether there is one of its own."""
    names = [
        entry.name
        for entry in (files("proband.pages") / "articles").iterdir()
        if entry.name.endswith(".yaml")
    ]
    found = [Article.model_validate(_read("articles", name)) for name in names]
    return tuple(sorted(found, key=lambda article: article.rows[0].id))


def check(found: Sequence[Article], ledgers: Mapping[str, Ledger]) -> None:
    """Refuse rows that name a claim or a place in Proband that does not exist, or an id twice.

    Raises
    ------
    ArticlesError
        With the row and what it names.
    """
    ids = Counter(row.id for article in found for row in article.rows)
    if repeated := sorted(id for id, n in ids.items() if n > 1):
        raise ArticlesError("pages.articles.repeated", ids=repeated)
    for article in found:
        ledger = ledgers.get(article.programme)
        if ledger is None:
            raise ArticlesError("pages.articles.programme", title=article.title, programme=article.programme)
        for row in article.rows:
            if missing := sorted(set(row.claims) - set(ledger.by_id)):
                raise ArticlesError("pages.articles.claims", row=row.id, claims=missing)
            if lost := [place for place in row.lives if place not in places()]:
                raise ArticlesError("pages.articles.module", row=row.id, modules=lost)


@page_of_site("articles", "The articles", where=lambda programmes: _all_there(programmes))
def articles_page(made: SiteInputs) -> Page:
    """The stories with what their statements are worth, each with a link to every statement; for a site that holds the programme of each of them.

    Raises
    ------
    ArticlesError
        As :func:`check`.
    """
    ledgers, catalogue = made.ledgers, made.catalogue
    found = articles()
    check(found, ledgers)
    shown = [
        {
            "article": article,
            "voice": Voice(ledgers[article.programme], catalogue),
            **_counted(article, catalogue),
        }
        for article in found
    ]
    title = catalogue.text("What the articles said, and what is known")
    lead = catalogue.text(
        "Web stories led to this project. Here is what their statements are worth, and why."
    )
    return render(
        "articles.html.j2", "articles.html", title, lead, catalogue=catalogue, ledgers=ledgers.values(), navigation=made.navigation, theme=made.theme,
        banners=tuple(dict.fromkeys(banner for ledger in ledgers.values() for banner in ledger.banners)),
        context={"shown": shown, "lead": lead, "VERDICT_WORDS": VERDICT_WORDS},
    )  # fmt: skip


def _counted(article: Article, catalogue: Catalogue) -> dict[str, Any]:
    counts = Counter(row.verdict for row in article.rows)
    return {
        "counts": [(verdict, counts[verdict]) for verdict in StatementWorth],
        "picture": _picture(article, counts, catalogue),
    }


@page_of_programme(
    "article",
    "The article, statement by statement",
    where=lambda programme: any(article.programme == programme.id for article in articles()),
    route="journalist",
)
def article_page(made: ProgrammeInputs) -> Page:
    """Every statement of the article on a programme, with its verdict and what that rests on.

    Raises
    ------
    ArticlesError
        As :func:`check`.
    """
    ledger, catalogue = made.ledger, made.catalogue
    article = next(each for each in articles() if each.programme == made.programme.id)
    check([article], {ledger.programme: ledger})
    rows = [{"row": row, "claims": [ledger.by_id[id] for id in row.claims]} for row in article.rows]
    title, lead = catalogue.text(article.title), catalogue.text(article.about)
    return made.page(
        "article", "article.html.j2", title, lead, article=article, voice=Voice(ledger, catalogue), rows=rows, **_counted(article, catalogue),
        VERDICT_WORDS=VERDICT_WORDS, TITLES=TITLES, claim_name=claim_name, claim_place=claim_place,
    )  # fmt: skip


def _picture(article: Article, counts: Mapping[StatementWorth, int], catalogue: Catalogue) -> Markup:
    """The verdicts of an article as one bar, in the order of their words; the numbers stand in the words below it."""
    everything, parts, at = sum(counts.values()), [], 0.0
    for verdict in StatementWorth:
        width = 400.0 * counts[verdict] / everything
        parts.append(tag("rect", class_=f"share-{verdict.value}", x=at, y=0, width=width, height=16))
        at += width
    title = catalogue.text("What its statements are worth")
    return drawing(f"share-{article.programme}", title, 400, 16, parts, "share")


def _all_there(programmes: Sequence[Programme]) -> bool:
    """Whether the programme that each article speaks of is among them."""
    return {article.programme for article in articles()} <= {programme.id for programme in programmes}


def claim_place(ledger: Ledger, claim: Claim) -> str:
    """Where a claim stands: on the sheet for people treated elsewhere, or on the programme's own page."""
    page = f"{ledger.programme}-aftercare" if claim.section is PageSection.AFTERCARE else ledger.programme
    return f"{page}.html#c-{claim.id}"


def claim_name(claim: Claim) -> str:
    """A claim's short name for a link: its title, its outcome or what kind it is."""
    return claim.title or claim.outcome or claim.kind.value.replace("-", " ")
