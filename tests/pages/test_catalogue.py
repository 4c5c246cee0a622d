"""Catalogues: a translation is a file, and a broken file says where."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_ledgers import built

from proband.pages.catalogue import Catalogue, CatalogueError, catalogue_of, load, pseudo, read_po, write_pot

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


#: as Babel 2.19 writes a catalogue: a fuzzy header, comments, places, broken lines, escapes, a format flag
WRITTEN_BY_BABEL = r"""# German translations for proband.
#
#, fuzzy
msgid ""
msgstr ""
"Project-Id-Version: proband VERSION\n"
"Language: de\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\n"
"Content-Type: text/plain; charset=utf-8\n"
"Generated-By: Babel 2.19.0\n"

#. heading
#: headline.html.j2:3
msgid "Who profits"
msgstr "Wer verdient"

msgid ""
"We replay many studies in which nobody gets anything, drawn from "
"published people without it."
msgstr ""
"Wir spielen viele Studien nach, in denen niemand etwas bekommt: "
"\"einfach so\"."

msgid ""
"Two\n"
"lines"
msgstr ""
"Zwei\n"
"Zeilen"

#, fuzzy
#| msgid "Paid by"
msgid "Paid for by"
msgstr "Falsch"

#, python-format
msgid "%(n)s people"
msgstr "%(n)s Menschen"

#~ msgid "Gone"
#~ msgstr "Fort"
"""


@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["bare", "byte-order mark"])
def test_files_of_translators_tools_are_read(tmp_path: Path, mark: str) -> None:
    (tmp_path / "de.po").write_text(mark + WRITTEN_BY_BABEL, encoding="utf-8")
    assert load("de", tmp_path).texts == {
        "Who profits": "Wer verdient",
        "We replay many studies in which nobody gets anything, drawn from published people without it.":
            'Wir spielen viele Studien nach, in denen niemand etwas bekommt: "einfach so".',
        "Two\nlines": "Zwei\nZeilen",
        "%(n)s people": "%(n)s Menschen",
    }  # fmt: skip


@pytest.mark.parametrize("line", ['msgctxt "menu"', 'msgid_plural "xs"', 'msgstr[0] "x"', 'msgstr "open'])
def test_what_a_page_does_not_need_is_refused_and_never_dropped(line: str) -> None:
    with pytest.raises(CatalogueError, match="cannot be read"):
        read_po(f'msgid "x"\n{line}\n', "x.po")


POLISH = """msgid ""
msgstr ""
"Plural-Forms: nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<12 || n%100>14) ? 1 : 2);\\n"
"X-Decimal-Sign: ,\\n"

msgid "%(n)s person is planned."
msgid_plural "%(n)s people are planned."
msgstr[0] "jedna osoba"
msgstr[1] "%(n)s osoby"
msgstr[2] "%(n)s osób"
"""


@pytest.mark.parametrize(
    ("n", "said"),
    [(1, "jedna osoba"), (2, "2 osoby"), (5, "5 osób"), (12, "12 osób"), (22, "22 osoby"), (0, "0 osób"), (2.5, "2,5 osoby")],
)  # fmt: skip
def test_each_number_takes_the_plural_form_of_its_language(n: float, said: str) -> None:
    polish = catalogue_of("pl", POLISH)
    assert polish.counted("%(n)s person is planned.", "%(n)s people are planned.", n) == said
    assert Catalogue().counted("%(n)s day", "%(n)s days", 1) == "1 day"
    assert Catalogue().counted("%(n)s day", "%(n)s days", 2_000_000) == "2,000,000 days"


def test_an_entry_with_too_few_plural_forms_is_refused_at_its_line() -> None:
    with pytest.raises(CatalogueError, match="cannot be read") as refused:
        catalogue_of("pl", POLISH.replace('msgstr[1] "%(n)s osoby"\n', ""))
    assert refused.value.location is not None
    assert refused.value.location.line > 1


@pytest.mark.parametrize(
    "rule",
    ["nplurals=INTEGER; plural=EXPRESSION;", "nplurals=3; plural=(n=1 ? 0 : 1);", "nplurals=2; plural=n%10==1 ? 0 : n%0;",
     "nplurals=2; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 ? 1 : 2);"],
)  # fmt: skip
def test_a_rule_of_plurals_that_cannot_be_read_is_refused_and_never_english(rule: str) -> None:
    said = re.search(r"Plural-Forms: (.*?)\\n", POLISH)
    assert said is not None
    with pytest.raises(CatalogueError, match="cannot be read"):
        catalogue_of("pl", POLISH.replace(said[1], rule))


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
