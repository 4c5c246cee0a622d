"""Every source of a claim says what its publisher stands to gain, if only "none declared"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from proband.pages.ledger import Ledger
from proband.pages.lint import declare
from proband.programme.linting import LintFinding


@declare(
    "interest-missing",
    'every source of a claim says what its publisher stands to gain, if only "none declared"',
)
def check(ledger: Ledger) -> Iterator[LintFinding]:
    """Sources without a conflict of interest, each once, at the first claim or fact that cites it."""
    seen: set[str] = set()
    cited = [
        (("claims", i), claim.all_sources(), "claims.yaml") for i, claim in enumerate(ledger.claims.claims)
    ]
    cited += [(("facts", i), (fact.source,), "facts.yaml") for i, fact in enumerate(ledger.facts)]
    for path, sources, file in cited:
        for source in sources:
            if source in seen or source not in ledger.sources:
                continue
            seen.add(source)
            if not re.search(r"[^\W\d_]{3}", ledger.interest(source) or ""):
                yield LintFinding(
                    file,
                    path,
                    f"source {source!r} does not say what its publisher stands to gain.",
                    "write conflict_of_interest on the source, or the entry under interests; none declared is an answer",
                    source,
                )
