"""An ontology given as an OBO graph (``hp.json``): which terms are obsolete, and what lies above a term.

Proband ships no ontology. Without one, readers say "ontology not checked".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from proband.exchange.content import load_json, look
from proband.exchange.report import declined


@dataclass(slots=True)
class Ontology:
    """Terms by CURIE: labels, obsolete ones with what replaces them, direct parents by ``is_a``."""

    labels: dict[str, str] = field(default_factory=dict)
    obsolete: dict[str, str | None] = field(default_factory=dict)
    alternatives: dict[str, str] = field(default_factory=dict)
    parents: dict[str, set[str]] = field(default_factory=dict)
    prefixes: set[str] = field(default_factory=set)

    @classmethod
    def load(cls, path: Path) -> Ontology:
        """Read an OBO graph in JSON.

        Raises
        ------
        Declined
            ``ontology.unreadable`` if the file is no OBO graph; ``json.malformed``.
        """
        root = load_json(look(path).read_bytes())
        graphs = root.get("graphs") if isinstance(root, dict) else None
        if not isinstance(graphs, list):
            raise declined("ontology.unreadable", file=path.name)
        found = cls()
        for graph in graphs:
            for node in graph.get("nodes", ()):
                found._node(node)
            for edge in graph.get("edges", ()):
                if edge.get("pred") == "is_a":
                    found.parents.setdefault(_curie(edge["sub"]), set()).add(_curie(edge["obj"]))
        return found

    def _node(self, node: dict[str, Any]) -> None:
        term = _curie(str(node.get("id", "")))
        meta = node.get("meta") or {}
        if isinstance(node.get("lbl"), str):
            self.labels[term] = node["lbl"]
            self.prefixes.add(term.partition(":")[0])
        replaced = next(
            (
                str(entry.get("val"))
                for entry in meta.get("basicPropertyValues", ())
                if str(entry.get("pred", "")).endswith("IAO_0100001")
            ),
            None,
        )
        if meta.get("deprecated") is True:
            self.obsolete[term] = _curie(replaced) if replaced else None
        for entry in meta.get("basicPropertyValues", ()):
            if str(entry.get("pred", "")).endswith("#hasAlternativeId"):
                self.alternatives[str(entry.get("val"))] = term

    def covers(self, term: str) -> bool:
        """Whether the ontology has terms with this prefix at all."""
        return term.partition(":")[0] in self.prefixes

    def standing(self, term: str) -> str | None:
        """What is wrong with a term: obsolete (with its successor) or an alternative id; ``None`` if nothing is known."""
        if term in self.obsolete:
            successor = self.obsolete[term]
            return "is obsolete" + (f"; use {successor}" if successor else "")
        if term in self.alternatives:
            return f"is an obsolete id of {self.alternatives[term]}"
        if term not in self.labels:
            return "is not in the ontology given (obsolete, misspelt, or of another release)"
        return None

    def current(self, term: str) -> str:
        """The id that a term has now."""
        return self.alternatives.get(term) or self.obsolete.get(term) or term

    def ancestors(self, term: str) -> set[str]:
        """All terms above by ``is_a``, without the term itself."""
        found: set[str] = set()
        stack = [term]
        while stack:
            for parent in self.parents.get(stack.pop(), ()):
                if parent not in found:
                    found.add(parent)
                    stack.append(parent)
        found.discard(term)
        return found


def _curie(identifier: str) -> str:
    return identifier.rpartition("/")[2].replace("_", ":", 1)
