"""The answer to one headline as a page of its own, or as a part of another one."""

from __future__ import annotations

from markupsafe import Markup

from proband.pages.headline.replays import replay_chart
from proband.pages.rendering import document, fragment
from proband.trial.headline.result import HeadlineResult
from proband.trial.headline.words import answer_in_numbers, what_would_tell


def answer_section(result: HeadlineResult, *, id: str = "replay", level: int = 2) -> Markup:
    """The answer as an HTML section; ``id`` begins every id in it, ``level`` is that of its heading."""
    return fragment(
        "headline/answer.html.j2", "answer", result, replay_chart(result, id), answer_in_numbers(result), what_would_tell(result), id, level
    )  # fmt: skip


def answer_page(result: HeadlineResult) -> str:
    """The answer as one self-contained page that loads nothing."""
    return document(
        "headline/answer_page.html.j2", f"Headline test: {result.text}", "How often would this happen without treatment?",
        context={"result": result, "section": answer_section(result)},
    )  # fmt: skip
