"""The reading grade of every printed sentence, one by one, the hardest first."""

from __future__ import annotations

from proband.pages.hard_sentences import hard_sentences, printed_sentences
from proband.pages.reading import HIGHEST_GRADE, grade
from proband.pages.rendering import Page
from proband.pages.site import BuiltSite

EASY = "We saw that one of the ten could walk."
HARD = "Multidisciplinary investigators subsequently characterised heterogeneous histopathological manifestations of neurodegeneration."


def test_one_hard_sentence_between_easy_ones_is_found_where_it_is_printed() -> None:
    line = f"<p>{EASY} {HARD} {EASY}</p>"
    folded = f"<details><summary>More</summary><p>{EASY} <span>Multidisciplinary</span> {HARD.partition(' ')[2]}</p></details>"
    for html in (line, folded, f"<ul><li>{EASY}</li><li>{HARD}</li></ul>"):
        found = hard_sentences([Page("a.html", "A", f"<main>{html}</main>")])
        assert [(one.page, one.sentence) for one in found] == [("a.html", HARD)]
    assert grade(f"{EASY} {EASY} {EASY} {EASY} {EASY} {EASY} {HARD}") < grade(HARD)


def test_rules_word_for_word_sources_and_drawings_are_read_by_others() -> None:
    html = f'<li data-criterion="a">{HARD}</li><span class="cite">{HARD}</span><svg><text>{HARD}</text></svg><table><td>{HARD}</td></table>'
    assert list(printed_sentences(f"<main>{html}</main>")) == []


def test_the_report_lists_them_hardest_first_and_none_twice(site: BuiltSite) -> None:
    for programme in site.report()["programmes"]:
        listed = programme["hard_sentences"]
        grades = [one["grade"] for one in listed]
        assert grades == sorted(grades, reverse=True)
        assert all(one > HIGHEST_GRADE for one in grades)
        assert len({one["sentence"] for one in listed}) == len(listed)
