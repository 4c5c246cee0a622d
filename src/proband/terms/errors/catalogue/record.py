"""What a record refuses beside its gates: a store, a key, a backup, a capsule, a command that cannot be used."""

from __future__ import annotations

from proband.terms.errors.entry import Entry, refusal

_AS_COMPUTED = "store what proband.screening computed"
_ONE_KEY_EACH = "give each event its own idempotency key"
_NOT_THIS_LOG = (
    "nothing is recorded on it: `proband record verify` names the event; restore the last backup into a new folder with "
    "`proband record restore`, and enter again what came after it"
)
_AGAIN_FROM_DEVICE = "read it from the device again"

ENTRIES = (
    refusal("record.refused", "{verb} refused: {messages:bar}", "{mends:bar}"),
    # folders and stores
    Entry("record.absent", "{folder} is no record", "create one with `proband record init`"),
    Entry("record.exists", "{folder} already holds a record", "open it, or choose another folder"),
    Entry(
        "record.study",
        "{study!r} cannot be the identifier of a study",
        "use letters, digits and . _ = & -, beginning with a letter or digit: it is a name, not a path",
    ),
    Entry(
        "record.publish.nobody",
        "{participant} was given nothing in this record, so that there is no line to show",
        "name somebody who was treated, by their pseudonym",
    ),
    Entry("record.settings", "{path} is damaged", "restore it from a backup"),
    Entry(
        "record.taken",
        "there is already a log of {study}, or keys in {folder}",
        "choose another study or folder; keys are never overwritten",
    ),
    Entry(
        "record.store.absent",
        "there is no record at {where}",
        "create one with `proband record init`",
    ),
    Entry("record.store.append", "an append needs events, and one key for each", _ONE_KEY_EACH),
    Entry(
        "record.store.empty",
        "this database holds no record",
        "create the schema with `proband record init --owner-url …`",
    ),
    Entry(
        "record.store.lost",
        "the connection was lost while appending: {error}",
        "send it again with the same key: if it was recorded, that is found; if not, it is recorded once",
    ),
    Entry(
        "record.store.password",
        "the URL holds a password, and a record's folder holds no secret of a server",
        "leave it out; libpq reads PGPASSFILE or ~/.pgpass",
    ),
    Entry("record.store.refused", "{error}", "verify the log: `proband record verify`"),
    Entry(
        "record.store.rights",
        "the role {role!r} may {rights} events; the record refuses to run with such rights",
        "connect as the application role ({application}) that `proband record init` made",
    ),
    Entry("record.store.role", "{role!r} is not a role name", "use a–z, 0–9 and _"),
    Entry(
        "record.store.unreachable",
        (
            "no PostgreSQL at {host}{path}: {error}",
            "no PostgreSQL at the local socket{path}: {error}",
        ),
        "start the server, or correct the URL",
    ),
    Entry(
        "record.store.unreadable",
        "{path} cannot be opened as a record: {error}",
        "give the path of a record, and see that the disk is writable and not full",
    ),
    Entry(
        "record.store.read",
        "{where} cannot be read: {error}",
        "see that the disk is sound, then verify the log: `proband record verify`",
    ),
    Entry(
        "record.store.replaced",
        "the log of {where} is not the one that was opened: it was replaced, or is shorter than what was read from it; nothing was recorded",
        "stop every process that writes it, put the right log back or restore a backup, and verify it: `proband record verify`",
    ),
    Entry(
        "record.store.write",
        "nothing was recorded: {error}",
        "see that the disk is not full and the file is writable, then send it again with the same key",
    ),
    # the log as it is found when it is opened or read on
    Entry(
        "record.log.broken", "event {seq} of {study} is not what was appended, or is missing", _NOT_THIS_LOG
    ),
    Entry(
        "record.log.cut", "the log of {study} ends before event {seq}, which its heads name", _NOT_THIS_LOG
    ),
    Entry("record.log.rewritten", "event {seq} of {study} is another one than its heads say", _NOT_THIS_LOG),
    Entry(
        "record.log.unsealed",
        "event {seq} of {study} was let in by no enrolled door: it carries no seal of one",
        _NOT_THIS_LOG,
    ),
    Entry(
        "record.log.rules",
        "event {seq} of {study} was judged by other rules than those of this installation, which have judged before it",
        "bring every door to the newest release that writes into this record: `proband --version`",
    ),
    # events
    Entry(
        "record.event.key", "{key!r} cannot be an idempotency key", "use 1–120 letters, digits, and . _ : # -"
    ),
    Entry(
        "record.event.moment",
        "{time!r} is not a time: {problem}",
        "write date and time with the offset from UTC, as 2026-03-02T08:00:00+01:00",
    ),
    Entry("record.event.offset", "{offset!r} is not an offset from UTC", "write +01:00"),
    Entry("record.event.time", "{time} has no time zone", "give UTC, or a local time with its offset"),
    Entry("record.event.value", "an event cannot carry this value: {problem}", "{correction}"),
    # others were first
    Entry(
        "record.conflict.idempotency",
        ("an idempotency key is already in {study}: {error}", "an idempotency key is already in {study}"),
        "look the first event up by its key",
    ),
    Entry(
        "record.conflict.moved",
        "the log of {study} has moved from event {expected} to {head}",
        "read the new events, judge again, and try again",
    ),
    Entry(
        "record.conflict.busy",
        (
            "{verb}: others appended {attempts} times in between",
            "others appended {attempts} times in between",
        ),
        "try again",
    ),
    Entry(
        "record.conflict.key",
        "the key {key} was used for another {command} of {subject}",
        "use a new key for a new command",
    ),
    Entry(
        "record.conflict.again",
        "the same words are stored as event {seq} of {recorded}",
        "where it happened again, send it with its time (at) or a key of its own; else leave it out",
    ),
    Entry(
        "record.conflict.stale",
        "{subject} has changed since you looked (event {touched}, you saw {seen})",
        "look again, then decide",
    ),
    # commands as they are sent
    Entry("record.command.value", "{verb}: {field} is {value!r}", "give {wanted}"),
    Entry(
        "record.command.large",
        "{verb}: the event would have {size} bytes",
        "keep documents elsewhere, and give at most {most} bytes",
    ),
    Entry("record.command.data", "{verb}: {field}: {problem}", "see the data of {verb}"),
    Entry("record.form.missing", "{names:and} must be given", "`proband record do --help` says what each is"),
    Entry("record.form.sign", "{text!r} does not say who signs and in which role", "write PERSON:ROLE"),
    Entry(
        "record.form.whole",
        "{fields:and} cannot be put into whole commands of a file",
        "write them into the file",
    ),
    Entry("record.form.fields", "{verb}:{faults}", "`proband record commands {verb}` shows the fields"),
    Entry(
        "record.command.bundle",
        "no bundle {name!r} is opened here",
        "give a loaded programme, or send the command by the command line",
    ),
    Entry(
        "record.command.rehearsal",
        "what {verb} would lead to is known only when it is done",
        "send it without --dry-run",
    ),
    Entry(
        "record.elsewhere.identity",
        "this is not the identity of a record",
        "take the file that `proband record identity RECORD` writes",
    ),
    Entry(
        "record.elsewhere.prompt",
        "this is no command that waits for signatures",
        "take the file that `proband record prompt` writes",
    ),
    Entry("record.elsewhere.unsigned", "{verb} names nobody who signs it", "name who signs it"),
    Entry(
        "record.elsewhere.unsigned-yet",
        "not signed yet by {signers:and}",
        "let each of them sign: proband record sign",
    ),
    Entry(
        "record.elsewhere.key",
        "nobody signs this with the key {key}; it is for the keys of {signers:and}",
        "sign with the key that is enrolled in your name",
    ),
    Entry(
        "record.ward.begun",
        "{path} holds a capsule already",
        "take another folder for another capsule, or go on with this one",
    ),
    Entry(
        "record.ward.instance",
        "the capsule is of another record than the one whose identity was given",
        "fetch capsule and identity from the same record",
    ),
    Entry(
        "record.ward.empty",
        "{path} holds no capsule of this device",
        "begin with proband record offline-begin",
    ),
    Entry(
        "record.command.made-up",
        "{verb} seals by a hash what nobody has handed over",
        "hand it over and let the record hash it: `proband record commands {verb}` shows the form",
    ),
    Entry("record.command.file", "{path} cannot be read: {error}", "give a text file"),
    Entry(
        "record.command.form",
        (
            "a command needs verb, subject, actor, role and site; {unknown} is not known",
            "a command needs verb, subject, actor, role and site; one of them is missing",
        ),
        "see proband record commands",
    ),
    Entry(
        "record.command.stopped",
        (
            "line {line}: {problem} ({stored} before it stored: events {events:and})",
            "line {line}: {problem} (nothing before it to store)",
        ),
        "{correction}; send the corrected file again: what is stored is not stored twice",
    ),
    Entry("record.command.json", "line {line} is no JSON: {error}", "write one object per line"),
    Entry(
        "record.command.unknown",
        "{verb!r} is no command that anybody may send",
        "see `proband record append --help`",
    ),
    Entry(
        "record.command.misspelt",
        "there is no command {verb!r}",
        ("did you mean {near:or}?", "see proband record commands"),
    ),
    # keys, heads, vault
    Entry("record.key.absent", "no signing key at {path}", "restore the key from its own backup"),
    Entry(
        "record.key.door",
        (
            "the key {key} of this door is not enrolled, or was revoked",
            "this door has no key, and the record has doors",
        ),
        "let a custodian enrol the key of this device: device.enrol",
    ),
    Entry("record.key.envelope", "this is no key", "type the 64 characters of the envelope, 0–9 and a–f"),
    Entry("record.key.list", "{path} is no list of public keys", "restore it from a backup"),
    Entry(
        "record.key.password",
        "{path} does not open with this password",
        "set PROBAND_KEY_PASSWORD to the password that the keys were made with",
    ),
    Entry("record.key.unreadable", "{path} holds no signing key", "restore the key from its own backup"),
    Entry(
        "record.mirror.address",
        "{address} cannot be the address of a mirror",
        "give http:// or https:// with a host and a path, and no password, question or fragment; or name a folder",
    ),
    Entry(
        "record.recovery.other",
        "a recovery for {custodian} is under way, until {day}",
        "wait for it, or have a custodian refuse it: recovery.refuse",
    ),
    Entry("record.vault.absent", "there are no personal data of {subject}", "store them first"),
    Entry(
        "record.vault.changed",
        "{field} of {subject} in the vault is not what was stored there",
        "restore the vault from a backup",
    ),
    Entry(
        "record.vault.erased",
        "the personal data of {subject} were erased",
        "there is none: the key was destroyed",
    ),
    Entry(
        "record.capsule.text",
        "{event} of this device's queue does not come with the texts that it was signed over, or holds them openly",
        "nothing of the queue was used: read it from the device again, or enter by hand what it holds",
    ),
    Entry("record.vault.field", "{subject} has no {field} in the vault", "store it first"),
    Entry("record.vault.key", "no master key at {path}", "restore it, or set PROBAND_MASTER_KEY"),
    Entry("record.vault.master", "the master key does not open this keyring", "use the key it was made with"),
    Entry("record.vault.none", "this record has no vault", "open the record with its vault and master key"),
    # backups
    Entry(
        "record.backup.drill",
        "only a record with a folder can be drilled",
        "name the folder of a record",
    ),
    Entry(
        "record.backup.exists",
        "{path} is already there",
        "choose another name; backups are not overwritten",
    ),
    Entry(
        "record.backup.folder",
        "only a record with a folder can be backed up",
        "name the folder of a record",
    ),
    Entry("record.restore.broken", "{path} is no whole backup: {error}", "use another copy"),
    Entry("record.restore.chain", "event {number} of the backup breaks the chain", "use another copy"),
    Entry(
        "record.restore.content",
        "{path} holds {name!r}, which no backup of this version has",
        "use a backup that `proband record backup` made",
    ),
    Entry("record.restore.damaged", "{name} in {path} is damaged", "use another copy"),
    Entry(
        "record.restore.exists",
        "there are already events of {study} in {where}",
        "restore into an empty database",
    ),
    Entry("record.restore.folder", "{folder} is not empty", "restore into a new folder"),
    Entry(
        "record.restore.other",
        "{path} is no head of the record from which this was copied: {problem}",
        "ask where the file comes from; restore without it where nobody knows",
    ),
    Entry(
        "record.restore.size",
        "{path} unpacks to more than its signed list says",
        "use another copy, and ask where this one comes from",
    ),
    Entry(
        "record.restore.signature",
        "the backup is not signed by a trusted key",
        "name the key it was made with",
    ),
    Entry(
        "record.restore.unfinished",
        "a backup was being restored into {folder}, and that did not come to its end",
        "empty the folder and restore again",
    ),
    # capsules
    Entry("record.capsule.chain", "the queue was changed on the way", _AGAIN_FROM_DEVICE),
    Entry(
        "record.capsule.device",
        "this capsule is for another device",
        "open it on the device it was issued for",
    ),
    Entry("record.capsule.device-signature", "the queue is not signed by its device", _AGAIN_FROM_DEVICE),
    Entry("record.capsule.event", "the queue holds something that is no event", _AGAIN_FROM_DEVICE),
    Entry(
        "record.capsule.key",
        "a capsule is signed, and this record has no key",
        "open the record with its signing key",
    ),
    Entry(
        "record.capsule.other", "{subject} is not the capsule of this queue", "name the capsule of the queue"
    ),
    Entry("record.capsule.queue", "this is no queue of a capsule", _AGAIN_FROM_DEVICE),
    Entry("record.capsule.returned", "capsule {capsule} was already taken back", "a capsule returns once"),
    Entry(
        "record.capsule.signature",
        "the capsule is not signed by a trusted key",
        "fetch it again from the record",
    ),
    Entry("record.capsule.unreadable", "this is no capsule", "fetch it again from the record"),
    Entry("record.capsule.file", "{path}: {error}", "name a file that can be written, or that is there"),
    # allocation and screening
    Entry(
        "record.allocation.none", "{participant} was never allocated", "name a participant who was allocated"
    ),
    Entry(
        "record.forecast.file",
        "cannot read the forecast {path}: {error}",
        "give a file that `proband forecast seal` wrote",
    ),
    Entry(
        "record.forecast.programme",
        "the forecast is for the bundle {forecast}, the record goes by {record}",
        "draft and seal it from the bundle that the record goes by",
    ),
    Entry(
        "record.allocation.given",
        "{fields} are not the caller's to say: the record gives the place, and the list the arm",
        "name the participant and the levels, and nothing else",
    ),
    Entry(
        "record.allocation.plan",
        "this allocation cannot be carried out: {problem}",
        "mend the programme's allocation, or hand over the list that was drawn for it",
    ),
    Entry(
        "record.allocation.unsealed",
        "no list is sealed by which this version of the record allocates",
        "seal the list with allocation.seal",
    ),
    Entry(
        "record.command.drawn",
        "{verb} opens something sealed: it is not prepared, and what would follow it is not tried",
        "do it, and try what follows then",
    ),
    Entry(
        "record.kit.content",
        "no vault here has what is in this kit",
        "do it at the door whose vault keeps the kits",
    ),
    Entry("record.kit.arm", "{arm!r} is no arm of the programme", "say which arm the kit is of"),
    Entry(
        "record.kit.stock",
        "the stock of kits at {site} is short: whoever comes next could not be served, whichever arm it is",
        "ask whoever keeps the kits to fill it up for every arm",
    ),
    Entry(
        "record.allocation.blocks",
        "block sizes {sizes!r} are not multiples of {total}, the sum of the weights",
        "choose block sizes that hold every arm by its weight",
    ),
    Entry(
        "record.allocation.scheme",
        "{method!r} with {total} weights is no scheme",
        "name a method, and give an arm a weight",
    ),
    Entry(
        "record.allocation.sealed",
        "the sealed allocation of {participant} does not open",
        "use the seed that the scheme was sealed with",
    ),
    Entry(
        "record.allocation.seed",
        "there is no vault with the sealed seed",
        "open the record with its vault and master key",
    ),
    Entry(
        "record.allocation.stratum",
        "{factor}: {level!r} is none of {levels}",
        "record the stratification factors first",
    ),
    Entry(
        "record.verdict.facts",
        "the verdict does not carry the values it rests on",
        "screen with proband.record.verdicts.screening_data",
    ),
    Entry("record.verdict.keys", "{keys!r} is not a screened value", _AS_COMPUTED),
    Entry("record.verdict.order", "low is {low!r} and high is {high!r}", _AS_COMPUTED),
    Entry("record.verdict.value", "{name} is {value!r}", _AS_COMPUTED),
    # what is read out of it
    Entry("record.batch.unknown", "there is no product {product}", "name a product of this record"),
    Entry(
        "record.batch.kit",
        "{kit} is a kit: of which product it is stands in no event, and its batch record lies with whoever packed it",
        "ask whoever keeps the kits",
    ),
    Entry(
        "record.export.changed",
        "this table is not the one that was exported from {study} at event {events}: a row was changed, added or left out since",
        "export it anew, and correct what is wrong in the record",
    ),
    Entry("record.export.purpose", "an export needs a purpose", "say what the data are for"),
    Entry(
        "record.export.signature",
        "the manifest beside this table was changed, or is signed by another key than that of the record of {study}",
        "export the table anew",
    ),
    Entry("record.identity.character", "{letter!r} cannot stand in an identifier", "use 0–9 and A–Z"),
    Entry(
        "record.label.scan",
        "this code is damaged, or is no label of this record",
        "scan again, or read both identifiers aloud",
    ),
    Entry(
        "record.labels.unknown",
        "there is no product {product}",
        "name a container of this record",
    ),
    Entry(
        "record.case.unknown",
        "there is no adverse event {event!r}",
        "see `proband record show RECORD adverse_events`",
    ),
    Entry("record.case.form", "{form!r} is no form of a report", "choose e2b or medwatch"),
    Entry("record.case.file", "{path} is there already", "name a new file: a draft replaces nothing"),
    Entry(
        "record.reader.unnamed",
        "somebody is masked in this study, or arms are drawn in it: who reads it must be named",
        "say --as PERSON, whose key is on this machine, or --key FILE beside it",
    ),
    Entry(
        "record.reader.unknown",
        "{person!r} is nobody who works in this study now",
        "name a person of the record who has a role",
    ),
    Entry(
        "record.reader.key",
        "no key of {person} that still counts is at hand",
        "hand the file of their own key over with --key; a passkey signs in at the registry",
    ),
    Entry(
        "record.reader.actor",
        "{person} shows who they are, and {actor} is said to do it",
        "say the same person to --as and --actor",
    ),
    Entry(
        "record.reader.site",
        "{subject} is not shown to {person}: it is of a site where they do not work, or it is not there",
        "ask somebody who works there, or at every site",
    ),
    Entry(
        "record.reader.masked",
        "{what} tells who was given what, and that is hidden from somebody until the study is locked: {person} has a role that need not know it",
        "ask somebody who treats or makes it; who may open arms reads it with --reason, which stands in the log and alarms",
    ),
    Entry(
        "record.show.history",
        ("there is no history of {subject!r}", "a history is of somebody or something"),
        "name a participant or a container with --of",
    ),
    Entry(
        "record.show.custody",
        "{event!r} is no therapy event of this record",
        "name its identifier with --of",
    ),
    Entry("record.show.day", "{text!r} is no day", "write YYYY-MM-DD"),
    Entry(
        "record.show.table",
        "there is no table {table!r}",
        "one of flow, visits, custody, events, {tables}",
    ),
    Entry("record.verify.heads", "{folder} holds {files} files of heads", "name one file with --heads"),
    Entry("record.verify.study", "there are {studies} studies here", "name one"),
)
