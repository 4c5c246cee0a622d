"""What the language of criteria refuses: what cannot be read, what is not part of it, what does not fit together."""

from __future__ import annotations

from proband.terms.errors.entry import Entry, Template

_OBSERVABLE = "declare an observable for it and use its name"
_COMPARISON = "write a comparison"
_SPLIT = "split it into several criteria"


def _wrong(case: str, message: Template, mend: Template) -> Entry:
    return Entry(f"programme.expression.{case}", message, mend)


ENTRIES = (
    # what cannot be read
    _wrong("syntax.assignment", "'=' assigns; it does not compare", "write == for equality"),
    _wrong("syntax.empty", "the criterion is empty", "write a condition: age >= 18"),
    _wrong("syntax.null", "a null character cannot stand here", "remove it"),
    _wrong("syntax.signs", "'&&' and '||' are not part of the language", "write 'and' and 'or'"),
    _wrong(
        "syntax.unreadable",
        "this cannot be read",
        "write a condition such as 18 <= age < 65 and not pregnant",
    ),
    # what is not part of the language
    _wrong("refused.assignment", "an assignment cannot stand in a criterion", "write == for equality"),
    _wrong("refused.attribute", "an attribute cannot be read here", _OBSERVABLE),
    _wrong("refused.await", "'await' is not part of the language", _COMPARISON),
    _wrong(
        "refused.call",
        "{called}(…) cannot be called: only known(x) can",
        "declare what it computes as an observable and use its name",
    ),
    _wrong("refused.chained-in", "'in' cannot be chained", "join the two conditions with 'and'"),
    _wrong(
        "refused.comprehension",
        "a comprehension is not part of the language",
        "write the values out: x in ['a', 'b']",
    ),
    _wrong("refused.construct", "{construct} is not part of the language", _COMPARISON),
    _wrong("refused.deep", "the criterion is nested too deeply", _SPLIT),
    _wrong(
        "refused.division",
        "division is not part of the language: databases disagree on what 5/2 is",
        "multiply instead: a <= 2.5 * b",
    ),
    _wrong("refused.empty-list", "the list is empty", "name at least one value"),
    _wrong("refused.finite", "the number is not finite", "write a finite limit"),
    _wrong("refused.formatted", "a formatted string is not part of the language", "write a plain string"),
    _wrong("refused.function", "a function cannot be defined here", "write the condition itself"),
    _wrong("refused.if-else", "'if … else' is not part of the language", "write (a and b) or (not a and c)"),
    _wrong("refused.in", "'in' needs a list of literals", "write x in ['A', 'B']"),
    _wrong("refused.is", "'is' is not part of the language", "write ==, or known(x)"),
    _wrong("refused.known", "known(…) takes the name of one observable", "write known(platelets)"),
    _wrong("refused.list", "a list can only follow 'in'", "write x in ['A', 'B']"),
    _wrong("refused.literal", "this literal is not part of the language", "write a number or a quoted value"),
    _wrong("refused.literals", "only literals may stand in the list", "write numbers or quoted values"),
    _wrong("refused.long", "the criterion is longer than {longest} characters", _SPLIT),
    _wrong("refused.mapping", "a mapping is not part of the language", _COMPARISON),
    _wrong(
        "refused.missing",
        "a missing value cannot be compared: unknown is not a value",
        "write known(x), or state 'absent: no' on the observable",
    ),
    _wrong("refused.sign", "'{sign}' is not part of the language", "use + - * and comparisons"),
    _wrong("refused.sign-of-truth", "'{sign}' is not part of the language", "write 'and' or 'or'"),
    _wrong("refused.starred", "'*' is not part of the language here", "write the values out"),
    _wrong("refused.subscript", "a subscript cannot be read here", _OBSERVABLE),
    _wrong("refused.tilde", "'~' is not part of the language", "write 'not'"),
    # names and constants
    _wrong("constant.alone", "a constant is not a condition", "compare an observable with it"),
    _wrong("constant.both", "both sides are constants", "compare an observable with a limit"),
    _wrong(
        "name.unknown",
        "there is no observable {name!r}",
        ("did you mean {near:or}?", "declare it among the observables"),
    ),
    # types
    _wrong(
        "type.arithmetic",
        "{name} is a {type}: it cannot be added or multiplied",
        "use numbers; for the time between two dates declare an observable with 'elapsed'",
    ),
    _wrong("type.code", "{name} is a code", "compare it with a quoted code: {name} == 'male'"),
    _wrong(
        "type.code-order",
        "{name} is a code: codes have no order",
        "write == or in […]; for a scale declare the observable as 'ordered' with its values",
    ),
    _wrong("type.code-unquoted", "{name} is a code", "quote the code: 'male'"),
    _wrong("type.comparison", "this comparison cannot be read", "compare an observable with a limit"),
    _wrong("type.condition", "a condition cannot be compared", "join conditions with 'and' or 'or'"),
    _wrong("type.date", "{problem}", "{correction}"),
    _wrong(
        "type.date-unquoted",
        "{name} is a date, not a number",
        ("quote the value: {name} {example}", "quote the value: {name}"),
    ),
    _wrong("type.day", "{text!r} is not one day", "write a limit as a day: '2024-03-01'"),
    _wrong("type.in", "'in' needs an observable before it", "write ais in ['A', 'B']"),
    _wrong("type.no-number", "{name} is not a number", "quote the value"),
    _wrong("type.not-truth", "{name} is a {type}, not a yes or no", "compare it: {name} {example}"),
    _wrong("type.number", "this is a number, not a condition", "compare it with a limit: … >= 18"),
    _wrong(
        "type.order-unquoted",
        "{name} is an ordered value, not a number",
        ("quote the value: {name} {example}", "quote the value: {name}"),
    ),
    _wrong("type.orders", "the two have different orders", "compare values of the same scale"),
    _wrong(
        "type.product",
        "the product of two observables has no limit that can be checked",
        "multiply by a number, or declare the product as an observable",
    ),
    _wrong("type.quantity", "{text!r} is not a number with a unit", "write '5 mg/dL', or a bare number"),
    _wrong("type.text", "text cannot be added or multiplied", "use numbers"),
    _wrong("type.truth", "{name} is a yes or no", "write {name} or not {name}"),
    _wrong(
        "type.truth-arithmetic",
        "yes and no have no arithmetic",
        "write the observable alone, or 'not' before it",
    ),
    _wrong(
        "type.truth-order",
        "yes and no have no order",
        "write the observable alone, or 'not' before it",
    ),
    _wrong("type.unlike", "a {left} cannot be compared with a {right}", "compare like with like"),
    _wrong(
        "type.value",
        "{text!r} is not a value of {name}",
        ("did you mean {near:or}?", "its values are {values}"),
    ),
    # units
    _wrong(
        "unit.alike",
        "{left} is in {left_unit} and {right} in {right_unit}",
        "declare both observables in the same unit",
    ),
    _wrong("unit.conversion", "{problem}", "{correction}"),
    _wrong(
        "unit.none",
        "{name} has no unit, so {text!r} cannot be converted",
        "give the observable {name} a unit",
    ),
    _wrong(
        "unit.unlike",
        "{left} is in {left_unit} and {right} in {right_unit}",
        "compare quantities of the same kind",
    ),
)
