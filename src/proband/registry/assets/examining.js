"use strict";
// Moves from cell to cell while an examination is entered, and shows what follows so far. Everything on the page works without this.
(() => {
  const form = document.querySelector("form[data-result]");
  const shown = document.getElementById("so-far");
  const sticky = document.getElementById("sticky");
  const boxes = [...form.querySelectorAll("input[data-cell]")];
  const place = new Map(boxes.map((one) => [`${one.dataset.side} ${one.dataset.column} ${one.dataset.row}`, one]));
  let waiting = null;
  let asked = 0;

  const look = (cell) => {
    const grade = cell.value.trim().toUpperCase().replace(/\*+$/, "");
    const full = cell.dataset.column === "motor" ? "5" : "2";
    cell.className = grade === "NT" ? "nt" : grade === full ? "full" : grade === "0" ? "s0" : /^[0-5]$/.test(grade) ? "s1" : "";
    const fits = cell.value === "" || cell.pattern === "" || new RegExp(`^(?:${cell.pattern})$`).test(cell.value);
    cell.toggleAttribute("aria-invalid", !fits);
    if (!fits) cell.setAttribute("aria-invalid", "true");
  };
  const say = () => { sticky.textContent = shown.querySelector("[data-line]").dataset.line; };
  const ask = async () => {
    const turn = ++asked;
    try {
      const answer = await fetch(form.dataset.result, { method: "POST", body: new FormData(form), credentials: "same-origin", redirect: "error" });
      const text = await answer.text();
      if (turn !== asked) return;
      if (answer.ok) {
        shown.innerHTML = text;
        say();
      }
      shown.classList.toggle("stale", !answer.ok);
    } catch {
      if (turn === asked) shown.classList.add("stale");
    }
  };
  const soon = () => {
    clearTimeout(waiting);
    waiting = setTimeout(ask, 250);
  };
  const go = (cell) => { if (cell) { cell.focus(); cell.select(); } };
  // down a column of a side, then the next column, then the other side: as one examines
  const next = (cell, step) => boxes[boxes.indexOf(cell) + step];
  const fill = (cell, value) => {
    cell.value = value;
    look(cell);
    soon();
  };

  form.addEventListener("input", (event) => {
    if (event.target.dataset.cell !== undefined) look(event.target);
    soon();
  });
  form.addEventListener("change", soon);
  form.addEventListener("keydown", (event) => {
    const cell = event.target;
    if (cell.dataset.cell === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    const row = Number(cell.dataset.row);
    const across = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const down = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    const takes = (value) => new RegExp(`^(?:${cell.pattern})$`).test(value);
    if (down) {
      go(place.get(`${cell.dataset.side} ${cell.dataset.column} ${row + down}`) || next(cell, down));
    } else if (across) {
      const same = [...place.values()].filter((one) => Number(one.dataset.row) === row);
      go(same[same.indexOf(cell) + across]);
    } else if (/^[0-9]$/.test(event.key)) {
      // a grade that this column does not have stays outside: the cell keeps what it had
      if (takes(event.key)) { fill(cell, event.key); go(next(cell, 1)); }
    } else if (/^[nN]$/.test(event.key)) {
      fill(cell, "NT");
      go(next(cell, 1));
    } else if (event.key === "*") {
      // the star belongs to the grade that was entered last: score first, then the star
      const starred = cell.value !== "" && cell.selectionStart === cell.selectionEnd ? cell : next(cell, -1) || cell;
      if (starred.value !== "" && !starred.value.endsWith("**")) fill(starred, `${starred.value}*`);
    } else if (event.key === "Backspace" && cell.value === "") {
      go(next(cell, -1));
    } else if (event.key === "Backspace" || event.key === "Delete") {
      fill(cell, "");
    } else if (event.key === "Enter") {
      go(next(cell, 1));
    } else return;
    event.preventDefault();
  });
  say();
  for (const cell of boxes) cell.addEventListener("focus", () => cell.select());
})();
