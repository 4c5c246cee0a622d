"""What a bundle says, as it was written: the data that is hashed, compared between versions and shown.

The hash of a sealed programme must not change because Proband learned a new key with a comfortable default, or reads a key
into another type. So what is hashed is not the models but the documents behind them: every key that a person wrote and no
other. Two bundles have equal data where they differ in layout only:

* comments, indentation, order of keys, and the way a text is quoted, folded or broken; white space around a text;
* ``12``, ``12.0`` and ``1.2e1``, which are one number; ``2026-01-15`` and ``"2026-01-15"``, which are one text;
* the file of ``evidence/`` in which a source or a figure stands, and the order of sources.

Everything else counts: also an empty key, a default that was written out, and the order of lists and rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from proband.programme.documents import Document, Table

#: version of this form; it stands in the data, so that no other form ever gives the same hash
FORMAT = "proband-bundle-2"

#: name in the data → the file that it comes from
PARTS = {
    "programme": "programme.yaml",
    "eligibility": "eligibility.yaml",
    "product": "product.yaml",
    "schedule": "schedule.yaml",
    "outcomes": "outcomes.yaml",
    "safety": "safety.yaml",
    "claims": "claims.yaml",
}
FACTS = "facts.yaml"
#: files that a bundle may leave out: they stand in the data where they are
OPTIONAL_PARTS = {"trials": "trials.yaml", "backtests": "backtests.yaml"}


def as_written(
    documents: Mapping[str, Document], tables: Mapping[str, Table], texts: Mapping[str, str]
) -> dict[str, Any]:
    """The data of a bundle that loads, as plain JSON values.

    Parameters
    ----------
    documents, tables, texts
        The YAML files, CSV files and consent texts of the bundle by relative path.
    """
    plain = {name: _plain(document.data) for name, document in sorted(documents.items())}
    facts = plain[FACTS]
    evidence = {name: data for name, data in plain.items() if name.startswith("evidence/")}
    # what stands beside facts, sources and figures in their files: a basis, a note
    beside = {
        name: rest
        for name, data in {FACTS: facts, **evidence}.items()
        if (rest := {key: value for key, value in data.items() if key not in {"facts", "sources", "figures"}})
    }
    return {
        "format": FORMAT,
        **{part: plain[file] for part, file in PARTS.items()},
        **{part: plain[file] for part, file in OPTIONAL_PARTS.items() if file in plain},
        "facts": facts["facts"],
        "sources": {
            source["id"]: source for data in evidence.values() for source in data.get("sources") or []
        },
        "figures": {
            key: figure for data in evidence.values() for key, figure in (data.get("figures") or {}).items()
        },
        "beside": beside,
        "natural_history": {
            name.removeprefix("natural_history/").removesuffix(".yaml"): data
            for name, data in plain.items()
            if name.startswith("natural_history/")
        },
        "tables": {
            name: {"header": table.header, "rows": table.rows} for name, table in sorted(tables.items())
        },
        "consent": dict(sorted(texts.items())),
    }


def _plain(value: Any) -> Any:
    """A copy with every text stripped, as the models read it."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value


def with_uris(value: Any, own: Mapping[str, Any]) -> Any:
    """The same data with the URI of a code system where its name in this bundle stands beside a code."""
    if isinstance(value, dict):
        out = {key: with_uris(inner, own) for key, inner in value.items()}
        if "code" in out and isinstance(out.get("system"), str) and out["system"] in own:
            out["system"] = own[out["system"]]
        return out
    return [with_uris(inner, own) for inner in value] if isinstance(value, list) else value
