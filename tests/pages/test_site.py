"""The site as a whole: what it holds, what it computes, what it refuses."""

from __future__ import annotations

import csv
import json
import re
import shutil
from datetime import date
from html import escape, unescape
from pathlib import Path

import pytest
from small_ledgers import built

from proband.pages.access_packet import fields
from proband.pages.articles_page import ArticlesError, StatementWorth, articles, check, places
from proband.pages.catalogue import Catalogue
from proband.pages.lay_summary import lay_summary_page
from proband.pages.ledger import Ledger
from proband.pages.markup import typographic
from proband.pages.programme_page import TITLES
from proband.pages.site import BuiltSite, build
from proband.pages.standards import annex_v, ipdas, score
from proband.pages.tone import tone
from proband.programme import BundleError, Programme, bundled, load, locate
from proband.programme.claims import PAGE_ORDER
from proband.trial.headline.claimed import claimed_headlines

PUBLIC = 35


def page(site: BuiltSite, name: str) -> str:
    return next(page.html for page in site.pages if page.name == name)


def test_every_promised_page_is_there(site: BuiltSite, written: Path) -> None:
    names = {page.name for page in site.pages}
    assert names >= {"index.html", "articles.html", "mitochondria-hpdl-genes.html", "mitochondria-hpdl-access-packet.html",
                     "spinal-cord-autologous-aftercare.html"}  # fmt: skip
    assert {
        f"{name}{kind}.html"
        for name in ("mitochondria-hpdl", "liver-cells", "spinal-cord-autologous")
        for kind in (
            "",
            "-lay-summary",
            "-studies",
            "-findings",
            "-headline",
            "-check",
            "-article",
            "-visits",
        )
    } <= names
    assert len(names) == PUBLIC
    assert {page.name for page in site.private} == {
        f"{name}-handbook.html" for name in ("mitochondria-hpdl", "liver-cells", "spinal-cord-autologous")
    }
    report = json.loads((written / "build-report.json").read_text())
    assert all(entry["bytes_without_drawings"] <= 150_000 for entry in report["pages"])


def test_the_fixed_order_of_thirteen_parts(site: BuiltSite) -> None:
    assert len(PAGE_ORDER) == 13
    for name in ("mitochondria-hpdl", "liver-cells", "spinal-cord-autologous"):
        html = page(site, f"{name}.html")
        places = [html.index(f'id="{section.value}"') for section in PAGE_ORDER]
        assert places == sorted(places)
        assert all(TITLES[section] in html for section in PAGE_ORDER[1:])


def test_reading_grades_ipdas_and_annex_v_are_computed_and_met(site: BuiltSite) -> None:
    for report in site.programmes:
        assert max(report.reading_grades.values()) <= 8
        assert score(list(report.ipdas)) == "12/12"
        assert score(list(report.annex_v)) == "10/10"


@pytest.mark.parametrize(
    ("gone", "item"),
    [
        ('id="decision"', "Q2"), ("Nothing new", "Q3"), ('class="cite"', "C2"), ('data-meta="date"', "C3"), ("Every claim has a date on which", "C4"),
        ('class="sure"', "C5"), ("nobody paid for this page", "C6"),
    ],
)  # fmt: skip
def test_an_ipdas_item_that_the_page_does_not_show_is_not_met(
    site: BuiltSite, ledgers: dict[str, Ledger], gone: str, item: str
) -> None:
    html = page(site, "liver-cells.html").replace(gone, "x")
    assert [each.id for each in ipdas(ledgers["liver-cells"], html) if not each.met] == [item]


def test_an_annex_v_element_without_content_is_not_met(
    programmes: dict[str, Programme], ledgers: dict[str, Ledger]
) -> None:
    ledger = ledgers["liver-cells"]
    kept = [claim for claim in ledger.claims.claims if claim.section.value != "sentence"]
    without = ledger.with_claims(ledger.claims.model_copy(update={"claims": kept}))
    html = lay_summary_page(programmes["liver-cells"], without, Catalogue()).html
    assert [item.id for item in annex_v(html) if not item.met] == ["V8"]
    # a single list of rules does not say who may and who may not
    whole = page_of("liver-cells-lay-summary.html", programmes["liver-cells"], ledger)
    for gone in ('data-list="may"', 'data-list="may-not"'):
        assert [item.id for item in annex_v(whole.replace(gone, "")) if not item.met] == ["V4"]


def page_of(name: str, programme: Programme, ledger: Ledger) -> str:
    made = lay_summary_page(programme, ledger, Catalogue())
    assert made.name == name
    return made.html


def test_no_banned_word_and_no_dose_on_any_public_page(site: BuiltSite) -> None:
    from proband.pages.rendered import _QUOTED, _RULE, visible_text

    for each in site.pages:
        text = visible_text(_QUOTED.sub(" ", _RULE.sub(" ", each.html)))
        assert tone().banned_in(text) == []
        assert tone().dose_in(text) is None


def test_the_policy_is_strict_and_nothing_is_asked_of_elsewhere(site: BuiltSite) -> None:
    for each in site.pages:
        policy = re.search(r'Content-Security-Policy" content="([^"]+)"', each.html)
        assert policy is not None
        assert "default-src &#39;none&#39;" in policy[1]
        assert "unsafe" not in policy[1]
        assert not re.search(r"<(?:img|link|iframe|object|embed)\b", each.html)
        assert not re.search(r"<script[^>]+src=", each.html)


def test_the_experimental_template_never_says_treatment_of_the_product(
    site: BuiltSite, ledgers: dict[str, Ledger]
) -> None:
    for ledger in ledgers.values():
        assert ledger.experimental
        experimental = {option.id for option in ledger.claims.options if option.kind == "experimental"}
        for claim in ledger.claims.claims:
            assert claim.option not in experimental or not re.search(
                r"\b(treatment|therapy)\b", claim.text, re.IGNORECASE
            )


def test_forms_of_liver_disease_are_never_pooled(ledgers: dict[str, Ledger], site: BuiltSite) -> None:
    ledger = ledgers["liver-cells"]
    forms = {claim.sub_indication for claim in ledger.claims.claims if claim.sub_indication}
    assert len(forms) >= 5
    for panel in ledger.claims.panels:
        assert {ledger.by_id[cell.claim].sub_indication for cell in panel.cells if cell.claim} == {
            panel.sub_indication
        }
    assert "Decompensated cirrhosis" in page(site, "liver-cells.html")


def test_facts_grey_out_in_the_page_before_the_build_stops() -> None:
    fact_expiry = date(2027, 2, 20)
    site = built(*bundled(), on=fact_expiry)
    html = page(site, "spinal-cord-autologous.html")
    assert "Not verified since" in html
    assert any("page.expired" in str(warning) for report in site.programmes for warning in report.warnings)
    with pytest.raises(BundleError) as refused:
        built(*bundled(), on=date(2027, 3, 23))
    assert {problem.code for problem in refused.value.problems} >= {"page.expired"}
    assert all(
        problem.line > 1 and problem.file
        for problem in refused.value.problems
        if problem.code == "page.expired"
    )


def test_the_self_check_can_be_switched_off_with_all_its_data() -> None:
    site = built("spinal-cord-autologous", self_check=False)
    html = page(site, "spinal-cord-autologous-check.html")
    assert "self-check-data" in page(built("spinal-cord-autologous"), "spinal-cord-autologous-check.html")
    assert "self-check-data" not in html
    assert "ProbandCheck" not in html


def test_right_to_left_smoke_every_fixed_string_goes_through_the_catalogue() -> None:
    site = built("liver-cells", language="qps")
    html = page(site, "liver-cells.html")
    assert 'dir="rtl"' in html
    body = re.sub(r"<(script|style|svg|code)\b.*?</\1>", "", html[html.index("<body") :], flags=re.DOTALL)
    # evidence itself (citations, what was seen, who profits) is not translated; headings and buttons are
    headings = re.findall(r"<(?:h[1-4]|summary|th|dt|caption)\b[^>]*>(.*?)</", body, re.DOTALL)
    texts = [re.sub(r"<[^>]+>", "", heading).strip() for heading in headings]
    bare = [text for text in texts if text and "⟦" not in text and re.search(r"[a-z]{4}", text)]
    assert bare == []


# --- the articles ---------------------------------------------------------------------------------------------------


def test_all_rows_of_the_articles_stand_with_verdict_claims_and_place(
    site: BuiltSite, ledgers: dict[str, Ledger]
) -> None:
    found = articles()
    rows = [row for article in found for row in article.rows]
    assert [len(article.rows) for article in found] == [38, 54, 27]
    assert len({row.id for row in rows}) == 119
    assert {row.verdict for row in rows} == set(StatementWorth)
    check(found, ledgers)
    html = "".join(page(site, f"{article.programme}-article.html") for article in found)
    assert len(re.findall(r'data-row="', html)) == 119
    for article in found:
        for row in article.rows:
            assert all(f'id="{row.id}-{claim}"' in html for claim in row.claims)
            assert all(place in places() for place in row.lives)


def test_the_rows_are_those_of_the_evidence_and_none_of_its_words_is_copied(evidence: Path) -> None:
    with (evidence / "platform" / "seed-coverage.csv").open(encoding="utf-8") as file:
        theirs = {row["id"]: row for row in csv.DictReader(file)}
    ours = {row.id: row for article in articles() for row in article.rows}
    assert set(ours) == set(theirs)
    for id, row in ours.items():
        assert row.says.strip(". ").lower() != theirs[id]["article_says"].strip(". …").lower()


def test_an_opinion_that_nobody_could_verify_says_so(site: BuiltSite) -> None:
    html = "".join(page(site, f"{article.programme}-article.html") for article in articles())
    assert html.count("Opinion without support.") >= 3
    assert "Jane" not in html


def test_a_row_whose_claim_is_gone_is_refused(ledgers: dict[str, Ledger]) -> None:
    found = articles()
    broken = found[0].model_copy(update={"rows": [found[0].rows[0].model_copy(update={"claims": ["gone"]})]})
    with pytest.raises(ArticlesError, match="A1 names claims that do not exist: gone"):
        check([broken], ledgers)
    lost = found[0].model_copy(
        update={"rows": [found[0].rows[0].model_copy(update={"lives": ["proband.nowhere"]})]}
    )
    with pytest.raises(ArticlesError, match="does not exist"):
        check([lost], ledgers)


# --- documents ------------------------------------------------------------------------------------------------------


def test_the_access_packet_has_the_fields_of_the_form_and_no_amount(
    programmes: dict[str, Programme], ledgers: dict[str, Ledger], site: BuiltSite
) -> None:
    made = fields(programmes["mitochondria-hpdl"], ledgers["mitochondria-hpdl"])
    titles = [field.title for field in made]
    assert titles == ["The child", "Indication", "History in brief", "Why nothing else will do", "Plan", "What is measured", "When to change or stop",
                      "Letter of authorisation", "The doctor", "Ethics board", "What others will learn"]  # fmt: skip
    assert all(field.to_write for field in made)
    # what the bundle can fill is filled, and nothing else
    assert [field.title for field in made if field.texts] == ["Indication", "Why nothing else will do", "Plan", "What is measured", "When to change or stop",
                                                              "Ethics board", "What others will learn"]  # fmt: skip
    assert {field.title for field in made if field.claims} <= {
        "Why nothing else will do",
        "When to change or stop",
    }
    assert any(field.claims for field in made)
    assert tone().dose_in(page(site, "mitochondria-hpdl-access-packet.html")) is None


def test_the_handbook_holds_the_whole_bundle(programmes: dict[str, Programme], site: BuiltSite) -> None:
    for name, programme in programmes.items():
        html = next(page.html for page in site.private if page.name == f"{name}-handbook.html")
        assert programme.hash in html
        for criterion in programme.eligibility.criteria:
            assert f">{criterion.id}<" in html
        for source in programme.sources:
            assert f">{source}<" in html
        assert all(text.split("\n")[0].strip("# ")[:20] in html for text in programme.consent_texts.values())


def test_the_gene_table_shows_every_row_with_its_source(
    programmes: dict[str, Programme], site: BuiltSite
) -> None:
    html = page(site, "mitochondria-hpdl-genes.html")
    table = programmes["mitochondria-hpdl"].tables["evidence/therapies.csv"]
    assert html.count('data-table="evidence/therapies.csv"') == len(table.rows) >= 40


def test_the_headline_test_stands_on_the_page_with_its_refusals(site: BuiltSite) -> None:
    spinal, child = (
        page(site, f"{name}-headline.html") for name in ("spinal-cord-autologous", "mitochondria-hpdl")
    )
    assert "in which nobody was treated" in spinal
    assert 'id="headline-data"' in spinal
    assert "No answer." in child
    own = page(site, "spinal-cord-autologous.html")
    assert 'id="headline-data"' not in own
    assert "of studies without treatment show at least that" in own
    assert 'href="spinal-cord-autologous-headline.html"' in own
    assert "No answer." in page(site, "mitochondria-hpdl.html")


def test_the_stories_are_named_with_publisher_title_and_link_and_a_picture_before_words(
    site: BuiltSite,
) -> None:
    html = page(site, "articles.html")
    for article in articles():
        part = html.partition(f'<section class="part" id="{article.programme}"')[2].partition("</section>")[0]
        assert part.index("<svg") < part.index("Publisher:") < part.index("-article.html")
        assert not article.headline or ("<cite" in part and escape(article.headline) in part)
        assert not article.link or f'href="{article.link}"' in part
    assert sum(bool(article.headline and article.link) for article in articles()) == 2
    assert '<th scope="row">A1</th>' not in "".join(each.html for each in site.pages)


def test_every_page_names_the_programmes_that_it_is_made_from(
    programmes: dict[str, Programme], site: BuiltSite
) -> None:
    """Whoever holds a page can tell, years later, from exactly which content of which bundle it came."""
    known = {programme.id: programme.hash for programme in programmes.values()}
    for each in (*site.pages, *site.private):
        foot = each.html.partition("<footer>")[2]
        assert each.made_from
        assert each.made_from.items() <= known.items()
        assert all(f"<code>{hash}</code>" in foot for hash in each.made_from.values()), each.name
    report = site.report()
    assert {entry["programme"]: entry["programme_hash"] for entry in report["programmes"]} == known
    together = {"index.html", "articles.html"}
    assert all(
        len(entry["made_from"]) == (3 if entry["name"] in together else 1) for entry in report["pages"]
    )


# --- guardrails -----------------------------------------------------------------------------------------------------


def test_a_charge_puts_its_banner_on_every_page_and_no_claim_may_deny_it(tmp_path: Path) -> None:
    folder = tmp_path / "liver-cells"
    shutil.copytree(locate("liver-cells"), folder)
    head, claims = folder / "programme.yaml", folder / "claims.yaml"
    text = head.read_text(encoding="utf-8")
    charged = re.sub(r"(participant_charge:\s*\n\s*amount: )0", r"\g<1>5000", text)
    assert charged != text
    head.write_text(charged, encoding="utf-8")
    with pytest.raises(BundleError) as refused:
        built(folder)
    assert {problem.code for problem in refused.value.problems} == {"page.charge"}
    said = claims.read_text(encoding="utf-8").replace(" In this programme nobody pays.", "")
    claims.write_text(said, encoding="utf-8")
    site = built(folder)
    assert len(site.pages) >= 3
    for each in site.pages:
        assert "Participants are charged 5000" in each.html, each.name


def test_the_gaps_of_the_mechanism_are_all_on_the_page_of_findings(
    programmes: dict[str, Programme], site: BuiltSite
) -> None:
    for name, programme in programmes.items():
        assert f'href="{name}-findings.html"' in page(site, f"{name}.html")
        html = re.sub(r"<[^>]+>", "", page(site, f"{name}-findings.html"))
        for row in programme.head.mechanism:
            if row.gap:
                assert unescape(typographic(row.gap)) in unescape(html)


def test_sealed_or_not_the_page_names_who_wrote_paid_and_profits(site: BuiltSite) -> None:
    for name in ("mitochondria-hpdl", "liver-cells", "spinal-cord-autologous"):
        html = page(site, f"{name}.html")
        for words in ("Written by", "Paid for by", "Who profits", "What changed", "Last checked"):
            assert words in html


def test_a_headline_test_without_a_condition_is_a_fault_of_the_claims_and_no_answer(tmp_path: Path) -> None:
    folder = tmp_path / "spinal-cord-autologous"
    shutil.copytree(locate("spinal-cord-autologous"), folder)
    claims = folder / "claims.yaml"
    text = claims.read_text(encoding="utf-8")
    at = text.index("\nheadlines:")
    claims.write_text(text[:at] + text[at:].replace("    follow_up: 1y\n", "", 1), encoding="utf-8")
    with pytest.raises(BundleError) as refused:
        built(folder)
    assert [problem.code for problem in refused.value.problems] == ["page.headline-unasked"]
    assert "follow-up" in refused.value.problems[0].message
    assert refused.value.problems[0].line > 1


def test_the_form_opens_with_what_the_page_itself_asks(programmes: dict[str, Programme]) -> None:
    programme = programmes["spinal-cord-autologous"]
    form = claimed_headlines(programme, trials=1000).form
    assert form is not None
    first, (table,) = programme.claims.headlines[0], form["programmes"].values()
    cell = table["cells"][0]
    assert (cell["b"], cell["l"], cell["w"], cell["f"]) == (
        first.baseline,
        first.where["level"],
        first.baseline_window,
        first.follow_up,
    )


def test_a_copy_of_a_bundle_under_another_id_is_built_alone_and_beside_it(tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(locate("mitochondria-hpdl"), folder)
    head = folder / "programme.yaml"
    head.write_text(
        head.read_text(encoding="utf-8").replace("id: mitochondria-hpdl", "id: other-hpdl", 1),
        encoding="utf-8",
    )
    for names in ((folder,), ("mitochondria-hpdl", folder)):
        assert any(page.name == "other-hpdl.html" for page in built(*names).pages)


@pytest.mark.parametrize("copies", [2, 4])
def test_a_site_of_many_programmes_keeps_its_first_page_light(tmp_path: Path, copies: int) -> None:
    """Six programmes, and twelve: every page weighs what one may, each programme is on the first page, and its form is on a page of its own."""
    many = []
    for k in range(copies):
        for name in bundled():
            folder = tmp_path / f"{name}-{k}"
            shutil.copytree(locate(name), folder)
            file = folder / "programme.yaml"
            text = re.sub(
                r"^id: .*$",
                f"id: {folder.name}",
                file.read_text(encoding="utf-8"),
                count=1,
                flags=re.MULTILINE,
            )
            file.write_text(text, encoding="utf-8")
            many.append(load(folder))
    whole = build(many, [claimed_headlines(programme) for programme in many])
    pages = {each.name: each.html for each in whole.pages}
    for programme in many:
        assert f'href="{programme.id}.html"' in pages["index.html"]
        assert f"{programme.id}-headline.html" in pages
