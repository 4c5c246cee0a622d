"""What a board and the public are shown of a study: open, closed and final report as pages, and the results of a lay summary.

Every figure comes from a report of :mod:`proband.trial.study`, under the hashes of programme, plan, questions and table; none is worked out here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from proband.pages.charts import Chart
from proband.pages.charts.pictures import chart_of
from proband.pages.lay_summary import LayResults, Line
from proband.pages.rendering import document
from proband.programme import Programme

_OPEN = "OPEN REPORT: everybody together. No number on this page depends on who is in which arm."
_CLOSED = (
    "CLOSED REPORT, for the board alone: it shows the arms. Whoever made it stands in the log of access."
)
_SYNTHETIC = "SYNTHETIC: every person behind these numbers is made up."

#: how a question ended, in words
VERDICTS = {
    "yes-better": "Yes: those treated did better than chance alone explains.",
    "yes-worse": "Those treated did worse than chance alone explains.",
    "no": "Not shown: chance alone could explain what was seen, and that is no proof of no difference.",
    "not-asked": "Not asked: the question before it was not answered yes.",
    "no-answer": "The data give no answer.",
}


def open_page(report: Mapping[str, Any]) -> str:
    """The open report as one self-contained page."""
    return _page("study/open.html.j2", "Open report", "What everybody of a board may see.", [_OPEN], report)


def closed_page(report: Mapping[str, Any]) -> str:
    """The closed report as one self-contained page."""
    return _page("study/closed.html.j2", "Closed report", "By arm, for the board alone.", [_CLOSED], report)


def final_page(report: Mapping[str, Any]) -> str:
    """The final report as one self-contained page: the primary question first, whatever it showed."""
    return _page("study/final.html.j2", "Final report", "What the study showed, in the order of its plan.", [], report)  # fmt: skip


def _page(template: str, title: str, lead: str, banners: list[str], report: Mapping[str, Any]) -> str:
    return document(
        template, f"{title}: {report['head']['title']}", lead, banners=banners, styles=("document",),
        context={"report": report, "head": report["head"], "verdicts": VERDICTS, "kind": title, "charts": _charts(report)},
    )  # fmt: skip


def _charts(report: Mapping[str, Any]) -> dict[str, Chart | None]:
    """The charts of a report by where they stand; a report of before there were pictures has none."""
    pictures = dict(report.get("pictures", {}))
    first = pictures.pop("first", {})
    found = pictures | {f"first-{id}": each for id, each in first.items()}
    results = {q["id"]: q["result"] for q in report.get("questions", [])}
    if report.get("look"):
        results["look"] = report["look"]["result"]
    found |= {f"answer-{id}": result.get("picture") for id, result in results.items() if result}
    return {id: chart_of(id, each) for id, each in found.items()}


def lay_results(programme: Programme, report: Mapping[str, Any], *, synthetic: bool = False) -> LayResults:
    """What the final report adds to the summary for lay people: who took part, harms, results; no p-value, and each number with its people."""
    names = {arm.id: arm.name for arm in programme.head.arms}
    said = names | {visit.id: visit.name.lower() for visit in programme.schedule.visits}
    source = f"plan {report['head']['plan'][:16]}, table {report['head']['table'][:16]}"

    def line(text: str, key: str) -> Line:
        return Line(text, key, source)

    part = [
        line(f"{names.get(arm, arm)}: {people} people took part; {report['planned'][arm]} were planned.", f"arms.{arm}")
        for arm, people in report["allocated"].items()
    ]  # fmt: skip
    harms = [
        line(f"{each['what']}: {each['events']} of {each['people']} people, {names.get(each['arm'], each['arm'])}.", "counts")
        for each in report["counts"]
    ]  # fmt: skip
    results = [line(report["first"], "primary")]
    for each in report["questions"]:
        results.append(line(f"{each['question']} {VERDICTS[each['verdict']]}{_range(each['result'], said)}", f"estimands.{each['id']}"))  # fmt: skip
        results += [line(text, f"estimands.{each['id']}.split") for text in _split(each, names)]
    results += [line(remark, "remarks") for remark in report["head"]["remarks"]]
    return LayResults(tuple(part), tuple(harms), tuple(results), (_SYNTHETIC,) if synthetic else ())


def _range(result: Mapping[str, Any] | None, names: Mapping[str, str]) -> str:
    """Estimate and range, with arms and visits by their names."""
    if result is None or None in result["shown"]:
        return ""
    estimate, low, high = result["shown"]
    words = " ".join(names.get(word.strip(","), word) for word in result["quantity"].split())
    return f" ({words}: {estimate:.3g}; the true value could be {low:.3g} to {high:.3g}.)"


def _split(question: Mapping[str, Any], names: Mapping[str, str]) -> list[str]:
    treated, control = question["arms"]
    sides = [("treated", names.get(treated, treated))] + (
        [("controls", names.get(control, control))] if control else []
    )
    return [
        f"Of the people of {name}: " + ", ".join(f"{row['what'].lower()} {row[side]}" for row in question["split"]) + "."
        for side, name in sides
        if question["split"]
    ]  # fmt: skip
