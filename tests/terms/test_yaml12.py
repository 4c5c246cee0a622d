"""YAML 1.2: the whole core schema, every fault at its line and column, and held against ruamel, which reads it another way."""

from __future__ import annotations

import math
import random
import re
import warnings
from collections import Counter
from collections.abc import Callable
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError

from proband.terms import yaml12
from proband.terms.yaml12 import YamlError, data, parsers, read

Read = Callable[[str], tuple[Any, dict[tuple[str | int, ...], int]]]


@pytest.fixture(params=["libyaml", "PyYAML's own parser"])
def reader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Read:
    """The reader, and the reader where PyYAML was built without libyaml."""
    if request.param != "libyaml":
        monkeypatch.setattr(parsers, "FastParser", None)
    elif parsers.FastParser is None:
        pytest.skip("PyYAML was built without libyaml on this machine")
    return read


# --- the core schema, YAML 1.2.2 section 10.3.2 ----------------------------------------------------------------------

CORE_SCHEMA: list[tuple[str, Any]] = [
    # null: null | Null | NULL | ~ | nothing
    *((word, None) for word in ("null", "Null", "NULL", "~", "")),
    *((word, word) for word in ("nUll", "nil", "none", "None", "~~", "N/A")),
    # bool: true | True | TRUE | false | False | FALSE
    *((word, True) for word in ("true", "True", "TRUE")),
    *((word, False) for word in ("false", "False", "FALSE")),
    *((word, word) for word in ("yes", "Yes", "YES", "no", "No", "NO", "on", "On", "off", "OFF", "y", "n", "tRue", "t", "F")),
    # int, base 10: [-+]? [0-9]+
    ("0", 0), ("7", 7), ("-7", -7), ("+7", 7), ("00", 0), ("017", 17), ("-08", -8), ("12345678901234567890", 12345678901234567890),
    # int, base 8: 0o [0-7]+; base 16: 0x [0-9a-fA-F]+; neither takes a sign
    ("0o0", 0), ("0o17", 15), ("0x0", 0), ("0x1F", 31), ("0xabCD", 0xABCD),
    *((word, word) for word in ("0o8", "0o", "0x", "0xG", "-0o17", "+0x1F", "0O17", "0X1F", "0b11", "1_000", "1,000", "٣")),
    # float: [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?
    ("0.", 0.0), ("-0.0", -0.0), (".5", 0.5), ("+.5", 0.5), ("-.5", -0.5), ("5.", 5.0), ("1.50", 1.5), ("12e03", 12000.0), ("-2E+05", -200000.0),
    ("1e3", 1000.0), ("1.e-3", 0.001), ("1E400", math.inf),
    *((word, word) for word in (".", "-.", "+", "-x", "1e", "1e+", "e5", ".e5", "1.2.3", "1.5x", "0x1.8p1", "1 2", "--1", "1-2")),
    # float, infinity: [-+]? ( \.inf | \.Inf | \.INF ); not a number: \.nan | \.NaN | \.NAN, without a sign
    (".inf", math.inf), (".Inf", math.inf), (".INF", math.inf), ("+.inf", math.inf), ("-.inf", -math.inf), ("-.INF", -math.inf),
    (".nan", math.nan), (".NaN", math.nan), (".NAN", math.nan),
    *((word, word) for word in ("inf", "nan", "NaN", ".iNf", ".naN", "-.nan", "+.nan", "Infinity")),
    # everything else is a text: also what YAML 1.1 took for times, dates, merges and values
    *((word, word) for word in ("1:30", "190:20:30", "2026-01-15", "2026-02-30", "2026-1-5", "2001-12-14 21:59:43.10 -5",
                                "2001-12-15T02:59:43.1Z", "<<", "=", "I", "5 mg", "10%", "NCT04280003", "1.0.0", "é", "😀")),
]  # fmt: skip


def same(value: Any, expected: Any) -> bool:
    if isinstance(expected, float):
        return type(value) is float and (value == expected or (value != value and expected != expected))
    return type(value) is type(expected) and bool(value == expected)


@pytest.mark.parametrize(("word", "meaning"), CORE_SCHEMA, ids=lambda value: repr(value)[:24])
def test_core_schema(word: str, meaning: Any) -> None:
    assert same(yaml12.scalar(word), meaning)
    assert same(data(f"a: {word}\n")["a"], meaning)
    assert same(data(f"- {word}\n")[0], meaning)
    if "," not in word:
        assert same(data(f"{{a: [{word}]}}")["a"], [meaning] if word else []) or same(
            data(f"{{a: [{word}]}}")["a"][0], meaning
        )
    # quoted, folded or kept line by line it is always a text
    assert data(f'a: "{word}"\n')["a"] == word
    assert data(f"a: '{word}'\n")["a"] == word
    if word:
        assert data(f"a: |-\n  {word}\n")["a"] == word
        assert data(f"a: >-\n  {word}\n")["a"] == word
        assert list(data(f"'{word}': 1\n")) == [word]


def test_absent_no_stays_a_text(reader: Read) -> None:
    assert reader("absent: no\nsex: n\nflag: off\n")[0] == {"absent": "no", "sex": "n", "flag": "off"}


def test_keys_are_what_was_written(reader: Read) -> None:
    values, lines = reader("1: a\n01: b\n1.50: c\ntrue: d\n~: e\n2026-01-15: f\n'': g\n")
    assert values == {"1": "a", "01": "b", "1.50": "c", "true": "d", "~": "e", "2026-01-15": "f", "": "g"}
    assert lines[("1.50",)] == 3


def test_tags_of_the_core_schema(reader: Read) -> None:
    text = "a: !!str 12\nb: !!int '3'\nc: !!float 3\nd: !!null ''\ne: !!bool \"true\"\nf: !!map {}\ng: !!seq []\n"
    assert reader(text)[0] == {"a": "12", "b": 3, "c": 3.0, "d": None, "e": True, "f": {}, "g": []}
    assert type(reader(text)[0]["c"]) is float


# --- structure and lines ----------------------------------------------------------------------------------------------


def test_what_is_quoted_is_a_text_behind_a_bare_tag_too(reader: Read) -> None:
    assert reader("a: ! \"12\"\nb: ! 'no'\n!!str c: !!str 1\n")[0] == {"a": "12", "b": "no", "c": "1"}


def test_anchors_aliases_and_merges_keep_their_lines(reader: Read) -> None:
    text = "a: &x {p: 1, q: [1,\n 2]}\nb:\n  <<: *x\n  q: 3\n  z: 1\nc: *x\nd:\n  k: 1\n  <<: [*x, {p: 9, r: {s: 1}}]\n"
    values, lines = reader(text)
    assert values["b"] == {"q": 3, "z": 1, "p": 1}
    assert list(values["d"]) == ["k", "p", "q", "r"]
    assert values["d"] == {"k": 1, "p": 1, "q": [1, 2], "r": {"s": 1}}
    assert lines[("a", "q", 1)] == lines[("c", "q", 1)] == 2
    assert (lines[("b",)], lines[("b", "p")], lines[("b", "q")]) == (3, 3, 5)
    assert lines[("d", "r", "s")] == 10
    assert (("b", "q", 0) in lines) is False  # what the mapping's own key hides was never there


def test_an_anchor_may_be_set_again(reader: Read) -> None:
    assert reader("a: &x 1\nb: *x\nc: &x 2\nd: *x\n")[0] == {"a": 1, "b": 1, "c": 2, "d": 2}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_and_the_mark_of_byte_order(reader: Read, end: str) -> None:
    values, lines = reader(
        "\ufeff" + end.join(["a: x", "b:", "  - |", "    one", "    two", "  - 'q", "", "    r'", "c: 1", ""])
    )
    assert values == {"a": "x", "b": ["one\ntwo\n", "q\nr"], "c": 1}
    assert (lines[("b", 0)], lines[("b", 1)], lines[("c",)]) == (3, 6, 9)


def test_line_breaks_of_the_old_yaml_are_characters(reader: Read) -> None:
    values, lines = reader("a: x\u2028y\nb: 'p\u0085q\u2029'\nk\u2028: |\n  one\u0085two\nc: \ue000\n")
    assert values == {"a": "x\u2028y", "b": "p\u0085q\u2029", "k\u2028": "one\u0085two\n", "c": "\ue000"}
    assert (lines[("k\u2028",)], lines[("c",)]) == (3, 5)


def test_a_tab_may_part_but_not_indent(reader: Read) -> None:
    assert reader('{\n\t"a": [1,\t2],\n\t"b": {"c":\t3}\n}\n')[0] == {"a": [1, 2], "b": {"c": 3}}
    assert reader("a:\tx # y\tz\nb: 'p\tq'\nc: |\n  r\ts\n")[0] == {"a": "x", "b": "p\tq", "c": "r\ts\n"}


def test_a_question_in_a_flow_mapping_is_a_text(reader: Read) -> None:
    assert reader("- {id: a, plain: How old? Tell, b?: 1}\n")[0] == [
        {"id": "a", "plain": "How old? Tell", "b?": 1}
    ]


def test_an_empty_text_has_no_values(reader: Read) -> None:
    assert reader("")[0] is reader("# nothing\n")[0] is reader("~")[0] is None


# what is refused: text, line, column, and words of the reason
FAULTS: list[tuple[str, int, int | None, str]] = [
    ('a: 1\nb: "x \\ud83d"\n', 2, 13, "half a character"),
    ('a: 1\nb: "x \\U00110000"\n', 2, 9, "beyond the last character"),
    ('a: "\\UFFFFFFFF"\n', 1, 7, "beyond the last character"),
    ("a: 1\n!own b: 2\n", 2, 1, "tag !own is not read at a key"),
    ("{a: 1, !!int 3: 2}\n", 1, 8, "tag !!int is not read at a key"),
    (f"a: 0x{'f' * 4000}\n", 1, 4, "more than 4300 digits"),
    ("a: 1\nb: 2\na: 3\n", 3, 1, 'duplicate key "a"'),
    ("1: a\n'1': b\n", 2, 1, 'duplicate key "1"'),
    ("x: {p: 1, q: 2,\n    p: 3}\n", 2, 5, 'duplicate key "p"'),
    ("a: x\n\tb: y\n", 2, 1, "found "),
    ("\ta: x\n", 1, 1, "cannot start any token"),
    ("a:\n\t- x\n", 2, 1, "cannot start any token"),
    ("a: 'x\nb: 1\nc: 2\n", 1, 4, "quoted scalar"),
    ('a: 1\nb: "x\nc: 2\n', 2, 4, "quoted scalar"),
    ("a: {x: 1\nb: 2\n", 1, 4, "flow mapping"),
    ("a: 1\nb: [x, 1\nc: 2\n", 2, 4, "flow sequence"),
    ("a: b: c\n", 1, 5, "mapping values are not allowed"),
    ("a: x\n b: y\n", 2, 3, "mapping values are not allowed"),
    ("- a\nb: c\n", 2, 1, "expected <block end>"),
    ("a: *nope\n", 1, 4, "undefined alias"),
    ("a: @x\n", 1, 4, "cannot start any token"),
    ("a: `x\n", 1, 4, "cannot start any token"),
    ("a: %x\n", 1, 4, "cannot start any token"),
    ("a: 1\nb: x\x07y\n", 2, 5, "special characters are not allowed (character 0x0007)"),
    ("a: \"\\q\"\n", 1, 6, "unknown escape"),
    ("a: ]\n", 1, 4, "node content"),
    ("--- \na: 1\n--- \nb: 2\n", 3, 1, "single document"),
    ("%YAML 1.1\n---\na: no\n", 1, 1, "says that it is YAML 1.1"),
    ("a: 1\nb: !foo x\n", 2, 4, "tag !foo"),
    ("a: !!python/object/apply:os.system [ls]\n", 1, 4, "tag !!python/object/apply:os.system"),
    ("a: !!binary aGVsbG8=\n", 1, 4, "tag !!binary"),
    ("a: !!timestamp 2026-01-15\n", 1, 4, "tag !!timestamp"),
    ("a: !!set {x}\n", 1, 4, "tag !!set"),
    ("a: !!omap []\n", 1, 4, "tag !!omap"),
    ("a: !!int x\n", 1, 4, "not what its tag !!int says"),
    ("a: !!bool yes\n", 1, 4, "not what its tag !!bool says"),
    ("a: 1\n? [b, c]\n: x\n", 2, 3, "a key must be a word"),
    ("a: 1\n{b: c}: x\n", 2, 1, "a key must be a word"),
    ("a: 1\n?\n: x\n", 2, 2, "a key is empty"),
    ("a: 1\nb:\n  <<: 7\n", 3, 7, "needs a mapping"),
    ("a: 1\nb: &b [x, *b]\n", 2, 11, "inside its own anchor"),
    (f"a: 1\nb: {'9' * 5000}\n", 2, 4, "more than 4300 digits"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "column", "says"), FAULTS, ids=lambda value: repr(value)[:30])
def test_every_fault_at_its_place(reader: Read, text: str, line: int, column: int | None, says: str) -> None:
    with pytest.raises(YamlError) as refused:
        reader(text)
    assert (refused.value.line, refused.value.column) == (line, column), str(refused.value)
    assert says in refused.value.reason
    assert refused.value.mend


def test_aliases_that_multiply_are_refused_at_once(reader: Read) -> None:
    laughs = "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
    laughs += "".join(
        f"{b}: &{b} [{', '.join([f'*{a}'] * 10)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    with pytest.raises(YamlError, match="multiply"):
        reader(laughs)


@pytest.mark.parametrize("text", ["[" * 20_000, "{a: " * 5_000, "- " * 5_000])
def test_endless_nesting_is_refused(reader: Read, text: str) -> None:
    with pytest.raises(YamlError):
        reader(text)


# --- held against ruamel ----------------------------------------------------------------------------------------------


def peer(text: str) -> tuple[Any, dict[tuple[str | int, ...], int]] | int:
    """The values (dates as texts) and lines of ruamel's round-trip parser, or the line that it refuses."""
    lines: dict[tuple[str | int, ...], int] = {(): 1}

    def plain(node: Any, path: tuple[str | int, ...]) -> Any:
        if isinstance(node, CommentedMap):
            for key in node:
                lines[(*path, str(key))] = node.lc.key(key)[0] + 1
            return {str(key): plain(value, (*path, str(key))) for key, value in node.items()}
        if isinstance(node, CommentedSeq):
            for index in range(len(node)):
                lines[(*path, index)] = node.lc.item(index)[0] + 1
            return [plain(value, (*path, index)) for index, value in enumerate(node)]
        if isinstance(node, bool) or node is None:
            return node
        if isinstance(node, date):
            return date(node.year, node.month, node.day).isoformat()
        return int(node) if isinstance(node, int) else float(node) if isinstance(node, float) else str(node)

    try:
        with warnings.catch_warnings(action="ignore"):
            return plain(YAML(typ="rt", pure=True).load(text), ()), lines
    except MarkedYAMLError as error:
        opened = (error.context or "").startswith(("while parsing a flow", "while scanning a quoted"))
        mark = error.context_mark if opened else error.problem_mark or error.context_mark
        return int(mark.line) + 1


def ours(text: str) -> tuple[Any, dict[tuple[str | int, ...], int]] | int:
    try:
        return read(text)
    except YamlError as error:
        return error.line


def bundle_files() -> list[Path]:
    shipped = Path(str(resources.files("proband"))) / "programmes"
    return sorted([*shipped.rglob("*.yaml"), *(Path(__file__).parent.parent / "bundles").rglob("*.yaml")])


def test_every_bundle_reads_the_same(reader: Read) -> None:
    """Takes 3 to 6 s: ruamel reads three bundles, and PyYAML's own parser, which is what is compared."""
    for path in bundle_files():
        text = path.read_text(encoding="utf-8")
        assert reader(text) == peer(text), path


def test_broken_files_are_refused_at_the_same_line() -> None:
    """Pieces of bundles with typing errors: the same values, or a refusal on the same line.

    ruamel names the line after the fault in a few cases, takes ``:word`` inside braces, and reads keys as values: these
    are counted and must stay few.
    """
    random_ = random.Random(20)
    files = [path.read_text(encoding="utf-8").split("\n") for path in bundle_files()]
    weights = [len(lines) for lines in files]
    typed = [
        *"{}[],:#&*!|>'\"%@`-? \n",
        "\n  ",
        ": ",
        "- ",
        "\r\n",
        "~",
        "no",
        "é",
        '"',
        "'",
        "&a ",
        "*a",
        "---\n",
        "|\n",
        ">-\n",
        "? ",
        "01",
        "1e5",
        ".5",
    ]
    counts: Counter[str] = Counter()
    for _ in range(2400):
        lines = random_.choices(files, weights)[0]  # every line as likely as any other
        start = random_.randrange(len(lines))
        piece = lines[start : start + random_.randint(2, 8)]
        indent = len(piece[0]) - len(piece[0].lstrip(" "))
        text = "\n".join(line[indent:] if not line[:indent].strip() else line for line in piece)
        for _ in range(random_.randint(1, 2)):
            at = random_.randrange(len(text) + 1)
            text = text[:at] + random_.choice(typed) + text[at + random_.choice([0, 0, 0, 1, 1, 2, 6]) :]
        theirs, found = peer(text), ours(text)
        if isinstance(theirs, int) and isinstance(found, int):
            counts["same line" if theirs == found else "another line"] += 1
        elif isinstance(theirs, int) or isinstance(found, int):
            counts["refused by one"] += 1
        else:
            counts["same" if theirs == found else "read otherwise"] += 1
    assert counts["same"] > 600, counts
    assert counts["same line"] > 600, counts
    assert counts["another line"] + counts["refused by one"] + counts["read otherwise"] < 48, counts


def test_the_words_of_an_error_name_file_line_and_mend() -> None:
    with pytest.raises(YamlError, match=re.escape(":2:4: not YAML: while scanning a quoted scalar")):
        data("a: 1\nb: 'x\n")
