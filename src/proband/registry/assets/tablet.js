"use strict";
// A tablet at the bed without a network. It holds the gates' own answers and no rule; whatever it does not know stops. What was signed is on the disk
// before anybody is told so, in one chain, under the key of this device, which nobody can read out.
(async () => {
  const place = (name) => document.querySelector(`[data-${name}]`);
  const utf8 = new TextEncoder();
  const hex = (bytes) => [...new Uint8Array(bytes)].map((one) => one.toString(16).padStart(2, "0")).join("");
  const base64 = (bytes) => btoa(Array.from(new Uint8Array(bytes), (one) => String.fromCharCode(one)).join(""));
  const url = (bytes) => base64(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  const bytesOf = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0));
  const sha256 = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  // RFC 8785: the order of UTF-16 code units and the numbers of ECMAScript are this language's own
  const canonical = (value) => {
    if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
    if (value !== null && typeof value === "object") return `{${Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(",")}}`;
    return JSON.stringify(value);
  };
  const chosen = (names, from) => Object.fromEntries(names.map((name) => [name, from[name]]));
  const CONTENT = ["study", "command", "subject", "actor", "role", "site", "data", "reason", "at", "offset", "programme", "key", "source", "corrects"];

  // what the device keeps: its key, what it was handed, what it queued
  const base = await new Promise((done, failed) => {
    const asked = indexedDB.open("proband-tablet", 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore("kept");
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => failed(asked.error);
  });
  const kept = (name) => new Promise((done, failed) => {
    const asked = base.transaction("kept").objectStore("kept").get(name);
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => failed(asked.error);
  });
  const keep = (values) => new Promise((done, failed) => {
    const writing = base.transaction("kept", "readwrite", { durability: "strict" });
    for (const [name, value] of Object.entries(values)) writing.objectStore("kept").put(value, name);
    writing.oncomplete = done;
    writing.onabort = () => failed(writing.error);
  });
  const alone = (work) => navigator.locks.request("proband-tablet", work);
  // a counter of milliseconds that only counts up, and anew with each start of the page
  const run = hex(crypto.getRandomValues(new Uint8Array(6)));
  const counter = () => ({ run, ms: Math.floor(performance.now()) });
  const stamp = (moment = Date.now()) => new Date(moment).toISOString();

  const say = (text, bad = false) => {
    const says = place("says");
    says.textContent = text;
    says.className = bad ? "gate" : "note";
    says.hidden = text === "";
    if (text) says.scrollIntoView({ block: "nearest" });
  };
  const shown = async () => {
    const handed = await kept("handed");
    const queue = (await kept("queue")) || [];
    place("begin").hidden = Boolean(handed);
    place("work").hidden = !handed;
    if (!handed) return;
    place("state").textContent = `${handed.capsule}, ${handed.site}, until ${handed.until.slice(0, 16).replace("T", " ")} UTC. ${queue.length} waiting on this device.`;
    for (const list of document.querySelectorAll("[data-signer]")) {
      const before = list.value;
      list.replaceChildren(...["", ...handed.signers.map((one) => one.signer)].map((name) => new Option(name, name)));
      list.value = before;
      list.closest(".field").hidden = Number(list.dataset.signer) > handed.persons;
    }
    place("queue").replaceChildren(...queue.map(({ body }) => {
      const line = document.createElement("li");
      line.textContent = `${body.at.slice(11, 19)} UTC · ${body.data.participant} · ${body.data.bag} · ${body.signatures.slice(0, -1).map((one) => one.signer).join(" and ")}`;
      return line;
    }));
  };

  // with a network: handed out, and taken back
  const token = async () => {
    const answer = await fetch("/bed/tablet/", { credentials: "same-origin", cache: "no-store" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    return page.querySelector("[name=csrfmiddlewaretoken]").value;
  };
  const send = async (path, values) => {
    const form = new URLSearchParams({ csrfmiddlewaretoken: await token(), ...values });
    const answer = await fetch(path, { method: "POST", body: form, credentials: "same-origin", redirect: "manual" });
    if (answer.type === "opaqueredirect") throw new Error("Sign in first, on this device, as a custodian.");
    const text = await answer.text();
    if (answer.ok) return text;
    let said = null;
    try { said = JSON.parse(text); } catch { /* a page and no answer of ours */ }
    const reasons = said ? (said.faults || said.reasons).map((one) => `${one.field ? `${one.field} ${one.problem}` : one.message}. ${one.mend}.`) : ["Not done: sign in again."];
    throw new Error(reasons.join(" "));
  };
  place("begin").addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      const pair = (await kept("device")) || await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"]);
      await keep({ device: pair });
      // first the page itself lies on the device: what is handed out to one that cannot keep it would be out for nothing
      await navigator.serviceWorker.register("/bed/tablet/worker.js", { scope: "/bed/tablet/" });
      await navigator.serviceWorker.ready;
      const values = Object.fromEntries(new FormData(event.target));
      delete values.csrfmiddlewaretoken;
      const handed = JSON.parse(await send("/bed/tablet/hand-out/", { ...values, device: hex(await crypto.subtle.exportKey("raw", pair.publicKey)) }));
      await keep({ handed, queue: [], previous: "", last: handed.last });
      const wrong = Math.round((Date.now() - Date.parse(handed.last)) / 1000);
      say(Math.abs(wrong) > 60 ? `The clock of this device is off by ${wrong} s: put it right now. What is done under a wrong clock comes back as a conflict.` : "Handed out. This page works without a network now, on this device alone.", Math.abs(wrong) > 60);
      await shown();
    } catch (fault) { say(fault.message, true); }
  });
  place("back").addEventListener("click", async () => {
    try {
      const text = await alone(async () => {
        const handed = await kept("handed");
        const raw = utf8.encode(canonical({ capsule: handed.capsule, clock: stamp(), counter: counter(), queue: await kept("queue") }));
        const queue = JSON.stringify({ content: base64(raw), signature: base64(await crypto.subtle.sign("Ed25519", (await kept("device")).privateKey, raw)) });
        const answer = await send("/bed/tablet/take-back/", { capsule: handed.capsule, queue });
        // only now does the device forget: what it brought is in the log, as an event or as a conflict
        await keep({ handed: undefined, queue: [], previous: "" });
        return answer;
      });
      place("result").replaceChildren(...new DOMParser().parseFromString(text, "text/html").body.childNodes);
      say("");
      await shown();
      place("result").focus();
    } catch (fault) {
      say(fault instanceof TypeError ? "No network: everything stays on this device. Hand it back when there is one." : fault.message, true);
    }
  });

  // without one: the check
  const alarm = () => {
    if (navigator.vibrate) navigator.vibrate([700, 200, 700, 200, 700]);
    const sound = new AudioContext();
    for (const begins of [0, 0.5, 1]) {
      const tone = new OscillatorNode(sound, { type: "square", frequency: 880 });
      tone.connect(new GainNode(sound, { gain: 0.4 })).connect(sound.destination);
      tone.start(sound.currentTime + begins);
      tone.stop(sound.currentTime + begins + 0.35);
    }
  };
  const stop = (scan, belongs, reasons) => {
    const [participant, wristband, bag] = scan;
    place("stop-why").textContent = reasons[0].message;
    place("stop-band").textContent = wristband;
    place("stop-treated").textContent = participant;
    place("stop-bag").textContent = bag;
    place("stop-belongs").textContent = belongs ? `belongs to ${belongs}` : "not known on this device";
    place("stop-reasons").replaceChildren(...reasons.map((one) => {
      const line = document.createElement("li");
      line.textContent = `${one.message} ${one.mend} ${one.code}`;
      return line;
    }));
    place("work").hidden = true;
    place("stop").hidden = false;
    document.body.classList.add("stopped");
    alarm();
  };
  place("stop-read").addEventListener("click", () => {
    document.body.classList.remove("stopped");
    place("stop").hidden = true;
    place("check").reset();
    shown();
  });
  // the latest of all: a clock that was set back makes nothing fresh again, also when the page is started anew
  const latest = (last, started) => Math.max(Date.now(), started.at + performance.now() - started.ms, Date.parse(last));
  const started = { at: Date.now(), ms: performance.now() };
  const passkey = async (signer, challenge) => {
    const found = await navigator.credentials.get({ publicKey: {
      challenge, rpId: signer.party, userVerification: "required", allowCredentials: signer.credentials.split(" ").filter(Boolean).map((one) => ({ type: "public-key", id: bytesOf(one) })),
    } });
    return { authenticator: url(found.response.authenticatorData), client: url(found.response.clientDataJSON), signature: url(found.response.signature) };
  };
  const check = async () => {
    const handed = await kept("handed");
    const last = (await kept("last")) || handed.last;
    const form = place("check");
    const scan = ["participant", "wristband", "bag", "label"].map((name) => form.elements[name].value.replace(/[\u0000-\u001f\u007f]/g, "").trim());
    if (scan.some((one) => one === "")) return say("Scan all four: order, wristband, bag, label.", true);
    const answer = handed.answers.find((one) => one.scan.every((value, at) => value === scan[at]));
    const unknown = [{ code: "tablet", message: "This device was told nothing of these four together.", mend: "Do not give it; call the laboratory." }];
    if (!answer) return stop(scan, (handed.answers.find((one) => one.scan[2] === scan[2]) || {}).belongs, unknown);
    if (answer.until === null) return stop(scan, answer.belongs, answer.reasons);
    if (latest(last, started) > Date.parse(answer.until)) return stop(scan, answer.belongs, answer.reasons.length ? answer.reasons : [{ code: "tablet", message: "The time of this device is over.", mend: "Hand it back, and have it handed out anew." }]);
    const names = [...form.querySelectorAll("[data-signer]")].slice(0, handed.persons).map((one) => one.value);
    const people = names.map((name) => handed.signers.find((one) => one.signer === name));
    if (people.some((one) => !one) || new Set(names).size !== people.length) return say(`${handed.persons} people check, each with their own passkey: choose each of them once.`, true);
    const at = stamp();
    const body = {
      v: handed.version, study: handed.study, event: "bedside.verified", command: "bedside.verify", subject: scan[2], site: handed.site, actor: people[0].signer,
      role: people[0].role, at, offset: "+00:00", day: at.slice(0, 10), recorded: at, skew: at < last ? { record_ms: Date.parse(at) - Date.parse(last) } : null, reason: null,
      programme: handed.programme, key: hex(crypto.getRandomValues(new Uint8Array(16))), corrects: null, signatures: [], source: `capsule:${handed.capsule}`,
      data: { participant: scan[0], wristband: scan[1], bag: scan[2], label: scan[3] },
    };
    const seen = hex(await sha256(utf8.encode(canonical({ instance: handed.instance, ...chosen(CONTENT, body) }))));
    const challenge = (block) => sha256.call(null, utf8.encode(canonical({ format: "proband-signature-1", content: seen, block })));
    for (const signer of people) {
      say(`Now ${signer.signer}: your passkey signs this very check.`);
      const block = { signer: signer.signer, name: signer.name, role: signer.role, meaning: "bedside check", method: "passkey", at, key: signer.key, algorithm: signer.algorithm };
      try {
        body.signatures.push({ ...block, shown: seen, value: await passkey(signer, await challenge(block)) });
      } catch (fault) { return say(`No answer from the passkey of ${signer.signer} (${fault.name}). Nothing was kept. Try again.`, true); }
    }
    await alone(async () => {
      const queue = (await kept("queue")) || [];
      const block = { signer: handed.device, name: handed.device, role: "device", meaning: "device", method: "device-key", at, key: handed.device, algorithm: "ed25519", counter: { n: queue.length + 1, ...counter() } };
      const value = base64(await crypto.subtle.sign("Ed25519", (await kept("device")).privateKey, await challenge(block)));
      body.signatures.push({ ...block, shown: seen, value });
      const previous = hex(await sha256(utf8.encode(`${await kept("previous")}${canonical(body)}`)));
      await keep({ queue: [...queue, { body, chain: previous, texts: [] }], previous, last: at });
    });
    form.reset();
    say("The scans agree. Signed, and kept on this device until it is handed back.");
    await shown();
  };
  let checking = false;
  place("check").addEventListener("submit", async (event) => {
    event.preventDefault();
    if (checking) return;
    checking = true;
    try { await check(); } catch (fault) { say(`Not kept (${fault.name}). Nothing was recorded.`, true); } finally { checking = false; }
  });
  for (const field of document.querySelectorAll("[data-scan]")) {
    field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      const empty = [...document.querySelectorAll("[data-scan]")].find((one) => one.value.trim() === "");
      if (field.value.trim() !== "" && empty) empty.focus();
    });
  }
  await shown();
  document.body.dataset.ready = "yes";
})();
