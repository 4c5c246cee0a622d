"""The texts of a record in its vault: put there before their events are appended, read again for those who may, gone when they are erased."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from proband.record.commitments import FORM, OF_NOBODY, KeptText, TextSealer
from proband.record.participant import Participant
from proband.record.state import State
from proband.record.vault import TEXTS_OF_NOBODY, Vault, VaultError, texts_of

#: what is shown in place of a text that is not there any more, and of one that lies in the vault of another door
ERASED, ELSEWHERE = "[erased]", "[not in this vault]"


def keys_of(state: State, holder: str) -> tuple[str, str]:
    """Under which keys texts about somebody lie: those that tracing asks for, and all others."""
    if holder == OF_NOBODY:
        return TEXTS_OF_NOBODY, TEXTS_OF_NOBODY
    person = state.participants.get(holder)
    texts = texts_of(holder, person.texts_erased if person is not None else 0)
    # whose identity was erased needs no tracing any more
    return (texts if person is not None and person.erased else holder), texts


def keys_ordered_gone(person: Participant) -> list[str]:
    """The keys that erasures of a participant have ordered to be destroyed: of their texts, and of their identity."""
    texts = [texts_of(person.id, n) for n in range(person.texts_erased)]
    return [*texts, person.id] if person.erased else texts


@dataclass(frozen=True, slots=True)
class KeptTexts:
    """The texts of one study in a vault."""

    study: str
    vault: Vault

    def sealer(self, state: State, verb: str, key: str) -> TextSealer:
        """What puts commitments in the place of the texts of an event with this idempotency key."""
        return TextSealer(self.study, key, state, verb, self.opens)

    def keep(self, state: State, holder: str, texts: Iterable[KeptText]) -> None:
        """Keep texts about somebody, under the keys that hold now.

        Raises
        ------
        VaultError
            ``record.vault.erased`` where identity was erased and tracing asks for nothing any more.
        """
        traced, other = keys_of(state, holder)
        self.vault.keep((traced if one.traced else other, one) for one in texts)

    def opens(self, commitment: str, key: str) -> bool:
        """Whether a commitment is to a text of the event with this idempotency key, and the text is here."""
        found = self.read(commitment)
        return found is not None and found.key == key and found.belongs(self.study)

    def read(self, commitment: str) -> KeptText | None:
        """The text of a commitment, if it is here and whole."""
        try:
            return self.vault.text(commitment)
        except VaultError:
            return None

    def shown(self, commitment: str) -> str:
        """The text of a commitment, or what is said in its place."""
        try:
            found = self.vault.text(commitment)
        except VaultError as error:
            return ERASED if error.code == "record.vault.erased" else ELSEWHERE
        return found.text if found is not None else ELSEWHERE

    def revealed(self, value: Any) -> Any:
        """A value with every commitment in it replaced by its text: for people to read, and never for the log.

        Texts may stand within other texts (a task that quotes a reason) and within JSON that is written as a text (details of a deviation).
        """
        if isinstance(value, str):
            return self._in_text(value) if "[vault:" in value else value
        if isinstance(value, Mapping):
            return {self.revealed(name): self.revealed(one) for name, one in value.items()}
        if isinstance(value, list):
            return [self.revealed(one) for one in value]
        if isinstance(value, tuple):
            return tuple(self.revealed(one) for one in value)
        return value

    def _in_text(self, text: str) -> str:
        if text.startswith("{"):
            try:
                return orjson.dumps(self.revealed(orjson.loads(text))).decode()
            except orjson.JSONDecodeError:
                pass
        return FORM.sub(lambda found: self.shown(found[1]), text)

    def agree(self, said: Any, stands: Any) -> bool:
        """Whether what is said is what stands in an event: a commitment agrees with its text, and, once that is erased, with any."""
        if isinstance(stands, str) and (named := FORM.fullmatch(stands)):
            known = self.read(named[1])
            return said == stands or (isinstance(said, str) and (known is None or known.text == said))
        if isinstance(stands, Mapping) and isinstance(said, Mapping):
            return said.keys() == stands.keys() and all(
                self.agree(said[name], stands[name]) for name in stands
            )
        if isinstance(stands, list) and isinstance(said, list):
            return len(said) == len(stands) and all(map(self.agree, said, stands))
        return bool(said == stands)
