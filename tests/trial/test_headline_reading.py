"""Headlines are read to the last word or refused: a corpus, generated texts, and the page's reader beside Python's."""

from __future__ import annotations

import random
from importlib import resources
from pathlib import Path

import pytest
from benchmarks.calibration import programme_of
from hypothesis import given, settings
from hypothesis import strategies as st

from in_node import answers_of_form
from proband.natural_history.questions import outcomes
from proband.trial.headline.grammar import grammar
from proband.trial.headline.meaning import HeadlineUnclear
from proband.trial.headline.reading import ReadHeadline, read_headline
from proband.trial.headline.table import headline_table
from shipped import loaded

BUNDLES = ("spinal-cord-autologous", "liver-cells", "mitochondria-hpdl")


def _corpus() -> list[tuple[str, str, str, str]]:
    out, programme, outcome = [], "", ""
    for line in Path(__file__).with_name("headline_texts.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            programme, outcome = line.strip("[]").split()
        elif line and not line.startswith("#"):
            text, _, right = line.partition(" => ")
            out.append((programme, outcome, text, right))
    return out


CORPUS = _corpus()


def _read(programme: str, outcome: str, text: str) -> ReadHeadline | HeadlineUnclear:
    try:
        return read_headline(text, loaded(programme), outcome)
    except HeadlineUnclear as refusal:
        return refusal


def _said(read: ReadHeadline | HeadlineUnclear) -> str:
    """A reading as the corpus writes it."""
    if isinstance(read, HeadlineUnclear):
        return f"refused {read.code}"
    groups = [f"{g.events}/{g.people}" for g in (read.arm, read.control) if g is not None]
    for c in (read.change, read.control_change):
        if c is not None:
            size = f"{c.change:g} {read.toward}" if read.toward else f"{c.change:+g}".replace("+0", "0")
            groups.append(size + (f" SD {c.sd:g}" if c.sd else "") + f" in {c.people}")
    return " v ".join(groups) + (f" @{read.time}" if read.time else "")


def test_the_corpus_is_read_as_is_right() -> None:
    assert len(CORPUS) >= 200
    wrong = [(t, _said(_read(p, o, t)), right) for p, o, t, right in CORPUS if _said(_read(p, o, t)) != right]
    assert wrong == []


def test_every_outcome_that_can_be_asked_has_words_and_every_declaration_an_outcome() -> None:
    for bundle in BUNDLES:
        programme = loaded(bundle)
        declared = {name for table in programme.natural_history.values() for name in table.words}
        assert declared == set(outcomes(programme))


READ = [(p, o, t) for p, o, t, right in CORPUS if not right.startswith("refused")]


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(READ),
    st.from_regex(r"[a-z]{2,9}(-[a-z]{2,5})?", fullmatch=True) | st.sampled_from(list("-*?&;#\u00b1\u00bd")),
    st.integers(0, 30),
)
def test_a_word_that_was_not_read_never_gets_an_answer(
    case: tuple[str, str, str], word: str, place: int
) -> None:
    """A word that the grammar and the outcome do not know, put anywhere, is named in the refusal."""
    programme, outcome, text = case
    pieces = text.split()
    pieces.insert(place % (len(pieces) + 1), word)
    read = _read(programme, outcome, " ".join(pieces))
    known = {w for rule in grammar()["rules"].values() for a in rule for w in a.replace("?", "").split()} | {
        *grammar()["numbers"],
        *grammar()["same"],
    }
    words = outcomes(loaded(programme))[outcome].words
    assert words is not None
    own = {w for phrases in words.model_dump().values() for p in phrases for w in p.split()}
    if word not in known | own:
        assert isinstance(read, HeadlineUnclear)
        assert read.code in {"trial.headline.words", "trial.headline.other-outcome"}
        if read.code == "trial.headline.words":
            assert word in read.message


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    read = _read("spinal-cord-autologous", "ais-conversion", text)
    assert isinstance(read, HeadlineUnclear) or read.arm is not None


def test_a_long_text_is_refused_at_once() -> None:
    read = _read("spinal-cord-autologous", "ais-conversion", "2 of 4 " * 100)
    assert isinstance(read, HeadlineUnclear)
    assert read.code == "trial.headline.long"


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("9 falls in 20 person-years in 40 people", (9, 40, "20y")),
        ("9 falls in 20 person-years", (9, None, "20y")),
        ("9 falls in 40 people (20 person-years)", (9, 40, "20y")),
    ],
)
def test_people_who_are_told_of_are_counted(text: str, read: tuple[int, int | None, str]) -> None:
    found = read_headline(text, programme_of("own"), "fall").rate
    assert found is not None
    assert (found.events, found.people, found.over) == read


# --- the page's reader ---------------------------------------------------------------------------------------------------


def _generated(seed: int, count: int) -> list[tuple[str, str, str]]:
    """Texts made by walking the grammar, some of them with a word lost, doubled or changed."""
    rng = random.Random(seed)
    rules = grammar()["rules"]
    askable = {b: outcomes(loaded(b)) for b in BUNDLES}

    def walk(name: str, own: dict[str, list[str]], depth: int = 0) -> list[str]:
        if name.startswith("lex:"):
            phrases = own.get(name[4:], [])
            return rng.choice(phrases).split() if phrases else []
        out: list[str] = []
        for term in rng.choice(rules[name]).split():
            if len(term) > 1 and term.endswith("?"):
                # a share beside a count is seldom that count's
                if rng.random() < (0.97 if "as-share" in term else 0.6):
                    continue
                term = term[:-1]
            if len(term) > 1 and term[0] == "=":
                continue
            head, _, rest = term.partition(":")
            core = rest if rest[:1] in {"<", "#"} and rest and not head.startswith("<") else term
            if core.startswith("<") and len(core) > 1:
                out += walk(core[1:-1], own, depth + 1)
            elif core == "#int":
                out.append(str(rng.choice([0, 1, 2, 3, 7] if head == "e" else [8, 20, 50, 1000])))
            elif core == "#number":
                out.append(rng.choice(["0", "1", "2.5", "24", "33.3", "50"]))
            else:
                out.append(core)
        return out

    texts = []
    for _ in range(count):
        bundle = rng.choice(BUNDLES)
        name = rng.choice(sorted(askable[bundle]))
        words = askable[bundle][name].words
        assert words is not None
        kind = "change" if words.measure else "counts"
        pieces = walk(kind if rng.random() < 0.8 else "headline", words.model_dump())
        if pieces and rng.random() < 0.4:
            i = rng.randrange(len(pieces))
            pieces[i : i + 1] = rng.choice(
                [[], [pieces[i]] * 2, ["hope"], [pieces[rng.randrange(len(pieces))]]]
            )
        texts.append((bundle, name, " ".join(pieces)))
    return texts


@pytest.mark.node
def test_the_page_reads_every_text_as_python_does(tmp_path: Path) -> None:
    asks = [(p, o, t) for p, o, t, _ in CORPUS] + _generated(20260101, 3000)
    answers = answers_of_form(
        headline_table([loaded(name) for name in BUNDLES], offers={}), asks, tmp_path,
        "const [p,o,x]=a;try{return reading.read(t.grammar,t.programmes[p].outcomes,o,x)}catch(e){if(!e.code)throw e;"
        "return {code:e.code,words:e.parameters.words||null,others:e.parameters.others||null,rest:e.parameters.rest||null}}",
        unless="the page's reader was not compared with Python",
    )  # fmt: skip
    read = 0
    for (p, o, text), page in zip(asks, answers, strict=True):
        python = _read(p, o, text)
        if isinstance(python, HeadlineUnclear):
            assert page.get("code") == python.code, text
            if python.code in {"trial.headline.words", "trial.headline.other-outcome"}:
                named = page["words"] or page["others"]
                assert all(str(w) in python.message + python.mend for w in named), text
            continue
        read += 1
        assert page.get("understood") == python.understood, text
        assert (page["said"] if page["kind"] == "counts" else page["toward"]) == (
            python.said or python.toward
        ), text
        assert page["time"] == python.time, text
    assert read > 400


def test_the_page_knows_every_refusal_of_reading() -> None:
    table = headline_table([], offers={})
    source = (resources.files("proband.pages") / "assets" / "headline-reading.js").read_text(encoding="utf-8")
    for code in (
        "words",
        "form",
        "long",
        "other-outcome",
        "denominator",
        "share",
        "sign",
        "unsigned",
        "times",
        "measure-alone",
    ):
        assert code in source
        assert f"trial.headline.{code}" in table["refusals"]
