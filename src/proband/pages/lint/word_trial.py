"""The word "trial" is earned: by an ethics approval in force and a registration."""

from __future__ import annotations

import re
from collections.abc import Iterator

from proband.pages.ledger import Ledger
from proband.pages.lint import declare
from proband.pages.public_texts import public_texts
from proband.programme.claims import ClaimKind
from proband.programme.linting import LintFinding

_TRIAL = re.compile(r"\btrials?\b|\bphase (?:[1-4]|i{1,3}|iv|one|two|three|four)\b", re.IGNORECASE)
#: a warning may quote the word, and a directory may bear it in its name
_SAYS_OF_OTHERS = {"headlines", "imprint", "flows", "forests", "trajectories"}
_MAY_QUOTE = {ClaimKind.RED_FLAG, ClaimKind.QUESTION, ClaimKind.SUPPORT}


@declare("word-trial", 'the word "trial" is earned: by an ethics approval in force and a registration')
def check(ledger: Ledger) -> Iterator[LintFinding]:
    """Titles, and claims that are not about a registered trial of others, in a programme that may not use the word."""
    if ledger.may_say_trial:
        return
    mend = "say study or single-patient use, or give the programme its ethics approval and registration"
    for each in public_texts(ledger):
        spoken = each.claim is None and each.file == "claims.yaml" and each.path[0] not in _SAYS_OF_OTHERS
        if spoken and (found := _TRIAL.search(each.text)):
            yield LintFinding(
                "claims.yaml",
                each.path,
                f"{found[0]!r} stands in {each.text!r} without approvals.",
                mend,
                each.text,
            )
    for index, claim in enumerate(ledger.claims.claims):
        if claim.kind in _MAY_QUOTE:
            continue
        registered = any(ledger.sources[s].registration for s in claim.all_sources() if s in ledger.sources)
        for key, text in (("title", claim.title or ""), ("text", claim.text)):
            if _TRIAL.search(text) and not registered:
                yield LintFinding(
                    "claims.yaml",
                    ("claims", index, key),
                    f'claim {claim.id} says "trial" and none of its sources has a registration.',
                    mend,
                )
