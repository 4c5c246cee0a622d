"""SAS transport files (XPORT), version 5 and version 8, read as a stream.

Source of the layout: SAS Institute, *TS-140, The Record Layout of a Data Set in SAS Transport (XPORT) Format*, and its supplement for
version 8 (both public). A file is a row of cards of 80 bytes: headers of the library; for each member its headers, a descriptor of 140 (136 on
VMS) bytes per variable, in version 8 the labels longer than 40 signs, and the observations without anything between them, filled up with blanks.
Numbers are IBM floating point of three to eight bytes.
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import BinaryIO

from proband.exchange.report import FileReport, Severity, declined
from proband.exchange.sdtm.datasets import Dataset
from proband.exchange.written_numbers import cell_text

CARD = 80
_HEADER = b"HEADER RECORD*******"
SIGN = _HEADER + b"LIB"
_MEMBER = (_HEADER + b"MEMBER  HEADER RECORD!!!!!!!", _HEADER + b"MEMBV8  HEADER RECORD!!!!!!!")
#: more variables, or a longer observation, than any transport file has: SAS ends at 32,767 variables
_MOST_VARIABLES, _LONGEST_ROW = 32_767, 1 << 26
_BLOCK = CARD * 4096
#: formats of SAS under which a number counts days, or seconds, since 1 January 1960
_DAYS = re.compile(
    r"^(DATE|YYMMDD[BCDNPS]?|DDMMYY[BCDNPS]?|MMDDYY[BCDNPS]?|E8601DA|B8601DA|IS8601DA|MONYY|JULIAN|WEEKDATE|WORDDATE|NLDATE)$"
)
_SECONDS = re.compile(r"^(DATETIME|E8601DT|B8601DT|IS8601DT|DATEAMPM|NLDATM|MDYAMPM)$")
_EPOCH = date(1960, 1, 1)


@dataclass(frozen=True, slots=True)
class Variable:
    """One column: its place in the row, and how its bytes are to be taken."""

    name: str
    label: str
    is_number: bool
    length: int
    position: int
    format: str


class _Cards:
    """The cards of a file, one after the other, and whatever lies between them."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._held = b""
        self.read = 0

    def take(self, n: int) -> bytes:
        """The next ``n`` bytes; fewer only at the end."""
        while len(self._held) < n:
            more = self._stream.read(max(_BLOCK, n - len(self._held)))
            if not more:
                break
            self._held += more
        taken, self._held = self._held[:n], self._held[n:]
        self.read += len(taken)
        return taken

    def card(self, what: bytes) -> bytes:
        """The next card, which must be that header."""
        card = self.take(CARD)
        if not card.startswith(_HEADER) or not card[len(_HEADER) :].startswith(what):
            raise declined("xpt.malformed", key=f"byte {self.read - len(card)}", expected=what.decode())
        return card

    def until_member(self) -> Iterator[bytes]:
        """The bytes up to the next member, in pieces of whole cards."""
        while True:
            block = self.take(_BLOCK)
            if not block:
                return
            found = _next_member(block)
            if found is None:
                yield block
                continue
            self.read -= len(block) - found
            self._held = block[found:] + self._held
            yield block[:found]
            return


def _next_member(block: bytes) -> int | None:
    start = 0
    while (found := block.find(_HEADER + b"MEMB", start)) >= 0:
        if found % CARD == 0 and block[found : found + 48] in _MEMBER:
            return found
        start = found + 1
    return None


def datasets(stream: BinaryIO, report: FileReport) -> Iterator[Dataset]:
    """The members of a transport file; each must be read to its end before the next is asked for.

    Raises
    ------
    Declined
        ``xpt.malformed`` with the byte at which the file is not what it must be.
    """
    cards = _Cards(stream)
    library = cards.card(b"LIB")
    newer = library[len(_HEADER) :].startswith(b"LIBV8")
    if len(cards.take(2 * CARD)) < 2 * CARD:
        raise declined("xpt.malformed", key=f"byte {cards.read}", expected="two cards about the library")
    texts = _Texts(report)
    while True:
        card = cards.take(CARD)
        if not card.strip():
            return
        if card[:48] not in _MEMBER:
            raise declined(
                "xpt.malformed", key=f"byte {cards.read - len(card)}", expected="the header of a member"
            )
        made = _member(cards, card, newer, texts)
        yield made
        for _ in cards.until_member():  # who did not want the rows still wants what follows
            pass


def _member(cards: _Cards, card: bytes, newer: bool, texts: _Texts) -> Dataset:
    try:
        size = int(card[74:78])
    except ValueError:
        size = 140
    cards.card(b"DSCPTV8" if newer else b"DSCRPTR")
    about, more = cards.take(CARD), cards.take(CARD)
    name = texts.of(about[8:40] if newer else about[8:16])
    label = texts.of(more[32:72])
    head = cards.card(b"NAMSTV8" if newer else b"NAMESTR")
    number = head[52:58] if newer else head[54:58]
    if size not in {136, 140} or not number.strip().isdigit() or not 0 < int(number) <= _MOST_VARIABLES:
        raise declined("xpt.malformed", key=f"byte {cards.read - CARD}", expected="the number of variables")
    count = int(number)
    described = cards.take(-(-count * size // CARD) * CARD)
    if len(described) < count * size:
        raise declined(
            "xpt.malformed", key=f"byte {cards.read}", expected=f"the descriptors of {count} variables"
        )
    variables = [_variable(described[at * size : (at + 1) * size], newer, texts) for at in range(count)]
    head = cards.take(CARD)
    labels: dict[int, str] = {}
    if newer and head[20:27] in {b"LABELV8", b"LABELV9"}:
        labels = _long_labels(cards, head, texts)
        head = cards.take(CARD)
    if not head.startswith(_HEADER + (b"OBSV8" if newer else b"OBS")):
        raise declined(
            "xpt.malformed", key=f"byte {cards.read - len(head)}", expected="the header of the observations"
        )
    promised = head[48:78].strip().lstrip(b"0")
    width = sum(each.length for each in variables)
    if not 0 < width <= _LONGEST_ROW or any(
        each.length < (2 if each.is_number else 1)
        or each.position < 0
        or each.position + each.length > width
        or (each.is_number and each.length > 8)
        for each in variables
    ):
        raise declined("xpt.malformed", key=name, expected="variables that lie one after the other in a row")
    return Dataset(
        name,
        label,
        [each.name for each in variables],
        _rows(cards, variables, width, texts, name),
        {each.name: labels.get(at) or each.label for at, each in enumerate(variables, start=1)},
        int(promised) if newer and promised.isdigit() else None,
    )  # fmt: skip


def _variable(described: bytes, newer: bool, texts: _Texts) -> Variable:
    kind, _, length, _ = struct.unpack(">hhhh", described[:8])
    (position,) = struct.unpack(">i", described[84:88])
    name = texts.of(described[8:16])
    if newer and len(described) >= 120:
        name = texts.of(described[88:120].split(b"\x00")[0]) or name
    return Variable(
        name.upper(),
        texts.of(described[16:56]),
        kind == 1,
        length,
        position,
        texts.of(described[56:64]).upper(),
    )


def _long_labels(cards: _Cards, head: bytes, texts: _Texts) -> dict[int, str]:
    """Labels of more than 40 signs (LABELV8), with formats of more than 8 (LABELV9)."""
    written = head[48:].strip()
    if not written.isdigit() or int(written) > _MOST_VARIABLES:
        raise declined("xpt.malformed", key=f"byte {cards.read - CARD}", expected="the number of long labels")
    sizes = 3 if head[20:27] == b"LABELV8" else 5
    found: dict[int, str] = {}
    taken = 0
    for _ in range(int(written)):
        raw = cards.take(2 * sizes)
        if len(raw) < 2 * sizes:
            raise declined("xpt.malformed", key=f"byte {cards.read}", expected="a long label")
        number, *lengths = struct.unpack(f">{sizes}h", raw)
        if min(lengths) < 0:
            raise declined("xpt.malformed", key=f"byte {cards.read}", expected="a long label")
        body = cards.take(sum(lengths))
        found[number] = texts.of(body[lengths[0] : lengths[0] + lengths[1]])
        taken += len(raw) + len(body)
    cards.take(-taken % CARD)
    return found


def _rows(
    cards: _Cards, variables: list[Variable], width: int, texts: _Texts, name: str
) -> Iterator[list[str]]:
    """Rows; blanks that fill the last card are none, and a row that is cut off is said."""
    held = b""
    blank = 0
    number = 0
    for block in cards.until_member():
        held += block
        start = 0
        if not held.strip(b" "):  # blanks without an end need not be cut into rows
            blank += len(held) // width
            held = held[: len(held) % width]
            continue
        while len(held) - start >= width:
            raw = held[start : start + width]
            start += width
            if not raw.strip(
                b" "
            ):  # filled up, or a row of blanks in the middle: that shows when another follows
                blank += 1
                continue
            for _ in range(blank):
                number += 1
                yield [""] * len(variables)
            blank = 0
            number += 1
            yield [_cell(raw, each, texts, f"{name} row {number}") for each in variables]
        held = held[start:]
    if (
        held.strip(b" ") or cards.read % CARD
    ):  # without rows counted, a file that ends with a whole row and a whole card looks whole
        texts.report.lack(
            "xpt.cut-off", "the file ends within a row", f"{name} row {number + 1}", "transfer it again", "row that is cut off"
        )  # fmt: skip


def _cell(row: bytes, variable: Variable, texts: _Texts, place: str) -> str:
    raw = row[variable.position : variable.position + variable.length]
    if not variable.is_number:
        return texts.of(raw)
    value = ibm_float(raw)
    if isinstance(value, str):
        if value != ".":
            texts.report.ignore(
                f"missing value {value}", "a special missing value of SAS: nothing was recorded", place
            )
        return ""
    if variable.format and abs(value) < 1e12:
        if _DAYS.match(variable.format):
            return _calendar(value, seconds=False)
        if _SECONDS.match(variable.format):
            return _calendar(value, seconds=True)
    return cell_text(value)


def _calendar(value: float, *, seconds: bool) -> str:
    try:
        if seconds:
            return (datetime(1960, 1, 1) + timedelta(seconds=round(value))).isoformat()
        return (_EPOCH + timedelta(days=int(value))).isoformat()
    except OverflowError:
        return cell_text(value)


def ibm_float(raw: bytes) -> float | str:
    """A number of SAS: its value, or the missing value that it stands for (``.``, ``.A`` … ``.Z``, ``._``).

    IBM's floating point has a base of 16: the sign, seven bits of the exponent above 64, and up to 56 bits of fraction. A number is given
    with the 15 digits to which SAS is exact and prints (0.5 × 17.1 is 8.55 and not 8.549999999999999), one that was stored in fewer bytes
    with as many as they hold.
    """
    first = raw[0]
    if not any(raw[1:]):
        if first == 0x2E:
            return "."
        if 0x41 <= first <= 0x5A or first == 0x5F:
            return f".{chr(first)}"
        if first in {0x00, 0x80}:
            return 0.0
    bits = 8 * (len(raw) - 1)
    fraction = int.from_bytes(raw[1:], "big")
    exponent = 4 * ((first & 0x7F) - 64) - bits
    value = math.ldexp(fraction, exponent)
    value = float(f"{value:.{min(15, max(1, int((bits - 3) * 0.30103)))}g}")
    return -value if first & 0x80 else value


class _Texts:
    """Bytes as text: UTF-8, else Shift-JIS where kana say so, else Windows-1252; the file does not say which."""

    def __init__(self, report: FileReport) -> None:
        self.report = report
        self._said: set[str] = set()

    def of(self, raw: bytes) -> str:
        """The text without the blanks that fill it up."""
        raw = raw.rstrip(b" \x00")
        if raw.isascii():
            return raw.decode("ascii").strip(" \x00")
        try:
            return raw.decode("utf-8").strip(" \x00")
        except UnicodeDecodeError:
            pass
        text, encoding = raw.decode("cp1252", errors="replace"), "Windows-1252"
        try:
            japanese = raw.decode("cp932")
        except UnicodeDecodeError:
            japanese = ""
        if re.search(r"[\u3041-\u30ff]", japanese):
            text, encoding = japanese, "Shift-JIS"
        if encoding not in self._said:
            self._said.add(encoding)
            self.report.find(
                Severity.WARNING, "text.encoding", f"texts are not UTF-8, and are read as {encoding}: the file does not say what they are", "",
                "write the file in UTF-8",
            )  # fmt: skip
        return text.strip(" \x00")
