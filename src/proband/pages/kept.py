"""What an earlier build made, so that pages which would come out the same are not made again.

A page is a function of a few things: the files of its programme, the answers to its headlines, what a record lets be shown, the day, the language
with all its texts, the navigation, the switches of the build, and the code and templates themselves. The key of what is kept is the hash of all of
them (:meth:`KeptResults.key`): where one differs there is nothing under that key, and the pages are made. Only pages that passed every check are kept.

The store is any mapping of texts; each text bears its own key and hash, and one that was cut short, changed or put under another key is not taken.
Whoever can write into the store can write into the site: it is as private, and as trusted, as the folder of the site.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, MutableMapping
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from importlib import import_module
from importlib.metadata import PackageNotFoundError, requires, version
from importlib.resources import files
from importlib.resources.abc import Traversable
from inspect import getsource
from re import match
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from proband.pages.catalogue import Catalogue
from proband.pages.declaration import pages_of_programme, pages_of_site
from proband.programme import Programme
from proband.terms.canonical import canonical

T = TypeVar("T")
#: what lies in the package and is no part of what makes a page: bundles come into a key by themselves
_NO_CODE = {"programmes", "__pycache__"}


@cache
def made_by() -> str:
    """The hash of everything that makes a page of what it is made from: code, templates, texts, the versions of what they call, and declared pages."""
    found = {
        name: sha256((files("proband") / name).read_bytes()).hexdigest() for name in _names(files("proband"))
    }
    made = [page.make for page in pages_of_programme()] + [page.make for page in pages_of_site()]
    beside = {make.__module__ for make in made}
    modules = {name: getsource(import_module(name)) for name in sorted(beside)}
    return sha256(canonical([sys.version, found, modules, _versions()])).hexdigest()


def _names(folder: Traversable, before: str = "") -> Iterator[str]:
    for entry in folder.iterdir():
        if not entry.is_dir():
            yield before + entry.name
        elif entry.name not in _NO_CODE:
            yield from _names(entry, f"{before}{entry.name}/")


def _versions() -> dict[str, str]:
    """The versions of the libraries that Proband asks for, as far as they are here."""
    found = {}
    for wanted in requires("proband") or ():
        if name := match(r"[\w.-]+", wanted):
            try:
                found[name[0]] = version(name[0])
            except PackageNotFoundError:
                continue
    return found


def content(value: Any) -> str:
    """The hash of a result, over all its fields."""
    return sha256(TypeAdapter(type(value)).dump_json(value)).hexdigest()


def programme_content(programme: Programme) -> list[Any]:
    """What tells one content of a programme from every other: its hash, and the bytes of its files, whose lines stand in warnings."""
    return [programme.id, programme.hash, programme.files, [str(warning) for warning in programme.warnings]]


def catalogue_content(catalogue: Catalogue) -> list[Any]:
    """A language with all its texts."""
    plurals = {many: list(forms) for many, forms in catalogue.plurals.items()}
    return [catalogue.language, dict(catalogue.texts), plurals, dict(catalogue.head)]


@dataclass
class KeptResults:
    """Results of earlier builds in a store of texts; ``used`` are the keys of this build, and all that need stay."""

    store: MutableMapping[str, str] | None
    used: set[str] = field(default_factory=set)

    def key(self, *parts: Any) -> str:
        """The key under which stands what is made from some parts, plain JSON values all, by the code as it is; it is needed from now on."""
        if self.store is None:
            return ""
        key = sha256(canonical([made_by(), *parts])).hexdigest()
        self.used.add(key)
        return key

    def get(self, kind: type[T], key: str) -> T | None:
        """The result under a key, or ``None`` where there is none that is whole."""
        head, _, body = (self.store.get(key, "") if self.store is not None else "").partition("\n")
        if not body or head != _head(key, body):
            return None
        try:
            return TypeAdapter(kind).validate_json(body)
        except ValidationError:
            return None

    def put(self, key: str, value: Any) -> None:
        """Keep a result for the next build."""
        if self.store is not None:
            body = TypeAdapter(type(value)).dump_json(value).decode()
            self.store[key] = f"{_head(key, body)}\n{body}"

    def sweep(self) -> None:
        """Let go of whatever this build did not ask for: a line that was taken back, a day that is over."""
        if self.store is not None:
            for key in [key for key in self.store if key not in self.used]:
                del self.store[key]


def _head(key: str, body: str) -> str:
    return sha256(f"{key}\n{body}".encode()).hexdigest()
