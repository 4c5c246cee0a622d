"""Personal data: encrypted per person, gone with the key, also from a backup."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from proband.record.vault import Keyring, Vault, VaultError, load_master_key, new_master_key


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    master = new_master_key(tmp_path / "keys" / "master.key")
    return Vault(tmp_path / "vault.db", Keyring(tmp_path / "keyring.db", master))


def test_what_is_stored_is_read_back_and_not_in_the_file(vault: Vault) -> None:
    vault.put("S-1", "name", "Synthetic Example")
    vault.put("S-1", "birth-date", "1980-02-03")
    assert vault.get("S-1", "name") == "Synthetic Example"
    assert vault.fields("S-1") == ["birth-date", "name"]
    assert b"Synthetic" not in vault.path.read_bytes()


def test_erasure_is_final_also_in_a_restored_backup_and_an_older_keyring(
    vault: Vault, tmp_path: Path
) -> None:
    vault.put("S-1", "name", "Synthetic One")
    vault.put("S-2", "name", "Synthetic Two")
    vault.copy_to(tmp_path / "backup.db")
    key = vault.keyring.key("S-1")
    wrapped = vault.keyring._db.execute("SELECT wrapped FROM keys WHERE subject = 'S-1'").fetchone()[0]
    vault.erase("S-1")
    assert wrapped not in vault.keyring.path.read_bytes()
    assert key not in vault.keyring.path.read_bytes()
    restored = Vault(tmp_path / "backup.db", vault.keyring)
    with pytest.raises(VaultError, match="erased") as refused:
        restored.get("S-1", "name")
    assert refused.value.code == "record.vault.erased"
    assert restored.get("S-2", "name") == "Synthetic Two"
    with pytest.raises(VaultError, match="erased"):
        vault.put("S-1", "name", "again")


def test_swapped_ciphertexts_do_not_open(vault: Vault) -> None:
    vault.put("S-1", "name", "One")
    vault.put("S-1", "address", "Two")
    vault._db.execute(
        "UPDATE sealed SET box = (SELECT box FROM sealed WHERE field = 'address') WHERE field = 'name'"
    )
    with pytest.raises(VaultError) as refused:
        vault.get("S-1", "name")
    assert refused.value.code == "record.vault.changed"


def test_the_master_key_is_private_and_must_be_the_right_one(
    vault: Vault, tmp_path: Path, monkeypatch
) -> None:
    path = tmp_path / "keys" / "master.key"
    assert os.stat(path).st_mode & 0o077 == 0
    assert len(load_master_key(path)) == 32
    vault.put("S-1", "name", "One")
    other = Vault(tmp_path / "vault.db", Keyring(tmp_path / "keyring.db", bytes(32)))
    with pytest.raises(VaultError, match="master key"):
        other.get("S-1", "name")
    monkeypatch.setenv("PROBAND_MASTER_KEY", "zz")
    with pytest.raises(VaultError, match="master key"):
        load_master_key(path)
