"""What gates refuse: an event that may not be recorded, and why. The code is ``gate.<gate>.<case>``; the exit code is 3."""

from __future__ import annotations

from proband.terms.errors.entry import Entry, refusal

ENTRIES: tuple[Entry, ...] = (
    # who acts, where and when
    refusal("gate.name.reserved", "{name} is a name of the record's own", "choose another name"),
    refusal(
        "gate.authority.permission",
        "the role {role} may not {permission}",
        "ask somebody whose role may {permission}",
    ),
    refusal(
        "gate.authority.role",
        "{actor} does not hold the role {role}",
        "have the role granted, or act in your own role",
    ),
    refusal(
        "gate.authority.then",
        "{actor} does not hold the role {role} at {at}",
        "let somebody enter it who held the role then and holds it now",
    ),
    refusal("gate.authority.site", "{actor} is {role} at {sites}, not at {site}", "act at your own site"),
    refusal(
        "gate.authority.staff",
        "{field}: {name} has no role at {site} with its trainings on {day}",
        "name who it was, by the name under which the role was granted, or have the role granted",
    ),
    refusal(
        "gate.training.expired",
        "{actor} has since {until} no longer the training {training}, which {role} needs",
        "record the training {training}",
    ),
    refusal(
        "gate.training.missing",
        "{actor} has no training {training}, which {role} needs",
        "record the training {training}",
    ),
    refusal("gate.site.all", "only the custodian acts for all sites", "name the site"),
    refusal("gate.site.closed", "the site {site} is not open", "open the site first"),
    refusal(
        "gate.site.other",
        "{person} belongs to {own}, not to {site}",
        "transfer the participant, or act at their site",
    ),
    refusal("gate.clock.ahead", "{at} is {seconds:.0f} s ahead of the record", "set the device's clock"),
    refusal(
        "gate.clock.device",
        "the device's clock was off by {seconds:.0f} s",
        "judge by other evidence of the time",
    ),
    refusal(
        "gate.clock.late",
        "{verb} is recorded as it happens; {at} is {seconds:.0f} s ago",
        "record what really happened as a deviation, or use a capsule offline",
    ),
    refusal(
        "gate.clock.record",
        "the record's own clock ({recorded}) is behind its last event ({last})",
        "set the server's clock",
    ),
    refusal(
        "gate.clock.unexplained",
        "{at} is more than a day ago, and no reason is given",
        "say why it is entered late",
    ),
    refusal("gate.reason.missing", "{verb} needs a reason", "say why"),
    refusal(
        "gate.signature.forged",
        "the signature of {signer} is not by the key {key} ({fault})",
        "sign again with your own key",
    ),
    refusal(
        "gate.signature.key",
        "{key} is no enrolled key of {signer}",
        "let a custodian enrol the key: person.enrol",
    ),
    refusal(
        "gate.signature.private",
        "the private key of {signer} is not on this machine",
        "sign with the passkey or on the device that holds the key, and send the signature with the command",
    ),
    refusal(
        "gate.signature.recovery",
        "the recovery key can enrol a new custodian and nothing else",
        "sign with your own key",
    ),
    refusal(
        "gate.signature.revoked",
        "the key {key} of {signer} was revoked with event {until}",
        "let a custodian enrol a new key: person.enrol",
    ),
    refusal(
        "gate.signature.site",
        "{signer} is no {role} at {site}",
        "let somebody of this site sign, or have the role granted here",
    ),
    refusal(
        "gate.signature.time",
        "{signer} cannot have signed at {at}",
        "sign when it has happened; leave the time to the record",
    ),
    refusal(
        "gate.signature.training",
        "{signer} lacks the training {training} of a {role} on that day",
        "record the training, or let somebody else sign",
    ),
    refusal(
        "gate.signature.twice", "{signer} signed twice", "two persons are two people, each with their own key"
    ),
    refusal(
        "gate.signature.unknown",
        "no key of {signer} is enrolled",
        "let a custodian enrol one: person.enrol",
    ),
    refusal(
        "gate.signature.method",
        "{method!r} is no way to sign",
        "use one of {methods}",
    ),
    refusal(
        "gate.locked.closed",
        "{scope} was locked on {since} by {by}: nothing new goes in",
        "correct an entry that is there by event.correct, or have it unlocked by two people (participant.unlock, study.unlock)",
    ),
    refusal(
        "gate.attested.other",
        "{digest}… is not the hash of what is locked in {scope}",
        "look at what is locked, and sign the hash that it has now",
    ),
    refusal(
        "gate.signature.missing",
        "{verb} needs the signature ({meaning}) of {actor}",
        "sign with your own means",
    ),
    refusal("gate.signature.role", "{signer} does not hold the role {role}", "sign in your own role"),
    refusal(
        "gate.signature.script",
        "a script cannot sign in a live programme",
        "sign with your own means",
    ),
    refusal(
        "gate.signature.void",
        "the signature of {signer} is void: it covers something else",
        "sign again what is shown",
    ),
    # keys and grants
    refusal(
        "gate.apart.both",
        "{person} would be custodian and {role}: who may grant cannot treat",
        "let another person have the one or the other",
    ),
    refusal(
        "gate.enrolment.proof",
        "{holder} has not shown that they hold the offered key ({fault})",
        "sign the offer with the key itself, for this record and this name",
    ),
    refusal(
        "gate.enrolment.replaces", "{key} is no key of {holder} that counts", "name a key that is enrolled"
    ),
    refusal(
        "gate.enrolment.taken",
        "the key {key} is already enrolled, for {holder}",
        "make a new key: one key, one holder",
    ),
    refusal(
        "gate.second-key.missing",
        "{verb} needs two custodians with two keys",
        "let a second custodian sign it",
    ),
    refusal(
        "gate.stays.last",
        "{person} is the last custodian with a key: nobody could grant anything any more",
        "grant a second custodian first, or enrol a new key in place of the old one",
    ),
    refusal(
        "gate.derived.foreign",
        "{verb} of {subject} does not follow from the log: only the record adds it, and only where it follows",
        "verify the log: `proband record verify`",
    ),
    refusal(
        "gate.two-persons.same",
        "{actor} has already {did} {subject}",
        "a second person must {must}",
    ),
    # what is recorded
    refusal(
        "gate.form.day",
        "{at} at {offset} is not on {day}",
        "let the record work out the day",
    ),
    refusal(
        "gate.verdict-values.day",
        "the verdict on {subject} judges the facts of {day}, and is entered for {at}",
        "screen as of the day of screening, or a day before it",
    ),
    refusal(
        "gate.consent-form.able",
        "nobody has found by now that {person} cannot decide, or the form says otherwise",
        "assess and record capacity first (capacity.assess); who can decide consents for themselves",
    ),
    refusal(
        "gate.consent-form.representatives",
        "{agreed} of {needed} representatives agreed",
        "ask every representative whom the programme's rule asks for",
    ),
    refusal(
        "gate.consent-form.staff",
        "{name} works in this study and represents nobody in it",
        "ask somebody who is not connected with the study",
    ),
    refusal(
        "gate.consent-form.unrepresented",
        "the programme has no rule on who consents for adults who cannot, and takes none of them: {person}",
        "wait until they can decide, or amend the programme with a rule of the law there (consent.representatives)",
    ),
    refusal(
        "gate.consent-form.age",
        "an age of {age:g} is not that of screening ({low:.1f} to {high:.1f} by now)",
        "correct the age, or screen again with the right birth date",
    ),
    refusal(
        "gate.second-person.missing",
        "{verb} needs the signature of a second person whose role may do this",
        "let somebody else in such a role sign it as well",
    ),
    refusal(
        "gate.retraction.unnamed", "the entry that is taken back is not named", "give its number as corrects"
    ),
    refusal(
        "gate.retraction.kind",
        "{kind} is not taken back in this way",
        "undo it by the command that does the opposite",
    ),
    refusal(
        "gate.retraction.event",
        "event {target} is no {kind} of {subject} that counts",
        "look the event up (proband record events)",
    ),
    refusal("gate.retraction.corrected", "event {target} is replaced by event {by}", "take back event {by}"),
    refusal(
        "gate.retraction.stands",
        "on event {target} stand {standing}",
        "take those back, or reject them, first",
    ),
    refusal(
        "gate.clock.offset",
        "the clocks at {site} do not stand at {offset}, but at {offsets:or}",
        "give the time with the offset of the place",
    ),
    refusal(
        "gate.form.canonical",
        "the data of {verb} are not written as the record writes them",
        "append through a command",
    ),
    refusal(
        "gate.form.unreadable",
        "what {verb} says cannot be worked with: {problem}",
        "correct it and send it again",
    ),
    refusal(
        "gate.form.text",
        "{verb}: a text stands openly in {place}, where a commitment to it belongs",
        "append through a command: the record keeps the text in its vault",
    ),
    refusal("gate.form.data", "{verb}: {place}: {problem}", "give the data that the command asks for"),
    refusal(
        "gate.form.study",
        "this is an event of {study}, version {version}",
        "append through a command of this study",
    ),
    refusal(
        "gate.traceability.until",
        "{person} cannot be erased before {until}: in {jurisdiction}, {product} must be traceable for {years} years after its {after} ({source}, {level})",
        "wait until that day; contact data and free texts can go now: scope texts",
    ),
    refusal(
        "gate.traceability.term",
        "{person} cannot be erased yet: the programme names no term for which {product} must be traceable in {jurisdiction}",
        "have the law looked up and named in safety.yaml (tracing), with its source; contact data and free texts can go now: scope texts",
    ),
    refusal(
        "gate.traceability.level",
        "{person} cannot be erased yet: the term {term} for {product} in {jurisdiction} was read by nobody in the law itself",
        "have the source read, and raise its level in an amendment; contact data and free texts can go now: scope texts",
    ),
    refusal(
        "gate.traceability.date",
        "{person} cannot be erased yet: {product} has neither been used nor has an expiry, from which the term of {jurisdiction} would run",
        "record what became of it; contact data and free texts can go now: scope texts",
    ),
    refusal("gate.known.unknown", "{event!r} is no event of this record", "append through a command"),
    refusal(
        "gate.number.next",
        "the number {number} is not the next one ({due})",
        "let the record give the number",
    ),
    refusal(
        "gate.unique.alike",
        "{name} looks like {known}, which is in this record: nobody could tell them apart",
        "an identifier is given once: choose one that looks otherwise, or write {known} as it is",
    ),
    refusal(
        "gate.unique.taken",
        "{taken} is already in this record",
        "an identifier is given once: choose a new one",
    ),
    refusal(
        "gate.stage.missing",
        "{verb} of {subject} needs {missing}",
        "do the earlier step first",
    ),
    refusal(
        "gate.stage.undeclared",
        "{verb} does not say when it may happen",
        "declare what must have happened before it",
    ),
    refusal(
        "gate.correction.corrected",
        "event {target} was already corrected by event {by}",
        "correct the newest one",
    ),
    refusal(
        "gate.correction.data",
        "the corrected data are not those of a {kind}: {problem}",
        "give all of its fields",
    ),
    refusal(
        "gate.correction.event",
        "event {target} is not a valid {kind} of {subject}",
        "name the right event",
    ),
    refusal("gate.correction.kind", "{kind} is not corrected in this way", "name an entry that may be"),
    refusal("gate.correction.refused", "{problem}", "{correction}"),
    refusal(
        "gate.correction.unnamed",
        "a correction must name the event that it corrects",
        "give its number",
    ),
    refusal(
        "gate.outcome-values.disagree",
        "{problem}",
        "`proband instruments {instrument}` tells what it asks",
    ),
    # the programme in force
    refusal(
        "gate.programme.migration",
        "{person} has not been brought to the version in force",
        "migrate the participant first",
    ),
    refusal(
        "gate.programme.version",
        (
            "this was made under {version}; {programme} is in force",
            "this was made under no version; {programme} is in force",
        ),
        "reload, and judge again under the version in force",
    ),
    refusal(
        "gate.forecast.unsealed",
        "no forecast is sealed",
        "seal forecast, comparator and analysis before the first dose",
    ),
    # offline
    refusal(
        "gate.capsule.bounds",
        "{at} by the device's clock cannot be: by its counter it was between {early} and {late} (capsule {capsule})",
        "judge by other evidence of the time",
    ),
    refusal(
        "gate.capsule.counter",
        "the counter of the device does not go on where capsule {capsule} stands, behind event {count}: {fault}",
        "look for what is missing, and for a second device with this capsule",
    ),
    refusal(
        "gate.capsule.device",
        "the event is not signed by the device of capsule {capsule}",
        "bring the capsule's own file",
    ),
    refusal(
        "gate.capsule.key",
        "the idempotency key {key} is that of event {seq}, which says something else",
        "find out which of the two happened",
    ),
    refusal("gate.capsule.online", "{verb} is not done offline", "come online first"),
    refusal(
        "gate.capsule.outside",
        "{at} is outside capsule {capsule} ({issued_at} to {until})",
        "come online for a new capsule",
    ),
    refusal(
        "gate.capsule.participant",
        "capsule {capsule} is not for this participant",
        "issue a capsule for the participant",
    ),
    refusal("gate.capsule.returned", "capsule {capsule} was already returned", "a capsule returns once"),
    refusal(
        "gate.capsule.unknown",
        "{source!r} is no capsule of this record",
        "issue a capsule before going offline",
    ),
    refusal(
        "gate.capsule.unsettled",
        "it happened between {early} and {late}, and had it been at {at} it could not stand",
        "judge by other evidence of the time",
    ),
    # the participant
    refusal(
        "gate.alive.ended",
        "{person} is recorded as {ended} since {since}",
        "record them as found, or correct the entry",
    ),
    refusal("gate.alive.unknown", "there is no participant for {subject}", "refer the person first"),
    refusal(
        "gate.withdrawal.blocked",
        "{person} withdrew from {level} on {since}",
        "do not: it blocks {kind}",
    ),
    refusal(
        "gate.consent.regained",
        "a representative consented for {person}, who can decide for themselves as of {since}",
        "ask the participant for their own consent",
    ),
    refusal("gate.consent.lapsed", "the consent of {person} has lapsed: {why}", "take consent anew"),
    refusal(
        "gate.consent.majority",
        "{person} came of age on {day}; the guardians' consent has ended",
        "ask the participant for their own consent",
    ),
    refusal(
        "gate.consent.guardian",
        "the consent of {person} is by {guardian}, who did not decide for them then",
        "ask whoever decides for them now",
    ),
    refusal("gate.consent.none", "{person} has not consented", "take consent first"),
    refusal(
        "gate.consent.version",
        "{person} consented to {version}, which is not the text in force",
        "take consent to the text in force",
    ),
    refusal(
        "gate.consent-form.adult",
        "an adult consents in person, with capacity",
        "ask again when capacity has returned",
    ),
    refusal(
        "gate.consent-form.assent",
        "assent: {assent}",
        "ask the child; where the programme says so, their no is final",
    ),
    refusal(
        "gate.consent-form.assent-band",
        "no assent band covers {age:g} years",
        "the programme must state how the child is asked",
    ),
    refusal(
        "gate.consent-form.former",
        "{guardian} does not decide for {person}: {now} do since {since}",
        "ask those who decide now; where that has changed, record it first (guardian.change)",
    ),
    refusal(
        "gate.consent-form.guardians",
        "{agreed} of {needed} guardians agreed",
        "{needed} different guardians must agree, or one with a reason that the programme names (fewer_guardians)",
    ),
    refusal(
        "gate.consent-form.majority",
        "the day of majority of a minor must be known",
        "give the day on which they come of age",
    ),
    refusal(
        "gate.consent-form.minor",
        "the programme has no rule for a person of {age:g} years here",
        "the programme must state who consents for a minor in this jurisdiction",
    ),
    refusal(
        "gate.consent-form.programme",
        "there is no programme to consent to",
        "adopt a programme first",
    ),
    refusal(
        "gate.consent-form.teach-back",
        "teach-back: {answered} of {questions} questions answered",
        "explain again and ask again; consent can wait",
    ),
    refusal(
        "gate.consent-form.version",
        "{version} is not the text in force ({wanted})",
        "use the text in force",
    ),
    refusal(
        "gate.capacity.interval",
        "whether {person} can decide was to be looked at again by {last} ({check}: every {every})",
        "assess first, and record it with capacity.assess",
    ),
    refusal(
        "gate.capacity.lacking",
        "{person} lacks capacity by the last assessment",
        "assess again; do not treat today",
    ),
    refusal(
        "gate.verdict.age",
        "the verdict on {person} is {days:.0f} days old; it holds for {valid:g}",
        "screen again",
    ),
    refusal(
        "gate.verdict.stopped",
        "{person} met a stopping criterion on {day}: no more is given, whatever was found since",
        "do not give it; where that verdict was wrong, take it back with a second person (event.retract)",
    ),
    refusal(
        "gate.verdict.unasked",
        "{person} was not judged by the criteria of {scope} since the dose before",
        "judge them now: proband record intake … --through {scope}",
    ),
    refusal("gate.verdict.none", "{subject} has no verdict on eligibility", "screen first"),
    refusal(
        "gate.verdict.outcome",
        "the verdict on {person} is {outcome}",
        "nobody proceeds who is not found eligible",
    ),
    refusal(
        "gate.verdict.version",
        "the verdict on {person} was reached under another version",
        "screen again under the version in force",
    ),
    refusal(
        "gate.verdict-values.disagree",
        "{subject} is said to be eligible, but {problem}",
        "screen with proband.record.verdicts.screening_data and send what it gives",
    ),
    # donors, lots and stock
    refusal("gate.donor.unknown", "there is no donor {donor}", "register the donor first"),
    refusal(
        "gate.donor.text",
        "{version} is no text for donors that is in force on {day}",
        "ask by one of: {versions}",
    ),
    refusal("gate.donor.day", "{day} has not come yet", "say the day on which it was"),
    refusal("gate.donor.test", "the programme tests no donor for {test}", "use one of: {tests}"),
    refusal(
        "gate.donor.consent",
        "{donor} has not agreed to give, or has withdrawn it",
        "ask the donor by the text in force (donor.consent)",
    ),
    refusal(
        "gate.donor.product",
        "{product} is no product of the programme that is made of what donors give",
        "name one that says what it asks of its donors (donors)",
    ),
    refusal(
        "gate.donor.unfit",
        "{donor} cannot be found fit to give: {test} is {result}",
        "have the sample tested; a donor with a positive result gives nothing",
    ),
    refusal(
        "gate.approval.one-person",
        "{other} is enrolled, and this programme is the use in a single patient: {person} is another",
        "write a programme of their own for the other person, with an approval of its own",
    ),
    refusal("gate.origin.product", "the programme has no product {product}", "name one of its products"),
    refusal(
        "gate.origin.own",
        "{product} is made of one person's own cells, and is no lot for many",
        "therapy.open, product.collect, product.make",
    ),
    refusal(
        "gate.origin.donation",
        "{product} is made of what donors give, and no donation is named",
        "name the donations that it is made from (lot.begin)",
    ),
    refusal(
        "gate.origin.other",
        "{donation} is no donation for {product}, or is named twice",
        "name each donation once",
    ),
    refusal(
        "gate.origin.unfit",
        "{donor}, who gave {donation}, was not found fit to give it, or is not any more",
        "have the donor determined (donor.determine); nothing is made of what an unfit donor gave",
    ),
    refusal(
        "gate.origin.sample",
        "{test} of {donor} was not sampled within {days:g} days of donation {donation}",
        "have a sample of that time tested",
    ),
    refusal(
        "gate.stock.few",
        "{units} units of {lot} are named, and {there} are {place} at {site}",
        "count what is there; two people enter the count (stock.count)",
    ),
    refusal("gate.stock.site", "{site} is no other site of the study", "name a site that is open"),
    refusal(
        "gate.stock.shipment",
        "{shipment} is no shipment of this lot that is on its way to {site}",
        "take over what was sent here, once",
    ),
    refusal("gate.stock.more", "{units} units arrived of {sent} that were sent", "count again"),
    refusal(
        "gate.stock.difference",
        "{counted} were counted, and {expected} should be there",
        "count again; where it stays so, say why (the reason stands in the log, the difference in the ledger)",
    ),
    refusal("gate.stock.none", "{site} has never had any of {lot}", "count where it is"),
    refusal("gate.stock.lot", "{lot} is no lot that is stock", "name a lot that was filled, or supplied"),
    refusal("gate.stock.status", "the lot {lot} is {status}", "dispense what is released"),
    refusal("gate.stock.recalled", "{lot} is touched by a recall: {recalled}", "dispense another lot"),
    refusal(
        "gate.stock.regimen",
        "{lot} is of {product}, released for {route}; the regimen {regimen} gives something else, or otherwise",
        "dispense a lot of the regimen's product that was released for its route",
    ),
    refusal(
        "gate.stock.pack",
        "{units} units of {pack} are named, and {there} are left in it",
        "count what came back",
    ),
    # holds
    refusal(
        "gate.hold.crossed", "the stopping rule {rule} is crossed", "place the hold; the safety board decides"
    ),
    refusal(
        "gate.hold.copy",
        "STOP: this record is a copy as of event {last}, restored at {since}, and nobody has said what was done since",
        "ask the mirror, the second site, the ward and the laboratory, enter what happened, and settle it (record.settle)",
    ),
    refusal(
        "gate.hold.standing",
        "hold {hold} ({kind}) stands since {since}",
        "it is lifted by those whom the programme names",
    ),
    refusal(
        "gate.lift.role",
        ("{role} may not lift {hold}; {roles} may", "{role} may not lift {hold}; nobody may"),
        "ask those roles",
    ),
    refusal(
        "gate.lift.signed",
        "{role} has already signed for lifting {subject}",
        "the other roles must sign",
    ),
    refusal("gate.lift.unknown", "{subject} is no standing hold", "name a standing hold"),
    # arms
    refusal(
        "gate.arm.other",
        ("{person} is in {arm}, whose regimen is {regimen}", "{person} is in {arm}, whose regimen is none"),
        "treat by the arm",
    ),
    refusal(
        "gate.arm.sealed",
        "the arm of {person} is under seal: a container of a known product would tell it",
        "give the kit that the record assigns",
    ),
    refusal("gate.arm.participant", "there is no participant", "refer the person first"),
    refusal(
        "gate.arm.unknown",
        ("{regimen} is no regimen of the programme", "no regimen is no regimen of the programme"),
        "name a regimen of the programme",
    ),
    refusal("gate.scheme.arm", "{arm} is no arm of the programme", "name an arm of the programme"),
    refusal(
        "gate.scheme.form",
        "an allocation is either open or sealed, to an arm of the programme",
        "let the record allocate",
    ),
    refusal(
        "gate.scheme.again",
        "people have places by a list of this very plan, or this list was sealed before",
        "go on by the sealed list; another one needs an amended plan",
    ),
    refusal(
        "gate.scheme.amended",
        "the programme was amended, and its plan is no longer the one that was sealed",
        "seal a list of the amended plan",
    ),
    refusal(
        "gate.scheme.closed",
        "{arm} is not open to {form}",
        "let the record allocate; nobody comes to an arm of another form",
    ),
    refusal(
        "gate.scheme.form-unknown",
        "{form} is no form of the condition",
        ("use one of {forms}", "leave it out"),
    ),
    refusal(
        "gate.scheme.form-unsaid",
        "{arm} is for people of {forms}, and nobody has said of which form this one is",
        "say it: stratum {factor}",
    ),
    refusal(
        "gate.scheme.factors",
        ("{factors} are no factors of the plan", "the plan has no such factor"),
        "name the factors of the plan, and no others",
    ),
    refusal(
        "gate.scheme.other",
        "the scheme is not the programme's",
        "let the record take the plan from the programme",
    ),
    refusal(
        "gate.scheme.plan",
        "the plan cannot be carried out: {problem}",
        "mend the programme's allocation, or name levels that it knows",
    ),
    refusal(
        "gate.scheme.same",
        "{factor} is {level} on record already",
        "name the level that it really had",
    ),
    refusal(
        "gate.scheme.level",
        "{arm} is not the dose level in force, which is {level}",
        "let the record allocate to the level in force",
    ),
    refusal(
        "gate.scheme.level-over",
        "it was decided that nobody is treated at any dose level any more",
        "allocate nobody",
    ),
    refusal(
        "gate.scheme.level-closed",
        "what was seen at level {level} closes it",
        "let the {role} decide on the level: level.decide",
    ),
    refusal(
        "gate.scheme.cohort",
        "{cohort} people have their place in the cohort of level {level}",
        "wait until they were seen and the {role} has decided on the level: level.decide",
    ),
    refusal("gate.scheme.place", "place {place} is not the next one ({due})", "let the record allocate"),
    refusal("gate.scheme.programme", "there is no programme", "adopt a programme first"),
    refusal(
        "gate.scheme.unsealed",
        "the allocation does not follow the sealed scheme",
        "seal the seed first, and let the record allocate",
    ),
    refusal(
        "gate.kit.again",
        "kit {kit} was released under version {released_under}, and the version in force asks other things of its products",
        "release it again by the version in force (kit.release, two people), or take another",
    ),
    refusal(
        "gate.kit.commitment", "this commitment is that of kit {kit}", "let the record make the commitment"
    ),
    refusal(
        "gate.kit.differ",
        "kits cannot hide arms that differ in {fields}",
        "give every arm a regimen that is given in the same way, or do not mask who treats",
    ),
    refusal(
        "gate.kit.expired",
        ("kit {kit} is good until {at}", "kit {kit} has no date until which it is good"),
        "put it aside and take another",
    ),
    refusal(
        "gate.kit.number",
        "this would be kit {number} of the person, and {due} is next",
        "let the record assign",
    ),
    refusal(
        "gate.kit.open",
        "nobody who takes part or treats is masked: there are no kits",
        "give the container of the arm",
    ),
    refusal(
        "gate.kit.nobody",
        "{name}, who released kit {kit}, could not release anything then",
        "put the kit aside (product.quarantine), and have it looked into and released by somebody who may",
    ),
    refusal(
        "gate.kit.packed",
        "kit {kit} was packed under version {packed_under}, whose arms are given otherwise than those of the version in force",
        "reject it, and receive kits of the version in force",
    ),
    refusal("gate.kit.place", "kit {kit} is in the stock of {place}", "take a kit of this site"),
    refusal(
        "gate.kit.recalled", "kit {kit} is of {lots}, which was recalled", "put it aside and take another"
    ),
    refusal("gate.kit.taken", "kit {kit} is {status}", "let the record assign another"),
    refusal("gate.kit.unknown", "{subject} is no kit", "receive the kit first"),
    # the product
    refusal(
        "gate.identity.different",
        "STOP: {first} and {second} are not the same identity",
        "do not go on; put the container aside and call the laboratory",
    ),
    refusal(
        "gate.identity-first.unallocated",
        "{coi} was not allocated before this collection",
        "allocate the identifier first",
    ),
    refusal(
        "gate.pooling.events",
        "STOP: these containers belong to different therapy events",
        "never mix them",
    ),
    refusal("gate.pooling.never", "the programme never pools this product", "keep the containers apart"),
    refusal("gate.pooling.unknown", "a product to be pooled is not known", "name products of this record"),
    refusal(
        "gate.product-open.kit",
        "{product} is a kit: it is made, and nobody opens it to work on it",
        "put it aside or reject it (product.quarantine, product.reject)",
    ),
    refusal(
        "gate.product-open.place",
        (
            "{product} is at {place}, on its way to {sent_to}",
            "{product} is at {place}",
        ),
        "work on it where it is",
    ),
    refusal("gate.product-open.status", "{product} is {status}", "work on a container that is open"),
    refusal("gate.product-open.unknown", "there is no product {subject}", "start it first"),
    refusal("gate.custody.place", "{product} is at {place}, not at {site}", "receive it here first"),
    refusal("gate.custody.sent", "{product} is on its way to {sent_to}", "receive it first, with both scans"),
    refusal(
        "gate.custody.then",
        "{product} was taken over here at {received_at}; at {at} it was on its way",
        "receive it first, with both scans",
    ),
    refusal(
        "gate.custody.temperature",
        "{product} left its temperature range on the way",
        "quarantine and investigate",
    ),
    refusal("gate.custody.unknown", "there is no product {subject}", "name a product"),
    refusal("gate.expiry.passed", "STOP: {product} expired at {expired_at}", "dispose of it"),
    refusal("gate.expiry.unknown", "{subject} has no time of expiry", "finish the product with its expiry"),
    refusal(
        "gate.label.other",
        "{label} is no label of {product}",
        "account for labels where they belong",
    ),
    refusal("gate.label.printed", "a label with this serial was already printed", "print with new serials"),
    refusal("gate.label.told", "{label} is already {fate}", "a label's fate is told once"),
    refusal(
        "gate.label.unknown",
        "there is no such product, or a label is named twice",
        "name the container and each label once",
    ),
    refusal(
        "gate.labels.loose",
        "{count} labels of {subject} are unaccounted for: {labels}",
        "account for every label",
    ),
    refusal("gate.labels.none", "{subject} bears no label", "print and apply a label"),
    refusal(
        "gate.test-known.finding",
        "{test}: {result!r} is not a finding",
        "enter what was measured",
    ),
    refusal("gate.test-known.number", "{test}: {result!r} is not a number", "enter what was measured"),
    refusal(
        "gate.test-known.unknown",
        "{test} is no release test of this product",
        "use the programme's tests",
    ),
    refusal("gate.tests.missing", "{product} lacks {tests}", "wait for the results"),
    refusal("gate.tests.outside", "{product} is outside the limit of {tests}", "quarantine and investigate"),
    refusal(
        "gate.tests.route",
        "there are no release limits for the route {route}",
        "a limit for one route is none for another",
    ),
    refusal(
        "gate.exception.attribute",
        "{product} is outside the limit of {tests}, and the programme makes exceptions of {allowed} alone",
        "reject the product",
    ),
    refusal("gate.exception.forbidden", "the programme allows no exceptional release", "reject the product"),
    refusal(
        "gate.exception.incomplete",
        "{product} has no complete results for {route}",
        "wait for the results",
    ),
    refusal(
        "gate.exception.investigation",
        "{product} has not been investigated",
        "finish the investigation",
    ),
    refusal(
        "gate.exception.never",
        "{product} failed {tests}, which is never released",
        "reject the product",
    ),
    refusal("gate.exception.unknown", "there is no such product", "name a product"),
    refusal(
        "gate.exception.untold",
        "the participant has not been told",
        "tell the participant and ask for their decision",
    ),
    refusal(
        "gate.used.collection",
        "collection {collection} is already in {used_by}",
        "use what is left, or collect again",
    ),
    refusal(
        "gate.used.given",
        "{product} was already given or disposed of",
        "take the container meant for today",
    ),
    refusal("gate.used.part", "{part} is {status}", "pool what is still there"),
    refusal(
        "gate.used.units",
        "{product} was filled into units, which are a stock: it is no bulk any more",
        "take units out of the stock",
    ),
    refusal(
        "gate.used.remaining",
        "{product} holds {remaining:g} {unit}",
        "check container and dose",
    ),
    refusal(
        "gate.balance.grown",
        "{step} counts {found:g} cells, and by the programme there can be {bound:g} of them at most",
        "count again, or tell it as a deviation: the container is then put aside",
    ),
    refusal(
        "gate.balance.more",
        "{total:g} cannot come out of {whole:g} {unit}",
        "count again; where counting is not exact, the programme names a tolerance",
    ),
    refusal("gate.balance.positive", "{value:g} {unit} is no amount", "give what is in the container"),
    refusal("gate.balance.twice", "a container is named twice among {products}", "name each container once"),
    refusal(
        "gate.balance.unagreed",
        "{step} counts {found:g} cells where {before:g} were counted before it, and nobody else has looked at it",
        "have a second person agree at a hold point after it, tell it as a deviation, or have the programme name the most (expansion_at_most)",
    ),
    refusal("gate.balance.unit", "{unit} is not counted in {wanted}", "give every amount in one unit"),
    refusal(
        "gate.condition.again",
        "{product} is {state} already",
        "go on with it, or dispose of it: nothing is frozen or prepared twice",
    ),
    refusal("gate.condition.frozen", "STOP: {product} is frozen", "thaw it first: then its clock runs"),
    refusal(
        "gate.condition.nobody",
        "{name}, who did the {work} of {subject}, could not do it at {at}",
        "dispose of it, or have it prepared by somebody who may",
    ),
    refusal(
        "gate.condition.role",
        "{subject} is made ready by a {role}, as the programme has it",
        "let somebody of that role prepare it",
    ),
    refusal("gate.condition.not-frozen", "{product} is {state}, not frozen", "thaw what is frozen"),
    refusal(
        "gate.condition.unprepared",
        "{product} was not prepared, and the programme sets how long it keeps after it was",
        "prepare it first: product.prepare",
    ),
    refusal("gate.hold-point.agreed", "{by} has agreed to {step} already", "go on"),
    refusal("gate.hold-point.none", "work does not stop at {step}", "name a hold point of the programme"),
    refusal(
        "gate.hold-point.own", "{actor} did {step}, and cannot agree to it", "have a second person agree"
    ),
    refusal("gate.hold-point.undone", "{step} was not done with {product}", "do the step first"),
    refusal(
        "gate.pooling.place", "{product} is at {place}, not at {site}", "send it here first, and receive it"
    ),
    refusal(
        "gate.range.departure",
        "{value:g} {unit} is outside the range of what is {state}",
        "put it aside (product.quarantine); it does not travel",
    ),
    refusal(
        "gate.range.duration",
        "{step} took {days:.3g} d; the programme has {duration}, give or take {tolerance}",
        "tell the deviation; the product is then put aside until somebody has looked into it",
    ),
    refusal(
        "gate.range.journey",
        "{low} to {high} is not in the range of what is {state}",
        "say that it left its range (in_range: no); then it is quarantined and investigated",
    ),
    refusal(
        "gate.range.step",
        "{value:g} {unit} is outside the range of {step}",
        "tell the deviation; the product is then put aside until somebody has looked into it",
    ),
    refusal(
        "gate.range.turned",
        "the lowest temperature, {low}, is above the highest, {high}",
        "read the logger again",
    ),
    refusal(
        "gate.range.untold",
        "{subject} is {state}, for which the programme sets a range, and {fields:and} is not told",
        "read the logger",
    ),
    refusal(
        "gate.recalled.lot",
        "STOP: {subject} and the recalled lot {lots}",
        "use another lot; what a recalled lot touched is rejected, unless the recall itself is withdrawn (lot.reinstate)",
    ),
    refusal(
        "gate.steps.missing",
        "{product} lacks {steps}: not done, or nobody agreed where work stops",
        "do the step (product.step), and have a second person agree (product.agree)",
    ),
    refusal(
        "gate.steps.kind",
        "{product} is of a kind that the version in force does not know: {kind}",
        "reject it, or amend the programme",
    ),
    refusal(
        "gate.steps.nobody",
        "{name}, who did {work} of {subject} or agreed to it, could not at {at}",
        "put it aside, have it done or agreed to again by somebody who may, and release it again",
    ),
    refusal("gate.steps.released", "{step} is due before the release of {product}", "quarantine it first"),
    refusal("gate.steps.times", "{step} ends at {end}, before it begins at {start}", "correct the times"),
    refusal(
        "gate.steps.unknown", "{step} is no process step of {product}; they are {steps}", "name one of them"
    ),
    refusal(
        "gate.steps.unrecorded",
        "{step} needs {records:and}",
        "record it: readings are named count and viability",
    ),
    refusal(
        "gate.way-out.exception", "the programme allows no exceptional release of {product}", "reject it"
    ),
    refusal(
        "gate.way-out.final",
        "{tests} of {product} is overturned by nothing",
        "reject it; a result that was an error of the laboratory is taken back by two people (product.retract)",
    ),
    refusal(
        "gate.way-out.often",
        "{tests} of {product} failed more often than the programme lets it be tested again ({retests})",
        "reject it, or conclude that an exceptional release is possible, where the programme allows one",
    ),
    refusal(
        "gate.way-out.retest",
        "{tests} of {product} is outside its limit, and the programme names no retest of it",
        "reject it, or conclude that an exceptional release is possible, where the programme allows one",
    ),
    # giving it
    refusal(
        "gate.release.asked",
        "STOP: {product} was released without {tests}, which the version in force asks for",
        "enter the results; then it is judged by them",
    ),
    refusal(
        "gate.release.kind",
        "STOP: {product} is of a kind that the version in force does not know: {kind}",
        "dispose of it",
    ),
    refusal(
        "gate.release.outside",
        "STOP: {product} is outside the limit of {tests} by the version in force",
        "put it aside and investigate",
    ),
    refusal(
        "gate.release.nobody",
        "STOP: {name}, who signed the release of {subject}, could not sign it at {at}",
        "put it aside, investigate, and have it released again",
    ),
    refusal("gate.release.status", "STOP: {subject} is not released ({status})", "wait for the release"),
    refusal("gate.route.first", "the first signature was for {route}", "both sign for the same route"),
    refusal(
        "gate.route.regimen",
        (
            "the regimen is given {route}, not {wanted}",
            "the regimen is given by no known route, not {wanted}",
        ),
        "use the regimen's route",
    ),
    refusal(
        "gate.route.released",
        "{product} was released for {route}, not for {wanted}",
        "a release holds for its route only",
    ),
    refusal(
        "gate.dose.inputs",
        "the dose cannot be worked out: {error}",
        "give what the rule needs, with units",
    ),
    refusal(
        "gate.dose.outside",
        "{value:g} {unit} is not {low:g}–{high:g} {permitted}{tolerance}",
        "{steps:;}",
    ),
    refusal("gate.dose.regimen", "there is no regimen for this product", "name a product of a regimen"),
    refusal("gate.second-check.none", "nobody has checked the dose of {subject}", "have the dose checked"),
    refusal(
        "gate.second-check.nobody",
        "{name}, who checked the dose of {subject}, could not check it at {at}",
        "have the dose checked again",
    ),
    refusal(
        "gate.second-check.hand",
        "{product} was prepared by {prepared_by}, and what was checked names {named}",
        "have it checked again, as prepared by who did it",
    ),
    refusal(
        "gate.second-check.inputs",
        "the dose was checked for {name} {checked}, and {said} is said now",
        "have the dose checked again for what is so now",
    ),
    refusal(
        "gate.second-check.other",
        "what was checked is {value:g} {unit} for {participant}",
        "have this dose checked for this person",
    ),
    refusal("gate.second-check.product", "there is no product to check", "name a product"),
    refusal(
        "gate.second-check.preparer",
        "{name}, who prepared it, is no {role} at {site} with its trainings on that day",
        "name who prepared it, in the role that the programme names",
    ),
    refusal(
        "gate.second-check.role",
        "the check is made by another person, a {role}",
        "ask the second person",
    ),
    refusal(
        "gate.bedside.none",
        "no bedside check of {subject} for {participant}",
        "scan wristband and bag with a second person",
    ),
    refusal(
        "gate.bedside.nobody",
        "{name}, who scanned {subject}, could not check it at {at}",
        "scan again, by two people who may",
    ),
    refusal(
        "gate.bedside.old",
        "the bedside check is {minutes:.0f} minutes old",
        "scan again; a check holds for {valid} minutes",
    ),
    refusal(
        "gate.bedside.persons",
        "{signed} of {needed} people have scanned and signed",
        "a second person scans and signs",
    ),
    refusal("gate.bedside.product", "there is no product at this bed", "name a product"),
    refusal(
        "gate.interval.course",
        "the course {course} begins {days:.1f} days after the dose before it; the programme says from {low:g} to {high:g}",
        "wait until it may begin; where it is too late, there is no such course",
    ),
    refusal(
        "gate.interval.further",
        "{person} has had {given}, {planned} were planned, and no verdict since the last dose opens {courses}",
        "judge them by the criteria of that scope: proband record intake … --through continuation (or retreatment)",
    ),
    # the course
    refusal("gate.companion.dose", "{companion}: {problem}", "{correction}"),
    refusal(
        "gate.companion.route",
        "{companion} is given {route}, not {wanted}",
        "give it by the route of the regimen",
    ),
    refusal(
        "gate.companion.unknown",
        (
            "{companion} is no companion of this person's regimen ({known})",
            "{companion} is no companion of this person's regimen",
        ),
        "name it as the regimen names it; any other drug is a cointervention",
    ),
    refusal(
        "gate.companions.missing",
        "{person} was not given {name} ({companion}) between {earliest} and {latest} from the dose",
        "give it first, in its time, and record it",
    ),
    refusal(
        "gate.course.skips",
        "{person} is at the step {step}; {following} is not the next one",
        "take one step at a time",
    ),
    refusal(
        "gate.course.too-soon",
        (
            "{person} is at the step {step}; {days:.1f} days are missing until {following}",
            "{person} is at the step {step}; a dose is missing at it before {following}",
        ),
        "wait, or have it decided that the step is repeated",
    ),
    refusal(
        "gate.course.undecided",
        "{person} was given the step {step}; nobody has said since whether {following} is taken: {condition}",
        "let the {role} decide: titration.decide",
    ),
    refusal(
        "gate.course-decided.early",
        "the next dose of {person} is due in {days:.1f} days",
        "leave it out when it is due",
    ),
    refusal(
        "gate.course-decided.first",
        "the first dose is given at the step {step}",
        "decide when it was given",
    ),
    refusal(
        "gate.course-decided.no-restart",
        (
            "a dose that is late is no reason to begin anew: the programme says {rule}",
            "the programme has no rule for late doses",
        ),
        "do what the programme says of late doses",
    ),
    refusal(
        "gate.course-decided.not-late",
        (
            "the dose of {person} may still be given for {days:.1f} days, with the reason",
            "no dose of {person} is late",
        ),
        "give it",
    ),
    refusal(
        "gate.course-decided.not-skipped",
        (
            "the regimen {regimen} leaves no dose out: a late one means {rule}",
            "the regimen {regimen} has no rule for late doses",
        ),
        "do what the programme says of late doses",
    ),
    refusal(
        "gate.course-decided.nothing-due",
        "{person} has had no dose of this course yet: none is due that could be left out",
        "give the first, or end the treatment",
    ),
    refusal(
        "gate.course-decided.regimen",
        "{person} is treated by no regimen",
        "allocate the participant to an arm with one",
    ),
    refusal(
        "gate.course-decided.role",
        "this is for the {role} to decide, not for the {own}",
        "ask the {role}",
    ),
    refusal(
        "gate.course-decided.step",
        ("{step} is no step of the titration ({known})", "{step} is no step: the regimen has no titration"),
        "name a step of the regimen",
    ),
    refusal(
        "gate.measured.positive",
        "{what} is {value:g} {unit}",
        "enter what was measured",
    ),
    refusal(
        "gate.measured.unit",
        "{what} is no amount of {unit}",
        "enter it in {wanted}, or another unit of the same",
    ),
    refusal(
        "gate.measured.unknown",
        "no dose of the programme goes by {what}",
        "one of {known}; anything else is an outcome",
    ),
    refusal(
        "gate.dose.old",
        "the {name} of {person} was measured {days:.1f} days ago; it may be {most:g} days old",
        "measure again, and record it: measurement.record",
    ),
    refusal(
        "gate.dose.recorded",
        "the {name} is {measured} on record, and {typed} is said here",
        "give the dose for what is on record; where that is wrong, measure again and record it",
    ),
    refusal(
        "gate.dose.unrecorded",
        "the {name} of {person} is not on record",
        "measure, and record it: measurement.record",
    ),
    refusal(
        "gate.interval.late",
        "the dose is {days:.1f} days late; until {until} after its time it is given with a reason",
        "say why it is late",
    ),
    refusal(
        "gate.interval.level",
        "{person} is at level {level}, and the level in force is {current}",
        "give nothing at a level above the one that was decided",
    ),
    refusal(
        "gate.interval.level-closed",
        "{events} of {seen} people at level {level} had an event that limits the dose: nobody else is treated there",
        "let the {role} decide on the level: level.decide",
    ),
    refusal(
        "gate.interval.level-offline",
        "the first dose of {person} at a dose level is given with network only: a device cannot know what was seen of the others",
        "give it where the record can be asked",
    ),
    refusal(
        "gate.interval.level-over",
        "it was decided that nobody is treated at any dose level any more",
        "treat no further",
    ),
    refusal(
        "gate.interval.level-staggering",
        "{days:.1f} days since the person before at level {level}; the first {first} there wait {wait:g}",
        "wait",
    ),
    refusal("gate.escalation.none", "the programme has no dose levels", "decide on what the programme has"),
    refusal(
        "gate.escalation.role",
        "the {role} decides on the dose level, not the {own}",
        "let the {role} decide",
    ),
    refusal(
        "gate.escalation.over",
        "it was decided that nobody is treated at any dose level any more; before it {level} was in force",
        "where that was wrong, decide on {level} or a lower level",
    ),
    refusal(
        "gate.escalation.unknown",
        "{level} is no dose level of the programme, which has {levels}",
        "name one of them",
    ),
    refusal(
        "gate.escalation.closed",
        "{events} of {seen} people at level {first} had an event that limits the dose: {level} is closed",
        "decide on a level below {first}, or on none",
    ),
    refusal(
        "gate.escalation.unseen",
        "{seen} people at level {level} had an event or were seen for the whole window, and a cohort has {cohort}; {waiting} are still looked at",
        "wait until everybody was seen",
    ),
    refusal(
        "gate.escalation.bolder",
        "{events} of {seen} people at level {current} had an event that limits the dose: the rule says {says}, and {level} is bolder",
        "decide as the rule says, or more cautiously",
    ),
    refusal(
        "gate.escalation.full",
        "{seen} people were treated, no more than {most} are to be",
        "go on to another level, or decide on none",
    ),
    refusal(
        "gate.interval.over",
        "the dose of {person} is {days:.1f} days late, more than {until}: the course is over",
        "treat no further; record how it goes on",
    ),
    refusal(
        "gate.interval.restart",
        "the dose is {days:.1f} days late, more than {until}: the course begins anew",
        "let the {role} begin it anew: course.begin",
    ),
    refusal(
        "gate.interval.review",
        "nobody has said since the first dose of {last}, and its time of waiting, that the next person may be treated",
        "let the {role} look at those who were treated, and say so: safety.review",
    ),
    refusal(
        "gate.interval.skip",
        "the dose is {days:.1f} days late, more than {until}: it is left out",
        "let the {role} leave it out: dose.omit",
    ),
    refusal(
        "gate.interval.turn",
        "dose {number} of {person} is one of {turn}, and this is one of {regimen}: they take turns",
        "give the one whose turn it is",
    ),
    refusal("gate.interval.complete", "{person} has had {given} of {planned}", "the regimen is complete"),
    refusal(
        "gate.interval.elsewhere",
        "treatment elsewhere ({when}) may lie inside the washout of {washout:g} days",
        "find out when it was, or wait",
    ),
    refusal(
        "gate.interval.spacing",
        "{days:.0f} days since the last dose; the regimen says {wanted:g} ± {slack:g}",
        "wait, or ask for an amendment",
    ),
    refusal(
        "gate.interval.staggering",
        "{days:.1f} days since the person before; the first {first} wait {wait:g}",
        "wait",
    ),
    refusal(
        "gate.interval.stopped",
        "the {role} said on {on} that nobody else is to be treated yet",
        "wait until the {role} says that it may go on: safety.review",
    ),
    refusal("gate.interval.unknown", "there is no participant or regimen", "name both"),
    refusal(
        "gate.interval.baseline",
        "{person} was measured ({outcome}) on {seen} days before this one, over {span} d; the programme asks for {asked} days{over} before the first dose",
        "measure the untreated baseline first: without it one person teaches nothing",
    ),
    refusal(
        "gate.interval.washout",
        (
            "{kind} ended {end}; the washout is {washout:g} days",
            "{kind} ended not yet; the washout is {washout:g} days",
        ),
        "wait for the washout",
    ),
)
