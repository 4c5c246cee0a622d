"""What earlier builds kept: nothing that did not change is made again, and nothing that did is taken from there."""

from __future__ import annotations

import inspect
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from small_ledgers import DAY, answered

from proband.cli.kept_texts import TextFolder
from proband.pages import kept as keeping
from proband.pages import programme_making as building
from proband.pages.catalogue import Catalogue
from proband.pages.kept import KeptResults, content
from proband.pages.rendering import Page
from proband.pages.site import BuiltSite, build
from proband.programme import BundleError, Programme, load, locate
from proband.record.publishing import PublicRecord
from proband.terms import ProbandError
from proband.trial.headline.claimed import ClaimedHeadlines, claimed_headlines

NAME = "mitochondria-hpdl"


class Counted:
    """Counts how often pages are made: of one that was kept nothing is rendered."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.made: list[str] = []
        made_anew = building._pages

        def counting(made: Any, *, public: bool) -> list[Page]:
            self.made.append(made.programme.id)
            return made_anew(made, public=public)

        monkeypatch.setattr(building, "_pages", counting)

    def taken(self) -> list[str]:
        found, self.made = self.made, []
        return found


def of(folder: Path | str) -> Programme:
    return load(folder, on=DAY)


def copied(to: Path, change: Callable[[Path], None]) -> Programme:
    shutil.copytree(locate(NAME), to)
    change(to)
    return of(to)


def edit(file: str, old: str, new: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path = folder / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return change


def test_a_second_build_makes_nothing_and_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    counted, store = Counted(monkeypatch), dict[str, str]()
    programme = of(NAME)
    asked: list[str] = []

    def asking(programme: Programme) -> ClaimedHeadlines:
        asked.append(programme.id)
        return claimed_headlines(programme)

    first = build([programme], asking, on=DAY, for_investigators=True, kept=store)
    assert (counted.taken(), asked) == ([NAME, NAME], [NAME])
    again = build([programme], asking, on=DAY, for_investigators=True, kept=store)
    assert (counted.taken(), asked) == ([], [NAME])
    assert again == first == build([programme], [answered(programme)], on=DAY, for_investigators=True)


def a_record(programme: Programme, people: int) -> PublicRecord:
    return PublicRecord(
        programme.id, (programme.hash,), "Study", True, DAY, None, (), people, True, ("small numbers",)
    )


#: each parameter of a build with another value: what is built with it differs in its key, or it cannot be kept at all
OTHERWISE: dict[str, dict[str, Any]] = {
    "on": {"on": DAY + timedelta(days=1)},
    "language": {"language": "qps"},
    "theme": {"theme": "dark"},
    "self_check": {"self_check": False},
    "for_investigators": {"for_investigators": True},
    "base_url": {"base_url": "https://example.org/"},
    "catalogue": {"catalogue": Catalogue("en", {"Who profits": "Who gains"})},
}
#: … or is shown in a test of its own
APART = {"programmes", "headlines", "records", "catalogues", "kept", "workers"}


def keys(programmes: list[Programme], headlines: Any = claimed_headlines, **settings: Any) -> set[str]:
    """The keys that a build asks its store for, without making a page."""
    store = Asked()
    with pytest.raises(StopAsking):
        build(programmes, headlines, **{"on": DAY, **settings}, kept=store)
    return store.asked


class StopAsking(Exception):
    """Enough was asked."""


class Asked(dict[str, str]):
    """A store that notes for what it is asked, and ends the build where pages would be made."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        if len(self.asked) == 2:
            raise StopAsking
        self.asked.add(key)
        return default

    def __setitem__(self, key: str, text: str) -> None:
        raise StopAsking


def test_every_parameter_of_a_build_is_tried() -> None:
    assert set(inspect.signature(build).parameters) == {*OTHERWISE, *APART}


@pytest.mark.parametrize("parameter", OTHERWISE)
def test_another_value_of_a_parameter_has_other_keys(parameter: str) -> None:
    programme = of(NAME)
    assert not keys([programme]) & keys([programme], **OTHERWISE[parameter])
    assert keys([programme], **OTHERWISE[parameter]) == keys([programme], **OTHERWISE[parameter])


def test_a_catalogue_of_a_folder_has_the_keys_of_its_texts(tmp_path: Path) -> None:
    programme, file = of(NAME), tmp_path / "de.po"
    found = []
    for said in ("Wer verdient", "Wer daran verdient"):
        file.write_text(f'msgid "Who profits"\nmsgstr "{said}"\n', encoding="utf-8")
        found.append(keys([programme], language="de", catalogues=tmp_path))
    assert not found[0] & found[1]


@pytest.mark.parametrize(
    "change",
    [
        edit("claims.yaml", "\n", "\n# a line more, by which the lines of warnings change\n"),
        edit("facts.yaml", "\n", "\n\n"),
        lambda folder: (folder / "evidence" / "therapies.csv").write_bytes(
            (folder / "evidence" / "therapies.csv").read_bytes().replace(b"\n", b"\r\n", 1)
        ),
        lambda folder: next(iter(sorted(folder.rglob("*.md")))).write_text("# Other words\n\nAll other.\n"),
    ],
    ids=["a comment", "an empty line", "a table", "a consent text"],
)
def test_a_changed_file_of_the_bundle_has_other_keys(tmp_path: Path, change: Callable[[Path], None]) -> None:
    assert not keys([of(NAME)]) & keys([copied(tmp_path / NAME, change)])


def test_answers_records_other_programmes_and_code_have_other_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    programme, other = of(NAME), of("liver-cells")
    made = answered(programme)
    found = [
        keys([programme]),
        keys([programme], [made]),
        keys([programme], [replace(made, form=None)]),
        keys([programme], [made], records=[a_record(programme, 20)]),
        keys([programme], [made], records=[a_record(programme, 21)]),
        # its navigation names another programme
        keys([programme, other], [made, replace(made, programme=other.id, programme_hash=other.hash)]),
    ]
    monkeypatch.setattr(keeping, "made_by", lambda: "another code")
    found.append(keys([programme]))
    assert len(set().union(*found)) == sum(map(len, found))


def test_the_code_is_every_module_template_and_text_and_the_versions_of_libraries() -> None:
    names = set(keeping._names(keeping.files("proband")))
    assert names >= {"pages/templates/base.html.j2", "pages/locale/messages.pot", "pages/assets/style.css", "pages/data/tone.yaml"}  # fmt: skip
    package = Path(str(keeping.files("proband")))
    modules = {path.relative_to(package).as_posix() for path in package.rglob("*.py")}
    assert {name for name in modules if not name.startswith("programmes/")} <= names
    assert {"jinja2", "pydantic", "numpy"} <= {name.lower() for name in keeping._versions()}


def test_one_changed_programme_leaves_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counted, store = Counted(monkeypatch), dict[str, str]()
    other = of("liver-cells")
    build([of(NAME), other], claimed_headlines, on=DAY, kept=store)
    counted.taken()
    changed = copied(tmp_path / NAME, edit("claims.yaml", "He walked better.", "He walked a little better."))
    site = build([changed, other], claimed_headlines, on=DAY, kept=store)
    assert counted.taken() == [NAME]
    assert site == build([changed, other], claimed_headlines, on=DAY)
    # and what no build needs any more is gone
    assert len(store) == 5


@pytest.mark.parametrize("spoil", ["cut", "changed", "moved", "nonsense"])
def test_what_is_not_whole_is_not_taken(spoil: str) -> None:
    store: dict[str, str] = {}
    results = KeptResults(store)
    key, elsewhere = results.key("a"), results.key("b")
    page = Page("a.html", "A", "<p>1 of 10</p>", {"x": "y"})
    results.put(key, page)
    assert KeptResults(store).get(Page, key) == page
    match spoil:
        case "cut":
            store[key] = store[key][:-5]
        case "changed":
            store[key] = store[key].replace("1 of 10", "9 of 10")
        case "moved":
            store[elsewhere] = store[key]
            key = elsewhere
        case _:
            store[key] = "\n\n"
    assert KeptResults(store).get(Page, key) is None


def test_a_broken_programme_is_refused_each_time(tmp_path: Path) -> None:
    broken = copied(tmp_path / NAME, edit("claims.yaml", "He walked better.", "A breakthrough!"))
    store: dict[str, str] = {}
    for _ in range(2):
        with pytest.raises(BundleError, match="breakthrough"):
            build([broken], claimed_headlines, on=DAY, kept=store)


def test_a_folder_keeps_texts_and_leaves_other_files_alone(tmp_path: Path) -> None:
    folder = TextFolder(tmp_path / "kept")
    assert list(folder) == []
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "letter.txt").write_text("mine", encoding="utf-8")
    key = "a" * 64
    folder[key] = "text\nof two lines"
    assert dict(folder) == {key: "text\nof two lines"}
    with pytest.raises(KeyError):
        folder["../outside"]
    (tmp_path / "kept" / key).write_bytes(b"\xff\xfe")
    assert folder.get(key) is None
    del folder[key]
    with pytest.raises(KeyError):
        del folder[key]
    assert (tmp_path / "kept" / "letter.txt").read_text(encoding="utf-8") == "mine"
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(ProbandError, match="file"):
        TextFolder(tmp_path / "file" / "kept")[key] = "x"


def test_results_with_other_fields_have_other_content() -> None:
    record = a_record(of(NAME), 20)
    assert content(record) == content(replace(record))
    for name in ("title", "programme"):
        assert content(record) != content(replace(record, **{name: "other"}))
    assert content(record) != content(replace(record, until=date(2020, 1, 1)))


def test_a_site_is_compared_whole() -> None:
    assert set(BuiltSite.__dataclass_fields__) == {
        "pages",
        "programmes",
        "on",
        "private",
        "tables",
        "untranslated",
    }
