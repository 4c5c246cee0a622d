/* The self-check's evaluator and form. Truth is true, false or null (unknown): Kleene's strong connectives over values
   that are intervals. The same rules as Proband's screening; the two are compared by test. Nothing is stored or sent. */
"use strict";
const ProbandCheck = (() => {
  const NOTHING = {};
  const known = (x) => x !== null && x !== undefined;
  const less = (x, y) => known(x) && known(y) && x < y;
  const notLess = (x, y) => known(x) && known(y) && x >= y;
  const decide = (surely, surelyNot) => (surely ? true : surelyNot ? false : null);
  const end = (x) => (known(x) ? x : null);

  function bounds(term, values) {
    if (term.kind === "name") {
      const value = values[term.id] || NOTHING;
      return [end(value.low), end(value.high)];
    }
    if (term.kind === "number") return [term.value, term.value];
    if (term.kind === "scaled") {
      const [low, high] = bounds(term.term, values);
      const scaled = [known(low) ? term.factor * low : null, known(high) ? term.factor * high : null];
      return term.factor >= 0 ? scaled : [scaled[1], scaled[0]];
    }
    const a = bounds(term.left, values);
    let b = bounds(term.right, values);
    const sign = term.op === "-" ? -1 : 1;
    if (sign < 0) b = [b[1], b[0]];
    return [0, 1].map((i) => (known(a[i]) && known(b[i]) ? a[i] + sign * b[i] : null));
  }

  function compare(a, op, b) {
    if (op === "<") return decide(less(a[1], b[0]), notLess(a[0], b[1]));
    if (op === "<=") return decide(notLess(b[0], a[1]), less(b[1], a[0]));
    if (op === ">") return decide(less(b[1], a[0]), notLess(b[0], a[1]));
    if (op === ">=") return decide(notLess(a[0], b[1]), less(a[1], b[0]));
    const equal = decide(
      known(a[0]) && a[0] === a[1] && a[1] === b[0] && b[0] === b[1],
      less(a[1], b[0]) || less(b[1], a[0]),
    );
    return op === "==" || equal === null ? equal : !equal;
  }

  function stretches(values, whole) {
    const found = [];
    for (const value of values) {
      const last = found[found.length - 1];
      if (whole && last && value === last[1] + 1) last[1] = value;
      else found.push([value, value]);
    }
    return found;
  }

  function evaluate(node, values) {
    if (node.kind === "and" || node.kind === "or") {
      const ends = node.kind === "or";
      let unknown = false;
      for (const item of node.items) {
        const truth = evaluate(item, values);
        if (truth === ends) return ends;
        unknown = unknown || truth === null;
      }
      return unknown ? null : !ends;
    }
    if (node.kind === "not") {
      const truth = evaluate(node.item, values);
      return truth === null ? null : !truth;
    }
    if (node.kind === "comparison") return compare(bounds(node.left, values), node.op, bounds(node.right, values));
    const value = values[node.name] || NOTHING;
    if (node.kind === "truth") return known(value.truth) ? value.truth : null;
    if (node.kind === "known") return value.known ? true : null;
    if (node.kind === "membership") return known(value.code) ? node.codes.includes(value.code) : null;
    const runs = stretches(node.values, node.ranks);
    if (known(value.low) && known(value.high) && runs.some(([a, b]) => a <= value.low && value.high <= b)) return true;
    return runs.every(([a, b]) => less(value.high, a) || less(b, value.low)) ? false : null;
  }

  /* what a rule means for taking part: "open" nothing entered rules it out, "team" cannot be known here, "excludes" */
  function standing(rule, values) {
    if (rule.later) return "team"; /* it is looked at on a later day */
    const truth = evaluate(rule.root, values);
    if (truth === null) return "team";
    return (rule.kind === "include") === truth ? "open" : "excludes";
  }

  /* an answer as a value: a number, a rank, a code or a truth; an empty answer is not known */
  function read(question, text) {
    if (text === "") return {};
    if (question.type === "number") {
      const number = Number(text);
      return Number.isFinite(number) ? { low: number, high: number, known: true } : {};
    }
    if (question.type === "boolean") return { truth: text === "yes", known: true };
    if (question.type === "ordered") {
      const rank = question.values.indexOf(text);
      return rank < 0 ? {} : { low: rank, high: rank, known: true };
    }
    if (question.type === "date") {
      const day = Date.parse(text + "T00:00:00Z") / 86400000;
      return Number.isFinite(day) ? { low: day, high: day, known: true } : {};
    }
    return { code: text.toLowerCase(), known: true };
  }

  return { evaluate, standing, read };
})();
if (typeof module !== "undefined") module.exports = ProbandCheck;
else
  (() => {
    const block = document.getElementById("self-check-data");
    const place = document.getElementById("self-check-form");
    if (!block || !place) return;
    const data = JSON.parse(block.textContent);
    const t = data.texts;
    const make = (name, attributes = {}, text = "") => {
      const element = document.createElement(name);
      for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
      if (text) element.textContent = text;
      return element;
    };
    const form = make("form", { class: "check", autocomplete: "off", novalidate: "" });
    const set = make("fieldset");
    set.append(make("legend", {}, t.legend));
    for (const question of data.questions) {
      const field = make("div", { class: "field" });
      const id = "q-" + question.id;
      field.append(make("label", { for: id }, question.ask + (question.unit && t.units[question.unit] && !question.ask.includes(t.units[question.unit]) ? " (" + t.units[question.unit] + ")" : "")));
      let input;
      if (question.type === "boolean" || question.values.length) {
        input = make("select", { id });
        input.append(make("option", { value: "" }, t.unknown));
        const choices = question.type === "boolean" ? [["yes", t.yes], ["no", t.no]] : question.values.map((v) => [v, v]);
        for (const [value, words] of choices) input.append(make("option", { value }, words));
      } else {
        input = make("input", question.type === "date" ? { id, type: "date" } : { id, type: question.type === "number" ? "number" : "text", step: "any" });
      }
      field.append(input);
      set.append(field);
    }
    form.append(set, make("button", { type: "submit" }, t.show));
    const result = make("div", { "aria-live": "polite", id: "self-check-result" });
    place.append(form, result);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const values = {};
      for (const question of data.questions) values[question.id] = ProbandCheck.read(question, document.getElementById("q-" + question.id).value);
      const groups = { excludes: [], team: [], open: [] };
      for (const rule of data.rules) groups[ProbandCheck.standing(rule, values)].push(rule.words);
      result.replaceChildren(make("h3", {}, t.heading), make("p", {}, document.title + ", " + new Date().toLocaleDateString(document.documentElement.lang)));
      const given = data.questions.map((q) => [q.ask, document.getElementById("q-" + q.id)]).filter(([, input]) => input.value !== "");
      if (given.length) {
        const answers = make("ul");
        for (const [ask, input] of given) answers.append(make("li", {}, ask + " " + (input.selectedOptions ? input.selectedOptions[0].textContent : input.value)));
        result.append(make("p", {}, t.given), answers);
      }
      for (const [standing, words] of Object.entries(groups)) {
        if (!words.length) continue;
        const list = make("ul", { class: "verdicts" });
        for (const text of words) list.append(make("li", { "data-verdict": standing }, text));
        result.append(make("p", {}, t[standing]), list);
      }
      result.append(make("p", {}, t.note));
      const button = make("button", { type: "button", class: "no-print" }, t.print);
      button.addEventListener("click", () => {
        /* only the sheet goes on paper, not the page around it */
        document.documentElement.classList.add("sheet-only");
        window.print();
        document.documentElement.classList.remove("sheet-only");
      });
      result.append(button);
    });
  })();
