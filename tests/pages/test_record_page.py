"""The page of a record: everybody counted, made-up people named as such, nothing between published results, no record of another bundle."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from small_ledgers import DAY, built
from typer.testing import CliRunner

from proband.cli.app import app
from proband.pages.catalogue import Catalogue
from proband.pages.record_page import preview_page
from proband.pages.record_view import RecordOfAnother, record_figures
from proband.record import Record
from proband.record.courses import Course
from proband.record.denominators import flow
from proband.record.publishing import PublicRecord, coarse, course_in_words, published
from proband.showcase.hospital import run

pytestmark = pytest.mark.xdist_group("record-page")
RUN = CliRunner()
NAME = "spinal-cord-autologous"


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run(tmp_path_factory.mktemp("played") / "record").folder


@pytest.fixture(scope="module")
def record(played: Path) -> PublicRecord:
    with Record.open(played) as opened:
        return published(opened.state, DAY)


def test_the_page_counts_everybody_and_says_that_they_are_made_up_and_played_ahead(
    played: Path, record: PublicRecord
) -> None:
    site = built(NAME, records=[record])
    html = {page.name: page.html for page in site.pages}
    page = html[f"{NAME}-record.html"]
    assert "MADE UP: every person on this page is invented" in page
    assert f"every day after {DAY} is simulated, up to {record.until}" in page
    with Record.open(played) as opened:
        counted = flow(opened.state)
    assert record.people is not None
    groups = {group.name: group.people for group in record.people.walk()}
    assert record.people.people == counted.steps["referred"]
    assert groups["consented"] == counted.steps["consented"] == 12
    treated = sum(group.people for group in record.people.walk() if group.name == "treated")
    assert treated == counted.steps["treated"] == len(record.courses)
    ends = [one for group in record.people.walk() if group.name == "treated" for one in group.walk()]
    assert sum(course.died for course in record.courses) == sum(
        one.people for one in ends if one.name == "died"
    )
    assert sum(one.people for one in record.people.walk() if one.name == "died") == counted.ends["died"] == 1
    swim, alive = record_figures(record, Catalogue())
    assert len(swim.chart.rows) == treated
    assert alive.chart.rows[0][3] == str(treated)
    assert "nobody real is shown" in swim.caution
    # nothing that is made up stands between published results, on any page of the programme or the site
    assert all("MADE UP" not in text for name, text in html.items() if not name.endswith("-record.html"))
    assert f'href="{NAME}-record.html"' in html[f"{NAME}.html"]


def test_without_a_record_there_is_no_page_and_no_link_to_one() -> None:
    site = built("liver-cells")
    assert all("-record.html" not in page.html + page.name for page in site.pages)


def test_a_record_of_another_bundle_or_of_another_content_or_a_second_one_is_refused(
    record: PublicRecord, played: Path, tmp_path: Path
) -> None:
    for programmes, given, code in (
        (("liver-cells",), [record], "pages.record.other"),
        ((NAME,), [replace(record, versions=("0" * 64,))], "pages.record.other"),
        ((NAME,), [record, record], "pages.record.twice"),
    ):
        with pytest.raises(RecordOfAnother) as refused:
            built(*programmes, records=given)
        assert refused.value.code == code
    done = RUN.invoke(
        app, ["page", "build", "liver-cells", "--record", str(played), "--out", str(tmp_path / "site")]
    )
    assert done.exit_code == 2
    assert "ran under spinal-cord-autologous" in done.output
    assert not (tmp_path / "site").exists()


def test_no_flag_says_that_people_are_made_up() -> None:
    assert "--real-people" not in RUN.invoke(app, ["page", "build", "--help"]).output


def real(record: PublicRecord, courses: tuple[Course, ...]) -> PublicRecord:
    return replace(record, demonstration=False, courses=courses, whole=False, treated=None)


def test_a_real_line_stands_in_the_words_that_were_signed_and_in_no_others(record: PublicRecord) -> None:
    courses = tuple(coarse(course) for course in record.courses)
    site = built(NAME, records=[real(record, courses)])
    page = next(page.html for page in site.pages if page.name.endswith("-record.html"))
    assert "MADE UP" not in page
    (figure,) = record_figures(real(record, courses), Catalogue())
    assert sorted(": ".join(row[1:]) for row in figure.chart.rows) == sorted(map(course_in_words, courses))
    assert (
        re.search(
            r"\d{4}-\d{2}-\d{2}",
            re.sub(
                r"<time.*?</time>|<script.*?</script>", "", page[page.index("<main") : page.index("</main>")]
            ),
        )
        is None
    )
    assert record_figures(real(record, ()), Catalogue()) == []


def test_the_preview_shows_the_line_what_gives_it_away_and_the_hash(played: Path, tmp_path: Path) -> None:
    course = Course(None, 12.0, ((0.0, "dose"), (9.0, "death")), ongoing=False)
    html = preview_page("S-1", course, "a" * 64)
    assert course_in_words(course) in html
    assert "Whoever knows that this person died in months 9 to 12" in html
    assert "a" * 64 in html
    with Record.open(played) as opened:
        person = next(one.id for one in opened.state.participants.values() if one.given)
    out = tmp_path / "preview.html"
    done = RUN.invoke(app, ["page", "preview", str(played), "--participant", person, "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert re.search(r"[0-9a-f]{64}", out.read_text(encoding="utf-8"))
    nobody = RUN.invoke(app, ["page", "preview", str(played), "--participant", "NOBODY", "--out", str(out)])
    assert nobody.exit_code == 2


def test_a_day_before_the_record_ends_is_no_way_to_hide_that_it_is_played_ahead(record: PublicRecord) -> None:
    site = built(NAME, on=date(2026, 11, 24), records=[record])
    page = next(page.html for page in site.pages if page.name.endswith("-record.html"))
    assert "is simulated, up to" in page
