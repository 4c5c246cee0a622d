"""Verification: the chain, the signed heads, and the rules, each finding with the event it concerns.

Three questions, answered from the bytes alone. Is every event what was appended, in its place (chain)? Is the end still
there, and is this the chain that was signed at the time (heads)? Would the gates let every event pass, judged again from the
first (rules)? None of it trusts a projection, a column or the software that wrote the log.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from proband.record.allocation_check import AllocationCheck, AllocationFound, KitOf, ListOf
from proband.record.chain import walk
from proband.record.enrolment import founding_anchor
from proband.record.errors import RecordError
from proband.record.events import Event
from proband.record.fold import fold
from proband.record.folder import read_settings
from proband.record.heads import Head, check_heads, trusted_keys
from proband.record.kept_texts import KeptTexts
from proband.record.permissions import about_file
from proband.record.seal_check import SealCheck
from proband.record.sealed_lists import kept_kit, kept_seed, kit_is_kept
from proband.record.snapshot import spilling
from proband.record.standing import draft_because
from proband.record.state import State
from proband.record.store import Store, is_url, open_store
from proband.record.text_check import TextCheck, texts_in
from proband.trial.allocation.lists import SealedList, read_list

Read = TypeVar("Read")

#: what gives the sealed list of a commitment, and the content of a kit
SealedThings = tuple[ListOf, KitOf]


@dataclass(frozen=True, slots=True)
class IntegrityFinding:
    """One thing that does not hold: where (event number, if there is one), what kind, in words."""

    seq: int | None
    kind: str
    message: str


@dataclass(slots=True)
class VerifyReport:
    """What a verification found."""

    study: str
    events: int = 0
    head: str = ""
    heads: int = 0
    covered: int = 0
    chain_ok: bool = False
    heads_ok: bool = False
    rules_ok: bool | None = None
    #: up to which event every commit carries the seal of a door that was enrolled then; ``None``: the record has no doors
    sealed: int | None = None
    #: the fingerprint of the founding keys, and whether it is one that was kept outside (``None``: none was given)
    anchor: str = ""
    origin: bool | None = None
    #: whether it is a draft: begun under one, or a single custodian decides who may do what
    draft: bool = False
    #: why it proves less than it could, in words: one person alone decides, it was begun under a draft, it keeps no bundles
    draft_because: list[str] = field(default_factory=list)
    #: how many texts lie in the vault as they were signed, were erased, or lie in the vault of another door; ``None``: no vault was looked at
    texts: int | None = None
    texts_erased: int = 0
    texts_elsewhere: int = 0
    #: when the last event was recorded; and of a copy that was just restored, how many later ones are known to be missing
    as_of: str = ""
    lacking: int = 0
    #: what was found of the allocation; ``None``: nobody is drawn, or the rules were not asked
    allocation: AllocationFound | None = None
    #: events that stand as other rules judged them, with the gates of this version that would refuse them: "rules differ", and nothing is void
    differs: dict[int, list[str]] = field(default_factory=dict)
    #: by which rules events were judged, each with its first event; "": a release that did not say so yet
    rules: dict[str, int] = field(default_factory=dict)
    findings: list[IntegrityFinding] = field(default_factory=list)
    seconds: float = 0.0
    #: events per second of the walk along the chain alone
    rate: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether everything that was checked holds."""
        broken = any(
            finding.kind in ("unsealed", "anchor", "vault", "allocation") for finding in self.findings
        )
        return self.chain_ok and self.heads_ok and self.rules_ok is not False and not broken

    @property
    def first(self) -> IntegrityFinding | None:
        """The finding at the earliest event."""
        placed = [finding for finding in self.findings if finding.seq is not None]
        return (
            min(placed, key=lambda finding: finding.seq or 0)
            if placed
            else (self.findings[0] if self.findings else None)
        )

    def as_dict(self) -> dict[str, Any]:
        """The report as plain JSON values."""
        return {**asdict(self), "ok": self.ok}

    def __str__(self) -> str:
        if self.ok:
            rules = "" if self.rules_ok is None else ", every event passes its gates"
            sealed = "" if self.sealed is None else f", sealed up to event {self.sealed}"
            origin = "origin proven" if self.origin else "consistent, origin not proven: give --anchor"
            draft = "".join(f"; {one}" for one in self.draft_because)
            texts = "" if self.texts is None else f", {self.texts} texts as they were signed"
            texts += f", {self.texts_erased} texts erased" if self.texts_erased else ""
            texts += (
                f", {self.texts_elsewhere} texts in the vault of another door" if self.texts_elsewhere else ""
            )
            allocation = "" if self.allocation is None else f"; {self.allocation}"
            if self.differs:
                first, gates = next(iter(self.differs.items()))
                texts += f"; rules differ: {len(self.differs)} events stand as other rules judged them, the first is {first} ({', '.join(gates)})"
            return (
                f"{self.study}: {self.events} events, chain whole, {self.heads} signed heads up to event {self.covered}"
                f"{sealed}{rules}{texts}{allocation}; {origin}{draft}"
            )
        return f"{self.study}: NOT VERIFIED. " + "; ".join(finding.message for finding in self.findings[:5])


def verify_store(
    store: Store,
    study: str,
    heads: Path | None,
    trusted: dict[str, bytes],
    *,
    rules: bool = True,
    copies: Iterable[Path] = (),
    anchors: Collection[str] = (),
    texts: KeptTexts | None = None,
    restoring: bool = False,
    sealed: SealedThings | None = None,
) -> VerifyReport:
    """Verify one study of a store.

    Parameters
    ----------
    store, study
        Which chain.
    heads
        The file of signed heads; ``None`` checks the chain alone, and says so as a finding.
    trusted
        Public keys by fingerprint, from a place that the owner of the database cannot write.
    rules
        Whether every event is judged by its gates again.
    copies
        Further files of heads (second site, inspector): what any of them says must hold.
    anchors
        Fingerprints of founding keys (:func:`proband.record.enrolment.founding_anchor`) that were kept outside; without one the record
        may be consistent and yet another one than the one that was begun.
    texts
        The vault's texts; with them every commitment is opened, unless its text was erased.
    restoring
        Whether the log has just come out of a backup: keys that were destroyed after it are gone, and no event of it says so.
    sealed
        What gives the sealed list of a commitment, and the content of a kit; with it every place and every dose is held against its arm, without it order and commitments only.
    """
    report = VerifyReport(study)
    started = time.perf_counter()
    known: list[Head] = []
    for path in [*([heads] if heads is not None else []), *copies]:
        good, faults = check_heads(path, study, trusted)
        known.extend(good)
        report.findings.extend(IntegrityFinding(fault.seq, fault.kind, fault.message) for fault in faults)
    if heads is None:
        report.findings.append(
            IntegrityFinding(None, "heads-absent", "no signed heads were given: a cut tail could not be seen")
        )
    found, hashes = walk(store.rows(study), marks=[head.seq for head in known])
    elapsed = time.perf_counter() - started
    report.events, report.head = found.events, found.hash.hex()
    report.rate = found.events / elapsed if elapsed else 0.0
    report.chain_ok = found.broken is None and found.events > 0
    if found.broken is not None:
        report.findings.append(IntegrityFinding(found.broken.seq, found.broken.kind, found.broken.message))
    elif not found.events:
        report.findings.append(IntegrityFinding(None, "empty", f"there are no events of {study}"))
    _compare(report, known, hashes, broken=found.broken is not None)
    if rules:
        words = TextCheck(texts) if texts is not None else None
        with spilling(store, study) as spill:
            _judge(report, store.events(study), trusted, anchors, spill, words, restoring, sealed)
    report.seconds = time.perf_counter() - started
    return report


def _compare(report: VerifyReport, heads: list[Head], hashes: dict[int, bytes], *, broken: bool) -> None:
    """What the heads say against what the chain is; only the first disagreement is told, with the last agreement before."""
    agreed = 0
    report.heads = len({(head.seq, head.hash) for head in heads})
    for head in sorted(heads, key=lambda head: head.seq):
        actual = hashes.get(head.seq)
        if actual is None:
            if not broken:
                report.findings.append(
                    IntegrityFinding(
                        report.events + 1,
                        "cut",
                        f"events {report.events + 1} to {head.seq} are missing: a signed head names event {head.seq}",
                    )
                )
            break
        if actual.hex() != head.hash:
            report.findings.append(
                IntegrityFinding(
                    agreed + 1,
                    "rewritten",
                    f"an event between {agreed + 1} and {head.seq} is not the one that was signed: "
                    f"the chain differs from the head of event {head.seq}, and agrees with that of event {agreed}",
                )
            )
            break
        agreed = head.seq
    report.covered = agreed
    report.heads_ok = bool(heads) and not any(
        finding.kind.startswith("head") or finding.kind in ("cut", "rewritten") for finding in report.findings
    )


def _judge(
    report: VerifyReport,
    events: Iterable[Event],
    trusted: Mapping[str, bytes],
    anchors: Collection[str],
    spill: Callable[[State], None],
    words: TextCheck | None,
    restoring: bool,
    sealed: SealedThings | None,
) -> None:
    """Fold the log anew: every seal against the doors enrolled at its place, every event against its gates."""
    state = State(study=report.study)
    seals = SealCheck()
    allocation = AllocationCheck(*(sealed or (None, None)))
    for event in events:
        before = state.instance
        body = fold(state, event)
        if event.seq == 1:
            _origin(report, body["data"], anchors)
            _begun_at_a_trusted_door(report, state, trusted)
        seals.take(state, event, before)
        if words is not None and before != state.instance and event.seq > 1:
            words.copied = event.seq
        if event.seq not in state.invalid:
            allocation.take(state, event.seq, body)
            if words is not None:
                words.take(event.seq, body)
        spill(state)
    report.sealed = seals.covered if seals.doors else None
    report.draft, report.as_of = state.draft, state.recorded
    report.draft_because = draft_because(state)
    if not state.bundles:
        report.draft_because.append("the hashes of its versions are taken as told: it keeps no bundles")
    report.findings.extend(
        IntegrityFinding(seq, "unsealed", message) for seq, message in seals.found(report.events)
    )
    if words is not None:
        words.copied = state.seq if restoring else words.copied
        report.findings.extend(IntegrityFinding(seq, "vault", message) for seq, message in words.found(state))
        report.texts, report.texts_erased, report.texts_elsewhere = words.whole, words.erased, words.elsewhere
    report.allocation = allocation.conclude(state)
    report.findings.extend(IntegrityFinding(seq, "allocation", message) for seq, message in allocation.faults)
    report.rules_ok = not state.invalid
    report.rules = dict(state.rules)
    report.differs = {seq: list(gates) for seq, gates in state.differs.items()}
    for seq, gates in state.invalid.items():
        report.findings.append(
            IntegrityFinding(
                seq,
                "invalid",
                f"event {seq} ({state.kinds[seq - 1]} of {state.subjects[seq - 1]}) does not pass: {', '.join(gates)}",
            )
        )


def _begun_at_a_trusted_door(report: VerifyReport, state: State, trusted: Mapping[str, bytes]) -> None:
    doors = [key.id for key in state.keys.values() if key.kind == "device"]
    if doors and trusted and not set(doors) <= trusted.keys():
        report.findings.append(
            IntegrityFinding(1, "head-key", f"the study was opened with the key {doors[0]}, which is not among the trusted ones")
        )  # fmt: skip


def _origin(report: VerifyReport, data: Any, anchors: Collection[str]) -> None:
    """Whether this is the record that was begun with the keys whose fingerprint was kept outside."""
    try:
        report.anchor = founding_anchor(data)
    except (KeyError, TypeError):
        report.anchor = ""
    if not anchors:
        return
    report.origin = report.anchor in anchors
    if not report.origin:
        report.findings.append(
            IntegrityFinding(
                1, "anchor", f"the record was begun with other keys than those whose fingerprint was kept: {report.anchor[:16]}…"
            )
        )  # fmt: skip


def verify_record(
    path_or_url: str | Path,
    heads: str | Path | None = None,
    *,
    study: str | None = None,
    trusted: str | Path | None = None,
    rules: bool = True,
    anchors: Collection[str] = (),
    restoring: bool = False,
    sealed_list: str | Path | None = None,
) -> VerifyReport:
    """Verify a record: its folder, an SQLite log, or a PostgreSQL URL.

    Parameters
    ----------
    path_or_url
        A record's folder needs nothing else; a bare log or a URL needs ``heads``.
    heads
        A file of signed heads; a folder's own heads are checked as well.
    study
        Which study, where there are several.
    trusted
        A JSON file ``{"keys": [hex, …]}``; by default ``trusted.json`` beside the heads. A copy that the database's owner
        cannot write is worth more.
    rules
        Whether every event is judged by its gates again, and its seal and signatures checked.
    anchors
        Fingerprints of the founding keys, as ``proband record init`` printed them.
    restoring
        As for :func:`verify_store`.
    sealed_list
        The file of the sealed list; ``vault`` for the one that lies in the record's own vault, of which nobody is told anything.

    Raises
    ------
    RecordError
        ``record.absent``, ``record.store.absent``, ``record.verify.study``.
    """
    where = Path(path_or_url) if not is_url(str(path_or_url)) else None
    copies: list[Path] = [Path(heads)] if heads is not None else []
    if where is not None and where.is_dir():
        settings = read_settings(where)
        place = settings["store"]
        study = study or settings["study"]
        own = where / "heads" / f"{study}.jsonl"
        keys = trusted_keys(Path(trusted) if trusted else where / "heads" / "trusted.json")
        store = open_store(place if is_url(place) else where / place)
    else:
        store = open_store(str(path_or_url))
        own = copies.pop() if copies else Path("heads-not-given")
        keys = trusted_keys(Path(trusted) if trusted else own.parent / "trusted.json")
    texts: KeptTexts | None = None
    try:
        if study is None:
            studies = store.studies()
            if len(studies) != 1:
                raise RecordError("record.verify.study", studies=len(studies))
            study = studies[0]
        if where is not None and where.is_dir() and rules:
            texts = texts_in(where, study)
        return verify_store(
            store,
            study,
            own if own.name != "heads-not-given" else None,
            keys,
            rules=rules,
            copies=copies,
            anchors=anchors,
            texts=texts,
            restoring=restoring,
            sealed=None if sealed_list is None else _lists(sealed_list, texts),
        )
    finally:
        store.close()
        if texts is not None:
            texts.vault.close()


def _as_it_was(read: Callable[[], Read]) -> Read | None:
    """What lies in the vault; ``None`` where something else lies in its place: a finding, and no end of the verification."""
    try:
        return read()
    except RecordError as error:
        if error.code not in ("record.allocation.seed", "record.vault.changed"):
            raise
        return None


def _lists(place: str | Path, texts: KeptTexts | None) -> SealedThings:
    """What gives the sealed list of a commitment and the content of a kit: a file that has it and those of earlier plans, or the vault that has them all."""
    if str(place) != "vault":
        file = Path(place)
        with about_file(file):
            content = file.read_bytes()
        handed = read_list(content, place)
        lists = {one.commitment: one for one in (handed, *handed.earlier)}
        return (
            lists.get,
            lambda kit, said: handed.kits.get(kit),
        )
    vault = texts.vault if texts is not None else None

    def of_vault(sealed: str) -> SealedList | None:
        return _as_it_was(lambda: SealedList(kept_seed(vault, sealed), ""))

    def kit_of_vault(kit: str, said: str) -> Mapping[str, str] | None:
        return _as_it_was(
            lambda: kept_kit(vault, said) if vault is not None and kit_is_kept(vault, said) else None
        )

    return of_vault, kit_of_vault
