"""FHIR in XML as the JSON form of the same resource, so that one reader, one check and one identity serve both.

The table of R4 elements says what repeats (an array, also of one), what is a number or a boolean, and where a resource stands inside another.
Values of primitives are attributes; their ids and extensions go into the twin with the underscore. Decimals keep their digits as far as JSON's do.
What R4 does not know is carried over under its name, so that the check says so, as it says of JSON.

Source: HL7 FHIR 4.0.1, pages "XML" and "JSON" (CC0).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from proband.exchange.content import Content
from proband.exchange.fhir.structure import table
from proband.exchange.hardened_xml import XmlEvents
from proband.exchange.report import declined

FHIR, XHTML = "http://hl7.org/fhir", "http://www.w3.org/1999/xhtml"
_XML = "http://www.w3.org/XML/1998/namespace"
_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d{1,3})?\Z")
_WHOLE = re.compile(r"-?(0|[1-9]\d*)\Z")
_WHOLE_KINDS = {"integer", "positiveInt", "unsignedInt"}


@dataclass(slots=True)
class _Node:
    """An element that is being read: its name, its type in R4, and what was found in it."""

    name: str
    kind: str | None
    many: bool
    attributes: dict[str, str]
    found: dict[str, Any] = field(default_factory=dict)
    """Name of a child → values of it, in order; each with its twin of id and extensions."""
    words: list[str] = field(default_factory=list)
    resource: Any = None


class _Translation:
    """Events of XML to the JSON form."""

    def __init__(self) -> None:
        self.root: dict[str, Any] | None = None
        self._stack: list[_Node] = []
        self._xhtml: list[str] | None = None
        self._xhtml_depth = 0
        self._open_tag = False
        self._types = table().types

    # -- events -----------------------------------------------------------------------------------------------------

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        space, _, local = name.rpartition(" ")
        if self._xhtml is not None or space == XHTML:
            self._start_xhtml(local, attributes)
            return
        plain = {key: value for key, value in attributes.items() if " " not in key}
        shown = local if space == FHIR else name
        if not self._stack:
            self._stack.append(_Node(shown, local, False, plain))
            return
        parent = self._stack[-1]
        if parent.kind == "Resource":
            self._stack.append(_Node("", local, False, plain))
            return
        known = self._types.get(parent.kind or "")
        element = known.elements.get(shown) if known is not None else None
        if shown == "extension" and _is_primitive(parent.kind):
            self._stack.append(_Node(shown, "Extension", True, plain))
        elif element is None:
            self._stack.append(_Node(shown, None, False, plain))
        else:
            self._stack.append(_Node(shown, element.kind, element.many, plain))

    def end(self, name: str) -> None:
        """An element ends."""
        if self._xhtml is not None:
            self._end_xhtml(name.rpartition(" ")[2])
            return
        node = self._stack.pop()
        if not self._stack:
            self.root = {"resourceType": node.kind, **self._object(node)}
            return
        parent = self._stack[-1]
        if parent.kind == "Resource" and not node.name:
            parent.resource = {"resourceType": node.kind, **self._object(node)}
            return
        value, twin = self._value(node)
        self._add(parent, node, value, twin)

    def characters(self, words: str) -> None:
        """Text between elements: there is none in FHIR but within a narrative."""
        if self._xhtml is not None:
            self._close_tag()
            self._xhtml.append(escape(words))
        elif self._stack and words.strip():
            self._stack[-1].words.append(words.strip()[:200])

    # -- values -----------------------------------------------------------------------------------------------------

    def _value(self, node: _Node) -> tuple[Any, dict[str, Any] | None]:
        if node.kind == "Resource":
            return node.resource if node.resource is not None else self._object(node), None
        if not _is_primitive(node.kind) and not (
            node.kind is None and "value" in node.attributes and not node.words
        ):
            return self._object(node), None
        twin = {key: each for key, each in self._object(node).items() if key != "value"}
        value = _as_json(node.attributes.get("value"), node.kind)
        return value, twin or None

    def _object(self, node: _Node) -> dict[str, Any]:
        made: dict[str, Any] = dict(node.attributes)
        if node.words:
            made["#text"] = " ".join(node.words)
        # where every value of an array is left to its twin, JSON has the twin alone
        made |= {
            name: value
            for name, value in node.found.items()
            if not (
                isinstance(value, list)
                and "_" + name in node.found
                and not any(each is not None for each in value)
            )
        }
        return made

    @staticmethod
    def _add(parent: _Node, node: _Node, value: Any, twin: dict[str, Any] | None) -> None:
        found, name = parent.found, node.name
        if not node.many and name not in found and "_" + name not in found:
            if value is not None:
                found[name] = value
            if twin is not None:
                found["_" + name] = twin
            if value is None and twin is None:
                found[name] = None if _is_primitive(node.kind) else {}
            return
        # a second of what stands once in R4 makes an array, and the check says so
        values, twins = (found.get(key) for key in (name, "_" + name))
        values = values if isinstance(values, list) else [values]
        if name not in found and "_" + name not in found:
            values = []
        values.append(value)
        found[name] = values
        if twin is not None or twins is not None:
            twins = twins if isinstance(twins, list) else [twins]
            found["_" + name] = (
                [*twins, *[None] * (len(values) - 1 - len(twins)), twin]
                if len(twins) < len(values)
                else [*twins[: len(values) - 1], twin]
            )

    # -- narrative --------------------------------------------------------------------------------------------------

    def _start_xhtml(self, local: str, attributes: dict[str, str]) -> None:
        if self._xhtml is None:
            self._xhtml = []
        self._close_tag()
        space = f' xmlns="{XHTML}"' if not self._xhtml_depth else ""
        given = "".join(
            f" {key.replace(_XML + ' ', 'xml:').rpartition(' ')[2]}={quoteattr(value)}"
            for key, value in attributes.items()
        )
        self._xhtml.append(f"<{local}{space}{given}")
        self._open_tag = True
        self._xhtml_depth += 1

    def _close_tag(self) -> None:
        if self._open_tag and self._xhtml is not None:
            self._xhtml.append(">")
            self._open_tag = False

    def _end_xhtml(self, local: str) -> None:
        assert self._xhtml is not None  # noqa: S101 (it is called only within a narrative)
        self._xhtml_depth -= 1
        self._xhtml.append("/>" if self._open_tag else f"</{local}>")
        self._open_tag = False
        if self._xhtml_depth == 0:
            div, self._xhtml = "".join(self._xhtml), None
            if self._stack:
                self._add(self._stack[-1], _Node(local, "xhtml", False, {}), div, None)


def _is_primitive(kind: str | None) -> bool:
    """Types of R4 that begin with a capital are complex, the others primitive."""
    return kind is not None and kind[:1].islower()


def _as_json(written: str | None, kind: str | None) -> Any:
    """The value of an attribute as JSON writes it; what is of no form of its type stays text, and the check says so."""
    if written is None:
        return None
    if kind == "boolean" and written in {"true", "false"}:
        return written == "true"
    if (kind == "decimal" and _NUMBER.match(written)) or (kind in _WHOLE_KINDS and _WHOLE.match(written)):
        return json.loads(written) if len(written) <= 300 else written
    return written


def document(content: Content) -> dict[str, Any]:
    """The resource that an XML file is, in its JSON form.

    Raises
    ------
    Declined
        ``xml.*`` with line and column.
    """
    made = _Translation()
    events = XmlEvents(made.start, made.end, made.characters)
    with content.open() as stream:
        events.read(stream)
    if made.root is None:
        raise declined("xml.malformed", line=1, problem="there is no element")
    return made.root
