"""The gist protocol: what a reader who is given only the picture of a fact box takes from it, and whether the box still says that.

``gist/PROGRAMME.png`` is the picture, ``gist/PROGRAMME.toml`` the answers to four questions, each with the sentences of the box on which it rests. Where one
of them is not printed any more the protocol is stale: the box is shown anew to somebody who has not read the programme, and both files are written again.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from proband.pages.rendered import visible_text
from proband.pages.site import BuiltSite
from proband.programme import bundled

GIST = Path(__file__).parent / "gist"
QUESTIONS = ["does it work?", "how sure?", "what could go wrong?", "allowed here?"]
NUMBER = re.compile(r"\d+(?: of \d+)?")


def protocol(name: str) -> dict[str, Any]:
    return tomllib.loads((GIST / f"{name}.toml").read_text(encoding="utf-8"))


def box(site: BuiltSite, name: str) -> str:
    """The words of a fact box, as a reader sees them."""
    html = next(page.html for page in site.pages if page.name == f"{name}-box.html")
    found = re.search(r'<section class="fact".*?</section>', html, re.DOTALL)
    assert found
    return plain(visible_text(re.sub(r"</?(?:span|a|strong)\b[^>]*>", "", found[0])))


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def stale(protocol: dict[str, Any], words: str) -> list[str]:
    """The sentences on which an answer rests and which the box does not say."""
    return [said for row in protocol["answers"] for said in row["rests_on"] if plain(said) not in words]


@pytest.mark.parametrize("name", bundled())
def test_the_box_still_says_what_its_reader_took_from_it(site: BuiltSite, name: str) -> None:
    gone = stale(protocol(name), box(site, name))
    assert not gone, (
        f"the fact box of {name} changed: show it anew to a reader and write tests/pages/gist/{name}.* again ({gone})"
    )


@pytest.mark.parametrize("name", bundled())
def test_the_four_questions_are_answered_and_every_figure_rests_on_a_sentence(name: str) -> None:
    read = protocol(name)
    assert [row["question"] for row in read["answers"]] == QUESTIONS
    assert (GIST / f"{name}.png").is_file()
    assert read["reader"]
    for row in read["answers"]:
        assert row["rests_on"]
        rests = " ".join(row["rests_on"])
        assert all(figure in rests for figure in NUMBER.findall(row["answer"])), row


@pytest.mark.parametrize("name", bundled())
def test_a_box_that_says_another_thing_makes_the_protocol_stale(site: BuiltSite, name: str) -> None:
    read, words = protocol(name), box(site, name)
    for row in read["answers"]:
        for said in row["rests_on"]:
            bent = words.replace(plain(said), "Something else.")
            assert said in stale(read, bent)
