"""Harm and death: reported, judged by two people, sent within every clock."""

from __future__ import annotations

from datetime import timedelta

from proband.showcase.hospital.stage import Script, Stage


def dying(stage: Stage) -> int:
    """The one who dies in the script: the first of the comparison group to be allocated (nobody who was given cells)."""
    care = [
        p for p in stage.record.state.participants.values() if p.arm and stage.view.arm[p.arm].regimen is None
    ]
    return int(min(care, key=lambda p: p.allocation_index or 0).id[2:]) if care else 0


def death(stage: Stage, person: str, site: str) -> None:
    """A death in the comparison group: judged by two, reported by every clock, kept in the flow."""
    day = stage.now[:10]
    stage.do("investigator", "adverse-event.report", person, {
        "event": f"AE-{person}", "term": "pulmonary embolism (simulated)", "grade": 5, "serious": True, "expected": False, "onset": day, "aware_on": day,
    }, site=site)  # fmt: skip
    for role in ("investigator", "harvest-physician"):
        stage.do(
            role,
            "adverse-event.judge",
            f"AE-{person}",
            {"related": False, "why": "never given a product (simulated)"},
            site=site,
        )
    stage.do(
        "investigator",
        "participant.die",
        person,
        {"when": day, "cause": "pulmonary embolism (simulated)"},
        site=site,
    )
    report(stage, person, site)
    stage.happened(f"{person}: dies; reported within the clocks; stays in the denominator")


def harm(stage: Stage, person: str, site: str) -> Script:
    """A serious, unexpected event in one treated person: two people judge, the clocks run, the report goes out in time."""
    day = stage.now[:10]
    name = f"AE-{person}"
    stage.do("bedside-nurse", "adverse-event.report", person, {
        "event": name, "term": "headache with fever, one night in hospital (simulated)", "grade": 3, "serious": True, "expected": False,
        "onset": day, "aware_on": day,
    }, site=site)  # fmt: skip
    stage.do(
        "injecting-physician",
        "adverse-event.judge",
        name,
        {"related": True, "why": "follows the puncture (simulated)"},
        site=site,
    )
    stage.do(
        "investigator",
        "adverse-event.judge",
        name,
        {"related": False, "why": "a cold in the ward (simulated)"},
        site=site,
    )
    yield timedelta(days=4)
    report(stage, person, site)
    stage.happened(
        f"{person}: serious event; two people judge and differ, so it counts as related; reported within the clocks"
    )


def report(stage: Stage, person: str, site: str) -> None:
    """Send the reports that somebody's event asks for to each authority and board whose clock runs."""
    for task in list(stage.record.state.tasks.values()):
        if task.kind == "report" and task.subject == person and task.done is None:
            stage.do(
                "investigator",
                "adverse-event.submit",
                f"AE-{person}",
                {"clock": task.id.rpartition(":")[2], "to": task.about[:60], "on": stage.now[:10]},
                site=site,
            )
