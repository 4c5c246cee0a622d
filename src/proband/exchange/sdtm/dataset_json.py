"""Dataset-JSON of CDISC, 1.0 and 1.1: one document, or lines of which the first describes the columns and each other is a row.

Source: CDISC, *Dataset-JSON v1.1* (2024; schema and examples in ``cdisc-org/DataExchange-DatasetJson``, MIT). The compressed form (``.dsjc``)
is the same behind zlib or gzip.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from proband.exchange.content import Content
from proband.exchange.json_values import obj
from proband.exchange.report import FileReport, Severity, declined
from proband.exchange.sdtm.datasets import Dataset
from proband.exchange.written_numbers import cell_text


def is_dataset(root: Any) -> bool:
    """Whether a JSON value is a dataset, or describes the columns of one."""
    return isinstance(root, dict) and (
        "datasetJSONVersion" in root or ("itemGroupOID" in root and "columns" in root)
    )


def datasets(root: dict[str, Any]) -> Iterator[Dataset]:
    """The datasets of one document: one in version 1.1, several in version 1.0.

    Raises
    ------
    Declined
        ``dataset-json.malformed`` with the key that is not what it must be.
    """
    if "columns" in root:
        yield _made(
            root, _listed(root.get("columns"), "columns"), _lists(_listed(root.get("rows") or [], "rows"))
        )
        return
    found = False
    for kind in ("clinicalData", "referenceData"):
        for group in obj(obj(root.get(kind)).get("itemGroupData")).values():
            found = True
            items = _listed(obj(group).get("items"), "items")
            yield _made(obj(group), items, _lists(_listed(obj(group).get("itemData") or [], "itemData")))
    if not found:
        raise declined("dataset-json.malformed", key="columns", problem="there are no columns")


def dataset_of_lines(content: Content, report: FileReport) -> Dataset:
    """The dataset of a file of lines; rows as a stream.

    Raises
    ------
    Declined
        ``dataset-json.malformed`` where the first line does not describe columns.
    """
    lines = content.lines()
    number, first = next(lines)
    try:
        head = orjson.loads(first)
    except orjson.JSONDecodeError as error:
        raise declined("dataset-json.malformed", line=number, key="columns", problem=error.msg) from error
    return _made(obj(head), _listed(obj(head).get("columns"), "columns"), _of_lines(lines, report))


def _of_lines(lines: Iterator[tuple[int, bytes]], report: FileReport) -> Iterator[Any]:
    for number, line in lines:
        if not line.strip():
            continue
        try:
            row = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            row = None
            report.find(Severity.ERROR, "json.malformed", f"not JSON: {error.msg}", f"line {number}")
        if not isinstance(row, list):
            report.ignore("line", "not JSON, or no row", f"line {number}")
            report.lacking["line that is not JSON"] += 1
            continue
        yield row


def _lists(rows: list[Any]) -> Iterator[Any]:
    for row in rows:
        yield row if isinstance(row, list) else []  # of another number of cells: the reader says so


def _listed(node: Any, key: str) -> list[Any]:
    if not isinstance(node, list):
        raise declined("dataset-json.malformed", key=key, problem=f"{key} is no list")
    return node


def _made(about: dict[str, Any], items: list[Any], rows: Iterable[Any]) -> Dataset:
    columns = [obj(each).get("name") for each in items]
    if not columns or not all(isinstance(each, str) for each in columns):
        raise declined("dataset-json.malformed", key="columns", problem="a column has no name")
    names = [str(each).upper() for each in columns]
    records = about.get("records")
    return Dataset(
        str(about.get("name") or about.get("itemGroupOID") or "")[:40],
        str(about.get("label") or ""),
        names,
        ([cell_text(each) for each in row] for row in rows),
        {name: str(obj(each).get("label") or "") for name, each in zip(names, items, strict=True)},
        records if isinstance(records, int) and not isinstance(records, bool) else None,
    )
