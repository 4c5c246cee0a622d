"""The log in PostgreSQL: the same table, with rights and triggers that the server enforces.

The owner creates the schema once (:func:`initialise`); the record then connects as an application role that may INSERT
and SELECT and nothing else. Appending is one server function, one round trip, one transaction: it takes the study's
lock, reads the head, computes the hashes, inserts. Triggers refuse update, delete and truncate, also for the owner, and
refuse an insert that does not continue the chain, whoever makes it.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, cast
from urllib.parse import urlsplit

from proband.record.chain import GENESIS, chained
from proband.record.errors import Conflict, RecordError
from proband.record.events import Event, check_keys
from proband.terms.extras import missing

try:
    import psycopg
    from psycopg import sql
except ModuleNotFoundError as error:
    raise missing(error) from error

APP_ROLE = "proband_app"

_SCHEMA = """
CREATE SCHEMA IF NOT EXISTS proband;
CREATE TABLE IF NOT EXISTS proband.events (
    study text NOT NULL,
    seq   bigint NOT NULL,
    key   text NOT NULL,
    hash  bytea NOT NULL,
    body  bytea NOT NULL,
    seal  bytea,
    PRIMARY KEY (study, seq)
);
CREATE UNIQUE INDEX IF NOT EXISTS events_key ON proband.events (study, key);

CREATE OR REPLACE FUNCTION proband.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the log is append-only: % is refused', TG_OP; END $$;

CREATE OR REPLACE FUNCTION proband.check_chain() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE bad bigint;
BEGIN
    -- what stands before the first of the rows is looked up, once a study; coalesce asks for it nowhere else
    SELECT n.seq INTO bad
    FROM (SELECT study, seq, hash, body, lag(seq) OVER w AS before_seq, lag(hash) OVER w AS before_hash
          FROM inserted WINDOW w AS (PARTITION BY study ORDER BY seq)) n
    WHERE n.seq <> coalesce(n.before_seq, (SELECT e.seq FROM proband.events e WHERE e.study = n.study AND e.seq = n.seq - 1), 0) + 1
       OR n.hash <> sha256(coalesce(n.before_hash, (SELECT e.hash FROM proband.events e WHERE e.study = n.study AND e.seq = n.seq - 1),
                                    decode(repeat('00', 32), 'hex')) || n.body)
    LIMIT 1;
    IF bad IS NOT NULL THEN
        RAISE EXCEPTION 'event % does not continue the chain', bad;
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION proband.append(p_study text, p_expected bigint, p_keys text[], p_bodies bytea[],
                                          p_previous bytea, p_seal bytea, OUT first_seq bigint, OUT hashes bytea[])
LANGUAGE plpgsql SECURITY INVOKER AS $$
DECLARE previous bytea; body bytea; count bigint := array_length(p_keys, 1);
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('proband:' || p_study, 0));
    SELECT seq, hash INTO first_seq, previous FROM proband.events WHERE study = p_study ORDER BY seq DESC LIMIT 1;
    first_seq := coalesce(first_seq, 0);
    previous := coalesce(previous, decode(repeat('00', 32), 'hex'));
    IF first_seq < p_expected OR (first_seq = p_expected AND previous <> p_previous) THEN
        RAISE EXCEPTION 'replaced' USING ERRCODE = 'P0410';
    END IF;
    IF p_expected IS NOT NULL AND p_expected <> first_seq THEN
        RAISE EXCEPTION 'moved:%', first_seq USING ERRCODE = 'P0409';
    END IF;
    hashes := '{}';
    FOREACH body IN ARRAY p_bodies LOOP
        previous := sha256(previous || body);
        hashes := hashes || previous;
    END LOOP;
    INSERT INTO proband.events (study, seq, key, hash, body, seal)
    SELECT p_study, first_seq + n, k, h, b, CASE WHEN n = count THEN p_seal END
    FROM unnest(p_keys, hashes, p_bodies) WITH ORDINALITY AS t (k, h, b, n);
    first_seq := first_seq + 1;
END $$;

-- the same where the writer has made the chain already, from the head that it saw; the trigger reckons every link again
CREATE OR REPLACE FUNCTION proband.append(p_study text, p_expected bigint, p_keys text[], p_hashes bytea[], p_bodies bytea[],
                                          p_previous bytea, p_seal bytea) RETURNS void
LANGUAGE plpgsql SECURITY INVOKER AS $$
DECLARE there bigint; previous bytea; count bigint := array_length(p_keys, 1);
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('proband:' || p_study, 0));
    SELECT seq, hash INTO there, previous FROM proband.events WHERE study = p_study ORDER BY seq DESC LIMIT 1;
    there := coalesce(there, 0);
    IF there < p_expected OR (there = p_expected AND coalesce(previous, decode(repeat('00', 32), 'hex')) <> p_previous) THEN
        RAISE EXCEPTION 'replaced' USING ERRCODE = 'P0410';
    END IF;
    IF p_expected <> there THEN
        RAISE EXCEPTION 'moved:%', there USING ERRCODE = 'P0409';
    END IF;
    INSERT INTO proband.events (study, seq, key, hash, body, seal)
    SELECT p_study, there + n, k, h, b, CASE WHEN n = count THEN p_seal END
    FROM unnest(p_keys, p_hashes, p_bodies) WITH ORDINALITY AS t (k, h, b, n);
END $$;

-- the same for the ordinary case of one event, without arrays
CREATE OR REPLACE FUNCTION proband.append(p_study text, p_expected bigint, p_key text, p_body bytea,
                                          p_previous bytea, p_seal bytea, OUT new_seq bigint, OUT new_hash bytea)
LANGUAGE plpgsql SECURITY INVOKER AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('proband:' || p_study, 0));
    SELECT seq, hash INTO new_seq, new_hash FROM proband.events WHERE study = p_study ORDER BY seq DESC LIMIT 1;
    new_seq := coalesce(new_seq, 0);
    new_hash := coalesce(new_hash, decode(repeat('00', 32), 'hex'));
    IF new_seq < p_expected OR (new_seq = p_expected AND new_hash <> p_previous) THEN
        RAISE EXCEPTION 'replaced' USING ERRCODE = 'P0410';
    END IF;
    IF p_expected IS NOT NULL AND p_expected <> new_seq THEN
        RAISE EXCEPTION 'moved:%', new_seq USING ERRCODE = 'P0409';
    END IF;
    new_seq := new_seq + 1;
    new_hash := sha256(new_hash || p_body);
    INSERT INTO proband.events (study, seq, key, hash, body, seal) VALUES (p_study, new_seq, p_key, new_hash, p_body, p_seal);
END $$;
"""

#: the function that takes a commit with its chain
_CHAINED = "proband.append(text, bigint, text[], bytea[], bytea[], bytea, bytea)"

_TRIGGERS = """
CREATE OR REPLACE TRIGGER events_no_change BEFORE UPDATE OR DELETE ON proband.events
    FOR EACH STATEMENT EXECUTE FUNCTION proband.refuse_change();
CREATE OR REPLACE TRIGGER events_no_truncate BEFORE TRUNCATE ON proband.events
    FOR EACH STATEMENT EXECUTE FUNCTION proband.refuse_change();
CREATE OR REPLACE TRIGGER events_chain AFTER INSERT ON proband.events
    REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION proband.check_chain();
"""


def initialise(owner_url: str, *, app_role: str = APP_ROLE, password: str | None = None) -> None:
    """Create the schema, the triggers and the application role; run by the owner, safe to run again.

    Parameters
    ----------
    owner_url
        Connection of a role that may create schemas and roles.
    app_role
        The role that the record connects as: INSERT and SELECT on the events, and nothing else.
    password
        Of the application role; ``None`` leaves it to the server's own authentication (peer, certificate).

    Raises
    ------
    RecordError
        ``record.store.role`` for a role name that is no plain identifier.
    """
    if not re.fullmatch(r"[a-z_][a-z0-9_]{0,62}", app_role):
        raise RecordError("record.store.role", role=app_role)
    role = sql.Identifier(app_role)
    with errors_of_ours("the database"), psycopg.connect(owner_url) as db:
        db.execute("SELECT pg_advisory_xact_lock(7_001_001)")
        db.execute(cast(Any, _SCHEMA))
        db.execute(cast(Any, _TRIGGERS))
        if not db.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (app_role,)).fetchone():
            db.execute(sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE").format(role))
        if password is not None:
            db.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(role, sql.Literal(password)))
        db.execute(sql.SQL("REVOKE ALL ON proband.events FROM PUBLIC, {}").format(role))
        db.execute(sql.SQL("GRANT USAGE ON SCHEMA proband TO {}").format(role))
        db.execute(sql.SQL("GRANT INSERT, SELECT ON proband.events TO {}").format(role))


class PostgresStore:
    """Events in a PostgreSQL database, one chain per study; the connection is shared between threads behind a lock."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._lock = threading.RLock()
        self._db = self._connect()
        with errors_of_ours("the database"):
            excess = self._excess_rights()
        if excess:
            self._db.close()
            raise RecordError("record.store.rights", role=self._role, rights=excess, application=APP_ROLE)

    def _connect(self) -> psycopg.Connection[Any]:
        try:
            return psycopg.connect(self.url, autocommit=True, options="-c synchronous_commit=on")
        except psycopg.Error as error:
            parts = urlsplit(self.url)
            raise RecordError(
                "record.store.unreachable",
                host=parts.hostname,
                path=parts.path,
                error=(str(error).splitlines() or [type(error).__name__])[0],
            ) from error

    def _excess_rights(self) -> list[str]:
        row = self._db.execute(
            "SELECT current_user, to_regclass('proband.events')::text, to_regprocedure(%s) IS NOT NULL",
            (_CHAINED,),
        ).fetchone()
        self._role = row[0] if row else "?"
        #: whether the schema is of today; one that was made before reckons the chain of a commit itself
        self._takes_chains: bool = bool(row and row[2])
        if not row or row[1] is None:
            self._db.close()
            raise RecordError("record.store.empty")
        rights = ("UPDATE", "DELETE", "TRUNCATE")
        found = self._db.execute(
            "SELECT r FROM unnest(%s::text[]) r WHERE has_table_privilege('proband.events', r)",
            (list(rights),),
        ).fetchall()
        return [right for (right,) in found]

    def _live(self) -> psycopg.Connection[Any]:
        """The connection, made anew where the server closed the last one."""
        if self._db.closed:
            self._db = self._connect()
        return self._db

    def append(
        self,
        study: str,
        bodies: Sequence[bytes],
        keys: Sequence[str],
        *,
        expected: int | None = None,
        previous: bytes | None = None,
        seal: bytes | None = None,
    ) -> list[Event]:
        """See :meth:`proband.record.store.store.Store.append`."""
        if len(bodies) != len(keys) or not bodies:
            raise RecordError("record.store.append")
        check_keys(keys)
        if len(bodies) > 1 and expected is not None and previous is not None and self._takes_chains:
            hashes = list(chained(previous, bodies))
            with self._lock, errors_of_ours(study, expected):
                self._live().execute(
                    "SELECT proband.append(%b::text, %b::bigint, %b::text[], %b::bytea[], %b::bytea[], %b::bytea, %b::bytea)",
                    (study, expected, list(keys), hashes, list(bodies), previous, seal),
                )  # fmt: skip
            return _stored(expected + 1, hashes, bodies, seal)
        one = len(bodies) == 1
        with self._lock, errors_of_ours(study, expected):
            if one:
                row = self._live().execute(
                    "SELECT new_seq, new_hash FROM proband.append(%b::text, %b::bigint, %b::text, %b::bytea, %b::bytea, %b::bytea)",
                    (study, expected, keys[0], bodies[0], previous, seal), binary=True, prepare=True,
                ).fetchone()  # fmt: skip
            else:
                row = self._live().execute(
                    "SELECT first_seq, hashes FROM proband.append(%b::text, %b::bigint, %b::text[], %b::bytea[], %b::bytea, %b::bytea)",
                    (study, expected, list(keys), list(bodies), previous, seal), binary=True,
                ).fetchone()  # fmt: skip
        assert row is not None  # noqa: S101 - the function always returns one row
        first, found = row
        return _stored(first, [found] if one else found, bodies, seal)

    @contextmanager
    def exclusive(self, study: str) -> Iterator[None]:
        """See :meth:`proband.record.store.store.Store.exclusive`: the server lets the writers in one by one, in their order."""
        lock = "SELECT pg_advisory_{}(hashtextextended('proband:' || %s, 0))"
        with self._lock:
            with errors_of_ours(study):
                self._live().execute(lock.format("lock"), (study,))
            try:
                yield
            finally:
                # a connection that was lost has let go of it by itself
                if not self._db.closed:
                    with suppress(psycopg.Error):
                        self._db.execute(lock.format("unlock"), (study,))

    def head(self, study: str) -> tuple[int, bytes]:
        """See :meth:`proband.record.store.store.Store.head`."""
        row = self._one(
            "SELECT seq, hash FROM proband.events WHERE study = %s ORDER BY seq DESC LIMIT 1", study
        )
        return (row[0], row[1]) if row else (0, GENESIS)

    def _one(self, query: str, *values: Any) -> Any:
        with self._lock, errors_of_ours(values[0]):
            return self._live().execute(query, values, binary=True).fetchone()

    def rows(self, study: str, after: int = 0) -> Iterator[tuple[int, str, bytes, bytes]]:
        """See :meth:`proband.record.store.store.Store.rows`; a reading connection of its own, so that appends go on."""
        return self._stream("seq, key, hash, body", study, after)

    def seals(self, study: str, after: int = 0) -> Iterator[tuple[int, bytes]]:
        """See :meth:`proband.record.store.store.Store.seals`."""
        return (row for row in self._stream("seq, seal", study, after) if row[1] is not None)

    def _stream(self, columns: str, study: str, after: int) -> Iterator[Any]:
        """Columns (our own words) of the events after a number, over a connection of its own."""
        query = f"SELECT {columns} FROM proband.events WHERE study = %s AND seq > %s ORDER BY seq"  # noqa: S608
        # in pieces small enough to stay in the processor's cache, which the server sends on while the caller works
        size = 100 if psycopg.capabilities.has_stream_chunked() else 1
        with errors_of_ours(study), psycopg.connect(self.url) as db, db.cursor() as cursor:
            yield from cursor.stream(cast(Any, query), (study, after), binary=True, size=size)

    def events(self, study: str, after: int = 0) -> Iterator[Event]:
        """See :meth:`proband.record.store.store.Store.events`."""
        with self._lock, errors_of_ours(study):
            found = self._live().execute(
                "SELECT seq, hash, body, seal FROM proband.events WHERE study = %s AND seq > %s ORDER BY seq LIMIT 500",
                (study, after), binary=True,
            ).fetchall()  # fmt: skip
        for row in found:
            yield Event(*row)
        if len(found) == 500:
            for row in self._stream("seq, hash, body, seal", study, found[-1][0]):
                yield Event(*row)

    def event(self, study: str, seq: int) -> Event | None:
        """See :meth:`proband.record.store.store.Store.event`."""
        row = self._one(
            "SELECT seq, hash, body, seal FROM proband.events WHERE study = %s AND seq = %s", study, seq
        )
        return Event(*row) if row else None

    def by_key(self, study: str, key: str) -> Event | None:
        """See :meth:`proband.record.store.store.Store.by_key`."""
        row = self._one(
            "SELECT seq, hash, body, seal FROM proband.events WHERE study = %s AND key = %s", study, key
        )
        return Event(*row) if row else None

    def studies(self) -> list[str]:
        """See :meth:`proband.record.store.store.Store.studies`."""
        with self._lock, errors_of_ours("the database"):
            found = self._live().execute("SELECT DISTINCT study FROM proband.events ORDER BY study")
            return [row[0] for row in found]

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._db.close()


def _stored(first: int, hashes: Sequence[bytes], bodies: Sequence[bytes], seal: bytes | None) -> list[Event]:
    """The events of a commit, of which the last bears the seal."""
    events = list(map(Event, range(first, first + len(bodies)), hashes, bodies))
    events[-1] = events[-1]._replace(seal=seal)
    return events


@contextmanager
def errors_of_ours(study: str, expected: int | None = None) -> Iterator[None]:
    """Whatever the driver or the server raises, as an error of the record that says what to do."""
    try:
        yield
    except psycopg.errors.UniqueViolation as error:
        raise Conflict("record.conflict.idempotency", study=study, error=None) from error
    except psycopg.Error as error:
        first = (str(error).splitlines() or [type(error).__name__])[0]
        if error.sqlstate == "P0409":
            raise Conflict(
                "record.conflict.moved", study=study, expected=expected or 0, head=int(first.split(":")[1])
            ) from error
        if error.sqlstate == "P0410":
            raise RecordError("record.store.replaced", where=study) from error
        lost = isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
        raise RecordError("record.store.lost" if lost else "record.store.refused", error=first) from error
