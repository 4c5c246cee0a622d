"""The criteria of a programme made ready: which are judged at which visit, what they read, in which order it is computed."""

from __future__ import annotations

import hashlib
from collections import OrderedDict, defaultdict
from dataclasses import dataclass
from functools import cached_property

from proband.facts.singular import SINGULAR
from proband.programme import Programme
from proband.programme.eligibility import (
    LATER_SCOPES,
    Anchor,
    Criterion,
    CriterionKind,
    Eligibility,
    FromFacts,
    Observable,
    Scope,
)
from proband.programme.expression import Expression, Node, Not
from proband.screening.derived import check_derivation
from proband.screening.observed import category_keys, vague_keys
from proband.screening.renaming import renamed
from proband.terms import ProbandError
from proband.terms.canonical import canonical

#: where the built-in anchors are found
BUILT_IN_CODES = {"birth": ("Proband", "birth-date"), "consent": ("Proband", "consent-date")}


@dataclass(frozen=True, slots=True)
class Instance:
    """One criterion at one visit (``None``: at screening)."""

    criterion: Criterion
    expression: Expression
    visit: str | None

    @property
    def key(self) -> str:
        """Unique name: ``I3`` or ``I3@baseline``."""
        return self.criterion.id if self.visit is None else f"{self.criterion.id}@{self.visit}"

    def concerns(self, cohort: str | None) -> bool:
        """Whether it applies to a cohort."""
        return not self.criterion.cohorts or cohort in self.criterion.cohorts

    @property
    def condition(self) -> Node:
        """What must be true for somebody to pass it, with the names of its visit: of an exclusion the contrary of its expression."""
        root = renamed(self.expression.root, self.visit)
        return root if self.criterion.kind is CriterionKind.INCLUDE else Not(root)


class Rules:
    """The criteria of a programme made ready: instances, order of evaluation, index of codes. Make it once, use it for all.

    Parameters
    ----------
    programme
        The programme whose criteria are judged; or bare criteria, which are no programme yet (a draft, an example) or are
        known from elsewhere to be of one (the record keeps them with the hash).
    through
        The last visit that is judged: ``screening``, or a visit of the programme with all that are listed before it.
        ``None`` judges every visit, and then nobody is eligible before the last of them has been held. Or one of the later
        scopes (:data:`~proband.programme.eligibility.LATER_SCOPES`): then its criteria are judged, and "screening" in windows is the day of judgement.

    Raises
    ------
    ProbandError
        ``screening.visit`` for a visit that the programme does not have; ``screening.scope`` for a scope of which it has no criterion;
        ``screening.derived`` for a derived observable
        that names an instrument, variant, item or output that does not exist, or lacks an item.
    """

    def __init__(self, programme: Programme | Eligibility, through: str | None = None) -> None:
        self._programme = programme if isinstance(programme, Programme) else None
        eligibility = programme if isinstance(programme, Eligibility) else programme.eligibility
        wrong = [text for o in eligibility.observables for text in check_derivation(o)]
        if wrong:
            raise ProbandError("screening.derived", problems=wrong)
        self.eligibility = eligibility
        self.through = through
        order = ["screening", *(visit.id for visit in eligibility.visits)]
        later = through if through in LATER_SCOPES else None
        asked = [one for one in eligibility.criteria if one.asked(later or Scope.ENTRY)]
        if later is not None and not asked:
            raise ProbandError("screening.scope", scope=later)
        if later is None and through is not None and through not in order:
            raise ProbandError("screening.visit", visit=through, visits=order)
        judged = order if through is None or later else order[: order.index(through) + 1]
        self.instances = tuple(
            Instance(
                criterion, eligibility.expressions[criterion.id], None if visit == "screening" else visit
            )
            for criterion in asked
            for visit in (("screening",) if later else criterion.visits or ("screening",))
            if visit in judged
        )
        self.anchors: dict[str, Anchor] = {a.id: a for a in eligibility.anchors}
        self.visit_anchors = {v.id: v.anchor for v in eligibility.visits}
        #: what was written from these rules for an engine, by what it is and the engine's name: written once
        self.written: dict[tuple[str, ...], object] = {}

    def anchor_keys(self, id: str) -> list[tuple[str, str]]:
        """The (system, code) pairs whose facts give the day of an anchor; none for the day of screening itself."""
        if id == "screening":
            return []
        declared = self.anchors.get(id)
        return [c.key for c in declared.codes] if declared else [BUILT_IN_CODES[id]]

    def anchor_pick(self, id: str) -> str:
        """Which of several facts gives the day of an anchor: ``first`` or ``last``; ``only``: there is one, none is chosen."""
        declared = self.anchors.get(id)
        if declared:
            return declared.pick
        return "only" if BUILT_IN_CODES[id] in SINGULAR else "first"

    @cached_property
    def programme_hash(self) -> str:
        """The hash of the programme; of bare criteria ``criteria:`` and the sha256 of them alone, which is no programme's."""
        if self._programme is not None:
            return self._programme.hash
        written = canonical(self.eligibility.model_dump(mode="json"))
        return f"criteria:{hashlib.sha256(written).hexdigest()}"

    @cached_property
    def order(self) -> tuple[Observable, ...]:
        """Observables so that each comes after those that it is computed from."""
        by_id, done, order = self.eligibility.by_id, set[str](), list[Observable]()

        def visit(o: Observable) -> None:
            if o.id in done:
                return
            done.add(o.id)
            for needed in o.needs:
                visit(by_id[needed])
            order.append(o)

        for o in self.eligibility.observables:
            visit(o)
        return tuple(order)

    @cached_property
    def visits(self) -> tuple[str | None, ...]:
        """The visits at which something is asked (``None`` is screening), screening first."""
        return tuple(sorted({i.visit for i in self.instances}, key=lambda v: (v is not None, v or "")))

    @cached_property
    def used(self) -> dict[str | None, frozenset[str]]:
        """The observables that the criteria need at each visit, with those they are computed from."""
        by_id = self.eligibility.by_id
        found: dict[str | None, set[str]] = defaultdict(set)
        for instance in self.instances:
            stack = list(instance.expression.names)
            while stack:
                name = stack.pop()
                if name not in found[instance.visit]:
                    found[instance.visit].add(name)
                    stack.extend(by_id[name].needs)
        return {visit: frozenset(names) for visit, names in found.items()}

    @cached_property
    def wanted(self) -> frozenset[tuple[str, str]]:
        """Every (system, code) that an anchor or an observable reads."""
        keys = set(BUILT_IN_CODES.values())
        for anchor in self.anchors.values():
            keys |= {c.key for c in anchor.codes}
        for o in self.eligibility.observables:
            keys |= set(o.code_keys)
        keys.update(*self.vague.values(), *self.by_category.values())
        return frozenset(keys)

    @property
    def asked(self) -> frozenset[str]:
        """The same as names, ``system|code``: what a reading cannot know under them is not lacking because it stands under no other."""
        return frozenset("|".join(key) for key in self.wanted)

    @cached_property
    def by_category(self) -> dict[str, dict[tuple[str, str], tuple[str, str]]]:
        """Observable → codes under which finer ones count for a category (:func:`proband.screening.observed.category_keys`)."""
        return {o.id: category_keys(o) for o in self.eligibility.observables if isinstance(o, FromFacts)}

    @cached_property
    def vague(self) -> dict[str, dict[tuple[str, str], tuple[tuple[str, str], ...]]]:
        """Observable → codes facts of which may be about it (:func:`proband.screening.observed.vague_keys`)."""
        return {o.id: vague_keys(o) for o in self.eligibility.observables if isinstance(o, FromFacts)}


#: the rules that were made last; bare criteria are known by what they are, not by what they say
_MADE: OrderedDict[tuple[str | int, str | None], Rules] = OrderedDict()
_MOST_KEPT = 32


def rules_for(programme: Programme | Eligibility, through: str | None = None) -> Rules:
    """:class:`Rules` for a programme, made once and kept by its hash with whatever was written from them.

    Raises
    ------
    ProbandError
        As :class:`Rules`.
    """
    key = (programme.hash if isinstance(programme, Programme) else id(programme), through)
    found = _MADE.get(key)
    if found is None:
        found = _MADE[key] = Rules(programme, through)
        if len(_MADE) > _MOST_KEPT:
            _MADE.popitem(last=False)
    _MADE.move_to_end(key)
    return found
