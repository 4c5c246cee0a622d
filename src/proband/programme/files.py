"""Which files a bundle has, and by which model each is read."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Literal

from pydantic import BaseModel

from proband.programme.backtests import BackTestsFile
from proband.programme.bundle import FactsFile, ProductFile
from proband.programme.claims import ClaimsFile
from proband.programme.design import ProgrammeFile
from proband.programme.eligibility import Eligibility
from proband.programme.evidence import EvidenceFile
from proband.programme.natural_history import NaturalHistoryFile
from proband.programme.outcomes import Outcomes
from proband.programme.safety import Safety
from proband.programme.schedule import Schedule
from proband.programme.trials import TrialsFile

#: file of the bundle → model; all are required
REQUIRED: dict[str, type[BaseModel]] = {
    "programme.yaml": ProgrammeFile,
    "eligibility.yaml": Eligibility,
    "product.yaml": ProductFile,
    "schedule.yaml": Schedule,
    "outcomes.yaml": Outcomes,
    "safety.yaml": Safety,
    "claims.yaml": ClaimsFile,
    "facts.yaml": FactsFile,
}

#: file of the bundle that may be left out → model
OPTIONAL: dict[str, type[BaseModel]] = {"trials.yaml": TrialsFile, "backtests.yaml": BackTestsFile}

#: folder of the bundle → model of the YAML files in it
IN_FOLDERS: dict[str, type[BaseModel]] = {"evidence": EvidenceFile, "natural_history": NaturalHistoryFile}

#: file that is part of a sealed bundle but not of its meaning
SEAL_FILE = "seal.json"

#: what a file of a bundle is read as; ``beside`` is allowed and means nothing, ``unknown`` is refused
Form = Literal["model", "table", "text", "beside", "unknown"]


def form(name: str) -> Form:
    """What the file of a relative path (with ``/``) is read as."""
    path = PurePosixPath(name)
    part = path.parts[0] if len(path.parts) > 1 else ""
    if name == SEAL_FILE or path.name.startswith("."):
        return "beside"
    if name in REQUIRED or name in OPTIONAL or (part in IN_FOLDERS and path.suffix == ".yaml"):
        return "model"
    if part in IN_FOLDERS and path.suffix == ".csv":
        return "table"
    if part == "consent" and path.suffix == ".md":
        return "text"
    return "beside" if name.endswith((".txt", "README.md")) else "unknown"


def model_of(name: str) -> type[BaseModel]:
    """The model by which a file of form ``model`` is read."""
    return REQUIRED.get(name) or OPTIONAL.get(name) or IN_FOLDERS[name.split("/", 1)[0]]
