"""YAML 1.2 read fast and with the line of every value: libyaml composes, the core schema of YAML 1.2.2 resolves.

A plain word means what table 10.2 of YAML 1.2.2 says and nothing else: ``no``, ``on`` and ``1:30`` are texts, ``0o17`` is
fifteen, ``017`` is seventeen, and a date is a text (the models read it). Refused with line and column are duplicate keys,
keys that are no scalars, every tag but those of the core schema, tabs that stand for indentation, files that say they are
YAML 1.1, and aliases that contain themselves or multiply beyond reason.

libyaml (through PyYAML) reads what is well formed. Where it finds a fault, or PyYAML was built without it, PyYAML's own
parser reads: the same answers, thirty times slower, and the better words for what is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, ClassVar, Protocol

from yaml.composer import Composer
from yaml.error import MarkedYAMLError
from yaml.events import AliasEvent, DocumentStartEvent, NodeEvent
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from yaml.parser import Parser
from yaml.reader import Reader, ReaderError
from yaml.scanner import Scanner

from proband.terms.errors import Location, TermError

try:
    from yaml._yaml import CParser
except ImportError:  # PyYAML without libyaml: the slow parser alone
    CParser = None  # type: ignore[assignment, misc]

#: key path inside a document
KeyPath = tuple[str | int, ...]

#: a document whose aliases, written out, hold more values than this is refused
MOST_VALUES = 1_000_000

_CORE = "tag:yaml.org,2002:"
_PLAIN, _TEXT = "?", f"{_CORE}str"
_MERGE = "<<"

_WORDS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
#: what a word begins with that may not be a text
_BEGINNINGS = frozenset("+-.0123456789~nNtTfF")
_INTEGER = re.compile(r"[-+]?[0-9]+\Z")
_BASED = re.compile(r"0(?:o(?P<octal>[0-7]+)|x(?P<hex>[0-9a-fA-F]+))\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_INFINITY = re.compile(r"(?P<sign>[-+]?)\.(?:inf|Inf|INF)\Z")
_NAN = frozenset({".nan", ".NaN", ".NAN"})

#: line breaks of YAML 1.1, which are ordinary characters in YAML 1.2
_OLD_BREAKS = "\x85\u2028\u2029"


class YamlError(TermError):
    """A text is no YAML that is read here; ``line`` and ``column`` are 1-based."""

    def __init__(self, reason: str, line: int = 1, column: int | None = None) -> None:
        self.reason = reason
        self.line = line
        self.column = column
        super().__init__("terms.yaml", location=Location(line=line, column=column), reason=reason)


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
        if CParser is not None:
            try:
                return _read(text, _FastParser)
            except _Malformed as error:
                if "\t" in text:  # the slow parser refuses some tabs that YAML allows, and would blame them
                    raise error.explained from error
        return _read(text, _SlowParser)
    except _Malformed as error:
        raise error.explained from error
    except RecursionError:
        raise YamlError("it is nested too deeply") from None


def scalar(word: str) -> Any:
    """What a plain word means in the core schema of YAML 1.2.2 (table 10.2).

    Raises
    ------
    ValueError
        For an integer of more digits than Python reads (4300).
    """
    if word and word[0] not in _BEGINNINGS:
        return word
    if word in _WORDS:
        return _WORDS[word]
    if _INTEGER.match(word):
        return int(word)
    if _FLOAT.match(word):
        return float(word)
    if based := _BASED.match(word):
        return int(based["octal"], 8) if based["octal"] else int(based["hex"], 16)
    if infinity := _INFINITY.match(word):
        return float(f"{infinity['sign']}inf")
    return float("nan") if word in _NAN else word


# --- composing --------------------------------------------------------------------------------------------------------


class _Parser(Protocol):
    """What :func:`_read` needs of a parser."""

    mistaken: ClassVar[re.Pattern[str]]

    def __init__(self, text: str) -> None: ...

    def get_single_node(self) -> Node | None: ...


class _Resolver:
    """Marks plain scalars, and leaves every decision to :func:`_value`."""

    #: characters that the parser takes for structure where YAML 1.2 does not
    mistaken: ClassVar[re.Pattern[str]] = re.compile(f"[{_OLD_BREAKS}]")

    def resolve(self, kind: type[Node], value: Any, implicit: Any) -> str:
        return _PLAIN if kind is ScalarNode and implicit[0] else _TEXT if kind is ScalarNode else _PLAIN

    def descend_resolver(self, current_node: Any, current_index: Any) -> None: ...

    def ascend_resolver(self) -> None: ...


class _SlowParser(Reader, Scanner, Parser, Composer, _Resolver):
    """PyYAML's own parser, made to agree with libyaml and YAML 1.2 on tabs and on anchors that are set again."""

    mistaken = re.compile(rf"[{_OLD_BREAKS}]|(?<=[^\s,\[\]{{}}])\?")

    def __init__(self, text: str) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)
        Composer.__init__(self)

    def scan_to_next_token(self) -> None:
        if self.index == 0 and self.peek() == "\ufeff":
            self.forward()
        while True:
            while self.peek() == " " or (
                self.peek() == "\t" and (self.flow_level or not self.allow_simple_key)
            ):
                self.forward()
            if self.peek() == "#":
                while self.peek() not in "\0\r\n":
                    self.forward()
            if not self.scan_line_break():  # type: ignore[no-untyped-call]
                return
            if not self.flow_level:
                self.allow_simple_key = True

    def compose_node(self, parent: Node | None, index: Any) -> Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, NodeEvent) and not isinstance(event, AliasEvent):
            self.anchors.pop(event.anchor, None)
        return super().compose_node(parent, index)


if CParser is not None:

    class _FastParser(_Resolver, CParser):
        pass


class _Malformed(Exception):
    """The text has no structure; ``explained`` says why and where."""

    def __init__(self, explained: YamlError) -> None:
        self.explained = explained


def _read(text: str, parser: type[_Parser]) -> tuple[Any, dict[KeyPath, int]]:
    """Compose with one parser and resolve."""
    stand_ins = _stand_ins(text, parser.mistaken)
    back = {ord(stand_in): character for character, stand_in in stand_ins.items()}
    plain = parser.mistaken.sub(lambda found: stand_ins[found[0]], text) if stand_ins else text
    lines: dict[KeyPath, int] = {(): 1}
    try:
        if "%YAML" in text:
            _check_version(plain)
        node = parser(plain).get_single_node()
    except MarkedYAMLError as error:
        # an unclosed bracket or quote is noticed far below; the mend is where it was opened
        opened = (error.context or "").startswith(("while parsing a flow", "while scanning a quoted"))
        mark = error.context_mark if opened else error.problem_mark or error.context_mark
        reason = re.sub(r"\s+", " ", f"{error.context or ''} {error.problem or ''}").strip()
        raise _Malformed(_error(reason.translate(back) or "it does not parse", mark)) from error
    except ReaderError as error:
        position = error.position or 0
        line, column = text.count("\n", 0, position) + 1, position - text.rfind("\n", 0, position)
        character = error.character if isinstance(error.character, int) else ord(error.character)
        reason = f"{error.reason} (character {character:#06x})"
        raise _Malformed(YamlError(reason, line, column)) from error
    except ValueError as error:
        raise _Malformed(YamlError(str(error))) from error
    if "*" in text and node is not None:
        _expanded(node, {})
    values = None if node is None else _value(node, (), lines)
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


def _check_version(text: str) -> None:
    parser = _SlowParser(text)
    while parser.check_event():
        event = parser.get_event()  # type: ignore[no-untyped-call]
        if isinstance(event, DocumentStartEvent):
            if event.version not in (None, (1, 2)):
                said = ".".join(map(str, event.version))
                raise _error(
                    f"the file says that it is YAML {said}, whose words mean other things", event.start_mark
                )
            return


def _error(reason: str, mark: Any) -> YamlError:
    return YamlError(reason, mark.line + 1, mark.column + 1) if mark else YamlError(reason)


# --- from nodes to values ---------------------------------------------------------------------------------------------


def _value(node: Node, path: KeyPath, lines: dict[KeyPath, int]) -> Any:
    kind = node.__class__
    if kind is ScalarNode:
        if node.tag == _PLAIN:
            try:
                return scalar(node.value)
            except ValueError:
                raise _error("a number of more than 4300 digits", node.start_mark) from None
        return node.value if node.tag == _TEXT else _tagged(node)
    if kind is MappingNode:
        if node.tag != _PLAIN and node.tag != f"{_CORE}map":
            raise _error(f"the tag {_written(node.tag)} is not read here", node.start_mark)
        result: dict[str, Any] = {}
        merged: list[Node] = []
        for key_node, inner in node.value:
            key = key_node.value
            if key_node.__class__ is not ScalarNode:
                raise _error("a key must be a word or a text, not a list or a mapping", key_node.start_mark)
            if key == "" and key_node.tag == _PLAIN:
                raise _error("a key is empty", key_node.start_mark)
            if key == _MERGE and key_node.tag == _PLAIN:
                merged += _merged(inner)
                continue
            if key in result:
                raise _error(f'while constructing a mapping found duplicate key "{key}"', key_node.start_mark)
            child = (*path, key)
            lines[child] = key_node.start_mark.line + 1
            result[key] = _value(inner, child, lines)
        for source in merged:
            brought: dict[KeyPath, int] = {}
            for key, value in _value(source, path, brought).items():
                if key not in result:
                    result[key] = value
                    depth = len(path) + 1
                    lines |= {below: line for below, line in brought.items() if below[depth - 1] == key}
                    lines[(*path, key)] = lines[path]
        return result
    if node.tag != _PLAIN and node.tag != f"{_CORE}seq":
        raise _error(f"the tag {_written(node.tag)} is not read here", node.start_mark)
    items = []
    for index, inner in enumerate(node.value):
        place = (*path, index)
        lines[place] = inner.start_mark.line + 1
        items.append(_value(inner, place, lines))
    return items


def _tagged(node: Node) -> Any:
    """A scalar with a tag of the core schema: the word must be of that kind."""
    kinds = {"null": type(None), "bool": bool, "int": int, "float": float}
    wanted = kinds.get(node.tag.removeprefix(_CORE)) if node.tag.startswith(_CORE) else None
    if wanted is None:
        raise _error(f"the tag {_written(node.tag)} is not read here", node.start_mark)
    value = scalar(node.value)
    if wanted is float and type(value) is int:
        return float(value)
    if type(value) is not wanted:
        raise _error(f"{node.value!r} is not what its tag {_written(node.tag)} says", node.start_mark)
    return value


def _merged(node: Node) -> Iterable[Node]:
    """The mappings that a merge key names, the strongest first."""
    named = node.value if isinstance(node, SequenceNode) else [node]
    for one in named:
        if not isinstance(one, MappingNode):
            raise _error("a merge (<<) needs a mapping, or a list of mappings", one.start_mark)
    return named


def _expanded(node: Node, known: dict[int, int]) -> int:
    """How many values a node holds with its aliases written out; refused where it holds itself or far too many."""
    if isinstance(node, ScalarNode):
        return 1
    found = known.get(id(node))
    if found is None:
        known[id(node)] = 0
        inner = (one for pair in node.value for one in pair) if isinstance(node, MappingNode) else node.value
        found = 1 + sum(_expanded(one, known) for one in inner)
        if found > MOST_VALUES:
            raise _error(f"its aliases multiply to more than {MOST_VALUES:,} values", node.start_mark)
        known[id(node)] = found
    if found == 0:
        raise _error("an alias stands inside its own anchor", node.start_mark)
    return found


def _written(tag: str) -> str:
    return f"!!{tag.removeprefix(_CORE)}" if tag.startswith(_CORE) else tag


def _translated(value: Any, table: dict[int, str]) -> Any:
    if isinstance(value, str):
        return value.translate(table)
    if isinstance(value, dict):
        return {key.translate(table): _translated(inner, table) for key, inner in value.items()}
    return [_translated(inner, table) for inner in value] if isinstance(value, list) else value
