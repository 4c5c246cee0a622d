"""The folder of a record: settings, keys, the log where it is SQLite, heads, vault; laid out once, never over another."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson

from proband.record.errors import RecordError
from proband.record.heads import SigningKey, trust
from proband.record.permissions import make_folder, write_private
from proband.record.store import open_store
from proband.record.url_mirror import checked_address, is_address
from proband.record.vault import new_master_key

SETTINGS = "record.json"
#: lies in a folder while a backup is restored into it: without the word that it is a copy nobody opens it
UNFINISHED = "restoring"
#: what names files of heads and subjects of events, and leads nowhere
_STUDY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._=&-]{0,63}")


def lay_out(folder: Path, study: str, store: str | None, *, mirror: Path | str | None = None) -> None:
    """Make a new folder for the record of a study: settings, keys, and an empty log.

    Parameters
    ----------
    folder, study, store, mirror
        As for :meth:`proband.record.record.Record.create`.

    Raises
    ------
    RecordError
        ``record.exists`` where there is a record, a log of the study, or keys already; ``record.store.password`` for a URL
        that holds one; ``record.mirror.address`` for a mirror that cannot be one.
    """
    check_study(study)
    if (folder / SETTINGS).exists():
        raise RecordError("record.exists", folder=folder)
    if store is not None and urlsplit(store).password:
        raise RecordError("record.store.password")
    if mirror is not None and is_address(mirror):
        checked_address(str(mirror))
    make_folder(folder)
    log = open_store(store or folder / "events.db", create=True)
    taken = log.head(study)[0]
    log.close()
    if taken or (folder / "keys" / "head.key").exists():
        raise RecordError("record.taken", study=study, folder=folder)
    key = SigningKey.generate()
    key.save(folder / "keys" / "head.key")
    new_master_key(folder / "keys" / "master.key")
    trust(folder / "heads" / "trusted.json", key.public)
    write_settings(folder, study, store, mirror=mirror)


def write_settings(folder: Path, study: str, store: str | None, *, mirror: Path | str | None = None) -> None:
    """Write the settings of a record's folder."""
    settings = {"format": 1, "study": study, "store": store or "events.db"}
    if mirror is not None:
        settings["mirror"] = (
            checked_address(str(mirror)) if is_address(mirror) else str(Path(mirror).absolute())
        )
    write_private(folder / SETTINGS, orjson.dumps(settings, option=orjson.OPT_INDENT_2))


def check_study(study: object) -> str:
    """The identifier of a study, if it is one: a name, never a path.

    Raises
    ------
    RecordError
        ``record.study`` otherwise.
    """
    if not isinstance(study, str) or not _STUDY.fullmatch(study):
        raise RecordError("record.study", study=study)
    return study


def read_settings(folder: Path) -> dict[str, Any]:
    """The settings of a record's folder.

    Raises
    ------
    RecordError
        ``record.absent`` or ``record.settings``.
    """
    path = folder / SETTINGS
    if not path.is_file():
        raise RecordError("record.absent", folder=folder)
    try:
        settings: dict[str, Any] = orjson.loads(path.read_bytes())
        check_study(settings["study"])
        settings["store"]
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise RecordError("record.settings", path=path) from error
    return settings
