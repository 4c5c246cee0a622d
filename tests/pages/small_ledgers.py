"""A small ledger to break on purpose, and the day for which the tests build."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from proband.pages.ledger import Ledger
from proband.pages.site import BuiltSite, build
from proband.programme import load
from proband.programme.claims import ClaimsFile
from proband.terms import Fact, Source
from proband.trial.headline.claimed import claimed_headlines

#: the day for which the tests build; claims and facts go stale by the calendar, tests do not
DAY = date(2026, 11, 22)

SOURCES = [
    {
        "id": "paper",
        "citation": "A paper, 2020",
        "doi": "10.1000/x",
        "level": "read",
        "conflict_of_interest": "none declared",
    },
    {
        "id": "press",
        "citation": "A news page",
        "url": "https://example.org",
        "level": "secondary",
        "conflict_of_interest": "news page",
    },
    {"id": "us", "citation": "The maintainers", "level": "inference", "conflict_of_interest": "none"},
]


def small(*claims: dict[str, Any], sources: list[dict[str, Any]] | None = None, on: date = DAY, facts: tuple[dict[str, Any], ...] = (),
          ledger: dict[str, Any] | None = None, **extra: Any) -> Ledger:  # fmt: skip
    """A ledger with two options and the given claims; each claim gets the common keys that it does not write."""
    common = {
        "kind": "provenance",
        "section": "known",
        "text": "We say little.",
        "sources": ["paper"],
        "level": "read",
    }
    data = {
        "source": "us",
        "level": "inference",
        "title": "Cells for a disease",
        "for_whom": "people with the disease",
        "checked_on": "2026-11-01",
        "expires": "2027-11-01",
        "options": [
            {"id": "nothing-new", "name": "Nothing new", "kind": "no-treatment", "about": "Usual care."},
            {"id": "cells", "name": "Cells", "kind": "experimental", "about": "Cells are given."},
        ],
        "claims": [{**common, "id": f"claim-{index}", **claim} for index, claim in enumerate(claims, start=1)],
        "imprint": {"written_by": "maintainers", "paid_by": "nobody", "who_profits": "nobody", "update_policy": "often",
                    "changes": [{"on": "2026-11-01", "what": "first"}]},
        **extra,
    }  # fmt: skip
    known = [Source.model_validate(source) for source in (sources if sources is not None else SOURCES)]
    return Ledger(
        programme="small",
        claims=ClaimsFile.model_validate(data),
        facts=tuple(Fact.model_validate(fact) for fact in facts),
        sources={source.id: source for source in known},
        on=on,
        **(ledger or {}),
    )


#: a benefit with everything that the rules ask for, to break piece by piece
BENEFIT: dict[str, Any] = {
    "kind": "benefit", "text": "{better} got better.", "outcome": "walking", "species": "human", "design": "no-control", "blinding": "open",
    "population": "study", "option": "cells", "comparator": "none",
    "slots": {"better": {"type": "n-of-n", "events": 7, "n": 20}},
    "certainty": {"rating": "very-low", "start": "observational", "down": [{"domain": "risk-of-bias", "steps": 1, "why": "No group."}]},
}  # fmt: skip


def built(*bundles: str | Path, on: date = DAY, **settings: Any) -> BuiltSite:
    """The pages of some bundles by name or folder, built as the doors do it: load, ask of the headlines, build."""
    programmes = [load(bundle, on=on) for bundle in bundles]
    return build(programmes, [answered(each) for each in programmes], on=on, **settings)


answered = cache(
    claimed_headlines
)  # a programme is known by its hash: each content is asked once for all tests
