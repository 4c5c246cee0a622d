"""What a file is, judged by its content and never by its name; and JSON read strictly.

Files may be compressed by gzip or zlib. A byte-order mark is read and noted. JSON is parsed by orjson; what the standard forbids (comments,
trailing commas, NaN) is refused with line and column, and repeated keys, which parsers resolve silently, are found.
"""

from __future__ import annotations

import gzip
import io
import json
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Literal, cast

import orjson

from proband.exchange.report import FileReport, Severity, declined

#: a single JSON document larger than this is refused (it must be held in memory at once); NDJSON has no such limit
LARGEST_DOCUMENT = 1 << 30
_SNIFF = 1 << 16
#: a zip archive with more members, or that unpacks to more, is refused before anything is unpacked
MOST_MEMBERS, LARGEST_ARCHIVE = 20_000, 64 << 30
_LARGEST_LINE = 1 << 27
#: blanks at the beginning of a file that are looked through; a row of a table, which is held as text several times over
_MOST_BLANK, _LONGEST_ROW = 1 << 24, 1 << 25


Packing = Literal["", "gzip", "zlib"]


@dataclass(frozen=True, slots=True)
class Span:
    """Some lines of a file: from which byte up to which, and how many lines stand before them."""

    start: int
    end: int
    before: int


@dataclass(slots=True)
class Content:
    """An opened file: its first bytes, what they look like, and the way to the rest."""

    path: Path
    kind: str  # json | ndjson | xml | text | binary | empty
    head: bytes
    packed: Packing = ""
    bom: bool = False
    encoding: str = "utf-8"
    notes: list[str] = field(default_factory=list)
    member: str = ""
    """The name inside a zip archive; empty for a file of its own."""
    span: Span | None = None
    """The lines that are wanted, where a file is read in parts; ``None``: all."""

    @property
    def name(self) -> str:
        """How reports and facts name it: the file, or ``archive.zip!member``."""
        return f"{self.path}!{self.member}" if self.member else str(self.path)

    def open(self) -> BinaryIO:
        """The uncompressed bytes as a stream, after the byte-order mark."""
        stream = _opened(self.path, self.member, self.packed)
        if self.bom and self.encoding == "utf-8":
            stream.read(3)
        return stream

    def read_bytes(self) -> bytes:
        """The whole file.

        Raises
        ------
        Declined
            ``exchange.too-large`` above :data:`LARGEST_DOCUMENT`; ``exchange.damaged`` for a broken gzip.
        """
        try:
            with self.open() as stream:
                if self.packed or self.member:
                    return _unpacked(stream)
                if self.path.stat().st_size > LARGEST_DOCUMENT:
                    raise declined("exchange.too-large", size=LARGEST_DOCUMENT >> 20)
                return stream.read()
        except (OSError, EOFError, zlib.error, zipfile.BadZipFile) as error:
            raise declined("exchange.damaged", error=str(error)) from error

    def read_text(self, report: FileReport) -> str:
        """The whole file as text; bytes that are not UTF-8 are read as Windows-1252, with a warning."""
        data = self.read_bytes()
        try:
            return data.decode(self.encoding)
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            report.find(
                Severity.WARNING,
                "text.encoding",
                f"byte 0x{data[error.start]:02X} is not UTF-8; the file is read as Windows-1252",
                f"line {line}",
                "save the file as UTF-8",
            )
            return data.decode("cp1252", errors="replace")

    def lines(self) -> Iterator[tuple[int, bytes]]:
        """Line number and line, for NDJSON, as a stream; those of :attr:`span` where it is given.

        Raises
        ------
        Declined
            ``exchange.line-too-long`` for a line of more than 128 MiB, ``exchange.damaged`` for a broken gzip.
        """
        try:
            with self.open() as stream:
                span = self.span
                number, left = 0, None
                if span is not None:
                    stream.seek(span.start)
                    number, left = span.before, span.end - span.start
                while left != 0 and (line := stream.readline(_LARGEST_LINE)):
                    number += 1
                    if len(line) == _LARGEST_LINE:
                        raise declined("exchange.line-too-long", line=number)
                    yield number, line
                    left = None if left is None else left - len(line)
        except (OSError, EOFError, zlib.error, zipfile.BadZipFile) as error:
            raise declined("exchange.damaged", error=str(error)) from error


def spans(content: Content, size: int) -> list[Span]:
    """The lines of a file in spans of at least so many bytes; none for one that cannot be read from its middle, or is read in one."""
    if content.packed or content.member or content.bom or content.encoding != "utf-8":
        return []
    found: list[Span] = []
    start = lines = before = at = 0
    with content.open() as stream:
        while block := stream.read(min(size, 1 << 20)):
            cut = block.rfind(b"\n") + 1
            if cut and at + cut - start >= size:
                lines += block.count(b"\n", 0, cut)
                found.append(Span(start, at + cut, before))
                start, before = at + cut, lines
                lines += block.count(b"\n", cut)
            else:
                lines += block.count(b"\n")
            at += len(block)
    if start < at:
        found.append(Span(start, at, before))
    return found if len(found) > 1 else []


class _Inflated(io.RawIOBase):
    """What stands behind zlib without the header of gzip, as compressed Dataset-JSON is written."""

    def __init__(self, packed: BinaryIO) -> None:
        self._packed = packed
        self._inflate = zlib.decompressobj()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        """The next bytes; never more than fit, however small the file is that they stand in."""
        room = memoryview(buffer).nbytes
        while not self._inflate.eof:
            given = self._inflate.unconsumed_tail or self._packed.read(1 << 16)
            if not given:
                raise EOFError("the compressed data end before they are whole")
            made = self._inflate.decompress(given, room)
            if made:
                memoryview(buffer).cast("B")[: len(made)] = made
                return len(made)
        return 0

    def close(self) -> None:
        """Close the file behind it too."""
        self._packed.close()
        super().close()


def _opened(path: Path, member: str, packed: Packing) -> BinaryIO:
    if member:
        with zipfile.ZipFile(path) as archive:
            inner = cast(BinaryIO, archive.open(member))
    else:
        inner = path.open("rb")
    if packed == "zlib":
        return cast(BinaryIO, io.BufferedReader(_Inflated(inner), 1 << 16))
    if (
        packed == "gzip"
    ):  # a buffer of its own finds the ends of lines in C; that of gzip asks Python for each
        return cast(BinaryIO, io.BufferedReader(cast(io.RawIOBase, gzip.open(inner)), 1 << 18))
    return inner


def _packing(first: bytes) -> Packing:
    """How a file is compressed, by its first two bytes; letters that happen to have the sum of a zlib header are letters."""
    if first == b"\x1f\x8b":
        return "gzip"
    return "zlib" if first in {b"\x78\x01", b"\x78\x9c", b"\x78\xda"} else ""


def contents(path: Path) -> Iterator[Content]:
    """What a file holds: itself, or the members of a zip archive, each as a file of its own.

    Raises
    ------
    Declined
        As :func:`look`; ``exchange.archive-*`` for an archive that is encrypted, too large or not what it says.
    """
    members = _members(path)
    if not members:  # no archive, or one that holds nothing: it is looked at as it is
        yield look(path)
        return
    for each in members:
        yield look(path, each)


def _members(path: Path) -> list[str] | None:
    """The members of a zip archive in order of name; ``None`` for any other file, an office document included."""
    try:
        with path.open("rb") as stream:
            if stream.read(4) != b"PK\x03\x04":
                return None
        with zipfile.ZipFile(path) as archive:
            inside = archive.infolist()
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise declined("exchange.damaged", error=str(error)) from error
    names = {each.filename for each in inside}
    if "" in names:
        raise declined("exchange.damaged", error="a member has no name")
    if "[Content_Types].xml" in names or "mimetype" in names:
        return None
    if len(inside) > MOST_MEMBERS or sum(each.file_size for each in inside) > LARGEST_ARCHIVE:
        raise declined("exchange.archive-large", members=MOST_MEMBERS, size=LARGEST_ARCHIVE >> 30)
    if any(each.flag_bits & 1 for each in inside):
        raise declined("exchange.archive-encrypted")
    kept = [each.filename for each in inside if not each.is_dir() and not _hidden(each.filename)]
    doubled = [name for name, n in Counter(kept).items() if n > 1]
    if doubled:  # only one of the two could be opened, and which one depends on the tool
        raise declined("exchange.archive-doubled", name=doubled[0][:80])
    return sorted(kept)


def _hidden(name: str) -> bool:
    return any(part.startswith((".", "__MACOSX")) for part in name.split("/"))


def look(path: Path, member: str = "") -> Content:
    """Open a file, or a member of a zip archive, and say what it looks like.

    Raises
    ------
    Declined
        ``exchange.missing`` or ``exchange.unopened`` where not even the first bytes can be read.
    """
    try:
        with _opened(path, member, "") as raw:
            packed = _packing(raw.read(2))
        with _opened(path, member, packed) as stream:
            head = stream.read(_SNIFF)
    except FileNotFoundError as error:
        raise declined("exchange.missing", path=path) from error
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError) as error:
        raise declined("exchange.unopened", error=str(error)) from error
    content = Content(path, "text", head, packed, member=member)
    if head.startswith(b"\xef\xbb\xbf"):
        content.bom = True
        content.head = head = head[3:]
    elif head.startswith((b"\xff\xfe", b"\xfe\xff")):
        content.encoding = "utf-16"
        content.bom = True
        content.head = head = head.decode("utf-16", errors="ignore").encode()
    elif len(head) >= 8 and not head.startswith(b"PK"):
        for encoding, zeros, letters in (
            ("utf-16-le", head[1::2], head[::2]),
            ("utf-16-be", head[::2], head[1::2]),
        ):
            if zeros.count(0) > 0.7 * len(zeros) and letters.count(0) == 0:
                content.encoding = encoding
                content.head = head = head.decode(encoding, errors="ignore").encode()
                break
    stripped = head.lstrip(b" \t\r\n")
    if not stripped:
        content.kind = "empty" if len(head) < _SNIFF or _is_blank(content) else "text"
    elif b"\x00" in head[:4096] or head.startswith(b"HEADER RECORD*******LIB"):
        content.kind = "binary"
    elif stripped.startswith(b"<"):
        content.kind = "xml"
    elif stripped.startswith((b"//", b"/*")) and b"{" in stripped:
        content.kind = "json"  # comments are no JSON: the parser says so, with the line
    elif stripped[:1] in b"{[":
        content.kind = "ndjson" if _several_documents(_two_lines(content, stripped)) else "json"
    return content


def _unpacked(stream: BinaryIO) -> bytes:
    """All of a stream of which nobody knows how long it is."""
    blocks: list[bytes] = []
    while block := stream.read(1 << 20):
        blocks.append(block)
        if len(blocks) > LARGEST_DOCUMENT >> 20:
            raise declined("exchange.too-large", size=LARGEST_DOCUMENT >> 20)
    return b"".join(blocks)


def _is_blank(content: Content) -> bool:
    """Whether nothing but blanks stands in a file; one that goes on being blank for long is not looked through to its end."""
    try:
        with content.open() as stream:
            for _ in range(_MOST_BLANK // _SNIFF):
                block = stream.read(_SNIFF)
                if block.strip(b" \t\r\n"):
                    return False
                if not block:
                    return True
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile) as error:
        raise declined("exchange.damaged", error=str(error)) from error
    return False


def check_lines(content: Content) -> None:
    """Do nothing for a text whose lines can be held in memory one by one.

    Raises
    ------
    Declined
        ``exchange.line-too-long`` with its number, ``exchange.damaged`` for a broken archive.
    """
    number, length = 1, 0
    try:
        with content.open() as stream:
            while block := stream.read(1 << 20):
                first = block.find(b"\n")
                longest = length + (len(block) if first < 0 else first)
                if longest > _LONGEST_ROW:
                    raise declined("exchange.line-too-long", line=number)
                number += block.count(b"\n")
                length = longest if first < 0 else len(block) - block.rfind(b"\n") - 1
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile) as error:
        raise declined("exchange.damaged", error=str(error)) from error


def _two_lines(content: Content, head: bytes) -> bytes:
    """Enough of a file to see a first line that is longer than the head, and what begins the second."""
    if b"\n" in head:
        return head
    with content.open() as stream:
        return stream.readline(_LARGEST_LINE) + stream.read(64)


def _several_documents(head: bytes) -> bool:
    first, separator, rest = head.lstrip(b" \t\r\n").partition(b"\n")
    if not separator or not first.rstrip().endswith(b"}"):
        return False
    try:
        orjson.loads(first)
    except orjson.JSONDecodeError:
        return False
    # a second document; or, behind the columns of a dataset, its first row
    return rest.lstrip(b" \t\r\n")[:1] in {b"{", b"["}


def xml_root(head: bytes) -> str:
    """The name of the root element, read without an XML parser: no entity is ever resolved."""
    at = 0
    while (at := head.find(b"<", at)) >= 0:
        for begin, end in ((b"<?", b"?>"), (b"<!--", b"-->")):
            if head.startswith(begin, at):
                at = head.find(end, at)
                break
        else:
            if not head.startswith(b"<!", at):
                break
            inside, close = head.find(b"[", at), head.find(b">", at)
            at = head.find(b"]", inside) if 0 <= inside < close else close
        if at < 0:
            return ""
    found = re.match(rb"<([A-Za-z_][\w:.-]*)([^>]*)", head[at:]) if at >= 0 else None
    if not found:
        return ""
    name = found[1].decode("ascii", "replace")
    return f"FHIR {name}" if re.search(rb"[\"']http://hl7\.org/fhir[\"']", found[2]) else name


def load_json(data: bytes, report: FileReport | None = None, position: str = "") -> Any:
    """Parse JSON strictly.

    Raises
    ------
    Declined
        ``json.malformed`` with line and column; ``json.encoding`` for bytes that are not UTF-8.
    """
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        try:
            data.decode("utf-8")
        except UnicodeDecodeError as bad:
            line = data.count(b"\n", 0, bad.start) + 1
            raise declined("json.encoding", line=line) from error
        raise declined(
            "json.malformed",
            line=error.lineno,
            column=error.colno,
            problem=error.msg,
            hint=_hint(data, error.pos),
        ) from error
    try:
        again = orjson.dumps(value)
    except TypeError as error:  # the writer gives up at 254 levels, far below what any record needs
        raise declined("json.too-deep") from error
    # what is written as a machine writes it, byte for byte, has no key twice; anything else is counted
    if report is not None and again != data.strip() and _may_repeat_keys(data, again):
        _report_repeated_keys(data, report, position)
    return value


def _hint(data: bytes, position: int) -> str:
    around = data.decode("utf-8", "replace")[max(0, position - 2) : position + 3]
    if "//" in around or "/*" in around:
        return " (comments are not allowed in JSON)"
    before = data.decode("utf-8", "replace")[:position].rstrip()
    if before.endswith(",") and around.strip()[-1:] in {"]", "}"}:
        return " (a comma too many)"
    return ""


_ESCAPED_COLON = re.compile(rb"\\u003[aA]")


def _may_repeat_keys(data: bytes, again: bytes) -> bool:
    """Whether a text may have a key twice that what was read of it has once.

    Every key takes a colon, and so does what stands in texts, on both sides alike: a key that another hides is missed in their number, unless
    a colon was written as an escape and stands for itself in what is written again.
    """
    return data.count(b":") != again.count(b":") or _ESCAPED_COLON.search(data) is not None


def _report_repeated_keys(data: bytes, report: FileReport, position: str) -> None:
    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        seen = dict(found)
        if len(seen) != len(found):
            names = [name for name, _ in found]
            for name in sorted({name for name in names if names.count(name) > 1}):
                report.find(
                    Severity.ERROR,
                    "json.duplicate-key",
                    f"the key {name!r} stands {names.count(name)} times in one object; only the last is seen",
                    position,
                    "write each key once",
                )
                report.lacking["value that another of the same key hides"] += 1
        return seen

    try:
        json.loads(data, object_pairs_hook=pairs)
    except (
        ValueError,
        RecursionError,
    ):  # orjson accepted it; a difference between parsers is no news for the user
        return
