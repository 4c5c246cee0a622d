"""How long a drug of the CDM may have been taken: an end, the end that the source gave, what was supplied, and how often again.

Row by row and in columns; evaluator and DuckDB. Where one column outlasts another, nobody is shown to have stopped. Synthetic people.
"""

from __future__ import annotations

from itertools import product
from pathlib import Path

from one_person import AS_OF, ELIGIBLE, facts, omop_tables, write_table
from test_omop_in_columns import both_ways

from proband.exchange import gather, read
from proband.facts.table import persons
from proband.programme.eligibility import Eligibility
from proband.screening.sql.many import screen_loaded
from proband.screening.verdict import Screening

THINNER = Eligibility.model_validate(
    {
        "source": "tests", "level": "inference",
        "observables": [{"id": "thinner", "label": "a blood thinner", "type": "boolean", "absent": "no", "no_means": "now",
                         "codes": [{"system": "ATC", "code": "B01AA03"}], "window": {"start": "-14 d"}}],
        "criteria": [{"id": "T", "kind": "exclude", "purpose": "safety", "reason": "a test", "when": "thinner"}],
    }
)  # fmt: skip
Cells = dict[str, str]
START: Cells = {"drug_exposure_start_date": "2026-09-01", "drug_exposure_end_date": "", "verbatim_end_date": "", "days_supply": "", "refills": "", "stop_reason": ""}  # fmt: skip
OVER: Cells = {"drug_exposure_end_date": "2026-09-30"}
#: what is attacked → cells of the attacked and of the twin; the twin has stopped long before
SHAPES: dict[str, tuple[Cells, Cells]] = {
    "the source's end outlasts the end": ({**OVER, "verbatim_end_date": "2026-10-31"}, {**OVER, "verbatim_end_date": "2026-09-30"}),
    "the end outlasts the source's end": ({"drug_exposure_end_date": "2026-10-31", "verbatim_end_date": "2026-09-30"}, {**OVER, "verbatim_end_date": "2026-09-20"}),
    "the source's end cannot be read": ({**OVER, "verbatim_end_date": "ongoing"}, {**OVER, "verbatim_end_date": "2026-09"}),
    "the supply outlasts the end": ({**OVER, "days_supply": "90"}, {**OVER, "days_supply": "30"}),
    "the supply outlasts the end, and it was stopped": ({**OVER, "days_supply": "90"}, {**OVER, "days_supply": "90", "stop_reason": "bleeding"}),
    "refills of a supply": ({"days_supply": "30", "refills": "2"}, {"days_supply": "30", "refills": "0"}),
    "refills of a supply outlast the end": ({**OVER, "days_supply": "30", "refills": "2.0"}, {**OVER, "days_supply": "10", "refills": "1"}),
    "refills of nobody knows how long": ({**OVER, "refills": "1"}, {**OVER, "refills": "0"}),
    "the source's end, stopped or not": ({**OVER, "verbatim_end_date": "2026-10-31", "stop_reason": "bleeding"}, {**OVER, "stop_reason": "bleeding"}),
}  # fmt: skip


def written(folder: Path, cells: list[list[Cells]]) -> Path:
    """Tables of people with exposures to a blood thinner; their numbers are those of the lists."""
    people = [omop_tables(facts(), str(number)) for number, _ in enumerate(cells)]
    tables = {name: [row for each in people for row in each[name]] for name in people[0] if name != "concept"}
    tables["concept"] = [
        *people[0]["concept"],
        {"concept_id": "45800000", "concept_name": "warfarin", "vocabulary_id": "ATC", "concept_code": "B01AA03"},
    ]  # fmt: skip
    tables["drug_exposure"] = [
        {"drug_exposure_id": f"{number}{n}", "person_id": str(number), "drug_concept_id": "45800000", **START, **each}
        for number, own in enumerate(cells)
        for n, each in enumerate(own)
    ]  # fmt: skip
    folder.mkdir()
    for name, rows in tables.items():
        write_table(folder / f"{name}.csv", rows)
    return folder


def test_whoever_may_still_take_a_drug_is_not_let_in_and_whoever_stopped_is(tmp_path: Path) -> None:
    sides = [(shape, cells) for shape, pair in SHAPES.items() for cells in pair]
    folder = written(tmp_path / "x", [[cells] for _, cells in sides])
    found = {
        name: Screening(THINNER).verdict(told, AS_OF, look_ahead=False).outcome
        for name, told in persons(read(folder).table())
    }
    wrong = [sides[int(name)] for name, said in found.items() if (said is ELIGIBLE) != (int(name) % 2 == 1)]
    assert (wrong, len(found)) == ([], len(sides))
    with gather([folder], THINNER, AS_OF) as held:
        assert held.in_columns
        many = screen_loaded(THINNER, held.on("duckdb"), AS_OF).table
    assert dict(zip(many["subject"], many["verdict"], strict=True)) == {
        name: said.value for name, said in found.items()
    }


def test_whatever_stands_in_these_columns_both_ways_read_it_alike(tmp_path: Path) -> None:
    days = ("", "2026-09-30", "2026-10", "x", "2026-08-01")
    cells = [
        dict(zip(("drug_exposure_end_date", "verbatim_end_date", "days_supply", "refills", "stop_reason"), each, strict=True))
        for each in product(days, days, ("", "90", "0.5", "1_0", "1e5"), ("", "2", "-1", "1e6"), ("", "bleeding"))
    ]  # fmt: skip
    by_row, by_sql = both_ways(written(tmp_path / "all", [cells]))
    assert by_row.filter(code="B01AA03").height == len(cells)
    missing = by_row.join(by_sql, on=by_row.columns, how="anti", nulls_equal=True)
    assert by_row.equals(by_sql), missing.rows(named=True)[:3]
