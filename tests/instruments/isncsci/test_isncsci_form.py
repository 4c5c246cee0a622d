"""The form as data: complete, and offering exactly what an examination takes."""

from __future__ import annotations

import json

import pytest

from proband.instruments.isncsci import DERMATOMES, Exam, form_layout
from proband.instruments.isncsci.form import meaning
from proband.instruments.isncsci.grades import MOTOR_VALUES, SENSORY_VALUES
from proband.instruments.isncsci.model import KEYS, OPTIONAL_KEYS


def test_the_form_has_a_field_for_every_key() -> None:
    layout = form_layout()
    assert [field.key for field in layout.fields].count("c5RightMotor") == 1
    assert {field.key for field in layout.fields} == set(KEYS)
    assert len(layout.fields) == 136
    assert layout.rows == DERMATOMES
    assert {field.key for field in layout.fields if not field.required} == set(OPTIONAL_KEYS)
    labels = [field.label for field in layout.fields]
    assert len(set(labels)) == len(labels), "a screen reader must tell the fields apart"
    places = [(field.column, field.row, field.side) for field in layout.fields]
    assert len(set(places)) == len(places)
    assert json.loads(json.dumps(layout.as_dict()))["title"] == layout.title
    with pytest.raises(KeyError):
        layout.field("c4RightMotor")


def test_the_form_offers_exactly_what_an_examination_takes() -> None:
    layout = form_layout()
    exam = Exam.uniform()
    for field in layout.fields:
        for choice in field.choices:
            assert exam.with_values({field.key: choice.value}).to_dict()[field.key] == choice.value
            assert choice.meaning
    assert [choice.value for choice in layout.field("c5LeftMotor").choices] == list(MOTOR_VALUES)
    assert [choice.value for choice in layout.field("c5LeftTouch").choices] == list(SENSORY_VALUES)
    assert "elbow flexors" in layout.field("c5LeftMotor").label
    assert meaning("c5LeftMotor", "3**").endswith("counts as normal")
    assert meaning("c5LeftTouch", "NT*").endswith("counts as not normal")
