/* The headline test in a page: the same model and the same refusals as proband.trial.headline, from headline_table().
   No dependency, no network. Works as a plain script (window.ProbandHeadline) and in Node (module.exports).
   The generator is sfc32 (public domain, PractRand), so trials differ from Python's, chances agree within counting error. */
(function (root) {
  "use strict";

  var chances = typeof module !== "undefined" && module.exports ? require("./headline-chances.js") : root.ProbandChances;
  var reading = typeof module !== "undefined" && module.exports ? require("./headline-reading.js") : root.ProbandReading;
  var generator = chances.generator, normal = chances.normal, quantile = chances.quantile, normalTail = chances.normalTail, average = chances.average;

  /* --- which way a headline points: as proband.trial.headline.direction ------------------------------------------------- */

  function countDirection(ask, events, people, more, natural) {
    if (events === 0 || events === people) return events === 0 ? "at most" : "at least";
    var aboutEvents = ask.said !== "not_happened";
    if (ask.only) return aboutEvents ? "at most" : "at least";
    if (aboutEvents === more) return more ? "at least" : "at most";
    return events / people > natural ? "at least" : "at most";
  }
  function gapDirection(gap, more) {
    if (gap) return gap > 0 ? "at least" : "at most";
    return more ? "at least" : "at most";
  }
  function loudest(spoken, many, few) {
    var here = spoken === "at least" ? many : few, there = spoken === "at least" ? few : many;
    return there < 0.05 && there < here ? (spoken === "at least" ? "at most" : "at least") : spoken;
  }

  /* what is said of a text that is not read: the catalogue's own templates */
  function refusal(table, error) {
    var entry = table.refusals[error.code], given = error.parameters;
    function fill(template) {
      return template.replace(/\{(\w+)(!r)?(?::([^}]*))?\}/g, function (_, name, quoted, joint) {
        var value = given[name], glue = { "": ", ", or: " or ", and: " and ", ";": "; ", bar: " | " };
        if (Array.isArray(value)) return value.join(glue[joint || ""]);
        return quoted ? "\u201c" + value + "\u201d" : String(value);
      });
    }
    function one(templates) {
      if (typeof templates === "string") return fill(templates);
      for (var i = 0; i < templates.length - 1; i++) {
        var names = (templates[i].match(/\{(\w+)/g) || []).map(function (m) { return m.slice(1); });
        if (names.every(function (n) { return given[n] !== null && given[n] !== undefined && given[n] !== "" && given[n].length !== 0; }))
          return fill(templates[i]);
      }
      return fill(templates[templates.length - 1]);
    }
    return one(entry[0]) + ". " + one(entry[1]).replace(/^./, function (c) { return c.toUpperCase(); }) + ".";
  }

  /* a text as an ask: {events, people, ..., said, only, time, understood} */
  function read(table, programme, outcome, text) {
    var found;
    try {
      found = reading.read(table.grammar, table.programmes[programme].outcomes, outcome, text);
    } catch (error) {
      if (!(error instanceof reading.Unclear)) throw error;
      throw new Refusal(refusal(table, error));
    }
    var ask = { text: text, said: found.said, only: found.only, time: found.time, understood: found.understood };
    if (found.kind === "rate") { ask.rates = found.arms; return ask; }
    var arm = found.arms[0], other = found.arms[1], better = table.programmes[programme].outcomes[outcome].better;
    function signed(change) { return !found.toward || !change ? change : (found.toward === "better") === (better === "more") ? change : -change; }
    ask.people = arm.people;
    if (found.kind === "counts") ask.events = arm.events; else { ask.change = signed(arm.change); ask.sd = arm.sd; ask.step = arm.step; }
    if (other) {
      ask.controlPeople = other.people;
      if (found.kind === "counts") ask.controlEvents = other.events; else { ask.controlChange = signed(other.change); ask.controlSd = other.sd; ask.controlStep = other.step; }
    }
    return ask;
  }

  function Refusal(message) { this.name = "Refusal"; this.message = message; }
  Refusal.prototype = Object.create(Error.prototype);

  /* a cell names its outcome by its place among those of the programme */
  function outcomeOf(bundle, cell) { return Object.keys(bundle.outcomes)[cell.o]; }

  function find(table, programme, q) {
    var bundle = table.programmes[programme];
    if (!bundle) throw new Refusal("There is no programme " + programme + ".");
    var cell = bundle.cells.filter(function (c) {
      return outcomeOf(bundle, c) === q.outcome && c.b === q.baseline && (c.l || "") === (q.level || "") && (c.w || "") === (q.window || "") &&
        (c.f || "") === (q.followUp || "") && (c.e || "") === (q.era || "");
    })[0];
    if (!cell) throw new Refusal("This page does not hold that question; ask with the command proband headline.");
    return cell;
  }

  /* the library's quantiles of a cell: fewer are kept, closer to the ends, as the first and the steps to the next, to the base 36 */
  function quantiles(steps, unit, counts) {
    var at = 0, kept = steps.split(" ").map(function (step) { at += parseInt(step, 36); return at * unit; }), few = counts[0], many = counts[1], out = [], k;
    /* between them a cubic that never turns back: its slope at a place is the harmonic mean of the steps before and after (Fritsch and Butland 1984) */
    function step(i) { return i < 0 || i > few - 2 ? 0 : kept[i + 1] - kept[i]; }
    function slope(i) { var a = step(i - 1), b = step(i); return a * b > 0 ? 2 * a * b / (a + b) : 0; }
    for (k = 0; k < many; k++) {
      var x = Math.max(few * Math.acos(1 - 2 * (k + 0.5) / many) / Math.PI - 0.5, 0), i = Math.min(Math.floor(x), few - 2), t = Math.min(x - i, 1), d = step(i);
      out.push(kept[i] + t * (slope(i) + t * (3 * d - 2 * slope(i) - slope(i + 1) + t * (slope(i) + slope(i + 1) - 2 * d))));
    }
    return out;
  }

  /* one of the last digit that a number shows */
  function digits(number) { return Number("1e-" + (String(number).split(".")[1] || "").length); }

  function whole(value, low, high, name) {
    if (!Number.isInteger(value) || value < low || value > high)
      throw new Refusal(name + " must be a whole number from " + low + " to " + high + ".");
    return value;
  }

  /* ask = {programme, outcome, baseline, level, window, followUp, era, events, people, controlEvents, controlPeople,
            change, rates, trials, seed, groups, outcomes, looks, examiners, examinerError, heterogeneity} */
  function evaluate(table, ask) {
    var cell = find(table, ask.programme, ask), bundle = table.programmes[ask.programme], outcome = bundle.outcomes[ask.outcome];
    var two = ask.rates ? ask.rates.length > 1 : ask.controlPeople !== undefined && ask.controlPeople !== null;
    var kind = ask.rates ? "rate" : outcome.kind === "change" ? "change" : "counts", made = ask.groups || "unknown";
    if (two && !table.made[made]) throw new Refusal("Groups cannot be " + made + ".");
    /* where no natural history applies two groups can still be compared with each other */
    var refused = cell.refused === undefined ? null : bundle.texts[cell.refused];
    if (refused !== null && !(two && (kind !== "change" || (ask.sd && ask.controlSd)))) throw new Refusal(refused);
    var basis = kind === "rate" ? cell.rate : cell;
    if (refused === null && !basis) throw new Refusal("No rate of events is published here; ask of people with the outcome.");
    var even = ask.heterogeneity === false, result = {
      trials: whole(ask.trials === undefined ? 10000 : ask.trials, 100, 100000, "The number of trials"), kind: kind, cell: cell, outcome: outcome,
      two: two, made: two ? made : null, refused: refused, better: outcome.better === "more",
      apart: two && refused === null && !even && made !== "randomised", many: 0, few: 0, poor: 0, good: 0,
      unit: kind === "rate" ? outcome.words.events[0] : cell.unit || "points"
    };
    var unit = basis && kind === "rate" ? basis.unit : table.units[kind === "change" ? "change" : "share"];
    var q = refused !== null ? null : quantiles(bundle.texts[basis.q], unit, table.quantiles);
    if (q && even) q = q.map(function () { return basis.p; });
    var next = generator(ask.seed === undefined ? 20260101 : ask.seed);
    /* the plausible cohorts in which the chance is asked one by one */
    result.cohorts = function (values) { return chances.thinned(values, table.quantiles[2]); };
    if (refused === null) result.natural = even ? basis.p : basis.m;
    ({ rate: ofEvents, change: ofChange, counts: ofCounts })[kind](table, ask, result, q, refused === null ? basis.p : null, next);
    judge(table, ask, result);
    result.cannotSee = outcome.blind[refused !== null ? 2 : two ? 1 : 0].map(function (k) { return bundle.texts[k]; });
    result.assumptions = (refused !== null ? table.alone[kind] : basis.a.map(function (k) { return bundle.texts[k]; })).concat(result.notes || []);
    result.domain = refused !== null ? table.alone.domain : bundle.texts[basis.d];
    result.sources = refused !== null ? [] : basis.s.map(function (k) { return bundle.sources[k]; });
    result.words = words(result, ask);
    return result;
  }

  var MOST_PEOPLE = 10000000;

  /* one replayed trial: its score, and the other group's own result where there is one */
  function tally(r, score, control, seenControl) {
    if (score >= r.seen - 1e-9) r.many++;
    if (score <= r.seen + 1e-9) r.few++;
    if (!r.two) return;
    if (r.better ? control <= seenControl + 1e-9 : control >= seenControl - 1e-9) r.poor++;
    if (r.better ? control >= seenControl - 1e-9 : control <= seenControl + 1e-9) r.good++;
  }
  function toward(r, spoken) {
    r.fewer = loudest(spoken, r.many / r.trials, r.few / r.trials) === "at most";
    return r.fewer;
  }
  function count(r, key) { r.counts[key] = (r.counts[key] || 0) + 1; }

  function ofChange(table, ask, r, q, pooled, next) {
    var people = whole(ask.people, 1, MOST_PEOPLE, "The number of people"), control = r.two ? whole(ask.controlPeople, 1, MOST_PEOPLE, "The number of control people") : 0;
    var step = ask.step === undefined ? digits(ask.change) : ask.step, other = r.two ? (ask.controlStep === undefined ? digits(ask.controlChange) : ask.controlStep) : 0;
    if (r.refused === null && r.cell.reach) [[ask.change, step], [ask.controlChange, other]].slice(0, r.two ? 2 : 1).forEach(function (told) {
      var v = told[0], reach = r.cell.reach, sign = reading.signed;
      if (v < reach[0] - told[1] / 2 || v > reach[1] + told[1] / 2)
        throw new Refusal(refusal(table, { code: "trial.headline.beyond", parameters: { text: ask.text || sign(v), change: sign(v), unit: r.unit, low: sign(reach[0]), high: sign(reach[1]) } }));
    });
    if (q === null) {
      pooled = (ask.change * people + ask.controlChange * control) / (people + control);
      q = [pooled, pooled];
    }
    var sd = r.refused === null ? r.cell.sd : 0, own = Math.max(sd, ask.sd || 0), theirs = Math.max(sd, ask.controlSd || 0), t;
    r.people = people;
    r.scores = [];
    r.seen = ask.change - (r.two ? ask.controlChange : 0);
    function printed(v, s) { return s ? Math.round(v / s) * s : v; }
    for (t = 0; t < r.trials; t++) {
      var mean = quantile(q, next()), s = printed(mean + own / Math.sqrt(people) * normal(next), step), c = 0;
      if (r.two) c = printed((r.apart ? quantile(q, next()) : mean) + theirs / Math.sqrt(control) * normal(next), other);
      r.scores.push(s - c);
      tally(r, s - c, c, ask.controlChange);
    }
    var fewer = toward(r, gapDirection(r.seen, r.better));
    if (r.two) r.comparison = chances.compareMeans({ change: ask.change, n: people, sd: ask.sd, step: step }, { change: ask.controlChange, n: control, sd: ask.controlSd, step: other }, own);
    var half = (r.two ? Math.min(step, other) : step) / 2 * (fewer ? 1 : -1);
    var wide = Math.sqrt(own * own / people + (r.two ? theirs * theirs / control + (step * step + other * other) / 12 : 0));
    function tailOf(middle) {
      var z = (r.seen + half - middle) / wide;
      return normalTail(fewer ? -z : z);
    }
    var cohorts = r.cohorts(q);
    r.per = cohorts.map(function (v) {
      if (!r.two) return tailOf(v);
      return r.apart ? average(cohorts.map(function (w) { return tailOf(v - w); })) : tailOf(0);
    });
    r.exact = tailOf(r.two ? 0 : pooled);
    if (r.natural === undefined) r.natural = average(q);
    r.notes = r.refused === null && (ask.sd || ask.controlSd) ? [table.notes.own_spread] : [];
    var steps = (r.two ? [step, other] : [step]).filter(function (v, i, list) { return v && list.indexOf(v) === i; });
    if (steps.length) r.notes.push(table.notes.rounded.replace("{steps}", steps.map(reading.shortest).join(" and ")).replace("{unit}", r.unit));
  }

  function ofCounts(table, ask, r, q, pooled, next) {
    var people = whole(ask.people, 1, MOST_PEOPLE, "The number of people"), events = whole(ask.events, 0, people, "The number with the outcome"), control = 0, i, t;
    r.people = people;
    r.events = events;
    r.seen = events;
    r.counts = {};
    if (r.two) {
      control = whole(ask.controlPeople, 1, MOST_PEOPLE, "The number of control people");
      r.seen = events / people - whole(ask.controlEvents, 0, control, "The control number") / control;
      r.fisher = chances.fisher(events, people, ask.controlEvents, control);
      r.comparison = chances.compareGroups(events, people, ask.controlEvents, control);
    }
    if (q === null) {
      q = chances.jeffreys(events + ask.controlEvents, people + control, 400);
      pooled = (events + ask.controlEvents) / (people + control);
    }
    var exam = r.refused === null && r.outcome.exam && ask.heterogeneity !== false ? table.programmes[ask.programme].exam : null;
    var sd = exam && ask.examinerError !== false ? exam.sd : 0, examiners = exam ? ask.examiners || exam.examiners : 1, late = exam ? exam.late_share * exam.late_extra : 0;
    r.notes = exam ? exam.notes : r.outcome.exam ? [table.notes.no_examiner] : [];
    function seen(share, lean) {
      var c = share;
      if (sd > 0 && c > 0 && c < 1) { var odds = c / (1 - c) * Math.exp(lean); c = odds / (1 + odds); }
      return c + (1 - c) * late;
    }
    function drawn(n, share, leans) {
      return leans.reduce(function (sum, lean, e) {
        return sum + chances.countOf(next, Math.floor(n / examiners) + (e < n % examiners ? 1 : 0), seen(share, lean));
      }, 0);
    }
    for (t = 0; t < r.trials; t++) {
      var p = quantile(q, next()), other = r.apart ? quantile(q, next()) : p, leans = [];
      for (i = 0; i < examiners; i++) leans.push(sd > 0 ? sd * normal(next) : 0);
      var a = drawn(people, p, leans), b = r.two ? drawn(control, other, leans) : 0, score = r.two ? a / people - b / control : a;
      count(r, r.two ? Math.round(score * 1e4) / 1e4 : score);
      tally(r, score, b, ask.controlEvents);
    }
    if (r.natural === undefined) r.natural = average(q);
    var fewer = toward(r, r.two ? gapDirection(r.seen, r.better) : countDirection(ask, events, people, r.better, r.natural));
    r.exact = chances.countTails(people, control, [pooled], r.seen, fewer, false)[0];
    r.per = chances.countTails(people, control, r.cohorts(q), r.seen, fewer, r.apart);
  }

  function ofEvents(table, ask, r, q, pooled, next) {
    var time = days(ask.followUp);
    var groups = ask.rates.map(function (told) {
      var over = told.over === null ? null : days(told.over);
      if (over === null) return { events: told.events, people: told.people || 1, watched: told.people || 1 };
      if (told.people === null && time === null) throw new Refusal(refusal(table, { code: "trial.headline.denominator", parameters: { text: ask.text } }));
      if (time === null) return { events: told.events, people: told.people, watched: over };
      var people = told.people || Math.max(1, Math.round(over / time));
      if (over / people > 1.05 * time)
        throw new Refusal(refusal(table, { code: "trial.headline.follow-up", parameters: { text: ask.text, time: (over / people).toFixed(0) + "d each", follow_up: time.toFixed(0) + "d" } }));
      return { events: told.events, people: people, watched: over / time };
    }), first = groups[0], last = groups[groups.length - 1], t;
    var dispersion = r.refused === null ? r.cell.rate.dispersion : table.alone.dispersion;
    if (q === null) {
      pooled = (first.events + last.events + 0.5) / (first.watched + last.watched);
      q = [pooled, pooled];
    }
    r.people = first.people;
    r.events = first.events;
    r.other = last;
    r.counts = {};
    r.seen = r.two ? first.events / first.watched - last.events / last.watched : first.events;
    function drawn(g, rate) {
      var mean = g.watched * rate;
      return chances.poisson(next, dispersion ? mean * chances.gammaOf(next, g.watched / dispersion) : mean);
    }
    for (t = 0; t < r.trials; t++) {
      var rate = quantile(q, next()), a = drawn(first, rate), b = r.two ? drawn(last, r.apart ? quantile(q, next()) : rate) : 0;
      var score = r.two ? a / first.watched - b / last.watched : a;
      count(r, r.two ? Math.round(score * 1e6) / 1e6 : score);
      tally(r, score, b, last.events);
    }
    if (r.natural === undefined) r.natural = average(q);
    var spoken = r.two ? gapDirection(r.seen, r.better) : !first.events || ask.only ? "at most" : r.better ? "at least" :
      first.events / first.watched > r.natural ? "at least" : "at most";
    var fewer = toward(r, spoken);
    function expected(rates) { return groups.map(function (g) { return rates.map(function (v) { return g.watched * v; }); }); }
    if (r.two) r.comparison = chances.compareRates(first.events, first.watched, last.events, last.watched, dispersion);
    r.per = chances.eventTails(groups, expected(r.cohorts(q)), dispersion, fewer, r.apart);
    r.exact = chances.eventTails(groups, expected([pooled]), dispersion, fewer, false)[0];
  }

  /* the verdict: groups that chance made rest on the test of the arms alone, other groups on the end that claims least */
  function judge(table, ask, r) {
    r.predictive = average(r.per);
    r.per = r.per.slice().sort(function (a, b) { return a - b; });
    r.interval = [quantile(r.per, 0.025), quantile(r.per, 0.975)];
    r.direction = r.fewer ? "at most" : "at least";
    r.speaksOf = r.fewer === r.better ? "harm" : "benefit";
    r.probability = (r.fewer ? r.few : r.many) / r.trials;
    r.opposite = (r.fewer ? r.many : r.few) / r.trials;
    var harm = r.speaksOf === "harm", tries = whole(ask.outcomes === undefined ? 1 : ask.outcomes, 1, 1000, "The number of outcomes") *
      whole(ask.looks === undefined ? 1 : ask.looks, 1, 1000, "The number of looks");
    var alone = r.made === "randomised" || r.refused !== null;
    r.from = Math.min(1, tries * (!r.two ? r.probability : alone ? r.comparison.twoSided : harm ? r.probability : r.interval[1]));
    r.tries = tries;
    r.asPoor = r.two && r.refused === null ? r.poor / r.trials : null;
    r.asGood = r.two && r.refused === null ? r.good / r.trials : null;
    r.madeWords = table.made;
    r.verdicts = table.verdicts;
    r.noVerdict = table.no_verdict;
    r.surprise = grade(r.from);
    r.verdict = verdictKey(r.from);
    /* harm is ordinary only if it is so in every plausible cohort */
    if (r.two && r.made !== "randomised" && harm && r.interval[0] < 0.05 && r.surprise === "common") r.surprise = r.verdict = "not unusual";
    if (r.refused !== null && r.made !== "randomised") r.surprise = r.verdict = "no verdict";
  }

  var STEPS = [["common", 0.2], ["not unusual", 0.05], ["unusual", 0.01], ["rare", 0]];
  function grade(p) { return STEPS.filter(function (s) { return p >= s[1]; })[0][0]; }
  /* at the edge between two grades both are said */
  function verdictKey(p) {
    for (var i = 0; i < 3; i++) if (p >= STEPS[i][1] / 1.25 && p < STEPS[i][1] * 1.25) return STEPS[i][0] + " or " + STEPS[i + 1][0];
    return grade(p);
  }
  function outOf(p) {
    if (p >= 0.095) return Math.round(100 * p) + " of 100";
    return p >= 0.001 ? Math.max(1, Math.round(1000 * p)) + " of 1,000" : "fewer than 1 of 1,000";
  }
  function percent(p) {
    if (p < 0.001) return "less than 0.1\u00a0%";
    if (p > 0.999) return "more than 99.9\u00a0%";
    return p < 0.095 ? (100 * p).toFixed(1) + "\u00a0%" : Math.round(100 * p) + "\u00a0%";
  }
  function shown(n) { return n.toLocaleString("en"); }
  /* a number of two digits that count */
  function short(v) { return reading.shortest(Number(v.toPrecision(2))); }
  function words(r, ask) {
    var n = shown(r.trials), event = r.outcome.event, first = outOf(r.interval[0]), last = outOf(r.interval[1]);
    var range = first === last ? "In every published group the chance is about the same: " + first + ". " :
      "Published groups differ: from " + first + " in one to " + last + " in another. ";
    var best = r.tries > 1 ? "This is the best of " + r.tries + " tries: that the best shows it happens in up to " + outOf(r.from) + ". " : "";
    var end = best + (r.verdict === "no verdict" ? r.noVerdict.replace("{made}", r.madeWords[r.made]) : r.verdicts[r.speaksOf][r.verdict]);
    function replayed(what) {
      return "We replayed " + n + " trials in which nobody was treated. " + what + " came up in " + outOf(r.probability) + " of them. " +
        (r.made === "randomised" ? "" : range);
    }
    var sign = reading.signed;
    if (r.two) return groupWords(r, ask, replayed("A gap at least this large"), end, sign);
    var side = r.fewer ? "this low or lower" : "this high or higher";
    if (r.kind === "change")
      return "The headline says that the score changed by " + sign(ask.change) + " " + r.unit + " on average in " + peopleOf(r.people) + ". " + replayed("A result " + side) +
        "Untreated groups change by " + (Math.round(10 * r.natural) > 0 ? "+" : "") + (Math.round(10 * r.natural) / 10 || 0).toFixed(1) + " " + r.unit + " on average. " + end;
    if (r.kind === "rate")
      return "The headline says that " + countedWords(r) + peopleOf(r.people) + ". " + replayed("A number " + side) +
        "Untreated people have about " + short(r.natural) + " each in such a time. " + end;
    side = r.direction + " " + shown(r.events);
    if (r.events === 0 && r.fewer) side = "none";
    else if (r.events === r.people && !r.fewer) side = r.people > 1 ? "all " + shown(r.people) : "the one";
    var nothing = r.events === 0 && r.better && (r.surprise === "common" || r.surprise === "not unusual");
    return "The headline says that " + shown(r.events) + " of " + peopleOf(r.people) + " " + event + ". We replayed " + n + " trials with " + shown(r.people) +
      " such " + (r.people === 1 ? "person" : "people") + ", in which nobody was treated. In " + outOf(r.probability) + " of them " + side + " " + event +
      (r.speaksOf === "benefit" ? " anyway" : "") + ". " + range + (nothing ? best + "So there is no gain to explain." : end);
  }
  function peopleOf(n, kind) { return shown(n) + " " + (kind ? kind + " " : "") + (n === 1 ? "person" : "people"); }
  function countedWords(r) { return shown(r.events) + " " + reading.countedAs(r.outcome.words.events, r.events) + (r.events === 1 ? " was" : " were") + " counted in "; }
  function othersOf(n) { return shown(n) + (n === 1 ? " other" : " others"); }
  function groupWords(r, ask, replayed, end, sign) {
    var said = r.kind === "change" ? "the score changed by " + sign(ask.change) + " " + r.unit + " on average in " + peopleOf(r.people, "treated") + " against " + sign(ask.controlChange) + " in " + othersOf(ask.controlPeople) :
      r.kind === "rate" ? countedWords(r) + peopleOf(r.people, "treated") + " against " + shown(r.other.events) + " in " + othersOf(r.other.people) :
      shown(r.events) + " of " + peopleOf(r.people, "treated") + " against " + shown(ask.controlEvents) + " of " + othersOf(ask.controlPeople) + " " + r.outcome.event;
    said = "The headline says that " + said + ". The groups were " + r.madeWords[r.made] + ". ";
    if (r.made === "randomised")
      said += "If both were alike, chance alone would make so large a gap in " + outOf(r.comparison.twoSided) + " trials, one way or the other. ";
    if (r.refused !== null) {
      if (r.made === "randomised") said += "No published natural history fits these people. So the two groups are compared only with each other. ";
      return said + end;
    }
    said += replayed + (r.asPoor < 0.05 ? "The untreated group did worse than expected: so poor a result came up in " + outOf(r.asPoor) + " replays. Part of the gap may lie there. " :
      r.asGood < 0.05 ? "The untreated group did better than expected. " : "The untreated group did about as expected. ");
    if (r.made !== "randomised")
      said += r.speaksOf === "harm" ? "Chance did not make the groups, and they may have differed from the start. " : "Chance did not make the groups, so we take the end that claims least. ";
    return said + end;
  }

  /* --- the form ------------------------------------------------------------------------------------------------------ */

  function element(tag, attributes, text) {
    var e = document.createElement(tag);
    Object.keys(attributes || {}).forEach(function (k) { e.setAttribute(k, attributes[k]); });
    if (text !== undefined) e.textContent = text;
    return e;
  }

  function bars(r) {
    var pairs;
    if (r.counts) pairs = Object.keys(r.counts).map(function (k) { return [Number(k), r.counts[k]]; });
    if (!r.counts || pairs.length > 60) {
      /* one edge of the bars lies at the headline */
      var scores = r.scores || [].concat.apply([], pairs.map(function (p) { return new Array(p[1]).fill(p[0]); }));
      var sorted = scores.slice().sort(function (a, b) { return a - b; }), w = (sorted[sorted.length - 1] - sorted[0]) / 30 || 1, bins = {};
      scores.forEach(function (s) { var at = (s - r.seen) / w, k = r.fewer ? Math.ceil(at - 1e-9) - 1 : Math.floor(at + 1e-9); bins[k] = (bins[k] || 0) + 1; });
      pairs = Object.keys(bins).map(function (k) { return [r.seen + (Number(k) + 0.5) * w, bins[k]]; });
    }
    return pairs.sort(function (a, b) { return a[0] - b[0]; });
  }

  function figure(r) {
    var data = bars(r), low = Math.min(data[0][0], r.seen), high = Math.max(data[data.length - 1][0], r.seen);
    var pad = ((high - low) || 1) / Math.max(data.length, 2) / 1.6, W = 360, H = 316, L = 46, R = 16, T = 102, B = 46;
    low -= pad; high += pad;
    var top = Math.max.apply(null, data.map(function (d) { return d[1]; }));
    function x(v) { return L + (v - low) / (high - low) * (W - L - R); }
    /* the scale upward: of a hundred trials, in round steps */
    var most = 100 * top / r.trials, step = [1, 2, 5, 10, 20, 25, 50].filter(function (d) { return most / d <= 4; })[0] || 100, all = Math.ceil(most / step) * step;
    function y(share) { return H - B - share / all * (H - B - T); }
    var NS = "http://www.w3.org/2000/svg";
    function svg(tag, at, text) {
      var e = document.createElementNS(NS, tag);
      Object.keys(at).forEach(function (k) { e.setAttribute(k, at[k]); });
      if (text !== undefined) e.textContent = text;
      return e;
    }
    /* the same classes as the drawing that was made beforehand (pages/charts/replay.py): one style draws both */
    var s = svg("svg", { viewBox: "0 0 " + W + " " + H, role: "img", "class": "chart replay", focusable: "false" });
    s.appendChild(svg("title", {}, r.trials + " replayed trials without treatment"));
    s.appendChild(svg("desc", {}, percent(r.probability) + " of the trials reach the headline."));
    var width = Math.max(2, Math.min(40, (W - L - R) / data.length * 0.8));
    for (var up = 0; up <= all; up += step) {
      s.appendChild(svg("line", { "class": "grid", x1: L, x2: W - R, y1: y(up), y2: y(up) }));
      s.appendChild(svg("text", { "class": "tick", x: L - 6, y: y(up) + 4, "text-anchor": "end" }, String(up)));
    }
    s.appendChild(svg("text", { "class": "reached", x: 6, y: 16 }, percent(r.probability)));
    s.appendChild(svg("text", { "class": "row-label", x: 6, y: 35 }, "reach the headline"));
    s.appendChild(svg("text", { "class": "axis-name", x: 6, y: 56 }, "of 100 trials"));
    data.forEach(function (d) {
      var hit = r.fewer ? d[0] <= r.seen + 1e-9 : d[0] >= r.seen - 1e-9, h = H - B - y(100 * d[1] / r.trials);
      s.appendChild(svg("rect", { "class": hit ? "bar-hit" : "bar-miss", x: x(d[0]) - width / 2, y: H - B - h, width: width, height: h }));
    });
    s.appendChild(svg("line", { "class": "axis", x1: L, x2: W - R, y1: H - B, y2: H - B }));
    s.appendChild(svg("line", { "class": "null", x1: x(r.seen), x2: x(r.seen), y1: T - 8, y2: H - B }));
    var right = x(r.seen) < W / 2;
    s.appendChild(svg("text", { "class": "row-label", x: x(r.seen) + (right ? 6 : -6), y: 80, "text-anchor": right ? "start" : "end" }, "the headline"));
    var axis = r.kind === "rate" ? (r.two ? "difference of the " + r.unit + " for each person" : r.unit) : r.kind === "change" ? "mean change (" + r.unit + ")" :
      r.two ? "difference of the two shares" : "people out of " + shown(r.people);
    s.appendChild(svg("text", { "class": "axis-name", x: W / 2, y: H - 6, "text-anchor": "middle" }, axis));
    [0, 0.25, 0.5, 0.75, 1].forEach(function (f) {
      var v = low + pad + f * (high - low - 2 * pad);
      s.appendChild(svg("text", { "class": "tick", x: x(v), y: H - B + 16, "text-anchor": "middle" },
        r.counts && !r.two ? String(Math.round(v)) : v.toFixed(2)));
    });
    return s;
  }

  function days(time) {
    var found = /^([0-9.]+)([dwmy])$/.exec(time || "");
    return found ? Number(found[1]) * { d: 1, w: 7, m: 30.4375, y: 365.25 }[found[2]] : null;
  }

  /* a headline in its own words, asked of the people that are chosen: what it says takes the place of every number */
  function answered(table, chosen, text) {
    var said = read(table, chosen.programme, chosen.outcome, text), ask = {};
    Object.keys(chosen).forEach(function (k) { if (!/^(events|people|change|control)/.test(k)) ask[k] = chosen[k]; });
    Object.keys(said).forEach(function (k) { ask[k] = said[k]; });
    if (said.time && ask.followUp && Math.abs(days(said.time) - days(ask.followUp)) > 0.02 * days(ask.followUp))
      throw new Refusal(refusal(table, { code: "trial.headline.follow-up", parameters: { text: text, time: said.time, follow_up: ask.followUp } }));
    if (said.time && !ask.followUp && find(table, ask.programme, ask).refused === undefined)
      throw new Refusal(refusal(table, { code: "trial.headline.unused", parameters: { options: ["the time in the text"], why: "the natural history of " + ask.outcome + " does not tell people apart by it" } }));
    var result = evaluate(table, ask);
    result.understood = said.understood;
    return result;
  }

  var FIELDS = [["b", "baseline", "At the start"], ["l", "level", "Level"], ["w", "window", "First examination after"],
    ["f", "followUp", "Last examination after"], ["e", "era", "Years"]];

  /* the parameters of a card's link, and the control of the form that each fills; those of people come after what they depend on */
  var OF_LINK = { text: "text", programme: "programme", outcome: "outcome", baseline: "baseline", level: "level", "baseline-window": "window", "follow-up": "followUp",
    era: "era", groups: "groups", outcomes: "outcomes", looks: "looks", trials: "trials", seed: "seed" };

  /* fills the form from a link; what it asks and this form cannot say is given back, and nothing may then be answered in its place */
  function fill(search, controls, hashOf, refresh) {
    var asked = new URLSearchParams(search), left = [];
    Object.keys(OF_LINK).filter(function (key) { return asked.has(key); }).forEach(function (key) {
      var control = controls[OF_LINK[key]], value = asked.get(key), before = control.value;
      control.value = value;
      if (control.value !== value || asked.getAll(key).length > 1) {
        left.push(key + " " + value);
        control.value = before;
      }
      refresh();
    });
    asked.forEach(function (value, key) {
      if (key === "hash" ? value !== hashOf() : !Object.prototype.hasOwnProperty.call(OF_LINK, key)) left.push(key + " " + value);
    });
    return left;
  }

  function mount(host, table) {
    host.textContent = "";
    var form = element("form", { "class": "headline-form", novalidate: "" }), answer = element("div", { "aria-live": "polite", "class": "headline-live" });
    var inputs = {};
    function labelled(id, label, control) {
      var p = element("p"), l = element("label", { "for": "hf-" + id }, label + " ");
      control.id = "hf-" + id;
      p.appendChild(l);
      p.appendChild(control);
      form.appendChild(p);
      inputs[id] = control;
      return control;
    }
    function options(select, values, texts) {
      var before = select.value;
      select.textContent = "";
      values.forEach(function (v, i) { select.appendChild(element("option", { value: v }, texts ? texts[i] : v || "not stated")); });
      if (values.indexOf(before) >= 0) select.value = before;
      select.parentNode.hidden = values.length === 1 && values[0] === "";
    }
    labelled("text", "The headline, in its own words (or fill in the numbers below)", element("input", { type: "text", maxlength: table.grammar.longest }));
    labelled("programme", "Programme", element("select"));
    labelled("outcome", "Outcome", element("select"));
    FIELDS.forEach(function (f) { labelled(f[1], f[2], element("select")); });
    [["events", "People with the outcome", 2], ["people", "out of", 4], ["controlEvents", "Comparison group: with the outcome (may stay empty)", ""],
      ["controlPeople", "Comparison group: out of", ""], ["change", "Mean change", -2], ["controlChange", "Comparison group: mean change", ""], ["outcomes", "Outcomes that were looked at", 1],
      ["looks", "Looks in time", 1], ["trials", "Trials to replay", 10000], ["seed", "Seed", 20260101]
    ].forEach(function (f) {
      labelled(f[0], f[1], element("input", { type: "number", step: /change/i.test(f[0]) ? "any" : "1", value: f[2] }));
    });
    labelled("groups", "How the two groups were made", element("select"));
    options(inputs.groups, Object.keys(table.made), Object.keys(table.made).map(function (k) { return table.made[k]; }));
    inputs.groups.value = "unknown";
    form.appendChild(element("button", { type: "submit" }, "Replay"));
    host.appendChild(form);
    host.appendChild(answer);
    function cells() {
      return table.programmes[inputs.programme.value].cells.filter(function (c) {
        return outcomeOf(table.programmes[inputs.programme.value], c) === inputs.outcome.value;
      });
    }
    function unique(list) { return list.filter(function (v, i) { return list.indexOf(v) === i; }); }
    function refresh() {
      var bundle = table.programmes[inputs.programme.value];
      options(inputs.outcome, unique(bundle.cells.map(function (c) { return outcomeOf(bundle, c); })));
      var left = cells();
      FIELDS.forEach(function (f) {
        options(inputs[f[1]], unique(left.map(function (c) { return c[f[0]] || ""; })));
        left = left.filter(function (c) { return (c[f[0]] || "") === inputs[f[1]].value; });
      });
      var change = bundle.outcomes[inputs.outcome.value].kind === "change";
      ["events", "controlEvents"].forEach(function (k) { inputs[k].parentNode.hidden = change; });
      inputs.change.parentNode.hidden = inputs.controlChange.parentNode.hidden = !change;
      inputs.people.parentNode.firstChild.textContent = change ? "People " : "out of ";
    }
    function show() {
      answer.textContent = "";
      var ask = { programme: inputs.programme.value, outcome: inputs.outcome.value };
      FIELDS.forEach(function (f) { ask[f[1]] = inputs[f[1]].value; });
      ["events", "people", "change", "outcomes", "looks", "trials", "seed"].forEach(function (k) { ask[k] = Number(inputs[k].value); });
      if (inputs.controlPeople.value !== "") {
        ask.controlEvents = Number(inputs.controlEvents.value);
        ask.controlChange = Number(inputs.controlChange.value);
        ask.controlPeople = Number(inputs.controlPeople.value);
      }
      ask.groups = inputs.groups.value;
      try {
        var text = inputs.text.value.trim(), r = text ? answered(table, ask, text) : evaluate(table, ask);
        if (text) answer.appendChild(element("p", { "class": "understood" }, r.understood));
        answer.appendChild(element("p", { "class": "lead" }, r.words));
        answer.appendChild(figure(r));
        if (r.comparison) answer.appendChild(element("p", {}, r.comparison.name + " of the two groups, had chance made them: p = " + r.comparison.twoSided.toPrecision(2)));
        if (r.exact !== undefined) answer.appendChild(element("p", {}, "Exact answer for the average group, without differences between groups: " + percent(r.exact)));
        [["What this comparison cannot see", r.cannotSee], ["Assumptions", r.assumptions], ["Compared with", [r.domain]]].forEach(function (part) {
          answer.appendChild(element("h3", {}, part[0]));
          var ul = answer.appendChild(element("ul"));
          part[1].forEach(function (t) { ul.appendChild(element("li", {}, t)); });
        });
        answer.appendChild(element("h3", {}, "Sources"));
        var list = answer.appendChild(element("ul"));
        r.sources.forEach(function (s) {
          var li = list.appendChild(element("li"));
          if (s.link) li.appendChild(element("a", { href: s.link }, s.text)); else li.textContent = s.text;
        });
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        answer.appendChild(element("p", { role: "alert", "class": "refusal" }, "Refused: " + error.message));
      }
    }
    options(inputs.programme, Object.keys(table.programmes));
    refresh();
    ["programme", "outcome"].concat(FIELDS.map(function (f) { return f[1]; })).forEach(function (k) { inputs[k].addEventListener("change", refresh); });
    var waiting = null;
    form.addEventListener("input", function () {
      clearTimeout(waiting);
      waiting = setTimeout(show, 250);
    });
    form.addEventListener("submit", function (event) { event.preventDefault(); show(); });
    var address = root.location ? root.location.search : "";
    var left = /[?&]text=/.test(address) ? fill(address, inputs, function () { return table.programmes[inputs.programme.value].hash; }, refresh) : [];
    if (left.length) answer.appendChild(element("p", { role: "alert", "class": "refusal" }, "Not answered: the link asks for what this form does not know (" + left.join(", ") + ")."));
    else show();
  }

  var api = { evaluate: evaluate, answered: answered, read: read, mount: mount };
  if (typeof module !== "undefined" && module.exports) module.exports = api;
  else root.ProbandHeadline = api;
})(typeof self !== "undefined" ? self : this);
