"""Charts as they are drawn: one colour has one meaning; in a browser nothing collides, nothing is cut off, and text can be read on a phone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import proband
from proband.analysis.pictures import (
    Bar,
    BarGroup,
    BarPicture,
    CourseLine,
    CoursePicture,
    CurveLine,
    CurvePicture,
)
from proband.pages.charts import (
    Chart,
    Curve,
    ForestLine,
    GroupCourse,
    Lane,
    forest,
    picture_chart,
    replay,
    survival,
    swimmer,
    trajectory,
)
from proband.pages.charts.meaning import MEANINGS
from proband.pages.charts.stopping import stopping
from proband.pages.rendering import asset, style

SHEETS = ("style", "card", "screening", "document", "demonstration")
#: that of the registry, whose pages hold pictures as well
REGISTRY = Path(proband.__file__).parent / "registry" / "assets" / "registry.css"
RULE = re.compile(r"([^{}@]+)\{([^{}]*)\}")
OF_TOKEN = {token: meaning for meaning, each in MEANINGS.items() for token in each.tokens}
OF_MARK = {mark: meaning for meaning, each in MEANINGS.items() for mark in each.marks}


def coloured() -> Iterator[tuple[str, str]]:
    """Each class that a rule paints, with the token: the fills, strokes, borders and backgrounds of every style."""
    for sheet in (*(asset(f"{name}.css") for name in SHEETS), REGISTRY.read_text(encoding="utf-8")):
        css = re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL)
        for selectors, body in RULE.findall(css):
            tokens = re.findall(r"(?:fill|stroke|border[\w-]*|background)\s*:[^;]*?var\(--([\w-]+)\)", body)
            for selector in selectors.split(","):
                last = re.findall(r"\.([\w-]+)(?!.*\.[\w-])", selector.split(":")[0].strip())
                own = [*re.findall(r"\.(is-bad)", selector), *last]
                for name in own[:1]:
                    yield from ((name, token) for token in tokens)


def test_no_token_has_two_meanings_and_no_mark_stands_twice() -> None:
    assert len(OF_TOKEN) == sum(len(each.tokens) for each in MEANINGS.values())
    assert len(OF_MARK) == sum(len(each.marks) for each in MEANINGS.values())


def test_every_mark_of_a_picture_is_painted_in_its_meaning() -> None:
    wrong = {
        (name, token)
        for name, token in coloured()
        if name in OF_MARK and token in OF_TOKEN and OF_TOKEN[token] != OF_MARK[name]
        if token
        not in MEANINGS["neither: lines, letters, nobody, other groups"].tokens  # an edge in ink says nothing
    }
    assert wrong == set()
    painted = {name for name, _ in coloured()}
    assert OF_MARK.keys() & painted >= {
        "bar-hit",
        "bar-miss",
        "band",
        "dot-yes",
        "step-1",
        "flags",
        "caution",
        "dot-hit",
        "now",
        "limit",
    }


def test_every_class_of_every_chart_is_in_the_table() -> None:
    drawn = {
        name
        for chart in hard()
        for found in re.findall(r'class="([^"]+)"', str(chart.svg))
        for name in found.split()
    }
    frame = {
        "chart",
        "forest",
        "trajectory",
        "swimmer",
        "survival",
        "replay",
        "stopping",
        "axis-name",
        "courses",
        "bars",
    }
    assert drawn - frame <= OF_MARK.keys()


def hard() -> list[Chart]:
    """One chart of each kind, with the longest labels and the closest marks that its data could have."""
    long = "Own cells from fat, given into the spinal canal twice, a study in four hospitals"
    lanes = tuple(
        Lane(f"Participant-{n:02}", 30 - n, ((0, "dose", "given"), (n / 2, "harm", "harm"), (10, "response", "better")), ongoing=n % 2 == 0)
        for n in range(9)
    )  # fmt: skip
    curves = tuple(
        Curve(f"{long} {n}", (0, 3, 7, 119), (1, 0.8, 0.5, 0.1), (1200, 1000, 600, 8), (5, 9))
        for n in range(4)
    )
    many = tuple(float(7 * n) for n in range(40))
    course = CourseLine(
        long,
        many,
        tuple(1000.0 * n for n in range(40)),
        tuple(1000.0 * n - 900 for n in range(40)),
        tuple(1000.0 * n + 900 for n in range(40)),
        (1200,) * 40,
    )
    rising = CurveLine(
        long,
        (0, 3, 7, 119),
        (0, 0.1, 0.4, 0.8),
        (0, 0.05, 0.2, 0.7),
        (0, 0.2, 0.6, 0.9),
        (1200, 1000, 600, 8),
        (5, 9),
        (5, 9, 119),
    )
    return [
        picture_chart("p1", CoursePicture(long, f"days after {long}", f"points of {long}", (course, course, course), -4.5, 70)),
        picture_chart("p2", CoursePicture("one", "weeks", "points", (CourseLine("a", (-12, -6, 1), (3, 2, 5), (float("nan"),) * 3, (float("nan"),) * 3, (1, 1, 1)),), None, 0)),
        picture_chart("p3", CurvePicture(long, f"days after {long}", True, 365, (rising, rising, rising))),
        picture_chart("p4", BarPicture(long, f"pairs of {long}", tuple(BarGroup(f"{long} {n}", tuple(Bar(f"{long} {k}", 12 * n, 1200000) for k in range(3))) for n in range(3)))),
        forest("f", "F", f"more or fewer of 100 people, {long}", tuple(ForestLine(long, 18 * k, -340, 1250, f"18 more of 100 (range 340 fewer to 1,250 more) {long}") for k in range(1, 4)), 0),
        forest("f2", "F", "points", (ForestLine("a", -0.0004, -0.0012, 0.0003, "fewer"),), 0),
        trajectory("t", "T", tuple(GroupCourse(f"grade {g}", (2, 26, 52), (20, 30, 41), (5, 9, 9), (400, 300, 9)) for g in "ABCDE"), "weeks after the injury", "points of the motor score", (0, 100), ((4, 25),)),
        trajectory("t2", "T", (GroupCourse(long, (2, 1200), (20000, 30000), (5, 9)),), "days", "cells"),
        swimmer("s", "S", "months", lanes),
        survival("k", "K", "months after the transplant, or after the day on which it was refused", curves),
        replay("r", "R", tuple(range(5)), (10, 40, 30, 15, 5), 0, "people out of 4", "w", reached="100 of 100"),
        replay("r2", "R", [v / 1000 for v in range(-900, 900, 7)], [v % 17 + 1 for v in range(258)], 0.85, f"difference of the two shares, {long}", "w", reached="fewer than 1 of 1,000"),
        replay("r3", "R", [12000, 12001], [3, 9000], 12001, "events in 12,000 people", "w", fewer=True, reached="100 of 100"),
        *(stopping(f"g{n}", "G", counted=counted, treated=treated, events=events, among=among) for n, (counted, treated, events, among) in enumerate(
            [(0, 0, 1, None), (2, 2, 2, 6), (5, 40, 3, 20), (39, 1200, 40, None), (250, 12000, 200, 11999)]
        )),
    ]  # fmt: skip


MEASURE = """() => [...document.querySelectorAll('svg.chart')].map((svg) => {
  const frame = svg.getBoundingClientRect();
  const texts = [...svg.querySelectorAll('text')].filter((t) => t.textContent.trim()).map((t) => {
    const box = t.getBoundingClientRect(), size = parseFloat(getComputedStyle(t).fontSize) * frame.width / svg.viewBox.baseVal.width;
    return { text: t.textContent, left: box.left, right: box.right, top: box.top, bottom: box.bottom, size };
  });
  const hit = [], cut = [];
  texts.forEach((a, i) => {
    if (a.left < frame.left - 1 || a.right > frame.right + 1 || a.top < frame.top - 1 || a.bottom > frame.bottom + 1) cut.push(a.text);
    texts.slice(i + 1).forEach((b) => {
      const across = Math.min(a.right, b.right) - Math.max(a.left, b.left), down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (across > 1 && down > 4) hit.push([a.text, b.text]);
    });
  });
  return { id: svg.getAttribute('aria-labelledby'), hit, cut, least: Math.min(...texts.map((t) => t.size), 99), wide: frame.width, texts: texts.length };
})"""


def measured(page, width: int) -> list[dict]:
    page.set_viewport_size({"width": width, "height": 900})
    page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    return [each for each in page.evaluate(MEASURE) if each["wide"] > 0]


@pytest.mark.browser
@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_no_label_collides_or_is_cut_off_however_hard_the_data(browser, tmp_path: Path, width: int) -> None:
    file = tmp_path / "charts.html"
    file.write_text(
        f"<meta charset=utf-8><style>{style()}{REGISTRY.read_text(encoding='utf-8')}</style><main class=sheet>{''.join(str(c.svg) for c in hard())}</main>"
    )
    page = browser.new_page()
    page.goto(file.as_uri())
    found = measured(page, width)
    assert len(found) == len(hard())
    for each in found:
        assert each["hit"] == [], each["id"]
        assert each["cut"] == [], each["id"]
        assert each["texts"] > 4
        if width >= 390:
            assert each["least"] >= 12, each
    page.close()


@pytest.mark.browser
@pytest.mark.parametrize("name", ["spinal-cord-autologous", "spinal-cord-autologous-headline", "liver-cells"])
def test_the_charts_of_the_pages_can_be_read_on_a_phone(browser, written: Path, name: str) -> None:
    file = written / f"{name}.html"
    if not file.exists():
        pytest.skip(f"there is no page {name}")
    page = browser.new_page()
    page.goto(file.as_uri())
    for width in (390, 1280):
        for each in measured(page, width):
            assert each["hit"] == [], each["id"]
            assert each["cut"] == [], each["id"]
            assert each["least"] >= 12, each
    page.close()
