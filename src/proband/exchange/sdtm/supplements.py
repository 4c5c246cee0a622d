"""What supplemental qualifiers (SUPP--) and comments (CO) say against the rows that they are about.

They are not facts. But a site writes into them that a sample was another's, haemolysed or of urine, that a row was entered in error, or whose illness it
was; without them the row is a result like any other. Names and labels of qualifiers are looked at as columns of a table are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping

from proband.exchange.rows.attached import Attached, kind_of
from proband.exchange.rows.beside import (
    NOTHING_AGAINST,
    Holds,
    LookedAt,
    SaidAgainst,
    looked_at,
    said_against,
)

Cells = Mapping[str, str]


class Supplements:
    """Domain, person, key and its value → what is said against those rows; only what says something is kept."""

    def __init__(self) -> None:
        self._said: dict[tuple[str, str, str, str], list[SaidAgainst]] = defaultdict(list)
        self._keys: dict[str, set[str]] = defaultdict(set)

    def add(self, row: Cells) -> None:
        """Take a row of SUPP-- or CO."""
        for against in filter(lambda each: each is not NOTHING_AGAINST, _against(row)):
            domain, key = row.get("RDOMAIN", "").strip(), row.get("IDVAR", "").strip()
            self._keys[domain].add(key)
            self._said[domain, row.get("USUBJID", "").strip(), key, _plain(row.get("IDVARVAL", ""))].append(
                against
            )

    def of(self, row: Cells) -> list[SaidAgainst]:
        """What is said against a row: by its keys, or of all rows of its domain or its person."""
        if not self._said:
            return []
        domain, person = row.get("DOMAIN", "").strip(), row.get("USUBJID", "").strip()
        named = [
            (domain, person, key, _plain(row.get(key, "")) if key else "")
            for key in sorted(self._keys.get(domain, ()))
        ]
        return [each for place in (*named, ("", person, "", "")) for each in self._said.get(place, ())]

    def unmet(self, domain: str, columns: Collection[str]) -> int:
        """How many rows of SUPP-- and CO speak against rows of a domain by a key that its dataset has not."""
        return sum(
            len(said)
            for (of, _, key, _), said in self._said.items()
            if of == domain and key and key not in columns
        )


#: domains of which each row is a result
_RESULTS = frozenset({"LB", "VS", "EG", "MB", "IS", "BS", "PC", "GF", "CV", "RE"})
#: what a qualifier says of its row as a column of a table does of the one after which it is named
_HEARD = {Attached.AGAIN, Attached.SIGN, Attached.UNKNOWN, Attached.FLAG, Attached.SOURCE}


def _plain(value: str) -> str:
    return value.strip().removesuffix(".0")


def _against(row: Cells) -> list[SaidAgainst]:
    if "QVAL" in row:
        name, said = row.get("QNAM", "").strip(), row.get("QVAL", "")
        names = {name, name[2:], row.get("QLABEL", "").strip()} - {""}
        found = [said_against({each: said}, [looked_at(each, of_results=True)]) for each in sorted(names)][:3]
        # LBCORR is to the result what a column plt_corr is to plt
        kind = kind_of(f"row_{name[2:].lower()}", ["row"])
        beside = (
            [LookedAt(name, Holds.ATTACHED, attached=kind[0])]
            if kind and kind[1] and kind[0] in _HEARD
            else []
        )
        return [*found, *(said_against({name: said}, [each]) for each in beside)]
    words = " ".join(said for column, said in sorted(row.items()) if column.startswith("COVAL"))
    return [
        said_against(
            {"comment": words}, [looked_at("comment", of_results=row.get("RDOMAIN", "").strip() in _RESULTS)]
        )
    ]
