"""The language of eligibility criteria: a small subset of Python expressions, parsed once, never run.

A criterion is a truth about observables: ``18 <= age < 65 and not pregnant``. What may stand in it is a closed list
(``and or not``, chained comparisons, ``in [..]``, ``+ - *``, names, literals and ``known(x)``); everything else is
refused with the place, a caret and the mend. There is no division, because ``5/2`` is 2 on one database and 2.5 on
another: write ``a <= 2.5 * b``. There is no ``== None``: a missing value is *unknown*, and unknown is not a value.

Reading happens in two steps. :func:`parse` makes the tree of what was written. :func:`check` types it against the
declared observables and resolves each literal: a level such as ``'C7'`` becomes its place in the declared order, a
limit with its own unit (``bilirubin < '170 umol/L'``) is converted to the unit of the observable, a date becomes a day
number. Both happen once, when the programme is loaded: evaluator, SQL compiler, words, lints and satisfiability all
read the checked tree that the eligibility keeps.
"""

from __future__ import annotations

from proband.programme.expression.checking import check
from proband.programme.expression.reading import ParsedExpression, parse
from proband.programme.expression.source import ExpressionError
from proband.programme.expression.tree import (
    MIRRORED,
    OPPOSITE,
    And,
    Atom,
    Comparison,
    Expression,
    KnownValue,
    Membership,
    Name,
    Node,
    Not,
    Number,
    ObservableSignature,
    OneOf,
    Operator,
    Or,
    Scaled,
    Sum,
    Term,
    TextSpan,
    Truth,
    ValueType,
    atom_names,
    atoms,
    linear,
    term_names,
)
from proband.programme.expression.words import is_pure, words

__all__ = [
    "MIRRORED",
    "OPPOSITE",
    "And",
    "Atom",
    "Comparison",
    "Expression",
    "ExpressionError",
    "KnownValue",
    "Membership",
    "Name",
    "Node",
    "Not",
    "Number",
    "ObservableSignature",
    "OneOf",
    "Operator",
    "Or",
    "ParsedExpression",
    "Scaled",
    "Sum",
    "Term",
    "TextSpan",
    "Truth",
    "ValueType",
    "atom_names",
    "atoms",
    "check",
    "is_pure",
    "linear",
    "parse",
    "term_names",
    "words",
]
