"""What the registry itself refuses; everything else that it refuses is the record's."""

from __future__ import annotations

from proband.terms.errors.entry import Entry

ENTRIES = (
    Entry("registry.scope", "this token was not made for {scope}", "make one with this scope, or sign in"),
    Entry(
        "registry.token.form",
        "a token has a name, at least one scope, and 1 to {most} days; scopes that there are not: {wrong}",
        "choose among the scopes that are listed",
    ),
    Entry("registry.token.password", "this is not your password", "type it again"),
    Entry("registry.token.signs", "a token signs nothing", "sign in, and sign with your own key"),
    Entry(
        "registry.token.key",
        "a command that is sent with a token has no idempotency key",
        "send one in the header Idempotency-Key, another one for each command: sent again it is the same event",
    ),
    Entry(
        "registry.look",
        "you have not read the arms within the hour",
        "read them first (allocation.read): with a reason and your signature, so that the log says who looked",
    ),
    Entry(
        "registry.bundle",
        "the record keeps the parts of version {hash} by which it judges, and not the whole programme: this page needs its claims and questions",
        "adopt the next version from its bundle; the record keeps that whole",
    ),
    Entry(
        "registry.sign-on.issuer",
        "the hospital's sign-on at {issuer} is not reached by HTTPS",
        "name the issuer as it names itself, beginning with https://",
    ),
    Entry(
        "registry.sign-on.absent",
        "what speaks with a hospital's sign-on is not installed",
        "pip install 'proband[sign-on]'",
    ),
    Entry(
        "registry.sign-on.provider",
        "the hospital's sign-on opens nothing this time: {why}",
        "begin again, or sign in with your password; if it happens again, tell whoever runs the registry",
    ),
    Entry(
        "registry.sign-on.unbound",
        "this account of the hospital is bound to nobody here",
        "sign in with your password and bind it under Password, Hospital sign-on",
    ),
    Entry(
        "registry.sign-on.taken",
        "this account of the hospital is bound to somebody else here",
        "bind your own, or have its holder take it back",
    ),
    Entry(
        "registry.rows.changed",
        "the first {after} rows are no longer those that you have",
        "begin again from the first row",
    ),
    Entry(
        "registry.again",
        "from this page something was recorded already",
        "look at it: to put it right, go on from its own page; sent once more, this is recorded beside it as another entry",
    ),
    Entry("registry.absent", "there is no {what}", "look at the list that you came from"),
    Entry(
        "registry.machine",
        "{verb} may read or write a file on the machine of the record",
        "do it there: proband record do RECORD {verb}",
    ),
    Entry(
        "registry.masked",
        "{person} holds a role that must not know who gets what, and this could tell it",
        "ask somebody whose role knows the treatment",
    ),
    Entry(
        "registry.passkey.made",
        "the passkey was not taken: {problem}",
        "make it again, on the page of this address, with a device that asks for a finger, a face or a PIN",
    ),
    Entry(
        "registry.passkey.none",
        "there is no passkey {key} that waits to be enrolled",
        "let its holder offer it on their page of keys",
    ),
    Entry(
        "registry.drop.file",
        "{name} is not taken: {problem}",
        "drop files of FHIR, phenopackets, REDCap, OMOP, CSV or Excel (.json, .ndjson, .xml, .csv, .tsv, .yaml, .xlsx), 20 at most and 10 MB together",
    ),
    Entry(
        "registry.drop.gone",
        "the files that were dropped are not kept any more",
        "drop them again: they are kept for half an hour, for whoever dropped them",
    ),
    Entry("registry.site", "{subject} is at a site where you do not work", "ask somebody of that site"),
)
