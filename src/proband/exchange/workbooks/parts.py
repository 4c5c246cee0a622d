"""The parts of a workbook: its sheets with their names, the shared texts, the formats of its cells.

Read with the events of hardened XML: nothing is resolved, and what a part may hold is bounded. The libraries were tried and left: python-calamine turns
error cells into blanks, knows neither formats nor hidden rows nor formulas, and lays out the whole rectangle of a sheet (one cell in the last corner is 17
thousand million); openpyxl, without a release since 2024, shows hidden rows and merged cells only when it holds the whole sheet as objects.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import BinaryIO, cast

from proband.exchange.content import Content
from proband.exchange.hardened_xml import XmlEvents
from proband.exchange.remarks import LOOKED_AT
from proband.exchange.report import Declined, declined
from proband.exchange.workbooks.formats import NumberFormat, format_of

#: a workbook inside an archive is held in memory up to this; shared texts and all parts together up to that
_LARGEST_INNER, _MOST_TEXT, _LARGEST_WORKBOOK = 128 << 20, 256 << 20, 4 << 30
_BOOK = "xl/workbook.xml"


@dataclass(frozen=True, slots=True)
class SheetPart:
    """A sheet: its name, the part in which it stands, whether it is hidden."""

    name: str
    part: str
    hidden: bool


@dataclass(frozen=True, slots=True)
class CellStyle:
    """How a cell shows its value, and whether it is struck through."""

    form: NumberFormat = field(default_factory=NumberFormat)
    struck: bool = False


@dataclass(slots=True)
class WorkbookParts:
    """What the sheets of a workbook share."""

    archive: zipfile.ZipFile
    sheets: list[SheetPart] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    styles: list[CellStyle] = field(default_factory=list)
    since_1904: bool = False
    remarks: int = 0
    struck_texts: set[int] = field(default_factory=set)
    """Shared texts all of which is struck through."""

    def words_on(self, sheet: SheetPart) -> dict[tuple[str, int], str]:
        """What remarks on the cells of a sheet say, by the name of the cell and its row."""
        return _Loading(self).remarks_of(sheet)

    def style(self, number: str) -> CellStyle:
        """The style of a cell by its number."""
        at = int(number) if number.isascii() and number.isdigit() and len(number) < 7 else 0
        return self.styles[at] if at < len(self.styles) else CellStyle()

    def open(self, part: str) -> BinaryIO:
        """The bytes of a part as a stream.

        Raises
        ------
        Declined
            ``workbook.malformed`` for a part that is not there.
        """
        try:
            return cast(BinaryIO, self.archive.open(part))
        except (KeyError, RuntimeError, NotImplementedError, zipfile.BadZipFile) as error:
            raise declined("workbook.malformed", problem=f"{part} cannot be opened") from error


@contextmanager
def opened(content: Content) -> Iterator[WorkbookParts]:
    """A workbook with what its sheets share.

    Raises
    ------
    Declined
        ``workbook.malformed`` for an archive that is no workbook, ``exchange.too-large``, ``xml.*``, ``exchange.damaged``.
    """
    try:
        with _archive(content) as archive:
            if sum(each.file_size for each in archive.infolist()) > _LARGEST_WORKBOOK:
                raise declined("exchange.too-large", size=_LARGEST_WORKBOOK >> 20)
            found = WorkbookParts(archive)
            _Loading(found).all()
            yield found
    except (OSError, zipfile.BadZipFile, zlib.error, EOFError, ValueError) as error:
        raise declined("exchange.damaged", error=str(error)[:200]) from error


def is_workbook(content: Content) -> bool:
    """Whether an archive holds a workbook; true also of one that is too damaged to tell, which :func:`opened` refuses with its reason."""
    try:
        with _archive(content) as archive:
            return _names(archive).get(_BOOK) is not None
    except (Declined, OSError, zipfile.BadZipFile, zlib.error, EOFError, ValueError):
        return True


def _archive(content: Content) -> zipfile.ZipFile:
    return zipfile.ZipFile(_seekable(content) if content.member else content.path)


def _names(archive: zipfile.ZipFile) -> dict[str, str]:
    """The members by their names as a workbook refers to them."""
    return {each.replace("\\", "/").lstrip("/").lower(): each for each in archive.namelist()}


def _seekable(content: Content) -> BinaryIO:
    with content.open() as stream:
        data = stream.read(_LARGEST_INNER + 1)
    if len(data) > _LARGEST_INNER:
        raise declined("exchange.too-large", size=_LARGEST_INNER >> 20)
    return io.BytesIO(data)


def local(name: str) -> str:
    """The name without its namespace: the strict and the usual form of a workbook differ in nothing else."""
    return name.rpartition(" ")[2]


def strikes(name: str, attributes: dict[str, str], before: bool) -> bool:
    """Whether the words that follow in a text of several runs are struck through; they are withdrawn, as a cell is that is struck."""
    match local(name):
        case "r" | "si" | "is":
            return False
        case "strike":
            return attributes.get("val", "1") not in {"0", "false"}
    return before


def raises(name: str, attributes: dict[str, str], before: bool) -> bool:
    """Whether the words that follow in a text of several runs are raised or lowered: 20 with a raised 1 behind it is 20 with a footnote, and not 201."""
    match local(name):
        case "r" | "si" | "is":
            return False
        case "vertAlign":
            return attributes.get("val", "") in {"superscript", "subscript"}
    return before


class _Loading:
    """Reads the parts that all sheets need."""

    def __init__(self, found: WorkbookParts) -> None:
        self._found = found
        self._names = _names(found.archive)

    def all(self) -> None:
        """Sheets, texts and styles."""
        book = self._named(_BOOK)
        if book is None:
            raise declined("workbook.malformed", problem=f"it has no {_BOOK}")
        targets = self._targets("xl/_rels/workbook.xml.rels")
        self._sheets(book, targets)
        for kind, read in (("sharedStrings", self._texts), ("styles", self._styles)):
            part = next(
                (each for of, each in targets.values() if of.endswith("/" + kind)), None
            ) or self._named(f"xl/{kind}.xml")
            if part is not None:
                read(part)
        self._found.remarks = sum(
            re.match(r"xl/(threaded)?comments", each) is not None for each in self._names
        )

    def _named(self, path: str) -> str | None:
        return self._names.get(path.lower())

    def _read(self, part: str, start: object, end: object = None, words: object = None) -> None:
        nothing = lambda *_: None  # noqa: E731
        with self._found.open(part) as stream:
            XmlEvents(start or nothing, end or nothing, words or nothing).read(stream)  # type: ignore[arg-type]

    def remarks_of(self, sheet: SheetPart) -> dict[tuple[str, int], str]:
        """The remarks of a sheet, those of a conversation together."""
        folder, _, file = sheet.part.replace("\\", "/").rpartition("/")
        found: dict[tuple[str, int], str] = {}
        for kind, part in self._targets(f"{folder}/_rels/{file}.rels", folder).values():
            if kind.lower().endswith(("/comments", "/threadedcomment")):
                self._remarks(part, found)
        return found

    def _remarks(self, part: str, found: dict[tuple[str, int], str]) -> None:
        pieces: list[str] = []
        place = ""

        def start(name: str, attributes: dict[str, str]) -> None:
            nonlocal place
            if local(name) in {"comment", "threadedComment"}:
                place = attributes.get("ref", "")
                pieces.clear()

        def end(name: str) -> None:
            if local(name) in {"comment", "threadedComment"}:
                row = re.search(r"[0-9]{1,7}$", place)
                if row:
                    key = (place, int(row[0]))
                    found[key] = " ".join([*([found[key]] if key in found else []), "".join(pieces)])[
                        :LOOKED_AT
                    ]

        self._read(part, start, end, pieces.append)

    def _targets(self, rels: str, folder: str = "xl") -> dict[str, tuple[str, str]]:
        """Relations of the workbook, or of a sheet: id → type, part."""
        found: dict[str, tuple[str, str]] = {}

        def start(name: str, attributes: dict[str, str]) -> None:
            if local(name) == "Relationship" and attributes.get("TargetMode") != "External":
                target = attributes.get("Target", "").replace("\\", "/")
                path = (
                    target.lstrip("/")
                    if target.startswith("/")
                    else posixpath.normpath(posixpath.join(folder, target))
                )
                part = self._named(path)
                if part is not None:
                    found[attributes.get("Id", "")] = (attributes.get("Type", ""), part)

        part = self._named(rels)
        if part is not None:
            self._read(part, start)
        return found

    def _sheets(self, book: str, targets: dict[str, tuple[str, str]]) -> None:
        def start(name: str, attributes: dict[str, str]) -> None:
            if local(name) == "workbookPr":
                self._found.since_1904 = attributes.get("date1904", "0") in {"1", "true"}
            elif local(name) == "sheet":
                key = next((value for each, value in attributes.items() if each.endswith(" id")), "")
                kind, part = targets.get(key, ("", ""))
                if part and not kind.endswith(("chartsheet", "dialogsheet")):
                    self._found.sheets.append(
                        SheetPart(
                            attributes.get("name", "")[:60],
                            part,
                            attributes.get("state", "visible") != "visible",
                        )
                    )

        self._read(book, start)

    def _texts(self, part: str) -> None:
        pieces: list[str] = []
        inside = aside = struck = any_struck = raised = False
        held = 0

        def start(name: str, attributes: dict[str, str]) -> None:
            nonlocal inside, aside, struck, raised
            inside = local(name) == "t" and not aside
            aside = aside or local(name) == "rPh"  # how it is read aloud
            struck = strikes(name, attributes, struck)
            raised = raises(name, attributes, raised)
            if inside and raised and not struck and any(map(str.strip, pieces)):
                pieces.append("^")

        def end(name: str) -> None:
            nonlocal inside, aside, held, struck, any_struck
            match local(name):
                case "t":
                    inside = False
                case "rPh":
                    aside = False
                case "si":
                    if any_struck and not "".join(pieces).strip():
                        self._found.struck_texts.add(len(self._found.texts))
                    struck = any_struck = False
                    self._found.texts.append(unescaped("".join(pieces)))
                    held += len(self._found.texts[-1]) + 64
                    pieces.clear()
                    if held > _MOST_TEXT:
                        raise declined("exchange.too-large", size=_MOST_TEXT >> 20)

        def words(text: str) -> None:
            nonlocal any_struck
            if inside and struck:
                any_struck = True
            elif inside:
                pieces.append(text)

        self._read(part, start, end, words)

    def _styles(self, part: str) -> None:
        codes: dict[int, str] = {}
        struck: list[bool] = []
        place: list[str] = []

        def start(name: str, attributes: dict[str, str]) -> None:
            place.append(local(name))
            match place[1:]:
                case ["numFmts", "numFmt"]:
                    codes[_number(attributes.get("numFmtId"))] = attributes.get("formatCode", "General")
                case ["fonts", "font"]:
                    struck.append(False)
                case ["fonts", "font", "strike"] if struck:
                    struck[-1] = attributes.get("val", "1") not in {"0", "false"}
                case ["cellXfs", "xf"]:
                    number, font = _number(attributes.get("numFmtId")), _number(attributes.get("fontId"))
                    self._found.styles.append(
                        CellStyle(format_of(number, codes.get(number)), font < len(struck) and struck[font])
                    )

        def end(_: str) -> None:
            place.pop()

        self._read(part, start, end)


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 7 else 0


def unescaped(text: str) -> str:
    """A text without Excel's escapes of control signs (``_x000D_``)."""
    return (
        re.sub(
            r"_x([0-9A-Fa-f]{4})_",
            lambda found: chr(int(found[1], 16)) if not 0xD800 <= int(found[1], 16) < 0xE000 else "",
            text,
        )
        if "_x" in text
        else text
    )
