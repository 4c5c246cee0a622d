"""Whether a narrative keeps to the small XHTML that FHIR allows; nothing in it is ever fetched, resolved or run.

The text is tokenised by the standard library's HTML tokeniser, which knows no external entities. Allowed elements and
attributes are those of the R4 page "narrative" (chapters 7–11 and 15 of HTML 4.0, ``a``, ``img``; no script, no forms).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser

from proband.exchange.report import Severity

_ELEMENTS = frozenset(
    [
        "p",
        "br",
        "div",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "a",
        "span",
        "b",
        "em",
        "i",
        "strong",
        "small",
        "big",
        "tt",
        "dfn",
        "q",
        "var",
        "abbr",
        "acronym",
        "cite",
        "blockquote",
        "hr",
        "address",
        "bdo",
        "kbd",
        "sub",
        "sup",
        "ul",
        "ol",
        "li",
        "dl",
        "dt",
        "dd",
        "pre",
        "table",
        "caption",
        "colgroup",
        "col",
        "thead",
        "tr",
        "tfoot",
        "th",
        "td",
        "tbody",
        "code",
        "samp",
        "img",
        "map",
        "area",
        "strike",
        "s",
        "u",
        "ins",
        "del",
        "center",
        "font",
        "style",
    ]
)
_ATTRIBUTES = frozenset(
    [
        "title",
        "style",
        "class",
        "id",
        "lang",
        "xml:lang",
        "dir",
        "accesskey",
        "tabindex",
        "xmlns",
        "xmlns:xsi",
        "span",
        "width",
        "align",
        "valign",
        "char",
        "charoff",
        "abbr",
        "axis",
        "headers",
        "scope",
        "rowspan",
        "colspan",
        "border",
        "cellspacing",
        "cellpadding",
        "frame",
        "rules",
        "summary",
        "href",
        "name",
        "src",
        "alt",
        "longdesc",
        "height",
        "usemap",
        "ismap",
        "shape",
        "coords",
        "nohref",
        "type",
        "cite",
        "start",
        "value",
        "compact",
        "nowrap",
        "bgcolor",
        "color",
        "size",
        "face",
        "charset",
        "rel",
        "target",
        "hreflang",
        "datetime",
    ]
)
#: elements that a browser would act on or show; other words in angle brackets (``<integer>``) only look like HTML
HTML_ELEMENTS = _ELEMENTS | {
    *(
        "script",
        "iframe",
        "object",
        "embed",
        "form",
        "input",
        "button",
        "link",
        "meta",
        "html",
        "head",
        "body",
    ),
    *("svg", "video", "audio", "base", "template", "textarea", "select"),
}
_VOID = {"br", "hr", "img", "col", "area"}
_BANNED_SCHEME = re.compile(r"\s*(javascript|vbscript|data:text/html)", re.IGNORECASE)

Found = tuple[Severity, str, str]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[Found] = []
        self.open: list[str] = []
        self.ids: set[str] = set()
        self.first: str | None = None
        self.links: set[str] = set()
        self.anchors: set[str] = set()
        self.says_something = False

    def _error(self, code: str, message: str) -> None:
        self.found.append((Severity.ERROR, code, message))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._element(tag, attrs)
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._element(tag, attrs)

    def _element(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self.first is None:
            self.first = tag
        self.says_something = self.says_something or tag == "img"
        if tag.rpartition(":")[2] not in _ELEMENTS or tag == "style":
            self._error("narrative.element", f"<{tag}> is not allowed in a narrative")
        for name, value in attrs:
            if name.startswith("on") or (name not in _ATTRIBUTES and not name.startswith("xmlns")):
                self._error(
                    "narrative.attribute", f"the attribute {name!r} of <{tag}> is not allowed in a narrative"
                )
            if value and name in {"href", "src"} and _BANNED_SCHEME.match(value):
                self._error("narrative.attribute", f"{name} of <{tag}> would run code")
            if name == "href" and value and value.startswith("#"):
                self.links.add(value[1:])
            if name in {"id", "name"} and value and tag == "a":
                self.anchors.add(value)
            if name == "id" and value:
                if value in self.ids:
                    self._error("narrative.duplicate-id", f"the id {value!r} stands twice in the narrative")
                self.ids.add(value)

    def handle_data(self, data: str) -> None:
        self.says_something = self.says_something or not data.isspace()

    def handle_endtag(self, tag: str) -> None:
        if tag in _VOID:
            return
        if not self.open or self.open.pop() != tag:
            self._error("narrative.malformed", f"</{tag}> closes nothing that is open")

    def handle_decl(self, decl: str) -> None:
        self._error("narrative.doctype", "a DOCTYPE or ENTITY in a narrative is refused; it was not resolved")

    def unknown_decl(self, data: str) -> None:
        self._error("narrative.doctype", "a declaration in a narrative is refused; it was not resolved")

    def handle_pi(self, data: str) -> None:
        self._error("narrative.malformed", "a processing instruction in a narrative")


def check_narrative(text: str) -> Iterator[Found]:
    """Yield (severity, code, message) for everything in an XHTML ``div`` that FHIR does not allow."""
    if "<!DOCTYPE" in text.upper() or "<!ENTITY" in text.upper():
        yield (
            Severity.ERROR,
            "narrative.doctype",
            "a DOCTYPE or ENTITY in a narrative is refused; it was not resolved",
        )
        return
    reader = _Reader()
    try:
        reader.feed(text)
        reader.close()
    except (ValueError, AssertionError, RecursionError) as error:
        yield Severity.ERROR, "narrative.malformed", f"the narrative cannot be tokenised: {error}"
        return
    if reader.first is None or reader.first.rpartition(":")[2] != "div":
        yield Severity.ERROR, "narrative.malformed", "a narrative is one <div>"
    elif not reader.says_something:
        yield Severity.WARNING, "narrative.empty", "a narrative must say something"
    if reader.open:
        yield Severity.ERROR, "narrative.malformed", f"<{reader.open[-1]}> is never closed"
    yield from reader.found


def dangling_links(text: str) -> set[str]:
    """Targets of links within the page (``href="#x"``) that the narrative itself does not hold."""
    reader = _Reader()
    try:
        reader.feed(text)
        reader.close()
    except (ValueError, AssertionError, RecursionError):
        return set()
    return {link for link in reader.links if link} - reader.ids - reader.anchors
