"""Templates into files: strict content security policy with hashes, one style, scripts only where a page needs them."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template, nodes
from markupsafe import Markup, escape

from proband.pages.catalogue import Catalogue
from proband.pages.ledger import Ledger
from proband.pages.markup import MARKS, SHORT_SURE, SURE, slug
from proband.pages.numbers import numbers_name
from proband.pages.sheets import used
from proband.terms import name_of

#: blank lines are taken out of pages; scripts before their hash is taken, so that hash and text agree
_BLANK_LINES = re.compile(r"\n\s*\n+")


@dataclass(frozen=True, slots=True)
class NavigationLink:
    """One entry of the navigation."""

    href: str
    title: str


@dataclass(frozen=True, slots=True)
class DataBlock:
    """JSON that a page's script reads, or a machine; it is data, never executed."""

    id: str
    json: Markup
    type: str = "application/json"


@dataclass(frozen=True, slots=True)
class Page:
    """One page as it will be written: file name, title, HTML; and the hash of each programme that it is made from, by its id."""

    name: str
    title: str
    html: str
    made_from: Mapping[str, str] = field(default_factory=dict)

    @property
    def weight(self) -> int:
        """Bytes of the page without its drawings and without data of charts."""
        return len(re.sub(r"<svg\b.*?</svg>", "", self.html, flags=re.DOTALL).encode())


#: a string of a style, which stays as it is, or a sign with white space around it, which says nothing
_IDLE = re.compile(r"""("[^"\n]*"|'[^'\n]*')|\s*([{};,\n])\s*""")


@cache
def style(*more: str) -> str:
    """The style of every page, and ``more`` sheets of ``assets/`` after it, without comments and idle white space."""
    css = "\n".join(asset(f"{name}.css") for name in ("style", *more))
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    return _IDLE.sub(lambda found: found[1] or found[2], css).strip()


@cache
def asset(name: str) -> str:
    """The text of a file of ``assets/``."""
    return (files("proband.pages") / "assets" / name).read_text(encoding="utf-8")


def digest(text: str) -> str:
    """A content-security-policy source for inline text."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def policy(styles: Sequence[str], scripts: Sequence[str]) -> str:
    """A policy that allows exactly these inline texts and nothing from anywhere."""
    script = " ".join(digest(text) for text in scripts) or "'none'"
    return (
        f"default-src 'none'; style-src {' '.join(digest(text) for text in styles)}; script-src {script}; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def data_block(id: str, value: Any, type: str = "application/json") -> DataBlock:
    """Plain values as JSON that is safe inside a script element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    safe = text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return DataBlock(id, Markup(safe), type)  # noqa: S704 - the three characters that could end the element are escaped


#: where the style and the policy of a page go, once it is known what stands on it
_STYLE_HERE, _POLICY_HERE = "/*style-of-this-page*/", "policy-of-this-page"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("proband.pages"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.globals.update(
        MARKS=MARKS, SURE=SURE, SHORT_SURE=SHORT_SURE, slug=slug, country=country, numbers_name=numbers_name
    )
    return environment


def parsed(text: str) -> nodes.Template:
    """The parts of the text of a template, for whoever gathers the words in it."""
    return _environment().parse(text)


def country(code: str | None) -> str:
    """The name of a jurisdiction, for a table row."""
    return name_of(code) if code else "Everywhere"


def render(
    template: str,
    name: str,
    title: str,
    description: str,
    *,
    catalogue: Catalogue,
    ledgers: Iterable[Ledger] = (),
    navigation: Iterable[NavigationLink] = (),
    banners: Iterable[str] = (),
    scripts: Sequence[str] = (),
    data: Sequence[DataBlock] = (),
    theme: str | None = None,
    styles: Sequence[str] = (),
    context: Mapping[str, Any],
) -> Page:
    """Render one page; ``styles`` name sheets of ``assets/`` that it needs beside the one of every page.

    ``template`` names a file of ``templates/``, or is the text of a template that extends one of them.
    ``ledgers`` are those that the page is made from: each is named at its foot with version and hash.

    Raises
    ------
    jinja2.UndefinedError
        If a template names something that the context does not hold: a page never shows an empty place.
    """
    scripts = [_BLANK_LINES.sub("\n", script) for script in scripts]
    css, made_from = style(*styles), list(ledgers)
    html = _template(template).render(
        {
            **context,
            "_": catalogue.text,
            "language": "en" if catalogue.language == "qps" else catalogue.language,
            "direction": catalogue.direction,
            "csp": _POLICY_HERE,
            "style": _STYLE_HERE,
            "scripts": [Markup(script) for script in scripts],  # noqa: S704 - files of this package
            "data_blocks": list(data),
            "title": title,
            "description": description,
            "navigation": list(navigation),
            "here": name,
            "banners": list(banners),
            "made_from": made_from,
            "theme": theme,
        }
    )
    hashes = {ledger.programme: ledger.hash for ledger in made_from}
    html = _BLANK_LINES.sub("\n", html)
    own = used(css, html)
    html = html.replace(_STYLE_HERE, own, 1).replace(
        _POLICY_HERE, str(escape(policy([own], list(scripts)))), 1
    )
    return Page(name, title, html, hashes)


def _template(template: str) -> Template:
    """The template of that name, or the one that the text itself is."""
    if template.startswith("{%"):
        return _environment().from_string(template)
    return _environment().get_template(template)


def document(
    template: str,
    title: str,
    description: str,
    *,
    banners: Iterable[str] = (),
    styles: Sequence[str] = ("document",),
    scripts: Sequence[str] = (),
    data: Sequence[DataBlock] = (),
    context: Mapping[str, Any],
) -> str:
    """One self-contained document in English, outside every site: it links to no other page and loads nothing."""
    return render(
        template, "", title, description, catalogue=Catalogue(), banners=banners, styles=styles, scripts=scripts, data=data,
        context=context,
    ).html  # fmt: skip


def fragment(template: str, macro: str, *arguments: object, **named: object) -> Markup:
    """What one macro of a template makes of some arguments: a part for use inside another page."""
    made = getattr(_environment().get_template(template).module, macro)(*arguments, **named)
    return Markup(made)  # noqa: S704 - made by a template that escapes what it is given
