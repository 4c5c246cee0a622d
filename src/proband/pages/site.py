"""The whole site: rules first, then pages, then the pages' own check; one error and nothing is written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from proband.pages import rendered
from proband.pages.built import BuiltProgramme, BuiltSite, ProgrammeReport
from proband.pages.catalogue import PSEUDO, Catalogue, Collecting, NotingCatalogue, write_pot
from proband.pages.catalogue import load as load_catalogue
from proband.pages.declaration import (
    INDEX,
    MOST_NAMED,
    SiteInputs,
    own_page,
    pages_of_site,
    site_links,
)
from proband.pages.kept import KeptResults, catalogue_content, content, programme_content
from proband.pages.ledger import Ledger
from proband.pages.linked_data import whole_address
from proband.pages.lint import lint
from proband.pages.numbers import numbers_name
from proband.pages.programme_making import (
    MadeProgramme,
    ProgrammeJob,
    in_its_folder,
    known_texts,
    make_all,
    named_as,
)
from proband.pages.record_view import by_programme
from proband.pages.rendering import NavigationLink, Page
from proband.pages.statements import KnownTexts
from proband.programme import Programme
from proband.programme.problems import BundleError, Problem
from proband.record.publishing import PublicRecord
from proband.trial.headline.claimed import ClaimedHeadlines

__all__ = ["BuiltSite", "HeadlineAnswers", "ProgrammeReport", "build", "check", "checked", "strings"]

#: the answers to the headlines of some programmes, made already, or whoever makes those of a programme when a page needs them
HeadlineAnswers = Iterable[ClaimedHeadlines] | Callable[[Programme], ClaimedHeadlines]


@dataclass(frozen=True)
class SitePages:
    """The pages of a whole site, the first one first."""

    pages: tuple[Page, ...]
    untranslated: tuple[str, ...] = ()


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
    workers: int = 1,
    base_url: str = "",
) -> BuiltSite:
    """Build every declared page of some programmes.

    ``headlines`` are the answers to the headlines that the claims put to the test, made before
    (:func:`~proband.trial.headline.claimed.claimed_headlines`): a page computes nothing. The function itself may be given; it is then asked only for
    programmes whose answers are not kept.
    ``on`` is the day of the build (today), ``self_check`` the deployment's switch, ``for_investigators`` adds the handbooks,
    ``records`` are what may be shown of records, each of one of the programmes, ``catalogues`` a folder of ``.po`` files, ``catalogue`` one that is loaded
    already. ``kept`` is what earlier builds kept (:mod:`proband.pages.kept`): what would come out the same is taken from there, and what is not needed any more goes.
    ``workers`` is the most processes that make pages beside each other: the pages are the same whatever it is; the function that makes answers must then be one
    of a module. ``base_url`` is the address under which the site will stand: what machines read names whole addresses then.

    Raises
    ------
    BundleError
        If a rule is broken, or a rendered page fails its own check; ``problems`` lists them all.
    HeadlinesMissing
        If a claim names a headline and no answer made from this content of the programme was handed over.
    RecordOfAnother
        If a record ran under none of the programmes, as they are.
    ProbandError
        ``pages.base-url`` if the address is none under which a folder of pages can stand.
    """
    base_url = whole_address(base_url)
    day = on or date.today()
    catalogue = catalogue or load_catalogue(language, catalogues, [programme.id for programme in programmes])
    results = KeptResults(kept)
    own = [own_page(programme) for programme in programmes]
    # a list that nobody reads to its end stands once, on the first page
    named = own if len(own) <= MOST_NAMED else [NavigationLink(f"{INDEX}.html", "All programmes")]
    navigation = (*named, *site_links(programmes))
    shown = by_programme(records, {programme.id: programme.hash for programme in programmes})
    answers = _Answers(headlines, results)
    # everything that a page of any programme is made from beside its own programme, its answers and its record
    common = [
        day.isoformat(), language, catalogue_content(catalogue), theme, self_check, for_investigators, base_url,
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
        jobs = [
            ProgrammeJob(
                programme, day, answers.made(programme), answers.ask, shown.get(programme.id), catalogue, navigation, theme, self_check,
                site_links(programmes), for_investigators, base_url,
            )
            for programme in programmes
        ]  # fmt: skip
        missing = [job for job, unit in zip(jobs, units, strict=True) if unit is None]
        made: dict[str, MadeProgramme] = {}
        for job, one in zip(missing, make_all(missing, workers), strict=True):
            made[job.programme.id] = one
            answers.keep(job.programme, one.answers)
        if errors := [problem for one in made.values() for problem in one.broken_rules]:
            raise BundleError("the pages", errors)
        inputs = tuple(
            job.inputs(made[job.programme.id].answers if job.programme.id in made else None) for job in jobs
        )
        errors = [problem for one in made.values() for problem in one.broken_pages]
        whole = SiteInputs(inputs, catalogue, navigation, theme)
        of_site = _together(whole, made, errors)
        units = [unit or made[programme.id].unit for programme, unit in zip(programmes, units, strict=True)]
        for key, unit in zip(keys, units, strict=True):
            results.put(key, unit)
        results.put(whole_key, of_site)
    results.sweep()
    finished = [unit for unit in units if unit is not None]
    return BuiltSite(
        (of_site.pages[0], *(page for unit in finished for page in unit.pages), *of_site.pages[1:]),
        tuple(unit.report for unit in finished),
        day,
        tuple(page for unit in finished for page in unit.private),
        of_site.untranslated,
        {numbers_name(unit.report.programme): unit.numbers for unit in finished},
    )


def _together(whole: SiteInputs, made: Mapping[str, MadeProgramme], errors: list[Problem]) -> SitePages:
    """The pages of the whole site, looked at as those of the programmes were; one problem anywhere, and there are none."""
    programmes = [inputs.programme for inputs in whole.programmes]
    words = whole.catalogue if type(whole.catalogue) is not Catalogue else NotingCatalogue.of(whole.catalogue)
    whole = replace(whole, catalogue=words)
    of_site = tuple(
        page
        for declared in pages_of_site()
        if declared.where(programmes) and (page := named_as(declared.link, declared.make(whole)))
    )
    said = (
        made[inputs.programme.id].said if inputs.programme.id in made else known_texts(inputs).said
        for inputs in whole.programmes
    )
    untranslated = tuple(words.untranslated) if isinstance(words, NotingCatalogue) else ()
    known = KnownTexts.together(said, words.bare) if words.language != PSEUDO else None
    errors += [
        problem
        for page in of_site
        if known
        for problem in rendered.check(page, list(whole.ledgers.values()), known=known, catalogue=words.bare)
    ]
    if errors:
        raise BundleError("the pages", errors)
    return SitePages(of_site, untranslated)


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

    def made(self, programme: Programme) -> ClaimedHeadlines | None:
        """The answers of a programme, if they were made before."""
        if self.ask is not None:
            return self.results.get(ClaimedHeadlines, self._key(programme))
        mine = (programme.id, programme.hash)
        return next((one for one in self.given if (one.programme, one.programme_hash) == mine), None)

    def keep(self, programme: Programme, answers: ClaimedHeadlines) -> None:
        """Keep the answers that were made for a programme."""
        if self.ask is not None:
            self.results.put(self._key(programme), answers)

    def _key(self, programme: Programme) -> str:
        asked = f"{self.ask.__module__}.{getattr(self.ask, '__qualname__', '')}"
        return self.results.key("answers", asked, programme_content(programme))


def _content(record: PublicRecord | None) -> str | None:
    return None if record is None else content(record)


def checked(
    programmes: Sequence[Programme], headlines: HeadlineAnswers, *, on: date | None = None
) -> tuple[list[Problem], tuple[ProgrammeReport, ...]]:
    """Every rule that the claims, facts and pages of some programmes break, with file and line; and the reports, where no error stops the pages."""
    day = on or date.today()
    try:
        site = build(programmes, headlines, on=day)
    except BundleError as error:
        ledgers = [Ledger.of(programme, day) for programme in programmes]
        problems = [problem for ledger in ledgers for problem in in_its_folder(lint(ledger), ledger)]
        if not any(problem.severity == "error" for problem in problems):
            problems += error.problems
        return problems, ()
    return [warning for report in site.programmes for warning in report.warnings], site.programmes


def check(
    programmes: Sequence[Programme], headlines: HeadlineAnswers, *, on: date | None = None
) -> list[Problem]:
    """Every rule that the claims, facts and pages of some programmes break, with file and line; nothing is written."""
    return checked(programmes, headlines, on=on)[0]


def strings(programmes: Sequence[Programme], headlines: HeadlineAnswers, *, on: date | None = None) -> str:
    """The template for translators (``.pot``): every text that the pages of some programmes ask a catalogue for."""
    collecting = Collecting()
    build(programmes, headlines, on=on, catalogue=collecting)
    return write_pot(list(collecting.asked))
