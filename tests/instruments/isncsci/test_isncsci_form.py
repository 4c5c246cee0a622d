"""The form as data and the sheet as a picture: complete, accessible, safe to put into a page."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from proband.instruments.isncsci import DERMATOMES, Exam, classify, form_layout, form_svg, form_text
from proband.instruments.isncsci.body import DERMATOME
from proband.instruments.isncsci.form import meaning
from proband.instruments.isncsci.grades import MOTOR_VALUES, SENSORY_VALUES
from proband.instruments.isncsci.model import KEYS, OPTIONAL_KEYS
from proband.instruments.isncsci.synthetic import random_exams

SVG = "{http://www.w3.org/2000/svg}"


def mixed(seed: int = 5) -> Exam:
    return random_exams(np.random.default_rng(seed), 1, "mixed").exam(0)


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


@pytest.mark.parametrize("exam", [None, Exam.uniform(), mixed()])
def test_the_sheet_is_a_picture_with_words(exam: Exam | None) -> None:
    root = ET.fromstring(form_svg(exam))
    assert root.tag == f"{SVG}svg"
    assert root.get("role") == "img"
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(set(ids)) == len(ids)
    assert set(str(root.get("aria-labelledby")).split()) <= set(ids)
    described = root.find(f"{SVG}desc")
    assert described is not None
    assert described.text == form_text(exam)
    groups = [group for group in root.iter(f"{SVG}g") if group.get("data-key")]
    assert all(group.find(f"{SVG}title") is not None for group in groups)
    cells = {str(group.get("data-key")) for group in groups}
    assert set(KEYS) - set(OPTIONAL_KEYS) <= cells, "every value has its cell"
    regions = [keys for keys in cells if " " in keys]
    assert len(regions) == 2 * len(DERMATOMES), "every dermatome of both sides is in the figure"


def test_every_value_stands_in_its_cell_and_in_the_text() -> None:
    exam = mixed(11)
    root = ET.fromstring(form_svg(exam))
    shown = {}
    for group in root.iter(f"{SVG}g"):
        text = group.find(f"{SVG}text")
        if group.get("data-key") and text is not None:
            shown[group.get("data-key")] = text.text
    for key, value in exam.to_dict().items():
        if key not in OPTIONAL_KEYS:
            assert shown[key] == value
    words = form_text(exam)
    for answer in classify(exam).to_dict().values():
        assert answer in words
    assert f"C5: right light touch {exam.touch('right', 'C5')}, pinprick {exam.prick('right', 'C5')}" in words


def test_the_sheet_may_stand_in_a_strict_page() -> None:
    for svg in (form_svg(), form_svg(mixed())):
        assert not re.search(r"\sstyle=|<style|<script|\son\w+=|href", svg)
        assert "http://www.w3.org/2000/svg" in svg
        assert len(re.findall(r"https?://", svg)) == 1, "it loads nothing"
    first, second = form_svg(mixed(), prefix="a"), form_svg(mixed(), prefix="b")
    ids = [set(re.findall(r'\bid="([^"]+)"', svg)) for svg in (first, second)]
    assert not ids[0] & ids[1]
    for bad in ('x" onload="', "a b", ""):
        with pytest.raises(ValueError):
            form_svg(prefix=bad)


def test_tone_is_never_the_only_sign() -> None:
    exam = Exam.uniform().with_values(
        {
            "t4RightTouch": "1",
            "t5RightTouch": "0",
            "t5RightPrick": "0",
            "t6RightTouch": "NT",
            "t7RightTouch": "1**",
        }
    )
    svg = form_svg(exam)
    tones = {}
    for group in ET.fromstring(svg).iter(f"{SVG}g"):
        title, path = group.find(f"{SVG}title"), group.find(f"{SVG}path")
        if title is not None and path is not None:
            tones[title.text] = path.get("fill")
    assert tones["Right T3: light touch 2, pinprick 2"] == "#ffffff"
    assert tones["Right T4: light touch 1, pinprick 2"] == "url(#isncsci-altered)"
    assert tones["Right T5: light touch 0, pinprick 0"] == "url(#isncsci-absent)"
    assert tones["Right T6: light touch NT, pinprick 2"] == "url(#isncsci-unknown)"
    assert tones["Right T7: light touch 1**, pinprick 2"] == "#ffffff", "two stars count as normal"


def test_another_examinations_answers_are_refused() -> None:
    with pytest.raises(ValueError, match="another examination"):
        form_svg(Exam.uniform(), classification=classify(mixed()))
    assert form_svg(classification=classify(mixed())) == form_svg(mixed())


def test_a_list_that_is_cut_is_printed_in_full_below() -> None:
    batch = random_exams(np.random.default_rng(4), 500, "mixed")
    exam = max((batch.exam(row) for row in range(500)), key=lambda exam: len(classify(exam)["rightMotor"]))
    found = classify(exam)
    svg = form_svg(classification=found)
    assert "…" in svg
    written = "".join(text.text or "" for text in ET.fromstring(svg).iter(f"{SVG}text")).replace(" ", "")
    for answer in found.to_dict().values():
        assert answer in written
    assert float(str(ET.fromstring(svg).get("viewBox")).split()[3]) > 720
    assert form_svg().count("…") == 0


def test_the_figure_stays_within_its_half() -> None:
    for regions in DERMATOME.values():
        assert set(regions) <= set(DERMATOMES)
        for polygons in regions.values():
            for polygon in polygons:
                assert all(0 <= x <= 62 and 0 <= y <= 312 for x, y in polygon)
    assert set(DERMATOME["front"]) | set(DERMATOME["back"]) == set(DERMATOMES)
