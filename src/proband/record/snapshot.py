"""Snapshots: what a log amounted to at one of its events, kept beside it, so that opening need not judge every event again.

A snapshot is believed only as far as it can be checked: signed by this door's own key, of this study and instance, made by these very rules, of an
event that the log still has with this hash, every page with its own digest. Whatever does not hold is not used, and said; then the log is folded anew.
Verification, and the rebuilding of tables, never read one. It is written after the events that it covers are stored: it may lag, and never leads.
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import fields
from hashlib import sha256
from itertools import islice
from pathlib import Path
from secrets import randbelow
from typing import Any

import orjson

from proband.record.chain import GENESIS, link
from proband.record.errors import RecordError
from proband.record.fold import fold_all
from proband.record.heads import SigningKey
from proband.record.keys import PublicKey
from proband.record.noun_codec import UnknownShape, decode, encode
from proband.record.paged import ABSENT, PagedDict, PagedList, glances
from proband.record.pages import PageDamaged, PageReader, PageWriter, Shape, connect, is_ours, prepare
from proband.record.rules_version import rules_version
from proband.record.state import State
from proband.record.store import Store
from proband.record.undo import apart

FORMAT = "proband-snapshot-3"
_DOMAIN = FORMAT.encode() + b"\0"
#: so many events before a snapshot are hashed again when it is opened: an end that was tampered with is seen at once
HASHED_AGAIN = 1000
#: and so many older ones in a row, drawn by lot at each opening: what nobody has read for years is looked at as well, now and then
DRAWN = 5000
#: a snapshot of another process that is further behind than this is written anew
FAR = 1 << 15
#: so many events are held in memory while a long log is folded
SPILLED = 1 << 15
#: tables that grow with the record; everything else of a state is read at once
DICTIONARIES = (
    "participants", "therapies", "collections", "products", "labels", "kits", "adverse_events", "queries", "tasks", "lots", "corrected", "invalid", "differs",
    "deviations", "decisions", "refused", "tasks_of", "programmes", "bundles",
    "first_events", "locked_content", "looks",
)  # fmt: skip
LISTS = ("kinds", "subjects")
PAGED = (*DICTIONARIES, *LISTS)
#: of what each table has digests, in the order in which :class:`~proband.record.pages.Shape` and the file have them
_DIGESTED = ("pages", "buckets", "fronts")


#: what reading raises where something is not as it was written: no JSON is a ``ValueError``, an unknown shape a ``TypeError``
UNREADABLE = (PageDamaged, LookupError, TypeError, ValueError)


class SnapshotUnused(Exception):
    """Why a snapshot is not used, in words."""


class SnapshotBase:
    """The tables of a snapshot. A page that is damaged makes it fold the log anew up to its event, and go on from that."""

    def __init__(self, pages: PageReader, anew: Callable[[str], State]) -> None:
        self.pages = pages
        self._anew = anew
        self.whole: State | None = None

    def _folded_anew(self, why: str) -> State:
        if self.whole is None:
            # in the middle of a trial, perhaps: what is made here is no part of it
            with apart():
                self.whole = self._anew(why)
        return self.whole

    def _asked(self, read: Callable[[], Any], instead: Callable[[State], Any]) -> Any:
        if self.whole is None:
            try:
                return read()
            except UNREADABLE as error:
                self._folded_anew(str(error))
        return instead(self.whole or self._folded_anew("it was damaged before"))

    def value(self, table: str, key: Any) -> Any:
        """See :class:`proband.record.paged.Base`."""
        return self._asked(
            lambda: self.pages.value(table, key), lambda whole: getattr(whole, table).get(key, ABSENT)
        )

    def count(self, table: str) -> int:
        """See :class:`proband.record.paged.Base`."""
        return self.pages.shapes[table].entries

    def keys(self, table: str) -> Iterator[Any]:
        """See :class:`proband.record.paged.Base`."""
        return (key for key, _ in self._entries(table, lambda value: None))

    def items(self, table: str) -> Iterator[tuple[Any, Any]]:
        """See :class:`proband.record.paged.Base`; of a list its elements with their places."""
        if table in LISTS:
            return self._elements(table)
        return self._entries(table, decode)

    def _elements(self, table: str) -> Iterator[tuple[int, Any]]:
        """The elements of a list with their places, each page read once."""
        given = 0
        if self.whole is None:
            try:
                for page in range(len(self.pages.shapes[table].pages)):
                    for element in map(decode, self.pages.page(table, page)):
                        yield given, element
                        given += 1
                return
            except UNREADABLE as error:
                self._folded_anew(str(error))
        whole = self.whole or self._folded_anew("it was damaged before")
        yield from enumerate(islice(getattr(whole, table), given, self.count(table)), start=given)

    def _entries(self, table: str, read: Callable[[Any], Any]) -> Iterator[tuple[Any, Any]]:
        given = 0
        if self.whole is None:
            try:
                for key, raw in self.pages.entries(table):
                    value = read(raw)
                    yield key, value
                    given += 1
                return
            except UNREADABLE as error:
                self._folded_anew(str(error))
        whole = self.whole or self._folded_anew("it was damaged before")
        yield from list(getattr(whole, table).items())[given:]

    def parts(self, table: str, keys: Iterable[Any], names: tuple[str, ...]) -> dict[Any, tuple[Any, ...]]:
        """See :class:`proband.record.paged.Base`."""
        asked = list(keys)
        found: dict[Any, tuple[Any, ...]] = self._asked(
            lambda: self.pages.parts(table, asked, names),
            lambda whole: glances(getattr(whole, table), asked, names),
        )
        return found

    def element(self, table: str, place: int) -> Any:
        """See :class:`proband.record.paged.Base`."""
        return self._asked(
            lambda: self.pages.element(table, place), lambda whole: getattr(whole, table)[place]
        )


class Snapshots:
    """The snapshot of one record at one door.

    Parameters
    ----------
    path
        The file.
    store, study
        The log.
    key
        This door's key: it signs, and no other key's signature counts.
    told
        Told in words why a snapshot was not used or not written.
    """

    def __init__(
        self, path: Path, store: Store, study: str, key: SigningKey, told: Callable[[str], None]
    ) -> None:
        self.path = path
        self.store = store
        self.study = study
        self.key = key
        self.told = told
        self._base: SnapshotBase | None = None
        #: the head of the snapshot over which the state lies, and of one that was not used
        self._said = b""
        self._unused: Any = None

    def close(self) -> None:
        """Close the file."""
        if self._base is not None:
            self._base.pages.close()
            self._base = None

    def leave(self) -> None:
        """Write no more; a state that somebody still has goes on reading its pages, which are closed with it."""
        self._base = None

    def discard(self) -> None:
        """Throw the snapshot away."""
        self.close()
        self._said, self._unused = b"", None
        for name in ("", "-wal", "-shm"):
            self.path.with_name(self.path.name + name).unlink(missing_ok=True)

    def load(self) -> State | None:
        """The state at the snapshot's event; ``None`` where there is no snapshot, or none that can be used (then it is told why)."""
        if not self.path.is_file():
            return None
        try:
            return self._load()
        except SnapshotUnused as error:
            why = str(error)
        except (*UNREADABLE, sqlite3.Error, OSError, RecordError) as error:
            why = f"it is damaged ({str(error)[:200]})"
        self.told(f"the snapshot was not used, the log was folded anew: {why}")
        return None

    def _load(self) -> State:
        db = connect(self.path)
        try:
            # from here to the end of the transaction the file is what it was now, whoever writes it meanwhile
            db.execute("BEGIN")
            if not is_ours(db):
                raise SnapshotUnused("it is no file that this program wrote")
            said, signature, rest = db.execute("SELECT said, signature, rest FROM head").fetchone() or (
                b"",
                b"",
                b"",
            )
            digests = db.execute("SELECT tab, pages, buckets, fronts FROM digests").fetchall() if said else []
            self._unused = said
            head = self._checked(said, signature)
            if sha256(rest).hexdigest() != head["rest"]:
                raise PageDamaged("the part that is read at once is not the one that was written")
            self._of_this_log(head)
            state = self._state(db, head, rest, {row[0]: row[1:] for row in digests})
        except BaseException:
            db.close()
            raise
        self._said, self._unused = said, None
        return state

    def _checked(self, said: Any, signature: Any) -> dict[str, Any]:
        """What the head says, where this door signed it, of this study and by these rules."""
        if (
            type(said) is not bytes
            or type(signature) is not bytes
            or not PublicKey("ed25519", self.key.public).signed(_DOMAIN + said, signature)
        ):
            raise SnapshotUnused("this door did not sign it")
        head: dict[str, Any] = orjson.loads(said)
        if head["format"] != FORMAT:
            raise SnapshotUnused(f"it is of another format ({head['format']})")
        if head["study"] != self.study:
            raise SnapshotUnused(f"it is of another record ({head['study']})")
        if head["rules"] != rules_version():
            raise SnapshotUnused("it was made by other rules")
        return head

    def _of_this_log(self, head: dict[str, Any]) -> None:
        """Whether the log has this event with this hash; the events before it, and some older ones by lot, must be chained to one another."""
        seq, digest = head["seq"], bytes.fromhex(head["hash"])
        first = max(1, seq - HASHED_AGAIN)
        if first <= DRAWN:
            first = 1
        else:
            drawn = 1 + randbelow(first - DRAWN)
            self._chained(drawn, drawn + DRAWN)
        if self._chained(first, seq) != digest:
            raise SnapshotUnused(f"the log has another event {seq}")

    def _chained(self, first: int, last: int) -> bytes | None:
        """The hash of an event, where the log has it, and all from ``first`` on are chained to the one before."""
        previous = GENESIS if first == 1 else None
        for event in self.store.events(self.study, max(0, first - 2)):
            if event.seq > last:
                break
            if previous is not None and link(previous, event.raw) != event.hash:
                raise SnapshotUnused(f"the log is not chained at event {event.seq}")
            previous = event.hash
            if event.seq == last:
                return previous
        return None

    def _state(
        self,
        db: sqlite3.Connection,
        head: dict[str, Any],
        rest: bytes,
        digests: dict[str, tuple[bytes, bytes, bytes]],
    ) -> State:
        shapes = {}
        for name in PAGED:
            said = head["tables"][name]
            written = dict(zip(_DIGESTED, digests[name], strict=True))
            if any(sha256(written[part]).hexdigest() != said[part] for part in _DIGESTED):
                raise PageDamaged(f"the digests of {name} are not those that were written")
            shapes[name] = Shape(said["entries"], said["places"], *map(_split, written.values()))
        seq = head["seq"]
        base = SnapshotBase(PageReader(db, shapes), lambda why: self._anew(seq, why))
        state = State(study=self.study)
        for name, value in orjson.loads(rest).items():
            setattr(state, name, decode(value))
        for name in DICTIONARIES:
            setattr(state, name, PagedDict(base, name))
        for name in LISTS:
            setattr(state, name, PagedList(base, name))
        if state.seq != seq or state.hash.hex() != head["hash"] or state.instance != head["instance"]:
            raise PageDamaged("its parts are of different events")
        if sorted(state.programmes) != head["programmes"]:
            raise PageDamaged("its programmes are not those that it names")
        self.close()
        self._base = base
        return state

    def _anew(self, seq: int, why: str) -> State:
        self.told(f"the snapshot was damaged, the log was folded anew: {why}")

        def before() -> Iterator[Any]:
            for event in self.store.events(self.study):
                if event.seq > seq:
                    return
                yield event

        return fold_all(before(), self.study)

    def write(self, state: State) -> bool:
        """Keep a state, and let it lie there: its tables are read from the file from now on, and the same state goes on over them.

        Returns
        -------
        bool
            ``False`` where it could not be kept, and why was told; the state is what it was.
        """
        try:
            db = prepare(self.path)
            try:
                with _transaction(db):
                    if self._somebody_else_keeps(db, state):
                        return False
                    said = self._write(db, state)
                # nobody of us reads what was there before: what was written goes into the file itself, and its journal begins anew
                self.close()
                with suppress(sqlite3.Error):
                    db.execute("PRAGMA wal_checkpoint(PASSIVE)")
            finally:
                db.close()
            kept = self._load()
        except SnapshotUnused as error:
            self.told(f"the snapshot that was written is not used: {error}")
            return False
        except (PageDamaged, UnknownShape, sqlite3.Error, OSError, TypeError, RecordError) as error:
            self.told(f"the snapshot could not be written: {str(error)[:200]}")
            return False
        if self._said != said:
            # another process of this door was quicker; what it kept is not this state
            self.told("another process wrote a snapshot")
            return False
        for name in PAGED:
            setattr(state, name, getattr(kept, name))
        return True

    def _somebody_else_keeps(self, db: sqlite3.Connection, state: State) -> bool:
        """Whether another process of this door keeps the snapshot: two that wrote over each other would each write all of it."""
        said, signature = db.execute("SELECT said, signature FROM head").fetchone() or (b"", b"")
        if said in (self._said, self._unused) or (self._base is not None and self._base.whole is not None):
            return False
        try:
            head = self._checked(said, signature)
        except (SnapshotUnused, orjson.JSONDecodeError, LookupError, TypeError):
            return False
        return bool(head["instance"] == state.instance and head["seq"] + FAR >= state.seq)

    def _write(self, db: sqlite3.Connection, state: State) -> bytes:
        found = db.execute("SELECT said FROM head").fetchone()
        base = self._base
        usable = base is not None and base.whole is None and found is not None and found[0] == self._said
        if usable:
            usable = all(getattr(getattr(state, name), "base", None) is base for name in PAGED)
        writer = PageWriter(db, base.pages if usable and base is not None else None)
        for name in PAGED:
            writer.write(name, getattr(state, name))
        rest = orjson.dumps(
            {one.name: encode(getattr(state, one.name)) for one in fields(State) if one.name not in PAGED}
        )
        tables = {}
        for name, shape in writer.shapes.items():
            digests = {part: b"".join(getattr(shape, part)) for part in _DIGESTED}
            db.execute("INSERT OR REPLACE INTO digests VALUES (?, ?, ?, ?)", (name, *digests.values()))
            tables[name] = {
                "entries": shape.entries, "places": shape.places, **{part: sha256(one).hexdigest() for part, one in digests.items()},
            }  # fmt: skip
        head = {
            "format": FORMAT, "study": self.study, "instance": state.instance, "seq": state.seq, "hash": state.hash.hex(),
            "programmes": sorted(state.programmes), "rules": rules_version(), "rest": sha256(rest).hexdigest(), "tables": tables,
        }  # fmt: skip
        said = orjson.dumps(head)
        db.execute(
            "INSERT OR REPLACE INTO head VALUES (1, ?, ?, ?)", (said, self.key.sign_raw(_DOMAIN + said), rest)
        )
        return said


@contextmanager
def spilling(store: Store, study: str) -> Iterator[Callable[[State], None]]:
    """For folding a long log from nothing in bounded memory: what was not asked for lately lies in a file that is this run's alone.

    The function that it gives is called after each event; its key is made for this run and thrown away, so that nothing that was written before it is
    ever read.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        told: list[str] = []
        snapshots = Snapshots(Path(folder) / "state.db", store, study, SigningKey.generate(), told.append)
        kept = 0

        def spill(state: State) -> None:
            nonlocal kept
            if state.seq - kept >= SPILLED:
                kept = state.seq
                snapshots.write(state)

        try:
            yield spill
        finally:
            snapshots.close()


@contextmanager
def _transaction(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        with suppress(sqlite3.Error):
            db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def _split(digests: bytes) -> list[bytes]:
    return [digests[place : place + 32] for place in range(0, len(digests), 32)]
