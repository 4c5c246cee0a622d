"""Pages by several processes: what is sent there arrives whole, and the bytes are those of one process."""

from __future__ import annotations

import os
import pickle

import pytest
from small_ledgers import DAY, answered, built

from proband.pages import programme_making as making
from proband.pages.catalogue import load as language
from proband.pages.programme_making import ProgrammeJob, make, make_all
from proband.pages.site import BuiltSite, build
from proband.programme import Programme, bundled, load
from proband.trial.headline.claimed import claimed_headlines

NAME = "mitochondria-hpdl"


def job(programme: Programme, of: str = "en") -> ProgrammeJob:
    catalogue = language(of, None, [programme.id])
    # a language that has counted keeps its rule of plurals, which is a function and stays here
    catalogue.counted("%(n)s day", "%(n)s days", 2)
    return ProgrammeJob(
        programme, DAY, answered(programme), None, None, catalogue, (), None, True, (), True, "https://example.org/"
    )  # fmt: skip


@pytest.mark.parametrize("of", ["en", "de"])
def test_what_goes_to_another_process_and_comes_back_is_whole(
    programmes: dict[str, Programme], of: str
) -> None:
    here = job(programmes[NAME], of)
    there = pickle.loads(pickle.dumps(here))
    made = make(there)
    assert made == make(here)
    assert pickle.loads(pickle.dumps(made)) == made
    assert made.unit is not None


def test_few_programmes_begin_no_process(
    programmes: dict[str, Programme], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*given: object) -> None:
        raise AssertionError("a process was begun")

    monkeypatch.setattr(making, "ProcessPoolExecutor", refuse)
    monkeypatch.setattr(making, "make", lambda job: job.programme.id)
    assert list(make_all([job(programmes[NAME])] * 7, workers=8)) == [NAME] * 7
    with pytest.raises(AssertionError, match="process"):
        list(make_all([job(programmes[NAME])] * 8, workers=8))


def test_pages_that_are_declared_here_alone_are_made_here(
    programmes: dict[str, Programme], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "made_by", lambda: "this code")
    assert making._make_alike(job(programmes[NAME]), "another code") is None
    monkeypatch.setattr(making, "make", lambda job: "made")
    assert making._make_alike(job(programmes[NAME]), "this code") == "made"


@pytest.mark.skipif(
    not os.environ.get("PROBAND_NIGHTLY"),
    reason="processes take seconds to begin: nightly (PROBAND_NIGHTLY=1)",
)
def test_two_processes_make_the_same_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "FEWEST_FOR_A_PROCESS", 1)
    programmes = [load(name, on=DAY) for name in bundled()]
    alone: BuiltSite = built(*bundled())
    assert build(programmes, claimed_headlines, on=DAY, workers=2) == alone
