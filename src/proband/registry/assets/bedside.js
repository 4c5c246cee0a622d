"use strict";
// Serves scanners and the camera at the bed, keeps what was typed when the network is lost, and makes the stop heard. Everything works without it.
(() => {
  const own = document.currentScript;

  // the stop: seen, heard and felt
  const stop = document.querySelector(".stop");
  if (stop) {
    if (navigator.vibrate) navigator.vibrate([700, 200, 700, 200, 700]);
    const sound = new AudioContext();
    const beeps = () => [0, 0.5, 1].forEach((begins) => {
      const tone = new OscillatorNode(sound, { type: "square", frequency: 880 });
      tone.connect(new GainNode(sound, { gain: 0.4 })).connect(sound.destination);
      tone.start(sound.currentTime + begins);
      tone.stop(sound.currentTime + begins + 0.35);
    });
    // a browser that lets no page sound before it was touched sounds at the first touch
    if (sound.state === "running") beeps();
    else {
      sound.addEventListener("statechange", beeps, { once: true });
      for (const touched of ["pointerdown", "keydown"]) addEventListener(touched, () => sound.resume(), { once: true });
      sound.resume();
    }
  }

  // what is sent stays on the screen until there is an answer; it bears one key, so that it may be sent again
  const form = document.querySelector("form[data-stays]");
  if (form) {
    const says = form.querySelector("[data-says]");
    let sending = false;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (sending) return;
      sending = true;
      says.hidden = true;
      form.setAttribute("aria-busy", "true");
      try {
        const answer = await fetch(location.href, { method: "POST", body: new URLSearchParams(new FormData(form)), credentials: "same-origin" });
        const text = await answer.text();
        if (answer.redirected) { location.assign(answer.url); return; }
        if (answer.status >= 500) throw new TypeError("no answer");
        // the same window: it was touched, and so it may sound
        document.open();
        document.write(text);
        document.close();
      } catch {
        says.textContent = "No answer: the network is lost. It is not known here whether this was recorded. Nothing is connected before it is: press again when the network is back; it is recorded once.";
        says.hidden = false;
        says.scrollIntoView({ block: "nearest" });
      } finally {
        sending = false;
        form.removeAttribute("aria-busy");
      }
    });
  }

  // a scanner types what it read and strikes Enter, sometimes twice: Enter goes to the next field that is empty, and sends nothing
  const bed = document.querySelector("form[data-bed]");
  if (!bed) return;
  const fields = [...bed.querySelectorAll("[data-scan]")];
  const told = bed.querySelector("[data-told]");
  const next = () => {
    const empty = fields.find((one) => one.value.trim() === "");
    if (empty) empty.focus();
    else {
      told.textContent = "All four are there. Read them once more, then go on.";
      told.focus();
    }
  };
  for (const field of fields) {
    field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      if (field.value.trim() !== "") next();
    });
  }
  // a scanner types wherever the screen is: outside a field it types into the next empty one
  addEventListener("keydown", (event) => {
    const inside = event.target.closest("input, select, textarea, button, a, summary, dialog");
    if (inside || event.ctrlKey || event.metaKey || event.altKey || event.key.length !== 1) return;
    const empty = fields.find((one) => one.value.trim() === "");
    if (empty) empty.focus();
  });
  (fields.find((one) => one.getAttribute("aria-invalid")) || fields.find((one) => one.value === "") || fields[0]).focus();

  // the camera: one code for one field, then it is off again
  if (!navigator.mediaDevices) return;
  const viewer = document.querySelector("[data-viewer]");
  const viewed = viewer.querySelector("[data-viewer-says]");
  let reader = null;
  const library = () => (window.ZXing ? Promise.resolve() : new Promise((loaded, failed) => {
    const script = document.createElement("script");
    script.src = own.dataset.reader;
    script.addEventListener("load", loaded);
    script.addEventListener("error", failed);
    document.head.append(script);
  }));
  const close = () => {
    if (reader) reader.reset();
    reader = null;
    if (viewer.open) viewer.close();
  };
  const read = async (field) => {
    viewed.textContent = bed.querySelector(`label[for="${field.id}"]`).textContent;
    viewer.showModal();
    try {
      await library();
      const formats = ["QR_CODE", "DATA_MATRIX", "AZTEC", "CODE_128"].map((name) => ZXing.BarcodeFormat[name]);
      // its way of trying harder turns the picture for bars, and finds no other code any more
      const hints = new Map([[ZXing.DecodeHintType.POSSIBLE_FORMATS, formats]]);
      const mine = reader = new ZXing.BrowserMultiFormatReader(hints, 150);
      const found = await mine.decodeOnceFromConstraints({ video: { facingMode: "environment" } }, viewer.querySelector("video"));
      if (reader !== mine) return;
      close();
      // some printers fill a code up with signs that nobody sees
      field.value = found.getText().replace(/[\u0000-\u001f\u007f]/g, "").trim();
      if (navigator.vibrate) navigator.vibrate(80);
      next();
    } catch (fault) {
      if (viewer.open) viewed.textContent = `The camera does not answer (${fault.name || "not loaded"}). Close it, and scan or type.`;
    }
  };
  viewer.addEventListener("close", close);
  viewer.querySelector("[data-viewer-close]").addEventListener("click", close);
  for (const button of bed.querySelectorAll("[data-camera]")) {
    button.hidden = false;
    button.addEventListener("click", () => read(document.getElementById(button.dataset.camera)));
  }
})();
