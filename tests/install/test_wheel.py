"""The wheel in an empty environment, far from the checkout: the core alone, and with every extra.

Runs nightly (``PROBAND_NIGHTLY=1``): two environments are made and filled, a minute in all, and most of it is unpacking.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from benchmarks.install import GOAL
from benchmarks.wheel_environment import WheelEnvironment, WheelEnvironmentError, build_wheel, install

pytestmark = pytest.mark.skipif(
    not os.environ.get("PROBAND_NIGHTLY"), reason="the wheel is installed nightly (PROBAND_NIGHTLY=1)"
)

ASK = ("-p", "spinal-cord-autologous", "-o", "ais-conversion", "--baseline", "A", "--level", "cervical",
       "--baseline-window", "14-28d", "--follow-up", "1y")  # fmt: skip
LABS = "person,day,bilirubin\nP-1,2026-05-01,2.1\n"
MAPPING = 'subject: person\ndate: day\ncolumns:\n  bilirubin: {code: "LOINC|1975-2", unit: mg/dL}\n'


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    try:
        return build_wheel(tmp_path_factory.mktemp("wheel"))
    except WheelEnvironmentError as error:
        pytest.skip(f"the wheel was not tried: {error}")


@pytest.fixture(scope="module", params=["core", "all"])
def installed(
    request: pytest.FixtureRequest, wheel: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[WheelEnvironment]:
    extras = [] if request.param == "core" else ["all"]
    try:
        yield install(wheel, tmp_path_factory.mktemp("environment") / request.param, extras)
    except WheelEnvironmentError as error:
        pytest.skip(f"the wheel was not tried: {error}")


def has_extras(installed: WheelEnvironment) -> bool:
    return installed.folder.name == "all"


def test_the_core_is_light(installed: WheelEnvironment) -> None:
    weights = installed.weights()
    assert ("polars" in weights) is has_extras(installed)
    if not has_extras(installed):
        assert sum(weights.values()) <= GOAL, weights


def test_the_main_verbs_run_from_another_folder(installed: WheelEnvironment, tmp_path: Path) -> None:
    for words in (
        ("--version",),
        ("check",),
        ("headline", "2 of 4", *ASK),
        ("qualify", "--plain"),
        (
            "score",
            "meld",
            "--bilirubin",
            "2.1mg/dL",
            "--creatinine",
            "1.9mg/dL",
            "--inr",
            "1.8",
            "--no-dialysis",
        ),
        ("record", "demo", "record"),
        ("record", "verify", "record"),
        ("page", "build", "--out", "site", "--record", "record"),
    ):
        done = installed.run(*words, within=tmp_path)
        assert done.returncode == 0, (words, done.stdout[-600:], done.stderr[-1500:])
    assert (tmp_path / "site" / "index.html").is_file()
    assert bool(list((tmp_path / "record").glob("*.pdf"))) is has_extras(installed)


def test_what_needs_an_extra_works_with_it_and_names_it_without(
    installed: WheelEnvironment, tmp_path: Path
) -> None:
    (tmp_path / "labs.csv").write_text(LABS, encoding="utf-8")
    (tmp_path / "columns.yaml").write_text(MAPPING, encoding="utf-8")
    product = json.loads(installed.run("record", "demo", "record", "--json", within=tmp_path).stdout)[
        "product"
    ]
    for words, extra, ends in (
        (("screen", "liver-cells", "labs.csv", "--mapping", "columns.yaml", "--json"), "columns", {0, 1}),
        (("read", "labs.csv", "--mapping", "columns.yaml", "--json"), "columns", {0}),
        (
            (
                "record",
                "labels",
                "record",
                product,
                "--out",
                "labels.pdf",
                "--as",
                "quality-officer-north",
                "--json",
            ),
            "pdf",
            {0, 1},
        ),
    ):
        done = installed.run(*words, within=tmp_path)
        if has_extras(installed):
            assert done.returncode in ends, (words, done.stdout[-600:], done.stderr[-1500:])
        else:
            assert done.returncode == 2
            error = json.loads(done.stdout)["error"]
            assert (error["code"], error["details"]["extra"]) == ("install.extra", extra)
