"""The answer to one question of a programme as one self-contained page; every figure comes from the answer, none is worked out here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from proband.pages.charts.pictures import chart_of
from proband.pages.rendering import document


def analysis_page(title: str, answer: Mapping[str, Any]) -> str:
    """The page of an answer: the record of a result, with its question, its forest and its sensitivity analyses.

    Parameters
    ----------
    title
        Of the programme.
    answer
        What ``proband analyse --json`` prints.
    """
    charts = {name: chart_of(name, answer[name]) for name in ("picture", "forest")}
    for at, each in enumerate(answer["sensitivity"]):
        charts[f"beside-{at}"] = chart_of(f"beside-{at}", (each["result"] or {}).get("picture"))
    return document(
        "study/analysis.html.j2", f"{answer['id']}: {title}", "One question, answered as it was fixed before.", styles=("document",),
        context={"title_of_programme": title, "answer": answer, "charts": charts},
    )  # fmt: skip
