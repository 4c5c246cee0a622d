"""In which code systems a diagnosis, a drug or a procedure is recorded: what is in another than a question asks in is no silence.

Nobody here translates SNOMED CT into ICD-10, or RxNorm into ATC. Beside the facts under its own codes, a record of such a kind gives one that
says in which systems it stands, and nothing of what it is. A question to which silence means "no" is answered by silence only where no record
stands in systems that it does not ask in alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import combinations

from proband.terms import SYSTEMS

#: systems in which records of a kind are coded
KINDS: dict[str, frozenset[str]] = {
    "diagnosis": frozenset(
        {"ICD-10", "SNOMED", "MedDRA", "ICD-9-CM", "MONDO", "ORPHA", "OMIM", "HPO", "CDISC"}
    ),
    "drug": frozenset({"ATC", "RxNorm", "SNOMED", "CDISC"}),
    "procedure": frozenset({"SNOMED", "CDISC"}),
}
#: any system that is not known, a local one or none
OTHER = "other"
#: so many systems of a record are told at most; who asks in one of the others alone is answered as if the record were not in it
MOST = 3
#: the domains of SDTM whose names are of a kind
_DOMAINS = {"diagnosis": ("MH.", "CE.", "AE."), "drug": ("CM.", "EX.", "EC.", "AG."), "procedure": ("PR.",)}
_PREFIX = {kind: f"{kind}-in." for kind in KINDS}
#: how the codes of facts begin that a document is on record which nobody read, and that may speak of a kind of records
_UNREAD = "unread."
#: LOINC codes of documents that can speak of some kinds of records alone; every other may speak of all, and a code that is wrong here silences a doubt. So a
#: consent to a procedure (64293-4) and a form of an insurance (64291-8), which name diagnoses, procedures and drugs, are not here. What the codes are of was
#: read in public lists (classes of documents of HL7 FHIR, categories of consent, sections of C-CDA and IPS), not in the table of LOINC: level secondary.
#: A consent, a card of an insurance, a policy and an acknowledgement of one speak of nothing that a person has; a prescription or a list of drugs of drugs and of
#: what they are for; a record of vaccinations of what was given; a report of a laboratory, of pictures or of an electrocardiogram of no drug
_SPEAK_OF: dict[str, frozenset[str]] = {
    **dict.fromkeys(("59284-0", "57016-8", "57017-6", "64290-0"), frozenset()),
    **dict.fromkeys(("57833-6", "56445-0", "10160-0"), frozenset({"drug", "diagnosis"})),
    **dict.fromkeys(("82593-5", "11369-6"), frozenset({"drug", OTHER})),
    **dict.fromkeys(("11502-2", "18748-4", "11524-6"), frozenset({"diagnosis", "procedure", OTHER})),
}  # fmt: skip


def unread_document(codes: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """System and code of each fact that a document which nobody read may speak of a kind of records, by the codes of what kind of document it is."""
    told = [_SPEAK_OF.get(code) for system, code in codes if system == "LOINC"]
    every = frozenset({*KINDS, OTHER})
    kinds = (
        every if not told or None in told else frozenset().union(*(each for each in told if each is not None))
    )
    return [("Proband", _UNREAD + kind) for kind in sorted(kinds)]


def recorded_in(kind: str, systems: Iterable[str]) -> tuple[str, str]:
    """System and code of the fact that a record of a kind stands in these systems; those of other things do not count."""
    return "Proband", _recorded_in(kind, frozenset(systems))


@lru_cache(maxsize=4096)
def _recorded_in(kind: str, systems: frozenset[str]) -> str:
    known = sorted(KINDS[kind].intersection(systems)) or [OTHER]
    return _PREFIX[kind] + "+".join(known[:MOST])


def says_where(system: str, code: str) -> str | None:
    """The systems that such a fact names, in words; ``None`` for every other fact."""
    if system != "Proband":
        return None
    if code.startswith(_UNREAD):
        kind = code.removeprefix(_UNREAD)
        return f"a document that nobody read may speak of {'it' if kind == OTHER else f'a {kind}'}"
    found = next((prefix for prefix in _PREFIX.values() if code.startswith(prefix)), None)
    if found is None:
        return None
    named = code.removeprefix(found).replace("+", " and ")
    kind = found.removesuffix("-in.")
    where = "a system that is not known" if named == OTHER else named
    return f"a {kind} is recorded in {where} alone, in which this is not asked"


def _kinds_asked(codes: list[tuple[str, str]]) -> Iterator[str]:
    """Of which kinds codes are: a code of SNOMED CT says it only by the systems beside it, and alone may be a diagnosis or a procedure."""
    systems = {system for system, _ in codes}
    own = {
        kind: bool(systems & (known - {"SNOMED", "CDISC"})) or any(s == "CDISC" and c.startswith(_DOMAINS[kind]) for s, c in codes)
        for kind, known in KINDS.items()
    }  # fmt: skip
    if "SNOMED" in systems and not any(own.values()):
        own |= {"diagnosis": True, "procedure": True}
    yield from (kind for kind, asked in own.items() if asked)


def kind_listed(systems: Iterable[str]) -> str | None:
    """Of which kind a list is whose entries are coded in these systems; ``None`` for a list of anything else."""
    found = set(systems)
    if not found:
        return None
    return next((kind for kind in ("diagnosis", "drug") if found <= KINDS[kind] - {"CDISC"}), None)


_FORMS = (
    ("ICD-10", r"[A-TV-Z]\d[0-9A-Z](\.[0-9A-Z]{1,4})?"),
    ("ATC", r"[A-Z]\d{2}[A-Z]{1,2}(\d{2})?"),
    ("SNOMED", r"\d{6,18}"),
)
_PREFIXES = {"HP": "HPO", "MONDO": "MONDO", "ORPHA": "ORPHA", "OMIM": "OMIM"}


def by_form(words: Iterable[str]) -> Iterator[tuple[str, str]]:
    """System and code of the words that have the form of a code: the values that a question selects, which stand without a system."""
    for each in words:
        word = each.strip().upper()
        prefix = word.partition(":")[0]
        system = _PREFIXES.get(prefix) or next(
            (name for name, form in _FORMS if re.fullmatch(form, word)), None
        )
        if system is not None:
            yield system, word


def elsewhere_than(codes: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """System and code of every fact by which a record may be of what some codes ask for, and stands in none of their systems."""
    asked = list(codes)
    systems = {system for system, _ in asked}
    kinds = list(_kinds_asked(asked))
    yield from (("Proband", _UNREAD + kind) for kind in kinds or (OTHER,))
    for kind in kinds:
        others = sorted(KINDS[kind] - systems)
        for n in range(1, MOST + 1):
            yield from (recorded_in(kind, each) for each in combinations(others, n))
        if systems <= SYSTEMS.keys():
            yield recorded_in(kind, ())
