"""Sealing: one changed byte anywhere, a file more or less, a forged signature: each is found and named."""

from __future__ import annotations

import base64
import json
import shutil
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from proband.programme import SealError, load, seal, verify
from proband.programme.sealing import new_key, public_text, read_key

MINIMAL = Path(__file__).parent.parent / "bundles" / "minimal"
KEY = Ed25519PrivateKey.generate()


@pytest.fixture
def sealed(tmp_path: Path) -> Path:
    folder = Path(shutil.copytree(MINIMAL, tmp_path / "bundle"))
    seal(folder, KEY)
    return folder


def test_an_untouched_bundle_holds(sealed: Path) -> None:
    report = verify(sealed, public_key=public_text(KEY.public_key()))
    assert report.holds
    assert report.hash == load(sealed).hash


@pytest.mark.parametrize(
    "file", sorted(p.relative_to(MINIMAL).as_posix() for p in MINIMAL.rglob("*") if p.is_file())
)
def test_one_changed_byte_in_any_file_is_named(sealed: Path, file: str) -> None:
    path = sealed / file
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0x01
    path.write_bytes(bytes(data))
    report = verify(sealed)
    assert not report.holds
    assert f"{file} was changed after sealing" in report.findings


def test_a_comment_changes_the_bytes_but_not_the_meaning(sealed: Path) -> None:
    before = load(sealed).hash
    path = sealed / "safety.yaml"
    path.write_text(path.read_text() + "# a remark\n")
    assert load(sealed).hash == before
    assert verify(sealed).findings == ("safety.yaml was changed after sealing",)


def test_added_and_removed_files_are_named(sealed: Path) -> None:
    (sealed / "consent" / "extra.md").write_text("more\n")
    (sealed / "evidence" / "sources.yaml").rename(sealed / "evidence" / "other.yaml")
    findings = verify(sealed).findings
    assert "consent/extra.md was added after sealing" in findings
    assert "evidence/sources.yaml was removed after sealing" in findings


def test_forged_signature_and_other_signer(sealed: Path) -> None:
    path = sealed / "seal.json"
    body = json.loads(path.read_text())
    body["signed_at"] = "2020-01-01T00:00:00+00:00"
    path.write_text(json.dumps(body))
    assert any("signature does not belong" in finding for finding in verify(sealed).findings)
    seal(sealed, Ed25519PrivateKey.generate())
    report = verify(sealed, public_key=public_text(KEY.public_key()))
    assert any("not by the expected key" in finding for finding in report.findings)


def test_missing_and_broken_seals_are_refused(sealed: Path) -> None:
    (sealed / "seal.json").write_text("{}")
    with pytest.raises(SealError, match="is not a seal"):
        verify(sealed)
    (sealed / "seal.json").unlink()
    with pytest.raises(SealError, match="does not exist"):
        verify(sealed)


def test_keys_are_private_and_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    public = new_key(path)
    assert path.stat().st_mode & 0o077 == 0
    assert public_text(read_key(path).public_key()) == public
    assert len(base64.b64decode(public)) == 32
    with pytest.raises(SealError, match="exists already"):
        new_key(path)
    (tmp_path / "no.pem").write_text("nothing")
    with pytest.raises(SealError, match="no private key"):
        read_key(tmp_path / "no.pem")
