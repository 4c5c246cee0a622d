"""The record of one study: takes commands, lets the gates judge, appends, folds, keeps heads.

>>> record = Record.create(folder, study="SCI-1", programme=view, custodian="sys-1")
>>> record.execute(Command("participant.refer", "S-0001", actor="dr-1", role="investigator", site="north"))
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from proband.record.appending import Clock, utc_now
from proband.record.commands import BY_EVENT, Command
from proband.record.commitments import commitments_of
from proband.record.errors import RecordError
from proband.record.executing import Executions, Receipt
from proband.record.folder import UNFINISHED, lay_out, read_settings
from proband.record.gates import GATES, Gate
from proband.record.heads import HeadFile, SigningKey
from proband.record.kept_bundle import handed_over
from proband.record.kept_texts import keys_ordered_gone
from proband.record.personal_keys import PersonalKeys
from proband.record.programme_view import ProgrammeView
from proband.record.snapshot import Snapshots
from proband.record.store import Store, is_url, open_store
from proband.record.vault import Keyring, Vault, is_contact, load_master_key

if TYPE_CHECKING:  # a record that is opened needs no bundle
    from proband.programme import Programme

#: on closing, a state that is so many events ahead of what was kept is kept
KEPT_ON_CLOSING = 500


class Record(Executions):
    """One study's record over a store; safe to share between threads, and between processes over the same store."""

    def __init__(
        self,
        store: Store,
        study: str,
        *,
        heads: HeadFile | None = None,
        key: SigningKey | None = None,
        vault: Vault | None = None,
        people: PersonalKeys | None = None,
        clock: Clock = utc_now,
        gates: Mapping[str, Gate] = GATES,
        folder: Path | None = None,
    ) -> None:
        super().__init__(store, study, heads, gates, key, clock, vault, people)
        self.folder = folder
        self.listen(self._heed_erasures)
        #: the recovery key, known to whoever has just begun the record and to nobody else
        self.recovery: SigningKey | None = None

    # opening

    @classmethod
    def create(
        cls,
        folder: Path,
        *,
        study: str,
        programme: Programme | ProgrammeView,
        custodian: str,
        store: str | None = None,
        mirror: Path | str | None = None,
        clock: Clock = utc_now,
    ) -> Record:
        """Create a record in a new folder and open the study.

        Parameters
        ----------
        folder
            Keys, heads, vault and, without ``store``, the SQLite log go here.
        study
            The study's identifier.
        programme
            The version in force: a loaded bundle, which the record keeps whole; or only the parts by which it judges
            (:func:`proband.record.programme_view.view_of`), whose hash is then taken as told, and so are those of all versions after it.
        custodian
            Who opens sites and grants roles.
        store
            URL of a PostgreSQL database that ``initialise`` has prepared; ``None``: SQLite in the folder.
        mirror
            A second folder, best on another disk, or an address (``https://…``) that takes PUT requests: it gets a copy of every head.

        Raises
        ------
        RecordError
            ``record.exists`` where the folder already holds a record.
        """
        lay_out(folder, study, store, mirror=mirror)
        record = cls.open(folder, clock=clock)
        record.recovery = SigningKey.generate()
        record.open_study(programme, custodian)
        return record

    @classmethod
    def open(cls, folder: Path, *, clock: Clock = utc_now) -> Record:
        """Open a record's folder and read its log.

        Raises
        ------
        RecordError
            ``record.absent`` where there is none; ``record.log.broken``, ``record.log.cut``, ``record.log.rewritten`` or
            ``record.log.unsealed`` where the log is not the one that its heads speak of, or nobody's door let its end in;
            ``record.restore.unfinished`` where a backup was being restored into it, and was not to its end.
        """
        if (folder / UNFINISHED).exists():
            raise RecordError("record.restore.unfinished", folder=folder)
        return cls.reopen(folder, clock=clock)

    @classmethod
    def reopen(cls, folder: Path, *, clock: Clock = utc_now) -> Record:
        """Open a folder into which a backup is being restored; see :meth:`open`, which everybody else calls."""
        settings = read_settings(folder)
        place = settings["store"]
        key = SigningKey.load(folder / "keys" / "head.key")
        vault = Vault(
            folder / "vault.db",
            Keyring(folder / "keyring.db", load_master_key(folder / "keys" / "master.key")),
        )
        study = settings["study"]
        record = cls(
            open_store(place if is_url(place) else folder / place), study,
            heads=HeadFile(folder / "heads" / f"{study}.jsonl", mirror=settings.get("mirror")), key=key, vault=vault,
            people=PersonalKeys(folder / "keys" / "persons"), clock=clock, folder=folder,
        )  # fmt: skip
        record.snapshots = Snapshots(folder / "state.db", record.store, study, key, record.tell)
        record.begin_from_snapshot()
        record.catch_up()
        record.compare_with_heads()
        record.settle()
        return record

    def settle(self) -> None:
        """Finish what a process that died in between left undone: holds not yet placed, keys not yet destroyed."""
        with self._lock:
            if self.state.seq:
                self._place_holds({"site": "*", "offset": "+00:00"})
            self._destroy_erased()

    def _heed_erasures(self, seq: int, body: dict[str, Any]) -> None:
        """Destroy what another door has erased, as soon as its event is read here."""
        declared = BY_EVENT.get(body["event"])
        if declared is not None and declared.erases:
            self._note(self._destroy_erased)

    def _destroy_erased(self) -> None:
        """Destroy the keys of those who were erased, and the single texts that were; what is gone already is left alone."""
        vault = self.texts.vault
        for erased in self.state.erased:
            person = self.state.participants[erased]
            for name in keys_ordered_gone(person):
                if not vault.keyring.is_erased(name):
                    vault.erase(name)
            # contact data of an earlier version lie with identity
            for field in vault.fields(person.id):
                if is_contact(field):
                    vault.drop(person.id, field)
        for seq in self.state.texts_erased:
            event = self.event(seq)
            declared = BY_EVENT.get(event.body["event"]) if event is not None else None
            if event is not None and declared is not None:
                vault.forget(name for name, _, traced in commitments_of(event.body, declared) if not traced)
        # a vault that came out of a backup is older than its keys
        vault.forget_again()

    def close(self) -> None:
        """Write a last head and close everything; a head that cannot be written is noted, for all events are stored."""
        with self._lock:
            try:
                if self.state.seq:
                    self._note(self.sign_head)
                    if self._foreign is None:
                        self._note(self._keep_if_due, KEPT_ON_CLOSING)
            finally:
                self.store.close()
                if self.snapshots is not None:
                    self.snapshots.leave()
                if self.heads is not None:
                    self.heads.close()
                if self.vault is not None:
                    self.vault.close()

    def __enter__(self) -> Record:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def open_study(self, programme: Programme | ProgrammeView, custodian: str) -> Receipt:
        """The first event."""
        view, bundle = handed_over(programme)
        instance = uuid.uuid4().hex
        command = Command(
            "study.open", self.study,
            {"programme": view.model_dump(mode="json"), "bundle": bundle, "custodian": custodian, "instance": instance,
             "key": self._offer(instance, custodian), "device": self.key.public.hex() if self.key else "",
             "recovery": self.recovery.public.hex() if self.recovery else ""},
            actor=custodian, role="custodian", site="*",
        )  # fmt: skip
        return self.execute(command)
