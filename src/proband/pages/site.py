"""The whole site: rules first, then pages, then the pages' own check; one error and nothing is written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, MutableMapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from proband.pages import rendered
from proband.pages.built import BuiltProgramme, BuiltSite, ProgrammeReport
from proband.pages.catalogue import Catalogue, Collecting, write_pot
from proband.pages.catalogue import load as load_catalogue
from proband.pages.declaration import (
    INDEX,
    MOST_NAMED,
    ProgrammeInputs,
    SiteInputs,
    own_page,
    pages_of_programme,
    pages_of_site,
    site_links,
)
from proband.pages.headline.claimed import answers_for
from proband.pages.kept import KeptResults, catalogue_content, content, programme_content
from proband.pages.ledger import Ledger
from proband.pages.lint import lint
from proband.pages.lint.reading_grade import grades
from proband.pages.numbers import numbers_csv, numbers_name
from proband.pages.reading import grade
from proband.pages.record_view import by_programme, record_figures
from proband.pages.rendering import NavigationLink, Page
from proband.pages.self_check import rule_words
from proband.pages.standards import annex_v, ipdas
from proband.pages.statements import KnownTexts, runs
from proband.programme import Programme
from proband.programme.problems import BundleError, Problem, bundle_problem
from proband.record.publishing import PublicRecord
from proband.trial.headline.claimed import ClaimedHeadlines

__all__ = ["BuiltSite", "HeadlineAnswers", "ProgrammeReport", "build", "check", "strings"]

#: the answers to the headlines of some programmes, made already, or whoever makes those of a programme when a page needs them
HeadlineAnswers = Iterable[ClaimedHeadlines] | Callable[[Programme], ClaimedHeadlines]


@dataclass(frozen=True)
class SitePages:
    """The pages of a whole site, the first one first."""

    pages: tuple[Page, ...]


def build(
    programmes: Sequence[Programme],
    headlines: HeadlineAnswers,
    *,
    on: date | None = None,
    language: str = "en",
    theme: str | None = None,
    self_check: bool = True,
    for_investigators: bool = False,
    records: Iterable[PublicRecord] = (),
    catalogues: Path | None = None,
    catalogue: Catalogue | None = None,
    kept: MutableMapping[str, str] | None = None,
) -> BuiltSite:
    """Build every declared page of some programmes.

    ``headlines`` are the answers to the headlines that the claims put to the test, made before
    (:func:`~proband.trial.headline.claimed.claimed_headlines`): a page computes nothing. The function itself may be given; it is then asked only for
    programmes whose answers are not kept.
    ``on`` is the day of the build (today), ``self_check`` the deployment's switch, ``for_investigators`` adds the handbooks,
    ``records`` are what may be shown of records, each of one of the programmes, ``catalogues`` a folder of ``.po`` files, ``catalogue`` one that is loaded
    already. ``kept`` is what earlier builds kept (:mod:`proband.pages.kept`): what would come out the same is taken from there, and what is not needed any more goes.

    Raises
    ------
    BundleError
        If a rule is broken, or a rendered page fails its own check; ``problems`` lists them all.
    HeadlinesMissing
        If a claim names a headline and no answer made from this content of the programme was handed over.
    RecordOfAnother
        If a record ran under none of the programmes, as they are.
    """
    day = on or date.today()
    catalogue = catalogue or load_catalogue(language, catalogues, [programme.id for programme in programmes])
    results = KeptResults(kept)
    own = [own_page(programme) for programme in programmes]
    # a list that nobody reads to its end stands once, on the first page
    named = own if len(own) <= MOST_NAMED else [NavigationLink(f"{INDEX}.html", "All programmes")]
    navigation = [*named, *site_links(programmes)]
    shown = by_programme(records, {programme.id: programme.hash for programme in programmes})
    answers = _Answers(headlines, results)
    # everything that a page of any programme is made from beside its own programme, its answers and its record
    common = [
        day.isoformat(), language, catalogue_content(catalogue), theme, self_check, for_investigators,
        [[link.href, link.title] for link in navigation],
    ]  # fmt: skip
    keys = [
        results.key("programme", programme_content(programme), answers.content(programme), _content(shown.get(programme.id)), common)
        for programme in programmes
    ]  # fmt: skip
    whole_key = results.key("site", keys)
    units = [results.get(BuiltProgramme, key) for key in keys]
    of_site = results.get(SitePages, whole_key)
    if of_site is None or None in units:
        whole = SiteInputs(
            tuple(
                ProgrammeInputs(
                    programme,
                    ledger := Ledger.of(programme, day),
                    answers.of(ledger, programme),
                    shown.get(programme.id),
                    catalogue,
                    navigation,
                    theme,
                    self_check,
                    site_links(programmes),
                )
                for programme in programmes
            ),
            catalogue,
            navigation,
            theme,
        )
        units, of_site = _made_anew(whole, units, language, for_investigators=for_investigators)
        for key, unit in zip(keys, units, strict=True):
            results.put(key, unit)
        results.put(whole_key, of_site)
    results.sweep()
    made = [unit for unit in units if unit is not None]
    return BuiltSite(
        (of_site.pages[0], *(page for unit in made for page in unit.pages), *of_site.pages[1:]),
        tuple(unit.report for unit in made),
        day,
        tuple(page for unit in made for page in unit.private),
        {numbers_name(unit.report.programme): unit.numbers for unit in made},
    )


def _made_anew(
    whole: SiteInputs, units: Sequence[BuiltProgramme | None], language: str, *, for_investigators: bool
) -> tuple[list[BuiltProgramme | None], SitePages]:
    """The pages of each programme that has none yet, and those of the whole site; one problem anywhere, and there are none."""
    missing = [made for made, unit in zip(whole.programmes, units, strict=True) if unit is None]
    problems = {
        made.programme.id: _named([*lint(made.ledger), *_unasked(made)], made.ledger) for made in missing
    }
    errors = [problem for found in problems.values() for problem in found if problem.severity == "error"]
    if errors:
        raise BundleError("the pages", errors)
    answering = {made.programme.id: _known(made) for made in whole.programmes} if language == "en" else {}
    anew: dict[str, BuiltProgramme] = {}
    for made in missing:
        mine = _pages(made, public=True)
        criteria = {criterion.id for criterion in made.programme.eligibility.criteria}
        if known := answering.get(made.programme.id):
            errors += [
                problem
                for page in mine
                for problem in rendered.check(page, [made.ledger], criteria, known=known)
            ]
        warnings = [problem for problem in problems[made.programme.id] if problem.severity == "warning"]
        anew[made.programme.id] = BuiltProgramme(
            tuple(mine),
            tuple(_pages(made, public=False)) if for_investigators else (),
            _report(made, mine, warnings, language),
            numbers_csv(made.ledger),
        )
    programmes = [made.programme for made in whole.programmes]
    of_site = tuple(
        page
        for declared in pages_of_site()
        if declared.where(programmes) and (page := _made(declared.link, declared.make(whole)))
    )
    if language == "en":
        known = KnownTexts.together(answering.values())
        errors += [
            problem
            for page in of_site
            for problem in rendered.check(page, list(whole.ledgers.values()), known=known)
        ]
    if errors:
        raise BundleError("the pages", errors)
    return [
        unit or anew[made.programme.id] for made, unit in zip(whole.programmes, units, strict=True)
    ], SitePages(of_site)


class _Answers:
    """The answers to headlines: as they were handed over, or made when they are needed, and kept."""

    def __init__(self, headlines: HeadlineAnswers, results: KeptResults) -> None:
        self.ask = headlines if callable(headlines) else None
        self.given = () if callable(headlines) else tuple(headlines)
        self.results = results

    def content(self, programme: Programme) -> Any:
        """What tells these answers from others; what a function makes of a programme is told by both."""
        if self.ask is not None:
            return self._key(programme)
        return [
            content(one) for one in self.given if (one.programme, one.programme_hash) == (programme.id, programme.hash)
        ]  # fmt: skip

    def of(self, ledger: Ledger, programme: Programme) -> ClaimedHeadlines:
        """The answers of a programme."""
        if self.ask is None:
            return answers_for(ledger, self.given)
        found = self.results.get(ClaimedHeadlines, key := self._key(programme))
        if found is None:
            found = self.ask(programme)
            self.results.put(key, found)
        return answers_for(ledger, [found])

    def _key(self, programme: Programme) -> str:
        asked = f"{self.ask.__module__}.{getattr(self.ask, '__qualname__', '')}"
        return self.results.key("answers", asked, programme_content(programme))


def _content(record: PublicRecord | None) -> str | None:
    return None if record is None else content(record)


def check(
    programmes: Sequence[Programme], headlines: HeadlineAnswers, *, on: date | None = None
) -> list[Problem]:
    """Every rule that the claims, facts and pages of some programmes break, with file and line; nothing is written."""
    day = on or date.today()
    problems: list[Problem] = []
    for programme in programmes:
        ledger = Ledger.of(programme, day)
        problems += _named(lint(ledger), ledger)
    if not any(problem.severity == "error" for problem in problems):
        try:
            build(programmes, headlines, on=day)
        except BundleError as error:
            problems += error.problems
    return problems


def strings(programmes: Sequence[Programme], headlines: HeadlineAnswers, *, on: date | None = None) -> str:
    """The template for translators (``.pot``): every text that the pages of some programmes ask a catalogue for."""
    collecting = Collecting()
    build(programmes, headlines, on=on, catalogue=collecting)
    return write_pot(list(collecting.asked))


def _unasked(made: ProgrammeInputs) -> list[Problem]:
    """Headline tests of the claims that cannot be asked as they are written: no page calls that "no answer"."""
    lines = made.ledger.documents["claims.yaml"].lines if "claims.yaml" in made.ledger.documents else {}
    return [
        bundle_problem(
            "page.headline-unasked", "claims.yaml", lines.get(("headlines", index), 1), f"headlines[{index}]",
            claim=answer.test.claim, why=answer.fault,
        )
        for index, answer in enumerate(made.headlines.answers)
        if answer.fault
    ]  # fmt: skip


def _known(made: ProgrammeInputs) -> KnownTexts:
    """Who answers for the sentences of the pages of a programme."""
    figures = record_figures(made.record, made.catalogue) if made.record else []
    drawn = [
        (one.chart.words, one.chart.header, one.chart.rows, [run.text for run in runs(one.chart.svg)])
        for one in figures
    ]
    links = [link.title for link in made.navigation]
    return KnownTexts.of([(made.programme, made.ledger)], made.headlines, made.record, links, drawn)


def _named(problems: list[Problem], ledger: Ledger) -> list[Problem]:
    """Problems with the folder of the bundle before the file, so that several bundles can be told apart."""
    return [replace(problem, file=f"{ledger.programme}/{problem.file}") for problem in problems]


def _pages(made: ProgrammeInputs, *, public: bool) -> list[Page]:
    """The pages of a programme, its own first; those for investigators stand outside the site and link to no page of it."""
    made = made if public else replace(made, navigation=())
    return [
        page
        for declared in pages_of_programme()
        if declared.public is public
        and declared.where(made.programme)
        and (made.record is not None or not declared.of_record)
        and (page := _made(declared.link(made.programme), declared.make(made)))
    ]


def _made(link: NavigationLink, page: Page | None) -> Page | None:
    """A page, written under the name by which it is linked."""
    return replace(page, name=link.href) if page else None


def _report(
    made: ProgrammeInputs, pages: Sequence[Page], warnings: Sequence[Problem], language: str
) -> ProgrammeReport:
    programme, ledger = made.programme, made.ledger
    rules = "\n".join(rule_words(programme.eligibility, c) for c in programme.eligibility.criteria)
    return ProgrammeReport(
        programme.id,
        programme.hash,
        tuple(warnings),
        {**{section.value: found for section, found in grades(ledger).items()}, "rules": grade(rules)},
        tuple(ipdas(ledger, pages[0].html)) if language == "en" else (),
        tuple(annex_v(next(page.html for page in pages if page.name.endswith("-lay-summary.html")))),
    )
