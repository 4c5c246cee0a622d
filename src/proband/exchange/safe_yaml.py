"""YAML read safely: no tags are executed, and a document that multiplies by aliases is refused."""

from __future__ import annotations

import re
from typing import Any

from proband.exchange.report import declined
from proband.terms import yaml12

_LARGEST = 32 << 20
_MARKS = re.compile(
    rb"^(subject|phenotypic_?features|meta_?data|interpretations|diseases|proband|members|medical_?actions):",
    re.IGNORECASE | re.MULTILINE,
)


def looks_like_phenopacket(head: bytes) -> bool:
    """Whether the first bytes look like a phenopacket in YAML."""
    return (
        len({found.lower() for found in _MARKS.findall(head)}) >= 1
        and re.search(rb"^id:", head, re.MULTILINE) is not None
    )


def load_yaml(text: str) -> Any:
    """Parse YAML.

    Raises
    ------
    Declined
        ``yaml.malformed`` with line and column; ``yaml.too-large`` above 32 MiB; ``yaml.aliases`` for many aliases.
    """
    if len(text) > _LARGEST:
        raise declined("yaml.too-large")
    if len(re.findall(r"(?:^|[\s\[,])\*[\w-]+", text)) > 50:
        raise declined("yaml.aliases")
    try:
        return yaml12.data(text)
    except yaml12.YamlError as error:
        raise declined(
            "yaml.malformed", line=error.line, column=error.column, problem=error.reason
        ) from error
