"""Where somebody comes from, and what is theirs: five ways into the pages of a programme, none more than two taps long.

A page says of itself to which way it belongs (``route`` of its declaration); the parts of a programme's own page are listed here. A page that belongs to
no way would be found by nobody: the test of the site follows every link and refuses an orphan.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from proband.pages.rendering import NavigationLink
from proband.programme.claims import PageSection

if TYPE_CHECKING:  # a declaration names its way, and a way finds the declarations
    from proband.pages.declaration import ProgrammeInputs


@dataclass(frozen=True, slots=True)
class PageRoute:
    """One way: its name, what it is called, and the parts of a programme's own page that belong to it."""

    id: str
    title: str
    says: str
    parts: tuple[tuple[str, str], ...]


ROUTES = (
    PageRoute("new", "Newly diagnosed", "What happens without it, and what to ask first.",
              ((PageSection.KNOWN, "What we know"), (PageSection.SELF_CHECK, "Could I be considered?"), (PageSection.WHEN, "How soon would we know?"))),
    PageRoute("money", "Somebody offers it for money", "Questions, warning signs, the law.",
              ((PageSection.OFFERED, "Questions and warning signs"), (PageSection.ALLOWED, "Is it allowed here?"), (PageSection.COST, "What does it cost?"))),
    PageRoute("treated", "Already treated", "What to watch, and whom to tell.",
              ((PageSection.HARMS, "What could go wrong"), (PageSection.PEOPLE, "Whom to talk to"))),
    PageRoute("clinician", "I am a clinician", "The findings as a table, the studies, ways of access.", ()),
    PageRoute("journalist", "I am a journalist", "Put a headline to the test.",
              ((PageSection.IMPRINT, "Who wrote and paid for this"),)),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class RouteLinks:
    """A way with its links: to the pages that belong to it first, then to the parts of the programme's own page."""

    route: PageRoute
    links: tuple[NavigationLink, ...]


def routes(made: ProgrammeInputs) -> tuple[RouteLinks, ...]:
    """The five ways of a programme; pages of the whole site belong to those who write about it."""
    found = []
    for route in ROUTES:
        pages = [link for link, way in made.ways if way == route.id]
        parts = [NavigationLink(f"{made.href}#{part}", title) for part, title in route.parts]
        found.append(RouteLinks(route, (*pages, *parts, *(made.site if route.id == "journalist" else ()))))
    return tuple(found)
