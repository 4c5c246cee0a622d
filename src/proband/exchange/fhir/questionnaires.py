"""What the questions of a form mean: the codes that its Questionnaire gives to each ``linkId``.

An answer bears the form's own name for its question (``linkId``) and no code. Where the Questionnaire is among the files, its items
say what they ask for; where it is not, no criterion can know.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from proband.exchange.fhir.identities import documents, walk
from proband.exchange.json_values import items, obj, text

Codings = list[dict[str, Any]]


def _asked(node: dict[str, Any]) -> Iterator[tuple[str, Codings]]:
    """The codes of each item of a Questionnaire, by ``linkId``."""
    stack = list(items(node.get("item")))
    while stack:
        item = obj(stack.pop())
        link, codes = text(item.get("linkId")), [obj(each) for each in items(item.get("code"))]
        if link and codes:
            yield link, codes
        stack.extend(items(item.get("item")))


class Questionnaires:
    """The Questionnaires of a reading by their canonical address, or by type and id."""

    def __init__(self, files: Sequence[Path]) -> None:
        self._items: dict[str, dict[str, Codings]] = {}
        for path in files:
            for root, at, _ in documents(path):
                for found in walk(root, at):
                    if found.resource.get("resourceType") == "Questionnaire":
                        self._add(found.resource)

    def _add(self, form: dict[str, Any]) -> None:
        asked: dict[str, Codings] = {}
        for link, codes in _asked(form):
            asked[link] = [] if link in asked and asked[link] != codes else codes
        address, version, identity = (text(form.get(each)) for each in ("url", "version", "id"))
        for name in {
            address,
            f"{address}|{version}" if address and version else None,
            f"Questionnaire/{identity}" if identity else None,
        }:
            if name:  # two forms of one name that ask for different things explain nothing
                self._items[name] = asked if self._items.get(name, asked) == asked else {}

    def codes_of(self, form: str | None, link: str, response: dict[str, Any]) -> Codings:
        """The codes of a question; none where no form explains it."""
        if form is None:
            return []
        if form.startswith("#"):
            held = (obj(each) for each in items(response.get("contained")))
            own = next((each for each in held if each.get("id") == form[1:]), {})
            return dict(_asked(own)).get(link, [])
        known = self._items.get(form)
        if known is None and "|" not in form:
            known = self._items.get("/".join(form.split("/")[-2:]))
        return (known or {}).get(link, [])
