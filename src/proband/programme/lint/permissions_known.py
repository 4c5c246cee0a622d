"""Permissions that no command of the record asks for: a role that was meant to do something could not, and nobody would know why."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from difflib import get_close_matches

from proband.programme.bundle import Programme
from proband.programme.lint import declare
from proband.programme.linting import LintFinding
from proband.programme.permissions import PERMISSIONS, is_known


@declare(
    "permissions-known", "what a role may do is asked for by some command of the record", severity="warning"
)
def find(programme: Programme, on: date) -> Iterator[LintFinding]:
    """The permissions of roles that no command knows; a study's own module of commands may ask for further ones."""
    for index, role in enumerate(programme.head.roles):
        for place, permission in enumerate(role.may):
            if is_known(permission):
                continue
            near = get_close_matches(permission, sorted(PERMISSIONS), 1)
            yield LintFinding(
                "programme.yaml",
                ("roles", index, "may", place),
                f"{role.id} may {permission}, which no command of the record asks for.",
                f"write {near[0]}" if near else "write one of the permissions of `proband record commands`",
                permission,
            )
