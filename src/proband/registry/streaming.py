"""Tables that are carried away whole: row by row from a file, so that a long one takes no more memory than a short one.

The rows are those of one event: they are put into a nameless file while nobody in this process appends, and sent from it at the pace of whoever reads.
Texts of the vault are put in as a row is sent; in the file stand their commitments. Rows are counted before the first is sent, and a running hash over
what was sent says at the other end whether all of it came, and, where somebody goes on from row N, whether their N rows still are the first N.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date
from hashlib import sha256
from itertools import islice
from tempfile import TemporaryFile
from typing import Any

import orjson
from django.conf import settings

from proband.record import Record
from proband.record.projection import row_by_row
from proband.record.seeing import sees_row
from proband.registry.acting import ActingPerson
from proband.registry.reading import NotShown, Row, check_table


class SpooledTable:
    """The rows of a table that a person may see, as of one event."""

    def __init__(
        self, record: Record, person: ActingPerson, name: str, today: date, of: str | None = None, wanted: Callable[[Row], bool] | None = None
    ) -> None:  # fmt: skip
        """Put the rows aside.

        Raises
        ------
        NotShown, RecordError
            As :func:`proband.registry.reading.rows_for`.
        """
        check_table(person, name)
        self._record, self._wanted = record, wanted
        folder = settings.PROBAND_RECORD / "registry"
        # a record that was just restored, or whose accounts stand elsewhere, has no such folder yet
        folder.mkdir(mode=0o700, exist_ok=True)
        # it is closed when its rows were sent, and gone then
        self._file = TemporaryFile(dir=folder)  # noqa: SIM115
        self.columns: list[str] = []
        count = 0
        with record.reading() as state:
            self.as_of = state.seq
            for row in row_by_row(state, name, today, of):
                if sees_row(state, person, row):
                    self.columns = self.columns or list(row)
                    self._file.write(orjson.dumps(row) + b"\n")
                    count += 1
        # what is looked for may stand in a text, which is not in the file
        self.count = count if wanted is None else sum(1 for _ in self._rows())

    def _rows(self) -> Iterator[Row]:
        self._file.seek(0)
        for line in self._file:
            row: Row = self._record.texts.revealed(orjson.loads(line))
            if self._wanted is None or self._wanted(row):
                yield row

    def __iter__(self) -> Iterator[Row]:
        """Each row once; the file is gone afterwards."""
        with closing(self._file):
            yield from self._rows()

    def lines(self, after: int = 0, known: str | None = None, *, tells: bool = True) -> Iterator[bytes]:
        """The rows from after so many on, as JSON one a line; the last line counts all of them and gives the hash of all their lines.

        Parameters
        ----------
        after
            So many rows somebody has already.
        known
            The SHA-256 of the lines that they have, in hexadecimal.
        tells
            Whether the last line names the event as of which the rows are.

        Raises
        ------
        NotShown
            ``registry.rows.changed`` where what they have is no longer the beginning of the table: at once, and not while it is sent.
        """
        held, rows = sha256(), self._rows()
        for row in islice(rows, min(after, self.count)):
            held.update(_line(row))
        if known is not None and (after > self.count or held.hexdigest() != known.lower()):
            self._file.close()
            raise NotShown("registry.rows.changed", after=after)
        return self._sent(rows, held, tells)

    def _sent(self, rows: Iterator[Row], held: Any, tells: bool) -> Iterator[bytes]:
        with closing(self._file):
            for row in rows:
                line = _line(row)
                held.update(line)
                yield line
            end = {"rows": self.count, "sha256": held.hexdigest(), "as_of": self.as_of if tells else None}
            yield json.dumps(end).encode() + b"\n"


def _line(row: Row) -> bytes:
    return json.dumps(row, ensure_ascii=False).encode() + b"\n"
