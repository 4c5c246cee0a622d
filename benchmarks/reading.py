"""How fast files are read: ``python -m benchmarks.reading [people] [folder …]``, in processor time.

* a tall CSV of laboratory results with a mapping: twenty results, a birth date and a sex for each of ``people`` (default 100,000; 0: none)
  synthetic persons, read to facts that nobody keeps and, in turns, to the long table on disk (in blocks), the best of three; and screened from
  the files on one process and on two; no peer reads these;
* folders of FHIR or of phenopackets in JSON, beside peers in the same run, in turns, the best of three: ``orjson`` alone and, where it is
  installed, ``fhir.resources`` or the protobuf classes of phenopackets. Peers read file by file (or line by line) and keep nothing, as Proband does.
"""

from __future__ import annotations

import gzip
import random
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import orjson

from benchmarks.screening import _LABS, AS_OF, eligibility
from proband.exchange import gather, read
from proband.exchange.shared_reading import read_parts
from proband.screening.sql.many import screen_loaded

#: the people fall into files of so many
_IN_A_FILE = 25_000
_MAPPING = """subject: patient
date: day
columns:
  sex: {code: "Proband|sex"}
  born: {code: "Proband|birth-date", kind: date}
rows:
  - code_column: test
    codes: {CODES}
    value: value
    unit: unit
"""


def write_csv(folder: Path, people: int) -> int:
    """Files of drawn results, person by person; how many rows."""
    r = random.Random(7)
    labs = list(_LABS.items())
    rows = 0
    for number, first in enumerate(range(0, people, _IN_A_FILE)):
        with (folder / f"results-{number}.csv").open("w") as stream:
            stream.write("patient,day,test,value,unit,sex,born\n")
            for person in range(first, min(people, first + _IN_A_FILE)):
                stream.write(
                    f"P{person:07},,,,,{'male' if r.random() < 0.5 else 'female'},{1940 + r.randrange(70)}-06-15\n"
                )
                for _ in range(20):
                    name, (_, unit, mean, sd) = labs[r.randrange(len(labs))]
                    day = f"202{r.choice('56')}-{r.randrange(1, 7):02}-{r.randrange(1, 29):02}"
                    stream.write(
                        f"P{person:07},{day},{name},{round(max(0.1, r.gauss(mean, sd)), 1)},{unit},,\n"
                    )
                rows += 21
    codes = ", ".join(f'{name}: "LOINC|{code}"' for name, (code, *_) in _LABS.items())
    (folder.parent / "mapping.yaml").write_text(_MAPPING.replace("CODES", codes))
    return rows


def timed(run: Callable[[], Any]) -> tuple[float, float]:
    """Seconds on the clock and of processor time, children included."""

    def spent() -> float:
        return sum(
            u.ru_utime + u.ru_stime
            for u in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        )

    start, cpu = time.perf_counter(), spent()
    run()
    return time.perf_counter() - start, spent() - cpu


def of_csv(people: int) -> None:
    """People from CSV to verdicts."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "csv"
        folder.mkdir()
        rows = write_csv(folder, people)
        size = sum(each.stat().st_size for each in folder.iterdir()) / 1e6
        print(f"{people:,} people in CSV, {rows:,} rows, {size:,.0f} MB", flush=True)
        mapping = folder.parent / "mapping.yaml"

        def to_table() -> None:
            with tempfile.TemporaryDirectory() as into:
                read_parts(read(folder, mapping=mapping), Path(into), 1)

        turns = [
            (timed(lambda: sum(1 for _ in read(folder, mapping=mapping)))[1], timed(to_table)[1])
            for _ in range(3)
        ]
        one, blocks = (min(each) for each in zip(*turns, strict=True))
        print(
            f"  rows a second of one processor: {rows / one:,.0f} to facts that nobody keeps, {rows / blocks:,.0f} to the long table, {one / blocks:.1f} times as many",
            flush=True,
        )
        for workers in (1, 2):

            def screened(workers: int = workers) -> None:
                with gather(folder, eligibility(), AS_OF, mapping=mapping, workers=workers) as facts:
                    read_at = time.perf_counter()
                    found = screen_loaded(eligibility(), facts.on("duckdb"), AS_OF)
                    print(f"  {workers} process(es): {facts.report.facts if facts.report else 0:,} facts; screened in {time.perf_counter() - read_at:.1f} s, {found.counts}")  # fmt: skip

            clock, cpu = timed(screened)
            own, others = (
                resource.getrusage(who).ru_maxrss / 1e6
                for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
            )
            print(
                f"    {clock:.1f} s on the clock, {cpu:.1f} s of processor time ({rows / cpu:,.0f} rows a second of it); peak {own:.2f} GB, "
                f"of the largest process beside it {others:.2f} GB",
                flush=True,
            )


def documents(path: Path) -> Iterator[bytes]:
    """The JSON documents of a file: itself, or its lines."""
    data = path.read_bytes()
    data = gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data
    whole = data.lstrip()[:1] != b"{" or ".json" in path.suffixes[-2:]
    yield from [data] if whole else (each for each in data.splitlines() if each.strip())


def of_json(folder: Path) -> None:
    """A folder of FHIR, or of phenopackets."""
    files = sorted(each for each in folder.rglob("*") if each.is_file())
    peer = fhir_resources() if any(b"resourceType" in each for each in documents(files[0])) else protobuf()
    refused = Counter[str]()

    def alone(take: Callable[[bytes], Any]) -> None:
        refused.clear()
        for path in files:
            for each in documents(path):
                try:
                    take(each)
                except ValueError:
                    refused["documents"] += 1

    facts = sum(1 for _ in read(files))
    turns = [
        (
            timed(lambda: sum(1 for _ in read(files)))[1],
            timed(lambda: alone(orjson.loads))[1],
            timed(lambda: alone(peer[1]))[1] if peer else 0.0,
        )
        for _ in range(3)
    ]
    own, plain, theirs = (min(each) for each in zip(*turns, strict=True))
    print(
        f"{folder.name}: {len(files)} files, {facts:,} facts in {own:.2f} s of one processor, {facts / own:,.0f} a second; the JSON alone {plain:.2f} s"
    )
    if peer is None:
        print("  fhir.resources, or phenopackets, is not installed: not compared")
    else:
        print(
            f"  {peer[0]} reads the same, {refused['documents']} documents refused, in {theirs:.2f} s: {theirs / own:.2f} times as long"
        )


def fhir_resources() -> tuple[str, Callable[[bytes], Any]] | None:
    """The models of ``fhir.resources``, where they are installed."""
    if find_spec("fhir") is None or find_spec("fhir.resources") is None:
        return None
    from fhir.resources.R4B import get_fhir_model_class

    def take(data: bytes) -> None:
        found = orjson.loads(data)
        if isinstance(found, dict) and "resourceType" in found:
            get_fhir_model_class(found["resourceType"]).model_validate(found)

    return "fhir.resources", take


def protobuf() -> tuple[str, Callable[[bytes], Any]] | None:
    """The classes of the published schema of phenopackets, where they are installed."""
    if find_spec("phenopackets") is None:
        return None
    import phenopackets.schema.v2 as published
    from google.protobuf.json_format import Parse, ParseError

    def take(data: bytes) -> None:
        try:
            Parse(data, published.Phenopacket())
        except ParseError as error:
            raise ValueError from error

    return "protobuf", take


def main() -> None:
    """Run it and print the report."""
    for folder in sys.argv[2:]:
        of_json(Path(folder))
    people = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    if people:
        of_csv(people)


if __name__ == "__main__":
    main()
