"use strict";
// Asks the browser for a passkey, and puts what it answers into the form. Everything else on the page works without this.
(() => {
  const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

  const ways = {
    async create(said) {
      const options = JSON.parse(said.options);
      options.challenge = bytes(options.challenge);
      options.user.id = bytes(options.user.id);
      options.excludeCredentials = (options.excludeCredentials || []).map((one) => ({ ...one, id: bytes(one.id) }));
      const made = await navigator.credentials.create({ publicKey: options });
      return { id: made.id, rawId: text(made.rawId), type: made.type, response: {
        clientDataJSON: text(made.response.clientDataJSON), attestationObject: text(made.response.attestationObject) } };
    },
    async get(said) {
      const known = said.credentials.split(" ").filter((one) => one).map((one) => ({ type: "public-key", id: bytes(one) }));
      const found = await navigator.credentials.get({ publicKey: {
        challenge: bytes(said.challenge), rpId: said.party, allowCredentials: known, userVerification: "required" } });
      return { authenticator: text(found.response.authenticatorData), client: text(found.response.clientDataJSON),
        signature: text(found.response.signature) };
    },
  };

  for (const button of document.querySelectorAll("button[data-passkey]")) {
    const form = button.form;
    const says = document.getElementById(button.dataset.says);
    const filled = (name) => form.elements[name] === undefined || form.elements[name].value !== "";
    button.addEventListener("click", async () => {
      says.textContent = "Your device asks you now.";
      try {
        form.elements[button.dataset.into].value = JSON.stringify(await ways[button.dataset.passkey](button.dataset));
      } catch (fault) {
        says.textContent = `No answer (${fault.name}). Nothing was recorded. Try again.`;
        return;
      }
      button.disabled = true;
      says.textContent = "Signed.";
      const second = form.elements["second.person"];
      const alone = second === undefined || second.value === "";
      if (filled(button.dataset.into) && (alone || filled("second.password") && filled("second.assertion")) && filled("assertion") && filled("password")) form.requestSubmit();
      else says.textContent = "Signed. The other person's part is still missing.";
    });
  }
})();
