"""The ledger: everything that a public page of one programme may say, with the lines on which it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property

from proband.programme import Programme
from proband.programme.claims import Claim, ClaimsFile
from proband.programme.documents import Document, Table
from proband.programme.eligibility import Eligibility
from proband.programme.selection import EvidenceSelection
from proband.terms import Fact, Source

#: how long after its expiry a fact or claim is shown in grey before the page no longer builds
GRACE_DAYS = 30


@dataclass(frozen=True)
class Ledger:
    """The claims, facts, sources and tables behind the pages of one programme, as they stand on a day.

    ``may_say_trial``: whether the programme has ethics approval in force and a registration. ``experimental``: a product is
    changed substantially or used for another purpose than its own, and authorised nowhere. ``banners``: fixed texts that
    every page bears. ``hidden``: texts of dose, supplier and preparation in the bundle that no page may repeat. ``given``: names of what is given.
    """

    programme: str
    claims: ClaimsFile
    facts: tuple[Fact, ...]
    sources: Mapping[str, Source]
    on: date
    tables: Mapping[str, Table] = field(default_factory=dict)
    documents: Mapping[str, Document] = field(default_factory=dict, repr=False)
    title: str = ""
    may_say_trial: bool = False
    experimental: bool = True
    banners: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    version: str = ""
    hash: str = ""
    selection: EvidenceSelection | None = None
    eligibility: Eligibility | None = None
    given: tuple[str, ...] = ()

    @classmethod
    def of(cls, programme: Programme, on: date | None = None) -> Ledger:
        """The ledger of a loaded programme on a day (today if not given)."""
        day = on or date.today()
        return cls(
            programme=programme.id,
            claims=programme.claims,
            facts=programme.facts,
            sources=programme.sources,
            on=day,
            tables=programme.tables,
            documents=programme.documents,
            title=programme.head.title,
            may_say_trial=programme.head.access.may_say_trial(day),
            experimental=any(product.is_experimental for product in programme.products.values()),
            banners=programme.banners,
            hidden=hidden_texts(programme),
            version=programme.version,
            hash=programme.hash,
            selection=programme.selection,
            eligibility=programme.eligibility,
            given=given_names(programme),
        )

    @property
    def searched_on(self) -> date | None:
        """The day that the choice of studies is as fresh as, if the bundle tells its searches."""
        return self.selection.searched_on if self.selection else None

    @property
    def search_is_stale(self) -> bool:
        """Whether the studies were last searched for more than a year before the day of the page."""
        return self.selection is not None and self.selection.is_stale(self.on)

    @cached_property
    def by_id(self) -> dict[str, Claim]:
        """Claims by id."""
        return self.claims.by_id

    def interest(self, source: str) -> str | None:
        """What the publisher of a source stands to gain: as the source says, else as the claims file says."""
        found = self.sources.get(source)
        return (found.conflict_of_interest if found else None) or self.claims.interests.get(source)

    def with_claims(self, claims: ClaimsFile) -> Ledger:
        """The same ledger with other claims (for tests and drafts)."""
        return replace(self, claims=claims)


def given_names(programme: Programme) -> tuple[str, ...]:
    """What the programme gives, by every name that it has in the bundle, lower case."""
    names = {product.name for product in programme.products.values()}
    names |= {option.name for option in programme.claims.options if option.kind == "experimental"}
    return tuple(sorted(name.lower() for name in names))


def hidden_texts(programme: Programme) -> tuple[str, ...]:
    """Texts of the bundle on dose, supplier and preparation, lower case: none may reappear on a public page.

    Taken are the descriptions of manufacturing steps and the storage of every product; amounts are found by pattern.
    """
    found: set[str] = set()
    for product in programme.products.values():
        found.update(step.description for step in product.manufacturing)
        found.add(product.storage)
    return tuple(sorted(text.strip().lower() for text in found if len(text.strip()) > 12))
