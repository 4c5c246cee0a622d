"""Gates on the product: identity, pooling, tests, labels, exceptional release, custody, expiry."""

from __future__ import annotations

from collections.abc import Callable

from proband.programme.product import Product as ProductRule
from proband.programme.product import ReleaseTest
from proband.programme.regimen import Regimen
from proband.record.errors import Refusal
from proband.record.gates.declare import Context, gate
from proband.record.safety import STERILITY
from proband.record.state import Container

#: status of a container that may still be worked on
OPEN = ("in-process", "manufactured", "quarantined")

#: attributes that are never released exceptionally: an infection, a toxin or a changed genome is not a matter of count
NEVER_EXCEPTIONAL = (*STERILITY, "endotoxin-route-review", "genomic-integrity", "karyotype")


def _here(c: Context) -> object:
    return c.product is not None and c.product.sent_to is None and c.product.place == c.body["site"]


PRODUCT_STAGES: dict[str, tuple[tuple[Callable[[Context], object], str], ...]] = {
    "product.release": ((lambda c: c.product and c.product.status == "manufactured", "a finished product that is not in quarantine"),),
    "product.release-exceptionally": (
        (lambda c: c.product and c.product.status in ("manufactured", "quarantined"), "a finished product"),
    ),
    "product.investigate": ((lambda c: c.product and c.product.status == "quarantined", "a product in quarantine"),),
    "product.send": (
        (lambda c: c.product and c.product.status in ("in-process", "manufactured", "released"), "a product that may travel"),
        (_here, "the product here, and not on its way"),
        (lambda c: c.data["to"] in c.state.sites, "a site to send it to"),
    ),
    "product.receive": ((lambda c: c.product and c.product.sent_to == c.body["site"], "a product that is on its way here"),),
    "dose.check": ((lambda c: c.product and c.participant, "a product and a participant"),),
    "product.dispose": (
        (lambda c: c.product and c.product.status != "used" and not c.product.disposed, "a product that is not yet disposed of"),
    ),
}  # fmt: skip


def regimen_of(c: Context) -> Regimen | None:
    """The regimen under which the product of a context was made."""
    return c.view.regimen.get(c.product.regimen) if c.view and c.product else None


def rule_of(c: Context) -> ProductRule | None:
    """The programme's product of a context."""
    return c.view.product.get(c.product.kind) if c.view and c.product else None


@gate("identity-first")
def identity_first(c: Context) -> Refusal | None:
    """The identifier of the therapy event was there before anything was taken."""
    therapy = c.state.therapies.get(c.data["coi"])
    if therapy is None or therapy.opened_at > c.at:
        return Refusal(
            "identity-first",
            f"{c.data['coi']} was not allocated before this collection",
            "allocate the identifier first",
        )
    return None


@gate("identity")
def identity(c: Context) -> Refusal | None:
    """Every scan resolves to the same person and the same therapy event; both are shown where they do not."""
    state, data, product, person = c.state, c.data, c.product, c.participant
    match c.verb:
        case "product.collect":
            therapy = state.therapies.get(data["coi"])
            owner = therapy.participant if therapy else c.subject
            if owner != c.subject or data["wristband"] != c.subject:
                return _mismatch(
                    f"wristband {data['wristband']}",
                    f"therapy {data['coi']} of {owner}, order for {c.subject}",
                )
        case "product.make":
            for din in data["collections"]:
                taken = state.collections.get(din)
                if taken is None or taken.coi != data["coi"]:
                    return _mismatch(
                        f"collection {din} ({taken.coi if taken else 'unknown'})", f"therapy {data['coi']}"
                    )
        case "product.send" | "product.receive":
            label = state.labels.get(data["label"])
            if (
                product is None
                or label is None
                or label.container != product.id
                or label.fate != "applied"
                or data["coi"] != product.coi
            ):
                return _mismatch(
                    f"label {data['label']} ({label.container if label else 'unknown'})",
                    f"{c.subject} of {data['coi']}",
                )
        case _:
            if product is None or person is None:
                return _mismatch(c.subject, str(data.get("participant")))
            band, bag = data["wristband"], data["bag"]
            wrong = band != person.id or bag != product.id or product.participant != person.id
            if c.verb == "bedside.verify":
                label = state.labels.get(data["label"])
                wrong = wrong or label is None or label.container != product.id or label.fate != "applied"
            else:
                wrong = wrong or data["coi"] != product.coi
            if wrong:
                return _mismatch(f"wristband {band}", f"bag {bag} of {product.participant} ({product.coi})")
    return None


def _mismatch(one: str, other: str) -> Refusal:
    return Refusal("identity", f"STOP: {one} and {other} are not the same identity", "do not go on; put the container aside and call the laboratory",
                   first=one, second=other)  # fmt: skip


@gate("pooling")
def pooling(c: Context) -> Refusal | None:
    """Cells of different people are never mixed, and nothing is pooled where the programme says never."""
    products = [c.state.products.get(name) for name in c.data["products"]]
    known = [product for product in products if product is not None]
    if len(known) != len(products) or not known or c.view is None:
        return Refusal("pooling", "a product to be pooled is not known", "name products of this record")
    kinds = {product.kind for product in known}
    if len({product.coi for product in known}) > 1 or len(kinds) > 1:
        return Refusal(
            "pooling", "STOP: these containers belong to different therapy events", "never mix them"
        )
    if c.view.product[kinds.pop()].pooling == "never":
        return Refusal("pooling", "the programme never pools this product", "keep the containers apart")
    return None


@gate("used")
def used(c: Context) -> Refusal | None:
    """What is used up is used up: collections, divided containers, given doses."""
    state, product = c.state, c.product
    match c.verb:
        case "product.make":
            for din in c.data["collections"]:
                taken = state.collections.get(din)
                if taken is not None and taken.used_by:
                    return Refusal(
                        "used",
                        f"collection {din} is already in {taken.used_by}",
                        "use what is left, or collect again",
                    )
        case "product.pool":
            for name in c.data["products"]:
                part = state.products.get(name)
                if part is not None and (part.status not in OPEN or part.administered_at):
                    return Refusal("used", f"{name} is {part.status}", "pool what is still there")
        case "product.split":
            total = sum(part["amount"]["value"] for part in c.data["into"])
            if product is not None and product.amount is not None and total > product.remaining * (1 + 1e-9):
                return Refusal(
                    "used",
                    f"{total:g} cannot come out of {product.remaining:g} {product.unit}",
                    "count again",
                )
        case _:
            if product is not None:
                if product.administered_at or product.disposed:
                    return Refusal(
                        "used",
                        f"{product.id} was already given or disposed of",
                        "take the container meant for today",
                    )
                dose = c.data["dose"]
                if dose["unit"] == product.unit and dose["value"] > product.remaining * (1 + 1e-9):
                    return Refusal(
                        "used",
                        f"{product.id} holds {product.remaining:g} {product.unit}",
                        "check container and dose",
                    )
    return None


@gate("product-open")
def product_open(c: Context) -> Refusal | None:
    """The container exists, is at this site, and is still being worked on."""
    product = c.product
    if product is None:
        return Refusal("product-open", f"there is no product {c.subject}", "start it first")
    allowed = (
        (*OPEN, "released")
        if c.verb in ("product.thaw", "product.quarantine", "product.reject", "product.fail")
        else OPEN
    )
    if product.status not in allowed:
        return Refusal(
            "product-open", f"{product.id} is {product.status}", "work on a container that is open"
        )
    if c.verb == "product.finish" and product.status != "in-process":
        return Refusal(
            "product-open", f"{product.id} is already {product.status}", "a product is finished once"
        )
    if product.sent_to is not None or product.place != c.body["site"]:
        return Refusal("product-open", f"{product.id} is at {product.place}" + (f", on its way to {product.sent_to}" if product.sent_to else ""),
                       "work on it where it is")  # fmt: skip
    return None


@gate("test-known")
def test_known(c: Context) -> Refusal | None:
    """The test is one of the programme's for this product, with a result of its kind."""
    rule = rule_of(c)
    test = next((test for test in rule.release_tests if test.id == c.data["test"]), None) if rule else None
    if test is None:
        return Refusal(
            "test-known", f"{c.data['test']} is no release test of this product", "use the programme's tests"
        )
    numeric = test.operator not in ("negative", "conforms")
    if numeric == isinstance(c.data["result"], str):
        return Refusal(
            "test-known",
            f"{test.name}: {c.data['result']!r} is not a {'number' if numeric else 'finding'}",
            "enter what was measured",
        )
    return None


def _tests(rule: ProductRule, route: str) -> list[ReleaseTest]:
    return [test for test in rule.release_tests if route in [known.value for known in test.routes]]


def failing(product: Container, rule: ProductRule, route: str) -> list[ReleaseTest]:
    """Required tests for a route whose result is there and outside its limit."""
    return [
        test
        for test in _tests(rule, route)
        if test.required and test.id in product.tests and not product.tests[test.id].passes
    ]


def outstanding(product: Container, rule: ProductRule, route: str) -> list[ReleaseTest]:
    """Required tests before release for a route that have no result."""
    return [
        test
        for test in _tests(rule, route)
        if test.required and test.timing == "before-release" and test.id not in product.tests
    ]


@gate("tests")
def tests(c: Context) -> Refusal | None:
    """Every required test for the route is there and within its limit; a route without limits gets no release."""
    product, rule, route = c.product, rule_of(c), c.data["route"]
    if product is None or rule is None or not _tests(rule, route):
        return Refusal(
            "tests",
            f"there are no release limits for the route {route}",
            "a limit for one route is none for another",
        )
    missing = outstanding(product, rule, route)
    if missing:
        return Refusal(
            "tests", f"{product.id} lacks {', '.join(test.id for test in missing)}", "wait for the results"
        )
    bad = failing(product, rule, route)
    if bad:
        return Refusal(
            "tests",
            f"{product.id} is outside the limit of {', '.join(test.id for test in bad)}",
            "quarantine and investigate",
        )
    return None


@gate("exception")
def exception(c: Context) -> Refusal | None:
    """Release in spite of a result outside its limit: only where the programme allows, investigated, never an infection."""
    product, rule, route = c.product, rule_of(c), c.data["route"]
    if product is None or rule is None:
        return Refusal("exception", "there is no such product", "name a product")
    terms = rule.out_of_specification
    if terms is None or not terms.exceptional_release:
        return Refusal("exception", "the programme allows no exceptional release", "reject the product")
    if not _tests(rule, route) or outstanding(product, rule, route):
        return Refusal(
            "exception", f"{product.id} has no complete results for {route}", "wait for the results"
        )
    never = [test.id for test in failing(product, rule, route) if test.attribute in NEVER_EXCEPTIONAL]
    if never:
        return Refusal(
            "exception",
            f"{product.id} failed {', '.join(never)}, which is never released",
            "reject the product",
        )
    if not product.investigated:
        return Refusal("exception", f"{product.id} has not been investigated", "finish the investigation")
    if not c.data["participant_informed"]:
        return Refusal(
            "exception",
            "the participant has not been told",
            "tell the participant and ask for their decision",
        )
    return None


@gate("labels")
def labels(c: Context) -> Refusal | None:
    """The container bears a label, and no printed label of it is unaccounted for."""
    mine = [c.state.labels[name] for name in c.product.labels] if c.product else []
    loose = [label.id for label in mine if label.fate == "printed"]
    if loose:
        return Refusal(
            "labels",
            f"{len(loose)} labels of {c.subject} are unaccounted for: {', '.join(loose[:3])}",
            "account for every label",
        )
    if not any(label.fate == "applied" for label in mine):
        return Refusal("labels", f"{c.subject} bears no label", "print and apply a label")
    return None


@gate("label")
def label(c: Context) -> Refusal | None:
    """A label is printed once, for a container of this identity, and its fate is told once."""
    product, names = c.product, c.data["labels"]
    if product is None or len(set(names)) != len(names):
        return Refusal(
            "label",
            "there is no such product, or a label is named twice",
            "name the container and each label once",
        )
    known = [c.state.labels.get(name) for name in names]
    if c.verb == "label.print":
        if any(known):
            return Refusal("label", "a label with this serial was already printed", "print with new serials")
        if c.data["coi"] != product.coi:
            return _mismatch(f"label for {c.data['coi']}", f"container {product.id} of {product.coi}")
        return None
    for name, entry in zip(names, known, strict=True):
        if entry is None or entry.container != product.id:
            return Refusal(
                "label", f"{name} is no label of {product.id}", "account for labels where they belong"
            )
        if entry.fate != "printed" and not (entry.fate == "applied" and c.data["fate"] == "destroyed"):
            return Refusal("label", f"{name} is already {entry.fate}", "a label's fate is told once")
    return None


@gate("custody")
def custody(c: Context) -> Refusal | None:
    """The container is here, taken over from whoever carried it, and stayed in range."""
    product = c.product
    if product is None:
        return Refusal("custody", f"there is no product {c.subject}", "name a product")
    if product.sent_to is not None:
        return Refusal(
            "custody", f"{product.id} is on its way to {product.sent_to}", "receive it first, with both scans"
        )
    if product.place != c.body["site"]:
        return Refusal(
            "custody", f"{product.id} is at {product.place}, not at {c.body['site']}", "receive it here first"
        )
    if product.excursion:
        return Refusal(
            "custody", f"{product.id} left its temperature range on the way", "quarantine and investigate"
        )
    return None


@gate("expiry")
def expiry(c: Context) -> Refusal | None:
    """Not expired, by the later of the two clocks; a product without an expiry has none to be inside of."""
    product = c.product
    if product is None or product.expires_at is None:
        return Refusal("expiry", f"{c.subject} has no time of expiry", "finish the product with its expiry")
    if product.expires_at <= c.now:
        return Refusal("expiry", f"STOP: {product.id} expired at {product.expires_at}", "dispose of it")
    return None
