"""A forecast that is handed over in a browser: who may, what is refused, sealed once however often it is sent, and what is kept of it."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from proband.programme import load, locate

from .conftest import PASSWORD
from .staged import Stage, on_stage, sealed_forecast


def test_a_forecast_is_handed_over_signed_once_and_told_when_it_is_no_forecast(
    house: Any, browsing: Any, tmp_path: Path
) -> None:
    staff = {"stat-1": ("statistician", "*"), "dr-9": ("investigator", "alpha")}
    programme = load(locate("mitochondria-hpdl"))
    roles = {role.id: role for role in programme.head.roles}
    sealing = next(
        name
        for name, role in roles.items()
        if any(one in ("forecast.seal", "forecast.*") for one in role.may)
    )
    other = next(
        name
        for name, role in roles.items()
        if not any(one in ("forecast.seal", "forecast.*") for one in role.may)
    )
    staff = {"stat-1": (sealing, "*"), "dr-9": (other, "alpha")}
    stage = Stage(tmp_path / "r", "FC-1", programme, staff, datetime(2026, 3, 2, 8, tzinfo=UTC))
    with on_stage(house, stage, list(roles)):
        client, content = browsing("stat-1"), sealed_forecast(stage)
        folder = stage.record.folder / "registry" / "handed-over"

        def send(what: bytes | None, **said: str) -> Any:
            files = {} if what is None else {"file": SimpleUploadedFile("f.json", what, "application/json")}
            return client.post("/forecast/", {"as": f"{sealing}@alpha", **said, **files})

        def kept() -> list[str]:
            return sorted(one.name for one in folder.iterdir()) if folder.exists() else []

        assert browsing("dr-9").get("/forecast/").status_code == 403
        assert browsing("dr-9").post("/forecast/", {}).status_code == 403
        before = stage.state.seq
        forged = content.replace(b"made up for a test", b"made up for a rest", 1)
        for wrong in (None, b"", b"{}", b"no forecast", b"\x00" * 2000, forged, b"[" * 5000):
            answer = send(wrong)
            assert 400 <= answer.status_code < 500, wrong
            assert "record.forecast." in answer.content.decode() or "forecast." in answer.content.decode()
        assert kept() == [], "what is none is not kept"
        assert stage.state.seq == before
        (key,) = re.findall(r'name="key" value="([0-9a-f]{32})"', client.get("/forecast/").content.decode())
        waits = [send(content, key=key)["Location"] for _ in range(2)]
        assert waits[0] == waits[1], "struck twice, it waits once"
        done = client.post(waits[0], {"password": PASSWORD})
        assert done.status_code == 200, "what is told once is told on a page of its own"
        assert len(stage.state.forecasts) == 1
        again = send(content, key=key)
        assert again.status_code == 409
        assert "registry.again" in again.content.decode()
        assert send(content, key=uuid.uuid4().hex).status_code in (302, 409, 422)
        assert len(stage.state.forecasts) == 1
        stage.holds()
