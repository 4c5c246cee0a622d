"""The canonical form of JSON is that of RFC 8785: held against another implementation and against the RFC's own samples."""

from __future__ import annotations

import json
import struct
from decimal import Decimal
from typing import Any

import pytest
import rfc8785
from hypothesis import example, given, settings
from hypothesis import strategies as st

from proband.terms.canonical import LARGEST_INTEGER, CanonicalError, canonical, number

# texts from everywhere, also from beyond U+FFFF, where the order of UTF-16 is not that of code points
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
KEYS = TEXTS | st.sampled_from(["\ue000", "\uffff", "\U00010000", "\U0001f600", "a", "€", "\r", "1", ""])
FLOATS = st.floats(allow_nan=False, allow_infinity=False) | st.builds(
    lambda digits, exponent: float(f"{digits}e{exponent}"),
    st.integers(-(10**17), 10**17),
    st.integers(-30, 30),
)
INTEGERS = st.integers(-LARGEST_INTEGER, LARGEST_INTEGER)
VALUES = st.recursive(
    st.none() | st.booleans() | INTEGERS | FLOATS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
@settings(max_examples=400, deadline=None)
@example({"\ue000": 1, "\U00010000": 2.0, "a": [1e21, -0.0, 1e-7, 0.000001]})
@example(['\x00\x1f\x7f\x80\u2028"\\/\b\f\n\r\t'])
def test_equal_to_an_independent_implementation(value: Any) -> None:
    assert canonical(value) == rfc8785.dumps(value)


@given(VALUES)
@settings(max_examples=200, deadline=None)
def test_what_was_read_back_is_written_the_same(value: Any) -> None:
    raw = canonical(value)
    assert canonical(json.loads(raw)) == raw


@given(FLOATS)
@settings(max_examples=1000, deadline=None)
@example(1e15)
@example(999999999999999.9)
@example(0.0001)
@example(0.00009999999999999999)
@example(123456789012345680000.0)
def test_every_number_has_the_form_of_the_other_implementation(value: float) -> None:
    assert canonical(value) == rfc8785.dumps(value)
    assert canonical([value, {"x": value}]) == rfc8785.dumps([value, {"x": value}])
    assert float(number(value)) == value


# RFC 8785, appendix B: IEEE 754 bits and their JSON
SAMPLES = """
0000000000000000 0
8000000000000000 0
0000000000000001 5e-324
8000000000000001 -5e-324
7fefffffffffffff 1.7976931348623157e+308
ffefffffffffffff -1.7976931348623157e+308
4340000000000000 9007199254740992
c340000000000000 -9007199254740992
4430000000000000 295147905179352830000
44b52d02c7e14af5 9.999999999999997e+22
44b52d02c7e14af6 1e+23
44b52d02c7e14af7 1.0000000000000001e+23
444b1ae4d6e2ef4e 999999999999999700000
444b1ae4d6e2ef4f 999999999999999900000
444b1ae4d6e2ef50 1e+21
3eb0c6f7a0b5ed8c 9.999999999999997e-7
3eb0c6f7a0b5ed8d 0.000001
41b3de4355555553 333333333.3333332
41b3de4355555554 333333333.33333325
41b3de4355555555 333333333.3333333
41b3de4355555556 333333333.3333334
41b3de4355555557 333333333.33333343
becbf647612f3696 -0.0000033333333333333333
43143ff3c1cb0959 1424953923781206.2
""".strip().splitlines()


@pytest.mark.parametrize("sample", SAMPLES)
def test_numbers_of_the_rfc(sample: str) -> None:
    bits, text = sample.split()
    (value,) = struct.unpack(">d", bytes.fromhex(bits))
    assert canonical(value) == text.encode()


def test_sorting_sample_of_the_rfc() -> None:
    """RFC 8785, section 3.2.3: the keys in the order of their UTF-16 code units."""
    value = {"\u20ac": "Euro Sign", "\r": "Carriage Return", "\ufb33": "Hebrew Letter Dalet With Dagesh", "1": "One",
             "\U0001f600": "Emoji: Grinning Face", "\u0080": "Control", "\u00f6": "Latin Small Letter O With Diaeresis"}  # fmt: skip
    expected = ["Carriage Return", "One", "Control", "Latin Small Letter O With Diaeresis", "Euro Sign",
                "Emoji: Grinning Face", "Hebrew Letter Dalet With Dagesh"]  # fmt: skip
    assert list(json.loads(canonical(value)).values()) == expected


@pytest.mark.parametrize(
    ("value", "where", "says"),
    [
        ({"a": [1, float("nan")]}, "a[1]", "not a finite number"),
        (float("inf"), "the value", "not a finite number"),
        ({"a": {"b": -(2**53) - 1}}, "a.b", "no double holds"),
        (10**400, "the value", "no double holds"),
        ({"pmid": 12345678901234567890}, "pmid", "no double holds"),
        ({1: "x"}, "the value", "key 1 is not text"),
        ({"\U0001f600": [{1: "x"}]}, "\U0001f600[0]", "key 1 is not text"),
        ({"a": {1, 2}}, "a", "set is not a JSON value"),
        ({"a": b"x"}, "a", "bytes is not a JSON value"),
        (["x", "\ud800"], "[1]", "surrogate"),
        ({"\U0001f600": "\udc00"}, "\U0001f600", "surrogate"),
        ({"\ud800": 1}, "the value", "surrogate"),
        (Decimal("NaN"), "the value", "not a finite number"),
    ],
)
def test_what_no_reader_would_give_back_is_refused(value: Any, where: str, says: str) -> None:
    with pytest.raises(CanonicalError) as refused:
        canonical(value)
    assert refused.value.message.startswith(f"{where}: ")
    assert says in refused.value.message
    assert refused.value.mend


def test_endless_nesting_is_refused() -> None:
    value: list[Any] = []
    value.append(value)
    with pytest.raises(CanonicalError, match="no canonical form"):
        canonical(value)
    deep: dict[str, Any] = {"\U0001f600": value}
    with pytest.raises(CanonicalError, match="no canonical form"):
        canonical(deep)


def test_a_number_is_one_value_however_it_was_read() -> None:
    assert canonical({"n": 12}) == canonical({"n": 12.0}) == b'{"n":12}'
    assert canonical(10**16) == canonical(1e16) == b"10000000000000000"
    assert canonical(-0.0) == canonical(0) == b"0"
    assert canonical(True) != canonical(1)


def test_decimals_are_exact_texts() -> None:
    assert (
        canonical({"d": [Decimal("1.50"), Decimal("1E+2"), Decimal("0.1")]}) == b'{"d":["1.50","100","0.1"]}'
    )


def test_nothing_is_changed_in_the_value() -> None:
    value = {"a": [1.0, (2.0, 1e300)], "b": {"c": -0.0}}
    before = repr(value)
    canonical(value)
    assert repr(value) == before
