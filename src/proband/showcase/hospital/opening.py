"""Before the first person: sites, staff with their trainings, the sealed allocation and forecast."""

from __future__ import annotations

import json

from proband.record.commands import Command, Signature
from proband.record.confidential import seal_allocation
from proband.record.forecasts import hashes_of, keep
from proband.showcase.forecast import forecasts, sealed
from proband.showcase.hospital.stage import SEED, SITES, Stage


def staff(stage: Stage) -> None:
    """Open the sites, grant every role of the bundle at each, record its trainings."""
    for site, jurisdiction in SITES.items():
        stage.do("custodian", "site.open", site, {"jurisdiction": jurisdiction})
        for role in stage.view.roles:
            person = f"{role.id}-{site}"
            stage.do("custodian", "staff.grant", person, {"role": role.id, "sites": [site]})
            for training in role.training:
                stage.do(
                    "custodian",
                    "staff.train",
                    person,
                    {"training": training, "valid_until": "2035-12-31"},
                )


def seal(stage: Stage) -> None:
    """Seal the allocation and the forecast before anybody is treated."""
    actor, role = "statistician-north", "statistician"
    seal_allocation(
        stage.record,
        Command(
            "allocation.seal",
            stage.record.study,
            actor=actor,
            role=role,
            site="north",
            signatures=[Signature(actor, role, "scripted")],
        ),
        seed=SEED,
    )
    document, _ = forecasts(stage.programme, stage.clock[0].date())
    keep(stage.record.folder, json.dumps(sealed(document).as_dict()).encode(), document)
    stage.do("statistician", "forecast.seal", stage.record.study, hashes_of(document))
