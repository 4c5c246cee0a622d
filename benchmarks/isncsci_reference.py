"""The Praxis reference implementation (npm package ``isncsci``, Apache-2.0) as a peer: it is installed and
run, never copied.

One Node process reads examinations as JSON lines and writes the 25 answers as JSON lines, and says how long
the classification alone took.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

VERSION = "2.0.6"

_SCRIPT = """
const { ISNCSCI } = require('isncsci');
const fs = require('fs');
const SENSORY = ['C2','C3','C4','C5','C6','C7','C8','T1','T2','T3','T4','T5','T6','T7','T8','T9','T10','T11','T12',
  'L1','L2','L3','L4','L5','S1','S2','S3','S4_5'];
const MOTOR = ['C5','C6','C7','C8','T1','L2','L3','L4','L5','S1'];
function side(d, S) {
  const s = { motor: {}, lightTouch: {}, pinPrick: {} };
  for (const v of SENSORY) {
    s.lightTouch[v] = d[v.toLowerCase() + S + 'Touch'];
    s.pinPrick[v] = d[v.toLowerCase() + S + 'Prick'];
  }
  for (const v of MOTOR) s.motor[v] = d[v.toLowerCase() + S + 'Motor'];
  const k = d[S.toLowerCase() + 'LowestNonKeyMuscleWithMotorFunction'];
  if (k) s.lowestNonKeyMuscleWithMotorFunction = k;
  return s;
}
const exams = fs.readFileSync(0, 'utf8').split('\\n').filter(Boolean).map(line => {
  const d = JSON.parse(line);
  return { right: side(d, 'Right'), left: side(d, 'Left'),
           voluntaryAnalContraction: d.analContraction, deepAnalPressure: d.analSensation };
});
const start = process.hrtime.bigint();
const results = exams.map(exam => new ISNCSCI(exam));
const seconds = Number(process.hrtime.bigint() - start) / 1e9;
const lines = [JSON.stringify({ seconds })];
for (const r of results) {
  const c = r.classification, t = r.totals, z = c.zoneOfPartialPreservations, n = c.neurologicalLevels;
  const o = { asiaImpairmentScale: c.ASIAImpairmentScale, injuryComplete: c.injuryComplete,
    neurologicalLevelOfInjury: c.neurologicalLevelOfInjury,
    rightSensory: n.sensoryRight, leftSensory: n.sensoryLeft, rightMotor: n.motorRight, leftMotor: n.motorLeft,
    rightSensoryZpp: z.sensoryRight, leftSensoryZpp: z.sensoryLeft, rightMotorZpp: z.motorRight, leftMotorZpp: z.motorLeft,
    upperMotorTotal: t.upperExtremity, lowerMotorTotal: t.lowerExtremity, touchTotal: t.lightTouch, prickTotal: t.pinPrick };
  for (const s of ['right', 'left']) {
    o[s + 'UpperMotorTotal'] = t[s].upperExtremity; o[s + 'LowerMotorTotal'] = t[s].lowerExtremity;
    o[s + 'MotorTotal'] = t[s].motor; o[s + 'TouchTotal'] = t[s].lightTouch; o[s + 'PrickTotal'] = t[s].pinPrick;
  }
  lines.push(JSON.stringify(o));
}
process.stdout.write(lines.join('\\n') + '\\n');
"""


class ReferenceAbsentError(Exception):
    """The reference cannot be run here; the text says why."""


class ReferenceRun(NamedTuple):
    """Answers by exchange key, one object per examination, and the seconds that their classification alone
    took.
    """

    answers: list[dict[str, str]]
    seconds: float


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    folder = Path(base) / "proband" / f"npm-isncsci-{VERSION}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        folder = Path(tempfile.gettempdir()) / f"proband-npm-isncsci-{VERSION}"
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def installed() -> Path:
    """The folder that holds the package, installed on first use.

    Raises
    ------
    ReferenceAbsentError
        When there is no Node, or the package cannot be had.
    """
    if shutil.which("node") is None:
        raise ReferenceAbsentError("there is no Node on this machine")
    folder = _cache()
    manifest = folder / "node_modules" / "isncsci" / "package.json"
    if not manifest.is_file():
        npm = shutil.which("npm")
        if npm is None:
            raise ReferenceAbsentError("there is no npm on this machine")
        command = [
            npm,
            "install",
            "--prefix",
            str(folder),
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--no-save",
        ]
        done = subprocess.run(
            [*command, f"isncsci@{VERSION}"],
            capture_output=True,
            text=True,
            timeout=180,
            cwd=folder,
            check=False,
        )
        if done.returncode != 0 or not manifest.is_file():
            last = (done.stderr or done.stdout).strip().splitlines()[-1:] or ["no message"]
            raise ReferenceAbsentError(f"npm could not install isncsci {VERSION}: {last[0]}")
    version = json.loads(manifest.read_text())["version"]
    if version != VERSION:
        raise ReferenceAbsentError(f"{folder} holds isncsci {version}, not {VERSION}: remove the folder")
    return folder


def run_reference(exams: Iterable[Mapping[str, str]]) -> ReferenceRun:
    """Classify examinations, given in the flat exchange form, with the reference.

    Raises
    ------
    ReferenceAbsentError
        When the reference cannot be run here.
    """
    folder = installed()
    script = folder / "run.cjs"
    script.write_text(_SCRIPT)
    lines = "\n".join(json.dumps(dict(exam)) for exam in exams)
    done = subprocess.run(
        ["node", "--max-old-space-size=4096", str(script)],
        input=lines,
        capture_output=True,
        text=True,
        timeout=600,
        cwd=folder,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"the reference failed: {done.stderr.strip()[-500:]}")
    first, *rest = done.stdout.splitlines()
    return ReferenceRun([json.loads(line) for line in rest], float(json.loads(first)["seconds"]))
