"""Every sentence on every page is said by somebody who answers for it; one that is not does not build."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from small_ledgers import DAY, answered

from proband.pages import rendered
from proband.pages.catalogue import read_pot, write_pot
from proband.pages.ledger import Ledger
from proband.pages.messages import gathered, messages
from proband.pages.site import BuiltSite
from proband.pages.statements import KnownTexts, loose_sentences, runs
from proband.pages.wording import sentence
from proband.programme import Programme


@pytest.fixture(scope="module")
def known(programmes: dict[str, Programme], ledgers: dict[str, Ledger]) -> KnownTexts:
    """All that stands behind the pages of the bundles that ship."""
    return KnownTexts.of(
        [(programme, ledgers[name]) for name, programme in programmes.items()],
        [answered(programme) for programme in programmes.values()],
    )


def test_every_sentence_on_every_page_is_said_by_somebody(site: BuiltSite, known: KnownTexts) -> None:
    read = 0
    for page in site.pages:
        assert loose_sentences(page.html, known) == [], page.name
        read += len(runs(page.html))
    assert read > 8000


@pytest.mark.parametrize(
    "planted",
    [
        "<p>Most people walk again within a year.</p>",
        "<p>Everybody who took part was glad of it.</p>",
        "<li>Doctors recommend this to their own families.</li>",
        '<p aria-label="Those who were treated live longer than others."></p>',
        "<svg><title>Treated people clearly do better than the rest</title></svg>",
        '<p class="claim__text">We do not know. Yet hope is more than justified here.</p>',
        '<p>Usual care, <span class="mark">which seldom</span> helps any of the people here.</p>',
        '<p><a href="#known">Read how one mother found her daughter running</a></p>',
        "<dl><dt>Who</dt><dd>people with a future before them again</dd></dl>",
        "<p>The study: (it healed nearly everybody who came) one year</p>",
        "<h3>Why families choose these cells</h3>",
        '<button title="Ask for your own place in the programme">Ask</button>',
    ],
)
def test_a_sentence_without_a_number_that_nobody_said_does_not_pass(
    site: BuiltSite, ledgers: dict[str, Ledger], known: KnownTexts, planted: str
) -> None:
    page = next(page for page in site.pages if page.name == "spinal-cord-autologous.html")
    broken = replace(page, html=page.html.replace("</main>", f"{planted}</main>"))
    found = [
        problem
        for problem in rendered.check(broken, [ledgers["spinal-cord-autologous"]], known=known)
        if problem.code == "page.sentence-loose"
    ]
    assert len(found) == 1
    assert found[0].line > 1


def test_a_word_that_is_taken_out_of_any_claim_or_put_into_it_is_noticed(
    ledgers: dict[str, Ledger], known: KnownTexts
) -> None:
    tried = 0
    for ledger in ledgers.values():
        for claim in ledger.claims.claims:
            for said in re.split(r"(?<=[.!?])\s+", sentence(claim)):
                clause = max(re.split(r"[,;:()]", said), key=lambda part: len(part.split()))
                words = clause.split()
                if len(words) < 6 or re.search(r"\d", clause):
                    continue
                middle = len(words) // 2
                for changed in (
                    [*words[:middle], *words[middle + 1 :]],
                    [*words[:middle], "nearly", "always", *words[middle:]],
                ):
                    tried += 1
                    assert not known.answers_for(said.replace(clause, " ".join(changed))), changed
    assert tried > 500


def test_a_claim_that_is_taken_back_is_said_by_nobody(
    site: BuiltSite, programmes: dict[str, Programme], ledgers: dict[str, Ledger]
) -> None:
    name = "mitochondria-hpdl"
    programme, ledger = programmes[name], ledgers[name]
    page = next(page for page in site.pages if page.name == f"{name}.html")
    shown = [
        claim
        for claim in ledger.claims.claims
        if f'id="c-{claim.id}"' in page.html and len(sentence(claim).split()) > 8
    ]
    assert len(shown) > 20
    for claim in shown[::5]:
        kept = [each for each in ledger.claims.claims if each.id != claim.id]
        without = ledger.with_claims(ledger.claims.model_copy(update={"claims": kept}))
        assert loose_sentences(page.html, KnownTexts.of([(programme, without)], answered(programme))), (
            claim.id
        )


@pytest.mark.parametrize(
    "registry", ["a list", "a made-up list of studies", "one, two and three against four"]
)
def test_places_of_a_sentence_may_hold_the_words_that_stand_between_them(registry: str) -> None:
    known = KnownTexts()
    known.add("Registered: %(registry)s %(id)s.", ours=True)
    known.add("%(a)s against %(b)s", ours=True)
    for text in (registry, "MADE-UP-1", "9 against one"):
        known.add(text)
    assert known.answers_for(f"Registered: {registry} MADE-UP-1.")
    assert known.answers_for(f"{registry} against MADE-UP-1")
    assert not known.answers_for(f"Registered: {registry} and cured everybody at once.")


def test_the_texts_for_translators_are_those_that_the_code_asks_for() -> None:
    assert list(messages()) == gathered(), "python scripts/write_docs.py"
    assert list(read_pot(write_pot(gathered()))) == gathered()


def test_whatever_a_page_asks_the_catalogue_for_is_ours_or_of_the_bundle(
    programmes: dict[str, Programme], known: KnownTexts
) -> None:
    from proband.pages.catalogue import Collecting
    from proband.pages.site import build

    collecting = Collecting()
    programme = programmes["mitochondria-hpdl"]
    build([programme], [answered(programme)], on=DAY, catalogue=collecting)
    ours = set(messages())
    for asked in collecting.asked:
        of_bundle = isinstance(asked, str) and ("{" in asked or known.answers_for(asked))
        assert asked in ours or of_bundle, asked


def test_the_documentation_names_every_key_of_the_build_report(site: BuiltSite) -> None:
    page = (Path(__file__).parents[2] / "docs" / "pages.md").read_text(encoding="utf-8")
    table = page.split("## The build report")[1].split("\n## ")[0]
    told = {
        name
        for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)
        for name in re.findall(r"[a-z_]+", row)
    }
    report = site.report()
    written = {*report, *report["pages"][0], *report["programmes"][0]}
    assert told == written


def test_where_no_programme_could_be_read_we_still_answer_for_our_own_words() -> None:
    """A site of none has a first page too: that a bundle is broken was told in eleven sentences of ours as well."""
    ours = KnownTexts.together(())
    assert ours.answers_for("What is known, out of how many")
    assert not ours.answers_for("Seven of nine people walked again last year")


@pytest.mark.parametrize("hash", ["0ff6ac5bbf1e", "deadbeefcafe", "ab1cd2ef3fed"])
def test_the_beginning_of_a_hash_is_said_by_the_bundle_whatever_it_reads_like(
    programmes: dict[str, Programme], ledgers: dict[str, Ledger], hash: str
) -> None:
    ledger = replace(ledgers["liver-cells"], hash=hash + "0" * 52)
    known = KnownTexts.of([(programmes["liver-cells"], ledger)])
    assert loose_sentences(f"<p>{hash}</p>", known) == []
