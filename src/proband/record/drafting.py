"""Drafting events: a command's data completed by what only the record may give, and its body, signed by whoever signs here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from proband.record.appending import Clock
from proband.record.commands import Command, CommandType
from proband.record.commitments import KeptText
from proband.record.compose import compose, validated
from proband.record.enrolment import offered
from proband.record.events import stamp
from proband.record.gates import Gate
from proband.record.heads import HeadFile, SigningKey
from proband.record.keys import PublicKey
from proband.record.own_events import OwnEvents
from proband.record.personal_keys import PersonalKeys
from proband.record.sealed_lists import Secrets
from proband.record.signatories import Signatories
from proband.record.store import Store
from proband.record.vault import Vault


class EventDrafts(OwnEvents):
    """A writer that makes the bodies of commands: with the vault's sealed seeds, and the private keys that lie on this machine."""

    def __init__(
        self,
        store: Store,
        study: str,
        heads: HeadFile | None,
        gates: Mapping[str, Gate],
        key: SigningKey | None,
        clock: Clock,
        vault: Vault | None,
        people: PersonalKeys | None,
    ) -> None:
        super().__init__(store, study, heads, gates, key, clock, vault)
        self.people = people if people is not None else PersonalKeys()

    def _offer(self, instance: str, person: str) -> dict[str, Any]:
        """The offer of a new key of a person, made and kept on this machine."""
        private = self.people.make(person)
        public = PublicKey("ed25519", private.public)
        return offered(instance, person, public, private.sign, name=person, kept="this-machine")

    def _clock_at(self, site: str) -> str | None:
        """Where the clock on the wall stands at a site that has only one."""
        place = self.state.sites.get(site)
        return place.offsets[0] if place is not None and len(place.offsets) == 1 else None

    def _body(
        self, command: Command, declared: CommandType, key: str
    ) -> tuple[dict[str, Any], list[KeptText]]:
        """The body of a command's event, and the texts that then belong into the vault."""
        data = self._complete(command, declared)
        if command.offset is None:
            command = replace(command, offset=self._clock_at(command.site))
        recorded = stamp(self.clock())
        programme = data["programme"]["hash"] if declared.verb == "study.open" else self.state.programme
        if declared.of_its_time:
            programme = self.state.version_at(command.at or recorded)
        sealer = self.texts.sealer(self.state, declared.verb, key)
        body = compose(
            command,
            declared,
            data,
            key,
            programme=programme,
            study=self.study,
            recorded=recorded,
            last=self.state.recorded,
            signatories=Signatories(self.state, self.people),
            sealer=sealer,
        )
        return body, sealer.kept

    def _complete(self, command: Command, declared: CommandType) -> dict[str, Any]:
        """The data, validated, with what only the record may give: the next number, the next place of the sequence."""
        given = dict(command.data)
        if declared.completion is not None:
            given |= declared.completion(self.state, command.subject, given, self._secrets)
        if declared.verb == "staff.grant" and not given.get("key") and not self._has_key(command.subject):
            given["key"] = self._offer(self.state.instance, command.subject)
        return validated(declared, given)

    def _has_key(self, person: str) -> bool:
        return any(key.holder == person and key.until is None for key in self.state.keys.values())

    @property
    def _secrets(self) -> Secrets:
        """What opens the sealed things of this door's vault."""
        return Secrets(self.vault)
