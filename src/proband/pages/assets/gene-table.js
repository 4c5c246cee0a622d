/* Filters the table of genes as one types. Without this script the whole table is there to read. */
"use strict";
(() => {
  const form = document.getElementById("gene-search");
  const query = document.getElementById("gene-query");
  const count = document.getElementById("gene-count");
  const rows = [...document.querySelectorAll("#gene-table tbody tr")];
  if (!form || !query || !count) return;
  form.hidden = false;
  const fold = (text) => text.toLowerCase().replace(/\s+/g, " ");
  const texts = rows.map((row) => fold(row.textContent));
  function filter() {
    const words = fold(query.value).split(" ").filter(Boolean);
    let shown = 0;
    rows.forEach((row, i) => {
      row.hidden = !words.every((word) => texts[i].includes(word));
      if (!row.hidden) shown += 1;
    });
    count.textContent = count.dataset.template.replace("{n}", shown).replace("{all}", rows.length);
  }
  query.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  filter();
})();
