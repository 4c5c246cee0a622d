"""A diagnosis that a source names without saying that the person has it: a report's conclusion, the reason of a stay, a bill.

It is neither a yes nor a silence. It stands under a code of its own, which yes/no questions about the diagnosis read as what *may*
be one; counts, dates and levels never read it.
"""

from __future__ import annotations


def mention_of(system: str, code: str) -> tuple[str, str]:
    """System and code of a fact that names a code elsewhere than where findings are stated."""
    return "Proband", f"mentioned.{system}|{code}"
