"""Where events are kept: an embedded SQLite file, or PostgreSQL; one way in, a few ways to read, none to change."""

from __future__ import annotations

from proband.record.store.store import Store, is_url, open_store

__all__ = ["Store", "is_url", "open_store"]
