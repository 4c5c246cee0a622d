"""Words, bounds, units and names of code systems as sites of several languages write them."""

from __future__ import annotations

import pytest

from proband.exchange.rows.facts import _yes_no
from proband.exchange.written_numbers import number_in, read_number
from proband.facts.observation import Presence
from proband.terms import TermError, factor, system_name
from proband.terms.answers import NO_WORDS, UNTOLD_WORDS, YES_WORDS, Answer, answer_of


@pytest.mark.parametrize(
    "word", ["nein", "non", "No", "negative", "NEGATIVO", "neg.", "Neg", "nicht nachgewiesen", "não", "nee"]
)
def test_a_no_is_one_in_every_language(word: str) -> None:
    assert _yes_no(word) is Presence.ABSENT
    assert answer_of(word) is Answer.NO


@pytest.mark.parametrize("word", ["ja", "oui", "Sí", "positivo", "pos.", "nachgewiesen", "sim"])
def test_a_yes_is_one_in_every_language(word: str) -> None:
    assert _yes_no(word) is Presence.PRESENT
    assert answer_of(word) is Answer.YES


@pytest.mark.parametrize(
    "word",
    ["unbekannt", "k.A.", "pending", "no evidence yet", "nonspecific", "noch offen", "normal", "nie gefragt"],
)
def test_other_words_are_neither(word: str) -> None:
    assert _yes_no(word) is Presence.UNKNOWN


def test_no_word_says_two_things() -> None:
    assert not YES_WORDS & NO_WORDS
    assert not (YES_WORDS | NO_WORDS) & UNTOLD_WORDS


@pytest.mark.parametrize(
    ("written", "value", "sign"),
    [
        ("unter 10", 10.0, "<"), ("below 10", 10.0, "<"), ("moins de 10", 10.0, "<"), ("über 5", 5.0, ">"), ("Über 5 mg/dL", 5.0, ">"),
        ("höchstens 3", 3.0, "<="), ("au moins 4", 4.0, ">="), ("menos  de 20", 20.0, "<"), ("più di 7", 7.0, ">"),
    ],
)  # fmt: skip
def test_bounds_in_words(written: str, value: float, sign: str) -> None:
    found = number_in(written)
    assert found is not None
    assert (found.value, found.comparator) == (value, sign)


@pytest.mark.parametrize(
    "written", ["unter 10.000", "10 bis 20", "unter zwei", "über 2 Wochen her", "unter", "nicht unter 10"]
)
def test_what_is_no_whole_bound_is_none(written: str) -> None:
    assert number_in(written) is None


def test_a_bound_of_one_language_is_no_number_of_another() -> None:
    assert read_number("unter 10").comparator == "<"
    assert read_number("hinter 10").value is None


@pytest.mark.parametrize(
    ("printed", "known", "scale"),
    [
        ("g/100mL", "g/dL", 1.0), ("g/100 ml", "g/dL", 1.0), ("Tsd/µl", "10*9/L", 1.0), ("Tsd./µL", "10*9/L", 1.0), ("gm%", "g/dL", 1.0),
        ("kIU/mL", "[IU]/mL", 1000.0), ("G/l", "10*9/L", 1.0), ("T/l", "10*12/L", 1.0), ("/nl", "10*9/L", 1.0), ("mg/100ml", "mg/dL", 1.0),
    ],
)  # fmt: skip
def test_units_as_laboratories_print_them(printed: str, known: str, scale: float) -> None:
    assert factor(printed, known) == (scale, 0.0)


@pytest.mark.parametrize(
    ("printed", "taken_for"),
    [("KIU/mL", "[IU]/mL"), ("Tsd", "10*9/L"), ("gm%%", "g/dL"), ("G/d", "10*9/L"), ("g/100kg L", "g/dL")],
)
def test_units_that_mean_something_else_are_not_taken_for_them(printed: str, taken_for: str) -> None:
    with pytest.raises(TermError):
        factor(printed, taken_for)


@pytest.mark.parametrize(
    "system",
    [
        "urn:oid:1.2.276.0.76.5.463", "1.2.276.0.76.5.311", "http://fhir.de/CodeSystem/bfarm/icd-10-gm|2024",
        "http://fhir.de/CodeSystem/bfarm/icd-10-gm?version=2023", "http://fhir.de/CodeSystem/dimdi/icd-10-gm/2019", "ICD10GM2022",
    ],
)  # fmt: skip
def test_icd_10_gm_is_known_in_every_year(system: str) -> None:
    assert system_name(system) == "ICD-10"


@pytest.mark.parametrize(
    "system",
    [
        "urn:oid:1.2.276.0.76.5.514",
        "http://fhir.de/CodeSystem/bfarm/ops?version=2023",
        "http://hl7.org/fhir/sid/icd-10-pcs",
    ],
)
def test_other_systems_of_the_same_family_are_not(system: str) -> None:
    assert system_name(system) is None
