"""What a fact says for a slot: its number, rank, code, yes or no; and whether it is the thing asked for at all.

The rules are those of :mod:`proband.screening.observed`, in its order. A fact is ``f``, joined to ``c``, the way from
its unit to that of the slot.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl
from sqlglot import exp

from proband.programme.eligibility import (
    EventCount,
    Multiple,
    SaysCode,
    SaysLevel,
    SaysNumber,
    SaysWord,
    SaysYesNo,
    Selection,
)
from proband.screening.observed import (
    boolean_words,
    categories_of_words,
    conversion,
    icd10_categories,
    upper_limit,
)
from proband.screening.sql.building import (
    all_of,
    among,
    any_of,
    at_least,
    at_most,
    case,
    cast,
    column,
    differ,
    divided,
    equal,
    first_of,
    is_known,
    is_null,
    more,
    null_if,
    number,
    opposite,
    plus,
    times,
    word_of,
)
from proband.screening.sql.dialects import Dialect
from proband.screening.sql.plan import QueryPlan, Slot

#: the table ``conversions``: how a number of a unit becomes one of a slot's, ``value * scale + shift``
CONVERSIONS: dict[str, Any] = {"k": pl.Int64, "unit": pl.String, "scale": pl.Float64, "shift": pl.Float64}

_VALUE = column("value", "f")
_EMPTY = exp.Literal.string("")


def conversions(plan: QueryPlan, units: Mapping[int, Iterable[str]]) -> list[tuple[int, str, float, float]]:
    """Rows ``k, unit, scale, shift``: how a number of a unit becomes one of the slot's; no row where there is no honest way.

    Parameters
    ----------
    units
        By number of a slot, the units that its facts state (``""`` for none).
    """
    found: list[tuple[int, str, float, float]] = []
    for k, observable in plan.numbers.items():
        for unit in sorted(set(units.get(k, ()))):
            way = conversion(observable, unit or None)
            if way is not None:
                found.append((k, unit, *way))
    return found


def conversion_values(rows: list[tuple[int, str, float, float]], dialect: Dialect) -> exp.Values:
    """The rows of :func:`conversions` inside a query."""
    return exp.Values(
        expressions=[
            exp.Tuple(
                expressions=[
                    number(k),
                    dialect.text(unit),
                    cast(number(scale), "double"),
                    cast(number(shift), "double"),
                ]
            )
            for k, unit, scale, shift in rows
        ]
    )


def number_said(slot: Slot, dialect: Dialect) -> exp.Expression:
    """The number of a fact in the unit of its slot, before bounds; NULL where it cannot be used."""
    o = slot.observable
    scale, shift = column("scale", "c"), column("shift", "c")
    as_it_is = all_of(equal(scale, number(1)), equal(shift, number(0)))
    computed = dialect.printed(plus(times(_VALUE, scale), shift))
    converted = case((as_it_is, _VALUE), (is_known(scale), computed))
    limits = o.plausible if isinstance(o, SaysNumber) else None
    if limits is not None and limits.low is not None and limits.high is not None:
        comparator = first_of(column("comparator", "f"), _EMPTY)
        plausible = all_of(at_least(converted, number(limits.low)), at_most(converted, number(limits.high)))
        converted = case((any_of(differ(comparator, _EMPTY), plausible), converted))
    if not isinstance(o, Multiple) or o.baseline:
        return converted
    stated, own, low = upper_limit(o), column("reference_high", "f"), column("reference_low", "f")
    is_limit = all_of(more(own, number(0)), any_of(is_null(low), at_most(low, own)))
    return case(
        (is_null(converted), exp.Null()),
        (is_limit, dialect.printed(divided(_VALUE, own))),
        otherwise=exp.Null() if stated is None else dialect.printed(divided(converted, number(stated))),
    )


class WordReader:
    """Reads facts that say something by words, in the spelling of one engine."""

    def __init__(self, dialect: Dialect, *, has_vague_codes: bool = False) -> None:
        self.dialect, self.has_vague_codes = dialect, has_vague_codes
        coded, text = column("value_code", "f"), column("text", "f")
        self.coded, self.printed = word_of(coded), word_of(text)
        #: the coded value, else the text
        self.word = word_of(case((differ(first_of(coded, _EMPTY), _EMPTY), coded), otherwise=text))
        self.says_nothing = all_of(equal(self.coded, _EMPTY), equal(self.printed, _EMPTY))

    def rank(self, slot: Slot) -> exp.Expression:
        """The place of a word among the values, as a floating number; NULL for any other word."""
        o = slot.observable
        assert isinstance(o, SaysLevel)  # noqa: S101
        places = {value.lower(): index for index, value in enumerate(o.values)}
        words = {word: number(places[value]) for word, value in o.vocabulary.items()}
        return cast(self._either(self._meaning(self.word, words), _by_number(words)), "double")

    def code(self, slot: Slot) -> exp.Expression:
        """A word, or what it stands for; NULL for one that is not among the values."""
        o = slot.observable
        assert isinstance(o, SaysCode)  # noqa: S101
        meanings = {word: self.dialect.text(value) for word, value in o.vocabulary.items()}
        word = self._either(self.word, _by_number(meanings))
        spellings = {word: self.dialect.text(value) for word, value in o.spellings.items()}
        if spellings:
            word = self._meaning(word, spellings, otherwise=word)
        if o.values:
            return case((among(word, self.dialect.texts([v.lower() for v in o.values])), word))
        return null_if(word, _EMPTY)

    def _meaning(
        self,
        word: exp.Expression,
        meanings: Mapping[str, exp.Expression],
        otherwise: exp.Expression | None = None,
    ) -> exp.Expression:
        ways = [(self.dialect.text(spelling), meaning) for spelling, meaning in meanings.items()]
        return case(*ways, of=word, otherwise=otherwise)

    def _either(self, word: exp.Expression, by_number: exp.Expression | None) -> exp.Expression:
        """What the words say; where there are none, what the number says that stands for one."""
        return word if by_number is None else case((equal(self.word, _EMPTY), by_number), otherwise=word)

    def truth(self, slot: Slot) -> exp.Expression:
        """1, 0, or NULL where it is neither yes nor no."""
        o = slot.observable
        assert isinstance(o, SaysYesNo)  # noqa: S101
        absent = (column("absent", "f"), number(0))
        if o.where is not None and o.where.value is not None:
            return case(absent, otherwise=number(1))  # the selection has read the value already
        yes, no = boolean_words(o)
        # under a selection by attributes other words only name the thing (a variant), and it is there
        otherwise = number(1) if o.where is not None else None
        answers = dict.fromkeys(yes, number(1)) | dict.fromkeys(no, number(0))
        by_number = _by_number(answers, otherwise)
        return case(
            absent,
            (all_of(self.says_nothing, is_null(_VALUE)), number(1)),
            (self.says_nothing, by_number if by_number is not None else otherwise or exp.Null()),
            (all_of(self._among(yes), self._among(no)), exp.Null()),
            (self._among(yes), number(1)),
            (self._among(no), number(0)),
            otherwise=otherwise,
        )

    def _among(self, words: Iterable[str]) -> exp.Expression:
        literals = self.dialect.texts(list(words))
        return any_of(among(self.coded, literals), among(self.printed, literals))

    def match(self, slot: Slot) -> exp.Expression:
        """2: surely the thing asked for; 1: it does not say; 0: another thing."""
        where = slot.observable.where
        vague = [column("vague", "f")] if self.has_vague_codes else []
        if where is None:
            return case((vague[0], number(1)), otherwise=number(2)) if vague else number(2)
        out, unsaid = self._properties(where)
        return case((any_of(*out), number(0)), (any_of(*unsaid, *vague), number(1)), otherwise=number(2))

    def _under(self, categories: list[str]) -> list[exp.Expression]:
        """That a word is a finer ICD-10 code of one of some categories."""
        if not categories:
            return []
        literals = self.dialect.texts(categories)

        def part(word: exp.Expression, start: int, length: int) -> exp.Expression:
            return exp.Substring(this=word.copy(), start=number(start), length=number(length))

        return [
            all_of(equal(part(each, 4, 1), exp.Literal.string(".")), among(part(each, 1, 3), literals))
            for each in (self.coded, self.printed)
        ]

    def _properties(self, where: Selection) -> tuple[list[exp.Expression], list[exp.Expression]]:
        """The conditions under which a fact is another thing, and those under which it does not say."""
        out: list[exp.Expression] = []
        unsaid: list[exp.Expression] = []
        if where.value is not None:
            literals = self.dialect.texts([v.lower() for v in where.value])
            given = [column("value_code", "f"), column("text", "f")]
            silent = all_of(*(equal(first_of(each, _EMPTY), _EMPTY) for each in given))
            finer = sorted(categories_of_words(where.value))
            either = literals + [self.dialect.text(each) for each in finer]
            under = self._under(sorted(icd10_categories(where.value)))
            named = (among(each, either) for each in (self.coded, self.printed))
            out.append(all_of(opposite(silent), *(opposite(each) for each in (*named, *under))))
            unsaid.append(silent)
            if finer:  # the category of a code that is asked for may stand for it
                said = any_of(among(self.coded, literals), among(self.printed, literals), *under)
                unsaid.append(opposite(said))
        for key, accepted in where.attributes.items():
            said = word_of(column(f"at_{key}", "f"))
            silent = among(said, self.dialect.texts(["", "unknown"]))
            out.append(all_of(opposite(silent), opposite(among(said, self.dialect.texts(accepted)))))
            unsaid.append(silent)
        return out, unsaid


def _by_number(
    meanings: Mapping[str, exp.Expression], otherwise: exp.Expression | None = None
) -> exp.Expression | None:
    """What a number says that stands for a word ("2" for grade 2); ``None`` where no word is one."""
    ways: list[tuple[exp.Expression, exp.Expression]] = []
    for word, meaning in meanings.items():
        try:
            value = float(word)
        except ValueError:
            continue
        if (str(int(value)) if value == int(value) else repr(value)) == word:
            ways.append((equal(_VALUE, number(value)), meaning))
    return case(*ways, otherwise=otherwise) if ways else None


def says(slot: Slot) -> str:
    """What a fact of the slot says: a ``number``, ``rank``, ``day`` or ``code``, that there was an ``event``, or a ``truth``."""
    match slot.observable:
        case SaysNumber():
            return "number"
        case SaysLevel():
            return "rank"
        case SaysYesNo():
            return "truth"
        case EventCount():
            return "event"
        case SaysWord():
            return "code"
    return "day"
