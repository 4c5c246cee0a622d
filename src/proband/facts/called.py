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
#: how the codes of facts begin that something stands under a title: the name of a column, the kind of an episode of care
TITLED = "titled."
#: more words than these of a title are not looked at
_LONGEST_TITLE = 8
#: where what a name is of ends: "neoplasm of the colon", "fracture other than of a toe"
_OF = re.compile(
    r"\b(?:of|in|with|due to|from|at|other than|except|without|during|within|after|before|by|for|to|since|or|and)\b|[,;:(/]"
)
#: last words of names that alone say nothing of what is meant
_SAYS_LITTLE = frozenset((
    "use", "treatment", "therapy", "time", "level", "score", "month", "day", "week", "year", "result", "test", "event", "episode", "question", "answer", "value", "number", "type", "form", "other",
    "history", "drug", "medication", "medicine", "condition", "diagnosi", "problem", "symptom", "sign", "change", "positive", "negative", "trial", "study", "agent", "patient", "person", "anything",
))  # fmt: skip
#: what classifications and lists of drugs add to every name
_ADDED = frozenset((
    "the", "a", "an", "of", "in", "on", "with", "and", "or", "nos", "unspecified", "not", "otherwise", "specified", "elsewhere",
    "classified", "disorder", "finding", "situation", "procedure", "substance", "product", "disease", "diagnosis", "ever", "now",
    "present", "current", "active", "known", "state", "status", "mg", "ml", "mcg", "oral", "tablet", "tablets", "capsule", "injection",
    "injectable", "solution", "pill", "film", "coated", "history", "personal", "past", "previous", "prior", "recurrent", "suspected", "possible", "probable",
))  # fmt: skip
_ALIKE = (("aemia", "emia"), ("haem", "hem"), ("oedem", "edem"), ("oesoph", "esoph"), ("tumour", "tumor"), ("leuco", "leuko"), ("carcinomata", "carcinoma"),
          ("rrhoea", "rrhea"), ("anaes", "anes"), ("paed", "ped"), ("gynae", "gyne"), ("orthopae", "orthope"), ("caecal", "cecal"), ("isation", "ization"))  # fmt: skip


@lru_cache(maxsize=65536)
def by_its_name(words: str) -> str | None:
    """The code of the fact that something bears a name; ``None`` for words that name nothing."""
    found = _tokens(re.sub(r"\([^)]*\)|\[[^\]]*\]", " ", words))
    key = "-".join(sorted(dict.fromkeys(found)))
    return CALLED + key if len(key) > 2 and len(key) <= 120 else None


def _tokens(words: str) -> list[str]:
    """The words of a name that say something, each in one spelling."""
    plain, found = words.lower(), []
    for each in re.findall(r"[^\W_]+", plain):
        token = each
        for one, other in _ALIKE:
            token = token.replace(one, other)
        token = (
            token.removesuffix("s") if len(token) > 4 and not token.endswith(("ss", "us", "is")) else token
        )
        if each not in _ADDED and token not in _ADDED and not token.isdigit():
            found.append(token)
    return found


def called(names: Iterable[str | None]) -> Iterator[tuple[str, str]]:
    """System and code of the facts that something bears names."""
    found = (by_its_name(each) for each in names if each)
    yield from (("Proband", each) for each in dict.fromkeys(found) if each is not None)


def titled(words: str) -> Iterator[tuple[str, str]]:
    """System and code of the facts that something stands under a title: one for each run of its words, for a title says more than a name."""
    found = _tokens(words)[:_LONGEST_TITLE]
    runs = {tuple(sorted(set(found[i:j]))) for i in range(len(found)) for j in range(i + 1, len(found) + 1)}
    yield from (("Proband", TITLED + "-".join(run)) for run in sorted(runs) if len("-".join(run)) > 2)


def titles(names: Iterable[str | None], own: str = "") -> Iterator[tuple[str, str]]:
    """System and code of the facts by which a title may be of something.

    Parameters
    ----------
    names
        What it is called: a title that holds all words of a name, or those at the end of what it is before "of" or "other than", may be of it;
        so may one that holds what stands in brackets, or the first letters of three words or more (``PVT``).
    own
        Its id, which is a name only as a whole.
    """
    keys: dict[str, None] = {}
    for name in filter(None, names):
        whole, head = _tokens(re.sub(r"\([^)]*\)|\[[^\]]*\]", " ", name)), _tokens(_OF.split(name.strip())[0])
        tails = [head[i:] for i in range(len(head)) if i < len(head) - 1 or head[i] not in _SAYS_LITTLE]
        short = [[word.lower()] for word in re.findall(r"\(([A-Z][A-Za-z0-9-]{1,7})\)", name)]
        letters = [["".join(word[0] for word in whole)]] if len(whole) > 2 else []
        if not any(word in _SAYS_LITTLE for word in whole[:1]) or len(whole) > 1:
            keys |= dict.fromkeys("-".join(sorted(set(each))) for each in (whole, *tails, *short, *letters))
    tokens = _tokens(own)
    if tokens and not (len(tokens) == 1 and tokens[0] in _SAYS_LITTLE):
        keys["-".join(sorted(set(tokens)))] = None
    yield from (("Proband", TITLED + key) for key in keys if len(key) > 2)


def called_what(system: str, code: str) -> str | None:
    """What such a fact says, in words; ``None`` for every other fact."""
    if system != "Proband" or not code.startswith((CALLED, TITLED)):
        return None
    if code.startswith(TITLED):
        return "a title, or the name of a column that nobody mapped, names it"
    return "a record under a code that is not asked for bears this name"
