"""The commands of the record: each in one place, with what its event changes, and the gates that only it passes.

A command is a class of data below :func:`~proband.record.declare.command.command` in a module of this package; every module
is found by being there. A module elsewhere is added with :func:`load_commands`.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

# the gates first: a command that names one that is not there is refused
import proband.record.gates  # noqa: F401
from proband.record.declare.change import CHANGES
from proband.record.declare.command import BY_EVENT, COMMANDS, CommandType
from proband.record.declare.data import Data
from proband.record.declare.intention import Command, Signature


def load_commands(name: str) -> None:
    """Load a module of commands, or every module of a package, so that what stands there is declared.

    Parameters
    ----------
    name
        As in an ``import`` statement: ``proband.record.commands``, or a study's own ``our_study.commands``.

    Raises
    ------
    ValueError
        Where an event changes nothing that is kept and does not say so, and whatever the declarations refuse.
    ImportError
        Where there is no such module.
    """
    module = import_module(name)
    for inner in iter_modules(getattr(module, "__path__", ())):
        import_module(f"{name}.{inner.name}")
    for declared in COMMANDS.values():
        if (declared.event in CHANGES) == declared.for_the_reader:
            raise ValueError(
                f"{declared.verb}: declare below @changes({declared.event!r}) what it changes,"
                " or say for_the_reader=True; not both"
            )


load_commands(__name__)

__all__ = ["BY_EVENT", "COMMANDS", "Command", "CommandType", "Data", "Signature", "load_commands"]
