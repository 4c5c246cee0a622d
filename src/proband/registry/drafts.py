"""Drafts of examinations: what one person has entered of one participant and has not recorded yet.

A draft holds answers of an instrument and nothing else: what does not read as an answer is not kept, so no free text ever lies here. It is its writer's
alone, goes when it is recorded or left, after :data:`KEPT_DAYS`, and when the participant's data were erased, through whatever door.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from django.db import transaction

from proband.instruments.instrument import Instrument
from proband.record import Record, State
from proband.registry.acting import ActingPerson
from proband.registry.event_names import name_of
from proband.registry.examining import ANSWER, UNIT, WHY_NOT, read_answers
from proband.registry.models import ExaminationDraft

#: so long a draft is kept (design choice: longer than a visit's late window is seldom, and what is older is better asked again)
KEPT_DAYS = 30
#: what is kept beside the answers: codes, days and numbers
ENVELOPE = ("visit", "on", "variant", "as", "key", "seen")
_LONGEST = 120


def keep_draft(
    person: str, participant: str, instrument: Instrument, corrects: int, posted: Mapping[str, str]
) -> ExaminationDraft:
    """Keep what was entered so far, in the place of the draft before; what does not read as an answer is left out."""
    _, faults = read_answers(instrument, posted)
    said = {name: posted.get(name, "").strip()[:_LONGEST] for name in ENVELOPE}
    for name in instrument.item_names:
        for before in (ANSWER, UNIT, WHY_NOT):
            value = posted.get(f"{before}{name}", "").strip()
            if value and name not in faults:
                said[f"{before}{name}"] = value
    with transaction.atomic():
        draft: ExaminationDraft
        draft, _ = ExaminationDraft.objects.update_or_create(
            person=person, participant=participant, instrument=instrument.id, corrects=corrects,
            defaults={"said": said},
        )  # fmt: skip
    return draft


def draft_of(
    state: State, person: str, participant: str, instrument: str, corrects: int
) -> ExaminationDraft | None:
    """One's own draft, where it still counts."""
    forget_stale(state)
    found: ExaminationDraft | None = ExaminationDraft.objects.filter(
        person=person, participant=participant, instrument=instrument, corrects=corrects
    ).first()
    return found


def drafts_of(state: State, person: str) -> list[ExaminationDraft]:
    """All drafts of one person, the newest first."""
    forget_stale(state)
    return list(ExaminationDraft.objects.filter(person=person).order_by("-at"))


def named(record: Record, person: ActingPerson, drafts: list[ExaminationDraft]) -> list[ExaminationDraft]:
    """The drafts, each with what the event that it puts right is called to that person."""
    for one in drafts:
        one.named = name_of(record, person, one.corrects) if one.corrects else ""
    return drafts


def leave_draft(person: str, participant: str, instrument: str, corrects: int) -> None:
    """It is recorded, or nobody wants it."""
    ExaminationDraft.objects.filter(
        person=person, participant=participant, instrument=instrument, corrects=corrects
    ).delete()


def forget_stale(state: State) -> None:
    """What is too old goes, and whatever is about somebody whose data were erased."""
    ExaminationDraft.objects.filter(at__lt=datetime.now(UTC) - timedelta(days=KEPT_DAYS)).delete()
    named = set(ExaminationDraft.objects.values_list("participant", flat=True).distinct())
    gone = [
        name
        for name in named
        if (one := state.participants.get(name)) is not None and (one.erased or one.texts_erased)
    ]
    if gone:
        ExaminationDraft.objects.filter(participant__in=gone).delete()
