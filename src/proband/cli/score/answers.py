"""How answers are given on the command line or in a file, with their units, and what is said of one that cannot be read."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from proband.terms import ProbandError

if TYPE_CHECKING:
    from proband.instruments import Instrument, Item

#: a number that says no unit
BARE_NUMBER = r"\s*[-+]?[\d.]+([eE][-+]?\d+)?\s*"


class ScoreUsageError(ProbandError):
    """The command line of ``proband score`` is wrong."""


def pairs(texts: list[str], option: str) -> dict[str, str]:
    """What an option says of items, written ``item=value``."""
    found = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name or not value:
            raise ScoreUsageError("cli.score.assignment", option=option, text=text)
        found[name.replace("-", "_")] = value
    return found


def read_answers(instrument: Instrument, words: list[str]) -> tuple[dict[str, str], list[str]]:
    """Answers by item from ``--item value``, ``--item=value``, ``--item`` and ``--no-item`` (yes or no); and the rest."""
    answers: dict[str, str] = {}
    rest: list[str] = []
    queue = list(words)
    while queue:
        word = queue.pop(0)
        if not word.startswith("--"):
            rest.append(word)
            continue
        name, equals, value = word[2:].partition("=")
        item, negated = _named(instrument, name)
        if item.kind.value == "yes-no" and not equals:
            following = queue[0].lower() if queue else ""
            if negated:
                value = "no"
            elif following in {"yes", "no", "true", "false", "y", "n", "1", "0"}:
                value = queue.pop(0)
            else:
                value = "yes"
        elif not equals:
            if not queue or queue[0].startswith("--"):
                raise ScoreUsageError("cli.score.value", name=name, example=_sample(item))
            value = queue.pop(0)
            # "--bilirubin 2.1 mg/dL" without quotes: the unit is the next word
            if item.kind.value == "quantity" and queue and queue[0] in item.entry_units:
                value = f"{value} {queue.pop(0)}"
        if item.name in answers:
            raise ScoreUsageError("cli.score.twice", name=name)
        answers[item.name] = value
    return answers, rest


def _named(instrument: Instrument, option: str) -> tuple[Item, bool]:
    plain = option.replace("-", "_")
    if plain in instrument.item_names:
        return instrument.item(plain), False
    if plain.startswith("no_") and plain[3:] in instrument.item_names:
        item = instrument.item(plain[3:])
        if item.kind.value == "yes-no":
            return item, True
    names = ", ".join(f"--{name.replace('_', '-')}" for name in instrument.item_names[:30])
    raise ScoreUsageError("cli.score.item", instrument=instrument.id, option=option, names=names)


def _sample(item: Item) -> str:
    if item.options:
        return repr(item.options[0].label)
    if item.kind.value == "yes-no":
        return "yes"
    bare = item.kind.value != "quantity" or item.unit == "1" or item.unit.startswith("{")
    return "NUMBER" if bare else _with_unit("NUMBER", item.unit)


def _with_unit(number: str, unit: str) -> str:
    return f'"{number} {unit}"' if unit[0].isdigit() else f"{number}{unit}"


def how_to_give(item: Item) -> str:
    """How an item is given on the command line, with an example of its value."""
    option = item.name.replace("_", "-")
    return f"--{option} or --no-{option}" if item.kind.value == "yes-no" else f"--{option} {_sample(item)}"


def refuse_bare_numbers(instrument: Instrument, answers: Mapping[str, str], units: Any) -> None:
    """A bare number is refused where several units are in use: a slip would pass as a plausible value."""
    if isinstance(units, str):
        return
    for name, answer in answers.items():
        item = instrument.item(name)
        is_number = re.fullmatch(BARE_NUMBER, answer) is not None
        if item.unit_must_be_said and is_number and name not in (units or {}):
            option = f"--{name.replace('_', '-')}"
            choices = " or ".join(f"{option} {_with_unit(answer.strip(), unit)}" for unit in item.entry_units)
            raise ScoreUsageError(
                "cli.score.unit",
                item=name,
                answer=answer,
                choices=choices,
                details={"units": list(item.entry_units)},
            )


def units_of(system: str | None, single: list[str]) -> Any:
    """The units of bare numbers: of all items, or item by item."""
    if system is not None and system not in {"us", "si"}:
        raise ScoreUsageError("cli.score.system", system=system)
    if single and system:
        raise ScoreUsageError("cli.score.units")
    return system or (pairs(single, "--unit") if single else None)


def answers_of_file(path: Path) -> dict[str, str]:
    """The answers of one person in a JSON file, an empty text where one is not known."""
    data = load_json(path)
    if not isinstance(data, dict):
        raise ScoreUsageError("cli.score.object", path=path)
    return {str(name): "" if value is None else str(value) for name, value in data.items()}


def load_json(path: Path) -> Any:
    """What a JSON file holds."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ScoreUsageError("cli.score.unreadable", path=path, reason=error.strerror) from None
    except ValueError as error:
        raise ScoreUsageError("cli.score.json", path=path, error=str(error)) from None
