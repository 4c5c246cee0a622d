"""What a programme's page says to machines: JSON-LD in the vocabulary of schema.org.

A page about a condition (``MedicalWebPage``, ``MedicalCondition``), the numbers behind its pictures (``Dataset``) with what they stand on, and the programme itself
as a ``MedicalStudy`` only where it may be called a trial: ethics approval in force and an entry in a public registry. A demonstration is no study and is not listed as
one. No result stands in it: a number without its denominator would travel alone.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from proband.pages.declaration import ProgrammeInputs
from proband.pages.ledger import Ledger
from proband.pages.numbers import HEADER, numbers_name
from proband.programme.access import Registration
from proband.terms import ProbandError, Source

#: the id of the block on a page
BLOCK = "linked-data"


def linked_data(made: ProgrammeInputs, last_checked: date) -> dict[str, Any]:
    """The page of a programme in JSON-LD; addresses are whole where the site's own is known, and relative to the page where it is not."""
    ledger, words = made.ledger, made.catalogue.text
    condition = {"@type": "MedicalCondition", "name": words(made.programme.head.indication.name)}
    checked = last_checked.isoformat()
    common = {
        "inLanguage": made.catalogue.language,
        "isAccessibleForFree": True,
        "version": ledger.version,
        "about": condition,
    }
    page = {
        "@type": "MedicalWebPage",
        "name": words(ledger.claims.title),
        "url": f"{made.base_url}{made.href}",
        "lastReviewed": checked,
        "audience": {"@type": "Audience", "audienceType": words(ledger.claims.for_whom)},
        **common,
    }
    numbers = {
        "@type": "Dataset",
        "name": words("The numbers as a table (CSV)"),
        "description": words(
            "Every number of this page, with its people, source and how well it was checked."
        ),
        "identifier": ledger.hash,
        "dateModified": checked,
        "variableMeasured": [words(outcome) for outcome in _outcomes(ledger)],
        "citation": [_cited(source) for source in _behind(ledger)],
        "distribution": {
            "@type": "DataDownload",
            "contentUrl": f"{made.base_url}{numbers_name(ledger.programme)}",
            "encodingFormat": "text/csv",
            "description": ", ".join(HEADER),
        },
        **common,
    }
    return {"@context": "https://schema.org", "@graph": [page, numbers, *_study(made, condition)]}


def _study(made: ProgrammeInputs, condition: dict[str, Any]) -> list[dict[str, Any]]:
    registration = made.programme.head.access.registration
    if not made.ledger.may_say_trial or not isinstance(registration, Registration) or made.ledger.banners:
        return []
    given = [option.name for option in made.ledger.claims.options if option.kind == "experimental"]
    return [
        {
            "@type": "MedicalStudy",
            "name": made.catalogue.text(made.programme.head.title),
            "url": f"{made.base_url}{made.href}",
            "healthCondition": condition,
            "studySubject": [{"@type": "MedicalEntity", "name": made.catalogue.text(name)} for name in given],
            "identifier": {
                "@type": "PropertyValue",
                "propertyID": registration.registry,
                "value": registration.id,
            },
        }
    ]


def _outcomes(ledger: Ledger) -> list[str]:
    return list(
        dict.fromkeys(claim.outcome for claim in ledger.claims.claims if claim.slots and claim.outcome)
    )


def _behind(ledger: Ledger) -> list[Source]:
    """The sources of what is counted, each once."""
    ids = dict.fromkeys(id for claim in ledger.claims.claims if claim.slots for id in claim.all_sources())
    return [ledger.sources[id] for id in ids if id in ledger.sources]


def _cited(source: Source) -> dict[str, Any]:
    return {"@type": "CreativeWork", "name": source.citation, **({"url": source.link} if source.link else {})}


def whole_address(base_url: str) -> str:
    """The address under which a site will stand, ending in a stroke; empty where none is given.

    Raises
    ------
    ProbandError
        ``pages.base-url`` if it is no address of the web, or has a query, a fragment, a password or white space in it.
    """
    if not base_url:
        return ""
    try:
        parts = urlsplit(base_url)
        sound = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        sound = False
    if not sound or re.search(r"[\s\x00-\x20?#<>\"@\\]", base_url):
        raise ProbandError("pages.base-url", address=base_url)
    return base_url if base_url.endswith("/") else f"{base_url}/"
