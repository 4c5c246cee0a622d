"""What evidence cannot say: percentages that nobody's count gives, intervals without their estimate, one text under two names."""

from __future__ import annotations

import json
import re
import shutil
from datetime import date
from math import exp, log, sqrt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from proband.analysis.controlled import controlled_evidence
from proband.analysis.synthesis import random_effects
from proband.cli.app import app
from proband.pages.catalogue import Catalogue
from proband.pages.declaration import ProgrammeInputs, ProgrammePage
from proband.pages.ledger import Ledger
from proband.pages.programme_page import programme_page
from proband.pages.site import build
from proband.pages.studies_page import declared as studies_page
from proband.programme import bundled, check, load
from proband.programme.controlled import CONTROLLED
from proband.programme.due import evidence_due
from proband.programme.evidence import whole_number_gives
from proband.programme.printed import evidence_checks, printed_figures
from proband.programme.selection import EvidenceSelection
from proband.terms import Level
from proband.trial.headline.claimed import claimed_headlines
from shipped import loaded

MINIMAL = Path(__file__).parent.parent / "bundles" / "minimal"
ON = date(2026, 2, 1)
SOURCE = """sources:
  - {id: a-study, citation: "Synthetic study of the tests", doi: 10.1000/a, year: 2020, level: read, conflict_of_interest: none declared}
"""
#: what is written into evidence/added.yaml, the lint that finds it, a word of what it says, and the honest twin
FAULTS = [
    ("figures:\n  fever: {value: 14.1, n: 102, unit: '%', source: a-study, level: read}\n", "evidence-counts", "no whole number of 102",
     "figures:\n  fever: {value: 14.1, n: 312, unit: '%', source: a-study, level: read}\n"),
    ("figures:\n  alive: {value: 48.9, n: 40, unit: '%', source: a-study, level: read}\n", "evidence-counts", "no whole number of 40",
     "figures:\n  alive: {value: 48.9, n: 40, unit: '%', estimate: kaplan-meier, source: a-study, level: read}\n"),
    ("figures:\n  gain: {value: 5.0, low: 5.2, high: 8.0, interval: ci95, unit: kg, source: a-study, level: read}\n", "evidence-intervals", "outside its own",
     "figures:\n  gain: {value: 5.0, low: 5.2, high: 8.0, interval: sd, unit: kg, source: a-study, level: read}\n"),
    ("figures:\n  a: {events: 5, n: 19, group: cells, source: a-study, level: read}\n  b: {events: 1, n: 17, group: cells, source: a-study, level: read}\n",
     "evidence-people", "17 people are counted here, and 19",
     "figures:\n  a: {events: 5, n: 19, group: cells, source: a-study, level: read}\n  b: {events: 1, n: 17, group: cells, source: a-study, level: read, note: two were lost}\n"),
    ("figures:\n  a: {events: 5, n: 10, source: a-study, level: read}\n  b: {events: 1, n: 10, source: a-study, level: read}\n"
     "  d: {value: 30, unit: '%', source: a-study, level: read, effect: {measure: risk-difference, of: added#a, against: added#b}}\n",
     "evidence-parts", "its groups give 40",
     "figures:\n  a: {events: 5, n: 10, source: a-study, level: read}\n  b: {events: 1, n: 10, source: a-study, level: read}\n"
     "  d: {value: 40, unit: '%', source: a-study, level: read, effect: {measure: risk-difference, of: added#a, against: added#b}}\n"),
    ("figures:\n  a: {events: 5, n: 10, source: a-study, level: read}\n  b: {events: 1, n: 10, source: a-study, level: read}\n"
     "  r: {value: 3.1, source: a-study, level: read, effect: {measure: risk-ratio, of: added#a, against: added#b}}\n", "evidence-parts", "its groups give 5",
     "figures:\n  a: {events: 5, n: 10, source: a-study, level: read}\n  b: {events: 1, n: 10, source: a-study, level: read}\n"
     "  r: {value: 9, source: a-study, level: read, effect: {measure: odds-ratio, of: added#a, against: added#b}}\n"),
    ("figures:\n  a: {events: 3, n: 17, source: a-study, level: read}\n  b: {events: 2, n: 2, source: a-study, level: read}\n"
     "  all: {events: 6, n: 19, source: a-study, level: read, parts: ['added#a', 'added#b']}\n", "evidence-parts", "add up to 5",
     "figures:\n  a: {events: 3, n: 17, source: a-study, level: read}\n  b: {events: 2, n: 2, source: a-study, level: read}\n"
     "  all: {events: 5, n: 19, source: a-study, level: read, parts: ['added#a', 'added#b']}\n"),
    ("figures:\n  r: {value: 2, source: a-study, level: read, effect: {measure: risk-ratio, of: added#none, against: added#r}}\n", "evidence-parts", "no row added#none",
     "figures:\n  r: {value: 2, source: a-study, level: read}\n"),
    ("  - {id: twin, citation: The same text, doi: 10.1000/A, level: read, conflict_of_interest: none declared}\n", "sources-once", "are one publication",
     "  - {id: twin, citation: Another text, doi: 10.1000/b, level: read, conflict_of_interest: none declared}\n"),
    ("  - {id: nowhere, citation: A text without a place, level: read, conflict_of_interest: none declared}\n", "sources-place", "can be opened",
     "  - {id: nowhere, citation: A text without a place, level: unverified, conflict_of_interest: none declared}\n"),
    ("  - {id: early, citation: Read too early, pmid: '7', year: 2025, retrieved: 2024-05-01, level: read, conflict_of_interest: none declared}\n", "evidence-dates",
     "published in 2025", "  - {id: early, citation: Read in time, pmid: '7', year: 2025, retrieved: 2025-05-01, level: read, conflict_of_interest: none declared}\n"),
    ("  - {id: early, citation: Older than its study, pmid: '7', year: 2018, began: 2019-06, level: read, conflict_of_interest: none declared}\n", "evidence-dates",
     "before its study began", "  - {id: early, citation: Younger than its study, pmid: '7', year: 2020, began: 2019-06, level: read, conflict_of_interest: none declared}\n"),
    ("  - {id: begun, citation: A study, pmid: '7', year: 2020, began: 2019-06, level: read, conflict_of_interest: none declared}\n"
     "figures:\n  first: {'on': 2018-12, source: begun, level: read}\n", "evidence-dates", "2018-12 is before",
     "  - {id: begun, citation: A study, pmid: '7', year: 2020, began: 2019-06, level: read, conflict_of_interest: none declared}\n"
     "figures:\n  first: {'on': '2019', source: begun, level: read}\n"),
    ("figures:\n  a: {events: 5, n: 10, source: a-study, level: read, checked: {'on': 2999-02-02, found: confirmed, text: abstract}}\n", "evidence-checked", "is to come",
     "figures:\n  a: {events: 5, n: 10, source: a-study, level: read, checked: {'on': 2026-02-01, found: confirmed, text: abstract}}\n"),
    ("figures:\n  a: {events: 5, n: 10, source: a-study, level: read, checked: {'on': 2019-12-31, found: confirmed, text: abstract}}\n", "evidence-checked", "was published in 2020",
     "figures:\n  a: {events: 5, n: 10, source: a-study, level: read, checked: {'on': 2020-01-01, found: confirmed, text: abstract}}\n"),
    ("figures:\n  a: {events: 5, n: 10, source: a-study, level: read, checked: {'on': 2026-01-01, found: corrected, text: abstract, was: 5 of 10}}\n", "evidence-checked",
     "and was 5 of 10 before", "figures:\n  a: {events: 5, n: 10, source: a-study, level: read, checked: {'on': 2026-01-01, found: corrected, text: abstract, was: 6 of 10}}\n"),
]  # fmt: skip


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return Path(shutil.copytree(MINIMAL, tmp_path / "bundle"))


@pytest.mark.parametrize(
    ("written", "code", "says", "honest"), FAULTS, ids=[f"{c}-{s}" for _, c, s, _ in FAULTS]
)
def test_evidence_that_cannot_be_is_refused_and_its_honest_twin_is_not(
    written: str, code: str, says: str, honest: str, bundle: Path
) -> None:
    added = bundle / "evidence" / "added.yaml"
    added.write_text(SOURCE + written, encoding="utf-8")
    found = [p for p in check(bundle, on=ON).problems if p.severity == "error"]
    assert {p.code for p in found} == {f"lint.{code}"}
    assert any(says in p.message and p.line > 1 and p.file == "evidence/added.yaml" for p in found), found
    added.write_text(SOURCE + honest, encoding="utf-8")
    report = check(bundle, on=ON)
    assert not [p for p in report.problems if p.severity == "error"], report.problems
    assert report.programme is not None


def test_a_table_is_held_to_the_same(bundle: Path) -> None:
    """The line of the row is named."""
    (bundle / "evidence" / "added.yaml").write_text(SOURCE, encoding="utf-8")
    (bundle / "evidence" / "results.csv").write_text(
        "id,study,group,events,n,value,unit,source,level,remark\n"
        ",A,cells,4,10,,,a-study,read,\n,A,cells,,9,14.1,%,a-study,read,\n",
        encoding="utf-8",
    )
    found = {(p.code, p.line) for p in check(bundle, on=ON).problems if p.severity == "error"}
    assert found == {("lint.evidence-counts", 3), ("lint.evidence-people", 3)}


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        (",confirmed,abstract,", "checked_on"),
        ("2026-01-01,,abstract,", "checked: "),
        ("2026-01-01,agreed,abstract,", "'confirmed', 'corrected' or 'not-checkable'"),
        ("2026-01-01,confirmed,,", "checked_in"),
        ("2026-01-01,corrected,abstract,", "was: says what stood here before"),
        ("2026-01-01,confirmed,abstract,3 of 10", "was: says what stood here before"),
    ],
)
def test_a_check_of_a_line_says_all_or_nothing(bundle: Path, cells: str, says: str) -> None:
    head = "id,events,n,source,level,checked_on,checked,checked_in,was\n"
    table = bundle / "evidence" / "results.csv"
    (bundle / "evidence" / "added.yaml").write_text(SOURCE, encoding="utf-8")
    honest = "a,4,10,a-study,read,2026-01-01,corrected,abstract,3 of 10\nb,1,10,a-study,read,,,,\n"
    table.write_text(f"{head}{honest}", encoding="utf-8")
    assert not [p for p in check(bundle, on=ON).problems if p.severity == "error"]
    table.write_text(f"{head}{honest}c,4,10,a-study,read,{cells}\n", encoding="utf-8")
    errors = [p for p in check(bundle, on=ON).problems if p.severity == "error"]
    assert {(p.code, p.line) for p in errors} == {("lint.evidence-checked", 4)}
    assert says in errors[0].message


@pytest.mark.parametrize("found", ["corrected", "confirmed"])
def test_what_stood_before_is_said_of_what_was_corrected_and_of_nothing_else(
    bundle: Path, found: str
) -> None:
    was = "" if found == "corrected" else ", was: 3 of 10"
    (bundle / "evidence" / "added.yaml").write_text(
        f"{SOURCE}figures:\n  a: {{events: 5, n: 10, source: a-study, level: read, checked: {{'on': 2026-01-01, found: {found}, text: abstract{was}}}}}\n",
        encoding="utf-8",
    )
    report = check(bundle, on=ON)
    assert report.programme is None
    assert [p for p in report.problems if "says what stood here before" in p.message and p.line == 4]


def test_what_came_of_another_look_at_each_row_is_counted_and_listed(bundle: Path) -> None:
    checks = [
        "checked: {'on': 2026-01-01, found: confirmed, text: abstract}",
        "checked: {'on': 2026-01-01, found: corrected, text: table 2, was: 3 of 10}",
        "checked: {'on': 2026-01-01, found: not-checkable, text: no copy could be opened}",
    ]
    rows = [
        f"  row-{k}: {{events: {k}, n: 10, source: a-study, level: read, {c}}}\n"
        for k, c in enumerate(checks)
    ]
    (bundle / "evidence" / "added.yaml").write_text(
        f"{SOURCE}figures:\n{''.join(rows)}  row-3: {{events: 3, n: 10, source: a-study, level: read}}\n",
        encoding="utf-8",
    )
    shown = CliRunner().invoke(app, ["evidence", "checked", str(bundle), "--json"])
    assert shown.exit_code == 0, shown.output
    (counted,) = json.loads(shown.output)
    open_before = len(evidence_checks(load(MINIMAL)).open)
    assert [counted[k] for k in ("confirmed", "corrected", "not_checkable", "open")] == [
        1,
        1,
        1,
        open_before + 1,
    ]
    outcomes = {row["row"]: row["outcome"] for row in counted["rows"]}
    assert [outcomes.get(f"evidence/added.yaml#row-{k}") for k in range(4)] == [
        None,
        "corrected",
        "not-checkable",
        "open",
    ]
    listed = CliRunner().invoke(app, ["evidence", "checked", str(bundle), "--rows"], env={"COLUMNS": "200"})
    assert re.search(r"added.yaml#row-1.*corrected.*3 of 10.*table 2", listed.output)


@pytest.mark.parametrize("name", bundled())
def test_every_shipped_figure_of_deaths_and_harms_was_held_against_its_text_or_says_why_not(
    name: str,
) -> None:
    checks = evidence_checks(loaded(name))
    assert len(checks.confirmed) > 50
    grave = re.compile(r"death|died|alive|surviv|harm|serious")
    assert [figure.place for figure in checks.open if grave.search(figure.place)] == []


@given(n=st.integers(1, 5000), events=st.integers(0, 5000), digits=st.integers(0, 2), down=st.booleans())
def test_every_count_gives_its_own_percentage(n: int, events: int, digits: int, down: bool) -> None:
    """Rounded half up or half down, as papers print it."""
    events = min(events, n)
    share = 100 * events / n
    assert whole_number_gives(round(share + (-1e-12 if down else 1e-12), digits), n, digits)


def test_the_percentages_of_a_few_people_are_told_from_others() -> None:
    assert not whole_number_gives(14.1, 102, 1)
    assert whole_number_gives(14.1, 312, 1)
    assert [p for p in range(101) if whole_number_gives(p, 7, 0)] == [0, 14, 29, 43, 57, 71, 86, 100]


SELECTION = """selection:
  rule: {population: people of the tests, products: none, designs: all}
  searches:
    - {id: register, where: A register, query: "tests AND people", on: 2026-01-05, again: 2026-07-05, complete: true, found: 3, kept: 1}
    - {id: papers, where: A library, query: tests, on: 2026-01-09, again: 2026-08-01, complete: false, note: A stored copy.}
  left_out:
    - {study: Another study 2020, reason: animals}
"""


def test_what_is_due_is_listed_and_a_page_says_when_was_searched(bundle: Path) -> None:
    (bundle / "evidence" / "selection.yaml").write_text(SELECTION, encoding="utf-8")
    programme = load(bundle, on=ON)
    assert isinstance(programme.selection, EvidenceSelection)
    assert programme.selection.searched_on == date(2026, 1, 5)
    assert evidence_due(programme, ON) == []
    due = [(d.kind, d.id) for d in evidence_due(programme, date(2026, 7, 20)) if d.kind == "search"]
    assert due == [("search", "register")]
    assert ("search", "papers") in [
        (d.kind, d.id) for d in evidence_due(programme, date(2026, 7, 20), within=12)
    ]

    listed = CliRunner().invoke(app, ["evidence", "due", str(bundle), "--on", "2026-07-20", "--json"])
    assert listed.exit_code == 3
    assert '"register"' in listed.stdout
    nothing = CliRunner().invoke(app, ["evidence", "due", str(bundle), "--on", str(ON)])
    assert nothing.exit_code == 0
    assert "0 due in minimal" in nothing.stderr

    warned = check(bundle, on=date(2026, 7, 20)).problems
    assert [p.value for p in warned if p.code == "lint.evidence-selection"] == ["2026-07-05"]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("again: 2026-07-05", "again: 2026-01-05", "is not after the search"),
        ("found: 3, kept: 1", "found: 3, kept: 4", "4 were kept of 3"),
    ],
)
def test_a_search_that_contradicts_itself_is_refused(bundle: Path, old: str, new: str, says: str) -> None:
    (bundle / "evidence" / "selection.yaml").write_text(SELECTION.replace(old, new), encoding="utf-8")
    assert any(says in p.message for p in check(bundle, on=ON).problems)


def test_a_search_that_nobody_has_run_is_due_and_the_page_says_so(bundle: Path) -> None:
    """It is written down to be run: no day, no result, due on its day, and the choice is not called fresher or older by it."""
    planned = "again: 2026-03-01, complete: false}\n  left_out:"
    text = SELECTION.replace(
        "  left_out:", "    - {id: planned, where: Third library, query: tests AND trials, " + planned
    )
    (bundle / "evidence" / "selection.yaml").write_text(text, encoding="utf-8")
    programme = load(bundle, on=ON)
    assert programme.selection is not None
    assert programme.selection.searched_on == date(2026, 1, 5)
    assert programme.selection.not_searched == ("Third library",)
    due = [d for d in evidence_due(programme, date(2026, 3, 1)) if d.kind == "search"]
    assert [(d.id, d.checked) for d in due] == [("planned", None)]
    listed = CliRunner().invoke(app, ["evidence", "due", str(bundle), "--on", "2026-03-01"])
    assert (listed.exit_code, "never" in listed.stdout) == (3, True)
    for old, new in (
        ("complete: false}\n  left_out:", "complete: true}\n  left_out:"),
        ("2026-03-01, complete", "2026-03-01, found: 3, complete"),
    ):
        (bundle / "evidence" / "selection.yaml").write_text(text.replace(old, new), encoding="utf-8")
        assert any("nobody has run has no result" in p.message for p in check(bundle, on=ON).problems)
    none = re.sub(r" on: 2026-01-0\d,", "", text).replace(
        "complete: true, found: 3, kept: 1", "complete: false"
    )
    (bundle / "evidence" / "selection.yaml").write_text(none, encoding="utf-8")
    assert any("none of the searches has been run" in p.message for p in check(bundle, on=ON).problems)


def test_the_choice_stands_once(bundle: Path) -> None:
    for name in ("selection", "again"):
        (bundle / "evidence" / f"{name}.yaml").write_text(SELECTION, encoding="utf-8")
    assert "bundle.selection.repeated" in {p.code for p in check(bundle, on=ON).problems}


@pytest.mark.parametrize("page", [programme_page, studies_page], ids=["programme", "studies"])
def test_a_page_whose_search_is_old_says_so(page: ProgrammePage) -> None:
    programme = loaded("liver-cells")
    ledger = Ledger.of(programme, programme.claims.checked_on)
    assert ledger.searched_on is not None
    old = Ledger.of(programme, date(ledger.searched_on.year + 1, 12, 31))
    assert not ledger.search_is_stale
    assert old.search_is_stale
    answers = claimed_headlines(programme)
    for each in (ledger, old):
        made = page.make(ProgrammeInputs(programme, each, answers, None, Catalogue(), (), None))
        assert made is not None
        assert ("Nobody has searched for new studies" in made.html) == each.search_is_stale


def test_differences_and_pools_are_said_in_the_language_of_the_page() -> None:
    programme = loaded("spinal-cord-autologous")
    ledger = Ledger.of(programme, programme.claims.checked_on)
    answers = claimed_headlines(programme)
    made = studies_page.make(ProgrammeInputs(programme, ledger, answers, None, Catalogue("qps"), (), None))
    assert made is not None
    for words in ("of 100", "range ", "less than", "more than", "Odds ratio", "up at least one grade<"):
        assert words not in re.sub(
            r"<(style|script)\b.*?</\1>|<details.*?</details>", "", made.html, flags=re.DOTALL
        )
    own = studies_page.make(ProgrammeInputs(programme, ledger, answers, None, Catalogue(), (), None))
    assert own is not None
    assert "32 fewer of 100 (range 2 to 56 fewer); more is better" in own.html
    assert "Odds ratio 2.4 (less than 0.01 to more than 100)." in own.html


@pytest.mark.parametrize("name", bundled())
def test_every_shipped_programme_says_how_its_evidence_was_chosen(name: str) -> None:
    programme = loaded(name)
    assert programme.selection is not None
    assert programme.selection.left_out
    pages = {page.name: page.html for page in build([programme], [claimed_headlines(programme)]).pages}
    assert "Studies searched on" in pages[f"{name}.html"]
    chosen = pages[f"{name}-studies.html"]
    assert "Not every result was looked at." in chosen
    assert "Nobody has searched here yet: PubMed, ClinicalTrials.gov." in chosen
    assert all(study.study.split(",")[0] in chosen for study in programme.selection.left_out)


@pytest.mark.parametrize("name", bundled())
def test_every_study_with_a_comparison_is_on_its_page_and_the_bad_news_stands_first(name: str) -> None:
    programme = loaded(name)
    evidence = controlled_evidence(programme)
    assert evidence.programme_hash == programme.hash
    if not evidence.studies:
        assert programme.tables.get(CONTROLLED) is None
        return
    pages = {page.name: page.html for page in build([programme], [claimed_headlines(programme)]).pages}
    shown = pages[f"{name}-studies.html"].partition('id="controlled"')[2]
    places = [
        shown.index(f'<th scope="row">{one.study.cells["study"]} {one.study.cells["year"]}')
        for one in evidence.studies
    ]
    assert places == sorted(places)
    news = [
        one.low > 0 if one.study.good else one.high < 0
        for one in evidence.studies
        if one.low is not None and one.high is not None
    ]
    assert news == sorted(news)
    harms = [
        one.high < 0 if one.study.good else one.low > 0
        for one in evidence.studies
        if one.low is not None and one.high is not None
    ]
    assert harms == sorted(harms, reverse=True)


#: weaker sources whose rows stay: code and a page that quote another work, which were read themselves; two articles in one entry without a number
KEPT = {"nh-meld3": Level.SECONDARY, "devivo-2007": Level.SECONDARY, "nh-madd-2022": Level.UNVERIFIED}


@pytest.mark.parametrize("name", bundled())
def test_no_row_of_a_shipped_programme_is_better_checked_than_its_source(name: str) -> None:
    programme = loaded(name)
    rows = [(figure.source, figure.level, figure.file) for figure in printed_figures(programme)]
    better = [
        row
        for row in rows
        if row[1] == "read"
        and programme.sources[row[0]].level not in {Level.READ, KEPT.get(row[0], Level.READ)}
    ]
    assert rows
    assert better == []


def test_a_harm_lies_left_of_the_middle_and_fewer_deaths_right_of_it() -> None:
    programme = loaded("liver-cells")
    pages = {page.name: page.html for page in build([programme], [claimed_headlines(programme)]).pages}
    page = pages["liver-cells-studies.html"]
    assert page.count('id="controlled"') == 1
    chart = page.partition('id="controlled-chart-title"')[2].partition("</svg>")[0]
    middle = float(chart.partition('class="null"')[2].partition('x1="')[2].partition('"')[0])
    evidence = [one for one in controlled_evidence(programme).studies if one.difference is not None]
    marks = [float(part.partition('"')[0]) + 6 for part in chart.split('class="estimate" x="')[1:]]
    assert len(marks) == len(evidence)
    for mark, one in zip(marks, evidence, strict=True):
        assert one.difference is not None
        helped = one.difference > 0 if one.study.good else one.difference < 0
        assert (mark > middle) == helped, one.study.cells["study"]
    assert {one.study.good for one in evidence} == {True, False}


def test_a_pool_is_the_one_of_other_software_and_says_what_the_next_study_may_show() -> None:
    """By hand for three studies with an empty cell in one (Haldane and Anscombe), against the pool's own functions."""
    programme = loaded("spinal-cord-autologous")
    (pool,) = controlled_evidence(programme).pools
    effects, errors = [], []
    for study in pool.studies:
        assert study.treated is not None
        assert study.control is not None
        (a, m), (c, n) = study.treated, study.control
        half = 0.5 if 0 in (a, m - a, c, n - c) else 0.0
        cells = [a + half, m - a + half, c + half, n - c + half]
        effects.append(log(cells[0] * cells[3] / cells[1] / cells[2]))
        errors.append(sqrt(sum(1 / cell for cell in cells)))
    expected = random_effects(effects, errors)
    assert pool.odds_ratio == pytest.approx(exp(expected.result.estimate))
    assert pool.prediction == pytest.approx((exp(expected.prediction[0]), exp(expected.prediction[1])))
    assert (pool.people, pool.corrected) == (147, 1)
    assert pool.prediction is not None
    assert pool.prediction[0] < pool.low < pool.odds_ratio < pool.high < pool.prediction[1]


CONTROLLED_ROW = {
    "id": "a", "study": "A", "year": "2020", "design": "randomised", "blinding": "open", "people": "people", "product": "it", "outcome": "alive",
    "direction": "more is better", "time": "a year", "events": "3", "n": "10", "control": "not it", "control_events": "2", "control_n": "10", "found": "",
    "funding": "not reported", "registered_outcome": "yes", "source": "a-study", "level": "read", "remark": "",
}  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"blinding": ""}, "must be filled in"),
        ({"funding": ""}, "must be filled in"),
        ({"registered_outcome": "probably"}, "none of yes"),
        ({"design": "cohort"}, "none of randomised"),
        ({"events": "11"}, "more than the 10 people"),
        ({"control_events": ""}, "whole numbers, in both arms or in none"),
        ({"control_n": "", "control_events": ""}, "whole numbers, in both arms or in none"),
        ({"events": "", "n": "", "control_events": "", "control_n": ""}, "say in words what was found"),
        ({"direction": "up"}, "none of more is better"),
    ],
)
def test_a_controlled_study_that_says_too_little_is_refused(
    changed: dict[str, str], says: str, bundle: Path
) -> None:
    (bundle / "evidence" / "added.yaml").write_text(SOURCE, encoding="utf-8")
    row = {**CONTROLLED_ROW, **changed}
    text = ",".join(row) + "\n" + ",".join(f'"{cell}"' for cell in row.values()) + "\n"
    (bundle / "evidence" / "controlled.csv").write_text(text, encoding="utf-8")
    found = [p for p in check(bundle, on=ON).problems if p.code == "lint.evidence-controlled"]
    assert any(says in p.message and p.line == 2 for p in found), found
    (bundle / "evidence" / "controlled.csv").write_text(
        ",".join(CONTROLLED_ROW) + "\n" + ",".join(f'"{cell}"' for cell in CONTROLLED_ROW.values()) + "\n",
        encoding="utf-8",
    )
    assert not [p for p in check(bundle, on=ON).problems if p.severity == "error"]


def test_a_pool_of_studies_that_are_not_there_is_refused(bundle: Path) -> None:
    pools = "pools:\n  - {id: p, title: Pool, of: [a, missing], caution: None.}\n"
    (bundle / "evidence" / "added.yaml").write_text(SOURCE + pools, encoding="utf-8")
    found = [p.message for p in check(bundle, on=ON).problems if p.code == "lint.evidence-controlled"]
    assert len(found) == 2
    assert all("has no line" in message for message in found)


TABLE = """title: How long they stay well
columns:
  cohort: {meaning: published series}
  years: {meaning: time, unit: a}
  survival_percent: {meaning: share alive, unit: '%'}
  low: {meaning: lower limit, unit: '%'}
  high: {meaning: upper limit, unit: '%'}
  n: {meaning: people, unit: '1'}
  deaths: {meaning: deaths, unit: '1'}
  source: {meaning: source}
  level: {meaning: level}
domain: {condition: a weakness of the tests}
licence: facts cited from the sources named
"""


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        ("A,1,190,50,100,20,2", "no percentage"),
        ("A,1,90,95,97,20,2", "above the figure"),
        ("A,1,90,50,80,20,2", "below the figure"),
        ("A,1,90,95,70,20,2", "above the upper end"),
        ("A,1,90,80,97,20,22", "more than the 20 people"),
        ("A,1,90,80,97,20.5,2", "no number of people"),
        ("A,1,90,80,97,nan,2", "no number of people"),
        ("A,1,90,80,97,20,inf", "no number of people"),
        ("A,-1,90,80,97,20,2", "no time"),
        ("A,3,95,80,97,20,2", "is more than 85 at 2"),
    ],
)
def test_a_cell_of_natural_history_that_cannot_be_is_told_at_its_line(
    bundle: Path, cells: str, says: str
) -> None:
    (bundle / "natural_history").mkdir(exist_ok=True)
    (bundle / "evidence" / "added.yaml").write_text(SOURCE, encoding="utf-8")
    (bundle / "natural_history" / "added.yaml").write_text(TABLE, encoding="utf-8")
    header, honest = (
        "cohort,years,survival_percent,low,high,n,deaths,source,level\n",
        "A,2,85,70,97,20,3,a-study,read\n",
    )
    table = bundle / "natural_history" / "added.csv"
    table.write_text(f"{header}{honest}{cells},a-study,read\n", encoding="utf-8")
    found = [p for p in check(bundle, on=ON).problems if p.severity == "error"]
    assert {(p.code, p.file, p.line) for p in found} == {
        ("lint.table-figures", "natural_history/added.csv", 3)
    }, found
    assert any(says in p.message for p in found), found
    # people of another series may live longer, and a share need have no bounds
    table.write_text(f"{header}{honest}B,3,95,,,20,1,a-study,read\n", encoding="utf-8")
    assert not [p for p in check(bundle, on=ON).problems if p.severity == "error"]
