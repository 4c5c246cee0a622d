"""What changed between two versions of a programme, which kind of change it is, and who must consent again.

Kinds are those of the protocol-amendment impact in USDM v4 (CDISC): participants' **rights**, participants' **safety**,
**reliability** of the data, **robustness** of the conclusions. One change can be of several kinds.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Literal

from proband.terms import ProbandError
from proband.terms.canonical import canonical

if (
    TYPE_CHECKING
):  # two versions are compared by what is written in them: whoever has that needs no model of a bundle
    from proband.programme.bundle import Programme

Kind = Literal["rights", "safety", "reliability", "robustness", "administrative"]
#: what an amendment is as a whole: words that were spelt wrong, something that bears on nobody, something that does
AmendmentKind = Literal["typo", "non-substantial", "substantial"]
Who = Literal["nobody", "new participants only", "participants in treatment", "all participants"]

#: path prefix → kinds; the first that matches counts, so narrower prefixes stand first
_KINDS: tuple[tuple[str, tuple[Kind, ...]], ...] = (
    (r"programme\.consent|consent\.", ("rights",)),
    (r"programme\.access\.participant_charge|programme\.access", ("rights",)),
    (r"programme\.(status|single_patient)", ("rights", "safety")),
    (r"programme\.code_systems", ("safety", "reliability")),
    (
        r"programme\.(title|version|date|summary|written_by|funding|conflicts|note|intended_purpose)",
        ("administrative",),
    ),
    (r"programme\.(allocation|masking|arms|comparators|forecast)", ("robustness", "reliability")),
    (r"programme\.(roles|verdict_valid_for)", ("safety", "reliability")),
    (r"programme\.(indication|mechanism)", ("robustness",)),
    (r"programme", ("administrative",)),
    (r"eligibility\.criteria.*purpose=safety|eligibility.*safety", ("safety",)),
    (r"eligibility", ("safety", "robustness")),
    (r"product\.(products|regimens)", ("safety",)),
    (r"safety", ("safety",)),
    (r"schedule\.long_term_follow_up", ("safety", "rights")),
    (r"schedule", ("reliability",)),
    (r"outcomes\.estimands|trials", ("robustness",)),
    (r"outcomes", ("reliability", "robustness")),
    (r"(claims|facts|sources|figures|beside|natural_history|tables)", ("administrative",)),
)

#: which kinds of change touch what a participant agreed to
_TOUCHES_CONSENT = re.compile(
    r"^(consent\.|programme\.consent\.(withdrawal|reconsent|guardians|representatives|assent)|programme\.access\.participant_charge|product\.(products|regimens)|"
    r"safety\.(stopping_rules|surveillance|expected_events)|schedule\.(visits|long_term_follow_up)|programme\.(arms|comparators|allocation))"
)


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: where, what it was, what it is, and of which kinds it is."""

    path: str
    before: Any
    after: Any
    kinds: tuple[Kind, ...]

    @property
    def action(self) -> Literal["added", "removed", "changed"]:
        """Whether something was added, removed or changed."""
        return "added" if self.before is _ABSENT else "removed" if self.after is _ABSENT else "changed"

    def __str__(self) -> str:
        match self.action:
            case "added":
                return f"{self.path}: added {_brief(self.after)}"
            case "removed":
                return f"{self.path}: removed {_brief(self.before)}"
            case _:
                return f"{self.path}: {_brief(self.before)} → {_brief(self.after)}"


class _Absent:
    def __repr__(self) -> str:
        return "absent"


_ABSENT = _Absent()


@dataclass(frozen=True)
class Amendment:
    """A readable amendment from one version of a programme to another."""

    programme: str
    before: str
    after: str
    before_hash: str
    after_hash: str
    changes: tuple[Change, ...]
    reconsent: Who
    reconsent_because: tuple[str, ...]
    unresolved: tuple[str, ...]

    @property
    def kind(self) -> AmendmentKind:
        """What the amendment is as a whole (:func:`kind_of`)."""
        return kind_of(self.changes)

    @property
    def is_substantial(self) -> bool:
        """Whether any change bears on rights, safety, reliability or robustness."""
        return self.kind == "substantial"

    def of_kind(self, kind: Kind) -> tuple[Change, ...]:
        """The changes of one kind."""
        return tuple(change for change in self.changes if kind in change.kinds)

    def as_dict(self) -> dict[str, Any]:
        """The amendment as plain JSON values."""
        return {
            "programme": self.programme,
            "before": {"version": self.before, "hash": self.before_hash},
            "after": {"version": self.after, "hash": self.after_hash},
            "kind": self.kind,
            "substantial": self.is_substantial,
            "reconsent": self.reconsent,
            "reconsent_because": list(self.reconsent_because),
            "unresolved": list(self.unresolved),
            "changes": [
                {"path": change.path, "action": change.action, "kinds": list(change.kinds),
                 "before": None if change.before is _ABSENT else change.before,
                 "after": None if change.after is _ABSENT else change.after}
                for change in self.changes
            ],
        }  # fmt: skip


def diff(before: Programme, after: Programme) -> Amendment:
    """Compare two loaded programmes by meaning: layout, comments and order of keyed lists do not count.

    Items of lists are matched by their ``id`` where they have one, so that a moved visit is not a removed and an added
    one. Who must consent again is what the new consent versions say; ``unresolved`` names changes that touch what
    participants agreed to although no new consent version asks anybody.

    Raises
    ------
    ProbandError
        ``diff.other-programme`` where the two are not versions of one programme.
    """
    if before.id != after.id:
        raise ProbandError("diff.other-programme", before=before.id, after=after.id)
    changes = compare(before.as_data(), after.as_data())
    who, because = _reconsent(before, after)
    unresolved = []
    if who in {"nobody", "new participants only"}:
        unresolved = [
            f"{change.path} changed, and nobody in the programme is asked again"
            for change in changes
            if _TOUCHES_CONSENT.match(change.path)
        ]
    if changes and before.version == after.version:
        unresolved.append(f"both versions are called {before.version}: raise the version number")
    return Amendment(
        after.id,
        before.version,
        after.version,
        before.hash,
        after.hash,
        tuple(changes),
        who,
        because,
        tuple(unresolved),
    )


def compare(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """The differences of two bundles, or of the same parts of two, as plain data."""
    return [
        Change(path, old, new, _kinds(path, old, new))
        for path, old, new in _differences(dict(before), dict(after), "")
    ]


#: what every amendment changes, and what therefore says nothing of its kind
_OF_EVERY_AMENDMENT = frozenset(("programme.version", "programme.date"))


def kind_of(changes: Sequence[Change]) -> AmendmentKind:
    """What some changes are as a whole.

    ``substantial``: one bears on the rights or the safety of participants, or on the reliability or robustness of what comes out (the words of
    Regulation (EU) No 536/2014, Article 2(13)). ``typo``: words are spelt otherwise, and there are neither more nor fewer, nor other numbers. Else
    ``non-substantial``.
    """
    if any(kind != "administrative" for change in changes for kind in change.kinds):
        return "substantial"
    said = [change for change in changes if change.path not in _OF_EVERY_AMENDMENT]
    return "typo" if all(_respelt(change.before, change.after) for change in said) else "non-substantial"


#: two spellings of a word have at least this much in common (design choice)
_ALIKE = 0.75


def _respelt(before: Any, after: Any) -> bool:
    if not isinstance(before, str) or not isinstance(after, str):
        return False
    pairs = zip_longest(re.findall(r"\w+", before), re.findall(r"\w+", after))
    return all(_same_word(old, new) for old, new in pairs)


def _same_word(old: str | None, new: str | None) -> bool:
    if old is None or new is None:
        return False
    if old == new:
        return True
    letters = old.isalpha() and new.isalpha()
    return letters and SequenceMatcher(None, old.casefold(), new.casefold()).ratio() >= _ALIKE


def _reconsent(before: Programme, after: Programme) -> tuple[Who, tuple[str, ...]]:
    old = {version.id for version in before.head.consent.versions}
    new = [version for version in after.head.consent.versions if version.id not in old]
    order = ("none", "active", "all")
    widest = max((version.reconsent for version in new), key=order.index, default=None)
    because = tuple(f"consent version {version.id}: {version.what_changed or 'new'}" for version in new)
    if widest is None:
        return "nobody", because
    words: dict[str, Who] = {
        "none": "new participants only",
        "active": "participants in treatment",
        "all": "all participants",
    }
    return words[widest], because


def _kinds(path: str, old: Any, new: Any) -> tuple[Kind, ...]:
    context = path
    for value in (old, new):
        if isinstance(value, dict) and "purpose" in value:
            context += f".purpose={value['purpose']}"
    for pattern, kinds in _KINDS:
        if re.match(pattern, context):
            return kinds
    return ("administrative",)


def _differences(old: Any, new: Any, path: str) -> list[tuple[str, Any, Any]]:
    if isinstance(old, dict) and isinstance(new, dict):
        found = []
        for key in sorted(old.keys() | new.keys()):
            if path == "" and key == "format":
                continue
            below = f"{path}.{key}" if path else str(key)
            found += _differences(old.get(key, _ABSENT), new.get(key, _ABSENT), below)
        return found
    if isinstance(old, list) and isinstance(new, list):
        old_by_id, new_by_id = _by_id(old), _by_id(new)
        if old_by_id is not None and new_by_id is not None:
            found = []
            for key in [*old_by_id, *(key for key in new_by_id if key not in old_by_id)]:
                found += _differences(
                    old_by_id.get(key, _ABSENT), new_by_id.get(key, _ABSENT), f"{path}[{key}]"
                )
            return found
    # 12 and 12.0 are one number, true and 1 are not one value
    if old is not _ABSENT and new is not _ABSENT and canonical(old) == canonical(new):
        return []
    return [(path, old, new)]


def _by_id(items: list[Any]) -> dict[str, Any] | None:
    """List items by their id, role or step; ``None`` where they have none, or not a unique one."""
    for key in ("id", "role", "step", "factor", "jurisdiction"):
        names = [item[key] for item in items if isinstance(item, dict) and key in item]
        if (
            len(names) == len(items)
            and all(isinstance(name, str) for name in names)
            and len(set(names)) == len(names)
        ):
            return dict(zip(names, items, strict=True))
    return None


def _brief(value: Any) -> str:
    if isinstance(value, dict):
        if set(value) == {"value", "unit"}:
            return f"{value['value']} {value['unit']}"
        return str(value.get("name") or value.get("id") or value.get("text") or f"{len(value)} keys")
    text = f"{value!r}" if isinstance(value, str) else str(value)
    return text if len(text) <= 90 else text[:87] + "…"
