"""The programme: a bundle of files that says what should happen, loaded once, frozen, hashed, sealed and compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from proband.terms.deferred import deferred

if TYPE_CHECKING:
    from proband.programme.amendment import Amendment, Change, diff
    from proband.programme.bundle import Programme
    from proband.programme.json_schema import schema
    from proband.programme.loading import CheckReport, bundled, check, load, locate
    from proband.programme.problems import BundleError, Problem
    from proband.programme.regimen import Dose, DoseError
    from proband.programme.sealing import SealError, SealReport, seal, verify

__all__ = [
    "Amendment",
    "BundleError",
    "Change",
    "CheckReport",
    "Dose",
    "DoseError",
    "Problem",
    "Programme",
    "SealError",
    "SealReport",
    "bundled",
    "check",
    "diff",
    "load",
    "locate",
    "schema",
    "seal",
    "verify",
]

# fetched when they are asked for, so that who checks a bundle does not pay for signatures
__getattr__ = deferred(
    __name__,
    {
        "proband.programme.amendment": ("Amendment", "Change", "diff"),
        "proband.programme.bundle": ("Programme",),
        "proband.programme.loading": ("CheckReport", "bundled", "check", "load", "locate"),
        "proband.programme.problems": ("BundleError", "Problem"),
        "proband.programme.regimen": ("Dose", "DoseError"),
        "proband.programme.json_schema": ("schema",),
        "proband.programme.sealing": ("SealError", "SealReport", "seal", "verify"),
    },
)


def __dir__() -> list[str]:
    return [*globals(), *__all__]
