"""One wrong value is one problem, at its own place: not one for every shape that the value might have had."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from proband.programme import check, locate
from proband.programme.documents import Document, read_yaml
from proband.programme.files import REQUIRED
from proband.programme.problems import Problem, key_text
from proband.programme.validation_words import problems_of

MINIMAL = Path(__file__).parent.parent / "bundles" / "minimal"
FILES = [name for name in REQUIRED if name != "claims.yaml"]  # claims have their numbers from other files


KEYS = {"bundle.key.missing", "bundle.key.unknown"}


def leaves(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from leaves(inner, (*path, index))
    else:
        yield path


def problems(document: Document, path: tuple[str | int, ...], wrong: Any) -> list[Problem]:
    data = copy.deepcopy(document.data)
    inner = data
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = wrong
    changed = Document(document.file, data, document.lines)
    model = REQUIRED[document.file]
    try:
        model.model_validate(data, strict=False)
    except ValidationError as error:
        return problems_of(error, changed, model)
    return []


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("bundle", [str(MINIMAL), "liver-cells"])
@pytest.mark.parametrize("wrong", [{"nonsense": 1}, [["nonsense"]]], ids=["mapping", "list"])
def test_a_value_of_another_kind_is_one_problem_at_its_place(bundle: str, file: str, wrong: Any) -> None:
    document, _ = read_yaml(locate(bundle) / file, file)
    assert document is not None
    seen = 0
    for path in list(leaves(document.data))[:: 3 if bundle != str(MINIMAL) else 1]:
        found = problems(document, path, wrong)
        seen += len(found)
        inside = [p for p in found if p.key.startswith(f"{key_text(path)}.") and p.code in KEYS]
        # where a mapping is one of the ways to write the value, its wrong and its missing keys are told instead
        assert len(found) <= 1 or found == inside, (path, [str(problem) for problem in found])
        for problem in found:
            assert problem.key.startswith(key_text(path[:-1])), (path, str(problem))
    assert seen


@pytest.mark.parametrize(
    ("file", "old", "new", "code", "key"),
    [
        ("programme.yaml", "ethics_approval: {missing: demonstration", "ethics_approval: {missing: nope",
         "bundle.value.choice", "access.ethics_approval.missing"),
        ("programme.yaml", "description: the first year}", "description: the first year, or so}", "bundle.key.comma",
         "indication.sub_indications[0].or so"),
        ("product.yaml", "kind: per-kg", "kind: per-kilo", "bundle.value.choice", "regimens[0].dose.kind"),
        ("evidence/sources.yaml", "value: 2.5", "value: abc", "bundle.value.kind", "figures.strength-gain.value"),
    ],
)  # fmt: skip
def test_the_mend_is_at_the_value(file: str, old: str, new: str, code: str, key: str, tmp_path: Path) -> None:
    import shutil

    folder = Path(shutil.copytree(MINIMAL, tmp_path / "bundle"))
    text = (folder / file).read_text()
    assert text.count(old) == 1
    (folder / file).write_text(text.replace(old, new))
    (found,) = check(folder).errors
    assert (found.code, found.key) == (code, key)


def test_a_stratum_may_have_a_name_of_one_letter(tmp_path: Path) -> None:
    import shutil

    folder = Path(shutil.copytree(MINIMAL, tmp_path / "bundle"))
    text = (folder / "programme.yaml").read_text()
    (folder / "programme.yaml").write_text(text.replace("levels: [early, late]", "levels: [A, B]"))
    assert check(folder).errors == ()
