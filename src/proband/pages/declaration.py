"""How a page is declared: where it is made, in a file of its own, and found by itself.

A page of each programme, and a page of the whole site::

    @page_of_programme("aftercare", "Treated elsewhere", where=lambda programme: bool(programme.claims.in_section(PageSection.AFTERCARE)))
    def declared(made: ProgrammeInputs) -> Page | None: ...

    @page_of_site("articles", "The articles")
    def declared(made: SiteInputs) -> Page | None: ...

The first is written as ``PROGRAMME-aftercare.html``, linked from the programme's own page and from the first page of the site; the
second as ``articles.html``, linked from every page. Both are held to the rules of every page. What a page looks like is a template
beside the others, or the text of one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, TypeVar

from proband.pages.catalogue import Catalogue
from proband.pages.ledger import Ledger
from proband.pages.rendering import DataBlock, NavigationLink, Page, render
from proband.programme import Programme
from proband.record.publishing import PublicRecord
from proband.trial.headline.claimed import ClaimedHeadlines

#: the end of the name of a programme's own page: nothing comes after the programme's
MAIN = ""
#: the name of the first page of the site
INDEX = "index"
#: most programmes that the navigation of every page names, and that have all their ways on the first page
MOST_NAMED = 8


@dataclass(frozen=True, slots=True)
class ProgrammeInputs:
    """What a page of a programme is made from: its claims, the answers to its headlines, and what a record adds.

    ``self_check`` is the deployment's switch of the form for self-checks.
    """

    programme: Programme
    ledger: Ledger
    headlines: ClaimedHeadlines
    record: PublicRecord | None
    catalogue: Catalogue
    navigation: Sequence[NavigationLink]
    theme: str | None
    self_check: bool = True
    #: links to the other pages of the whole site
    site: tuple[NavigationLink, ...] = ()
    #: the address under which the site will stand, ending in a stroke; empty where nobody said it
    base_url: str = ""

    @property
    def href(self) -> str:
        """The file name of the programme's own page."""
        return own_page(self.programme).href

    @property
    def ways(self) -> tuple[tuple[NavigationLink, str], ...]:
        """The links to the programme's other public pages, each with the way to which its page belongs."""
        return links(self.programme, with_record=self.record is not None)

    def page(
        self, id: str, template: str, title: str, lead: str, *,
        banners: Iterable[str] = (), scripts: Sequence[str] = (), data: Sequence[DataBlock] = (), **context: Any,
    ) -> Page:  # fmt: skip
        """The page ``PROGRAMME-id.html`` in the programme's own frame; its template has ``ledger``, ``lead`` and ``home`` beside what is given."""
        return render(
            template, f"{self.programme.id}-{id}.html", title, lead, catalogue=self.catalogue, ledgers=[self.ledger], navigation=self.navigation,
            banners=[*banners, *self.ledger.banners], theme=self.theme, scripts=scripts, data=data,
            context={"ledger": self.ledger, "lead": lead, "home": self.href, **context},
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class SiteInputs:
    """What a page of the whole site is made from: all its programmes."""

    programmes: tuple[ProgrammeInputs, ...]
    catalogue: Catalogue
    navigation: Sequence[NavigationLink]
    theme: str | None

    @property
    def ledgers(self) -> dict[str, Ledger]:
        """The ledgers by programme."""
        return {made.programme.id: made.ledger for made in self.programmes}

    @property
    def more(self) -> tuple[NavigationLink, ...]:
        """The links to the other pages of the whole site."""
        return site_links([made.programme for made in self.programmes])


@dataclass(frozen=True, slots=True)
class ProgrammePage:
    """A declared page of a programme: the end of its file's name, what a link to it says, for which programmes, how it is made."""

    id: str
    title: str
    where: Callable[[Programme], bool]
    public: bool
    of_record: bool
    route: str
    make: Callable[[ProgrammeInputs], Page | None]

    def link(self, programme: Programme) -> NavigationLink:
        """The link to the page of a programme."""
        return (
            NavigationLink(f"{programme.id}-{self.id}.html", self.title) if self.id else own_page(programme)
        )


@dataclass(frozen=True, slots=True)
class SitePage:
    """A declared page of the whole site: its file's name, what a link to it says, for which programmes, how it is made."""

    id: str
    title: str
    where: Callable[[Sequence[Programme]], bool]
    make: Callable[[SiteInputs], Page | None]

    @property
    def link(self) -> NavigationLink:
        """The link to the page."""
        return NavigationLink(f"{self.id}.html", self.title)


def page_of_programme(
    id: str,
    title: str,
    *,
    where: Callable[[Programme], bool] = lambda programme: True,
    public: bool = True,
    of_record: bool = False,
    route: str = "new",
) -> Callable[[Callable[[ProgrammeInputs], Page | None]], ProgrammePage]:
    """Declare a function as the maker of a page of each programme.

    Parameters
    ----------
    id
        The end of the file's name, after the programme's; :data:`MAIN` for the programme's own page.
    title
        What a link to it says; the programme's own page is called by the title of its claims.
    where
        For which programmes there is such a page; for all if it is not given.
    public
        Whether it belongs to the public site; a page for investigators does not, and nothing links to it.
    of_record
        Whether it is made where there is a record alone.
    route
        To which of the five ways it belongs (:mod:`proband.pages.routes`).
    """
    return lambda make: ProgrammePage(id, title, where, public, of_record, route, make)


def page_of_site(
    id: str, title: str, *, where: Callable[[Sequence[Programme]], bool] = lambda programmes: True
) -> Callable[[Callable[[SiteInputs], Page | None]], SitePage]:
    """Declare a function as the maker of a page of the whole site.

    Parameters
    ----------
    id
        The file's name; :data:`INDEX` for the first page.
    title
        What a link to it says.
    where
        Whether a site of some programmes has such a page; every site if it is not given.
    """
    return lambda make: SitePage(id, title, where, make)


P = TypeVar("P", ProgrammePage, SitePage)


def _declared(kind: type[P]) -> tuple[P, ...]:
    """What the modules of this package declare, in the order of their names."""
    found: dict[str, P] = {}
    package = import_module("proband.pages")
    for module in iter_modules(package.__path__, f"{package.__name__}."):
        if module.ispkg:
            continue
        for value in vars(import_module(module.name)).values():
            if isinstance(value, kind) and found.setdefault(value.id, value) is not value:
                raise ValueError(f"{module.name}: there is another page {value.id!r}")
    return tuple(found.values())


@cache
def pages_of_programme() -> tuple[ProgrammePage, ...]:
    """Every declared page of a programme: its own first, the others in the order of the names of their files.

    Raises
    ------
    ValueError
        Where two files declare one id.
    """
    return tuple(sorted(_declared(ProgrammePage), key=lambda page: page.id != MAIN))


@cache
def pages_of_site() -> tuple[SitePage, ...]:
    """Every declared page of the whole site: the first page first, the others in the order of the names of their files.

    Raises
    ------
    ValueError
        Where two files declare one id.
    """
    return tuple(sorted(_declared(SitePage), key=lambda page: page.id != INDEX))


def own_page(programme: Programme) -> NavigationLink:
    """The link to a programme's own page."""
    return NavigationLink(f"{programme.id}.html", programme.claims.title)


def links(programme: Programme, *, with_record: bool = False) -> tuple[tuple[NavigationLink, str], ...]:
    """The links to a programme's other public pages, those for which it has something to say, each with the way to which it belongs."""
    return tuple(
        (page.link(programme), page.route)
        for page in pages_of_programme()
        if page.public and page.id != MAIN and page.where(programme) and (with_record or not page.of_record)
    )


def site_links(programmes: Sequence[Programme]) -> tuple[NavigationLink, ...]:
    """The links to the pages of the whole site, but for the first page, which every page links by itself."""
    return tuple(page.link for page in pages_of_site() if page.id != INDEX and page.where(programmes))
