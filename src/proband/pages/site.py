"""The whole site: rules first, then pages, then the pages' own check; one error and nothing is written."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from proband.pages import rendered
from proband.pages.articles_page import articles, articles_page
from proband.pages.catalogue import Catalogue, Collecting, write_pot
from proband.pages.catalogue import load as load_catalogue
from proband.pages.further import PageInputs, further_pages, links
from proband.pages.headline.claimed import answers_for
from proband.pages.lay_summary import elements
from proband.pages.ledger import Ledger
from proband.pages.lint import lint
from proband.pages.lint.reading_grade import grades
from proband.pages.markup import Voice
from proband.pages.programme_page import Subject, last_checked, programme_page
from proband.pages.reading import grade
from proband.pages.record_view import RecordView
from proband.pages.rendering import NavigationLink, Page, render
from proband.pages.self_check import rule_words
from proband.pages.standards import StandardItem, annex_v, ipdas, score
from proband.programme import Programme
from proband.programme.claims import PageSection
from proband.programme.problems import BundleError, Problem
from proband.trial.headline.claimed import ClaimedHeadlines

#: the programmes that ship with Proband, in the order of the site
PROGRAMMES = ("mitochondria-hpdl", "liver-cells", "spinal-cord-autologous")
SHORT_TITLES = {
    "mitochondria-hpdl": "HPDL disease",
    "liver-cells": "Liver",
    "spinal-cord-autologous": "Spinal cord",
}


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

    def write(self, out: Path) -> list[Path]:
        """Write every page and ``build-report.json`` into a folder; documents for investigators go to ``investigators/``."""
        out.mkdir(parents=True, exist_ok=True)
        written = []
        for page in self.pages:
            written.append(out / page.name)
            written[-1].write_text(page.html, encoding="utf-8")
        for page in self.private:
            (out / "investigators").mkdir(exist_ok=True)
            written.append(out / "investigators" / page.name)
            written[-1].write_text(page.html, encoding="utf-8")
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
    records: dict[str, RecordView] | None = None,
    catalogues: Path | None = None,
    catalogue: Catalogue | None = None,
) -> BuiltSite:
    """Build the pages of some programmes, and the page on the articles where all three are among them.

    ``headlines`` are the answers to the headlines that the claims put to the test, made before
    (:func:`~proband.trial.headline.claimed.claimed_headlines`): a page computes nothing.
    ``on`` is the day of the build (today), ``self_check`` the deployment's switch, ``for_investigators`` adds the handbooks,
    ``records`` are views of records by programme, ``catalogues`` a folder of ``.po`` files, ``catalogue`` one that is loaded
    already.

    Raises
    ------
    BundleError
        If a rule is broken, or a rendered page fails its own check; ``problems`` lists them all.
    HeadlinesMissing
        If a claim names a headline and no answer made from this content of the programme was handed over.
    """
    day = on or date.today()
    catalogue = catalogue or load_catalogue(language, catalogues)
    answers = tuple(headlines)
    subjects = [
        _subject(programme, answers, day, (records or {}).get(programme.id)) for programme in programmes
    ]
    problems = [problem for subject in subjects for problem in _named(lint(subject.ledger), subject)]
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors:
        raise BundleError("the pages", errors)
    all_three = {programme.id for programme in programmes} >= {article.programme for article in articles()}
    navigation = _navigation(subjects, with_articles=all_three)
    pages: list[Page] = []
    private: list[Page] = []
    reports: list[ProgrammeReport] = []
    for programme, subject in zip(programmes, subjects, strict=True):
        ledger = subject.ledger
        page = programme_page(subject, catalogue, navigation, theme=theme, self_check=self_check)
        inputs = PageInputs(programme, ledger, catalogue, navigation, theme)
        mine = [page, *_further(inputs, public=True)]
        pages += mine
        criteria = {criterion.id for criterion in programme.eligibility.criteria}
        if language == "en":
            errors += [problem for made in mine for problem in rendered.check(made, [ledger], criteria)]
        if for_investigators:
            private += _further(inputs, public=False)
        warnings = tuple(
            problem for problem in _named(lint(ledger), subject) if problem.severity == "warning"
        )
        reports.append(
            ProgrammeReport(
                programme.id,
                programme.hash,
                warnings,
                {
                    **{section.value: found for section, found in grades(ledger).items()},
                    "rules": grade(
                        "\n".join(
                            rule_words(programme.eligibility, c) for c in programme.eligibility.criteria
                        )
                    ),
                },
                tuple(ipdas(ledger, page.html)) if language == "en" else (),
                tuple(annex_v(elements(programme, ledger))),
            )
        )
    ledgers = {subject.ledger.programme: subject.ledger for subject in subjects}
    if all_three:
        pages.append(articles_page(ledgers, catalogue, navigation, theme=theme))
        if language == "en":
            errors += rendered.check(pages[-1], list(ledgers.values()))
    pages.insert(0, _index(subjects, pages, catalogue, navigation, theme))
    if language == "en":
        errors += rendered.check(pages[0], list(ledgers.values()))
    if errors:
        raise BundleError("the pages", errors)
    return BuiltSite(tuple(pages), tuple(reports), day, tuple(private))


def check(
    programmes: Sequence[Programme], headlines: Iterable[ClaimedHeadlines], *, on: date | None = None
) -> list[Problem]:
    """Every rule that the claims, facts and pages of some programmes break, with file and line; nothing is written."""
    day = on or date.today()
    made = tuple(headlines)
    problems: list[Problem] = []
    for programme in programmes:
        subject = _subject(programme, made, day, None)
        problems += _named(lint(subject.ledger), subject)
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


def _named(problems: list[Problem], subject: Subject) -> list[Problem]:
    """Problems with the folder of the bundle before the file, so that several bundles can be told apart."""
    return [replace(problem, file=f"{subject.ledger.programme}/{problem.file}") for problem in problems]


def _further(inputs: PageInputs, *, public: bool) -> list[Page]:
    """The further pages of a programme, made; each is written under the name by which it is linked."""
    found = []
    for page in further_pages():
        if page.public is public and page.where(inputs.programme):
            made = page.make(inputs)
            if made is not None:
                found.append(replace(made, name=page.link(inputs.programme).href))
    return found


def _subject(
    programme: Programme, headlines: Iterable[ClaimedHeadlines], on: date, record: RecordView | None
) -> Subject:
    forms = {form.id: form.name for form in programme.head.indication.sub_indications}
    ledger = Ledger.of(programme, on)
    return Subject(
        ledger,
        answers_for(ledger, headlines),
        programme.eligibility,
        forms,
        record,
        programme.head,
        links(programme),
    )


def _navigation(subjects: Sequence[Subject], *, with_articles: bool) -> list[NavigationLink]:
    links = [
        NavigationLink(subject.href, SHORT_TITLES.get(subject.ledger.programme, subject.ledger.claims.title))
        for subject in subjects
    ]
    return [*links, *([NavigationLink("articles.html", "The three articles")] if with_articles else [])]


def _index(
    subjects: Sequence[Subject],
    pages: Sequence[Page],
    catalogue: Catalogue,
    navigation: Sequence[NavigationLink],
    theme: str | None,
) -> Page:
    cards: list[dict[str, Any]] = []
    explained: dict[str, Any] = {}
    for subject in subjects:
        ledger = subject.ledger
        voice = Voice(ledger, catalogue, explained)
        cards.append(
            {
                "href": subject.href,
                "ledger": ledger,
                "voice": voice,
                "sentence": ledger.claims.in_section(PageSection.SENTENCE),
                "checked": last_checked(ledger),
                "more": subject.more,
            }
        )
    title = catalogue.text("What is known, out of how many")
    lead = catalogue.text(
        "Experimental procedures, in words that a worried family can use. Each number has its source."
    )
    banners = tuple(dict.fromkeys(banner for subject in subjects for banner in subject.ledger.banners))
    return render(
        "index.html.j2", "index.html", title, lead, catalogue=catalogue, ledgers=[subject.ledger for subject in subjects], navigation=navigation, banners=banners, theme=theme,
        context={"cards": cards, "lead": lead, "terms": sorted(explained.values(), key=lambda term: term.term.lower())},
    )  # fmt: skip
