"""``docs/cli.md``: every verb with its arguments, options, defaults, examples and exit codes, from the verbs as they are declared."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, cast

import typer

from proband.cli.app import app
from proband.cli.output import CLOSED, FAULT, INTERRUPTED, NO, NOT_ALL_READ, OK, REFUSED, WRONG
from proband.cli.verbs import Declared, VerbGroup, declared
from proband.terms.markdown import WRITTEN, anchor, code, table

#: what every exit code means; the first two, and those that are no answer, are any verb's
EXIT_CODES = {
    OK: "done",
    NO: "the answer is no: a check found errors, a seal or a chain does not hold",
    WRONG: "the command or its input is wrong; the message says where and what to mend",
    REFUSED: "refused with a reason: outside every domain of published natural history, a gate said no; of `evidence due`, that something is due",
    NOT_ALL_READ: "it was done, but not everything could be read: people or facts may be missing",
    FAULT: "a fault of Proband itself, with its traceback on standard error; no answer at all",
    INTERRUPTED: "interrupted",
    CLOSED: "nobody reads the output any more, as in `proband list | head -1`; no answer either",
}
_ANY_VERB = (OK, WRONG)

_HEAD = f"""# The command line

{WRITTEN}

`proband --help` lists every verb, `proband VERB --help` shows its options and an example.

* Results go to standard output, everything else (progress, remarks, errors) to standard error. `--json` on any verb that
  prints results gives JSON and nothing else; every error is then one object `{{"error": {{"code", "message", "mend", "exit_code", …}}}}`
  with a code of [errors.md](errors.md), a verb or an option that is typed wrongly included.
* Progress bars appear only on a terminal.
"""


def cli_page() -> str:
    """The page: what holds for all verbs, a table of the verbs, and a section for each."""
    root = cast(VerbGroup, typer.main.get_command(app))
    verbs = [one for one in declared() if not one.is_group]
    lines = [_HEAD, *table(("exit code", "meaning"), EXIT_CODES.items())]
    lines += table(
        ("verb", "does"),
        ((f"[`{one.name}`](#{anchor(f'proband {one.name}')})", _summary(one)) for one in verbs),
    )
    for one in verbs:
        lines += _section(one, root)
    return "\n".join(lines)


def exit_codes(one: Declared) -> list[int]:
    """The exit codes of a verb: those that any verb has, and those that its help names ("Ends with 1 if …")."""
    named = {int(code) for code in re.findall(r"\b[Ee]nds with (\d+)", " ".join(one.help.split()))}
    return sorted({*_ANY_VERB, *named})


def _section(one: Declared, root: VerbGroup) -> Iterator[str]:
    command = _loaded(one, root)
    parameters = [
        each for each in command.params if not getattr(each, "hidden", False) and each.name != "help"
    ]
    yield f"## proband {one.name}"
    yield ""
    yield from (line for text in _paragraphs(one) for line in (text, ""))
    yield "```text"
    yield " ".join(["proband", one.name, *filter(None, map(_usage, parameters)), *_options_sign(parameters)])
    yield "```"
    yield ""
    if parameters:
        yield from table(("argument or option", "meaning", "default"), map(_row, parameters))
    examples = _examples(one)
    if examples:
        yield "```sh"
        yield from examples
        yield "```"
        yield ""
    yield f"Exit codes: {', '.join(map(str, exit_codes(one)))}."
    yield ""


def _loaded(one: Declared, root: VerbGroup) -> Any:
    found: Any = root
    for name in one.name.split():
        found = found.commands[name]
    return found.load()


def _paragraphs(one: Declared) -> list[str]:
    """The help of a verb without its examples."""
    texts = (" ".join(text.split()) for text in re.split(r"\n\s*\n", one.help))
    return [shown for text in texts if (shown := text.partition("Example:")[0].strip())]


def _summary(one: Declared) -> str:
    return _paragraphs(one)[0]


def _examples(one: Declared) -> list[str]:
    """Every example of the help, each on a line of its own."""
    found = re.search(r"Example: (.+?)(?:\n\s*\n|$)", one.help, flags=re.DOTALL)
    return [" ".join(each.split()) for each in found[1].split(" · ")] if found else []


def _is_option(parameter: Any) -> bool:
    return bool(parameter.param_type_name == "option")


def _usage(parameter: Any) -> str:
    if _is_option(parameter):
        return f"{parameter.opts[0]} {_value(parameter)}".strip() if parameter.required else ""
    name = _value(parameter)
    name = f"{name}…" if parameter.nargs != 1 else name
    return name if parameter.required else f"[{name}]"


def _options_sign(parameters: list[Any]) -> list[str]:
    return ["[OPTIONS]"] if any(_is_option(each) and not each.required for each in parameters) else []


def _value(parameter: Any) -> str:
    """What stands for the value of an argument or option; nothing for a flag."""
    if getattr(parameter, "is_flag", False):
        return ""
    kind = "TEXT" if parameter.type.name == "str" else parameter.type.name
    return str(parameter.metavar or (kind if _is_option(parameter) else parameter.name)).upper()


def _row(parameter: Any) -> tuple[str, str, str]:
    if not _is_option(parameter):
        name = code(_value(parameter))
    else:
        spellings = [*parameter.opts, *parameter.secondary_opts]
        name = ", ".join(code(f"{each} {_value(parameter)}".strip()) for each in spellings)
    text = " ".join((parameter.help or "").split())
    return (
        name,
        text + (" May be given several times." if getattr(parameter, "multiple", False) else ""),
        _default(parameter),
    )


def _default(parameter: Any) -> str:
    if parameter.required:
        return "required"
    default = parameter.default() if callable(parameter.default) else parameter.default
    if default in (None, "", (), [], False):
        return ""
    if getattr(parameter, "is_flag", False):
        return code(parameter.opts[0])
    return code(
        " ".join(map(str, default))
        if isinstance(default, list | tuple)
        else str(getattr(default, "value", default))
    )
