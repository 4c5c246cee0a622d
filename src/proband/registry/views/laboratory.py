"""Pages of the cell laboratory: what waits, the stock, a family with its tree and sheets, the batch record, the search by reagent lot."""

from __future__ import annotations

import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from proband.pages.charts.family_tree import WORDS, family_tree
from proband.pages.product.batch_record import batch_record_page
from proband.pages.product.batch_record_pdf import write_batch_record
from proband.record import Record, recall
from proband.record.batch_record import batch_record
from proband.record.labels import balance
from proband.record.lineage import beside_by_lot, lineage
from proband.record.seeing import sees
from proband.registry.acting import offered
from proband.registry.laboratory import GONE, in_places, seen_containers, sheet, stock, waiting
from proband.registry.opened import record
from proband.registry.reading import NotShown, check_sees, narrowed
from proband.registry.views.shown import kept_as, looked_at, me


def index(request: HttpRequest) -> HttpResponse:
    """What waits for somebody, the families, the stock by expiry, and the search by lot."""
    kept = record()
    person = me(request, kept)
    words, lot = request.GET.get("q", "").strip(), request.GET.get("lot", "").strip()
    with kept.reading() as state:
        check_sees(state, person, "")
        containers, now = seen_containers(state, person), kept.clock()
        lines = stock(containers, now)
        tasks = waiting(state, containers, now)
        families = _families(kept, {one.coi for one in containers})
        began = time.perf_counter()
        touched = [one for one in recall(state, lot) if sees(state, person, one.product)] if lot else []
        took = time.perf_counter() - began
        counts = in_places(containers, now)
        loose = balance(state)
        verbs = {one.verb for one in offered(state, person)}
    shown = [
        line
        for line in lines
        if narrowed(
            [{"a": f"{line.made.id} {line.made.participant} {line.made.place} {line.state}"}], words=words
        )
    ]
    looked_at(request, "laboratory", lot[:64])
    return render(request, "registry/laboratory.html", {
        "tasks": tasks, "lines": shown, "of": len(lines), "counts": counts, "total": len(containers), "families": families, "q": words, "lot": lot,
        "touched": touched, "took": f"{took:.3f}", "labels": loose, "may": verbs, "recalled": bool(lot) and state.lot_as_known(lot) in state.recalled,
    })  # fmt: skip


def _families(kept: Record, names: set[str]) -> list[dict[str, Any]]:
    state = kept.state
    return [
        {"coi": one.coi, "participant": one.participant, "opened": one.opened_at[:10],
         "taken": sum(found.coi == one.coi for found in state.collections.values())}
        for one in state.therapies.values() if one.coi in names or not any(made.coi == one.coi for made in state.products.values())
    ]  # fmt: skip


def family(request: HttpRequest, coi: str) -> HttpResponse:
    """A therapy event: the tree of its containers, what a finding holds, and the sheet of each."""
    kept = record()
    person = me(request, kept)
    with kept.reading() as state:
        check_sees(state, person, coi)
        therapy = state.therapies.get(coi)
        if therapy is None:
            raise NotShown("registry.absent", what=f"therapy event {coi[:64]}")
        nodes = lineage(state, coi)
        tree = family_tree("family", f"Containers of {coi}", nodes) if nodes else None
        made = [one for one in state.products.values() if one.coi == coi]
        sheets = [sheet(state, one) for one in made]
        held = [node for node in nodes if node.standing in ("source", "held")]
        given = sum(state.products[node.name].status == "administered" for node in held)
        moving = sum(state.products[node.name].sent_to is not None for node in held)
        beside = beside_by_lot(state, coi)
        verbs = {one.verb for one in offered(state, person)}
        labels = [balance(state, one.id) for one in made]
    looked_at(request, "family", coi[:64])
    total = {
        name: sum(getattr(one, name) for one in labels)
        for name in ("printed", "applied", "spoiled", "destroyed", "open")
    }
    return render(request, "registry/family.html", {
        "therapy": therapy, "tree": tree, "nodes": _indented(nodes), "sheets": sheets, "held": held, "sources": [node for node in held if node.standing == "source"],
        "given": given, "moving": moving, "beside": beside, "may": verbs, "labels": total, "legend": WORDS.items(), "gone": GONE,
    })  # fmt: skip


def _indented(nodes: list[Any]) -> list[tuple[int, Any]]:
    """The same tree as a list: each below what it was made from first."""
    below: dict[str, list[Any]] = {}
    known = {node.name for node in nodes}
    for node in nodes:
        below.setdefault(next((one for one in node.parents if one in known), ""), []).append(node)
    found: list[tuple[int, Any]] = []

    def walk(name: str, depth: int) -> None:
        for node in below.get(name, ()):
            found.append((min(depth, 6), node))
            walk(node.name, depth + 1)

    walk("", 0)
    return found


def batch(request: HttpRequest, subject: str) -> HttpResponse:
    """The batch record of a product, to be kept: as a page that loads nothing, or as PDF (extra ``pdf``)."""
    kept = record()
    person = me(request, kept)
    with kept.reading() as state:
        check_sees(state, person, subject)
    found = batch_record(kept, subject)
    looked_at(request, "batch-record", subject[:64])
    if request.GET.get("as") == "pdf":
        with TemporaryDirectory() as folder:
            path = Path(folder) / "batch-record.pdf"
            write_batch_record(found, path)
            content, kind, end = path.read_bytes(), "application/pdf", "pdf"
    else:
        content, kind, end = batch_record_page(found).encode(), "text/html; charset=utf-8", "html"
    return HttpResponse(
        content,
        content_type=kind,
        headers=kept_as(f"batch-record-{subject}.{end}"),
    )
