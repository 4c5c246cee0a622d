"""A substantial amendment in the middle of the run: everybody migrates, consent is asked anew."""

from __future__ import annotations

import shutil
import tempfile
from datetime import timedelta
from pathlib import Path

from proband.programme import Programme, diff, load, locate
from proband.record.kept_bundle import handed_over
from proband.showcase.hospital.stage import BUNDLE, Script, Stage


def amendment(stage: Stage) -> Script:
    """A substantial amendment: adopted once, everybody migrates one by one, consent is asked anew where the text changed."""
    amended = amended_bundle()
    changes = diff(stage.programme, amended)
    view, lines = handed_over(amended)
    stage.do("custodian", "programme.adopt", stage.record.study, {
        "programme": view.model_dump(mode="json"), "bundle": lines, "amends": stage.record.state.programme, "kind": changes.kind,
        "changes": [str(change)[:500] for change in changes.changes] or ["version"],
    }, reason="amendment (simulated)", also=("investigator",), site="north")  # fmt: skip
    # from here on people are screened by the criteria of the new version
    stage.programme = amended
    moved = 0
    for person in list(stage.record.state.participants.values()):
        if not person.ended and "data" not in person.withdrawn and "contact" not in person.withdrawn:
            stage.do(
                "custodian",
                "participant.migrate",
                person.id,
                {"from_programme": person.programme, "to_programme": stage.record.state.programme},
            )
            moved += 1
    asked = sum(
        1 for task in stage.record.state.tasks.values() if task.kind == "reconsent" and task.done is None
    )
    stage.happened(f"amendment {amended.version}: {moved} people migrate, {asked} are asked for consent anew")
    yield timedelta(0)


def amended_bundle() -> Programme:
    """The bundle as amended in the script: the same files, a new version, a verdict that holds a week longer."""
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / BUNDLE
        shutil.copytree(locate(BUNDLE), copy)
        head = copy / "programme.yaml"
        text = head.read_text(encoding="utf-8")
        changed = text.replace("version: 1.0.0", "version: 1.1.0", 1).replace(
            "verdict_valid_for: {value: 28", "verdict_valid_for: {value: 35", 1
        )
        if changed.count("1.1.0") != 1 or "{value: 35" not in changed:
            raise ValueError("the bundle no longer has the lines that the script amends")
        head.write_text(changed, encoding="utf-8")
        return load(copy)
