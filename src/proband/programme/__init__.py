"""The programme: a bundle of files that says what should happen, loaded once, frozen, hashed, sealed and compared."""

from __future__ import annotations

from proband.programme.amendment import Amendment, Change, diff
from proband.programme.bundle import Programme
from proband.programme.loading import CheckReport, bundled, check, load, locate
from proband.programme.problems import BundleError, Problem
from proband.programme.regimen import Dose, DoseError
from proband.programme.schema import schema
from proband.programme.seal import SealError, SealReport, seal, verify

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
