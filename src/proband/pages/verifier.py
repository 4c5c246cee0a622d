"""The one-file verifier: a page that checks a carried-away log by the browser's own cryptography, without us and without a network."""

from __future__ import annotations

from proband.pages.rendering import asset, document


def verifier_page() -> str:
    """The whole page, to be kept beside the log and opened from the disk."""
    return document(
        "verifier.html.j2",
        "Does this log hold?",
        "Checks the chain, the signatures and the seals of a log that was carried away.",
        styles=(),
        scripts=[asset("verifier.js")],
        context={},
    )
