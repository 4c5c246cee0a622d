"""Texts along a log: every commitment is to the text that lies in the vault, or that text was erased by an event."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from proband.record.commands import BY_EVENT
from proband.record.commitments import SINCE_VERSION, commitments_of
from proband.record.kept_texts import KeptTexts, keys_ordered_gone
from proband.record.state import State
from proband.record.vault import Keyring, Vault, VaultError, load_master_key


def texts_in(folder: Path, study: str) -> KeptTexts | None:
    """The texts of a record's folder; ``None`` where vault, keyring or master key are not there to be read."""
    if not (folder / "vault.db").is_file() or not (folder / "keyring.db").is_file():
        return None
    try:
        master = load_master_key(folder / "keys" / "master.key")
        return KeptTexts(study, Vault(folder / "vault.db", Keyring(folder / "keyring.db", master)))
    except (VaultError, sqlite3.Error, OSError):
        return None


@dataclass(slots=True)
class TextCheck:
    """Takes events in order; says at the end what became of their texts."""

    texts: KeptTexts
    #: up to which event this log was copied from a backup: who was erased after that, only the keys that were kept know
    copied: int = 0
    whole: int = 0
    erased: int = 0
    elsewhere: int = 0
    faults: list[tuple[int, str]] = field(default_factory=list)
    #: event and key of what is gone, and whether the keyring remembers that it was erased alone; and events whose text was never here
    _gone: list[tuple[int, str, bool]] = field(default_factory=list)
    _absent: list[int] = field(default_factory=list)

    def take(self, seq: int, body: Mapping[str, Any]) -> None:
        """Look at the texts of one event."""
        declared = BY_EVENT.get(body["event"])
        if declared is None or type(body.get("v")) is not int or body["v"] < SINCE_VERSION:
            return
        for name, key, _ in commitments_of(body, declared):
            try:
                found = self.texts.vault.text(name)
            except VaultError as error:
                if error.code == "record.vault.erased":
                    alone = self.texts.vault.keyring.is_forgotten(bytes.fromhex(name))
                    self._gone.append((seq, self.texts.vault.holder(name) or "", alone))
                else:
                    self.faults.append((seq, f"a text of event {seq} in the vault is not what was put there"))
                continue
            if found is None:
                self._absent.append(seq)
            elif found.key == key and found.belongs(self.texts.study):
                self.whole += 1
            else:
                self.faults.append(
                    (seq, f"a text of event {seq} in the vault is not the one that was signed")
                )

    def found(self, state: State) -> Iterator[tuple[int, str]]:
        """What does not hold, after the last event: what is gone must have been erased, what is not here must lie at another door."""
        yield from self.faults
        told = {name for person in state.erased for name in keys_ordered_gone(state.participants[person])}
        for seq, holder, alone in self._gone:
            elsewhere = seq <= self.copied and (alone or self.texts.vault.keyring.is_erased(holder))
            if holder in told or seq in state.texts_erased or elsewhere:
                self.erased += 1
            else:
                yield seq, f"a text of event {seq} is gone from the vault, and no event erased it"
        doors = sum(key.kind == "device" for key in state.keys.values())
        for seq in self._absent:
            if doors > 1:
                self.elsewhere += 1
            else:
                yield seq, f"a text of event {seq} is missing from the vault"
