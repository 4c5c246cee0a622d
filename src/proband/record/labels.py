"""Labels: two independent identifiers, a code to scan, and a balance that comes to zero."""

from __future__ import annotations

from dataclasses import dataclass

from proband.record.errors import RecordError
from proband.record.identity import check_character
from proband.record.state import State

_FORMAT = "PB1"


@dataclass(frozen=True, slots=True)
class Scan:
    """What a scanned code says: which container, of which therapy event, which label."""

    coi: str
    container: str
    label: str


def payload(coi: str, container: str, label: str) -> str:
    """The text in the code: format, the two identifiers, the label's own, and a check character over all of it."""
    text = f"{_FORMAT}|{coi}|{container}|{label}"
    return f"{text}|{check_character(_plain(text))}"


def _plain(text: str) -> str:
    return "".join(letter for letter in text.upper() if letter.isascii() and letter.isalnum())


def read_scan(text: str) -> Scan:
    """What a scanner read.

    Raises
    ------
    RecordError
        ``record.label.scan`` for a foreign or damaged code.
    """
    parts = text.strip().split("|")
    if len(parts) != 5 or parts[0] != _FORMAT or check_character(_plain("|".join(parts[:4]))) != parts[4]:
        raise RecordError("record.label.scan")
    return Scan(parts[1], parts[2], parts[3])


@dataclass(frozen=True, slots=True)
class Balance:
    """The fate of every printed label of a container; ``open`` must come to zero."""

    printed: int
    applied: int
    spoiled: int
    destroyed: int

    @property
    def open(self) -> int:
        """Labels that nobody has accounted for."""
        return self.printed - self.applied - self.spoiled - self.destroyed


def balance(state: State, container: str | None = None) -> Balance:
    """The label balance of one container, or of all."""
    names = state.products[container].labels if container is not None else list(state.labels)
    fates = [state.labels[name].fate for name in names]
    return Balance(len(fates), fates.count("applied"), fates.count("spoiled"), fates.count("destroyed"))
