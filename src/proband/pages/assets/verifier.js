"use strict";
/* Checks a log that was carried away: the chain, the signatures of persons and devices, the seals of the doors. It asks nobody for anything. */
(() => {
  const BLOCK = ["signer", "name", "role", "meaning", "method", "at", "key", "algorithm"];
  const CONTENT = ["study", "command", "subject", "actor", "role", "site", "data", "reason", "at", "offset", "programme", "key", "source", "corrects"];
  const utf8 = new TextEncoder();
  const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const bytesOf = (text) => Uint8Array.from(text.match(/../g) || [], (pair) => parseInt(pair, 16));
  const base64 = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const base64url = (text) => base64(text.replace(/-/g, "+").replace(/_/g, "/"));
  const joined = (...parts) => {
    const made = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
    let at = 0;
    for (const part of parts) { made.set(part, at); at += part.length; }
    return made;
  };
  const same = (one, other) => one.length === other.length && one.every((byte, place) => byte === other[place]);
  const sha256 = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));

  /* RFC 8785: the order of UTF-16 code units and the numbers of ECMAScript are this language's own */
  const canonical = (value) => {
    if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
    if (value !== null && typeof value === "object") {
      return `{${Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(",")}}`;
    }
    return JSON.stringify(value);
  };
  const chosen = (names, from) => Object.fromEntries(names.map((name) => [name, from[name]]));
  const fingerprint = async (publicHex) => hex(await sha256(bytesOf(publicHex))).slice(0, 16);

  const imported = new Map();
  const keyOf = (algorithm, publicHex) => {
    const name = `${algorithm}:${publicHex}`;
    if (!imported.has(name)) {
      const kind = algorithm === "ed25519" ? { name: "Ed25519" } : { name: "ECDSA", namedCurve: "P-256" };
      imported.set(name, crypto.subtle.importKey("raw", bytesOf(publicHex), kind, false, ["verify"]));
    }
    return imported.get(name);
  };
  /* DER (30 … 02 r 02 s) as the 64 bytes that WebCrypto wants */
  const plainSignature = (der) => {
    const numbers = [];
    for (let at = 2; at < der.length && numbers.length < 2; at += 2 + der[at + 1]) {
      const number = der.slice(at + 2, at + 2 + der[at + 1]).filter((byte, place, all) => place > 0 || byte !== 0 || all.length === 1);
      const kept = number.slice(-32);
      numbers.push(joined(new Uint8Array(32 - kept.length), kept));
    }
    return joined(...numbers);
  };
  const signed = async (key, message, signature) => {
    try {
      const kind = key.algorithm === "ed25519" ? { name: "Ed25519" } : { name: "ECDSA", hash: "SHA-256" };
      const value = key.algorithm === "ed25519" ? signature : plainSignature(signature);
      return await crypto.subtle.verify(kind, await keyOf(key.algorithm, key.public), value, message);
    } catch { return false; }
  };

  /* WebAuthn Level 2, section 7.2, for a known key */
  const passkeyHolds = async (key, challenge, value) => {
    const client = base64url(value.client), authenticator = base64url(value.authenticator);
    const said = JSON.parse(new TextDecoder().decode(client));
    const fits = said.type === "webauthn.get" && same(base64url(said.challenge), challenge) && key.origins.includes(said.origin)
      && (said.crossOrigin === undefined || said.crossOrigin === false)
      && same(authenticator.slice(0, 32), await sha256(utf8.encode(key.relying_party))) && (authenticator[32] & 5) === 5;
    return fits && signed(key, joined(authenticator, await sha256(client)), base64url(value.signature));
  };

  const signatureFault = async (entry, body, state) => {
    const key = state.keys.get(entry.key);
    if (!key || (key.kind === "device" && key.holder !== entry.signer)) return `the key ${entry.key} is of nobody here`;
    if (key.kind !== "device" && key.holder !== entry.signer) return `the key ${entry.key} is not that of ${entry.signer}`;
    if (key.until !== null) return `the key ${entry.key} was revoked at event ${key.until}`;
    if (key.algorithm !== entry.algorithm) return "the algorithm is another one than the key's";
    const seen = hex(await sha256(utf8.encode(canonical({ instance: state.instance, ...chosen(CONTENT, body) }))));
    if (seen !== entry.shown) return `${entry.signer} signed something else`;
    const block = chosen(BLOCK, entry);
    if ("counter" in entry) block.counter = entry.counter;
    const challenge = await sha256(utf8.encode(canonical({ format: "proband-signature-1", content: seen, block })));
    try {
      const holds = key.relying_party ? await passkeyHolds(key, challenge, entry.value) : await signed(key, challenge, base64(entry.value));
      return holds ? null : `the signature of ${entry.signer} does not hold`;
    } catch { return `the signature of ${entry.signer} cannot be read`; }
  };

  const sealFault = async (seal, seq, digest, first, instance, state) => {
    const content = bytesOf(seal);
    if (content.length !== 80) return "its seal is none";
    const door = state.keys.get(hex(content.slice(0, 8)));
    if (!door || door.kind !== "device") return "its seal is by an unknown key";
    if (!(door.since < seq || seq === 1) || (door.until !== null && door.until < seq)) return "the door did not count there";
    const number = (value) => { const view = new DataView(new ArrayBuffer(8)); view.setBigUint64(0, BigInt(value)); return new Uint8Array(view.buffer); };
    if (!same(content.slice(8, 16), number(first))) return "its seal begins at another event";
    const message = joined(utf8.encode("proband-seal-1\0"), bytesOf(instance), content.slice(8, 16), number(seq), digest);
    return (await signed(door, message, content.slice(16))) ? null : "its seal does not hold";
  };

  /* which keys count from an event on: what the record's own fold keeps of them */
  const noted = async (body, seq, state) => {
    const { event, data, subject } = body;
    const add = async (offer, holder, kind) => {
      const name = await fingerprint(offer.public);
      state.keys.set(name, { algorithm: offer.algorithm || "ed25519", public: offer.public, holder, kind, since: seq, until: null,
        relying_party: offer.relying_party || "", origins: offer.origins || [] });
    };
    const end = (name) => { if (state.keys.has(name)) state.keys.get(name).until = seq; };
    if (event === "study.opened") {
      state.instance = data.instance;
      await add(data.key, data.custodian, "person");
      if (data.device) await add({ public: data.device }, "first", "device");
      if (data.recovery) await add({ public: data.recovery }, "recovery", "recovery");
    } else if (event === "staff.granted" && data.key) await add(data.key, subject, "person");
    else if (event === "person.enrolled") { data.replaces.forEach(end); await add(data.key, subject, "person"); }
    else if (event === "device.enrolled") await add(data.key, subject, "device");
    else if (event === "key.revoked") end(subject);
    else if (event === "recovery.announced") state.waiting = data.key;
    else if (event === "recovery.completed" && state.waiting) await add(state.waiting, subject, "person");
    else if (event === "capsule.issued") state.capsules.set(subject, data.device);
    else if (event === "record.restored") state.instance = data.instance;
  };

  const anchorOf = async (data) => hex(await sha256(utf8.encode(canonical({ format: "proband-anchor-1", instance: data.instance, device: data.device,
    custodian: [data.custodian, data.key.public], recovery: data.recovery }))));

  const check = async (text, told) => {
    const found = { events: 0, signatures: 0, sealed: 0, head: "", anchor: "", first: null, study: "", faults: [] };
    const state = { keys: new Map(), capsules: new Map(), instance: "", waiting: null };
    const wrong = (seq, why) => { found.faults.push({ seq, why }); found.first = found.first || { seq, why }; };
    let previous = new Uint8Array(32), doors = false;
    for (const line of text.split("\n")) {
      if (!line.trim()) continue;
      const expected = found.events + 1;
      let seq, stored, raw, seal, body;
      try { [seq, stored, raw, seal] = JSON.parse(line); body = JSON.parse(raw); } catch { wrong(expected, "this line is no event"); break; }
      if (seq !== expected) { wrong(expected, `event ${expected} is missing: event ${seq} follows event ${expected - 1}`); break; }
      const digest = await sha256(joined(previous, utf8.encode(raw)));
      if (hex(digest) !== stored) { wrong(seq, "its content does not give its hash"); break; }
      const before = state.instance;
      if (seq === 1) {
        if (body.event !== "study.opened") { wrong(1, "a log begins with the opening of a study"); break; }
        found.study = body.study;
        found.anchor = await anchorOf(body.data);
        // the founding keys sign the first event
        await noted(body, seq, state);
        doors = Boolean(body.data.device);
      }
      const device = state.capsules.get(String(body.source).replace(/^capsule:/, ""));
      for (const entry of body.signatures) {
        found.signatures += 1;
        let keys = state;
        if (device && body.source !== "online" && entry.key === await fingerprint(device)) {
          const own = { algorithm: "ed25519", public: device, holder: entry.signer, kind: "device", since: 0, until: null, relying_party: "", origins: [] };
          keys = { ...state, keys: new Map([[entry.key, own]]) };
        }
        const fault = await signatureFault(entry, body, keys);
        if (fault) wrong(seq, fault);
      }
      if (seq > 1) await noted(body, seq, state);
      if (doors && seal) {
        const fault = await sealFault(seal, seq, digest, found.sealed + 1, before || state.instance, state);
        if (fault) wrong(found.sealed + 1, `let in by no enrolled door: ${fault}`); else found.sealed = seq;
      }
      previous = digest;
      found.events = seq;
      if (seq % 500 === 0) told(seq);
    }
    if (doors && !found.first && found.sealed < found.events) wrong(found.sealed + 1, "let in by no enrolled door: no seal covers it");
    found.head = hex(previous);
    return found;
  };

  const place = (name) => document.getElementById(name);
  const line = (mark, words) => {
    const item = document.createElement("li");
    item.textContent = `${mark} ${words}`;
    place("checks").append(item);
  };
  const show = (found, anchor) => {
    place("checks").replaceChildren();
    const origin = anchor ? found.anchor === anchor : null;
    const good = found.first === null && found.events > 0 && origin !== false;
    place("verdict").textContent = good ? `The log of ${found.study} holds.` : `The log of ${found.study || "this file"} does not hold.`;
    place("verdict").dataset.holds = String(good);
    if (found.first) line("■", `event ${found.first.seq}: ${found.first.why}`);
    line(found.events > 0 ? "●" : "■", `${found.events} events, each in its place, with the hash before it in its own`);
    line(found.faults.length ? "◌" : "●", `${found.signatures} signatures looked at, by keys that the log itself enrols`);
    line(found.sealed === found.events && found.events ? "●" : "◌", found.sealed ? `sealed by an enrolled door up to event ${found.sealed}` : "no seal of a door");
    line(origin === null ? "◌" : origin ? "●" : "■", origin === null ? "origin not looked at: give the anchor that was printed when the record began"
      : origin ? "origin proven: these are the founding keys" : `another record: its anchor is ${found.anchor}`);
    line("◌", "not looked at: whether the gates let every event pass (proband record verify does that), and whether later events were cut off: compare the last hash");
    place("head").textContent = found.head;
    place("result").hidden = false;
  };
  place("check").addEventListener("submit", async (event) => {
    event.preventDefault();
    const file = place("log").files[0];
    if (!file) { place("told").textContent = "Choose the file of the log first."; return; }
    const found = await check(await file.text(), (seq) => { place("told").textContent = `${seq} events …`; });
    place("told").textContent = "";
    show(found, place("anchor").value.trim().toLowerCase());
  });
})();
