"""FHIR resources written in XML from their JSON form, by the rules of the page "XML" alone: no table of elements is asked."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import quoteattr


def _text(value: Any) -> str:
    return (
        str(value).lower()
        if isinstance(value, bool)
        else repr(value)
        if isinstance(value, float)
        else str(value)
    )


def _primitive(name: str, value: Any, twin: Any) -> str:
    twin = twin if isinstance(twin, dict) else {}
    attributes = "" if value is None else f" value={quoteattr(_text(value))}"
    if isinstance(twin.get("id"), str):
        attributes += f" id={quoteattr(twin['id'])}"
    inner = "".join(element("extension", each) for each in twin.get("extension", []))
    return f"<{name}{attributes}>{inner}</{name}>"


def element(name: str, value: Any) -> str:
    """An object as an element."""
    if "resourceType" in value:
        return f"<{name}>{resource(value)}</{name}>"
    attributes = "".join(
        f" {key}={quoteattr(value[key])}"
        for key in ("id", "url")
        if isinstance(value.get(key), str) and (key == "id" or name == "extension" or "Extension" in name)
    )
    return f"<{name}{attributes}>{_inside(value, skip={'id', 'url'} if name in {'extension', 'modifierExtension'} else {'id'})}</{name}>"


def _inside(value: dict[str, Any], skip: set[str]) -> str:
    parts = []
    names = dict.fromkeys(key.removeprefix("_") for key in value)
    for name in names:
        if name in skip or name == "resourceType":
            continue
        given, twin = value.get(name), value.get("_" + name)
        if name == "div" and isinstance(given, str):
            parts.append(given)
        elif isinstance(given, dict):
            parts.append(element(name, given))
        elif isinstance(given, list) or isinstance(twin, list):
            values = given if isinstance(given, list) else [None] * len(twin)
            twins = twin if isinstance(twin, list) else [None] * len(values)
            twins = [*twins, *[None] * (len(values) - len(twins))]
            parts += [
                element(name, each) if isinstance(each, dict) else _primitive(name, each, beside)
                for each, beside in zip(values, twins, strict=True)
            ]
        else:
            parts.append(_primitive(name, given, twin))
    return "".join(parts)


def resource(value: dict[str, Any]) -> str:
    """A resource as an element of the namespace of FHIR."""
    kind = value["resourceType"]
    return f'<{kind} xmlns="http://hl7.org/fhir">{_inside(value, skip=set())}</{kind}>'


def document(value: dict[str, Any]) -> bytes:
    """A resource as an XML file."""
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + resource(value).encode()
