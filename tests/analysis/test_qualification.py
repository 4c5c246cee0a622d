"""``proband qualify``: every case within its tolerance here, a wrong number is a failure, and a report that was touched is refused."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from proband.analysis.qualification import comparison
from proband.analysis.qualification.comparison import Case, Checks
from proband.analysis.qualification.qualify import qualify, verified
from proband.analysis.result import AnalysisError
from proband.cli.app import run as program
from proband.programme.sealing import key_from

from .conftest import Reference

pytestmark = pytest.mark.xdist_group("analysis-kernels")
AT = datetime(2026, 1, 2, tzinfo=UTC)
KEY = key_from(bytes(range(32)))
DESIGNS = "group-sequential"


def test_every_case_holds_here() -> None:
    found = qualify()
    assert found.passed, found.failed
    for each in found.comparisons:
        relative, within = (each.tolerance, None) if each.relative else (None, each.tolerance)
        Reference(each.analysis, each.reference, qualified=True).count(each.what, each.numbers, each.largest_difference, within, relative)  # fmt: skip
    assert not found.not_tried
    assert len(found.comparisons) > 90
    # what R computed is used, every number of it
    used = Path(comparison.__file__).parent
    texts = "".join(path.read_text(encoding="utf-8") for path in used.glob("*.py"))
    known = json.loads((used / "numbers.json").read_text(encoding="utf-8"))
    unused = [name for name in known if name not in texts and not name.startswith(("cox ", "fine gray"))]
    assert not unused, unused


def test_a_case_fails_for_whatever_reason_it_can() -> None:
    def case(run) -> Case:  # type: ignore[no-untyped-def]
        return Case("an analysis", "a reference", "derived", False, run)

    def raises(check: Checks) -> None:
        check.equal("one", 1.0, 1.0)
        raise ZeroDivisionError("no")

    wrong = (
        lambda check: check.equal("off by more", 1.0, 1.1, within=0.05),
        lambda check: check.equal("off by a hair, exact", 1.0, 1.0 + 1e-15),
        lambda check: check.equal("not a number", np.nan, np.nan),
        lambda check: check.equal("endless", np.inf, np.inf, within=1.0),
        lambda check: check.equal("another shape", [1.0, 2.0], 1.0, within=9.0),
        lambda check: None,
        raises,
    )
    for run in wrong:
        found = qualify(among=[case(run)])
        assert not found.passed
        assert "outside" in found.words
        assert json.loads(json.dumps(found.report(AT)))["passed"] is False
    assert qualify(
        among=[case(lambda check: check.equal("at the edge", 1.05, 1.0, within=0.05 + 1e-12))]
    ).passed
    assert not qualify(
        among=[Case("kernel", "twin", "derived", True, raises)], compiled=False
    ).passed  # nothing was tried


def test_a_report_is_bound_by_its_signature() -> None:
    found = qualify(only=DESIGNS)
    report = found.report(AT, KEY)
    text = json.dumps(report)
    assert verified(text) == report
    assert verified(text, report["public_key"])["passed"] is True
    with pytest.raises(AnalysisError, match="is signed by"):
        verified(text, "AAAA")
    for key, value in (
        ("at", "2020-01-01T00:00:00+00:00"),
        ("passed", False),
        ("comparisons", []),
        ("verdict", "fine"),
    ):
        with pytest.raises(AnalysisError, match="does not belong"):
            verified(json.dumps({**report, key: value}))
    for key in ("signature", "public_key"):
        with pytest.raises(AnalysisError, match="not signed"):
            verified(json.dumps({name: value for name, value in report.items() if name != key}))
    with pytest.raises(AnalysisError, match="does not belong"):
        verified(json.dumps({**report, "signature": "!"}))
    for broken in ("", "[]", '{"format": 1}', '{"format": "proband-qualification-1"}', "[" * 100_000):
        with pytest.raises(AnalysisError, match="no report"):
            verified(broken)
    with pytest.raises(AnalysisError, match="not signed"):
        verified(json.dumps(found.report(AT)))
    # whoever signs a verdict that the rows do not bear is found out
    failed = qualify(among=[Case("a", "b", "derived", False, lambda check: check.equal("wrong", 1.0, 2.0))])
    from proband.programme.sealing import signed
    from proband.terms.canonical import canonical

    body = {name: value for name, value in failed.report(AT, KEY).items() if name != "signature"}
    body["passed"] = True
    with pytest.raises(AnalysisError, match="not that of its own rows"):
        verified(json.dumps({**body, "signature": signed(canonical(body), KEY)[1]}))


def test_the_verb(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert program(["key", "me.pem"]) == 0
    words = ["qualify", "--plain", "--only", DESIGNS]
    assert program([*words, "--key", "me.pem", "--out", "report.json"]) == 0
    said = capsys.readouterr().out
    assert "lie within their tolerance" in said
    assert "Signed by" in said
    assert program(["qualify", "--check", "report.json"]) == 0
    assert program([*words, "--json"]) == 0
    capsys.readouterr()
    assert program(["qualify", "--only", "astrology"]) == 2
    assert "no analysis is called" in capsys.readouterr().err
    told = json.loads((tmp_path / "report.json").read_text())
    (tmp_path / "report.json").write_text(json.dumps({**told, "at": "never"}))
    assert program(["qualify", "--check", "report.json"]) == 2
    # a fault in an analysis: the verb says which, and ends with 1
    import proband.analysis.qualification.designs as designs

    monkeypatch.setattr(designs, "spending", lambda *a, **k: designs.shaped(4, 0.025, "pocock"))
    assert program([*words, "--key", "me.pem", "--out", "bad.json"]) == 1
    said = capsys.readouterr().out
    assert "FAILED" in said
    assert "outside their tolerance" in said
    assert program(["qualify", "--check", "bad.json"]) == 1


def test_it_needs_nothing_beside_the_package(tmp_path: Path) -> None:
    """Run from an empty folder, with the tests hidden and Numba blocked: what needs it is named and nothing fails."""
    code = (
        "import sys; sys.modules['numba'] = None; sys.path[:] = [p for p in sys.path if 'tests' not in p];"
        "from proband.analysis.qualification import qualify as q; q.find_spec = lambda name: None;"
        "found = q.qualify(only='kernel'); print(found.words, found.not_tried[0][1]); assert not found.passed;"
        "assert q.qualify(only='sample sizes').passed; assert 'numba' in sys.modules and len(q.cases()) > 30"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "not installed" in done.stdout
