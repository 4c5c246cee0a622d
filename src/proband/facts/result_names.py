"""Results that stand under another code than a criterion asks for, or under none: what their own words say that was measured.

A laboratory that sends ``777-3`` until May and its own ``PLT`` from then on has measured the platelets of June. Nobody here knows what a local number is;
but where the words beside it name what a criterion asks for, that result *may* be it: beside the facts under its own codes it gives one that says so, with
its value (``Proband|result-named.platelets``). A result that nothing names, neither a known code nor a word, may be whatever is measured in its unit and
can have its number (``Proband|result-unnamed.platelets``). Criteria that ask for a number read both as what may be the result: where both decide alike nothing changes.

The names (``terms/result_names.csv``) are our own reading of what laboratories print, level ``inference``; a name is no code, and proves nothing.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

from proband.terms import SYSTEMS, TermError, factor
from proband.terms.plausible import limits

_LOINC = re.compile(r"(?<![\w-])\d{3,5}-\d(?![\w-])")


@cache
def _another() -> re.Pattern[str]:
    """Which words make something else of a test of whatever analyte: another material, a ratio, an order (``terms/other_tests.txt``, one a line)."""
    words = (files("proband.terms") / "other_tests.txt").read_text(encoding="utf-8").split("\n")
    return re.compile(rf"\b(?:{'|'.join(each for each in words if each)})\b", re.IGNORECASE)


#: what stands beside a name: what LOINC puts in brackets, the plasma that is measured, a unit
_BESIDE = re.compile(
    r"\[[^\]]*\]|platelet[ -]poor(?: plasma)?|\(?(?:\b(?:[mµunpfk]?(?:g|mol|iu|u|eq|val|kat)|10\S{1,3}|x10\S*))?\s*[/p](?:dl|ml|l|nl|pl|µl|ul|mm3|cumm)\b\)?",
    re.IGNORECASE,
)
#: what stands for a number of a house and names nothing: ``4711``, ``LAB-0123``, ``x12345``
_NO_NAME = re.compile(
    r"[\d\s_.:#/-]+|(?:lab|test|item|obs|param|code|analyt?e?|res|det)?[\s_.:#-]*[a-z]{0,3}[\s_.:#-]*\d{4,}[a-z]?|(?:lab|test|item|obs|param|code)[\s_.:#-]*\d+",
    re.IGNORECASE,
)
_NAMED, _UNNAMED = "result-named.", "result-unnamed."
#: how the codes of such facts begin
RESULTS_MAY_BE = (_NAMED, _UNNAMED)


@dataclass(frozen=True, slots=True)
class NamedResult:
    """What laboratories measure under one of several codes: by which LOINC codes and words it is known."""

    analyte: str
    codes: frozenset[str]
    words: re.Pattern[str]
    another: re.Pattern[str] | None

    @property
    def key(self) -> str:
        """Its name as part of a code."""
        return re.sub(r"[^a-z0-9]+", "-", self.analyte.lower())

    def is_named_in(self, words: str) -> bool:
        """Whether words name it, and no other test of which its name is a part."""
        return self.words.search(words) is not None and not (self.another and self.another.search(words))


@cache
def _table() -> tuple[NamedResult, ...]:
    with (files("proband.terms") / "result_names.csv").open(encoding="utf-8") as stream:
        return tuple(
            NamedResult(
                row["analyte"], frozenset(row["codes"].split("|")),
                re.compile(rf"(?<![\w-])(?:{row['names']})(?![\w-])", re.IGNORECASE),
                re.compile(rf"(?<![\w])(?:{row['not']})(?![\w])", re.IGNORECASE) if row["not"] else None,
            )
            for row in csv.DictReader(stream)
        )  # fmt: skip


@cache
def known_codes() -> frozenset[str]:
    """The LOINC codes in the table: of these the code says what was measured."""
    return frozenset(code for each in _table() for code in each.codes)


@cache
def _others() -> frozenset[str]:
    """The LOINC codes of common tests that are none in the table (``terms/other_loinc.txt``)."""
    text = (files("proband.terms") / "other_loinc.txt").read_text(encoding="utf-8")
    return frozenset(code for line in text.split("\n") if not line.startswith("#") for code in line.split())


@lru_cache(maxsize=65536)
def names(words: str) -> tuple[NamedResult, ...]:
    """What words name: usually one thing or none; nothing where they speak of another material, a ratio, an order."""
    plain = " ".join(_BESIDE.sub(" ", words).replace("_", " ").split())
    if not plain or len(plain) > 200:
        return ()
    coded = set(_LOINC.findall(words))  # a code that somebody wrote among the words
    if coded & known_codes():
        return tuple(each for each in _table() if each.codes & coded)
    found = tuple(each for each in _table() if each.is_named_in(plain))
    if not found:
        return ()
    # "normalized ratio" and "PaO2/FiO2" are names themselves
    rest = plain
    for each in found:
        rest = each.words.sub(" ", rest)
    of_two = "/" in rest and (len(found) > 1 or re.search(r"[^\W\d_]", rest) is not None)
    return () if _another().search(rest) or of_two else found


def measured_under(codes: Iterable[tuple[str, str]]) -> list[str]:
    """The keys of what is measured under codes of LOINC."""
    asked = {code for system, code in codes if system == "LOINC"}
    return [each.key for each in _table() if each.codes & asked]


def says_nothing(words: Iterable[str]) -> bool:
    """Whether words name nothing at all: there are none, or they are numbers of a house."""
    return all(not each.strip() or _NO_NAME.fullmatch(each.strip()) for each in words)


def may_be(codes: Iterable[tuple[str, str]], words: Iterable[str | None]) -> Iterator[tuple[str, str]]:
    """System and code of the facts that a result may be something a criterion asks for by its name; nothing where its own code says what it is.

    Parameters
    ----------
    codes
        Its codes: system (short name, or whatever the source has) and code.
    words
        What the source calls it: displays, texts, names of tests.
    """
    if any(system == "LOINC" and code in known_codes() for system, code in codes):
        return
    for named in dict.fromkeys(one for each in words if each for one in names(each)):
        yield "Proband", _NAMED + named.key


def unnamed(codes: Iterable[tuple[str, str]], words: Iterable[str | None]) -> bool:
    """Whether nothing says what a result is of: no code of a known system but SNOMED CT, in which nobody here looks, or one of LOINC that nobody here knows, and no word."""
    known = (
        (system, code) for system, code in codes if system in SYSTEMS and system not in {"Proband", "SNOMED"}
    )
    said = (
        system != "LOINC" or code in _others() or code in limits() or code in known_codes()
        for system, code in known
    )
    return not any(said) and says_nothing(each for each in words if each)


@lru_cache(maxsize=4096)
def may_be_by_its_unit(unit: str | None) -> tuple[tuple[str, str, float, float], ...]:
    """What a result that nothing names may be by its unit: system and code of the fact, and the numbers that such a result can have."""
    found: list[tuple[str, str, float, float]] = []
    for each in _table():
        entry = next((limits()[code] for code in sorted(each.codes) if code in limits()), None)
        if entry is None:
            continue
        try:
            scale, shift = (
                factor(unit, entry.unit, entry.converts_as)
                if unit and unit.strip() and unit != entry.unit
                else (1.0, 0.0)
            )
        except TermError:
            continue
        ends = [(end - shift) / scale for end in (entry.low, entry.high)]
        found.append(("Proband", _UNNAMED + each.key, ends[0], ends[1]))
    return tuple(found)


def may_be_anything(
    codes: Iterable[tuple[str, str]], words: Iterable[str | None], value: float | None, unit: str | None
) -> list[tuple[str, str]]:
    """System and code of all facts that a result may be something which its code does not say: by its name, else by its unit and number."""
    keys, given = list(codes), list(words)
    found = list(may_be(keys, given))
    if value is not None and not found and unnamed(keys, given):
        found += [(system, code) for system, code, low, high in may_be_by_its_unit(unit) if low <= value <= high]  # fmt: skip
    return found


def asked_under_other_names(codes: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """System and code of every fact that may be a result which some LOINC codes ask for: other codes of the same, its name, and no name at all."""
    asked = {code for system, code in codes if system == "LOINC"}
    for each in _table():
        if each.codes & asked:
            yield from (("LOINC", code) for code in sorted(each.codes - asked))
            yield "Proband", _NAMED + each.key
            yield "Proband", _UNNAMED + each.key


def under_another_name(system: str, code: str, asked: tuple[str, str]) -> str | None:
    """Why a fact may be the result that is asked for, in words; ``None`` for a fact of another kind."""
    if system == "LOINC" and asked[0] == "LOINC":
        return f"it stands under {code} of LOINC, which is not asked for, and may be of the same"
    if system != "Proband":
        return None
    if code.startswith(_NAMED):
        called = code.removeprefix(_NAMED).replace("-", " ")
        return f"it is called {called}, and stands under no code that is asked for"
    if code.startswith(_UNNAMED):
        return "neither a code that is known nor a word says what was measured"
    return None
