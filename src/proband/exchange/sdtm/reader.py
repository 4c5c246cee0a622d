"""The datasets of a file, each read by its class or named with why it is not."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import orjson

from proband.exchange.content import Content, contents
from proband.exchange.readers import FileAtHand, reader
from proband.exchange.report import Declined, FileReport, Severity, declined
from proband.exchange.rows.beside import NOTHING_AGAINST, Holds, LookedAt, looked_at, said_against
from proband.exchange.rows.files import read_given
from proband.exchange.sdtm import dataset_json, transport
from proband.exchange.sdtm.datasets import Cells, Dataset
from proband.exchange.sdtm.dates import read_time
from proband.exchange.sdtm.domains import domain_of
from proband.exchange.sdtm.facts import SdtmReader
from proband.exchange.sdtm.relations import Relations
from proband.exchange.sdtm.supplements import Supplements
from proband.facts.observation import Observation
from proband.terms import UncertainDate

_JSON_SIGN = re.compile(rb'"(datasetJSONVersion|itemGroupOID|itemGroupData)"')
#: columns that no fact needs: keys, order, names of what is coded beside them
_BESIDE = re.compile(
    r"^(STUDYID|DOMAIN|USUBJID|SUBJID|SITEID|EPOCH|TAETORD|VISITNUM|VISITDY|ARM|ACTARM|..(SEQ|TEST|STRESN|STRESC|STRESU|STNRLO|STNRHI|DY|STDY|ENDY))$"
)


_TELLING = re.compile(rb"RFSTDTC|QNAM|COVAL|RELID|PARENT|SREL|SESTDTC|SVSTDTC|DVTERM|BETERM|BRTHDTC|SPECIES")
#: columns that the model has and that no site fills with a remark of its own
_MODEL = re.compile(
    r"^..(?:SPEC|CAT|SCAT|LOC|STAT|RESCAT|SOURCE|EVAL|NAM|ORRES|STRESC|TERM|DECOD|TRT|TEST|TESTCD|OBJ|METHOD|SEQ|EXCLFL|REASND|REASEX|COM|SEV|OUT|SPCCND)$"
)


class References:
    """Of each person of the files of a reading the day from which study days count, and what other datasets say against rows."""

    def __init__(self, files: Sequence[Path]) -> None:
        self.starts: dict[str, UncertainDate] = {}
        self.beside = Supplements()
        self.relations = Relations()
        self.animals: set[str] = set()
        self._called: dict[tuple[str, str], str] = {}
        for path in files:
            try:
                for content in contents(path):
                    if _is_transport(content) or _JSON_SIGN.search(content.head):
                        self._learn(content)
            except Declined:
                continue
        self.relations.settle()

    def others(self, person: str, study: str) -> list[str]:
        """The other ids under which somebody is known: as persons of this reading, where a study names its own number."""
        return [self._called.get((study, each), each) for each in sorted(self.relations.same.get(person, ()))]

    def _learn(self, content: Content) -> None:
        quiet = FileReport(content.name)
        if not _is_transport(content) and not _TELLING.search(content.head):
            return
        for dataset in datasets_in(content, quiet):
            if not _TELLING.search(" ".join(dataset.columns).encode()):
                continue
            persons = domain_of(dataset.columns).kind == "persons"
            for row in dataset.rows:
                cells = dict(zip(dataset.columns, row, strict=False))
                self.relations.add(cells)
                if "RDOMAIN" in cells:
                    self.beside.add(cells)
                if not persons:
                    continue
                person = cells.get("USUBJID", "").strip()
                number = (cells.get("STUDYID", "").strip(), cells.get("SUBJID", "").strip())
                other = self._called.setdefault(number, person)
                if (
                    number[1] and other != person
                ):  # a number is one person's within a study (SDTMIG 3.4, SUBJID)
                    self.relations.same.setdefault(person, set()).add(other)
                    self.relations.same.setdefault(other, set()).add(person)
                if cells.get("SPECIES", "").strip().upper() not in {"", "HUMAN", "HOMO SAPIENS"}:
                    self.animals.add(person)
                if "RFSTDTC" not in cells:
                    continue
                start = read_time(cells.get("RFSTDTC", "")).when
                known = self.starts.setdefault(cells.get("USUBJID", "").strip(), start)
                if known != start:  # two starts: none is chosen
                    self.starts[cells.get("USUBJID", "").strip()] = UncertainDate.unknown()


def _is_transport(content: Content) -> bool:
    return content.head.startswith(transport.SIGN)


def datasets_in(content: Content, report: FileReport) -> Iterator[Dataset]:
    """The datasets of a file, in order."""
    if _is_transport(content):
        with content.open() as stream:
            yield from transport.datasets(stream, report)
    elif content.kind == "ndjson":
        yield dataset_json.dataset_of_lines(content, report)
    else:
        try:
            root = orjson.loads(content.read_bytes())
        except orjson.JSONDecodeError:
            return
        if dataset_json.is_dataset(root):
            yield from dataset_json.datasets(root)


def _read(file: FileAtHand, found: Iterator[Dataset]) -> Iterator[Observation]:
    number = 0
    refused: list[Declined] = []
    for dataset in found:
        number += 1
        try:
            yield from _dataset(file, dataset)
        except Declined as error:
            refused.append(error)
            file.report.lack(error.code, error.message, dataset.name, error.mend, f"dataset {dataset.name}")
    if refused and len(refused) == number:
        file.report.lacking.clear()
        raise refused[0]
    if not number:
        raise declined("sdtm.empty")


def _dataset(file: FileAtHand, dataset: Dataset) -> Iterator[Observation]:
    report = file.report
    columns = dataset.columns
    if _mapped(file, columns):
        yield from read_given(file, columns, lambda: _given(dataset, report))
        return
    domain = domain_of(columns)
    references = file.reading.kept(References)
    report.format = f"SDTM {dataset.name}" if not report.format else "SDTM"
    if domain.kind == "analysis":
        raise declined("sdtm.analysis", name=dataset.name)
    if domain.kind == "unknown":
        raise declined("sdtm.unknown", name=dataset.name, columns=", ".join(columns[:8])[:200])
    name = dataset.name.upper()[:40] or domain.prefix
    if domain.kind == "not-read" or re.match(r"AP[A-Z]{2}$", name):
        reason = domain.reason or "about a relative or a caregiver, not the person"
        n = 0
        for _, cells, position in _given(dataset, FileReport(report.file)):
            n += 1
            if "QNAM" in cells:
                yield from SdtmReader(file.name, report, references).death_beside(cells, position)
        report.read[f"{name} row"] += n
        if n:
            report.ignore(f"dataset {name}", reason, "", n)
            if name.startswith("SUPP"):
                report.find(
                    Severity.NOTE, "sdtm.supplemental", f"{n} supplemental qualifiers: {reason}", name
                )
        return
    read = SdtmReader(file.name, report, references)
    looks = _of_the_site(columns, domain.prefix)
    used: set[str] = set()
    unused: Counter[str] = Counter()
    for _, cells, position in _given(dataset, report):
        looked = _Looked(cells)
        if (said := cells.get("DOMAIN", "").strip().upper()).startswith("AP") and len(said) == 4:
            report.ignore(f"dataset {name}", "about a relative or a caregiver, not the person", position)
            continue
        if cells.get("USUBJID", "").strip() in references.animals:
            report.ignore(f"{name} row", "about an animal, not a person", position)
            continue
        against = [*references.beside.of(cells), *references.relations.of(cells, domain.prefix)]
        if looks and (own := said_against(cells, looks)) is not NOTHING_AGAINST:
            against.append(own)
        if out := next((each for each in against if each.withdrawn or each.another), None):
            report.ignore(
                f"{name} row",
                "a qualifier or a comment says that it was taken back, or is of another",
                position,
            )
            used |= {out.withdrawn or ""}
            continue
        told = read.facts(domain.kind, domain.prefix, looked, position)
        for each in against:
            told = map(each.of, told)
        yield from told
        used |= looked.seen
        for column, written in cells.items():
            if column not in used and written.strip():
                unused[column] += 1
    # of a domain in several datasets (LBCH, LBHE), the column may stand in another one
    missed = references.beside.unmet(domain.prefix, columns) if len(name) == 2 else 0
    if missed:
        report.lack(
            "sdtm.supplemental-unmet", f"{missed} qualifiers or comments speak against rows of {name}, and it has not the column that they name", name,
            "send the rows with the columns that IDVAR names", what="qualifier that takes back a row which is not found",
        )  # fmt: skip
    for column, n in sorted(unused.items()):
        if column not in used:
            beside = _BESIDE.match(column)
            report.ignore(
                f"column {column}",
                "a key, or what stands beside what is read" if beside else "no fact is made of it",
                "",
                n,
            )


def _of_the_site(columns: list[str], prefix: str) -> list[LookedAt]:
    """Columns beside those of the model (``LBDEL``, ``LBSTATUS``, ``MHREL``), looked at as qualifiers are."""
    found = []
    for each in columns:
        if each.startswith(prefix) and len(each) > len(prefix) and not _MODEL.match(each):
            name = {"MHREL": "relationship", f"{prefix}DEL": "deleted"}.get(each, each.removeprefix(prefix))
            looks = looked_at(name, of_results=True)
            if looks.holds is not Holds.WORDS or looks.name:
                found.append(replace(looks, column=each))
    return found


class _Looked(dict[str, str]):
    """The cells of a row, which know what was asked of them."""

    def __init__(self, cells: Cells) -> None:
        super().__init__(cells)
        self.seen: set[str] = set()

    def get(self, key: str, default: str = "") -> str:  # type: ignore[override]
        self.seen.add(key)
        return super().get(key, default)

    def __getitem__(self, key: str) -> str:
        self.seen.add(key)
        return super().__getitem__(key)


def _given(dataset: Dataset, report: FileReport) -> Iterator[tuple[list[str], Cells, str]]:
    """Rows with their cells by column; a row of another number of cells is not read, and a file that promised more says so."""
    number = 0
    unit = f"{dataset.name} row".strip()
    for number, row in enumerate(dataset.rows, start=1):
        position = f"{unit} {number}"
        report.read[unit] += 1
        if len(row) != len(dataset.columns):
            report.ignore("row", "its number of cells is not that of the columns", position)
            report.lack(
                "table.ragged", f"{len(row)} cells where there are {len(dataset.columns)} columns; the row is not read", position,
                "write the file again", "row whose number of cells is not that of the columns",
            )  # fmt: skip
            continue
        yield dataset.columns, dict(zip(dataset.columns, row, strict=True)), position
    report.read[unit] += 0
    if dataset.promised is not None and dataset.promised != number:
        report.lack(
            "sdtm.records", f"the file says that it has {dataset.promised} rows, and it has {number}", unit, "transfer it again",
            "row that the file says it has" if dataset.promised > number else "row more than the file says it has",
        )  # fmt: skip


def _mapped(file: FileAtHand, columns: list[str]) -> bool:
    """Whether rules of the caller's mapping are for these columns: then they say what the columns mean."""
    mapping = file.mapping
    if mapping is None:
        return False
    if any(each.when.columns and set(each.when.columns) <= set(columns) for each in mapping.tables):
        return True
    return (
        bool(mapping.columns or mapping.rows)
        and mapping.subject in columns
        and bool(mapping.whole.used_columns() - {mapping.subject, mapping.date} & set(columns))
    )


@reader("SAS transport file", "binary", looks=lambda file: _is_transport(file.content))
def read_transport(file: FileAtHand) -> Iterator[Observation]:
    """Facts of the datasets of a SAS transport file."""
    with file.content.open() as stream:
        yield from _read(file, transport.datasets(stream, file.report))


@reader("Dataset-JSON", "json", looks=lambda file: dataset_json.is_dataset(file.root))
def read_dataset_json(file: FileAtHand) -> Iterator[Observation]:
    """Facts of a dataset in JSON."""
    return _read(file, dataset_json.datasets(file.root))


@reader(
    "Dataset-JSON, one row a line", "ndjson", looks=lambda file: bool(_JSON_SIGN.search(file.content.head))
)
def read_dataset_lines(file: FileAtHand) -> Iterator[Observation]:
    """Facts of a dataset with one row a line."""
    return _read(file, iter([dataset_json.dataset_of_lines(file.content, file.report)]))
