"""Tables of the state in a file of pages: what each page must be is held by whoever reads it, so that the file need not be believed.

A table has pages of entries in the order in which they came, and an index, buckets of keys by hash with the place of each, so that "there is no such
entry" is as provable as an entry is. Of tables of which a few fields of very many entries are asked for at once, those fields lie by themselves too, in
fronts, one for each page: a recall need not read everything that is known of ten thousand people. The digest of every page, bucket and front is known
beforehand (:class:`Shape`); one that does not have it is damaged.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import orjson

from proband.record.noun_codec import UnknownShape, all_decoded, decode, encode, fields_of, parts
from proband.record.paged import ABSENT, PagedDict, PagedList
from proband.record.permissions import claim

#: entries on a page, elements of a list on a page, and keys in a bucket before the index is spread wider
PAGE, ELEMENTS, BUCKET = 8, 512, 64
#: no page is longer, and none longer is read
MOST_BYTES = 1 << 26
#: pages that are kept as read
KEPT = 512
#: the fields that lie in fronts, by table
FRONTS: Mapping[str, tuple[str, ...]] = {
    "participants": ("number", "site"),
    "products": ("coi", "participant", "status", "administered_at", "place"),
}

_SCHEMA = (
    "CREATE TABLE head (one INTEGER PRIMARY KEY CHECK (one = 1), said BLOB NOT NULL, signature BLOB NOT NULL, rest BLOB NOT NULL)",
    "CREATE TABLE digests (tab TEXT PRIMARY KEY, pages BLOB NOT NULL, buckets BLOB NOT NULL, fronts BLOB NOT NULL)",
    "CREATE TABLE pages (tab TEXT, page INTEGER, body BLOB NOT NULL, PRIMARY KEY (tab, page))",
)


class PageDamaged(Exception):
    """A page that is not the one that was written, or cannot be read."""


@dataclass(slots=True)
class Shape:
    """A table: its live entries, the places ever given, and the digests of its pages, of its index's buckets and of its fronts, where it has them."""

    entries: int = 0
    places: int = 0
    pages: list[bytes] = field(default_factory=list)
    buckets: list[bytes] = field(default_factory=list)
    fronts: list[bytes] = field(default_factory=list)


def connect(path: Path) -> sqlite3.Connection:
    """Open a file of pages; one whose tables are not exactly ours is emptied by :func:`prepare`, and damaged for everybody else.

    Raises
    ------
    PageDamaged
        Where it is no such file.
    """
    try:
        db = sqlite3.connect(path, isolation_level=None, timeout=30.0, check_same_thread=False)
        db.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MOST_BYTES + 4096)
        db.execute("PRAGMA trusted_schema = OFF")
        db.execute("PRAGMA journal_mode = WAL")
        # a crash of the machine may take the newest pages: then the file is older, or damaged, and says so
        db.execute("PRAGMA synchronous = NORMAL")
    except sqlite3.Error as error:
        raise PageDamaged(str(error)) from error
    return db


def is_ours(db: sqlite3.Connection) -> bool:
    """Whether the file has our tables and nothing else: no view and no trigger that somebody put in."""
    found = db.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name").fetchall()
    return sorted(row[0] for row in found) == sorted(_SCHEMA)


def prepare(path: Path) -> sqlite3.Connection:
    """Open a file of pages for writing, a new one in place of whatever is no such file."""
    for turn in (0, 1):
        claim(path)
        try:
            db = connect(path)
            if not db.execute("SELECT 1 FROM sqlite_master").fetchone():
                for statement in _SCHEMA:
                    db.execute(statement)
            if is_ours(db):
                return db
            db.close()
        except (PageDamaged, sqlite3.Error):
            pass
        if turn == 0:
            for name in ("", "-wal", "-shm"):
                path.with_name(path.name + name).unlink(missing_ok=True)
    raise PageDamaged(f"{path.name} cannot be written")


def key_text(key: Any) -> str:
    """A key as it stands in the index."""
    return key if type(key) is str and key[:1] != "\0" else "\0" + orjson.dumps(encode(key)).decode()


def _text_of(key: Any) -> str | None:
    """A key as it stands in the index; ``None`` for one that no state holds."""
    try:
        text = key_text(key)
        text.encode()
    except (UnknownShape, UnicodeError, TypeError):
        return None
    return text


def bucket_of(text: str, buckets: int) -> int:
    """In which of so many buckets (a power of two) a key stands."""
    return int.from_bytes(sha256(text.encode()).digest()[:4], "big") & (buckets - 1)


class PageReader:
    """Pages as they were when the file was opened: others may write it meanwhile."""

    def __init__(self, db: sqlite3.Connection, shapes: dict[str, Shape]) -> None:
        self.shapes = shapes
        self._db = db
        self._lock = threading.RLock()
        self._kept: dict[tuple[str, int], Any] = {}

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def __del__(self) -> None:
        with suppress(sqlite3.Error):
            self._db.close()

    def _read(self, table: str, page: int, digest: bytes, *, keep: bool = True) -> Any:
        with self._lock:
            found = self._kept.get((table, page))
            if found is not None:
                return found
            try:
                row = self._db.execute(
                    "SELECT body FROM pages WHERE tab = ? AND page = ?", (table, page)
                ).fetchone()
            except sqlite3.Error as error:
                raise PageDamaged(str(error)) from error
            if row is None or type(row[0]) is not bytes or sha256(row[0]).digest() != digest:
                raise PageDamaged(f"page {page} of {table} is not the one that was written")
            found = orjson.loads(row[0])
            if not keep:
                return found
            while len(self._kept) >= KEPT:
                self._kept.pop(next(iter(self._kept)))
            self._kept[table, page] = found
            return found

    def page(self, table: str, page: int) -> list[Any]:
        """The entries of a page as JSON; what was taken out is ``None``."""
        found: list[Any] = self._read(table, page, self.shapes[table].pages[page])
        return found

    def bucket(self, table: str, bucket: int) -> dict[str, int]:
        """The keys of a bucket with their places."""
        found: dict[str, int] = self._read(table + "?", bucket, self.shapes[table].buckets[bucket])
        return found

    def place(self, table: str, key: Any) -> int | None:
        """The place of a key; ``None`` where there is no such entry."""
        buckets = len(self.shapes[table].buckets)
        if not buckets:
            return None
        text = _text_of(key)
        return None if text is None else self.bucket(table, bucket_of(text, buckets)).get(text)

    def value(self, table: str, key: Any) -> Any:
        """See :class:`proband.record.paged.Base`."""
        place = self.place(table, key)
        return ABSENT if place is None else decode(self.page(table, place // PAGE)[place % PAGE][1])

    def parts(self, table: str, keys: Iterable[Any], names: tuple[str, ...]) -> dict[Any, tuple[Any, ...]]:
        """See :class:`proband.record.paged.Base`: first the index, bucket by bucket, then the pages in their order, and nothing is kept of them."""
        shape = self.shapes[table]
        asked: dict[int, list[tuple[str, Any]]] = {}
        for key in keys:
            text = _text_of(key)
            if text is not None and shape.buckets:
                asked.setdefault(bucket_of(text, len(shape.buckets)), []).append((text, key))
        places = []
        for number, wanted in asked.items():
            bucket = self._read(table + "?", number, shape.buckets[number], keep=False)
            places += [(bucket[text], key) for text, key in wanted if text in bucket]
        found: dict[Any, tuple[Any, ...]] = {}
        front = FRONTS.get(table) == names
        name, digests = (table + "!", shape.fronts) if front else (table, shape.pages)
        for page, entries in groupby(sorted(places, key=itemgetter(0)), lambda one: one[0] // PAGE):
            content = self._read(name, page, digests[page], keep=False)
            if front:
                for place, key in entries:
                    found[key] = all_decoded(content[place % PAGE])
            else:
                found.update((key, parts(content[place % PAGE][1], names)) for place, key in entries)
        return found

    def entries(self, table: str, first: int = 0) -> Iterator[tuple[Any, Any]]:
        """Every entry from a page on as (key, JSON)."""
        for page in range(first, len(self.shapes[table].pages)):
            yield from ((decode(one[0]), one[1]) for one in self.page(table, page) if one is not None)

    def element(self, table: str, place: int) -> Any:
        """See :class:`proband.record.paged.Base`."""
        return decode(self.page(table, place // ELEMENTS)[place % ELEMENTS])


class PageWriter:
    """Writes the tables of a state into a file: the pages of what can have changed, or all where there is nothing to build on."""

    def __init__(self, db: sqlite3.Connection, old: PageReader | None) -> None:
        self._db = db
        self._old = old
        self.shapes: dict[str, Shape] = {}
        if old is None:
            db.execute("DELETE FROM pages")

    def _put(self, table: str, page: int, content: Any, before: bytes = b"") -> bytes:
        body = orjson.dumps(content)
        if len(body) > MOST_BYTES:
            raise UnknownShape(f"a page of {table} has {len(body)} bytes")
        if sha256(body).digest() == before:
            return before
        self._db.execute("INSERT OR REPLACE INTO pages VALUES (?, ?, ?)", (table, page, body))
        return sha256(body).digest()

    def _put_page(self, table: str, shape: Shape, number: int, content: list[Any]) -> None:
        """Write a page of entries that is new or changed, and its front where the table has them."""
        before = b"".join(shape.pages[number : number + 1])
        shape.pages[number : number + 1] = [self._put(table, number, content, before)]
        names = FRONTS.get(table)
        if names:
            before = b"".join(shape.fronts[number : number + 1])
            front = [None if one is None else fields_of(one[1], names) for one in content]
            shape.fronts[number : number + 1] = [self._put(table + "!", number, front, before)]

    def write(self, table: str, entries: Any) -> None:
        """Write one table."""
        if self._old is None:
            self.shapes[table] = (
                self._elements_anew(table, entries)
                if isinstance(entries, list)
                else self._anew(table, entries)
            )
        elif isinstance(entries, PagedList):
            self.shapes[table] = self._more_elements(table, entries, self._old)
        else:
            self.shapes[table] = self._changed(table, entries, self._old)

    def _elements_anew(self, table: str, elements: Iterable[Any]) -> Shape:
        shape, page = Shape(), []
        for one in elements:
            page.append(encode(one))
            if len(page) == ELEMENTS:
                shape.pages.append(self._put(table, len(shape.pages), page))
                shape.places += len(page)
                page = []
        if page:
            shape.pages.append(self._put(table, len(shape.pages), page))
        shape.places += len(page)
        shape.entries = shape.places
        return shape

    def _more_elements(self, table: str, elements: PagedList[Any], old: PageReader) -> Shape:
        before = old.shapes[table]
        shape = Shape(before.entries, before.places, list(before.pages))
        held = [encode(one) for one in elements.held()]
        while held:
            page, filled = divmod(shape.places, ELEMENTS)
            content = list(old.page(table, page)) if filled and page < len(before.pages) else []
            more, held = held[: ELEMENTS - filled], held[ELEMENTS - filled :]
            digest = self._put(table, page, content + more)
            shape.pages[page:] = [digest]
            shape.places += len(more)
        shape.entries = shape.places
        return shape

    def _anew(self, table: str, entries: Any) -> Shape:
        shape, page = Shape(), []
        index: dict[str, int] = {}
        pairs = entries.browse() if isinstance(entries, PagedDict) else entries.items()
        for key, value in pairs:
            index[key_text(key)] = shape.places
            page.append([encode(key), encode(value)])
            shape.places += 1
            if len(page) == PAGE:
                self._put_page(table, shape, len(shape.pages), page)
                page = []
        if page:
            self._put_page(table, shape, len(shape.pages), page)
        shape.entries = len(index)
        self._spread(table, shape, index.items())
        return shape

    def _spread(self, table: str, shape: Shape, index: Iterable[tuple[str, int]]) -> None:
        """Write the whole index."""
        count = 1
        while count * BUCKET < 2 * shape.entries:
            count *= 2
        buckets: list[dict[str, int]] = [{} for _ in range(count)]
        for text, place in index:
            buckets[bucket_of(text, count)][text] = place
        shape.buckets = [self._put(table + "?", number, bucket) for number, bucket in enumerate(buckets)]

    def _changed(self, table: str, entries: PagedDict[Any, Any], old: PageReader) -> Shape:
        before = old.shapes[table]
        shape = Shape(
            before.entries, before.places, list(before.pages), list(before.buckets), list(before.fronts)
        )
        pages: dict[int, list[Any]] = {}
        moved: dict[str, int | None] = {}

        def page_of(place: int) -> list[Any]:
            number = place // PAGE
            if number not in pages:
                pages[number] = list(old.page(table, number)) if number < len(before.pages) else []
            return pages[number]

        for key in entries.gone:
            place = old.place(table, key)
            if place is not None:
                page_of(place)[place % PAGE] = None
                moved[key_text(key)] = None
                shape.entries -= 1
        for key, value in entries.held():
            place = None if key in entries.gone else old.place(table, key)
            if place is None:
                place = shape.places
                page_of(place).append(None)
                moved[key_text(key)] = place
                shape.places += 1
                shape.entries += 1
            page_of(place)[place % PAGE] = [encode(key), encode(value)]
        for number in sorted(pages):
            self._put_page(table, shape, number, pages[number])
        self._index(table, shape, moved, old)
        return shape

    def _index(self, table: str, shape: Shape, moved: dict[str, int | None], old: PageReader) -> None:
        """Bring the index up to what moved, spread wider where it has become too full."""
        if not shape.buckets or shape.entries > 2 * BUCKET * len(shape.buckets):
            whole = {
                text: place
                for number in range(len(shape.buckets))
                for text, place in old.bucket(table, number).items()
            }
            whole.update(moved)  # type: ignore[arg-type]
            self._spread(table, shape, ((text, place) for text, place in whole.items() if place is not None))
            return
        touched: dict[int, dict[str, int]] = {}
        for text, place in moved.items():
            number = bucket_of(text, len(shape.buckets))
            bucket = touched.setdefault(number, dict(old.bucket(table, number)))
            if place is None:
                bucket.pop(text, None)
            else:
                bucket[text] = place
        for number, bucket in touched.items():
            shape.buckets[number] = self._put(table + "?", number, bucket)
