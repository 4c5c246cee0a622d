"""The pages of one programme from beginning to end: its rules, its pages, their own check; here, or in processes beside each other.

A programme's pages rest on nothing that belongs to another programme but the navigation, so each is made by itself. What comes out is the same
whatever the number of processes and whichever of them made it.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from datetime import date
from multiprocessing import get_context

from proband.pages import rendered
from proband.pages.built import BuiltProgramme, ProgrammeReport
from proband.pages.catalogue import PSEUDO, Catalogue, NotingCatalogue
from proband.pages.declaration import ProgrammeInputs, pages_of_programme
from proband.pages.hard_sentences import hard_sentences
from proband.pages.headline.claimed import answers_for
from proband.pages.kept import made_by
from proband.pages.ledger import Ledger
from proband.pages.lint import lint
from proband.pages.lint.reading_grade import grades
from proband.pages.numbers import numbers_csv
from proband.pages.reading import grade
from proband.pages.record_view import record_figures
from proband.pages.rendering import NavigationLink, Page
from proband.pages.self_check import rule_words
from proband.pages.standards import annex_v, ipdas
from proband.pages.statements import KnownTexts, runs
from proband.programme import Programme
from proband.programme.problems import Problem, bundle_problem
from proband.record.publishing import PublicRecord
from proband.trial.headline.claimed import ClaimedHeadlines

#: a process takes seconds to begin: it is worth that from so many programmes on
FEWEST_FOR_A_PROCESS = 4


@dataclass(frozen=True, slots=True)
class ProgrammeJob:
    """What the pages of one programme are made from; ``ask`` makes the answers to its headlines where none were made before."""

    programme: Programme
    on: date
    answers: ClaimedHeadlines | None
    ask: Callable[[Programme], ClaimedHeadlines] | None
    record: PublicRecord | None
    catalogue: Catalogue
    navigation: tuple[NavigationLink, ...]
    theme: str | None
    self_check: bool
    site: tuple[NavigationLink, ...]
    for_investigators: bool
    base_url: str = ""

    def inputs(self, answers: ClaimedHeadlines | None = None) -> ProgrammeInputs:
        """The same for whoever makes a page.

        Raises
        ------
        HeadlinesMissing
            If the claims name headlines and there are no answers made from this content of the programme.
        """
        ledger, found = Ledger.of(self.programme, self.on), answers or self.answers
        if found is None and self.ask is not None:
            found = self.ask(self.programme)
        return ProgrammeInputs(
            self.programme, ledger, answers_for(ledger, [found] if found else []), self.record, self.catalogue, self.navigation,
            self.theme, self.self_check, self.site, self.base_url,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class MadeProgramme:
    """What came of it: the answers, everything that was made, what is broken (rules first, then pages), and what the programme answers for.

    Where a rule is broken no page was made.
    """

    answers: ClaimedHeadlines
    unit: BuiltProgramme | None
    broken_rules: tuple[Problem, ...] = ()
    broken_pages: tuple[Problem, ...] = ()
    said: frozenset[str] = frozenset()


def make(job: ProgrammeJob) -> MadeProgramme:
    """The pages of a programme, if no rule is broken, and what is broken in them."""
    asked = NotingCatalogue.of(job.catalogue)
    # a catalogue that notes for somebody else what it is asked for is left as it is
    made = job.inputs() if type(job.catalogue) is not Catalogue else replace(job, catalogue=asked).inputs()
    problems = in_its_folder([*lint(made.ledger), *_unasked(made)], made.ledger)
    errors = tuple(problem for problem in problems if problem.severity == "error")
    if errors:
        return MadeProgramme(made.headlines, None, broken_rules=errors)
    pages = _pages(made, public=True)
    untranslated = tuple(asked.untranslated)
    known = known_texts(made) if made.catalogue.language != PSEUDO else None
    criteria = {criterion.id for criterion in made.programme.eligibility.criteria}
    broken = [
        problem
        for page in pages
        if known
        for problem in rendered.check(
            page, [made.ledger], criteria, known=known, catalogue=made.catalogue.bare
        )
    ]
    unit = BuiltProgramme(
        tuple(pages),
        tuple(_pages(made, public=False)) if job.for_investigators else (),
        _report(made, pages, problems, untranslated),
        numbers_csv(made.ledger),
    )
    return MadeProgramme(made.headlines, unit, (), tuple(broken), frozenset(known.said if known else ()))


def make_all(jobs: Sequence[ProgrammeJob], workers: int = 1) -> Iterator[MadeProgramme]:
    """The pages of some programmes in their order, by so many processes at most."""
    workers = min(workers, len(jobs) // FEWEST_FOR_A_PROCESS)
    if workers <= 1:
        yield from map(make, jobs)
        return
    # not forked: the threads of the libraries that are loaded here would be missing there
    pool = ProcessPoolExecutor(workers, get_context("spawn"), _leave_to_the_first)
    try:
        waiting = [pool.submit(_make_alike, job, made_by()) for job in jobs]
        for job, each in zip(jobs, waiting, strict=True):
            try:
                made = each.result()
            except BrokenProcessPool:  # a process was ended from outside: what it had left is made here
                made = None
            yield made or make(job)
    finally:
        pool.shutdown(cancel_futures=True)


def _leave_to_the_first() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that asked ends this one, once, in order


def _make_alike(job: ProgrammeJob, by: str) -> MadeProgramme | None:
    """The same in another process, unless other pages are declared there, or its code is another."""
    return make(job) if made_by() == by else None


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


def known_texts(made: ProgrammeInputs) -> KnownTexts:
    """Who answers for the sentences of the pages of a programme."""
    figures = record_figures(made.record, made.catalogue) if made.record else []
    drawn = [
        (one.chart.words, one.chart.header, one.chart.rows, [run.text for run in runs(one.chart.svg)])
        for one in figures
    ]
    links = [link.title for link in made.navigation]
    own = [(made.programme, made.ledger)]
    return KnownTexts.of(own, made.headlines, made.record, links, drawn, catalogue=made.catalogue.bare)


def in_its_folder(problems: list[Problem], ledger: Ledger) -> list[Problem]:
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
        and (page := named_as(declared.link(made.programme), declared.make(made)))
    ]


def named_as(link: NavigationLink, page: Page | None) -> Page | None:
    """A page, written under the name by which it is linked."""
    return replace(page, name=link.href) if page else None


def _report(
    made: ProgrammeInputs, pages: Sequence[Page], problems: Sequence[Problem], untranslated: tuple[str, ...]
) -> ProgrammeReport:
    programme, ledger = made.programme, made.ledger
    rules = "\n".join(rule_words(programme.eligibility, c) for c in programme.eligibility.criteria)
    return ProgrammeReport(
        programme.id,
        programme.hash,
        tuple(problem for problem in problems if problem.severity == "warning"),
        {**{section.value: found for section, found in grades(ledger).items()}, "rules": grade(rules)},
        hard_sentences(pages) if made.catalogue.language == "en" else (),
        untranslated,
        tuple(ipdas(ledger, pages[0].html)) if made.catalogue.language == "en" else (),
        tuple(annex_v(next(page.html for page in pages if page.name.endswith("-lay-summary.html")))),
    )
