"""The summary for lay people: the ten elements of EU Annex V, from the same objects as the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from proband.pages.catalogue import Catalogue
from proband.pages.declaration import ProgrammeInputs, page_of_programme
from proband.pages.ledger import Ledger
from proband.pages.markup import Voice
from proband.pages.rendering import NavigationLink, Page, render
from proband.pages.self_check import rule_words
from proband.programme import Programme
from proband.programme.access import Missing, Registration
from proband.programme.claims import Claim, ClaimKind, PageSection
from proband.programme.eligibility import Criterion, Eligibility, Scope


@dataclass(frozen=True, slots=True)
class Line:
    """One statement from the bundle's head, with the key that it came from and its source."""

    text: str
    key: str
    source: str


@dataclass(frozen=True, slots=True)
class RuleList:
    """Who may take part, or who may not: its id, its heading, and a rule a line with the criterion that it says."""

    id: str
    heading: str
    rules: tuple[tuple[str, Criterion], ...]


@dataclass(frozen=True, slots=True)
class Element:
    """One of the ten elements: statements and claims in plain words, the two lists of rules, and the plan in its own words, folded."""

    number: int
    title: str
    lines: tuple[Line, ...]
    claims: tuple[Claim, ...] = ()
    plan: tuple[Line, ...] = ()
    lists: tuple[RuleList, ...] = ()


@dataclass(frozen=True, slots=True)
class LayResults:
    """What the final report of a study puts in place of "no results yet": who took part, harms, results; ``banners`` stand at the head."""

    part: tuple[Line, ...]
    harms: tuple[Line, ...]
    results: tuple[Line, ...]
    banners: tuple[str, ...] = ()


#: the ten elements, in their order
TITLES = (
    "Which programme this is",
    "Who is responsible, and whom to ask",
    "What it is about",
    "Who takes part",
    "What is given",
    "Harms",
    "Results",
    "What this means",
    "What comes next",
    "Where to find more",
)
#: the lists of rules: id, heading, when they are asked, of which kind
LISTS = (
    ("may", "You may take part only if all of this holds", Scope.ENTRY, "include"),
    ("may-not", "You may not take part if any of this holds", Scope.ENTRY, "exclude"),
    ("each-dose", "Before each dose all of this must hold", Scope.BEFORE_DOSE, "include"),
    ("no-dose", "No dose is given on a day when any of this holds", Scope.BEFORE_DOSE, "exclude"),
    ("more", "More doses are given only if all of this holds", Scope.CONTINUATION, "include"),
    ("no-more", "No more doses are given if any of this holds", Scope.CONTINUATION, "exclude"),
    ("again", "It is given again only if all of this holds", Scope.RETREATMENT, "include"),
    ("not-again", "It is not given again if any of this holds", Scope.RETREATMENT, "exclude"),
    ("kept", "It goes on for good only as long as all of this holds", Scope.STOPPING, "include"),
    ("stopped", "It is stopped for good if any of this ever holds", Scope.STOPPING, "exclude"),
)


def elements(
    programme: Programme,
    ledger: Ledger,
    results: LayResults | None = None,
    catalogue: Catalogue | None = None,
) -> list[Element]:
    """The ten elements of a programme's summary, filled from the bundle and the results of its study; a gap is a statement too."""
    head = programme.head
    default = head.source or ""
    words = catalogue or Catalogue()
    said = words.text

    def line(text: str, key: str, source: str | None = None) -> Line:
        return Line(text, key, source or default)

    def own(text: str, key: str, source: str | None = None) -> Line:
        """In the words of the bundle."""
        return line(said(text), key, source)

    registration, ethics = head.access.registration, head.access.ethics_approval
    first = (
        line(said("Registered: %(registry)s, %(id)s.", registry=registration.registry, id=registration.id) if isinstance(registration, Registration) else said("This programme is in no public list of studies."), "access.registration"),
        line(said("No ethics board has agreed to it.") if isinstance(ethics, Missing) else said("Ethics approval: %(body)s, %(id)s.", body=ethics.body, id=ethics.id), "access.ethics_approval"),
    )  # fmt: skip
    why = [own(one.why, "access") for one in (registration, ethics) if isinstance(one, Missing)]
    primary = [outcome for outcome in programme.outcomes.outcomes if outcome.role == "primary"]
    took_part = results.part if results else tuple(
        line(f"{said(arm.name)}: {planned(arm.planned, words)}", f"arms.{arm.id}", arm.source) for arm in head.arms
    )  # fmt: skip
    took_part += tuple(
        line(
            said(
                "Everybody, in whichever group: %(name)s. %(what)s",
                name=said(one.name),
                what=said(one.description),
            ),
            f"background.{one.id}",
            one.source,
        )
        for one in head.background
    )
    own_harms = (
        (*results.harms, line(said("The lines below come from others."), "status"))
        if results
        else (
            line(
                said("Nobody has been treated in this programme. The lines below come from others."), "status"
            ),
        )
    )
    shown = (
        results.results
        if results
        else (line(said("This programme has no results of its own yet."), "status"),)
    )
    claims = ledger.claims
    asked = dict.fromkeys(
        said("How many would %(what)s, with it and without it?", what=said(panel.outcome))
        for panel in claims.panels
    )
    given = [option for option in claims.options if option.kind == "experimental"]
    forecast = (
        said("What is expected is written down and sealed before the first person is treated.")
        if head.forecast.declared == "to-be-sealed"
        else said("What was expected was written down only afterwards.")
    )

    def looks(name: str, what: str) -> str:
        return said(
            "It looked at: %(name)s. %(what)s" if results else "It will look at: %(name)s. %(what)s",
            name=said(name),
            what=said(what),
        )

    version = said("%(title)s. Version %(version)s.", title=said(head.title), version=head.version)
    which = said("%(title)s, for %(whom)s.", title=said(claims.title), whom=said(claims.for_whom))
    return [
        Element(1, TITLES[0], (line(which, "title"), *first), plan=(line(version, "title"), *why)),
        Element(2, TITLES[1], (), claims.in_section(PageSection.PEOPLE)[:2], tuple(own(text, "written_by") for text in head.written_by)),
        Element(3, TITLES[2], tuple(line(text, "panels") for text in asked), plan=(own(head.summary, "summary"), *(line(said("The question: %(question)s", question=said(e.question)), f"estimands.{e.id}", e.source) for e in programme.outcomes.estimands))),
        Element(4, TITLES[3], took_part, lists=rule_lists(programme.eligibility, words)),
        Element(5, TITLES[4], tuple(line(f"{said(option.name)}. {said(option.about)}", f"options.{option.id}", option.source) for option in given), plan=tuple(line(f"{said(p.name)}: {said(p.source_material)}.", f"products.{p.id}", p.source) for p in programme.products.values())),
        Element(6, TITLES[5], own_harms, tuple(claims.in_section(PageSection.HARMS))),
        Element(7, TITLES[6], shown, tuple(c for c in claims.in_section(PageSection.KNOWN) if c.kind in {ClaimKind.BENEFIT, ClaimKind.GAP}), tuple(line(looks(o.name, o.definition), f"outcomes.{o.id}", o.source) for o in primary)),
        Element(8, TITLES[7], (), tuple(claims.in_section(PageSection.SENTENCE))),
        Element(9, TITLES[8], (line(forecast, "forecast"),), tuple(claims.in_section(PageSection.WHEN)[-1:]), (own(head.forecast.why, "forecast"),)),
        Element(10, TITLES[9], (line(said("The whole plan is a public file with its own checksum."), "hash"),), tuple(claims.in_section(PageSection.PEOPLE))),
    ]  # fmt: skip


def planned(n: int | None, words: Catalogue) -> str:
    """How many people are planned in an arm, in a sentence."""
    if not n:
        return words.text("the number is not fixed.")
    return words.counted("%(n)s person is planned.", "%(n)s people are planned.", n)


def rule_lists(eligibility: Eligibility, words: Catalogue | None = None) -> tuple[RuleList, ...]:
    """The rules as two lists, so that nobody reads what keeps people out as what lets them in."""
    found = []
    for id, heading, scope, kind in LISTS:
        rules = tuple(
            (rule_words(eligibility, criterion, words), criterion)
            for criterion in eligibility.criteria
            if criterion.kind.value == kind
            and (criterion.asked(scope) if scope is Scope.ENTRY else scope in criterion.scopes)
        )
        if rules:
            found.append(RuleList(id, heading, rules))
    return tuple(found)


def lay_summary_page(
    programme: Programme,
    ledger: Ledger,
    catalogue: Catalogue,
    navigation: Sequence[NavigationLink] = (),
    *,
    theme: str | None = None,
    results: LayResults | None = None,
) -> Page:
    """The page with the ten elements."""
    title = catalogue.text("Summary for lay people: %(what)s", what=catalogue.text(ledger.claims.title))
    lead = catalogue.text("The ten points that European law asks of such a summary.")
    return render(
        "lay_summary.html.j2", f"{ledger.programme}-lay-summary.html", title, lead, catalogue=catalogue, ledgers=[ledger], navigation=navigation,
        banners=[*(results.banners if results else ()), *ledger.banners], theme=theme,
        context={"ledger": ledger, "voice": Voice(ledger, catalogue), "elements": elements(programme, ledger, results, catalogue), "lead": lead},
    )  # fmt: skip


@page_of_programme("lay-summary", "Summary for lay people")
def declared(made: ProgrammeInputs) -> Page | None:
    """The summary, for every programme."""
    return lay_summary_page(made.programme, made.ledger, made.catalogue, made.navigation, theme=made.theme)
