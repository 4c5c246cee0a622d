"""Gene → mechanism → candidate therapy, with what must be avoided. A research table: no doses, no advice."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from proband.natural_history.tables import TableRow, evidence_table
from proband.programme import Programme
from proband.terms import Level, ProbandError, Source

_GRADES = {
    "A": "randomised, positive on its primary",
    "A-": "randomised, primary missed",
    "B": "controlled, not randomised",
    "C": "open label",
    "D": "case series or registry",
    "E": "single cases",
    "F": "laboratory only",
    "N": "evidence of no effect",
}


#: the table of evidence that holds them
TABLE = "therapies"


class NothingFound(ProbandError):
    """A search finds neither a therapy nor a rule."""


@dataclass(frozen=True, slots=True)
class CandidateTherapy:
    """One candidate therapy for one or more genes; ``level`` is that of the finding, ``idea_level`` of the mechanism."""

    ref: str
    genes: tuple[str, ...]
    disorder: str
    idea: str
    therapy: str
    kind: str
    route: str
    grade: str
    finding: str
    caution: str
    level: Level
    idea_level: Level
    source: Source

    @property
    def outcome(self) -> str:
        """The finding, marked where it was not read at its source."""
        return self.finding if self.level is Level.READ else f"{self.finding} [{self.level.value}]"


@dataclass(frozen=True, slots=True)
class Contraindication:
    """Something to avoid with variants in some genes: ``avoid`` and the other names (``also``) that it goes by; ``when`` is ``absolute`` or the circumstance."""

    genes: tuple[str, ...]
    avoid: str
    also: tuple[str, ...]
    why: str
    when: str
    level: Level
    source: Source
    note: str


@dataclass(frozen=True, slots=True)
class Found:
    """The answer to a search: rules first, then therapies."""

    query: str
    therapies: tuple[CandidateTherapy, ...]
    contraindications: tuple[Contraindication, ...]
    notes: tuple[str, ...]
    programme_hash: str

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "query": self.query,
            "contraindications": [
                {
                    "genes": list(c.genes),
                    "avoid": c.avoid,
                    "also": list(c.also),
                    "why": c.why,
                    "when": c.when,
                    "level": c.level.value,
                    "source": str(c.source),
                    "note": c.note,
                }
                for c in self.contraindications
            ],
            "therapies": [
                {
                    "ref": t.ref,
                    "genes": list(t.genes),
                    "disorder": t.disorder,
                    "mechanism": t.idea,
                    "mechanism_level": t.idea_level.value,
                    "therapy": t.therapy,
                    "kind": t.kind,
                    "route": t.route,
                    "grade": t.grade,
                    "grade_meaning": grade_meaning(t.grade),
                    "finding": t.finding,
                    "level": t.level.value,
                    "caution": t.caution,
                    "source": str(t.source),
                    "link": t.source.link,
                }
                for t in self.therapies
            ],
            "notes": list(self.notes),
            "programme_hash": self.programme_hash,
        }


def grade_meaning(grade: str) -> str:
    """An evidence grade in words; grades joined by + or / are explained one by one."""
    parts = re.split(r"[+/]", re.sub(r"\s*\(.*\)", "", grade))
    return "; ".join(_GRADES.get(p.strip(), p.strip()) for p in parts)


def _genes(row: TableRow) -> tuple[str, ...]:
    return tuple(g.strip() for g in row.text("genes").split(";") if g.strip())


def _also(row: TableRow) -> tuple[str, ...]:
    names = row.text("also").split(";") if "also" in row.cells else []
    return tuple(name.strip().casefold() for name in names if name.strip())


def all_therapies(programme: Programme) -> tuple[CandidateTherapy, ...]:
    """Every row of the bundle's table of therapies, whatever its level (each carries it)."""
    return tuple(
        CandidateTherapy(
            ref=r.text("ref"),
            genes=_genes(r),
            disorder=r.text("disorder"),
            idea=r.text("idea"),
            therapy=r.text("therapy"),
            kind=r.text("kind"),
            route=r.text("route"),
            grade=r.text("grade"),
            finding=r.text("finding"),
            caution=r.text("caution"),
            level=r.level,
            idea_level=Level(r.text("idea_level")),
            source=r.source,
        )
        for r in evidence_table(programme, TABLE)
    )


def contraindications(programme: Programme) -> tuple[Contraindication, ...]:
    """Every rule of the bundle about what to avoid."""
    return tuple(
        Contraindication(
            _genes(r),
            r.text("avoid"),
            _also(r),
            r.text("why"),
            r.text("when"),
            r.level,
            r.source,
            r.text("note"),
        )
        for r in evidence_table(programme, "contraindications")
    )


def _matches(query: str, genes: tuple[str, ...], *texts: str) -> bool:
    """A gene symbol matches whole; any other words must all occur in the texts."""
    wanted = query.casefold().split()
    symbols = {g.casefold() for g in genes}
    if query.casefold().strip() in symbols:
        return True
    haystack = " ".join((*genes, *texts)).casefold()
    looks_like_gene = re.fullmatch(r"(mt-)?[a-z]{2,7}\d*[a-z]?\d*", query.casefold().strip()) is not None
    if looks_like_gene and any(ch.isdigit() for ch in query):
        return False  # a symbol must not find a longer one by its letters
    return all(w in haystack for w in wanted)


def check(gene: str, drug: str, programme: Programme) -> tuple[Contraindication, ...]:
    """The rules against a drug or procedure with variants in a gene; empty means that the bundle has no rule, not that it
    is safe."""
    g, d = gene.casefold().strip(), drug.casefold().strip()
    return tuple(
        c
        for c in contraindications(programme)
        if g in {x.casefold() for x in c.genes}
        and any(d in name or name in d for name in (c.avoid.casefold(), *c.also))
    )


def search(query: str = "", *, programme: Programme) -> Found:
    """Search by gene, disorder, therapy or any words; an empty query lists everything.

    A search by gene also finds what must be avoided with it. Rules come before therapies, well-founded therapies first.

    Raises
    ------
    NothingFound
        If nothing matches; the mend lists genes that are near in spelling.
    """
    rows = all_therapies(programme)
    therapies = tuple(
        t
        for t in rows
        if not query.strip() or _matches(query, t.genes, t.disorder, t.therapy, t.idea, t.kind)
    )
    rules = tuple(
        c
        for c in contraindications(programme)
        if not query.strip() or _matches(query, c.genes, c.avoid, c.why)
    )
    if not therapies and not rules:
        import difflib

        known = sorted({g for t in rows for g in t.genes})
        near = difflib.get_close_matches(query.upper().strip(), known, n=3, cutoff=0.5)
        raise NothingFound("natural_history.therapy_not_found", query=query, near=near)
    order = {"A": 0, "A-": 1, "B": 2, "C": 3, "D": 4, "E": 5, "F": 6, "N": 7}
    ranked = sorted(therapies, key=lambda t: order.get(re.split(r"[+/ ]", t.grade)[0], 8))
    notes = ["A research table, not advice. It gives no doses. No row is not the same as no therapy."]
    if any(t.idea_level is Level.UNVERIFIED for t in ranked):
        notes.append("Mechanisms marked unverified are general knowledge that was not checked.")
    return Found(query, tuple(ranked), rules, tuple(notes), programme.hash)
