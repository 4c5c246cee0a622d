"""One catalogue of errors: each code once, each used, each parameter given, and no text beside it."""

from __future__ import annotations

import string
from collections import Counter

import pytest
from error_uses import error_classes, found

from proband.cli.documentation import EXIT_CODES
from proband.terms import errors
from proband.terms.errors import Entry, ProbandError


def test_no_error_says_what_is_not_in_the_catalogue() -> None:
    assert not found().free, "\n".join(f"{each.where}: {each.text}" for each in found().free)


def test_every_code_that_is_used_is_in_the_catalogue() -> None:
    known = {entry.code for entry in errors.entries()}
    lost = [each for each in found().uses if each.code not in known]
    assert not lost, "\n".join(f"{each.where}: {each.code}" for each in lost)


def test_every_entry_of_the_catalogue_is_used() -> None:
    unused = {entry.code for entry in errors.entries()} - {each.code for each in found().uses}
    assert not unused, sorted(unused)


def test_every_raise_gives_the_parameters_of_its_entry() -> None:
    wrong = []
    for use in found().uses:
        named = set(errors.entry(use.code).parameters)
        missing = set() if use.rest else named - use.given - use.own
        if missing or use.given - named:
            wrong.append(
                f"{use.where}: {use.code}: missing {sorted(missing)}, unused {sorted(use.given - named)}"
            )
    assert not wrong, "\n".join(wrong)


def test_the_raises_are_really_found() -> None:
    """Guards the reading of the source: subclasses and doors are followed, and nothing of the terms is overlooked."""
    assert {"ProbandError", "TermError", "RecordError", "Refusal", "Declined"} <= error_classes()
    uses = Counter(each.code for each in found().uses)
    assert uses["terms.unit.unknown"] >= 1
    assert uses["terms.quantity.bound"] == 1, "a code chosen by a condition"


def test_the_templates_of_every_entry_can_be_filled_in() -> None:
    for entry in errors.entries():
        assert entry.exit_code in EXIT_CODES, entry.code
        assert entry.code == entry.code.lower()
        assert entry.message, entry.code
        assert entry.mend, f"{entry.code}: whoever is refused is told what to do"
        for name in entry.parameters:
            assert name.isidentifier(), (
                f"{entry.code}: {name!r} is no plain name: a template computes nothing"
            )
        for template in (entry.message, entry.mend):
            for choice in (template,) if isinstance(template, str) else template:
                for _, _, spec, _ in string.Formatter().parse(choice):
                    assert spec is None or "{" not in spec, entry.code


def test_an_error_says_its_entry() -> None:
    error = ProbandError(
        "terms.unit.analyte", from_unit="mg/dL", to_unit="umol/L", analyte="gold", known=["a", "b"]
    )
    assert error.message == "mg/dL → umol/L needs a molar mass, and 'gold' has no molar mass here"
    assert error.mend == "name the analyte; known: a, b"
    nameless = ProbandError("terms.unit.analyte", from_unit="mg/dL", to_unit="umol/L", analyte=None, known=[])
    assert nameless.message.endswith("and no analyte was named")
    assert error.as_dict()["details"] == {
        "from_unit": "mg/dL", "to_unit": "umol/L", "analyte": "gold", "known": ["a", "b"],
    }  # fmt: skip
    with pytest.raises(KeyError):
        ProbandError("terms.nothing.of.the.kind")


def test_a_template_joins_lists_and_counts() -> None:
    entry = Entry("a.b", ("{who:and}: {n} bag{n:s}", "nobody: {n} bag{n:s}"), "{how:or}; {when:;}; {names!r}")
    assert entry.parameters == ("who", "n", "how", "when", "names")
    assert entry.say({"who": ["x", "y"], "n": 1, "how": ["p", "q"], "when": [1, 2], "names": "k"}) == (
        "x and y: 1 bag", "p or q; 1; 2; 'k'",
    )  # fmt: skip
    assert entry.say({"who": (), "n": 2, "how": ["p"], "when": [], "names": 3})[0] == "nobody: 2 bags"


def test_a_code_stands_for_one_text() -> None:
    entry = errors.entries()[0]
    errors.declare(entry)
    with pytest.raises(ValueError, match="stands in the catalogue already"):
        errors.declare(Entry(entry.code, "something else"))
