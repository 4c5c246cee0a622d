"""Catalogues: a translation is a file, and a broken file says where."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_ledgers import built

from proband.pages.catalogue import CatalogueError, load, pseudo, read_po, write_pot

PO = """# Deutsch
msgid ""
msgstr ""
"Language: de\\n"

msgid "Who profits"
msgstr "Wer verdient"

#, fuzzy
msgid "Paid for by"
msgstr "Falsch"

msgid "Skip to "
"the content"
msgstr "Zum Inhalt"
"""


def test_a_po_file_translates_and_fuzzy_entries_stay_english(tmp_path: Path) -> None:
    (tmp_path / "de.po").write_text(PO, encoding="utf-8")
    german = load("de", tmp_path)
    assert german.text("Who profits") == "Wer verdient"
    assert german.text("Skip to the content") == "Zum Inhalt"
    assert german.text("Paid for by") == "Paid for by"
    site = built("liver-cells", language="de", catalogues=tmp_path)
    html = next(page.html for page in site.pages if page.name == "liver-cells.html")
    assert "Wer verdient" in html
    assert 'lang="de" dir="ltr"' in html


def test_what_cannot_be_read_names_its_line(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="cannot be read") as refused:
        read_po('msgid "x"\nnonsense\n', "x.po")
    assert refused.value.location is not None
    assert refused.value.location.line == 2
    with pytest.raises(CatalogueError, match="no catalogue"):
        load("xx", tmp_path)


@given(
    st.lists(st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1), max_size=8)
)
def test_a_template_keeps_every_text(texts: list[str]) -> None:
    filled = write_pot(texts).replace('msgstr ""\n', "", 1)
    entries = filled.split("\nmsgid ")[1:]
    assert len(entries) == len(set(texts))
    translated = write_pot(texts)
    for text in set(texts):
        key = text.replace("\\", "\\\\").replace('"', '\\"')
        translated = translated.replace(f'msgid "{key}"\nmsgstr ""', f'msgid "{key}"\nmsgstr "t{key}"')
    assert read_po(translated) == {text: f"t{text}" for text in set(texts)}


def test_pseudo_leaves_places_and_tags_alone() -> None:
    assert pseudo("Of %(n)s people {x|per-100} <b>ok</b>").count("%(n)s") == 1
    assert "{x|per-100}" in pseudo("a {x|per-100} b")
