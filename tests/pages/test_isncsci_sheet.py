"""The examination sheet as a picture: complete, accessible, safe to put into a page."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from proband.instruments.isncsci import DERMATOMES, Exam, classify, form_text
from proband.instruments.isncsci.model import KEYS, OPTIONAL_KEYS
from proband.instruments.isncsci.synthetic import random_exams
from proband.pages.examination.isncsci_body import DERMATOME
from proband.pages.examination.isncsci_sheet import isncsci_sheet

SVG = "{http://www.w3.org/2000/svg}"


def mixed(seed: int = 5) -> Exam:
    return random_exams(np.random.default_rng(seed), 1, "mixed").exam(0)


@pytest.mark.parametrize("exam", [None, Exam.uniform(), mixed()])
def test_the_sheet_is_a_picture_with_words(exam: Exam | None) -> None:
    root = ET.fromstring(isncsci_sheet(exam))
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
    root = ET.fromstring(isncsci_sheet(exam))
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
    for svg in (isncsci_sheet(), isncsci_sheet(mixed())):
        assert not re.search(r"\sstyle=|<style|<script|\son\w+=|href", svg)
        assert "http://www.w3.org/2000/svg" in svg
        assert len(re.findall(r"https?://", svg)) == 1, "it loads nothing"
    first, second = isncsci_sheet(mixed(), prefix="a"), isncsci_sheet(mixed(), prefix="b")
    ids = [set(re.findall(r'\bid="([^"]+)"', svg)) for svg in (first, second)]
    assert not ids[0] & ids[1]
    for bad in ('x" onload="', "a b", ""):
        with pytest.raises(ValueError):
            isncsci_sheet(prefix=bad)


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
    svg = isncsci_sheet(exam)
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
        isncsci_sheet(Exam.uniform(), classification=classify(mixed()))
    assert isncsci_sheet(classification=classify(mixed())) == isncsci_sheet(mixed())


def test_a_list_that_is_cut_is_printed_in_full_below() -> None:
    batch = random_exams(np.random.default_rng(4), 500, "mixed")
    exam = max((batch.exam(row) for row in range(500)), key=lambda exam: len(classify(exam)["rightMotor"]))
    found = classify(exam)
    svg = isncsci_sheet(classification=found)
    assert "…" in svg
    written = "".join(text.text or "" for text in ET.fromstring(svg).iter(f"{SVG}text")).replace(" ", "")
    for answer in found.to_dict().values():
        assert answer in written
    assert float(str(ET.fromstring(svg).get("viewBox")).split()[3]) > 720
    assert isncsci_sheet().count("…") == 0


def test_the_figure_stays_within_its_half() -> None:
    for regions in DERMATOME.values():
        assert set(regions) <= set(DERMATOMES)
        for polygons in regions.values():
            for polygon in polygons:
                assert all(0 <= x <= 62 and 0 <= y <= 312 for x, y in polygon)
    assert set(DERMATOME["front"]) | set(DERMATOME["back"]) == set(DERMATOMES)
