"""A record of the 2011 revision is recognised and named; it is not scored by the rules of 2019 without a word."""

from __future__ import annotations

from typing import Any

import pytest

from proband.instruments.isncsci.model import Exam, ExamError


@pytest.mark.parametrize(
    "sign",
    [
        {"revision": "2011"},
        {"ISNCSCI revision": "7th edition, 2011 (updated 2015)"},
        {"version": 2011},
        {"c5RightMotor": "5*"},
        {"c5RightTouch": "1!"},
    ],
)
def test_signs_of_2011_are_named(sign: dict[str, Any]) -> None:
    with pytest.raises(ExamError) as refused:
        Exam.from_dict({**Exam.uniform().to_dict(), **sign})
    assert "2011" in refused.value.message


@pytest.mark.parametrize("sign", [{}, {"revision": "2019"}, {"version": "2.0.6"}, {"date": "2011-05-04"}])
def test_what_says_nothing_else_is_read(sign: dict[str, Any]) -> None:
    assert Exam.from_dict({**Exam.uniform().to_dict(), **sign}) == Exam.uniform()
