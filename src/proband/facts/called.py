"""What a record is called: a diagnosis in another system, a local list or a sample that bears the very name of what a criterion asks for.

Nobody here translates codes. But where a hospital writes "Portal vein thrombosis (disorder)" under SNOMED CT, a phenopacket has it among its features or a
tall table in a column of words, and a criterion asks for ``I81``, *portal vein thrombosis*, the record may be of it: beside the facts under its own codes it
gives one under its name (``Proband|called.portal-thrombosis-vein``), which yes/no questions, counts and days read as what may be meant. An older "no" does not answer it.
Names must agree word for word, but for their order, endings of the plural, spellings on both sides of the Atlantic and what classifications add to every name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

CALLED = "called."
#: what classifications and lists of drugs add to every name
_ADDED = frozenset((
    "the", "a", "an", "of", "in", "on", "with", "and", "or", "nos", "unspecified", "not", "otherwise", "specified", "elsewhere",
    "classified", "disorder", "finding", "situation", "procedure", "substance", "product", "disease", "diagnosis", "ever", "now",
    "present", "current", "active", "known", "state", "status", "mg", "ml", "mcg", "oral", "tablet", "tablets", "capsule", "injection",
    "injectable", "solution", "pill", "film", "coated",
))  # fmt: skip
_ALIKE = (("aemia", "emia"), ("haem", "hem"), ("oedem", "edem"), ("oesoph", "esoph"), ("tumour", "tumor"), ("leuco", "leuko"), ("carcinomata", "carcinoma"),
          ("rrhoea", "rrhea"), ("anaes", "anes"), ("paed", "ped"), ("gynae", "gyne"), ("orthopae", "orthope"), ("caecal", "cecal"), ("isation", "ization"))  # fmt: skip


@lru_cache(maxsize=65536)
def by_its_name(words: str) -> str | None:
    """The code of the fact that something bears a name; ``None`` for words that name nothing."""
    plain = re.sub(r"\([^)]*\)|\[[^\]]*\]", " ", words.lower())
    found = []
    for each in re.findall(r"[^\W_]+", plain):
        token = each
        for one, other in _ALIKE:
            token = token.replace(one, other)
        token = (
            token.removesuffix("s") if len(token) > 4 and not token.endswith(("ss", "us", "is")) else token
        )
        if each not in _ADDED and token not in _ADDED and not token.isdigit():
            found.append(token)
    key = "-".join(sorted(dict.fromkeys(found)))
    return CALLED + key if len(key) > 2 and len(key) <= 120 else None


def called(names: Iterable[str | None]) -> Iterator[tuple[str, str]]:
    """System and code of the facts that something bears names."""
    found = (by_its_name(each) for each in names if each)
    yield from (("Proband", each) for each in dict.fromkeys(found) if each is not None)


def called_what(system: str, code: str) -> str | None:
    """What such a fact says, in words; ``None`` for every other fact."""
    if system != "Proband" or not code.startswith(CALLED):
        return None
    return "a record under a code that is not asked for bears this name"
