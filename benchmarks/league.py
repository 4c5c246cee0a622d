"""The league: published results of experimental treatments, judged blind to what came later, beside what larger or randomised studies found.

``python -m benchmarks.league`` rewrites docs/headline-league.md from evidence/headlines.csv. A row is judged from the columns that were known on
the day of its headline; the columns that say what came later are read only after every row has its verdict.
"""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from proband.programme import load
from proband.terms import Level, ProbandError
from proband.trial.headline import headline
from proband.trial.headline.grammar import Reader, tokens
from proband.trial.headline.groups import compare_groups
from proband.trial.headline.meaning import meaning
from proband.trial.headline.words import grade_of_surprise, out_of

ROOT = Path(__file__).resolve().parent.parent
ROWS, PAGE = ROOT / "evidence" / "headlines.csv", ROOT / "docs" / "headline-league.md"
#: what was known on the day of the headline
KNOWN = (
    "told", "programme", "outcome", "baseline", "control_baseline", "level", "baseline_window", "follow_up", "groups",
)  # fmt: skip
#: how a result came out in larger or randomised studies
CAME_OUT = ("held", "nothing", "open")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the headline test says of one row: its grade, the chance behind it in words, and why where there is none."""

    grade: str
    chance: str = ""
    why: str = ""


def rows() -> list[dict[str, str]]:
    """The frozen table; levels are those of the project."""
    with ROWS.open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    for row in found:
        for level in (row["source_level"], row["later_level"]):
            if level:
                Level(level)
        if (
            row["came_out"] not in CAME_OUT
            or not row["source"]
            or bool(row["later"]) != (row["came_out"] != "open")
        ):
            raise ValueError(f"{row['id']}: what came out, and its source, must be said or both be open")
    return found


def judge(known: dict[str, str]) -> Verdict:
    """The verdict on what was known; a row without natural history rests on its two groups, or is refused."""
    if set(known) != set(KNOWN):
        raise ValueError("a verdict must not see what came later")
    groups = known["groups"] or None
    if known["programme"]:
        try:
            r = headline(
                known["told"],
                programme=load(known["programme"]),
                outcome=known["outcome"],
                groups=groups,
                **{
                    k: known[k] or None
                    for k in ("baseline", "control_baseline", "level", "baseline_window", "follow_up")
                },
            )
        except ProbandError as refusal:
            return Verdict("refused", why=refusal.message)
        chance = r.probability if r.verdict_from is None else r.verdict_from
        return Verdict(r.surprise, out_of(chance) if r.surprise != "no verdict" else "")
    captured, _ = Reader({}).read(tokens(known["told"]))
    if captured is None:
        return Verdict("refused", why="the headline cannot be read")
    arms = meaning(known["told"], captured, None)["arms"]
    if len(arms) == 1:
        return Verdict("refused", why="one group, and no published natural history of such people here")
    if groups != "randomised":
        return Verdict("no verdict", why="chance did not make the groups, or nobody says so")
    test = compare_groups(arms[0]["events"], arms[0]["people"], arms[1]["events"], arms[1]["people"])
    return Verdict(grade_of_surprise(test.two_sided), out_of(test.two_sided))


def judged() -> list[tuple[dict[str, str], Verdict]]:
    """Every row with its verdict, each made from the columns known on the day alone."""
    return [(row, judge({k: row[k] for k in KNOWN})) for row in rows()]


_GRADES = ("rare", "unusual", "not unusual", "common", "no verdict", "refused")


def report() -> str:
    """The result page."""
    made = judged()
    counted = Counter((v.grade, row["came_out"]) for row, v in made)
    lines = [
        "# The league",
        "",
        "Published results of experimental treatments, put to the headline test blind to what came later, beside what larger or randomised",
        f"studies then found. {len(made)} results, from three diseases and others; written by `python -m benchmarks.league` from",
        "`evidence/headlines.csv`, where every row has its source and how well that was verified (`secondary`: the paper itself was not opened).",
        "",
        "| verdict on the day | held | came to nothing | not known yet |",
        "|---|---|---|---|",
        *(
            f"| {g} | {counted[g, 'held']} | {counted[g, 'nothing']} | {counted[g, 'open']} |"
            for g in _GRADES
        ),
        "",
        *_reading(counted, sum(_null(row) and row["came_out"] == "nothing" for row, _ in made)),
        "",
        "| headline | disease, year | groups | verdict on the day | chance | what came later | sources |",
        "|---|---|---|---|---|---|---|",
    ]
    for row, v in made:
        later = {"held": "held", "nothing": "came to nothing", "open": "not known"}[row["came_out"]]
        sources = f"{row['source']} ({row['source_level']})" + (
            f"; later: {row['later_source']} ({row['later_level']})" if row["later"] else ""
        )
        lines.append(
            f"| {row['told']}{' (' + row['note'] + ')' if row['note'] else ''} | {row['disease']}{', ' + row['year'] if row['year'] else ''} | "
            f"{row['groups'] or 'one group'} | {v.grade} | {v.chance or '–'} | {later}{': ' + row['later'] if row['later'] else ''} | {sources} |"
        )
    return "\n".join(lines) + "\n"


def _null(row: dict[str, str]) -> bool:
    return row["note"].startswith("a null headline")


def _reading(counted: Counter[tuple[str, str]], null: int) -> list[str]:
    """What may be read from the table, and what may not."""
    ordinary = {o: counted["common", o] + counted["not unusual", o] for o in ("held", "nothing")}
    striking = {o: counted["rare", o] + counted["unusual", o] for o in ("held", "nothing")}
    silent = sum(counted[g, o] for g in ("no verdict", "refused") for o in ("held", "nothing"))
    return [
        f"Of {sum(ordinary.values())} results that were called ordinary and have an outcome, {ordinary['nothing']} came to nothing. Of "
        f"{sum(striking.values())} that were called unusual or rare, {striking['held']} held. {silent} with an outcome had no verdict.",
        f'{null} of those that came to nothing had claimed nothing ("a null headline"): later studies agreed with them.',
        "",
        "*Not known* means that no larger or randomised study of the same treatment was found in what could be searched (last on 29 November 2026), or that it still runs: most of the small",
        "series of the three diseases have none, and their headlines stand uncontradicted because nobody looked again.",
        "",
        "Read with care. The rows were picked because they are known, not drawn from a list of all; several rest on",
        "reviews and the press. A rare result says only that chance is a poor account of it: it may still come to nothing, by fraud, by a trial",
        "stopped at its best moment, or by who was examined and how. The single-group results of diseases whose natural history is not in a",
        "bundle are refused, and stand here to show how many that is.",
    ]


if __name__ == "__main__":
    PAGE.write_text(report(), encoding="utf-8")
