"""Bundles with one fault each: every one is refused (or warned about) at the right file and line, and with a mend."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from proband.programme import BundleError, check, load

MINIMAL = Path(__file__).parent.parent / "bundles" / "minimal"
ON = date(2026, 11, 1)


@dataclass(frozen=True)
class Fault:
    """Replace ``old`` by ``new`` in ``file``: a problem must stand on the line that holds ``at``, saying ``says``."""

    name: str
    file: str
    old: str
    new: str
    at: str
    says: str
    mend: str
    severity: str = "error"
    reported_in: str | None = None


P, E, R, S, U, A, C, F, V = (
    "programme.yaml", "eligibility.yaml", "product.yaml", "schedule.yaml", "outcomes.yaml", "safety.yaml", "claims.yaml",
    "facts.yaml", "evidence/sources.yaml",
)  # fmt: skip

#: dose levels of a programme that has none
LEVELS = """escalation:
  levels: [cells, usual]
  rule: {kind: three-plus-three}
  counts: serious
  window: {value: 28, unit: d}
  decided_by: investigator
"""

FAULTS = [
    # --- form ---------------------------------------------------------------------------------------------------------
    Fault("unknown key", P, "id: minimal\n", "id: minimal\ncolour: red\n", "colour: red", "'colour' is unknown", "remove it"),
    Fault("misspelt key", P, "summary: A syn", "sumary: A syn", "sumary:", "'sumary' is unknown", "'summary'"),
    Fault("missing key", P, "status: demonstration\n", "", "# A synthetic", "'status' is missing", "write status"),
    Fault("wrong choice", P, "status: demonstration", "status: excellent", "status: excellent", "'excellent' is none of", "use one of them"),
    Fault("bad id", P, "id: minimal", "id: Minimal Programme", "id: Minimal", "not of the form", "in that form"),
    Fault("bad date", P, "date: 2026-01-15\nstatus", "date: soon\nstatus", "date: soon", "not a date", "YYYY-MM-DD"),
    Fault("bad version", P, "version: 1.0.0", "version: 1.0", "version: 1.0", "valid string", "quote texts"),
    Fault("duplicate key", P, "status: demonstration", "status: demonstration\nstatus: draft", "status: draft", "not YAML", "correct the line"),
    Fault("a number that no reader keeps", V, "value: 2.5", "value: 12345678901234567890", "value: 1234", "no computer holds", "quote it"),
    Fault("an infinite number", V, "value: 2.5", "value: .inf", "value: .inf", "no computer holds", "leave it out"),
    Fault("a file that calls itself YAML 1.1", S, "source: proband-tests\nlevel: inference\nactivities:", "%YAML 1.1\n---\nsource: proband-tests\nlevel: inference\nactivities:", "%YAML", "YAML 1.1", "correct the line"),
    Fault("a tag", P, "status: demonstration", "status: !!python/name:os.system demonstration", "status:", "tag !!python/name:os.system", "correct the line"),
    Fault("tab", S, "  - {id: bloods", "\t- {id: bloods", "\t- {id: bloods", "not YAML", "spaces"),
    Fault("unclosed bracket", A, "surveillance: []", "surveillance: [", "surveillance: [", "not YAML", "correct the line"),
    Fault("empty list", P, "conflicts: [none declared]", "conflicts: []", "conflicts: []", "at least 1", "fill it in"),
    Fault("negative charge", P, "amount: 0, currency", "amount: -5, currency", "amount: -5", "greater than or equal to 0", "correct"),
    Fault("bad currency", P, "currency: GBP", "currency: pounds", "currency: pounds", "not of the form", "in that form"),
    Fault("unknown jurisdiction", P, "[GB, DE]", "[GB, XX]", "[GB, XX]", "'XX' is not a jurisdiction", "correct"),
    Fault("a jurisdiction without a fatal clock", A, "jurisdiction: EU,", "jurisdiction: US,", "clocks:", "no clock says by when", "text of law"),
    Fault("a clock for serious reactions only", A, "jurisdiction: EU, applies_to: fatal-or-life-threatening-unexpected-related", "jurisdiction: EU, applies_to: serious-unexpected-related", "clocks:", "no clock says by when", "text of law"),
    Fault("dose levels to which people are drawn", A, "expected_events:", LEVELS + "expected_events:", "method: stratified-blocked", "one after the other", "sequential", reported_in=P),
    Fault("a dose level at which nothing is given", A, "expected_events:", LEVELS + "expected_events:", "levels: [cells, usual]", "usual is no arm in which", "without a comparator"),
    Fault("an event at a dose level that nobody counts", A, "expected_events:", LEVELS.replace("serious", "headache") + "expected_events:", "counts: headache", "nothing that is counted", "event_categories"),
    Fault("a size that is no number of cohorts", A, "expected_events:", LEVELS.replace("three-plus-three", "boin, target: 0.3, cohort: 3, at_one_level: 8, in_all: 24") + "expected_events:", "rule:", "no number of whole cohorts", "correct"),
    Fault("a limit in a unit of something else", R, 'attribute: viability, routes: [intravenous], operator: ">=", limit: {value: 70, unit: "%"}', 'attribute: viability, routes: [intravenous], operator: ">=", limit: {value: 70, unit: Cel}', "unit: Cel", "no measure of viability", "write the limit in %"),
    Fault("a clock without its law", A, "union, source: proband-tests, level: inference}", "union}", "- {id: fatal-eu", "which law sets it", "text of law", severity="warning"),
    # --- access -------------------------------------------------------------------------------------------------------
    Fault("approval ends before it begins", P, "ethics_approval: {missing: demonstration, why: no ethics committee was asked for a synthetic programme}",
          "ethics_approval: {body: Committee, id: E-1, date: 2026-05-01, expiry: 2026-04-01}", "ethics_approval:", "is not after the approval", "correct"),
    Fault("no ethics at all", P, "  ethics_approval: {missing: demonstration, why: no ethics committee was asked for a synthetic programme}\n", "",
          "access:", "'ethics_approval' is missing", "write ethics_approval"),
    Fault("no registration", P, "  registration: {missing: demonstration, why: nothing is registered}\n", "", "access:", "'registration' is missing", "write registration"),
    Fault("no charge stated", P, "  participant_charge: {amount: 0, currency: GBP, what_for: nothing is charged}\n", "", "access:",
          "'participant_charge' is missing", "write participant_charge"),
    Fault("trial in the title", P, "title: Minimal programme", "title: Minimal trial", "title: Minimal trial", "word trial", "study or programme"),
    Fault("trial in a text elsewhere", U, "question: How much", "question: In this trial, how much", "question: In this trial", "word trial", "study or programme"),
    Fault("route trial without ids", P, "route: expanded-access", "route: trial", "route: trial", "without ethics approval", "another route"),
    Fault("active without approval", P, "status: demonstration", "status: active", "ethics_approval:", "active programme has no ethics_approval", "status to draft"),
    Fault("a conditional approval that holds nowhere", P, "route: expanded-access", "route: conditional-approval", "authorised_in:", "authorised nowhere that covers GB, DE", "whose regulator authorised", reported_in=R),
    Fault("a place that is none", R, "authorised_in: []", "authorised_in: [XX]", "authorised_in: [XX]", "'XX' is not a jurisdiction", "correct"),
    Fault("an exception to what one guardian may", P, "guardians: 1}", "guardians: 1, fewer_when: [dead]}", "fewer_when: [dead]", "one guardian is asked for", "correct"),
    Fault("an exception for what no exception is made of", R, "signatures: 2, conditions", "signatures: 2, attributes: [sterility], conditions", "attributes: [sterility]", "no exception is made of sterility", "correct"),
    Fault("exceptions of a programme that makes none", R, "exceptional_release: true, signatures: 2", "exceptional_release: false, attributes: [count], signatures: 2", "attributes: [count]", "there is none", "correct"),
    Fault("a first suspected category that is none", A, "  causality: [", "  suspected_from: likely\n  causality: [", "grading:", "none of the categories", "correct"),
    # --- head ---------------------------------------------------------------------------------------------------------
    Fault("comparator nothing missing", P, "kind: nothing, description: the course", "kind: placebo, description: the course", "comparators:",
          "must include kind nothing", "correct"),
    Fault("no aetiology", P, "  aetiology:\n    - {cause: vitamin lack, treat_first: give the vitamin and wait}\n", "  aetiology: []\n", "aetiology:", "at least 1", "fill it in"),
    Fault("arm with nothing to give", P, "- {id: cells, name: Cells, regimen: cells-once, weight: 1, planned: 10}", "- {id: cells, name: Cells, weight: 1}",
          "- {id: cells, name: Cells", "must name a regimen or a comparator", "correct"),
    Fault("arm names no regimen", P, "regimen: cells-once", "regimen: cells-twice", "regimen: cells-twice", "no regimen 'cells-twice'", "'cells-once'"),
    Fault("arm names no comparator", P, "comparator: care, weight", "comparator: cure, weight", "comparator: cure", "no comparator 'cure'", "'care'"),
    Fault("blocked without blocks", P, "  block_sizes: [2, 4]\n", "", "allocation:", "needs block_sizes", "correct"),
    Fault("stratified without strata", P, "  strata:\n    - {factor: stage, levels: [early, late]}\n", "", "allocation:", "needs strata", "correct"),
    Fault("dossier row empty", P, "statement: cells are replaced, gap: not shown in people", "statement: cells are replaced", "{step: target",
          "neither evidence nor", "correct"),
    Fault("dossier row missing", P, "  - {step: engagement, statement: cells arrive, gap: no marker}\n", "", "mechanism:", "at least 5", "fill it in"),
    Fault("dossier out of order", P, "{step: target, statement: cells are replaced, gap: not shown in people}\n  - {step: engagement, statement: cells arrive, gap: no marker}",
          "{step: engagement, statement: cells arrive, gap: no marker}\n  - {step: target, statement: cells are replaced, gap: none}", "mechanism:", "in this order", "correct"),
    Fault("dossier cites nothing known", P, "cells are missing, evidence: [proband-tests]", "cells are missing, evidence: [proband-test]", "{step: defect",
          "'proband-test' is not in evidence", "'proband-tests'"),
    Fault("unknown estimand sealed", P, "primary_estimand: strength-at-week-12", "primary_estimand: walking", "forecast:", "no estimand 'walking'", "use one of"),
    Fault("bad concept", P, '"HP:0001324"', '"HP:1324"', "concepts:", "not of the form of a HPO code", "correct"),
    # --- consent ------------------------------------------------------------------------------------------------------
    Fault("consent text missing", P, "document: consent/information.md", "document: consent/informations.md", "consent/informations.md", "no file", "'consent/information.md'"),
    Fault("new version says nothing", P, "    - {id: v1, document: consent/information.md, language: en, in_force: 2026-01-15, reconsent: none}",
          "    - {id: v1, document: consent/information.md, language: en, in_force: 2026-01-15, reconsent: none}\n    - {id: v2, document: consent/information.md, language: en, in_force: 2026-03-01, supersedes: v1, reconsent: all}",
          "- {id: v2", "what_changed", "correct"),
    Fault("assent gap", P, "      from_age: {value: 7, unit: a}", "      from_age: {value: 8, unit: a}", "from_age: {value: 8", "a gap between the assent bands", "begin where"),
    Fault("assent overlap", P, "      from_age: {value: 7, unit: a}", "      from_age: {value: 6, unit: a}", "from_age: {value: 6", "an overlap between", "begin where"),
    Fault("assent ends before majority", P, "      to_age: {value: 18, unit: a}", "      to_age: {value: 16, unit: a}", "{jurisdiction: GB, majority", "bands end at 16", "extend"),
    Fault("a birthday of everybody", P, "event: majority, who: the-participant", "event: majority, who: all", "event: majority", "happens to one person", "the-participant"),
    Fault("turns of nobody", R, "    stop_rule: stop at any", "    alternates: [cells-twice]\n    stop_rule: stop at any", "alternates:", "no regimen of this bundle", "cells-once"),
    Fault("turns with itself", R, "    stop_rule: stop at any", "    alternates: [cells-once]\n    stop_rule: stop at any", "alternates:", "has a course of its own", "another regimen"),
    Fault("nobody asked at majority", P, "event: majority, who", "event: transfer, who", "  reconsent:\n", "anew at majority", "event: majority"),
    Fault("two withdrawal levels", P, "    - {id: contact, blocks: [treatment, procedures, contact], keeps: routine data may be read}\n", "", "  withdrawal:", "at least 3", "fill it in"),
    Fault("a withdrawal level twice", P, "    - {id: contact, blocks", "    - {id: data, blocks", "consent:", "once each", "correct"),
    # --- what is asked again and again, and how long things take ------------------------------------------------------
    Fault("surveillance that comes once", A, "surveillance: []", "surveillance:\n  - {id: scan, what: a scan, from_visit: week-12, every: {value: 2, unit: a}, until: {value: 1, unit: a}}",
          "- {id: scan", "that is once", "visit of schedule.yaml"),
    Fault("surveillance under the name of a visit", A, "surveillance: []", "surveillance:\n  - {id: week-12, what: a scan, from_visit: week-12, every: {value: 1, unit: a}, until: {value: 5, unit: a}}",
          "- {id: week-12", "is a visit as well", "a name of its own"),
    Fault("surveillance of one name twice", A, "surveillance: []",
          "surveillance:\n  - {id: scan, what: a scan, from_visit: week-12, every: {value: 1, unit: a}, until: {value: 5, unit: a}}\n  - {id: scan, what: another, from_visit: week-12, every: {value: 1, unit: a}, until: {value: 5, unit: a}}",
          "what: another", "used twice", "its own id"),
    Fault("capacity looked at again in no time", P, "trigger: before each dose,", "trigger: before each dose, every: {value: 0, unit: d},", "trigger: before each dose", "no time passes", "length of time"),
    Fault("a wait in milligrams", A, "wait: {value: 14, unit: d}", "wait: {value: 14, unit: mg}", "wait: {value: 14, unit: mg}", "no length of time", "correct"),
    Fault("a window in milligrams", S, "before: {value: 6, unit: d}", "before: {value: 6, unit: mg}", "before: {value: 6, unit: mg}", "no length of time", "correct"),
    Fault("an interval of none", R, "interval: {value: 28, unit: d}", "interval: {value: 0, unit: d}", "interval: {value: 0, unit: d}", "no time passes", "length of time"),
    Fault("a tolerance in milligrams", R, 'tolerance: {value: 10, unit: "%"}', "tolerance: {value: 10, unit: mg}", "tolerance: {value: 10, unit: mg}", "is no share", "correct"),
    # --- numbers, units, sources --------------------------------------------------------------------------------------
    Fault("unknown unit", R, "{value: 4, unit: wk}", "{value: 4, unit: weekses}", "{value: 4, unit: weekses}", "not a unit", "correct"),
    Fault("numbers lose their source", S, "source: proband-tests\nlevel: inference\n", "", "{value: -7, unit: d}", "no source and no level", "write source"),
    Fault("level without source", S, "source: proband-tests\nlevel: inference\n", "level: inference\n", "level: inference", "level stands here without source", "write source"),
    Fault("unknown source", A, "source: proband-tests\nlevel: inference\ngrading", "source: proband-testz\nlevel: inference\ngrading", "source: proband-testz", "not in evidence", "'proband-tests'"),
    Fault("unknown level", V, "    level: inference\n    conflict", "    level: certain\n    conflict", "level: certain", "none of", "use one of them"),
    Fault("source twice", V, "figures:", "  - {id: proband-tests, citation: the same again, level: inference}\nfigures:", "the same again", "defined twice", "keep one"),
    Fault("interval upside down", V, "low: 1.0", "low: 9.0", "strength-gain:", "is above high", "correct"),
    Fault("events without n", V, "    interval: ci95\n", "    interval: ci95\n    events: 3\n", "strength-gain:", "without a denominator", "correct"),
    Fault("count disagrees", V, "    interval: ci95\n", "    interval: ci95\n    events: 3\n    n: 4\n", "strength-gain:", "disagrees with 3/4", "correct"),
    Fault("bad doi", V, "    conflict_of_interest", "    doi: doi.org/10.1\n    conflict_of_interest", "doi: doi.org", "not of the form", "in that form"),
    Fault("unverified limit", R, "limit: {value: 70, unit: \"%\"}, method: dye", "source: proband-tests, level: unverified, limit: {value: 70, unit: \"%\"}, method: dye",
          "{id: viability", "unverified figure decides", "primary source"),
    Fault("retracted source", V, "    conflict_of_interest: none declared", "    conflict_of_interest: none declared\n    retraction: retracted", "source: proband-tests",
          "is retracted", "remove what rests on it", reported_in=P),
    # --- product ------------------------------------------------------------------------------------------------------
    Fault("cells without class", R, "    cell_class: adult\n", "", "  - id: cells", "must state its cell_class", "correct"),
    Fault("autologous pool", R, "pooling: never", "pooling: allowed", "  - id: cells", "never pooled", "correct"),
    Fault("limit without value", R, "operator: \"<=\", limit: {value: 5, unit: EU/kg}, method: gel", "operator: \"<=\", method: gel", "{id: endotoxin", "needs a limit", "correct"),
    Fault("no sterility for the route", R, "{id: sterility, name: Sterility, attribute: sterility, routes: [intravenous]", "{id: sterility, name: Sterility, attribute: sterility, routes: [intrathecal]",
          "routes: [intravenous]\n    pooling", "no required release test of sterility", "write the limit"),
    Fault("route without limits", R, "    routes: [intravenous]\n    pooling", "    routes: [intravenous, intrathecal]\n    pooling", "routes: [intravenous, intrathecal]", "for that route", "write the limit"),
    Fault("one endotoxin limit for two worlds", R, "attribute: endotoxin, routes: [intravenous]", "attribute: endotoxin, routes: [intravenous, intrathecal]", "{id: endotoxin",
          "serves a central nervous route", "limit of its own"),
    Fault("regimen route not permitted", R, "    route: intravenous\n", "    route: oral\n", "route: oral", "not a permitted route", "permit the route"),
    Fault("regimen of no product", R, "    product: cells\n", "    product: cell\n", "product: cell\n", "no product 'cell'", "'cells'"),
    Fault("one role makes and checks", R, "checked_by: nurse", "checked_by: pharmacist", "- id: cells-once", "second check", "correct"),
    Fault("checker is no role", R, "checked_by: nurse", "checked_by: nurze", "checked_by: nurze", "no role 'nurze'", "'nurse'"),
    Fault("two doses, no interval", R, "    interval: {value: 28, unit: d}\n", "", "- id: cells-once", "need an interval", "correct"),
    Fault("gap at exactly twelve", R, "      kind: per-kg\n      amount: {value: 1000000, unit: cells/kg}\n",
          "      kind: by-age\n      bands:\n        - {high: {value: 12, unit: a}, amount: {value: 1, unit: g}}\n        - {low: {value: 12, unit: a}, low_inclusive: false, amount: {value: 2, unit: g}}\n",
          "- {low: {value: 12", "no dose at exactly 12 a", "include the limit"),
    Fault("overlapping bands", R, "      kind: per-kg\n      amount: {value: 1000000, unit: cells/kg}\n",
          "      kind: by-age\n      bands:\n        - {high: {value: 12, unit: a}, amount: {value: 1, unit: g}}\n        - {low: {value: 10, unit: a}, amount: {value: 2, unit: g}}\n",
          "- {low: {value: 10", "overlap", "one band"),
    Fault("empty band", R, "      kind: per-kg\n      amount: {value: 1000000, unit: cells/kg}\n",
          "      kind: by-age\n      bands:\n        - {high: {value: 12, unit: a}, amount: {value: 1, unit: g}}\n        - {low: {value: 12, unit: a}, high: {value: 12, unit: a}, amount: {value: 2, unit: g}}\n        - {low: {value: 12, unit: a}, amount: {value: 2, unit: g}}\n",
          "- {low: {value: 12, unit: a}, high", "contains nothing", "correct its ends"),
    Fault("bands without kind", R, "      kind: per-kg", "      kind: by-age", "    dose:", "needs bands", "correct"),
    # --- schedule -----------------------------------------------------------------------------------------------------
    Fault("windows overlap", S, "    offset: {value: 1, unit: a}", "    offset: {value: 13, unit: wk}", "window: {before: {value: 14", "overlap", "narrow one"),
    Fault("negative window", S, "window: {before: {value: 6, unit: d}", "window: {before: {value: -6, unit: d}", "value: -6", "size of the window", "correct"),
    Fault("visit with no activity", S, "    activities: [strength, bloods]", "    activities: [strength, blood]", "activities: [strength, blood]", "no activity 'blood'", "'bloods'"),
    Fault("visit twice", S, "  - id: year-1", "  - id: week-12", "  - id: week-12\n    name: Year 1", "used twice", "its own id"),
    Fault("follow-up too short", S, "duration: {value: 15, unit: a}", "duration: {value: 2, unit: a}", "duration: {value: 2", "followed for 2 years only", "at least 15"),
    Fault("no baseline", S, "    offset: {value: -7, unit: d}", "    offset: {value: 7, unit: d}", "visits:", "no baseline", "before the first dose"),
    Fault("visit after the end", S, "    offset: {value: 1, unit: a}", "    offset: {value: 20, unit: a}", "offset: {value: 20", "after the follow-up ends", "lengthen"),
    # --- outcomes -----------------------------------------------------------------------------------------------------
    Fault("no primary outcome", U, "role: primary", "role: secondary", "source: proband-tests", "no outcome has role: primary", "correct"),
    Fault("outcome at no visit", U, "timepoints: [baseline, week-12, year-1]", "timepoints: [baseline, week-13]", "timepoints:", "'week-13', which is not a visit", "use one of"),
    Fault("outcome never measured", U, "measured_at: [baseline, week-12]", "measured_at: [baseline, year-2]", "measured_at", "year-2", "use one of"),
    Fault("nothing measures it", S, "measures: [strength, therapy-hours]", "measures: [strength]", "measured_at: [baseline", "nothing at visit baseline measures therapy-hours", "add an activity", reported_in=U),
    Fault("blinded without mask", P, "{role: assessor, masked: true, why: examiners of another ward}", "{role: assessor, masked: false, why: too few examiners}",
          "blinding: assessor-blinded", "masks no assessor", "mask the assessor", reported_in=U),
    Fault("estimand of no outcome", U, "    outcome: strength\n", "    outcome: strenght\n", "outcome: strenght", "no outcome 'strenght'", "'strength'"),
    Fault("estimand at no visit", U, "    visit: week-12\n", "    visit: week-14\n", "visit: week-14", "no visit 'week-14'", "'week-12'"),
    Fault("no intercurrent event", U, "      - {event: another cell product, strategy: treatment-policy, how: the value counts as measured}\n", "      []\n", "intercurrent_events:", "at least 1", "fill it in"),
    # --- safety -------------------------------------------------------------------------------------------------------
    Fault("boundary never reached", A, "events: 2, among: 5", "events: 6, among: 5", "{id: two-serious", "can never occur", "correct"),
    Fault("rule places no hold", A, "places_hold: programme-hold", "places_hold: full-hold", "places_hold: full-hold", "no hold 'full-hold'", "use one of"),
    Fault("nobody lifts the hold", A, "lifted_by: [investigator]", "lifted_by: [director]", "lifted_by: [director]", "no role 'director'", "use one of"),
    Fault("one assessor of causality", A, "assessors: 2", "assessors: 1", "assessors: 1", "greater than or equal to 2", "correct"),
    # --- eligibility --------------------------------------------------------------------------------------------------
    Fault("criterion names nothing", E, "when: platelets < 50", "when: thrombocytes < 50", "{id: bleeding", "thrombocytes", "declare it"),
    Fault("criterion divides", E, "when: platelets < 50", "when: platelets / 2 < 50", "{id: bleeding", "bleeding", "correct"),
    Fault("criterion compares text", E, "when: platelets < 50", "when: platelets < 'low'", "{id: bleeding", "not a number", "write '5 mg/dL'"),
    Fault("exclusion the wrong way round", E, "when: platelets < 50", "when: platelets > 50", "{id: bleeding", "excludes everybody whose platelets is usual", "wrong way round"),
    Fault("exclusion of the whole target range", E, "when: platelets < 50", "when: age < 65", "{id: bleeding", "excludes the whole range that grown-up asks for", "wrong way round"),
    Fault("criteria that contradict", E, "when: platelets < 50", "when: platelets < 50 or age >= 18", "{id: bleeding", "excludes the whole range", "wrong way round"),
    Fault("criterion that nobody meets", E, "when: platelets < 50", "when: platelets < 50 and platelets > 60", "{id: bleeding", "can never be met", "check the limits"),
    Fault("criterion that everybody meets", E, "when: 18 <= age < 65", "when: age >= 0", "{id: grown-up", "can never fail", "check the limits"),
    Fault("limit without unit", E, "    unit: 10*9/L\n", "", "{id: bleeding", "has no unit", "give the observable platelets a unit"),
    Fault("two scores on record in one chain", E, "criteria:\n",
          "  - {id: first_score, label: First, type: number, unit: '1', codes: [{system: Proband, code: first}], derived: {instrument: fib-4, inputs: {age: age, platelets: platelets}}}\n"
          "  - {id: second_score, label: Second, type: number, unit: '1', codes: [{system: Proband, code: second}], derived: {instrument: fib-4, inputs: {age: first_score}}}\n"
          "criteria:\n", "id: second_score", "may also stand on record", "take the codes from one of them"),
    Fault("a no that may mean anything", E, "criteria:\n",
          "  - {id: bled, label: Bled before, type: boolean, codes: [{system: Proband, code: bled}]}\n"
          "criteria:\n  - {id: has-bled, kind: exclude, purpose: safety, reason: the injection may bleed, when: bled}\n",
          "id: bled,", "nothing says what a 'no' means", "write no_means", "warning"),
    Fault("a quantity without limits", E, "codes: [{system: LOINC, code: 777-3}]", "codes: [{system: Proband, code: thrombocytes}]", "  - id: platelets", "nothing bounds it", "write plausible", "warning"),
    Fault("observable that nobody reads", E, "when: platelets < 50", "when: age > 90", "  - id: platelets", "no criterion reads platelets", "use it or remove it", "warning"),
    # --- facts and tables ---------------------------------------------------------------------------------------------
    Fault("fact ends before it begins", F, "expires: 2099-01-01", "expires: 2025-01-01", "  - id: status-gb", "is not after checked_on", "correct"),
    Fault("fact expired", F, "expires: 2099-01-01", "expires: 2026-02-01", "expires: 2026-02-01", "not verified since 2026-01-15", "check it again", "warning"),
    Fault("table row without source", "natural_history/strength.csv", "12,21,proband-tests", "12,21,somebody", "12,21,somebody", "'somebody' is not in evidence", "add it"),
    Fault("table row without level", "natural_history/strength.csv", "12,21,proband-tests,inference", "12,21,proband-tests,sure", "12,21,", "not a verification level", "use one of"),
    Fault("ragged table", "natural_history/strength.csv", "12,21,proband-tests,inference", "12,21,22,proband-tests,inference", "12,21,22", "5 cells where the header has 4", "quote cells"),
    Fault("table without basis", "natural_history/strength.csv", "week,mean,source,level", "week,mean,source,grade", "week,mean", "no column level", "add it"),
    Fault("claim without denominator slot", C, "text: Nobody was treated, so nobody knows.", "text: Nobody of {all} was treated.", "- id: nobody-treated", "no slot defines", "correct"),
]  # fmt: skip


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return Path(shutil.copytree(MINIMAL, tmp_path / "bundle"))


def test_there_are_at_least_sixty_faults_and_each_has_its_name() -> None:
    assert len({fault.name for fault in FAULTS}) == len(FAULTS) >= 60


def test_the_bundle_without_fault_loads_without_remark() -> None:
    report = check(MINIMAL, on=ON)
    assert report.problems == ()
    assert report.programme is not None


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_fault_is_found_at_its_line(fault: Fault, bundle: Path) -> None:
    path = bundle / fault.file
    text = path.read_text(encoding="utf-8")
    assert text.count(fault.old) == 1, f"the fault {fault.name!r} must change exactly one place"
    path.write_text(text.replace(fault.old, fault.new), encoding="utf-8")
    file = fault.reported_in or fault.file
    broken = (bundle / file).read_text(encoding="utf-8")
    assert fault.at in broken
    line = broken[: broken.index(fault.at)].count("\n") + 1
    report = check(bundle, on=ON)
    found = [p for p in report.problems if p.file == file and p.line == line and fault.says in p.message]
    assert found, "\n".join(map(str, report.problems)) or "no problem was found"
    assert any(fault.mend in problem.mend for problem in found), found
    assert all(problem.severity == fault.severity for problem in found)
    if fault.severity == "error":
        with pytest.raises(BundleError, match=r"error"):
            load(bundle, on=ON)
    else:
        assert load(bundle, on=ON).warnings == tuple(found)


def test_the_registry_error_is_found(bundle: Path) -> None:
    """Exclude prothrombin time below 30 s: so it stands in a real registry entry, where above was meant."""
    path = bundle / E
    text = (
        path.read_text(encoding="utf-8")
        .replace("code: 777-3", "code: 5902-2")
        .replace("unit: 10*9/L", "unit: s")
    )
    path.write_text(text.replace("when: platelets < 50", "when: platelets < 30"), encoding="utf-8")
    (problem,) = check(bundle, on=ON).errors
    assert problem.code == "lint.criteria-usual-range"
    assert "wrong way round" in problem.mend
    path.write_text(text.replace("when: platelets < 50", "when: platelets > 30"), encoding="utf-8")
    assert check(bundle, on=ON).problems == ()


@pytest.mark.parametrize("file", [P, E, R, S, U, A, C, F])
def test_missing_file_is_named(file: str, bundle: Path) -> None:
    (bundle / file).unlink()
    assert [(p.file, p.code) for p in check(bundle, on=ON).errors if p.code == "bundle.file.missing"] == [
        (file, "bundle.file.missing")
    ]


@pytest.mark.parametrize("file", [P, E, R, S, U, A, C, F])
def test_empty_and_non_utf8_files_are_named(file: str, bundle: Path) -> None:
    (bundle / file).write_bytes(b"")
    assert any(p.file == file and p.code == "bundle.file.empty" for p in check(bundle, on=ON).errors)
    (bundle / file).write_bytes(b"title: caf\xe9\n")
    assert any(p.file == file and p.code == "bundle.file.encoding" for p in check(bundle, on=ON).errors)


def test_stray_files_and_links_are_refused(bundle: Path) -> None:
    (bundle / "notes.docx").write_bytes(b"x")
    (bundle / "evidence" / "link.yaml").symlink_to(bundle / "programme.yaml")
    codes = {p.file: p.code for p in check(bundle, on=ON).errors}
    assert codes == {"notes.docx": "bundle.file.unknown", "evidence/link.yaml": "bundle.file.link"}


def test_all_faults_are_reported_at_once(bundle: Path) -> None:
    for file, old, new in (
        (P, "status: demonstration", "status: excellent"),
        (S, "{value: 12, unit: wk}", "{value: 12, unit: parsec-ish}"),
        (A, "assessors: 2", "assessors: 0"),
    ):
        text = (bundle / file).read_text(encoding="utf-8")
        (bundle / file).write_text(text.replace(old, new), encoding="utf-8")
    assert {p.file for p in check(bundle, on=ON).errors} == {P, S, A}


def test_a_consent_text_that_is_no_text_is_named(bundle: Path) -> None:
    text = sorted((bundle / "consent").glob("*.md"))[0]
    text.write_bytes(text.read_bytes() + b"\xff")
    (problem,) = check(bundle, on=ON).errors
    assert (problem.file, problem.code) == (text.relative_to(bundle).as_posix(), "bundle.file.encoding")
