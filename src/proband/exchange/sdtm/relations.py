"""What datasets of relations and deviations say of rows: RELREC, RELSPEC, RELSUB, SE, SV, DV, BE, and qualifiers that name who somebody was before.

None of them is a fact about a person. But a deviation says that a sample was another's, a specimen that it is of urine, a relation that a "no" belongs to
what occurred, an epoch between which days a row without a date lies, a visit that it was never held.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping

from proband.exchange.fhir.specimens import UNSAID, SpecimenSaid
from proband.exchange.remarks import UNFIT, problem_in
from proband.exchange.rows.beside import NOTHING_AGAINST, SaidAgainst
from proband.exchange.sdtm.dates import read_time
from proband.terms import UncertainDate

Cells = Mapping[str, str]
Key = tuple[str, str, str, str]
"""Domain, person, the column that names a row, and its value."""

_PREVIOUS = re.compile(r"^(?:DM)?(?:PRE?V|PRIOR|OLD|RESCR)[A-Z]*(?:SUBJ|SUBJID|ID|USUBJ)[A-Z]*$")
_SAME = re.compile(r"\b(?:SAME|SELF|IDENTICAL SUBJECT|RESCREEN\w*)\b")
#: domains whose rows say that something occurred
_OCCURRING = {"AE", "CE", "HO", "PR", "MH"}
_UNFIT = re.compile(rf"{UNFIT}|contaminat|discard|destroyed|lost", re.IGNORECASE)


def plain(value: str) -> str:
    """A key as texts and numbers write it: ``3.0`` is ``3``."""
    return value.strip().removesuffix(".0")


class Relations:
    """Of a reading: :meth:`add` the rows of those datasets, :meth:`settle`, then :meth:`of` each other row."""

    def __init__(self) -> None:
        self.same: dict[str, set[str]] = defaultdict(set)
        """Person → the ids that the same person has elsewhere, as written."""
        self._groups: dict[tuple[str, str], list[Key]] = defaultdict(list)
        self._related: dict[Key, set[str]] = defaultdict(set)
        self._deviations: list[tuple[Cells, SaidAgainst]] = []
        self._against: dict[Key, SaidAgainst] = {}
        self._keys: dict[str, set[str]] = defaultdict(set)
        self._specimens: dict[str, tuple[str, SpecimenSaid]] = {}
        self._handled: dict[str, SaidAgainst] = {}
        self._epochs: dict[tuple[str, str], list[UncertainDate]] = defaultdict(list)
        self._not_held: set[tuple[str, str]] = set()

    def add(self, row: Cells) -> None:
        """Take a row of any dataset; one of another kind says nothing."""
        person = row.get("USUBJID", "").strip()
        if "RELID" in row and "RDOMAIN" in row:
            key = (
                row["RDOMAIN"].strip(),
                person,
                row.get("IDVAR", "").strip(),
                plain(row.get("IDVARVAL", "")),
            )
            if person and key[2]:
                self._groups[person, row["RELID"].strip()].append(key)
        elif "QNAM" in row:
            if row.get("RDOMAIN", "").strip() == "DM" and _PREVIOUS.match(row["QNAM"].strip().upper()):
                self.same[person].add(row.get("QVAL", "").strip())
        elif "RSUBJID" in row:
            if _SAME.search(row.get("SREL", "").upper()):
                self.same[person].add(row["RSUBJID"].strip())
        elif "PARENT" in row and "REFID" in row:
            self._specimens[row["REFID"].strip()] = (person, SpecimenSaid.of_words(row.get("SPEC", "")))
        elif "SESTDTC" in row:
            began, ended = read_time(row["SESTDTC"]).when, read_time(row.get("SEENDTC", "")).when
            self._epochs[person, row.get("EPOCH", "").strip().upper()].append(
                UncertainDate(began.earliest, ended.latest)
            )
        elif "SVSTDTC" in row:
            if row.get("SVOCCUR", "").strip().upper() == "N":
                self._not_held.add((person, plain(row.get("VISITNUM", ""))))
        elif "DVTERM" in row:
            said = problem_in([row["DVTERM"], row.get("DVDECOD", "")])
            if said is not None:
                self._deviations.append((row, SaidAgainst(problem=f"a deviation (DV): {said}")))
        elif "BETERM" in row:
            words = f"{row['BETERM']} {row.get('BEDECOD', '')}"
            if (refers := row.get("BEREFID", "").strip()) and (problem_in([words]) or _UNFIT.search(words)):
                self._handled[refers] = SaidAgainst(problem=f"of its specimen BE says {words.strip()[:40]!r}")
        for column, said in row.items():
            if "BRTHDTC" in row and _PREVIOUS.match(column) and said.strip():
                self.same[person].add(said.strip())

    def settle(self) -> None:
        """Join relations and deviations, whatever order they came in."""
        for keys in self._groups.values():
            for key in keys:
                self._keys[key[0]].add(key[2])
                self._related[key] |= {each[0] for each in keys if each is not key}
        for row, against in self._deviations:
            own = [key for key in self._named("DV", row) if key in self._related]
            linked = {
                each
                for key in own
                for (person, _), keys in self._groups.items()
                if key in keys and person == key[1]
                for each in keys
                if each[0] != "DV"
            }
            for each in linked or {("", row.get("USUBJID", "").strip(), "", "")}:
                self._against[each] = against

    def _named(self, domain: str, row: Cells) -> list[Key]:
        person = row.get("USUBJID", "").strip()
        return [(domain, person, key, plain(row.get(key, ""))) for key in sorted(self._keys.get(domain, ()))]

    def of(self, row: Cells, prefix: str) -> list[SaidAgainst]:
        """What is said against a row of a domain of persons' facts; "births" and the like of demographics are let be."""
        if prefix == "DM":
            return []
        person = row.get("USUBJID", "").strip()
        named = self._named(row.get("DOMAIN", "").strip() or prefix, row) if self._keys else []
        found = [self._against.get(key) for key in (*named, ("", person, "", ""))]
        if (refers := row.get(f"{prefix}REFID", "").strip()) and (self._specimens or self._handled):
            found += [self._of_specimen(person, refers), self._handled.get(refers)]
        if self._not_held and (person, plain(row.get("VISITNUM", ""))) in self._not_held:
            found.append(SaidAgainst(problem="it is of a visit that was not held (SV)"))
        if row.get(f"{prefix}OCCUR", "").strip().upper() == "N":
            related = {each for key in named for each in self._related.get(key, ())} & _OCCURRING
            if related:
                found.append(
                    SaidAgainst(problem=f"it did not occur, and RELREC relates it to {min(related)}")
                )
        return [each for each in found if each is not None and each is not NOTHING_AGAINST]

    def _of_specimen(self, person: str, refers: str) -> SaidAgainst | None:
        whose, specimen = self._specimens.get(refers, (person, UNSAID))
        if whose and whose != person:
            return SaidAgainst(another=f"its specimen is of {whose[:40]!r}")
        return SaidAgainst(specimen=specimen)

    def epoch(self, person: str, epoch: str) -> UncertainDate | None:
        """Between which days an epoch of a person lay; ``None`` where no element of it is known, or not both of its ends."""
        found = self._epochs.get((person, epoch.strip().upper()), [])
        first = [each.earliest for each in found]
        last = [each.latest for each in found]
        begins, ends = [each for each in first if each], [each for each in last if each]
        return (
            UncertainDate(min(begins), max(ends))
            if found and len(begins) == len(ends) == len(found)
            else None
        )
