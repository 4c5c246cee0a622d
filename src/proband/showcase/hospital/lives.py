"""One simulated life, from referral to year two."""

from __future__ import annotations

from datetime import timedelta

from proband.showcase.hospital.bedside import give
from proband.showcase.hospital.harms import death, dying
from proband.showcase.hospital.products import fail, make, release, treatable
from proband.showcase.hospital.stage import Script, Stage
from proband.showcase.hospital.visits import consent, examine, reconsent, screen


def participant(stage: Stage, index: int) -> Script:
    """One life, from referral to year two; ``yield`` lets time pass."""
    person, site = f"S-{index:02d}", "east" if index % 3 == 0 else "north"
    state = stage.record.state
    stage.do("investigator", "participant.refer", person, site=site)
    yield timedelta(days=2)
    if index == 5:
        missing = screen(stage, person, site, lacking="injury_on_mri")
        stage.happened(
            f"{person}: screening needs data ({'; '.join(missing)}); unknown is not no, and not yes"
        )
        yield timedelta(days=6)
    screen(stage, person, site)
    yield timedelta(days=1)
    consent(stage, person, site)
    stage.do(
        "investigator",
        "participant.enrol",
        person,
        {"number": state.participants[person].number},
        site=site,
    )
    yield timedelta(days=1)
    if any(visit.id == "baseline" for visit in stage.view.schedule.visits):
        examine(stage, person, site, "baseline")
    stratum = {
        factor.factor: factor.levels[index % len(factor.levels)] for factor in stage.view.allocation.strata
    }
    stage.do("investigator", "participant.allocate", person, {"stratum": stratum}, site=site)
    allocated = stage.clock[0]
    arm = stage.view.arm[state.participants[person].arm or ""]
    due = [(allocated + timedelta(days=round(month * 30.42)), month, visit) for month, visit in ((6, "month-6"), (12, "month-12"), (24, "month-24"))]  # fmt: skip
    if arm.regimen is not None:
        # visits count from allocation in both arms: one that falls due between two injections is not put off until the last
        for wait in treatment(stage, person, site, arm.regimen, index):
            end = stage.clock[0] + wait
            while due and due[0][0] <= end:
                yield max(due[0][0] - stage.clock[0], timedelta(0))
                if not _seen(stage, person, site, due.pop(0)[2]):
                    return
            yield max(end - stage.clock[0], timedelta(0))
    for at, month, visit in due:
        yield max(at - stage.clock[0], timedelta(0))
        if arm.regimen is None and index == dying(stage) and month == 12 and not state.participants[person].ended:  # fmt: skip
            death(stage, person, site)
            return
        if not _seen(stage, person, site, visit):
            return


def _seen(stage: Stage, person: str, site: str, visit: str) -> bool:
    """Examine somebody at a visit; False where nobody may, because they have ended or withdrew."""
    found = stage.record.state.participants[person]
    if found.ended or {"contact", "data"} & found.withdrawn.keys():
        return False
    reconsent(stage, person, site)
    examine(stage, person, site, visit)
    return True


def treatment(stage: Stage, person: str, site: str, regimen: str, index: int) -> Script:
    """Harvest, make, release and give the injections of the regimen."""
    rule = stage.view.regimen[regimen]
    yield timedelta(days=7)
    coi = f"COI-{index:02d}K{opaque_tail(index)}"
    stage.do("harvest-physician", "therapy.open", person, {"coi": coi, "regimen": regimen}, site=site)
    bags: list[str] = []
    for harvest in (1, 2):
        din = f"DIN-{index:02d}-{harvest}"
        if harvest == 2:
            reconsent(stage, person, site)
        stage.do(
            "harvest-physician",
            "product.collect",
            person,
            {"coi": coi, "din": din, "wristband": person, "material": "bone marrow"},
            site=site,
        )
        yield timedelta(days=1)
        batch = f"B{index:02d}-{harvest}"
        yield from make(stage, batch, coi, din)
        if not stage.sterility_failed and treatable(stage) >= 2:
            stage.sterility_failed = True
            fail(stage, batch, person)
            yield timedelta(days=14)
            continue
        bags = yield from release(stage, batch, coi, rule.administrations or 1, rule.route.value, site)
        break
    yield from give(stage, person, site, coi, bags, regimen)


def opaque_tail(index: int) -> str:
    """A stable opaque-looking tail for the demonstration's identifiers."""
    return f"{(index * 7919) % 9973:04d}"
