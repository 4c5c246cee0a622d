"""The whole site: rules first, then pages, then the pages' own check; one error and nothing is written."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from proband.pages import rendered
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
from proband.pages.ledger import Ledger
from proband.pages.lint import lint
from proband.pages.lint.reading_grade import grades
from proband.pages.numbers import numbers_csv, numbers_name
from proband.pages.reading import grade
from proband.pages.record_view import by_programme, record_figures
from proband.pages.rendering import NavigationLink, Page
from proband.pages.self_check import rule_words
from proband.pages.standards import StandardItem, annex_v, ipdas, score
from proband.pages.statements import KnownTexts, runs
from proband.programme import Programme
from proband.programme.problems import BundleError, Problem, bundle_problem
from proband.record.publishing import PublicRecord
from proband.trial.headline.claimed import ClaimedHeadlines


@dataclass(frozen=True)
class ProgrammeReport:
    """What a build says of one programme: warnings, reading grade by section, IPDAS and Annex V item by item."""

    programme: str
    programme_hash: str
    warnings: tuple[Problem, ...]
    reading_grades: dict[str, float]
    ipdas: tuple[StandardItem, ...]
    annex_v: tuple[StandardItem, ...]


@dataclass(frozen=True)
class BuiltSite:
    """A built site, not yet written: its pages and its report."""

    pages: tuple[Page, ...]
    programmes: tuple[ProgrammeReport, ...]
    on: date
    private: tuple[Page, ...] = field(default=())
    #: the numbers behind the pictures, by the name of the file
    tables: Mapping[str, str] = field(default_factory=dict)

    def write(self, out: Path) -> list[Path]:
        """Write every page, the tables of numbers and ``build-report.json`` into a folder; documents for investigators go to ``investigators/``."""
        out.mkdir(parents=True, exist_ok=True)
        written = []
        for page in self.pages:
            written.append(out / page.name)
            written[-1].write_text(page.html, encoding="utf-8")
        for page in self.private:
            (out / "investigators").mkdir(exist_ok=True)
            written.append(out / "investigators" / page.name)
            written[-1].write_text(page.html, encoding="utf-8")
        for name, table in self.tables.items():
            written.append(out / name)
            written[-1].write_text(table, encoding="utf-8", newline="")
        report = out / "build-report.json"
        report.write_text(json.dumps(self.report(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        return [*written, report]

    def report(self) -> dict[str, Any]:
        """The build report as plain JSON values."""
        return {
            "on": self.on.isoformat(),
            "pages": [
                {
                    "name": page.name,
                    "title": page.title,
                    "bytes_without_drawings": page.weight,
                    "made_from": dict(page.made_from),
                }
                for page in self.pages
            ],
            "programmes": [
                {
                    "programme": p.programme,
                    "programme_hash": p.programme_hash,
                    "reading_grades": p.reading_grades,
                    "highest_reading_grade": max(p.reading_grades.values()),
                    "ipdas": score(list(p.ipdas)),
                    "ipdas_items": [asdict(item) for item in p.ipdas],
                    "annex_v": score(list(p.annex_v)),
                    "annex_v_items": [asdict(item) for item in p.annex_v],
                    "warnings": [str(warning) for warning in p.warnings],
                }
                for p in self.programmes
            ],
        }


def build(
    programmes: Sequence[Programme],
    headlines: Iterable[ClaimedHeadlines],
    *,
    on: date | None = None,
    language: str = "en",
    theme: str | None = None,
    self_check: bool = True,
    for_investigators: bool = False,
    records: Iterable[PublicRecord] = (),
    catalogues: Path | None = None,
    catalogue: Catalogue | None = None,
) -> BuiltSite:
    """Build every declared page of some programmes.

    ``headlines`` are the answers to the headlines that the claims put to the test, made before
    (:func:`~proband.trial.headline.claimed.claimed_headlines`): a page computes nothing.
    ``on`` is the day of the build (today), ``self_check`` the deployment's switch, ``for_investigators`` adds the handbooks,
    ``records`` are what may be shown of records, each of one of the programmes, ``catalogues`` a folder of ``.po`` files, ``catalogue`` one that is loaded
    already.

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
    catalogue = catalogue or load_catalogue(language, catalogues)
    own = [own_page(programme) for programme in programmes]
    # a list that nobody reads to its end stands once, on the first page
    named = own if len(own) <= MOST_NAMED else [NavigationLink(f"{INDEX}.html", "All programmes")]
    navigation = [*named, *site_links(programmes)]
    answers = tuple(headlines)
    shown = by_programme(records, {programme.id: programme.hash for programme in programmes})
    inputs = [
        _inputs(
            programme,
            answers,
            day,
            shown.get(programme.id),
            catalogue,
            navigation,
            theme,
            site_links(programmes),
            self_check=self_check,
        )
        for programme in programmes
    ]
    problems = {
        made.programme.id: _named([*lint(made.ledger), *_unasked(made)], made.ledger) for made in inputs
    }
    errors = [problem for found in problems.values() for problem in found if problem.severity == "error"]
    if errors:
        raise BundleError("the pages", errors)
    pages: list[Page] = []
    private: list[Page] = []
    reports: list[ProgrammeReport] = []
    answering: dict[str, KnownTexts] = {}
    for made in inputs:
        mine = _pages(made, public=True)
        pages += mine
        if for_investigators:
            private += _pages(made, public=False)
        criteria = {criterion.id for criterion in made.programme.eligibility.criteria}
        if language == "en":
            known = answering[made.programme.id] = _known(made)
            errors += [
                problem
                for page in mine
                for problem in rendered.check(page, [made.ledger], criteria, known=known)
            ]
        warnings = [problem for problem in problems[made.programme.id] if problem.severity == "warning"]
        reports.append(_report(made, mine, warnings, language))
    whole = SiteInputs(tuple(inputs), catalogue, navigation, theme)
    of_site = [
        page
        for declared in pages_of_site()
        if declared.where(programmes) and (page := _made(declared.link, declared.make(whole)))
    ]
    if language == "en":
        known = KnownTexts.together(answering.values())
        errors += [
            problem
            for page in of_site
            for problem in rendered.check(page, list(whole.ledgers.values()), known=known)
        ]
    if errors:
        raise BundleError("the pages", errors)
    tables = {numbers_name(made.programme.id): numbers_csv(made.ledger) for made in inputs}
    return BuiltSite((of_site[0], *pages, *of_site[1:]), tuple(reports), day, tuple(private), tables)


def check(
    programmes: Sequence[Programme], headlines: Iterable[ClaimedHeadlines], *, on: date | None = None
) -> list[Problem]:
    """Every rule that the claims, facts and pages of some programmes break, with file and line; nothing is written."""
    day = on or date.today()
    made = tuple(headlines)
    problems: list[Problem] = []
    for programme in programmes:
        ledger = Ledger.of(programme, day)
        problems += _named(lint(ledger), ledger)
    if not any(problem.severity == "error" for problem in problems):
        try:
            build(programmes, made, on=day)
        except BundleError as error:
            problems += error.problems
    return problems


def strings(
    programmes: Sequence[Programme], headlines: Iterable[ClaimedHeadlines], *, on: date | None = None
) -> str:
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


def _inputs(
    programme: Programme, headlines: Iterable[ClaimedHeadlines], on: date, record: PublicRecord | None, catalogue: Catalogue,
    navigation: Sequence[NavigationLink], theme: str | None, site: tuple[NavigationLink, ...], *, self_check: bool,
) -> ProgrammeInputs:  # fmt: skip
    ledger = Ledger.of(programme, on)
    return ProgrammeInputs(
        programme,
        ledger,
        answers_for(ledger, headlines),
        record,
        catalogue,
        navigation,
        theme,
        self_check,
        site,
    )


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
