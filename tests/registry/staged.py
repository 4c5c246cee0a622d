"""A hospital of its own over any bundle: sites, staff in the programme's own roles, a clock that the test moves, accounts with a password each."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from proband.programme import Programme
from proband.record import COMMANDS, Command, Record, Signature
from proband.record.events import stamp
from proband.record.record import Record as Kept
from proband.record.verify import verify_store
from record.synthetic import Hospital

from .conftest import PASSWORD

CUSTODIAN = ("sys-1", "custodian", "*")


class Stage:
    """A record of a bundle, with the people of a story."""

    def __init__(
        self, folder: Path, study: str, programme: Programme, staff: Mapping[str, tuple[str, str]], began: datetime, jurisdiction: str = "GB",
        *, store: str | None = None,
    ) -> None:  # fmt: skip
        self.clock = [began]
        self.staff = {"sys-1": ("custodian", "*"), **staff}
        self.record: Kept = Record.create(
            folder,
            study=study,
            programme=programme,
            custodian="sys-1",
            clock=lambda: self.clock[0],
            store=store,
        )
        trainings = {role.id: role.training for role in programme.head.roles}
        sites = {site for _, site in staff.values()} - {"*"}
        for site in sorted(sites):
            self.do("site.open", site, {"jurisdiction": jurisdiction}, "sys-1", site="*")
        for person, (role, site) in staff.items():
            self.do("staff.grant", person, {"role": role, "sites": [site]}, "sys-1", site="*")
            for training in trainings[role]:
                self.do("staff.train", person, {"training": training, "valid_until": "2040-01-01"}, "sys-1", site="*")  # fmt: skip

    @property
    def state(self) -> Any:
        return self.record.state

    @property
    def today(self) -> str:
        return self.clock[0].date().isoformat()

    @property
    def now(self) -> str:
        return stamp(self.clock[0])

    def holds(self) -> None:
        """The whole log says the same, read again from its beginning."""
        assert self.state.invalid == {}
        assert verify_store(self.record.store, self.record.study, None, {}).rules_ok

    def wait(self, **parts: float) -> None:
        self.clock[0] += timedelta(**parts)

    def do(self, verb: str, subject: str, data: dict[str, Any], actor: str, *, site: str | None = None, also: Sequence[str] = (), **more: Any) -> Any:  # fmt: skip
        """A command by somebody in their role, signed where it is signed; what is told beside stands in the browser."""
        role, own = self.staff[actor]
        signers = [(actor, role), *((one, self.staff[one][0]) for one in also)]
        signed = [Signature(*one, "scripted") for one in signers] if COMMANDS[verb].signature else []
        if COMMANDS[verb].reason:
            more.setdefault("reason", "synthetic, for a story")
        # somebody who works at all sites acts at one
        at = site or (next(iter(self.state.sites)) if own == "*" and role != "custodian" else own)
        return self.record.execute(Command(verb, subject, data, actor, role, at, signatures=signed, **more))  # fmt: skip


@contextmanager
def on_stage(house: Hospital, stage: Stage, know_arms: Sequence[str]) -> Iterator[Stage]:
    """Let the registry of this process serve the stage, with an account for each of its people and for nobody else."""
    from django.test import override_settings

    from proband.registry import opened
    from proband.registry.models import Account

    made = []
    for person in stage.staff:
        if not Account.objects.filter(username=person).exists():
            account = Account.objects.make(person, PASSWORD)
            account.one_time = False
            account.save()
            made.append(person)
    opened.use(stage.record)
    try:
        with override_settings(PROBAND_RECORD=stage.record.folder, PROBAND_KNOW_ARMS=tuple(know_arms)):
            yield stage
    finally:
        opened.use(house.record)
        Account.objects.filter(username__in=made).delete()
        stage.record.close()


def sealed_forecast(stage: Any) -> bytes:
    """A forecast of the study's own programme that says that nothing is known, signed with a key that nobody has anywhere else."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from proband.trial.forecast.document import (
        ForecastAnalysis,
        ForecastBasis,
        ForecastComparator,
        ForecastDocument,
        seal_forecast,
    )
    from proband.trial.forecast.prediction import ChanceOf

    view = stage.state.view
    chance = ChanceOf(event="a slope that is better than before", probability=0.1)
    document = ForecastDocument(
        programme=view.id, programme_version=view.version, programme_hash=view.hash, estimand=str(view.forecast.primary_estimand), estimand_hash="e" * 64,
        question="made up for a test", made_by="nobody", made_on=stage.clock[0].date(), outcome_known=False, why="made up for a test",
        basis=ForecastBasis(kind="no-effect"), prediction=chance,
        comparator=ForecastComparator(described="no course is published", tables={}, prediction=chance),
        analysis=ForecastAnalysis(described="as the programme says", version="0", code="f" * 64),
    )  # fmt: skip
    return json.dumps(
        seal_forecast(document, Ed25519PrivateKey.from_private_bytes(b"k" * 32)).as_dict()
    ).encode()
