"""Which server a Patient is on: one id of two servers is not one person.

A reference may name its server (``https://hospital-b/fhir/Patient/1``), and a bundle the server of each entry (``fullUrl``).
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any
from urllib.parse import urlsplit

_PATIENT = re.compile(r"^(https?://\S+)/Patient/([A-Za-z0-9.-]{1,64})(?:/_history(?:/.*)?)?/?$")
_USUAL_PORTS = {"80", "443"}


def server_of(base: str) -> str:
    """The address of a server without what may be spelt in two ways: scheme, capitals of the host, the usual port, a last slash."""
    parts = urlsplit(base)
    host, _, port = parts.netloc.lower().rpartition("@")[2].partition(":")
    named = f"{host}:{port}" if port and port not in _USUAL_PORTS else host
    return f"{named}{parts.path.rstrip('/')}"


class PatientServers:
    """The servers of Patient records: where they stand, and where references say that they are."""

    def __init__(self) -> None:
        self._standing: dict[str, set[str]] = defaultdict(set)
        self._referred: dict[str, set[str]] = defaultdict(set)

    def stands(self, identity: str, base: str) -> None:
        """A Patient stands on a server."""
        if base:
            self._standing[identity].add(server_of(base))

    def referred(self, resource: dict[str, Any]) -> None:
        """What the references of a resource say of the server of its patient."""
        for name in ("subject", "patient"):
            node = resource.get(name)
            reference = node.get("reference") if isinstance(node, dict) else None
            if isinstance(reference, str) and reference.startswith("http"):
                found = _PATIENT.match(reference)
                if found:
                    self._referred[found[2]].add(server_of(found[1]))

    def elsewhere(self, reference: str) -> str | None:
        """Why a reference to a Patient is not to the one of that id in this reading; ``None`` where nothing speaks against it."""
        found = _PATIENT.match(reference)
        if found is None:
            return None
        own, others = self._standing.get(found[2]), self._referred.get(found[2], set())
        server = server_of(found[1])
        if own:
            known = " and ".join(sorted(own))
            return (
                None
                if server in own
                else f"the reference is to a patient of {server}, and the files hold one of {known}"
            )
        if len(others) > 1:
            return f"references name the servers {' and '.join(sorted(others))}, and nothing says of which this patient is"
        return None
