"""What a server says that it did not give: an error, results held back, an answer that failed, a bundle that is not whole.

The list of an export's errors, and the outcome inside a search, are OperationOutcomes; the answer to a batch has a status for each request.
"""

from __future__ import annotations

from typing import Any

from proband.exchange.fhir.values import marked, words
from proband.exchange.json_values import items, obj, text

Resource = dict[str, Any]

_FAILED = {"error", "fatal"}
#: kinds of issue (R4, issue-type) that say so of results, whatever their severity
_HELD_BACK = {"suppressed", "incomplete", "security", "login", "forbidden", "expired", "throttled", "too-costly", "timeout", "transient", "deleted"}  # fmt: skip


def not_given(outcome: Resource) -> str | None:
    """What an OperationOutcome says is not here; ``None`` where it only informs."""
    for each in items(outcome.get("issue")):
        issue = obj(each)
        severity, kind = text(issue.get("severity")), text(issue.get("code"))
        if severity in _FAILED or kind in _HELD_BACK:
            why = words(issue.get("details")) or text(issue.get("diagnostics")) or ""
            return f"the server says {severity or 'something'} ({kind or 'no kind'}){': ' if why else ''}{why[:120]}"
    return None


def failed(entry: Resource) -> str | None:
    """What the answer of an entry says is not here; ``None`` where the request was met."""
    response = obj(entry.get("response"))
    status = text(response.get("status")) or ""
    if status[:1] in {"4", "5"}:
        what = text(response.get("location"))
        return f"the server answered {status[:60]}{f' of {what[:80]}' if what else ''}"
    return not_given(obj(response.get("outcome"))) if response else None


def not_whole(bundle: Resource) -> str | None:
    """Why a bundle does not hold what it was made of; ``None`` where it says nothing of that."""
    if bundle.get("implicitRules"):
        return "implicitRules, without which the bundle may not be read, are not understood"
    return next((f"the bundle: {each}" for each in marked(bundle)), None)
