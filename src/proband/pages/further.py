"""The further pages of a programme: each is declared where it is made, in a file of its own, and found by itself.

::

    @further_page("aftercare", "Treated elsewhere", where=lambda programme: bool(programme.claims.in_section(PageSection.AFTERCARE)))
    def declared(made: PageInputs) -> Page | None: ...

The page is written as ``PROGRAMME-aftercare.html``, linked from the programme's page and from the first page of the site, and held
to the rules of every page. What it looks like is a template beside the others, or the text of one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from proband.pages.catalogue import Catalogue
from proband.pages.ledger import Ledger
from proband.pages.rendering import NavigationLink, Page
from proband.programme import Programme


@dataclass(frozen=True, slots=True)
class PageInputs:
    """What a further page of a programme is made from."""

    programme: Programme
    ledger: Ledger
    catalogue: Catalogue
    navigation: Sequence[NavigationLink]
    theme: str | None


PageMaker = Callable[[PageInputs], Page | None]


@dataclass(frozen=True, slots=True)
class FurtherPage:
    """A declared page: the end of its file's name, what a link to it says, for which programmes it is, and how it is made."""

    id: str
    title: str
    where: Callable[[Programme], bool]
    public: bool
    make: PageMaker

    def link(self, programme: Programme) -> NavigationLink:
        """The link to the page of a programme."""
        return NavigationLink(f"{programme.id}-{self.id}.html", self.title)


def further_page(
    id: str, title: str, *, where: Callable[[Programme], bool] = lambda programme: True, public: bool = True
) -> Callable[[PageMaker], FurtherPage]:
    """Declare a function as the maker of a further page.

    Parameters
    ----------
    id
        The end of the file's name, after the programme's.
    title
        What a link to it says.
    where
        For which programmes there is such a page; for all if it is not given.
    public
        Whether it belongs to the public site; a page for investigators does not, and nothing links to it.
    """
    return lambda make: FurtherPage(id, title, where, public, make)


@cache
def further_pages() -> tuple[FurtherPage, ...]:
    """Every declared page, in the order of the names of their files.

    Raises
    ------
    ValueError
        Where two files declare one id.
    """
    found: dict[str, FurtherPage] = {}
    package = import_module("proband.pages")
    for module in iter_modules(package.__path__, f"{package.__name__}."):
        if module.ispkg:
            continue
        for value in vars(import_module(module.name)).values():
            if isinstance(value, FurtherPage) and found.setdefault(value.id, value) is not value:
                raise ValueError(f"{module.name}: there is another page {value.id}")
    return tuple(found.values())


def links(programme: Programme) -> tuple[NavigationLink, ...]:
    """The links to the public further pages of a programme: those for which it has something to say."""
    return tuple(page.link(programme) for page in further_pages() if page.public and page.where(programme))
