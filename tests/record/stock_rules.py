"""What a record with lots, donors and a stock promises, written a second time: by plain counting, with nothing of the gates imported."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any


class StockRules:
    """The part of the checker that counts units and knows donors."""

    events: int
    bags: dict[str, dict[str, Any]]
    rules: dict[str, Any]
    parents: dict[str, list[str]]
    log: list[dict[str, Any]]
    gone: set[int]

    def begin_stock(self) -> None:
        #: units by lot, site and place; donors; donations (donor, product, day); what is in a unit; shipments
        self.units: Counter[tuple[str, str, str]] = Counter()
        self.donors: dict[str, dict[str, Any]] = {}
        self.gifts: dict[str, tuple[str, str, str]] = {}
        self.gone_into: dict[str, str] = {}
        self.each: dict[str, float] = {}
        self.of_product: dict[str, str] = {}
        self.packs: dict[str, tuple[str, int]] = {}
        self.on_the_way: dict[str, tuple[str, str, int]] = {}
        #: the ledger: how many units of a lot came into being or were found, and how many are nowhere any more
        self.came: Counter[str] = Counter()
        self.went: Counter[str] = Counter()

    def unaccounted(self, lot: str) -> int:
        """What came of a lot, less what is at a site, on its way, with people, or gone for good: nothing, or units have vanished."""
        there = sum(units for (name, _, _), units in self.units.items() if name == lot)
        moving = sum(units for name, _, units in self.on_the_way.values() if name == lot)
        people = sum(units for name, units in self.packs.values() if name == lot)
        return self.came[lot] - self.went[lot] - there - moving - people

    def compared(self, rows: Iterable[Mapping[str, Any]]) -> list[str]:
        """Where the record's account of its stock is another than this ledger."""
        found, told = [], set()
        for row in rows:
            lot, site = row["lot"], row["site"]
            told.add((lot, site))
            mine = [self.units[lot, site, place] for place in ("usable", "aside", "returned")]
            if [row["usable"], row["aside"], row["returned"]] != mine or row["unaccounted"] != 0:
                found.append(f"stock: {lot} at {site} is {mine}, and the record says {dict(row)}")
        missing = {(lot, site) for lot, site, _ in self.units} - told
        lost = {lot: n for lot in self.came if (n := self.unaccounted(lot))}
        return found + [f"stock: {missing or lost} are in no account"] * bool(missing or lost)

    def bad(self, name: str, text: str) -> None:
        raise NotImplementedError

    def _new(self) -> dict[str, Any]:
        raise NotImplementedError

    def _product_named(self, name: str) -> dict[str, Any]:
        return next(one for one in self.rules["products"] if one["id"] == name)

    # donors

    def _donor_registered(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        if b["subject"] in self.donors:
            self.bad("unique", f"donor {b['subject']} registered twice")
        self.donors[b["subject"]] = {"agreed": False, "tests": [], "fit": [], "grave": set()}

    def _donor_consented(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        texts = [one for p in self.rules["products"] if p.get("donors") for one in p["donors"]["consent"]]
        newest = [one for one in texts if one["language"] == d["language"] and one["in_force"] <= d["on"]]
        if not newest or max(newest, key=lambda one: one["in_force"])["id"] != d["version"]:
            self.bad("donor", f"{b['subject']} agreed to {d['version']} on {d['on']}")
        if "donation" in d["covers"]:
            self.donors[b["subject"]]["agreed"] = True

    def _donor_withdrawn(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        if "donation" in d["covers"]:
            self.donors[b["subject"]]["agreed"] = False

    def _donor_tested(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        self.donors[b["subject"]]["tests"].append((d["test"], d["result"], d["sampled_on"], self.events))
        if d["result"] == "positive":
            self._all_of(b["subject"])
        if self._newest(b["subject"], d["test"]) == "indeterminate":
            for bag in self._made_of_donor(b["subject"]):
                bag["quarantine"], bag["signed"] = True, []

    def _newest(self, donor: str, test: str) -> str:
        own = [one for one in self.donors.get(donor, {"tests": []})["tests"] if one[0] == test]
        return max(own, key=lambda one: (one[2], one[3]))[1] if own else ""

    def _donor_determined(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        donor = self.donors[b["subject"]]
        asked = {one["id"] for one in self._product_named(d["product"])["donors"]["tests"]}
        negative = {test for test, result, *_ in donor["tests"] if result == "negative"}
        if d["eligible"] and (not donor["agreed"] or asked - negative or donor["grave"] or any(one[1] == "positive" for one in donor["tests"])):  # fmt: skip
            self.bad("donor", f"{b['subject']} found fit without {asked - negative or 'agreement'}")
        donor["fit"].append((d["product"], d["eligible"], self.events))

    def _donor_collected(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        if not self.donors[b["subject"]]["agreed"] or d["din"] in self.gifts:
            self.bad("donor", f"{d['din']} taken of {b['subject']}, who has not agreed")
        self.gifts[d["din"]] = (b["subject"], d["product"], b["day"])

    def _donor_followed(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        if d["finding"] in ("infection", "malignancy", "genetic"):
            self.donors[b["subject"]]["grave"].add(self.events)
            self._all_of(b["subject"])

    def _made_of_donor(self, donor: str) -> list[dict[str, Any]]:
        lots = {lot for din, lot in self.gone_into.items() if self.gifts[din][0] == donor}
        return [bag for name, bag in self.bags.items() if name in lots or bag.get("lot") in lots]

    def _all_of(self, donor: str) -> None:
        """Everything that was made of somebody is bad for good, unless that was never found of them."""
        for bag in self._made_of_donor(donor):
            bag["quarantine"], bag["signed"], bag["unfit"] = (
                True,
                [],
                bag.get("unfit", frozenset()) | {self.events},
            )

    def _donor_retracted(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        target, donor = b["corrects"], self.donors[b["subject"]]
        old = self.log[target - 1]
        if old["subject"] != b["subject"] or old["event"] != d["event"] or target in self.gone:
            self.bad("retraction", f"takes back {target}, which is not {b['subject']}'s to take back")
        self.gone.add(target)
        if d["event"] == "donor.collected":
            din = old["data"]["din"]
            lot = self.gone_into.pop(din, "")
            if lot and self.bags[lot]["state"] not in ("gone", "rejected"):
                self.bad("retraction", f"{din} was never given, and {lot} is made of it")
            self.gifts.pop(din)
            return
        donor["grave"].discard(target)
        donor["tests"] = [one for one in donor["tests"] if one[3] != target]
        for bag in self._made_of_donor(b["subject"]):
            bag["unfit"] = bag.get("unfit", frozenset()) - {target}
        if d["event"] == "donor.tested" and old["data"]["result"] == "negative":
            donor["fit"] = [one for one in donor["fit"] if one[2] < target or not one[1]]
            for bag in self._made_of_donor(b["subject"]):
                bag["quarantine"], bag["signed"] = True, []

    # lots

    def _lot_begun(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        if d["product"] not in [one["id"] for one in self.rules["products"]]:
            self.bad("origin", f"{b['subject']} of {d['product']}, which the programme does not have")
            return
        rule = self._product_named(d["product"])
        if rule["kind"] == "autologous-cells" or (rule.get("donors") and not d["donations"]):
            self.bad("origin", f"{b['subject']} of {d['product']} made of nothing")
        for din in d["donations"]:
            donor, product, day = self.gifts.get(din, ("?", "?", "1900-01-01"))
            one = self.donors.get(donor, {"agreed": False, "fit": [], "tests": [], "grave": set()})
            fit = [good for of, good, _ in one["fit"] if of == product][-1:]
            sick = one["grave"] or any(test[1] == "positive" for test in one["tests"])
            near = {
                test["id"]
                for test in rule["donors"]["tests"]
                for name, result, sampled, _ in one["tests"]
                if name == test["id"] and result == "negative" and self._newest(donor, name) == "negative"
                and abs((date.fromisoformat(sampled) - date.fromisoformat(day)).days) <= test["within"]["value"]
            }  # fmt: skip
            if product != d["product"] or not one["agreed"] or fit != [True] or sick or din in self.gone_into:
                self.bad("origin", f"{b['subject']} made of {din} of {donor}")
            if len(near) < len(rule["donors"]["tests"]):
                self.bad("origin", f"{b['subject']} made of {din}, tested for {near} alone")
            self.gone_into[din] = b["subject"]
        self.bags[b["subject"]] = {
            "person": "",
            "coi": b["subject"],
            "place": b["site"],
            "away": None,
            **self._new(),
        }
        self.bags[b["subject"]]["lots"].add(b["subject"])
        self.of_product[b["subject"]] = d["product"]

    def _lot_filled(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        bag = self.bags[b["subject"]]
        whole = bag.get("left") or 0.0
        if b["subject"] in self.each or d["each"]["value"] * (d["units"] + d["samples"]) > whole * (1 + 1e-6):
            self.bad("balance", f"{b['subject']} filled with more than {whole}")
        self.each[b["subject"]] = d["each"]["value"]
        self.units[b["subject"], b["site"], "usable"] += d["units"]
        self.came[b["subject"]] += d["units"]

    def _lot_received(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        if self._product_named(d["product"]).get("donors"):
            self.bad("origin", f"{b['subject']} of {d['product']} came from nobody's donation")
        self.bags[b["subject"]] = {
            "person": "",
            "coi": b["subject"],
            "place": b["site"],
            "away": None,
            **self._new(),
        }
        bag = self.bags[b["subject"]]
        bag["state"], bag["expires"], bag["supplied"] = "made", d["expires_at"], d["product"]
        bag["lots"] |= {b["subject"], d["supplier_lot"]}
        self.each[b["subject"]], self.of_product[b["subject"]] = d["each"]["value"], d["product"]
        self.units[b["subject"], b["site"], self._warm(d["product"], d)] += d["units"]
        self.came[b["subject"]] += d["units"]

    def _warm(self, product: str, d: dict[str, Any]) -> str:
        kept = next((one for one in self._product_named(product)["kept_at"] if one["state"] == "fresh"), None)
        if kept is None:
            return "usable"
        told = [d["lowest"], d["highest"]]
        good = all(
            one is not None and kept["low"]["value"] <= one["value"] <= kept["high"]["value"] for one in told
        )
        return "usable" if good else "aside"

    # units

    def _take(self, b: dict[str, Any], lot: str, place: str, units: int) -> None:
        self.units[lot, b["site"], place] -= units
        if self.units[lot, b["site"], place] < 0:
            self.bad(
                "stock", f"{b['event']} takes {units} {place} of {lot} at {b['site']}, which were not there"
            )

    def _stock_sent(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        self._take(b, b["subject"], "usable", d["units"])
        self.on_the_way[d["shipment"]] = (b["subject"], d["to"], d["units"])

    def _stock_received(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        lot, to, units = self.on_the_way.pop(d["shipment"], ("?", "?", 0))
        if (
            (lot, to) != (b["subject"], b["site"])
            or d["units"] > units
            or (d["units"] < units and not b["reason"])
        ):
            self.bad("stock", f"{d['units']} of {units} of {lot} arrived at {b['site']}")
        self.units[lot, to, self._warm(self.of_product[lot], d)] += d["units"]
        self.went[lot] += units - d["units"]

    def _stock_counted(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        if len({s["signer"] for s in b["signatures"]} | {b["actor"]}) < 2:
            self.bad("second-person", f"{b['subject']} counted by {b['actor']} alone")
        for place in ("usable", "aside", "returned"):
            if self.units[b["subject"], b["site"], place] != d[place] and not b["reason"]:
                self.bad("stock", f"{d[place]} {place} counted, and nobody says why")
            self.came[b["subject"]] += d[place] - self.units[b["subject"], b["site"], place]
            self.units[b["subject"], b["site"], place] = d[place]

    def _stock_put_aside(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        self._take(b, b["subject"], "usable", d["units"])
        self.units[b["subject"], b["site"], "aside"] += d["units"]

    def _stock_judged(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        self._take(b, b["subject"], "aside", d["units"])
        self.units[b["subject"], b["site"], "usable"] += d["units"]

    def _stock_packed(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        self._lot_fit(b, b["subject"])
        self._take(b, b["subject"], "usable", d["units"])
        self.went[b["subject"]] += d["units"]

    def _stock_destroyed(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        if len({s["signer"] for s in b["signatures"]} | {b["actor"]}) < 2:
            self.bad("second-person", f"{b['subject']} destroyed by {b['actor']} alone")
        self._take(b, b["subject"], d["of"], d["units"])
        self.went[b["subject"]] += d["units"]

    def _lot_fit(self, b: dict[str, Any], lot: str) -> None:
        bag = self.bags[lot]
        if len(set(bag["signed"])) < 2 or bag.get("quarantine") or bag["state"] != "made" or bag.get("unfit"):
            self.bad("stock", f"{b['event']} of {lot}, signed by {bag['signed']}, {bag['state']}")
        if bag["expires"] <= max(b["at"], b["recorded"]):
            self.bad("expiry", f"{lot} expired {bag['expires']}")

    def _stock_dispensed(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        if b["subject"] in self.bags:
            self.bad("unique", f"{b['subject']} dispensed twice")
        self._lot_fit(b, d["lot"])
        self._take(b, d["lot"], "usable", d["units"])
        lot = self.bags[d["lot"]]
        self.packs[b["subject"]] = (d["lot"], d["units"])
        amount = self.each.get(d["lot"], 0.0) * d["units"]
        self.bags[b["subject"]] = {
            **lot, "person": d["participant"], "place": b["site"], "lot": d["lot"], "lots": set(lot["lots"]), "signed": list(lot["signed"]),
            "applied": set(), "loose": set(), "dosed": None, "checked": None, "amount": amount, "left": amount,
        }  # fmt: skip
        self.parents[b["subject"]] = [d["lot"]]

    def _stock_returned(self, b: dict[str, Any], d: dict[str, Any]) -> None:
        lot, units = self.packs[b["subject"]]
        if d["units"] > units:
            self.bad("stock", f"{d['units']} of {units} of {b['subject']} came back")
        self.packs[b["subject"]] = (lot, units - d["units"])
        self.units[lot, b["site"], "returned"] += d["units"]
        if units == d["units"]:
            self.bags[b["subject"]]["state"] = "gone"
