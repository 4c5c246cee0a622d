"""An entry of the catalogue of errors: a code, what it says and how it is mended as templates, and how the program ends.

A template is text with named parameters in braces, as :meth:`str.format` reads them, so that it can be translated without the
code. Two things are added. A list is joined: ``{names}`` with commas, ``{names:or}`` with *or*, ``{names:and}`` with *and*,
``{names:;}`` with semicolons, ``{names:bar}`` with bars. ``{count:s}`` is the ending of a plural: nothing where the count is one.

Where a sentence depends on what is known, it is written as several templates, and the first is taken whose parameters are all
given (neither ``None`` nor empty)::

    Entry(
        "instruments.unknown",
        "there is no instrument {id!r}",
        ("did you mean {near}?", "list them with `proband instruments`"),
    )
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from string import Formatter
from typing import Any, TypeAlias

#: the code of an entry of the catalogue; a function that has a parameter of this type takes what it says from there
ErrorCode: TypeAlias = str

#: one template, or several of which the first is taken whose parameters are all given
Template: TypeAlias = str | tuple[str, ...]

_JOINTS = {"": ", ", "or": " or ", "and": " and ", ";": "; ", "bar": " | "}


class _Sentence(Formatter):
    """Templates with lists and plurals."""

    def format_field(self, value: Any, format_spec: str) -> str:
        if isinstance(value, list | tuple):
            return _JOINTS[format_spec].join(map(str, value))
        if isinstance(value, set | frozenset | Mapping):
            raise TypeError(f"a template joins a list, and {value!r} has no order of its own")
        if format_spec == "s" and isinstance(value, int):
            return "" if value == 1 else "s"
        return str(super().format_field(value, format_spec))


_SENTENCE = _Sentence()


@cache
def named(template: str) -> tuple[str, ...]:
    """The parameters that a template names, each once, in the order of the text."""
    return tuple(dict.fromkeys(name for _, name, _, _ in _SENTENCE.parse(template) if name is not None))


def _choices(template: Template) -> tuple[str, ...]:
    return (template,) if isinstance(template, str) else template


def _say(template: Template, parameters: Mapping[str, Any]) -> str:
    *some, last = _choices(template)
    for choice in some:
        if all(parameters.get(name) not in (None, "", (), []) for name in named(choice)):
            return _SENTENCE.vformat(choice, (), parameters)
    return _SENTENCE.vformat(last, (), parameters)


@dataclass(frozen=True, slots=True)
class Entry:
    """What one error is called and says.

    Parameters
    ----------
    code
        A stable dotted name (``terms.unit.unknown``) that programs may test.
    message
        One sentence that says what is wrong, with the value.
    mend
        One sentence that says what to do about it.
    exit_code
        Exit status of the command line when this error ends it: 1 the answer is no, 2 it could not be asked, 3 refused,
        70 a fault of Proband itself.
    """

    code: ErrorCode
    message: Template
    mend: Template = ""
    exit_code: int = 2

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names that message and mend are filled in with."""
        templates = (*_choices(self.message), *_choices(self.mend))
        return tuple(dict.fromkeys(name for template in templates for name in named(template)))

    def say(self, parameters: Mapping[str, Any]) -> tuple[str, str]:
        """Message and mend with the parameters filled in."""
        return _say(self.message, parameters), _say(self.mend, parameters)


def refusal(code: ErrorCode, message: Template, mend: Template) -> Entry:
    """The entry of a refusal with a reason: its exit code is 3."""
    return Entry(code, message, mend, 3)
