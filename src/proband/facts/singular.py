"""What a person has once: where two facts differ, that is a contradiction, and neither is chosen."""

from __future__ import annotations

#: (system, code) of facts that can have one value only
SINGULAR = frozenset({("Proband", "birth-date"), ("Proband", "sex")})
