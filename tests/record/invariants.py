"""The rules of an honest record, written a second time, from the rules and not from the gates.

Nothing of the product's gates, state or folding is imported here (canonical JSON is): only the bodies of the events, as plain dictionaries, and
plain bookkeeping. A violation is a sentence that begins with the name of the invariant.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from proband.terms.canonical import canonical

from . import scoped_rules
from .stock_rules import StockRules

NEED_REASON = {
    "participant.transferred", "participant.lost", "hold.placed", "hold.lifted", "product.failed", "product.quarantined", "product.rejected",
    "event.corrected", "staff.revoked", "site.closed", "programme.adopted", "allocation.unblinded", "adverse-event.updated",
    "participant.erased", "personal.read", "key.revoked", "deviation.recorded", "product.released-exceptionally", "lot.recalled",
    "event.retracted", "product.retracted", "donor.retracted", "dose.settled", "clock.corrected", "site.reopened",
    "participant.unlocked", "study.unlocked", "lot.reinstated", "record.settled", "participant.taken-over", "site.disapproved", "risk.announced", "guardian.changed",
}  # fmt: skip
NEED_SIGNATURE = {
    "consent.given", "kit.received", "kit.released", "kit.given", "product.released", "product.released-exceptionally", "product.administered", "bedside.verified", "dose.checked",
    "hold.lifted", "forecast.sealed", "adverse-event.judged", "product.rejected", "allocation.unblinded", "programme.adopted",
    "staff.granted", "staff.revoked", "person.enrolled", "device.enrolled", "key.revoked",
    "titration.decided", "dose.omitted", "course.begun",
    "participant.signed", "participant.unlocked", "study.signed", "study.unlocked", "record.settled", "participant.taken-over",
}  # fmt: skip
CLINICAL = {
    "participant.screened", "consent.given", "participant.enrolled", "participant.allocated", "visit.recorded", "outcome.recorded",
    "therapy.opened", "product.collected", "product.administered", "milestone.recorded", "capacity.assessed", "kit.given", "kit.assigned",
}  # fmt: skip
TWO_PEOPLE = {
    "event.retracted",
    "product.retracted",
    "donor.retracted",
    "dose.settled",
    "clock.corrected",
    "participant.unlocked",
    "study.unlocked",
    "lot.reinstated",
    "participant.taken-over",
}
#: what is found in one container and is so of everything that was made of the same, for ever
INFECTIONS = {"sterility", "sterility-final", "contamination"}
#: what is new about a person, besides harm, ends and what puts an entry right
NEW_DATA = CLINICAL - {
    "product.administered",
    "product.collected",
    "therapy.opened",
    "kit.given",
    "kit.assigned",
} | {
    "cointervention.recorded",
    "elsewhere.recorded",
    "measurement.recorded",
    "companion.given",
}
#: reports of what happened: whoever hears of it later may make them, and where a site has closed as well
REPORTS = {
    "visit.recorded", "outcome.recorded", "milestone.recorded", "cointervention.recorded", "decision.recorded", "participant.withdrawn", "participant.lost",
    "participant.found", "participant.died", "participant.completed", "participant.transferred", "event.corrected", "event.retracted", "product.retracted", "donor.retracted", "donor.followed",
    "dose.settled", "deviation.recorded", "product.disposed", "stock.destroyed", "stock.returned", "product.tested", "product.quarantined", "product.rejected", "lot.recalled", "lot.reinstated", "hold.placed",
    "hold.lifted", "query.opened", "query.answered", "query.closed", "task.closed", "record.exported", "personal.stored", "personal.read",
    "participant.erased", "site.reopened", "allocation.unblinded", "allocation.opened", "allocation.disclosed", "site.approved", "site.disapproved", "risk.announced", "guardian.changed",
}  # fmt: skip
#: what takes somebody in, or treats
TAKES_IN = {
    "participant.referred",
    "participant.screened",
    "consent.given",
    "participant.enrolled",
    "product.administered",
    "participant.allocated",
    "kit.assigned",
    "kit.given",
}
#: what is learnt of somebody who consented
LEARNT = {
    "visit.recorded",
    "outcome.recorded",
    "milestone.recorded",
    "cointervention.recorded",
    "measurement.recorded",
    "companion.given",
}
#: what is true of a person from then on, and what was done at a bed
OF_ITS_TIME = {
    "participant.screened", "consent.given", "capacity.assessed", "guardian.changed", "product.administered", "dose.checked", "bedside.verified", "kit.given",
    "measurement.recorded", "companion.given", "titration.decided", "dose.omitted", "course.begun",
}  # fmt: skip
TOUCHES_BODY = {
    "therapy.opened",
    "product.collected",
    "product.administered",
    "participant.enrolled",
    "participant.allocated",
    "kit.assigned",
    "kit.given",
}


def seconds(one: str, other: str) -> float:
    return (datetime.fromisoformat(one) - datetime.fromisoformat(other)).total_seconds()


#: what lets a bag or a person pass, by the event that says it, and the gate that asks for it
OF_THE_BAG = {"label.accounted": "labels", "product.received": "custody", "product.thawed": "condition", "product.prepared": "condition",
              "product.agreed": "steps"}  # fmt: skip
OF_THE_PERSON = {"participant.found": "alive", "participant.migrated": "programme"}


class Checker(StockRules):
    """Walks bodies in order and collects violations."""

    def __init__(self) -> None:
        self.violations: list[str] = []
        self.begin_stock()
        self.events = 0
        self.programmes: dict[str, dict[str, Any]] = {}
        self.current = ""
        self.people: dict[str, dict[str, Any]] = {}
        self.sites: dict[str, str] = {}
        #: open or closed since when: (site, when, number of the event, open)
        self.doors: list[list[Any]] = []
        self.staff: dict[str, dict[str, list[str]]] = {}
        #: who was what since when: (person, role, when, number of the event, sites); and who is trained since when, until which day
        self.roles: list[list[Any]] = []
        self.trainings: list[list[Any]] = []
        #: which version amends which, and how; what was recorded of each site's approvals
        self.amends: dict[str, tuple[str, str]] = {}
        self.approvals: list[dict[str, Any]] = []
        #: when versions came into force
        self.versions: list[list[Any]] = []
        self.judging = ""
        #: when something really happened of which only a device's clock tells: by idempotency key
        self.truth: dict[str, str] = {}
        #: the family tree: what each container was made from
        self.parents: dict[str, list[str]] = {}
        #: every result: container, test, when, number of the event, good or bad
        self.results: list[list[Any]] = []
        self.recalled: set[str] = set()
        self.alarm = ("", "")
        self.therapies: dict[str, str] = {}
        self.collections: dict[str, tuple[str, str]] = {}
        self.collection_use: dict[str, str] = {}
        self.bags: dict[str, dict[str, Any]] = {}
        self.labels: dict[str, tuple[str, str]] = {}
        self.holds: dict[str, dict[str, Any]] = {}
        self.read_aloud: set[str] = set()
        self.capsules: dict[str, dict[str, Any]] = {}
        self.harm: dict[str, dict[str, Any]] = {}
        self.forecast: str | None = None
        self.forecasts: list[int] = []
        self.numbers: list[int] = []
        self.first_doses: list[str] = []
        self.reviews: list[tuple[str, bool]] = []
        self.programme_firsts: list[str] = []
        self.log: list[dict[str, Any]] = []
        self.corrected: set[int] = set()
        self.gone: set[int] = set()
        self.clock = ""
        self.instance = ""
        self.keys: set[str] = set()
        self.two_custodians = False
        #: what is closed, by participant and visit, with the hash that was signed of it first
        self.closed: dict[tuple[str, str, int], str | None] = {}
        #: when the server's clock was put right: (number of the event, the time since)
        self.resets: list[tuple[int, str]] = []
        #: what permitted each dose that was recorded online, and was recorded only after it: by number of the event
        self.afterwards: dict[int, set[str]] = {}
        #: the doses that were given under one version and recorded under the next
        self.across: set[int] = set()

    @property
    def rules(self) -> dict[str, Any]:
        return self.programmes.get(self.judging or self.current, {})

    def bad(self, name: str, text: str) -> None:
        self.violations.append(f"{name}: event {self.events}: {text}")

    def check(self, bodies: Iterable[dict[str, Any]]) -> list[str]:
        for body in bodies:
            self.events += 1
            self.log.append(body)
            # the version counts that was in force then; where something is decided online, the one of now
            then = body["source"] != "online" or body["event"] in OF_ITS_TIME
            self.judging = self._latest(self.versions, body["at"]) if then else self.current
            if body["actor"] != "record":
                self._conduct(body)
            if body["event"] in NEW_DATA:
                self._closed_to(body)
            if body["event"] in TAKES_IN:
                self._allowed(body)
            if body["event"] in LEARNT:
                self._covered(body)
            getattr(self, "_" + body["event"].replace(".", "_").replace("-", "_"), lambda b, d: None)(
                body, body["data"]
            )
            self.clock = max(self.clock, body["recorded"])
        return self.violations

    # what of outside allows a site to act, and what consent covers

    def _allowed(self, b: dict[str, Any]) -> None:
        person = b["data"].get("participant") or b["subject"]
        site = self._true(person, "site", b["at"]) if person in self.people else b["site"]
        for kind in ("ethics", "authorisation", "insurance"):
            own = [one for one in self.approvals if (one["site"], one["kind"]) == (site, kind)]
            if own and not self._standing_approvals(site, kind, b["day"]):
                self.bad("approval", f"{b['event']} at {site} without {kind} on {b['day']}")

    def _standing_approvals(self, site: str, kind: str, today: str) -> list[dict[str, Any]]:
        version = self.judging or self.current
        versions = {version}
        while version in self.amends and self.amends[version][1] != "substantial":
            version = self.amends[version][0]
            versions.add(version)
        own = [one for one in self.approvals if (one["site"], one["kind"]) == (site, kind)]
        ends = [(one["n"], one["ended"]) for one in own if "ended" in one]
        return [
            one
            for one in own
            if "ended" not in one
            and one["since"] <= today < one["expiry"]
            and versions & set(one["versions"])
            and not any(n > one["n"] and day <= today for n, day in ends)
        ]

    def _site_approved(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        self.approvals.append({"site": b["subject"], "n": self.events, **d})

    def _site_disapproved(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        self.approvals.append({"site": b["subject"], "n": self.events, "kind": d["kind"], "ended": d["on"]})

    def _covered(self, b: dict[str, Any]) -> None:
        day = min(b["data"].get("on") or b["day"], b["day"])
        if b["data"].get("status") == "missed":
            return
        consent = self._true(b["subject"], "consent", min(b["at"], day + "T23:59:59.999Z"))
        rules = [rule for rule in self.rules["consent"]["reconsent"] if rule["event"] == "majority"]
        asked = not rules or any("data" in rule["blocks"] for rule in rules)
        if consent is not None and asked and consent["majority"] and consent["majority"] <= day:
            self.bad("data-consent", f"{b['event']} of {b['subject']} on {day}, after coming of age")

    # taking over

    def _participant_taken_over(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        if b["subject"] in self.people:
            self.bad("unique", f"{b['subject']} taken over twice")
        self.people[b["subject"]] = {"doses": []}
        self._say(b["subject"], "site", "", b["site"])
        self._say(b["subject"], "programme", "", self.current)
        if d["ended"] is not None and d["ended"]["how"] in ("died", "lost"):
            self._say(b["subject"], "ended", "", {"died": "died", "lost": "was lost"}[d["ended"]["how"]])
        for dose in d["doses"]:
            if dose["on"].split()[-1] >= self.log[0]["day"]:
                self.bad(
                    "historical",
                    f"{b['subject']} was given {dose['product']} on {dose['on']}, under this record",
                )

    # data lock

    def _closed_to(self, b: dict[str, Any]) -> None:
        d = b["data"]
        for who, visit, occurrence in self.closed:
            if who not in ("", b["subject"]):
                continue
            there = (d.get("visit"), d.get("occurrence", 0)) == (visit, occurrence) or (
                b["event"] == "outcome.recorded" and d["visit"] == visit
            )
            if not visit or there:
                self.bad("locked", f"{b['event']} of {b['subject']} after the lock")

    def _participant_locked(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        self.closed[(b["subject"], d["visit"] or "", d["occurrence"])] = None

    def _participant_unlocked(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        self.closed.pop((b["subject"], d["visit"] or "", d["occurrence"]), None)

    def _participant_signed(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        place = (b["subject"], d["visit"] or "", d["occurrence"])
        if place not in self.closed or self.closed[place] not in (None, d["digest"]):
            self.bad("attested", f"{b['actor']} signed {d['digest'][:12]}, which is not what is locked")
        self.closed[place] = d["digest"]

    # conduct

    def _conduct(self, b: dict[str, Any]) -> None:
        event, d = b["event"], b["data"]
        if seconds(b["at"], b["recorded"]) > 120:
            self.bad("clock", f"{b['at']} lies ahead of {b['recorded']}")
        if event in NEED_REASON and not b["reason"]:
            self.bad("reason", f"{event} without a reason")
        if event in NEED_SIGNATURE and not any(s["signer"] == b["actor"] for s in b["signatures"]):
            self.bad("signature", f"{event} without the actor's signature")
        if event in TWO_PEOPLE and len({s["signer"] for s in b["signatures"]} | {b["actor"]}) < 2:
            self.bad("second-person", f"{event} by {b['actor']} alone")
        if event == "study.opened":
            return
        if b["role"] == "recovery":
            if not event.startswith("recovery."):
                self.bad("signature", f"the recovery key did {event}")
            return
        report = event in REPORTS or event.startswith("adverse-event.")
        moments = {b["at"], max(b["at"], b["recorded"])} if b["source"] == "online" else {b["at"]}
        if report or b["role"] == "custodian":
            moments = {max(moments)}
        for at in moments:
            if not self._held(b["actor"], b["role"], at):
                self.bad("authority", f"{b['actor']} is no {b['role']} at {at}")
            if (
                b["site"] in self.sites
                and not report
                and not event.startswith("site.")
                and b["site"] in self._closed(at)
            ):
                self.bad("site", f"{event} at {b['site']}, which is closed at {at}")
        if b["source"] == "online" and event != "deviation.recorded":
            for s in b["signatures"]:
                if s["role"] != "recovery" and not self._held(s["signer"], s["role"], max(moments)):
                    self.bad("signature", f"{s['signer']} signs as {s['role']}")
        # who may do what, in the words of the synthetic programme
        owners = {"product.administered": {"physician", "nurse"}, "kit.given": {"physician", "nurse"}, "kit.received": {"pharmacist"},
                  "kit.released": {"quality", "pharmacist"}, "kit.assigned": {"physician"}, "participant.screened": {"physician"}, "product.released": {"quality", "pharmacist"},
                  "consent.given": {"physician"}, "hold.lifted": {"board", "pharmacist"}}  # fmt: skip
        if event in owners and b["role"] not in owners[event]:
            self.bad("authority", f"{b['role']} did {event}")
        for role in self.rules.get("roles", []):
            if role["id"] == b["role"]:
                for training in role["training"]:
                    when = max(b["at"], b["recorded"]) if report else b["at"]
                    said = [[t[2], t[3], t[4]] for t in self.trainings if t[:2] == [b["actor"], training]]
                    if (self._latest(said, when) or "") < b["at"][:10]:
                        self.bad("training", f"{b['actor']} lacks {training} for {event}")
        if event in CLINICAL | {"adverse-event.reported"}:
            name = d.get("participant") or b["subject"]
            site = self._true(name, "site", b["at"])
            # whose take-over was taken back is of no site, and harm of theirs is told all the same
            homeless = site is None and event == "adverse-event.reported"
            if name in self.people and site != b["site"] and not homeless:
                self.bad("site", f"{name} of {site} in an event at {b['site']}")
        if b["source"] != "online":
            held = self.capsules.get(b["source"].split(":")[-1])
            who = d.get("participant") or b["subject"]
            if (
                held is None
                or not held["at"] <= b["at"] <= held["until"]
                or (who not in held["participants"] and b["subject"] not in self.bags)
            ):
                self.bad("capsule", f"{event} from {b['source']}")
        if event in CLINICAL:
            name = d.get("participant") or b["subject"]
            person = self.people.get(name)
            if person is not None:
                ended = self._true(name, "ended", b["at"])
                if ended:
                    self.bad("alive", f"{event} of {name}, who {ended}")
                self._withdrawal(event, name, b["at"])
                if event in TOUCHES_BODY and self._true(name, "programme", b["at"]) != (
                    self.judging or self.current
                ):
                    self.bad("programme", f"{event} of {name}, not on the version in force")

    # what was true when, as known now: a list of (kind, from when, number of the event, value); the latest moment wins

    @staticmethod
    def _latest(said: list[list[Any]], at: str) -> Any:
        """Of (when, number, value) the value that is true at a moment; where none is yet, the first that comes on the same day."""
        before = [one for one in said if one[0] <= at]
        if before:
            return max(before, key=lambda one: (one[0], one[1]))[2]
        today = [one for one in said if one[0][:10] == at[:10]]
        return min(today, key=lambda one: (one[0], one[1]))[2] if today else None

    def _held(self, name: str, role: str, at: str) -> Any:
        return self._latest([[r[2], r[3], r[4]] for r in self.roles if r[:2] == [name, role]], at)

    def _closed(self, at: str) -> set[str]:
        names = {one[0] for one in self.doors}
        return {
            name for name in names if not self._latest([one[1:] for one in self.doors if one[0] == name], at)
        }

    def _clock_corrected(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        """What was stamped while the clock was ahead is of now."""
        now = b["recorded"]
        self.clock = now
        self.resets.append((self.events, now))
        for person in self.people.values():
            person["said"] = [
                (kind, min(at, now), seq, value) for kind, at, seq, value in person.get("said", ())
            ]
            for key in ("doses", "ours"):
                person[key] = [min(at, now) for at in person.get(key, ())]
        for rows, place in ((self.roles, 2), (self.trainings, 2), (self.versions, 0), (self.doors, 1)):
            for row in rows:
                row[place] = min(row[place], now)
        self.first_doses = [min(at, now) for at in self.first_doses]
        self.programme_firsts = [min(at, now) for at in self.programme_firsts]
        self.forecast = min(self.forecast, now) if self.forecast else None
        for held in self.holds.values():
            held["since"] = min(held["since"], now)
            held["lifted"] = min(held["lifted"], now) if held["lifted"] else None
        for result in self.results:
            result[2] = min(result[2], now)
        for bag in self.bags.values():
            if bag["checked"] is not None:
                bag["checked"] = (bag["checked"][0], min(bag["checked"][1], now))

    def _recorded(self, seq: int) -> str:
        """When an event was recorded; of one that was stamped by a clock ahead, when that was put right. On a device it was when it happened."""
        b = self.log[seq - 1]
        said = b["recorded"] if b["source"] == "online" else b["at"]
        return min([said, *(now for after, now in self.resets if after > seq)])

    def _documented_afterwards(self, b: dict[str, Any], bag: dict[str, Any]) -> None:
        """Which permissions of a dose were recorded only after it had been given."""
        if b["source"] != "online":
            return
        at, found = b["at"], set()
        scoped = scoped_rules.has_scopes(self.rules)
        verdicts = ("verdict:before-dose",) if scoped else ("verdict",)
        for kind in (*verdicts, "consent", "enrolled", "allocated"):
            said = [
                one
                for one in self.people[b["data"]["participant"]].get("said", ())
                if one[0] == kind and one[1] <= at and one[2] not in self.gone
            ]
            if said and self._recorded(max(said, key=lambda one: (one[1], one[2]))[2]) > at:
                found.add(kind.partition(":")[0])
        for kind, seq in (
            ("second-check", bag.get("dosed_by")),
            ("bedside", bag.get("checked_by")),
            ("release", bag.get("released_by")),
        ):
            if seq and self._recorded(seq) > at:
                found.add(kind)
        if self.forecasts and min(map(self._recorded, self.forecasts)) > at:
            found.add("forecast")
        training = {role["id"]: role["training"] for role in self.rules["roles"]}
        for who, role in {(b["actor"], b["role"]), *((s["signer"], s["role"]) for s in b["signatures"])}:
            if self._since(self.roles, [who, role], at) > at:
                found.add("authority")
            if any(self._since(self.trainings, [who, name], at) > at for name in training.get(role, ())):
                found.add("training")
        if self._since(self.doors, [b["site"]], at) > at:
            found.add("site")
        for kind in ("ethics", "authorisation", "insurance"):
            good = self._standing_approvals(b["site"], kind, b["day"])
            if good and min(self._recorded(one["n"]) for one in good) > at:
                found.add("approval")
        again = self._looked_again(b["data"]["participant"], at)
        if again and min(map(self._recorded, again)) > at:
            found.add("confirmation")
        found |= self._since_the_dose(b)
        self.afterwards[self.events] = found
        if self._latest(self.versions, at) != self.current:
            self.across.add(self.events)

    def _since_the_dose(self, b: dict[str, Any]) -> set[str]:
        """What was entered of the bag or the person between a dose and its entry, and had stood against it until then."""
        found, person = set(), b["data"]["participant"]
        for seq in range(self.events - 1, 0, -1):
            if self._recorded(seq) <= b["at"]:
                break
            event, subject, said = (
                self.log[seq - 1]["event"],
                self.log[seq - 1]["subject"],
                self.log[seq - 1]["data"],
            )
            if event == "kit.assigned" and said["kit"] == b["subject"]:
                found.add("kit")
            elif subject == b["subject"] and event in OF_THE_BAG:
                found.add(OF_THE_BAG[event])
            elif subject == person and event in OF_THE_PERSON and self.log[seq - 1]["at"] <= b["at"]:
                found.add(OF_THE_PERSON[event])
            elif (
                subject == person and event == "event.retracted" and said["event"] == "participant.withdrawn"
            ):
                found.add("withdrawal")
        return found

    def _since(self, rows: list[list[Any]], key: list[str], at: str) -> str:
        """When that was recorded which is true of somebody or some place at a moment."""
        place = len(key)
        said = [[row[place], row[place + 1], row[place + 1]] for row in rows if row[:place] == key]
        seq = self._latest(said, at)
        return self._recorded(seq) if seq else ""

    def _record_restored(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        if d["instance"] == self.instance:
            self.bad("derived", "a copy that takes the name of what it was copied from")
        self.instance = d["instance"]
        # nobody knows what was done since: until it is said, nobody is taken in or treated
        kinds = ["enrolment", "collection", "release", "administration"]
        self.holds[f"copy-{self.events}"] = {
            "declared": {"id": "copy", "scope": "programme", "blocks": kinds, "lifted_by": []}, "target": "", "signed": set(), "rule": "",
            "since": b["recorded"], "lifted": None, "upto": max(self.events - 1, d["known"]),
        }  # fmt: skip

    def _record_settled(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        for held in self.holds.values():
            if "upto" in held and held["lifted"] is None:
                if d["last"] < held["upto"]:
                    self.bad(
                        "stage", f"a copy that lacks {held['upto'] - d['last']} events is called settled"
                    )
                held["lifted"] = max(b["at"], b["recorded"])

    def _site_closed(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        self.doors.append([b["subject"], b["at"], self.events, False])

    def _site_reopened(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        self.doors.append([b["subject"], b["at"], self.events, True])

    def _say(self, name: str, kind: str, at: str, value: Any) -> None:
        self.people[name].setdefault("said", []).append((kind, at, self.events, value))

    def _true(self, name: str, kind: str, at: str) -> Any:
        said = [
            one
            for one in self.people[name].get("said", ())
            if one[0] == kind and one[1] <= at and one[2] not in self.gone
        ]
        return max(said, key=lambda one: (one[1], one[2]))[3] if said else None

    def _event_retracted(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        target = b["corrects"]
        old = self.log[target - 1]
        mine = old["subject"] == b["subject"] and old["event"] == d["event"] and target not in self.gone
        if not mine or (d["event"] == "product.collected" and old["data"]["din"] in self.collection_use):
            self.bad("retraction", f"takes back {target}, which is not {b['subject']}'s to take back")
        self.gone.add(target)
        if d["event"] == "product.collected":
            self.collections.pop(old["data"]["din"], None)

    def _withdrawal(self, event: str, name: str, at: str) -> None:
        kind = {"visit.recorded": "new-data", "outcome.recorded": "new-data", "milestone.recorded": "new-data", "product.administered": "treatment",
                "kit.given": "treatment", "kit.assigned": "treatment",
                "consent.given": "contact"}.get(event, "procedures")  # fmt: skip
        for level in ("treatment", "contact", "data"):
            if not self._true(name, f"withdrawn from {level}", at):
                continue
            for entry in self.rules["consent"]["withdrawal"]:
                if entry["id"] == level and kind in entry["blocks"]:
                    self.bad("withdrawal", f"{event} of {name}, who withdrew from {level}")

    # the study

    def _study_opened(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        self.current = d["programme"]["hash"]
        self.programmes[self.current] = d["programme"]
        self.staff[d["custodian"]] = {"custodian": ["*"]}
        self.roles.append([d["custodian"], "custodian", b["at"], self.events, ["*"]])
        self.versions.append([b["at"], self.events, self.current])
        self.instance = d["instance"]
        self._key(d["custodian"], d["key"])

    def _key(self, holder: str, offer: dict[str, Any]) -> None:
        """A key whose holder has not signed, or that somebody has already."""
        said = {name: value for name, value in offer.items() if name != "proof"}
        content = {
            "format": "proband-enrolment-1",
            "instance": self.instance,
            "holder": holder,
            "offer": said,
        }
        try:
            public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(offer["public"]))
            public.verify(base64.b64decode(offer["proof"]), sha256(canonical(content)).digest())
        except (InvalidSignature, ValueError):
            self.bad("enrolment", f"{holder} has not shown that the key is theirs")
        if offer["public"] in self.keys:
            self.bad("enrolment", f"the key of {holder} is somebody's already")
        self.keys.add(offer["public"])

    def _recovery_announced(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        self._key(b["subject"], d["key"])
        self.alarm = (b["subject"], b["recorded"])

    def _recovery_completed(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        name, since = self.alarm
        if name != b["subject"] or seconds(b["recorded"], since) < 7 * 86400:
            self.bad("stage", f"{b['subject']} becomes a custodian {since} after no alarm of seven days")
        self.staff.setdefault(name, {})["custodian"] = ["*"]
        self.roles.append([name, "custodian", b["at"], self.events, ["*"]])

    def _person_enrolled(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        self._key(b["subject"], d["key"])

    def _programme_adopted(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        if d["programme"]["hash"] in self.programmes:
            self.bad("unique", "a version adopted twice")
        before = self.programmes[d["amends"]]
        self.amends[d["programme"]["hash"]] = (d["amends"], d["kind"])
        quiet = ("hash", "version", "title")
        parts = [
            name for name, part in d["programme"].items() if name not in quiet and part != before.get(name)
        ]
        if parts and d["kind"] != "substantial":
            self.bad("amendment", f"{parts} changed, and it is called {d['kind']}")
        others = {s["signer"] for s in b["signatures"] if s["role"] != "custodian"}
        if parts and not others:
            self.bad("amendment", f"{parts} changed, and nobody who answers for participants has signed")
        bundle = d.get("bundle")
        if bundle is not None:
            content = zlib.decompress(base64.b64decode("".join(bundle)))
            if sha256(content).hexdigest() != d["programme"]["hash"]:
                self.bad("bundle", "the bundle has another hash")
        self.current = d["programme"]["hash"]
        self.programmes[self.current] = d["programme"]
        self.versions.append([b["recorded"], self.events, self.current])

    def _site_opened(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        self.sites[b["subject"]] = d["jurisdiction"]
        self.doors.append([b["subject"], b["at"], self.events, True])

    def _staff_granted(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        roles = self.staff.setdefault(b["subject"], {})
        if (
            self.two_custodians
            and len({s["signer"] for s in b["signatures"] if s["role"] == "custodian"}) < 2
        ):
            self.bad("second-key", f"{b['actor']} alone makes {b['subject']} {d['role']}")
        roles[d["role"]] = d["sites"]
        self.roles.append([b["subject"], d["role"], b["at"], self.events, d["sites"]])
        if "custodian" in roles and len(roles) > 1:
            self.bad("apart", f"{b['subject']} may grant and is {d['role']}")
        if d["key"] is not None:
            self._key(b["subject"], d["key"])
        self.two_custodians = self.two_custodians or self._custodians() > 1

    def _custodians(self) -> int:
        return sum("custodian" in roles for roles in self.staff.values())

    def _staff_revoked(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        self.staff.get(b["subject"], {}).pop(d["role"], None)
        self.roles.append([b["subject"], d["role"], b["at"], self.events, []])
        if not self._custodians():
            self.bad("stays", f"nobody can grant anything after {b['subject']} has gone")

    def _staff_trained(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        self.trainings.append([b["subject"], d["training"], b["at"], self.events, d["valid_until"]])

    def _forecast_sealed(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        self.forecast = self.forecast or b["at"]
        self.forecasts.append(self.events)

    def _capsule_issued(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        self.capsules[b["subject"]] = {**d, "at": b["at"]}

    def _hold_placed(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        declared = next(h for h in self.rules["safety"]["holds"] if h["id"] == d["hold"])
        self.holds[b["subject"]] = {
            "declared": declared,
            "target": d["target"],
            "signed": set(),
            "rule": d["rule"],
            "since": b["at"],
            "lifted": None,
        }

    def _hold_triggered(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        if d["counted"] > len(self.harm) + len(self.first_doses) + len(self.bags):
            self.bad("derived", f"{d['counted']} of {d['rule']} were never recorded")
        self._hold_placed(b, d)

    def _hold_lifted(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        held = self.holds[b["subject"]]
        if b["role"] not in held["declared"]["lifted_by"]:
            self.bad("lift", f"{b['role']} lifts {held['declared']['id']}")
        held["signed"].add(b["role"])
        if held["lifted"] is None and set(held["declared"]["lifted_by"]) <= held["signed"]:
            held["lifted"] = max(b["at"], b["recorded"])

    def _safety_reviewed(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        if b["role"] != self.rules["safety"]["staggering"]["review_by"]:
            self.bad("stage", f"{b['role']} says that the next may be treated")
        self.reviews.append((max(b["at"], b["recorded"]), d["go_on"]))

    def _level_decided(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        rule = self.rules["safety"].get("escalation")
        if rule is None or d["level"] not in (None, *rule["levels"]):
            self.bad("escalation", f"level {d['level']} of a programme that has none such")

    def _standing(self, kind: str, participant: str, b: dict[str, Any]) -> Iterable[str]:
        """The holds that stood when something happened; online also when it was said."""
        last = max(b["at"], b["recorded"]) if b["source"] == "online" else b["at"]
        for name, held in self.holds.items():
            stood = held["since"] <= last and (held["lifted"] is None or b["at"] < held["lifted"])
            if kind in held["declared"]["blocks"] and stood:
                scope = held["declared"]["scope"]
                if scope == "programme" or (scope == "participant" and held["target"] == participant):
                    yield name

    # the participant

    def _participant_referred(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        if b["subject"] in self.people:
            self.bad("unique", f"{b['subject']} referred twice")
        if b["subject"] in {"study", "record", b["study"]}:
            self.bad("name", f"somebody is called {b['subject']}, which is the record's own")
        self.people[b["subject"]] = {"doses": []}
        if b["subject"].upper() in self.read_aloud:
            self.bad("unique", f"{b['subject']} is somebody else, in other letters")
        self.read_aloud.add(b["subject"].upper())
        self._say(b["subject"], "site", "", b["site"])
        self._say(b["subject"], "programme", "", b["programme"])

    def _participant_screened(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        values, through = d["facts"].get("values", {}), str(d["facts"].get("through"))
        scoped = scoped_rules.has_scopes(self.rules)
        scope = through if through in scoped_rules.LATER else "entry"
        passes = scoped_rules.met(self.rules, scope, values) if scoped else self._meets(values)
        if d["outcome"] == "eligible" and not passes:
            self.bad("verdict-values", f"{b['subject']} called eligible on {d['facts']}")
        day = d["facts"].get("as_of") or b["at"][:10]
        since = b["at"] if day >= b["at"][:10] else day
        stops = scoped and scope in ("before-dose", "stopping") and scoped_rules.met(self.rules, "stopping", values) is False  # fmt: skip
        if stops or (scope == "stopping" and d["outcome"] == "not-eligible"):
            self._say(b["subject"], "stopped", since, True)
        if scope != "entry":
            self._say(b["subject"], f"verdict:{scope}", since, (d["outcome"], b["programme"], since))
            return
        self._say(b["subject"], "verdict", since, (d["outcome"], b["programme"], since))
        if d["outcome"] == "eligible" and d["facts"].get("through") == "second-look":
            self._say(b["subject"], "looked again", since, b["programme"])

    @staticmethod
    def _meets(values: dict[str, Any]) -> bool:
        """The two criteria of the synthetic programme by hand: at least 100 platelets, and no infection, both known."""
        platelets, infection = values.get("platelets", {}), values.get("infection", {})
        low, high = platelets.get("low"), platelets.get("high")
        enough = low is not None and low >= 100 and (high is None or high >= low)
        return enough and infection.get("truth") is False

    def _outcome_recorded(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        """The one scale of the synthetic programme by hand: a whole number from 0 to 10, which is its own score."""
        if not self._pain(d):
            self.bad("outcome-values", f"{b['subject']}: {d['instrument']} {d['items']} gives {d['scores']}")

    @staticmethod
    def _pain(d: dict[str, Any]) -> bool:
        score, item = d["scores"].get("pain-nrs"), d["items"].get("pain")
        known = d["instrument"] in ("pain-nrs", "diary") and d["instrument_version"] in ("11 points", "1")
        return known and (d["instrument"] == "diary" or (score in range(11) and item in (None, score)))

    def _consent_given(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        person = self.people[b["subject"]]
        if "number" in person:
            if d["number"] != person["number"]:
                self.bad("number", f"{b['subject']} changes number")
        else:
            if d["number"] != len(self.numbers) + 1:
                self.bad("number", f"number {d['number']} after {len(self.numbers)}")
            person["number"] = d["number"]
            self.numbers.append(d["number"])
        others = {"guardians": d["guardians"], "representative": d.get("representatives", [])}.get(
            d["by"], []
        )
        by = {one["id"].lower() for one in others}
        given = {"version": d["version"], "majority": d["majority_on"] if d["by"] == "guardians" else None, "by": by, "represented": d["by"] == "representative", "at": b["at"], "event": self.events}  # fmt: skip
        deciding = self._true(b["subject"], "guardians", b["at"])
        if deciding is not None and not by <= deciding["who"]:
            self.bad("consent-form", f"{b['subject']}: {by} consent, and {deciding} decide")
        self._say(b["subject"], "consent", b["at"], given)
        if self._true(b["subject"], "capacity", b["at"]) == "lacks" and d["by"] == "participant":
            self.bad("consent-form", f"{b['subject']} consents without capacity")
        form_ok = len(d["teach_back"]) == len(self.rules["consent"]["teach_back"]) and all(d["teach_back"])
        if d["age_years"] >= 18:
            unable = self._true(b["subject"], "capacity", b["at"]) == "lacks"
            rules = self.rules["consent"].get("representatives", [])
            alone = d["by"] == "participant" and d["capacity"] == "has"
            spoken_for = d["by"] == "representative" and d["capacity"] == "lacks" and unable and rules and len(by) >= rules[0]["representatives"]  # fmt: skip
            form_ok = form_ok and (alone or bool(spoken_for))
        else:
            rule = self.rules["consent"]["guardians"][0]
            enough = 1 if d.get("fewer_guardians") in rule.get("fewer_when", []) else rule["guardians"]
            form_ok = form_ok and d["by"] == "guardians" and len({g["id"] for g in d["guardians"]}) >= enough
            form_ok = form_ok and (d["age_years"] < 12 or d["assent"] == "yes")
        if not form_ok or self._text_in_force(b["at"]) != d["version"]:
            self.bad("consent-form", f"consent of {b['subject']} in the wrong form")

    def _text_in_force(self, at: str) -> str:
        return max(
            (v for v in self.rules["consent"]["versions"] if v["in_force"] <= at[:10]),
            key=lambda v: v["in_force"],
        )["id"]

    def _capacity_assessed(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        self._say(b["subject"], "capacity", b["at"], d["result"])
        self._say(b["subject"], "looked", b["at"], d["by_check"])

    def _capable(self, b: dict[str, Any], name: str) -> None:
        """Nothing rests on the consent of an adult who lacks capacity, or whose capacity nobody looked at in time."""
        consent = self._true(name, "consent", b["at"])
        if consent is None or consent["majority"]:
            return
        said = self.people[name].get("said", ())
        if not consent["represented"] and self._true(name, "capacity", b["at"]) == "lacks":
            self.bad("capacity", f"{b['event']} of {name}, who lacks capacity")
        if consent["represented"] and any(kind == "capacity" and value == "has" and consent["at"] < at <= b["at"] and n not in self.gone for kind, at, n, value in said):  # fmt: skip
            self.bad("consent", f"{b['event']} of {name}, who decides for themselves again")
        looks = [
            at
            for kind, at, n, _ in said
            if kind in ("consent", "looked") and at <= b["at"] and n not in self.gone
        ]
        for check in self.rules["consent"]["capacity"]:
            # a day more, for places where it is another day
            if check["every"] and seconds(b["at"], max(looks)) / 86400 > check["every"]["value"] + 1:
                self.bad("capacity", f"{b['event']} of {name}, looked at last on {max(looks)}")

    def _guardian_changed(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        self._say(b["subject"], "guardians", b["at"], {"who": {one["id"].lower() for one in d["guardians"]}, "at": b["at"], "event": self.events})  # fmt: skip

    def _consent(self, b: dict[str, Any], name: str) -> None:
        consent = self._true(name, "consent", b["at"])
        if consent is None or consent["version"] != self._text_in_force(b["at"]):
            self.bad("consent", f"{b['event']} of {name} without consent to the text in force")
        elif consent["majority"] and consent["majority"] <= b["at"][:10]:
            self.bad("consent", f"{b['event']} of {name} after coming of age")
        else:
            deciding = self._true(name, "guardians", consent["at"])
            before = deciding is not None and (deciding["at"], deciding["event"]) < (consent["at"], consent["event"])  # fmt: skip
            if before and not consent["by"] <= deciding["who"]:
                self.bad("consent", f"{b['event']} of {name} by the consent of {consent['by']}, and {deciding['who']} decided")  # fmt: skip

    def _looked_again(self, name: str, at: str) -> list[int]:
        """The events that found somebody eligible through the second look, by a moment, under the version of then or one that covers it."""
        version = self.judging or self.current
        versions = {version}
        while version in self.amends and self.amends[version][1] != "substantial":
            version = self.amends[version][0]
            versions.add(version)
        return [
            one[2]
            for one in self.people[name].get("said", ())
            if one[0] == "looked again" and one[1] <= at and one[2] not in self.gone and one[3] in versions
        ]

    def _confirmed(self, b: dict[str, Any], name: str) -> None:
        if (
            self.rules["eligibility"]
            and self.rules["eligibility"].get("visits")
            and not self._looked_again(name, b["at"])
        ):
            self.bad("confirmation", f"{b['event']} of {name}, whom nobody looked at again")

    def _verdict(self, b: dict[str, Any], name: str) -> None:
        dose = b["event"] in ("product.administered", "kit.given")
        if dose and scoped_rules.has_scopes(self.rules):
            self._scoped_dose(b, name)
            if self.people[name].get("ours"):
                return
        self._fresh(b, name, "verdict")

    def _scoped_dose(self, b: dict[str, Any], name: str) -> None:
        """A dose of a programme whose criteria have scopes."""
        person = self.people[name]
        if self._true(name, "stopped", b["at"]):
            self.bad("verdict", f"{b['event']} of {name}, who was stopped")
        before = [at for at in person["doses"] if at <= b["at"]]
        if scoped_rules.asked(self.rules, "before-dose"):
            at = self._fresh(b, name, "verdict:before-dose")
            if before and at <= max(before):
                self.bad(
                    "verdict",
                    f"{b['event']} of {name}, last judged at {at}, given something at {max(before)}",
                )
        said = [
            (one[0][8:], one[1], one[3][0])
            for one in person.get("said", ())
            if one[0].startswith("verdict:") and one[2] not in self.gone
        ]
        wrong = scoped_rules.course(self.rules, sorted(before), said, b["at"])
        if wrong:
            self.bad("interval", f"{name}: {wrong}")

    def _fresh(self, b: dict[str, Any], name: str, kind: str) -> str:
        outcome, programme, at = self._true(name, kind, b["at"]) or ("none", "", b["at"])
        days = (datetime.fromisoformat(b["at"][:10]) - datetime.fromisoformat(at[:10])).days
        if outcome != "eligible" or programme != (self.judging or self.current) or days > 28:
            self.bad("verdict", f"{b['event']} of {name} with the {kind} {outcome} of {at}")
        return str(at)

    def _participant_enrolled(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        person = self.people[b["subject"]]
        if person.get("enrolled") or person.get("number") != d["number"]:
            self.bad("stage", f"{b['subject']} enrolled twice or without number")
        person["enrolled"] = True
        self._say(b["subject"], "enrolled", b["at"], True)
        self._consent(b, b["subject"])
        self._capable(b, b["subject"])
        self._verdict(b, b["subject"])
        for name in self._standing("enrolment", b["subject"], b):
            self.bad("hold", f"enrolment under hold {name}")

    def _kit_received(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        hidden = {m["role"] for m in self.rules["masking"] if m["masked"]}
        if not hidden & {"participant", "treating-team"}:
            self.bad("kit", f"the kit {b['subject']} where nobody who takes part or treats is masked")

        self.bags[b["subject"]] = {
            **self._new(), "person": "", "coi": "", "place": b["site"], "away": None, "state": "made", "expires": d["expires_at"],
            "lots": set(d["lots"]), "packed": self._given_by_arms(),
        }  # fmt: skip

    def _given_by_arms(self) -> list[Any]:
        """How each arm of the version is given."""
        regimens = {one["id"]: one for one in self.rules["regimens"]}
        return [[arm["id"], regimens.get(arm["regimen"])] for arm in self.rules["arms"]]

    def _kit_released(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        bag = self._bag(b)
        if bag["state"] != "made" or bag.get("quarantine"):
            self.bad("stage", f"{b['subject']} released while {bag['state']}")
        if bag.get("by_rules") != self.rules["products"]:
            bag["signed"] = []
        if b["actor"] in bag["signed"]:
            self.bad("two-persons", f"{b['actor']} signs twice for {b['subject']}")
        bag["by_rules"] = self.rules["products"]
        self._fit(b, b["subject"])
        bag["signed"].append(b["actor"])
        bag["released_by"] = self.events
        for name in self._standing("release", bag["person"], b):
            self.bad("hold", f"release under hold {name}")

    def _fit(self, b: dict[str, Any], kit: str) -> None:
        """A kit that is used is here, unexpired, of no recalled lot, and packed for the way in which the arms are given."""
        bag = self.bags[kit]
        self._not_recalled(b, bag)
        last = b["recorded"] if b["source"] == "online" else ""
        if bag["place"] != b["site"] or bag["expires"] <= max(self.truth.get(b["key"], b["at"]), last):
            self.bad("kit", f"{b['event']}: {kit} is at {bag['place']}, good until {bag['expires']}")
        if bag["packed"] != self._given_by_arms():
            self.bad("kit", f"{b['event']}: {kit} was packed for another way of giving")

    def _kit_assigned(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        kit = d["kit"]
        bag = self.bags.get(kit)
        if bag is None or bag["person"] or len(set(bag["signed"])) < 2 or bag.get("quarantine"):
            self.bad("kit", f"{kit} assigned to {b['subject']}, and is not in the stock")
            return
        self._fit(b, kit)
        bag["person"] = b["subject"]
        bag["assigned_by"] = self.events
        self._consent(b, b["subject"])
        self._capable(b, b["subject"])
        for held in self._standing("administration", b["subject"], b):
            self.bad("hold", f"{b['subject']} is assigned a kit under hold {held}")

    def _kit_given(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        bag, name = self._bag(b), d["participant"]
        if bag["person"] != name or d["wristband"] != name or d["kit"] != b["subject"]:
            self.bad("identity", f"kit {d['kit']} of {bag['person']} given to {d['wristband']}")
        if len(set(bag["signed"])) < 2 or bag["state"] != "made" or bag.get("quarantine"):
            self.bad("kit", f"{b['subject']} given, signed by {bag['signed']}, {bag['state']}")
        if bag.get("by_rules") != self.rules["products"]:
            self.bad("kit", f"{b['subject']} was released by other rules of its products")
        if len({s["signer"] for s in b["signatures"] if s["meaning"] != "device"} | {b["actor"]}) < 2:
            self.bad("bedside", f"one person at the bed with {b['subject']}")
        if d["route"] != "intrathecal":
            self.bad("route", f"{d['route']}")
        self._fit(b, b["subject"])
        self._dose_of(b, d, bag)

    def _participant_allocated(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        person = self.people[b["subject"]]
        if person.get("arm") or not person.get("enrolled"):
            self.bad("stage", f"{b['subject']} allocated twice or before enrolment")
        if self.rules["allocation"]["method"] == "none" and (
            d["scheme"] is not None or d["arm"] not in {a["id"] for a in self.rules["arms"]}
        ):
            self.bad("scheme", f"{b['subject']} allocated outside the programme's scheme")
        person["arm"] = d["arm"]
        self._say(b["subject"], "allocated", b["at"], True)
        self._capable(b, b["subject"])

    def _participant_migrated(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        self._say(b["subject"], "programme", b["at"], d["to_programme"])

    def _participant_transferred(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        self._say(b["subject"], "site", b["at"], d["to_site"])

    def _participant_withdrawn(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        self._say(b["subject"], f"withdrawn from {d['level']}", b["at"], True)

    def _participant_died(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        self._say(b["subject"], "ended", b["at"], "died")

    def _participant_lost(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        self._say(b["subject"], "ended", b["at"], "was lost")

    def _participant_found(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        if self._true(b["subject"], "ended", b["at"]) != "was lost":
            self.bad("stage", f"{b['subject']} found without having been lost")
        self._say(b["subject"], "ended", b["at"], None)

    def _event_corrected(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        target = b["corrects"]
        old = self.log[target - 1] if isinstance(target, int) and 0 < target < self.events else None
        if (
            old is None
            or old["subject"] != b["subject"]
            or (d["event"] not in (old["event"], old["data"].get("event")))
            or target in self.corrected
        ):
            self.bad("correction", f"corrects {target}, which is not theirs to correct")
        if b["role"] == "custodian":
            self.bad(
                "correction", f"{b['actor']} treats nobody, and rewrites what {b['subject']} was told to have"
            )
        self.corrected.add(target)

    def _product_retracted(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        target = b["corrects"]
        old = self.log[target - 1]
        if old["subject"] != b["subject"] or old["event"] != d["event"] or target in self.gone:
            self.bad("retraction", f"takes back {target}, which is not {b['subject']}'s to take back")
        self.gone.add(target)
        if d["event"] in ("product.administered", "kit.given", "deviation.recorded"):
            self._never_given(old)
            return
        for name in self._made_without_pooling(b["subject"]):
            bag = self.bags[name]
            if len(set(bag["signed"])) > 1 and bag["state"] == "made":
                bag["signed"], bag["quarantine"], bag["investigated"] = [], True, False

    def _never_given(self, b: dict[str, Any]) -> None:
        """A dose that was not given counts for nothing; its container is put aside."""
        name = b["data"]["participant"]
        person, at = self.people[name], b["at"]
        bag = self.bags[b["subject"]]
        first, ours = person["doses"][:1] == [at], person.get("ours", [])[:1] == [at]
        for kept in (person["doses"], person.get("ours", [])):
            if at in kept:
                kept.remove(at)
        if first and at in self.first_doses:
            self.first_doses.remove(at)
        if ours and at in self.programme_firsts:
            self.programme_firsts.remove(at)
        bag.update(state="made", signed=[], quarantine=True, investigated=False, checked=None, dosed=None)

    # the family: containers have common ancestors, or they have not

    def _origins(self, name: str) -> set[str]:
        """A container and everything that it was made from."""
        found = {name}
        for parent in self.parents.get(name, ()):
            found |= self._origins(parent)
        return found

    def _kin(self, name: str) -> list[str]:
        """Every container with an ancestor in common, itself first of all."""
        mine = self._origins(name)
        return [other for other in self.bags if mine & self._origins(other)]

    def _made_of(self, name: str) -> list[str]:
        return [other for other in self.bags if name in self._origins(other)]

    def _made_without_pooling(self, name: str) -> list[str]:
        return [other for other in self.bags if name in self._line(other)]

    def _line(self, name: str) -> list[str]:
        """A container and what it was divided from, as far back as to a pool."""
        line = [name]
        while len(self.parents.get(line[-1], ())) == 1:
            line.append(self.parents[line[-1]][0])
        return line

    def _infected(self, name: str) -> str:
        """An infection that was found in anything that has an ancestor in common with it, and never taken back."""
        mine = self._origins(name)
        for other, test, _, seq, good in self.results:
            if test in INFECTIONS and not good and seq not in self.gone and mine & self._origins(other):
                return f"{test} of {other}"
        return ""

    def _passed(self, name: str, test: str) -> bool | None:
        """Of several results of a container and what it was divided from the one that happened last; of a pool, if it has none, what all its parts say."""
        line = self._line(name)
        had = [one for one in self.results if one[0] in line and one[1] == test and one[3] not in self.gone]
        if had:
            return max(had, key=lambda one: (one[2], one[3]))[4]
        parts = [self._passed(part, test) for part in self.parents.get(line[-1], ())]
        if False in parts:
            return False
        return True if parts and None not in parts else None

    def _aside(self, names: Iterable[str]) -> None:
        for name in names:
            bag = self.bags[name]
            bag["signed"], bag["quarantine"], bag["investigated"] = [], True, False

    # the product

    def _therapy_opened(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        if d["coi"] in self.therapies:
            self.bad("unique", f"{d['coi']} given twice")
        self.therapies[d["coi"]] = b["subject"]
        arm = self.people[b["subject"]].get("arm")
        if arm is None or next(a for a in self.rules["arms"] if a["id"] == arm)["regimen"] != d["regimen"]:
            self.bad("arm", f"therapy of {b['subject']} in arm {arm}")
        self._consent(b, b["subject"])
        self._capable(b, b["subject"])

    def _product_collected(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        if d["coi"] not in self.therapies:
            self.bad("identity-first", f"collection before the identifier {d['coi']}")
        elif self.therapies[d["coi"]] != b["subject"] or d["wristband"] != b["subject"]:
            self.bad("identity", f"collection of {d['wristband']} for {b['subject']}")
        if d["din"] in self.collections:
            self.bad("unique", f"{d['din']} given twice")
        self.collections[d["din"]] = (d["coi"], b["subject"])
        self._consent(b, b["subject"])
        self._capable(b, b["subject"])

    def _product_started(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        if b["subject"] in self.bags:
            self.bad("unique", f"{b['subject']} made twice")
        for din in d["collections"]:
            if self.collections.get(din, ("?", "?"))[0] != d["coi"]:
                self.bad("identity", f"{din} made under {d['coi']}")
            if din in self.collection_use:
                self.bad("used", f"{din} used twice")
            self.collection_use[din] = b["subject"]
        self.bags[b["subject"]] = {"person": self.therapies.get(d["coi"], "?"), "coi": d["coi"], "place": b["site"], "away": None,
                                   **self._new()}  # fmt: skip

    @staticmethod
    def _new() -> dict[str, Any]:
        return {
            "signed": [], "route": None, "state": "open", "expires": None, "checked": None, "dosed": None, "loose": set(), "applied": set(),
            "did": {}, "agreed": set(), "lots": set(), "amount": None, "left": 0.0, "frozen": False, "thawed": False, "prepared": None,
            "checked_for": None,
        }  # fmt: skip

    def _participant_erased(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        # thirty years after the expiry of the last of their bags (the one term of the synthetic programme)
        bags = [bag for bag in self.bags.values() if bag["person"] == b["subject"]]
        early = any(
            bag["expires"] is None or b["day"] < f"{int(bag['expires'][:4]) + 30}{bag['expires'][4:10]}"
            for bag in bags
        )
        if d.get("scope", "all") == "all" and early:
            self.bad("traceability", f"{b['subject']} erased while a product must be traced")

    def _bag(self, b: dict[str, Any]) -> dict[str, Any]:
        return self.bags.setdefault(
            b["subject"], {"person": "?", "coi": "?", "place": "?", "away": None, **self._new()}
        )

    def _open(self, b: dict[str, Any]) -> dict[str, Any]:
        bag = self._bag(b)
        if bag["state"] in ("failed", "rejected", "given", "gone", "pooled"):
            self.bad("product-open", f"{b['event']} on {b['subject']}, which is {bag['state']}")
        return bag

    def _steps(self) -> list[dict[str, Any]]:
        return list(self.rules["products"][0]["manufacturing"])

    def _left_out(self, bag: dict[str, Any], upto: str = "") -> list[str]:
        """The steps, up to one of them, that were not done, or that nobody agreed to where work stops."""
        left = []
        # what was bought was made elsewhere
        own = self._product_named(bag["supplied"])["manufacturing"] if bag.get("supplied") else self._steps()
        for step in own:
            if step["id"] == upto:
                break
            if step["id"] not in bag["did"] or (step["hold_point"] and step["id"] not in bag["agreed"]):
                left.append(step["id"])
        return left

    def _product_processed(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        bag = self._open(b)
        step = next((one for one in self._steps() if one["id"] == d["step"]), None)
        if step is None or self._left_out(bag, d["step"]):
            self.bad("steps", f"{d['step']} of {b['subject']} out of its place")
        elif "count" in step["records"] and not any(one["what"] == "count" for one in d["readings"]):
            self.bad("steps", f"{d['step']} of {b['subject']} without its count")
        warm = d["temperature"]
        if step and warm and step["temperature_high"] and not 36 <= warm["value"] <= 38:
            if not d["deviation"]:
                self.bad("range", f"{d['step']} at {warm['value']}")
            self._aside([b["subject"]])
        bag["did"][d["step"]] = {*d["operators"], b["actor"]}
        bag["agreed"].discard(d["step"])
        bag["lots"].update(d["lots"])
        self._not_recalled(b, bag)

    def _product_agreed(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        bag = self._open(b)
        if b["actor"] in bag["did"].get(d["step"], {b["actor"]}):
            self.bad("hold-point", f"{b['actor']} agrees to {d['step']} of {b['subject']}")
        bag["agreed"].add(d["step"])

    def _not_recalled(self, b: dict[str, Any], *bags: dict[str, Any]) -> None:
        for bag in bags:
            if bag["lots"] & self.recalled:
                self.bad("recalled", f"{b['event']} of {b['subject']} with {bag['lots'] & self.recalled}")

    def _lot_recalled(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        self.recalled.add(d["lot"])
        self._aside([name for name, bag in self.bags.items() if d["lot"] in bag["lots"]])

    def _lot_reinstated(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        self.recalled.discard(d["lot"])

    def _product_manufactured(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        bag = self._open(b)
        if self._left_out(bag):
            self.bad("steps", f"{b['subject']} finished without {self._left_out(bag)}")
        bag["expires"] = d["expires_at"]
        bag["state"] = "made"
        bag["amount"] = bag["left"] = d["amount"]["value"]
        self._not_recalled(b, bag)

    def _product_frozen(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        bag = self._open(b)
        if bag["frozen"] or bag["thawed"]:
            self.bad("condition", f"{b['subject']} frozen again")
        bag["frozen"] = True

    def _product_thawed(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        bag = self._open(b)
        if not bag["frozen"]:
            self.bad("condition", f"{b['subject']} thawed, and was not frozen")
        bag["frozen"], bag["thawed"] = False, True
        until = datetime.fromisoformat(b["at"]).timestamp() + 7200
        if bag["expires"] is None or datetime.fromisoformat(bag["expires"]).timestamp() > until:
            bag["expires"] = datetime.fromtimestamp(until, datetime.fromisoformat(b["at"]).tzinfo).strftime(
                "%Y-%m-%dT%H:%M:%S.000Z"
            )

    def _product_prepared(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        bag = self._open(b)
        self._thaw_first(b, bag)
        if bag["prepared"] or b["role"] != "operator":
            self.bad("condition", f"{b['subject']} prepared by a {b['role']}, after {bag['prepared']}")
        bag["prepared"] = b["actor"]

    def _product_failed(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        bag = self._open(b)
        if d["kind"] == "contamination":
            self._found(b["subject"], "contamination", b["at"])
        bag["state"] = "failed"

    def _found(self, name: str, test: str, at: str) -> None:
        """What fails is put aside with all its kin, and with what shares a lot with it; a count of one container with what was made of that."""
        self.results.append([name, test, at, self.events, False])
        if test not in INFECTIONS:
            self._aside(self._made_of(name))
            return
        self._aside(self._kin(name))
        lots = self.bags[name]["lots"]
        self._aside([other for other, bag in self.bags.items() if lots & bag["lots"]])

    def _product_rejected(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        self._open(b)["state"] = "rejected"

    def _product_pooled(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        parts = [self.bags.get(name) or self._bag({**b, "subject": name}) for name in d["products"]]
        if len({bag["coi"] for bag in parts}) > 1:
            self.bad("pooling", f"cells of different people pooled into {b['subject']}")
        if any(bag["away"] or bag["place"] != b["site"] for bag in parts):
            self.bad("pooling", f"{b['subject']} pooled from what is not here")
        if any(bag["state"] in ("failed", "rejected", "given", "gone", "pooled") for bag in parts):
            self.bad("used", f"{b['subject']} pooled from what is no more")
        once, whole = len(set(d["products"])) == len(parts), sum(bag["left"] for bag in parts)
        counted = all(bag["amount"] is not None for bag in parts)
        if not once or not d["amount"]["value"] > 0 or (counted and d["amount"]["value"] > whole * 1.05001):
            self.bad("balance", f"{b['subject']} of {d['amount']['value']} pooled from {whole}")
        self._not_recalled(b, *parts)
        self._thaw_first(b, *parts)
        self.parents[b["subject"]] = list(d["products"])
        first = parts[0]
        self.bags[b["subject"]] = {
            **self._new(), "person": first["person"], "coi": first["coi"], "place": b["site"], "away": None,
            "state": "made" if all(bag["state"] == "made" for bag in parts) else "open", "quarantine": any(bag.get("quarantine") for bag in parts),
            "investigated": all(bag.get("investigated") for bag in parts), "warm": any(bag.get("warm") for bag in parts),
            "did": {step: set().union(*(bag["did"][step] for bag in parts)) for step in first["did"] if all(step in bag["did"] for bag in parts)},
            "agreed": set.intersection(*(bag["agreed"] for bag in parts)), "lots": set().union(*(bag["lots"] for bag in parts)),
            "amount": d["amount"]["value"], "left": d["amount"]["value"], "thawed": any(bag["thawed"] for bag in parts), "prepared": next((bag["prepared"] for bag in parts if bag["prepared"]), None),
            "expires": min((bag["expires"] for bag in parts if bag["expires"]), default=None),
        }  # fmt: skip
        for bag in parts:
            bag["state"] = "pooled"

    def _thaw_first(self, b: dict[str, Any], *bags: dict[str, Any]) -> None:
        if any(bag["frozen"] for bag in bags):
            self.bad("condition", f"{b['event']} of {b['subject']}, which is frozen")

    def _product_divided(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        parent = self._open(b)
        self._not_recalled(b, parent)
        self._thaw_first(b, parent)
        amounts = [part["amount"]["value"] for part in d["into"]]
        if min(amounts) <= 0 or (parent["amount"] is not None and sum(amounts) > parent["left"] * 1.05001):
            self.bad("balance", f"{amounts} out of {parent['left']}")
        for part in d["into"]:
            if part["id"] in self.bags:
                self.bad("unique", f"{part['id']} made twice")
            self.parents[part["id"]] = [b["subject"]]
            self.bags[part["id"]] = {
                **parent,
                "signed": [],
                "route": None,
                "loose": set(),
                "applied": set(),
                "did": {step: set(who) for step, who in parent["did"].items()},
                "agreed": set(parent["agreed"]),
                "lots": set(parent["lots"]),
                "amount": part["amount"]["value"],
                "left": part["amount"]["value"],
                "checked": None,
                "dosed": None,
            }
        parent["state"] = "gone"

    def _product_tested(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        limits = {t["id"]: t for p in self.rules["products"] for t in p["release_tests"]}
        if d["test"] not in limits:
            self.bad("test-known", f"{d['test']} is no test of the programme")
            return
        test = limits[d["test"]]
        good = (
            d["result"] == test["operator"]
            if test["operator"] in ("negative", "conforms")
            else not isinstance(d["result"], str) and d["result"] >= test["limit"]["value"]
        )
        self._bag(b)
        if good or not test["required"]:
            self.results.append([b["subject"], d["test"], b["at"], self.events, good])
        else:
            self._found(b["subject"], d["test"], b["at"])

    def _product_quarantined(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        bag = self._open(b)
        bag["signed"], bag["quarantine"] = [], True

    def _product_investigated(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        bag = self._bag(b)
        bag["investigated"] = True
        if d["conclusion"] != "rejected" and self._infected(b["subject"]):
            self.bad("way-out", f"{b['subject']} goes on in spite of {self._infected(b['subject'])}")
        if d["conclusion"] == "goes-on":
            bag["quarantine"] = False
            bag["warm"] = False
        if d["conclusion"] == "rejected":
            bag["state"] = "rejected"

    def _product_released(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        bag = self._bag(b)
        if bag["state"] != "made" or bag.get("quarantine"):
            self.bad("stage", f"{b['subject']} released while {bag['state']}")
        supplied = bag.get("supplied")
        own = [one["id"] for one in self._product_named(supplied)["release_tests"]] if supplied else None
        for test in own or ("viability", "sterility"):
            if self._passed(b["subject"], test) is not True:
                self.bad("tests", f"{b['subject']} released without passing {test}")
        if self._infected(b["subject"]):
            self.bad("tests", f"{b['subject']} released in spite of {self._infected(b['subject'])}")
        bag["excepted"] = False
        self._signed(b, d, bag)

    def _product_released_exceptionally(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        bag = self._bag(b)
        if (
            self._passed(b["subject"], "sterility") is not True
            or self._infected(b["subject"])
            or not bag.get("investigated")
            or not d["participant_informed"]
        ):
            self.bad("exception", f"{b['subject']} released exceptionally in spite of its results")
        bag["quarantine"], bag["excepted"] = False, True
        self._signed(b, d, bag)

    def _signed(self, b: dict[str, Any], d: dict[str, Any], bag: dict[str, Any]) -> None:
        if b["actor"] in bag["signed"]:
            self.bad("two-persons", f"{b['actor']} signs twice for {b['subject']}")
        if bag["loose"]:
            self.bad("labels", f"{b['subject']} released with {len(bag['loose'])} labels unaccounted for")
        if self._left_out(bag):
            self.bad("steps", f"{b['subject']} released without {self._left_out(bag)}")
        self._not_recalled(b, bag)
        bag["signed"].append(b["actor"])
        bag["released_by"] = self.events
        bag["route"] = d["route"]
        for name in self._standing("release", bag["person"], b):
            self.bad("hold", f"release under hold {name}")

    def _product_sent(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        self._bag(b)["away"] = d["to"]
        self._label_fits(b, d)

    def _product_received(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        bag = self._bag(b)
        bag["place"], bag["away"] = b["site"], None
        bag["warm"] = bag.get("warm") or not d["in_range"]
        told = [d[name]["value"] for name in ("lowest", "highest") if d[name] is not None]
        # the synthetic programme carries what was never frozen between 2 and 25 degrees
        if (
            d["in_range"]
            and not bag["frozen"]
            and not bag["thawed"]
            and not all(2 <= one <= 25 for one in told)
        ):
            self.bad("range", f"{b['subject']} in range between {told}")
        self._label_fits(b, d)

    def _label_fits(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        if self.labels.get(d["label"], ("", ""))[0] != b["subject"]:
            self.bad("identity", f"label {d['label']} on {b['subject']}")

    def _label_printed(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        for name in d["labels"]:
            if name in self.labels or d["coi"] != self._bag(b)["coi"]:
                self.bad("label", f"label {name} printed wrongly")
            self.labels[name] = (b["subject"], "printed")
            self._bag(b)["loose"].add(name)

    def _label_accounted(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        for name in d["labels"]:
            container, fate = self.labels.get(name, ("?", "?"))
            if container != b["subject"] or (
                fate != "printed" and not (fate == "applied" and d["fate"] == "destroyed")
            ):
                self.bad("label", f"label {name} of {container} accounted for at {b['subject']}")
            self.labels[name] = (container, d["fate"])
            self._bag(b)["loose"].discard(name)
            (self._bag(b)["applied"].add if d["fate"] == "applied" else self._bag(b)["applied"].discard)(name)

    def _dose_checked(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        self._bag(b)["dosed"] = (d["participant"], d["dose"]["value"])
        self._bag(b)["dosed_by"] = self.events
        self._bag(b)["checked_for"] = (d["inputs"], d["prepared_by"])
        if b["actor"] == d["prepared_by"] or b["role"] != "quality":
            self.bad("second-check", f"{b['actor']} checks what {d['prepared_by']} prepared")
        ever = {r[1] for r in self.roles if r[0] == d["prepared_by"] and self._held(r[0], r[1], b["at"])} - {
            "custodian"
        }
        if not ever:
            self.bad("authority", f"{d['prepared_by']}, who prepared it, is nobody here")
        elif "operator" not in ever:
            self.bad("second-check", f"{d['prepared_by']}, who prepared it, is only {ever}")
        self._dose(b, d)

    def _measurement_recorded(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        if d["what"] != "weight" or d["value"]["unit"] != "kg" or d["value"]["value"] <= 0:
            self.bad("measured", f"{d['what']} of {d['value']}")
        self.people[b["subject"]].setdefault("weights", []).append(
            (b["at"], self.events, d["value"]["value"])
        )

    def _companion_given(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        named = {one["id"]: one for one in self.rules["regimens"][0]["companions"]}
        one = named.get(d["companion"])
        if one is None or d["route"] != one["route"] or d["dose"] != one["dose"]["amount"]:
            self.bad("companion", f"{d['companion']} {d['route']} {d['dose']}")
        self.people[b["subject"]].setdefault("companions", []).append((b["at"], self.events, d["companion"]))

    def _dose_omitted(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        if (self.rules["regimens"][0].get("late") or {}).get("then") != "skip":
            self.bad("course-decided", f"a dose of {b['subject']} left out")

    def _titration_decided(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        self.people[b["subject"]].setdefault("steps", []).append((b["at"], self.events, d["step"]))

    def _said_of(self, name: str, kind: str, at: str) -> list[Any]:
        """What was said of a kind before a moment and not taken back, in the order of its own time."""
        said = self.people[name].get(kind, ())
        return [one[2] for one in sorted(said) if one[0] <= at and one[1] not in self.gone]

    def _course(self, b: dict[str, Any], name: str) -> None:
        """Two steps with the full dose, the second 60 days after the first; and a drug that goes before every dose."""
        rule, at = self.rules["regimens"][0], b["at"]
        given = self._said_of(name, "companions", at)
        for one in rule.get("companions") or ():
            if one["latest"]["value"] <= 0 and one["id"] not in given:
                self.bad("companions", f"{name} was given nothing of {one['id']}")
        ours = [dose for dose in self.people[name].get("ours", ()) if dose < at]
        said = [
            one
            for one in self.people[name].get("steps", ())
            if ours and ours[-1] < one[0] <= at and one[1] not in self.gone
        ]
        if said and max(said)[2] == "second" and seconds(at, ours[0]) < 60 * 86400:
            self.bad(
                "course",
                f"{name} was given the second step {seconds(at, ours[0]) / 86400:.0f} days after the first",
            )

    def _dose(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        weight = d["inputs"].get("weight", {}).get("value", 0.0)
        weight = [weight, *self._said_of(d["participant"], "weights", b["at"])][-1]
        if not 0.9 * 1e6 * weight <= d["dose"]["value"] <= 1.1 * 1e6 * weight:
            self.bad("dose", f"{d['dose']['value']:g} cells for {weight} kg")

    def _bedside_verified(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        bag = self._bag(b)
        bag["checked"] = (d["participant"], self.truth.get(b["key"], b["at"]))
        bag["checked_by"] = self.events
        if len({s["signer"] for s in b["signatures"] if s["meaning"] == "bedside check"}) < 2:
            self.bad("bedside", f"one person at the bed with {b['subject']}")
        if (
            d["wristband"] != d["participant"]
            or d["bag"] != b["subject"]
            or bag["person"] != d["participant"]
        ):
            self.bad("identity", f"bedside check of {d['wristband']} and {d['bag']} of {bag['person']}")

    def _product_administered(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        bag, name = self._bag(b), d["participant"]
        if (
            bag["person"] != name
            or d["wristband"] != name
            or d["bag"] != b["subject"]
            or d["coi"] != bag["coi"]
        ):
            self.bad("identity", f"{b['subject']} of {bag['person']} given to {d['wristband']}")
        if len(set(bag["signed"])) < 2 or bag["state"] not in ("made",) or bag.get("quarantine"):
            self.bad("release", f"{b['subject']} given, signed by {bag['signed']}, {bag['state']}")
        asked = [
            t["id"] for t in self.rules["products"][0]["release_tests"] if t["timing"] == "before-release"
        ]
        lacking = [test for test in asked if self._passed(b["subject"], test) is not True]
        if self._infected(b["subject"]) or (lacking and not bag.get("excepted")):
            self.bad("release", f"{b['subject']} given without {lacking}; {self._infected(b['subject'])}")
        if bag["loose"] or not bag["applied"]:
            self.bad("labels", f"{b['subject']} given with {len(bag['loose'])} labels in the drawer")
        self._not_recalled(b, bag)
        self._thaw_first(b, bag)
        if bag["away"] is not None or bag["place"] != b["site"] or bag.get("warm"):
            self.bad("custody", f"{b['subject']} is at {bag['place']}")
        if bag["expires"] is None or bag["expires"] <= max(
            self.truth.get(b["key"], b["at"]), b["recorded"] if b["source"] == "online" else ""
        ):
            self.bad("expiry", f"{b['subject']} expired {bag['expires']}")
        if d["route"] != "intrathecal" or bag["route"] != d["route"]:
            self.bad("route", f"{d['route']}")
        if (
            bag["checked"] is None
            or bag["checked"][0] != name
            or not 0 <= seconds(self.truth.get(b["key"], b["at"]), bag["checked"][1]) <= 3600
        ):
            self.bad("bedside", f"{b['subject']} without a bedside check")
        self._dose_of(b, d, bag)

    def _dose_of(self, b: dict[str, Any], d: dict[str, Any], bag: dict[str, Any]) -> None:
        """What is asked of every dose, whether it comes out of a container or a kit."""
        name = d["participant"]
        person = self.people[name]
        self._documented_afterwards(b, bag)
        # the clock of a device may be a little wrong; whoever was there knows when it was
        said, b = b, {**b, "at": self.truth.get(b["key"], b["at"])}
        self._consent(b, name)
        self._verdict(b, name)
        self._confirmed(b, name)
        self._capable(b, name)
        if self.forecast is None or self.forecast > b["at"]:
            self.bad("forecast", "a dose before the forecast")
        for held in self._standing("administration", name, b):
            self.bad("hold", f"{name} treated under hold {held}")
        for rule, people in self._crossings():
            if not any(held["rule"] == rule for held in self.holds.values()):
                self.bad("hold", f"{rule} crossed by {people} without a hold")
        self._dose(b, d)
        self._course(b, name)
        if bag["dosed"] != (name, d["dose"]["value"]):
            self.bad("second-check", f"{b['subject']} without a second check of this dose")
        elif bag["checked_for"][0] != d["inputs"] or bag["prepared"] not in (None, bag["checked_for"][1]):
            self.bad("second-check", f"{b['subject']} was checked for {bag['checked_for']}")
        b = said
        gaps = [seconds(b["at"], at) / 86400 for at in person["doses"]]
        ours = [seconds(b["at"], at) / 86400 for at in person.get("ours", ())]
        if scoped_rules.has_scopes(self.rules):
            # how many, and what opened a further course, is judged with the verdicts; how far apart, within a course
            if any(abs(gap) < 10 for gap in gaps):
                self.bad("interval", f"dose {len(gaps) + 1} of {name} after {gaps} days")
        elif len(gaps) >= 2 or any(abs(gap) < 25 for gap in gaps) or (ours and not 25 <= min(ours) <= 35):
            self.bad("interval", f"dose {len(gaps) + 1} of {name} after {gaps} days")
        if not ours:
            if len(self.programme_firsts) < 2 and any(
                seconds(b["at"], at) < 2 * 86400 for at in self.first_doses
            ):
                self.bad("interval", f"{name} treated too soon after the person before")
            elif len(self.programme_firsts) < 2 and self.first_doses:
                told = [one for one in self.reviews if one[0] <= b["at"]]
                if not told or not told[-1][1] or seconds(told[-1][0], max(self.first_doses)) < 2 * 86400:
                    self.bad("interval", f"{name} treated, and nobody had said that the next may be")
            self.programme_firsts.append(b["at"])
        if not person["doses"]:
            self.first_doses.append(b["at"])
        person.setdefault("ours", []).append(b["at"])
        if bag["state"] == "given":
            self.bad("used", f"{b['subject']} given twice")
        person["doses"].append(b["at"])
        bag["state"] = "given"

    def _deviation_recorded(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        # the truth about a wrong administration: no claim of validity, but it counts for what comes after
        person = self.people[d["participant"]]
        if not person["doses"]:
            self.first_doses.append(b["at"])
        person["doses"].append(b["at"])
        self._bag(b)["state"] = "given"

    def _capsule_conflicted(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        if d["event"]["event"] in ("product.administered", "kit.given"):
            self._deviation_recorded(d["event"], d["event"]["data"])

    # harm

    def _adverse_event_reported(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        if d["event"] in self.harm:
            self.bad("unique", f"{d['event']} reported twice")
        self.harm[d["event"]] = {
            "person": b["subject"],
            "serious": d["serious"] or d["grade"] == 5 or d["life_threatening"],
            "category": d["category"],
            "grade": d["grade"],
            "own_grade": d.get("category_grade"),
            "judged": {},
        }

    def _adverse_event_judged(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        if b["actor"] in self.harm[b["subject"]]["judged"]:
            self.bad("two-persons", f"{b['actor']} judges twice")
        self.harm[b["subject"]]["judged"][b["actor"]] = d["related"]

    def _crossings(self) -> Iterable[tuple[str, set[str]]]:
        treated = {name for name, person in self.people.items() if person["doses"]}
        serious = {
            h["person"]
            for h in self.harm.values()
            if h["serious"] and not (len(h["judged"]) >= 2 and not any(h["judged"].values()))
        }
        if len(serious & treated) >= 2:
            yield "two-serious", serious & treated
        mass = {h["person"] for h in self.harm.values() if h["category"] == "new-mass"} & treated
        if mass:
            yield "one-mass", mass
        own = {one["id"]: one for one in self.rules["safety"].get("event_categories") or ()}
        for rule in self.rules["safety"]["stopping_rules"]:
            if rule["counts"] not in own or rule.get("within") or rule.get("among"):
                continue
            graded = "own_grade" if own[rule["counts"]]["grading"] else "grade"
            hit = {
                h["person"] for h in self.harm.values()
                if h["category"] == rule["counts"] and (h[graded] or 0) >= (rule["grade_at_least"] or 0)
            } & treated  # fmt: skip
            share = rule.get("share")
            if (rule["events"] and len(hit) >= rule["events"]) or (
                share
                and len(treated) >= share["people"]
                and 100 * len(hit) > share["above"]["value"] * len(treated)
            ):
                yield rule["id"], hit


def violations(bodies: Iterable[dict[str, Any]]) -> list[str]:
    return Checker().check(bodies)
