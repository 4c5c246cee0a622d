"""``docs/gates.md``: every gate and every command, written from their declarations."""

from __future__ import annotations

from collections.abc import Iterable

from proband.record.commands import COMMANDS, CommandType
from proband.record.declare.command import BASE, GATES, Gate
from proband.terms.markdown import table

_HEAD = """\
# Gates and commands

<!-- written by the program (`make docs-write`); do not edit -->

A gate sees the state before an event and the event's body, and nothing else, so that it says the same when a command is tried,
when the event is folded, and when an inspector replays the log. A command is declared in one place, with everything that is
said here; what is not said there is refused when the program starts. `proband record commands VERB` shows the form of its data.
"""

#: gates that the columns of the table of commands already tell
_IN_COLUMNS = ("stage", "consent", "data-consent", "withdrawal", "hold")

_COMMANDS = """\
"Before" is what must already have happened. "Withdrawal" is what the command is to somebody who withdraws: the programme says what
each level blocks. "Hold" is what a hold must block for it to stop the command. Gates that every command passes, and those that
the columns tell, are not repeated.
"""


#: which consent a command needs, in words
_CONSENTS = {"in-force": "consent in force", "data": "of whoever consented, a consent that covers new data"}

_CONSENT = """\
Consent **in force** is consent to the text in force on the day (or to one before it that nobody was asked to renew), given by whoever decides for the person on that
day; it has not lapsed by an event that the programme names (an amendment, a transfer, a new risk, capacity regained) and is no older than the programme's interval.
Consent that **covers new data** need not be to the newest text; it ends with a majority, a lapse or an interval that the programme lets end it for data. What was measured
while it held may be entered later, with its day; and somebody who has not consented yet is screened without. Everything else needs none: harm, ends, withdrawals and what became of somebody are recorded of everybody.
"""


def _by_consent(needed: str | None) -> str:
    """The commands about people that need a consent, or none."""
    about = ("participant", "product", "adverse-event")
    return _verbs(
        sorted(
            one.verb
            for one in COMMANDS.values()
            if one.consent == needed and (needed or one.subject in about) and not one.by_record
        )
    )


def _asked(gate: Gate) -> str:
    """Which commands pass a gate, in words."""
    verbs = sorted(one.verb for one in COMMANDS.values() if gate.name in one.gates)
    if gate.name in BASE:
        people = [one for one in COMMANDS.values() if not one.by_record]
        without = sorted(one.verb for one in people if gate.name not in one.gates)
        return "every command" + (f" but {_verbs(without)}" if without else "")
    return _verbs(verbs)


def _verbs(verbs: Iterable[str]) -> str:
    return ", ".join(f"`{verb}`" for verb in verbs)


def _who(one: CommandType) -> str:
    if one.by_record:
        return "the record itself"
    return f"`{one.permission}`" + (", custodian" if one.custodian else "")


def _signs(one: CommandType) -> str:
    return ", ".join(
        (*(("reason",) if one.reason else ()), *((f"“{one.signature}”",) if one.signature else ()))
    )


def _before(one: CommandType) -> str:
    needs = [missing for _, missing in one.stage]
    if one.consent:
        needs.append(_CONSENTS[one.consent])
    if one.current_version:
        needs.append("the participant on the version in force")
    return "; ".join(needs)


def _manner(one: CommandType) -> str:
    said = (
        (one.live, "as it happens"),
        (one.offline, "also offline"),
        (not one.own_site, "at any site"),
        (one.watched, "stopping rules are looked at"),
        (one.keeps_refusal, "a refused attempt is kept"),
        (one.replacement is not None, "may be corrected"),
    )
    return ", ".join(words for holds, words in said if holds)


def _command(one: CommandType) -> tuple[str, ...]:
    further = [name for name in one.gates if name not in BASE and name not in _IN_COLUMNS]
    return (
        f"`{one.verb}`",
        one.summary.replace("``", "`"),
        _who(one),
        _signs(one),
        _before(one),
        one.withdrawal or "",
        one.hold or "",
        _manner(one),
        ", ".join(f"`{name}`" for name in further),
    )


def gates_page() -> str:
    """The page of gates and commands as Markdown."""
    lines = [_HEAD, "## Gates", ""]
    lines += table(
        ("gate", "holds", "what to do where it says no", "asked by"),
        (
            (f"`{gate.name}`", gate.text, f"{gate.mend[0].upper()}{gate.mend[1:]}.", _asked(gate))
            for gate in sorted(GATES.values(), key=lambda gate: gate.name)
        ),
    )
    lines += ["## Commands", "", _COMMANDS]
    lines += table(
        ("command", "what", "who may", "needs", "before", "withdrawal", "hold", "how", "further gates"),
        (_command(one) for one in sorted(COMMANDS.values(), key=lambda one: (one.subject, one.verb))),
    )
    lines += ["## Which consent each command needs", "", _CONSENT]
    lines += table(
        ("consent", "commands"),
        (
            ("in force", _by_consent("in-force")),
            ("covers new data", _by_consent("data")),
            ("none", _by_consent(None)),
        ),
    )
    return "\n".join(lines).rstrip("\n") + "\n"
