"""YAML 1.2 read fast and with the line of every value: libyaml parses, the core schema of YAML 1.2.2 resolves.

A plain word means what table 10.2 of YAML 1.2.2 says and nothing else: ``no``, ``on`` and ``1:30`` are texts, ``0o17`` is
fifteen, ``017`` is seventeen, and a date is a text (the models read it). Refused with line and column are duplicate keys,
keys that are no scalars, every tag but those of the core schema, tabs that stand for indentation, files that say they are
YAML 1.1, and aliases that contain themselves or multiply beyond reason.

libyaml (through PyYAML) reads what is well formed. Where it finds a fault, or PyYAML was built without it, PyYAML's own
parser reads: the same answers, thirty times slower, and the better words for what is wrong.
"""

from __future__ import annotations

import re
from typing import Any

from yaml.error import MarkedYAMLError
from yaml.reader import ReaderError

from proband.terms.yaml12 import parsers
from proband.terms.yaml12.building import MOST_VALUES, Building, KeyPath
from proband.terms.yaml12.core_schema import scalar
from proband.terms.yaml12.faults import YamlError, fault

__all__ = ["MOST_VALUES", "KeyPath", "YamlError", "data", "read", "scalar"]


def data(text: str) -> Any:
    """The values of a YAML text: dictionaries, lists, texts, numbers, true, false, ``None`` (also for an empty text).

    Raises
    ------
    YamlError
        ``terms.yaml`` with line and column.
    """
    return read(text)[0]


def read(text: str) -> tuple[Any, dict[KeyPath, int]]:
    """The values of a YAML text, and the 1-based line of every key and item by its path.

    What stands behind an alias has the lines of its anchor; a key that a merge (``<<``) brought has that of the mapping.

    Raises
    ------
    YamlError
        ``terms.yaml`` with line and column.
    """
    try:
        if parsers.FastParser is not None:
            try:
                return _read(text, parsers.FastParser)
            except _Malformed as error:
                if "\t" in text:  # the slow parser refuses some tabs that YAML allows, and would blame them
                    raise error.explained from error
        return _read(text, parsers.SlowParser)
    except _Malformed as error:
        raise error.explained from error
    except RecursionError:
        raise YamlError("it is nested too deeply") from None


class _Malformed(Exception):
    """The text has no structure; ``explained`` says why and where."""

    def __init__(self, explained: YamlError) -> None:
        self.explained = explained


def _read(text: str, parser: Any) -> tuple[Any, dict[KeyPath, int]]:
    """Parse with one parser and resolve."""
    stand_ins = _stand_ins(text, parser.mistaken)
    back = {ord(stand_in): character for character, stand_in in stand_ins.items()}
    plain = parser.mistaken.sub(lambda found: stand_ins[found[0]], text) if stand_ins else text
    try:
        building = Building(parser(plain).get_event)
        values, lines = building.document(), building.lines
    except MarkedYAMLError as error:
        # an unclosed bracket or quote is noticed far below; the mend is where it was opened
        opened = (error.context or "").startswith(("while parsing a flow", "while scanning a quoted"))
        mark = error.context_mark if opened else error.problem_mark or error.context_mark
        reason = re.sub(r"\s+", " ", f"{error.context or ''} {error.problem or ''}").strip()
        raise _Malformed(fault(reason.translate(back) or "it does not parse", mark)) from error
    except ReaderError as error:
        position = error.position or 0
        line, column = text.count("\n", 0, position) + 1, position - text.rfind("\n", 0, position)
        character = error.character if isinstance(error.character, int) else ord(error.character)
        reason = f"{error.reason} (character {character:#06x})"
        raise _Malformed(YamlError(reason, line, column)) from error
    if back:
        values = _translated(values, back)
        lines = {
            tuple(step.translate(back) if isinstance(step, str) else step for step in path): line
            for path, line in lines.items()
        }
    return values, lines


def _stand_ins(text: str, mistaken: re.Pattern[str]) -> dict[str, str]:
    """For each character that a parser mistakes for structure another, of private use, that the text does not hold."""
    found = set(mistaken.findall(text))
    free = (chr(code) for code in range(0xE000, 0xF8FF) if chr(code) not in text) if found else iter(())
    return {character: next(free) for character in sorted(found)}


def _translated(value: Any, table: dict[int, str]) -> Any:
    if isinstance(value, str):
        return value.translate(table)
    if isinstance(value, dict):
        return {key.translate(table): _translated(inner, table) for key, inner in value.items()}
    return [_translated(inner, table) for inner in value] if isinstance(value, list) else value
