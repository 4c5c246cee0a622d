/* The headlines' grammar in a page: the same data (grammar.json), the same steps as proband.trial.headline.grammar and .meaning.
   No dependency, no network. Works as a plain script (window.ProbandReading) and in Node (module.exports). */
(function (root) {
  "use strict";

  var MOST_PEOPLE = 10000000, DIGITS = 9;
  var LEXICON = ["happened", "not_happened", "events", "measure", "people", "unit"];

  function Unclear(code, parameters) {
    this.name = "Unclear";
    this.code = code;
    this.parameters = parameters || {};
    this.message = code;
  }
  Unclear.prototype = Object.create(Error.prototype);

  function smallOf(text) { return text.replace(/[A-Z]/g, function (c) { return c.toLowerCase(); }); }

  /* a number that may mean more than one thing, as it stands in the text */
  function doubtful(grammar, text, pieces) {
    var small = smallOf(text), i, found;
    for (i = 0; i < grammar.doubtful.length; i++) if ((found = new RegExp(grammar.doubtful[i]).exec(small))) return found[0];
    for (i = 1; i < pieces.length; i++) if (pieces[i - 1].number && pieces[i].number) return pieces[i - 1].shown + " " + pieces[i].shown;
    return null;
  }

  /* a number word in digits, "twenty-one" among them; any other word as it is */
  function numberOf(numbers, word) {
    function of(part) { return Object.prototype.hasOwnProperty.call(numbers, part) ? numbers[part] : ""; }
    var both = word.split("-").map(of).join("-");
    return of(word) || (/^[2-9]0-[1-9]$/.test(both) ? both[0] + both[3] : word);
  }

  function tokens(grammar, text) {
    var small = smallOf(text), out = [];
    Object.keys(grammar.same).forEach(function (old) { small = small.split(old).join(grammar.same[old]); });
    var found = small.match(/[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]+)?|[a-z]+(?:['-][a-z]+)*|[\s\S]/gu) || [];
    found.forEach(function (piece) {
      if (grammar.spaces.indexOf(piece) >= 0) return;
      var word = numberOf(grammar.numbers, piece);
      var number = /^[0-9]/.test(word);
      out.push({ text: number ? word.replace(/,/g, "") : word, shown: piece, number: number });
    });
    return out;
  }

  function rulesOf(grammar, lexicon) {
    var rules = {};
    Object.keys(grammar.rules).forEach(function (name) {
      rules[name] = grammar.rules[name].map(function (alternative) { return alternative.split(" "); });
    });
    LEXICON.forEach(function (name) {
      var phrases = (lexicon[name] || []).map(function (p) { return tokens(grammar, p).map(function (t) { return t.text; }); });
      rules["lex:" + name] = phrases.sort(function (a, b) { return b.length - a.length; });
    });
    return rules;
  }

  function bare(term) { return term.length > 1 && term.slice(-1) === "?" ? term.slice(0, -1) : term; }

  function wordsOf(rules) {
    var words = {};
    Object.keys(rules).forEach(function (name) {
      rules[name].forEach(function (alternative) {
        alternative.forEach(function (term) {
          var core = bare(term);
          if (!/^(?:[a-z.]+:)?[<#]|^=./.test(core)) words["$" + core] = true;
        });
      });
    });
    return words;
  }

  /* every end that can be reached, in the order in which it was first reached: [[end, captures], ...] */
  function attempt(rules, pieces) {
    var known = {}, furthest = 0;
    function add(list, end, found) {
      if (!list.some(function (way) { return way[0] === end; })) list.push([end, found]);
    }
    function rule(name, start) {
      var key = name + "@" + start, out = [];
      if (known[key]) return known[key];
      rules[name].forEach(function (alternative) {
        row(alternative, start).forEach(function (way) { add(out, way[0], way[1]); });
      });
      known[key] = out;
      return out;
    }
    function row(terms, start) {
      return terms.reduce(function (ways, term) {
        var after = [];
        ways.forEach(function (way) {
          one(term, way[0]).forEach(function (next) { add(after, next[0], way[1].concat(next[1])); });
        });
        return after;
      }, [[start, []]]);
    }
    function one(term, place) {
      if (term.charAt(0) === "=" && term.length > 1) {
        var colon = term.indexOf(":");
        return [[place, [[term.slice(1, colon), term.slice(colon + 1).replace(/_/g, " ")]]]];
      }
      var core = bare(term), key = "", what = core, at = core.charAt(0) === "<" ? -1 : core.indexOf(":"), out;
      if (at >= 0 && /^[<#]/.test(core.slice(at + 1))) { key = core.slice(0, at); what = core.slice(at + 1); }
      if (what.charAt(0) === "<" && what.length > 1) {
        var prefix = key ? key + "." : "";
        out = rule(what.slice(1, -1), place).map(function (way) {
          return [way[0], way[1].map(function (pair) { return [prefix + pair[0], pair[1]]; })];
        });
      } else out = piece(what, key, place);
      if (core !== term) { out = out.slice(); add(out, place, []); }
      return out;
    }
    function piece(what, key, place) {
      var p = pieces[place], fits;
      if (!p) return [];
      if (key && (what === "#int" || what === "#number"))
        fits = p.number && p.text.length <= DIGITS && (what === "#number" || p.text.indexOf(".") < 0);
      else fits = p.text === what;
      if (!fits) return [];
      furthest = Math.max(furthest, place + 1);
      return [[place + 1, key ? [[key, p.text]] : []]];
    }
    var whole = rule("headline", 0).filter(function (way) { return way[0] === pieces.length; })[0];
    return { captures: whole ? whole[1] : null, furthest: furthest };
  }

  /* --- what the captured pieces mean ---------------------------------------------------------------------------------- */

  function meaning(text, captures, people) {
    var got = {};
    captures.forEach(function (pair) { (got[pair[0]] = got[pair[0]] || []).push(pair[1]); });
    function first(key) { return got[key] ? got[key][0] : null; }
    function fail(code, parameters) {
      parameters = parameters || {};
      parameters.text = text;
      throw new Unclear("trial.headline." + code, parameters);
    }
    function counted(number) {
      var n = Number(number);
      if (n < 1) fail("nobody", { people: n });
      if (n > MOST_PEOPLE) fail("too-many", { people: n });
      return n;
    }
    function checked(events, n) {
      if (events > n) fail("impossible", { events: events, people: n });
      return { events: events, people: n };
    }
    function ofPercent(percent, n) {
      var digits = (percent.split(".")[1] || "").length, share = Number(percent.replace(".", "")), whole = 100 * Math.pow(10, digits);
      if (share > whole) fail("share", { share: percent + " %", people: n });
      if ((share * n) % whole === 0) return share * n / whole;
      var low = Math.ceil((2 * share * n - n) / (2 * whole)), high = Math.floor((2 * share * n + n) / (2 * whole));
      if (low !== high) fail("share", { share: percent + " %", people: n });
      return low;
    }
    function group(arm, other) {
      /* "all of 6 did not improve" may say that none did, or that not all did */
      if (got[arm + "every"] && (got[arm + "neg"] || (!got[arm + "said"] && got["control.neg"]))) fail("all-not");
      var told = countedGroup(arm, other);
      (got[arm + "q"] || []).forEach(function (percent) {
        var whole = 100 * Math.pow(10, (percent.split(".")[1] || "").length);
        if (2 * Math.abs(told.events * whole - Number(percent.replace(".", "")) * told.people) > told.people)
          fail("as-share", { share: percent + " %", events: told.events, people: told.people });
      });
      return told;
    }
    function countedGroup(arm, other) {
      if (got[arm + "ask"]) fail("denominator");
      if (first(arm + "b") !== null && other !== null) return checked(Number(first(arm + "b")), other);
      var n = counted(first(arm + "n")), part = first(arm + "f"), percent = first(arm + "p");
      if (part !== null) {
        var pair = part.split("/").map(Number);
        if ((n * pair[0]) % pair[1]) fail("share", { share: part, people: n });
        return checked(n * pair[0] / pair[1], n);
      }
      if (percent !== null) return checked(ofPercent(percent, n), n);
      return checked(Number(first(arm + "e")), n);
    }
    function all(keys) { return [].concat.apply([], keys.map(function (k) { return got[k] || []; })); }
    function timeOf() {
      var numbers = all(["t", "arm.t", "control.t"]), units = all(["u", "arm.u", "control.u"]);
      var times = numbers.map(function (n, i) { return n + units[i]; }).filter(function (v, i, list) { return list.indexOf(v) === i; });
      if (times.length > 1) fail("times", { times: times });
      return times.length ? times[0] : null;
    }
    function moved(arm, way, n) {
      var size = Number(first(arm + "s")), spread = first(arm + "v");
      if (size && (way === "down" || got[arm + "minus"])) size = -size;
      if (spread !== null && !(Number(spread) > 0)) fail("spread", { sd: spread });
      return { change: size, people: n, sd: spread === null ? null : Number(spread), step: Number("1e-" + (first(arm + "s").split(".")[1] || "").length) };
    }
    function counting(arm) {
      var number = first(arm + "n"), span = first(arm + "x"), n = number === null ? null : counted(number);
      if (arm === "arm." && given !== null) {
        if (n !== null && n !== given) fail("people", { said: n, people: given });
        n = counted(given);
      }
      if (span !== null && !(Number(span) > 0)) fail("watched", { watched: span });
      return { events: Number(first(arm + "e")), people: n, over: span === null ? null : span + first(arm + "w") };
    }
    /* "changed by 3" says of no group whether its score rose or fell */
    function signed(arm) {
      if (way === "as-signed" && !got[arm + "plus"] && !got[arm + "minus"] && Number(first(arm + "s"))) fail("unsigned", { size: first(arm + "s") });
    }
    function told(word) { return Object.keys(got).some(function (key) { return key.split(".").pop() === word; }); }
    var kind = first("kind");
    if (kind === "ratio" || kind === "median") fail("measure-alone", { measure: first("name") });
    var given = people === undefined ? null : people, out = { kind: kind, time: timeOf(), lasting: told("lasting"), after: told("after") };
    if (kind === "counts") {
      out.arms = [group("arm.", null)];
      if (Object.keys(got).some(function (k) { return k.indexOf("control.") === 0; })) out.arms.push(group("control.", out.arms[0].people));
      var own = [first("arm.said"), first("control.said")], said = own[0] || own[1];
      if (got["control.treated"]) fail("treated-second");
      /* "2 of 7 blind", "3 of 20 treated": that may be what happened to them */
      var timed = got.t || got["control.t"];
      if (said === null && (got["arm.named"] || got["control.named"] || (got["arm.alone"] && (out.arms.length === 1 || timed)) || (got["arm.treated"] && timed))) fail("what-happened");
      out.arms.forEach(function (arm, i) { if ((own[i] || said) === "0") arm.events = arm.people - arm.events; });
      out.said = said === null ? null : said === "1" ? "happened" : "not_happened";
      out.only = Boolean(got["arm.only"]);
      out.past = !got.front && Boolean(got["arm.bare"] || got["control.bare"]);
      return out;
    }
    if (kind === "rate") {
      if (got["arm.ask"] || got["control.ask"]) fail("events");
      out.arms = [counting("arm.")];
      if (got["control.e"]) out.arms.push(counting("control."));
      out.only = Boolean(got["arm.only"]);
      return out;
    }
    if (got["arm.ask"]) fail("sign");
    var saidPeople = first("arm.n"), way = first("arm.d");
    if (saidPeople === null && given === null) fail("denominator");
    if (saidPeople !== null && given !== null && Number(saidPeople) !== given) fail("people", { said: Number(saidPeople), people: given });
    var n = counted(saidPeople !== null ? saidPeople : given);
    signed("arm.");
    out.arms = [moved("arm.", way, n)];
    if (got["control.s"]) {
      if (way !== "as-signed" && (got["control.minus"] || (got["control.plus"] && way !== "up"))) fail("sign");
      signed("control.");
      out.arms.push(moved("control.", way, first("control.n") === null ? n : counted(first("control.n"))));
    }
    out.toward = way === "better" || way === "worse" ? way : null;
    return out;
  }

  var UNITS = { d: "days", w: "weeks", m: "months", y: "years" };

  function spell(time) { return time.slice(0, -1) + " " + UNITS[time.slice(-1)].slice(0, time.slice(0, -1) === "1" ? -1 : undefined); }

  function shortest(number) { return number.toFixed(9).replace(/0+$/, "").replace(/\.$/, ""); }

  /* a change with its sign; none where nothing changed */
  function signed(change) { return change ? (change > 0 ? "+" : "") + shortest(change) : "0"; }

  function peopleOf(n) { return n + (n === 1 ? " person" : " people"); }
  function othersOf(n) { return n + (n === 1 ? " other" : " others"); }
  /* what so many events are called; of one, the phrase that an "s" makes into another one */
  function countedAs(phrases, n) {
    var one = n === 1 ? phrases.filter(function (p) { return phrases.indexOf(p + "s") >= 0; }) : [];
    return one.length ? one[0] : phrases[0];
  }

  function understood(read, outcome) {
    var arms = read.arms, line;
    if (read.kind === "counts") {
      line = arms[0].events + " of " + peopleOf(arms[0].people) + " " + outcome.event;
      if (arms[1]) line += ", against " + arms[1].events + " of " + othersOf(arms[1].people);
    } else if (read.kind === "rate") {
      var some = arms.map(function (a) {
        return a.events + " " + countedAs(outcome.words.events, a.events) + " in " + [a.people === null ? null : peopleOf(a.people), a.over === null ? null : spell(a.over) + " of observation"]
          .filter(function (v) { return v !== null; }).join(", ");
      });
      line = some[0] + (some[1] ? ", against " + some[1] : "");
    } else {
      var how = read.toward ? " towards " + read.toward : "";
      var sizes = arms.map(function (a) { return (a.change > 0 && !how ? "+" : "") + shortest(a.change); });
      var spread = arms.map(function (a) { return a.sd === null ? "" : " (SD " + shortest(a.sd) + ")"; });
      var words = outcome.words || {}, measure = words.measure && words.measure.length ? words.measure[0] : outcome.name;
      line = "mean change of " + measure + " " + sizes[0] + how + spread[0] + " in " + peopleOf(arms[0].people);
      if (arms.length > 1) line += ", against " + sizes[1] + spread[1] + " in " + othersOf(arms[1].people);
    }
    if (read.time) line += ", time " + spell(read.time);
    return "Understood: " + line + ".";
  }

  /* outcomes: name -> {kind, better, event, words, forms}; throws Unclear */
  function read(grammar, outcomes, name, text, people) {
    var outcome = outcomes[name];
    if (Array.from(text).length > grammar.longest) throw new Unclear("trial.headline.long", { longest: grammar.longest });
    var pieces = tokens(grammar, text), rules = rulesOf(grammar, outcome.words || {}), tried = attempt(rules, pieces);
    var number = doubtful(grammar, text, pieces), kind = (tried.captures || []).filter(function (pair) { return pair[0] === "kind"; }).map(function (pair) { return pair[1]; })[0];
    /* of a ratio or a median there is no answer, whatever its numbers are */
    if (number !== null && kind !== "ratio" && kind !== "median") throw new Unclear("trial.headline.number", { text: text, number: number });
    if (!tried.captures) {
      var others = Object.keys(outcomes).filter(function (other) {
        return other !== name && attempt(rulesOf(grammar, outcomes[other].words || {}), pieces).captures;
      });
      if (others.length) throw new Unclear("trial.headline.other-outcome", { text: text, outcome: name, others: others });
      var known = wordsOf(rules), unknown = pieces.filter(function (t) { return !t.number && !known["$" + t.text]; })
        .map(function (t) { return t.shown; }).filter(function (v, i, list) { return list.indexOf(v) === i; });
      if (unknown.length) throw new Unclear("trial.headline.words", { text: text, words: unknown, outcome: name, forms: outcome.forms });
      var rest = pieces.slice(tried.furthest).map(function (t) { return t.shown; }).join(" ") || null;
      throw new Unclear("trial.headline.form", { text: text, rest: rest, forms: outcome.forms });
    }
    var out = meaning(text, tried.captures, people);
    if ((out.kind === "change") !== (outcome.kind === "change"))
      throw new Unclear("trial.headline." + (out.kind === "change" ? "change-for-counts" : "counts-for-change"), { text: text, outcome: name });
    /* "improved for 6 months" may be how long it lasted, "died after 24 weeks" later than that */
    var lives = outcome.kind === "survival", kept = out.kind === "rate" || out.said === "not_happened" || (lives && out.kind === "counts");
    var ends = outcome.better === "more" ? "not_happened" : "happened";
    if ((out.lasting && !kept) || (lives && (out.after || out.lasting) && out.past && out.said === ends)) throw new Unclear("trial.headline.when", { text: text });
    out.understood = understood(out, { name: name, event: outcome.event, words: outcome.words });
    return out;
  }

  var api = { read: read, Unclear: Unclear, countedAs: countedAs, shortest: shortest, signed: signed };
  if (typeof module !== "undefined" && module.exports) module.exports = api;
  else root.ProbandReading = api;
})(typeof self !== "undefined" ? self : this);
