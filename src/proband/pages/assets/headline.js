/* The headline test in a page: the same model and the same refusals as proband.trial.headline, from headline_table().
   No dependency, no network. Works as a plain script (window.ProbandHeadline) and in Node (module.exports).
   The generator is sfc32 (public domain, PractRand), so trials differ from Python's, chances agree within counting error. */
(function (root) {
  "use strict";

  function generator(seed) {
    var a = 0x9e3779b9, b = 0x243f6a88, c = seed >>> 0, d = ((seed / 4294967296) >>> 0) + 1;
    function next() {
      var t = (((a + b) | 0) + d) | 0;
      d = (d + 1) | 0;
      a = b ^ (b >>> 9);
      b = (c + (c << 3)) | 0;
      c = (c << 21) | (c >>> 11);
      c = (c + t) | 0;
      return (t >>> 0) / 4294967296;
    }
    for (var i = 0; i < 20; i++) next();
    return next;
  }

  function normal(next) {
    return Math.sqrt(-2 * Math.log(next() + 1e-12)) * Math.cos(2 * Math.PI * next());
  }

  function quantile(table, u) {
    var n = table.length, x = Math.min(Math.max(u * n - 0.5, 0), n - 1), i = Math.min(Math.floor(x), n - 2);
    return table[i] + (x - i) * (table[i + 1] - table[i]);
  }

  var LOG_FACTORIAL = [0];
  function logFactorial(n) {
    for (var i = LOG_FACTORIAL.length; i <= n; i++) LOG_FACTORIAL.push(LOG_FACTORIAL[i - 1] + Math.log(i));
    return LOG_FACTORIAL[n];
  }
  function binomial(n, p) {
    var out = [];
    for (var k = 0; k <= n; k++) {
      if (p <= 0) out.push(k === 0 ? 1 : 0);
      else if (p >= 1) out.push(k === n ? 1 : 0);
      else out.push(Math.exp(logFactorial(n) - logFactorial(k) - logFactorial(n - k) + k * Math.log(p) + (n - k) * Math.log1p(-p)));
    }
    return out;
  }
  function convolve(a, b) {
    var out = new Array(a.length + b.length - 1).fill(0);
    for (var i = 0; i < a.length; i++) for (var j = 0; j < b.length; j++) out[i + j] += a[i] * b[j];
    return out;
  }

  function fisher(k, n, k0, n0) {
    var total = k + k0, low = Math.max(0, total - n0), high = Math.min(n, total), pmf = [], two = 0, one = 0;
    function choose(a, b) { return logFactorial(a) - logFactorial(b) - logFactorial(a - b); }
    for (var a = low; a <= high; a++) pmf.push(Math.exp(choose(n, a) + choose(n0, total - a) - choose(n + n0, total)));
    var seen = pmf[k - low];
    pmf.forEach(function (p, i) {
      if (p <= seen * (1 + 1e-7)) two += p;
      if (i >= k - low) one += p;
    });
    return { two: Math.min(1, two), one: Math.min(1, one) };
  }

  /* Fisher's p of every table with this many events in all, in order of the first group's events; direction: more, fewer or both ways */
  function fisherRow(n, m, total, direction) {
    var low = Math.max(0, total - m), high = Math.min(n, total), pmf = [], sum = 0;
    function choose(a, b) { return logFactorial(a) - logFactorial(b) - logFactorial(a - b); }
    for (var a = low; a <= high; a++) { pmf.push(Math.exp(choose(n, a) + choose(m, total - a) - choose(n + m, total))); sum += pmf[a - low]; }
    return pmf.map(function (here, i) {
      var p = 0;
      pmf.forEach(function (v, j) { if (direction > 0 ? j >= i : direction < 0 ? j <= i : v <= here * (1 + 1e-9)) p += v; });
      return Math.min(1, p / sum);
    });
  }
  /* Boschloo's test as proband.analysis.unconditional: the supremum over the common share is bounded in Bernstein's form */
  function boschloo(k, n, k0, n0, direction) {
    var rows = [], c = [], a, t, TIE = 1e-9;
    for (t = 0; t <= n + n0; t++) rows.push(fisherRow(n, n0, t, direction));
    var here = rows[k + k0][k - Math.max(0, k + k0 - n0)] * (1 + TIE), all = true;
    for (t = 0; t <= n + n0; t++) {
      var low = Math.max(0, t - n0), sum = 0;
      for (a = low; a <= Math.min(n, t); a++) {
        if (rows[t][a - low] <= here)
          sum += Math.exp(logFactorial(n) - logFactorial(a) - logFactorial(n - a) + logFactorial(n0) - logFactorial(t - a) - logFactorial(n0 - t + a) -
            logFactorial(n + n0) + logFactorial(t) + logFactorial(n + n0 - t));
        else all = false;
      }
      c.push(sum);
    }
    if (all) return 1;
    var pieces = [c], best = Math.max(c[0], c[c.length - 1]);
    while (pieces.length) {
      var next = [];
      pieces.forEach(function (now) {
        var left = [], right = [], i;
        while (now.length) {
          left.push(now[0]);
          right.unshift(now[now.length - 1]);
          var after = [];
          for (i = 1; i < now.length; i++) after.push((now[i - 1] + now[i]) / 2);
          now = after;
        }
        best = Math.max(best, left[left.length - 1]);
        next.push(left, right);
      });
      pieces = next.filter(function (piece) { return Math.max.apply(null, piece) > best + 1e-7; });
    }
    return Math.min(1, best + 1e-7);
  }
  /* the two groups alone: the name of the test, p one-sided and two-sided */
  function compareGroups(k, n, k0, n0) {
    var more = k * n0 >= k0 * n, f;
    if (n + n0 <= 400)
      return { name: "Boschloo's exact test", directed: boschloo(k, n, k0, n0, more ? 1 : -1), twoSided: boschloo(k, n, k0, n0, 0) };
    f = more ? fisher(k, n, k0, n0) : fisher(n - k, n, n0 - k0, n0);
    return { name: "Fisher's exact test", directed: f.one, twoSided: f.two };
  }
  function normalTail(z) {
    /* P(Z > z), by the continued fraction or the series (Abramowitz and Stegun 26.2.14 and 26.2.10) */
    if (z < 0) return 1 - normalTail(-z);
    var density = Math.exp(-z * z / 2) / Math.sqrt(2 * Math.PI), x, i;
    if (z > 3) { for (x = z, i = 60; i; i--) x = z + i / x; return density / x; }
    for (x = z, i = 1, density *= 1; i < 200; i++) { if (i === 1) var term = z; term *= z * z / (2 * i + 1); x += term; }
    return 0.5 - density * x;
  }
  /* P(T > t) of Student's t: the angle whose tangent is t/sqrt(f), by Simpson's rule on both parts of the integral */
  function studentTail(t, f) {
    if (f > 1e5) return normalTail(t);
    function area(from, to) {
      var steps = 4000, h = (to - from) / steps, sum = 0;
      for (var i = 0; i <= steps; i++) sum += Math.exp((f - 1) * Math.log(Math.max(Math.cos(from + i * h), 1e-300))) * (i === 0 || i === steps ? 1 : i % 2 ? 4 : 2);
      return sum * h / 3;
    }
    var edge = Math.atan(t / Math.sqrt(f)), reach = Math.min(Math.PI / 2, 12 / Math.sqrt(f) + edge);
    return area(edge, reach) / (2 * area(0, Math.min(Math.PI / 2, 12 / Math.sqrt(f))));
  }
  function compareMeans(x, y, spread) {
    var own = x.sd && y.sd && x.n > 1 && y.n > 1, p;
    /* of rounded figures: half of the finer step, and the variance of rounding */
    var gap = Math.max(0, Math.abs(x.change - y.change) - Math.min(x.step || 0, y.step || 0) / 2);
    var rounding = (Math.pow(x.step || 0, 2) + Math.pow(y.step || 0, 2)) / 12;
    var a = Math.pow(x.sd || spread, 2) / x.n, b = Math.pow(y.sd || spread, 2) / y.n;
    p = own ? studentTail(gap / Math.sqrt(a + b + rounding), (a + b) * (a + b) / (a * a / (x.n - 1) + b * b / (y.n - 1))) : normalTail(gap / Math.sqrt(a + b + rounding));
    return { name: own ? "Welch's t test" : "z test with the published spread between people", directed: p, twoSided: Math.min(1, 2 * p) };
  }

  /* P(score as good as seen) when the groups have these shares; score is the count, or the difference of shares. */
  function tail(groups, shares, seen, fewer) {
    var arms = [[1], [1]], sizes = [0, 0];
    groups.forEach(function (g, i) {
      arms[g.arm] = convolve(arms[g.arm], binomial(g.n, shares[i]));
      sizes[g.arm] += g.n;
    });
    var sum = 0, a, b;
    for (a = 0; a < arms[0].length; a++) for (b = 0; b < arms[1].length; b++) {
      var score = sizes[1] ? a / sizes[0] - b / sizes[1] : a;
      if (fewer ? score <= seen + 1e-9 : score >= seen - 1e-9) sum += arms[0][a] * arms[1][b];
    }
    return Math.min(1, sum);
  }

  /* the treated arm's cohort meets every cohort of the control arm */
  function apartTails(groups, q, seen, fewer) {
    var n = groups[0].n, m = groups[1].n;
    var second = q.map(function (v) { return binomial(m, v); }), mean = [];
    for (var b = 0; b <= m; b++) mean.push(second.reduce(function (sum, pmf) { return sum + pmf[b]; }, 0) / q.length);
    return q.map(function (v) {
      var first = binomial(n, v), sum = 0;
      for (var a = 0; a <= n; a++) for (var c = 0; c <= m; c++) {
        var score = a / n - c / m;
        if (fewer ? score <= seen + 1e-9 : score >= seen - 1e-9) sum += first[a] * mean[c];
      }
      return Math.min(1, sum);
    });
  }

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
    var reading = typeof module !== "undefined" && module.exports ? require("./headline-reading.js") : root.ProbandReading, found;
    try {
      found = reading.read(table.grammar, table.programmes[programme].outcomes, outcome, text);
    } catch (error) {
      if (!(error instanceof reading.Unclear)) throw error;
      throw new Refusal(refusal(table, error));
    }
    if (found.kind === "rate") throw new Refusal(found.understood + " This form replays counts of people and changes of a score; ask of events with the command proband headline.");
    var ask = { said: found.said, only: found.only, time: found.time, understood: found.understood };
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

  function find(table, programme, q) {
    var bundle = table.programmes[programme];
    if (!bundle) throw new Refusal("There is no programme " + programme + ".");
    var cell = bundle.cells.filter(function (c) {
      return c.o === q.outcome && c.b === q.baseline && c.l === (q.level || "") && c.w === (q.window || "") &&
        c.f === (q.followUp || "") && c.e === (q.era || "");
    })[0];
    if (!cell) throw new Refusal("This page does not hold that question; ask with the command proband headline.");
    if (cell.refused !== undefined) throw new Refusal(bundle.texts[cell.refused]);
    return cell;
  }

  /* the quantiles of a cell, which are kept as the first and the steps to the next */
  function quantiles(table, cell) {
    var unit = table.units[cell.sd === undefined ? "share" : "change"], at = 0;
    return cell.q.map(function (step) { at += step; return at * unit; });
  }

  /* one of the last digit that a number shows */
  function digits(number) { return Math.pow(10, -(String(number).split(".")[1] || "").length); }

  function whole(value, low, high, name) {
    if (!Number.isInteger(value) || value < low || value > high)
      throw new Refusal(name + " must be a whole number from " + low + " to " + high + ".");
    return value;
  }

  /* ask = {programme, outcome, baseline, level, window, followUp, era, events, people, controlEvents, controlPeople,
            change, trials, seed, examiners, examinerError, heterogeneity} */
  function evaluate(table, ask) {
    var cell = find(table, ask.programme, ask), bundle = table.programmes[ask.programme];
    var outcome = bundle.outcomes[ask.outcome], more = outcome.better === "more", fewer = false;
    var trials = whole(ask.trials === undefined ? 10000 : ask.trials, 100, 100000, "The number of trials");
    var two = ask.controlPeople !== undefined && ask.controlPeople !== null, most = two ? 500 : 2000;
    var people = whole(ask.people, 1, most, "The number of people");
    var next = generator(ask.seed === undefined ? 20260101 : ask.seed);
    var made = ask.groups || "unknown", apart = two && ask.heterogeneity !== false && made !== "randomised";
    if (two && !table.made[made]) throw new Refusal("Groups cannot be " + made + ".");
    var q = ask.heterogeneity === false ? cell.q.map(function () { return cell.p; }) : quantiles(table, cell);
    var i, t, many = 0, few = 0, poor = 0, good = 0, result = { trials: trials, cell: cell, outcome: outcome, two: two, people: people };
    if (outcome.kind === "change") {
      var control = two ? whole(ask.controlPeople, 1, most, "The number of control people") : 0;
      var seenChange = ask.change - (two ? ask.controlChange : 0), scores = [];
      var step = ask.step === undefined ? digits(ask.change) : ask.step, other = two ? (ask.controlStep === undefined ? digits(ask.controlChange) : ask.controlStep) : 0;
      var printed = function (v, s) { return s ? Math.round(v / s) * s : v; };
      for (t = 0; t < trials; t++) {
        var mean = quantile(q, next()), own = Math.max(cell.sd, ask.sd || 0), theirs = Math.max(cell.sd, ask.controlSd || 0);
        var s = printed(mean + own / Math.sqrt(people) * normal(next), step);
        if (two) {
          var c = printed((apart ? quantile(q, next()) : mean) + theirs / Math.sqrt(control) * normal(next), other);
          if (more ? c <= ask.controlChange + 1e-9 : c >= ask.controlChange - 1e-9) poor++;
          if (more ? c >= ask.controlChange - 1e-9 : c <= ask.controlChange + 1e-9) good++;
          s -= c;
        }
        scores.push(s);
        if (s >= seenChange - 1e-9) many++;
        if (s <= seenChange + 1e-9) few++;
      }
      fewer = loudest(gapDirection(seenChange, more), many / trials, few / trials) === "at most";
      result.scores = scores;
      result.seen = seenChange;
      if (two) result.comparison = compareMeans({ change: ask.change, n: people, sd: ask.sd, step: step }, { change: ask.controlChange, n: control, sd: ask.controlSd, step: other }, own);
      var half = (two ? Math.min(step, other) : step) / 2 * (fewer ? 1 : -1);
      var wide = Math.sqrt(own * own / people + (two ? theirs * theirs / control + (step * step + other * other) / 12 : 0)), tailOf = function (middle) {
        var z = (seenChange + half - middle) / wide;
        return normalTail(fewer ? -z : z);
      }, cohorts = q.map(function (v) {
        if (!two) return tailOf(v);
        return apart ? q.reduce(function (sum, w) { return sum + tailOf(v - w); }, 0) / q.length : tailOf(0);
      });
      result.predictive = cohorts.reduce(function (a, b) { return a + b; }, 0) / cohorts.length;
      result.exact = tailOf(two ? 0 : cell.p);
      cohorts.sort(function (a, b) { return a - b; });
      result.interval = [quantile(cohorts, 0.025), quantile(cohorts, 0.975)];
      result.natural = q.reduce(function (a, b) { return a + b; }, 0) / q.length;
    } else {
      var events = whole(ask.events, 0, people, "The number with the outcome");
      var groups = [{ arm: 0, n: people }], seen = events;
      if (two) {
        groups.push({ arm: 1, n: whole(ask.controlPeople, 1, most, "The number of control people") });
        seen = events / people - whole(ask.controlEvents, 0, ask.controlPeople, "The control number") / ask.controlPeople;
        result.fisher = fisher(events, people, ask.controlEvents, ask.controlPeople);
        result.comparison = compareGroups(events, people, ask.controlEvents, ask.controlPeople);
      }
      var exam = outcome.exam && ask.heterogeneity !== false && bundle.exam ? bundle.exam : null;
      var sd = exam && ask.examinerError !== false ? exam.sd : 0, examiners = exam ? ask.examiners || exam.examiners : 1;
      var late = exam ? exam.late_share * exam.late_extra : 0, counts = {};
      for (t = 0; t < trials; t++) {
        var p = quantile(q, next()), other = apart ? quantile(q, next()) : p, leans = [];
        for (i = 0; i < examiners; i++) leans.push(sd > 0 ? sd * normal(next) : 0);
        var arms = groups.map(function (g) {
          var share = g.arm ? other : p, chance = leans.map(function (lean) {
            var c = share;
            if (sd > 0 && c > 0 && c < 1) { var odds = c / (1 - c) * Math.exp(lean); c = odds / (1 + odds); }
            return c + (1 - c) * late;
          }), k = 0;
          for (var j = 0; j < g.n; j++) if (next() < chance[j % examiners]) k++;
          return k;
        });
        var score = two ? arms[0] / people - arms[1] / ask.controlPeople : arms[0];
        var key = two ? Math.round(score * 1e4) / 1e4 : score;
        counts[key] = (counts[key] || 0) + 1;
        if (score >= seen - 1e-9) many++;
        if (score <= seen + 1e-9) few++;
        if (two && (more ? arms[1] <= ask.controlEvents : arms[1] >= ask.controlEvents)) poor++;
        if (two && (more ? arms[1] >= ask.controlEvents : arms[1] <= ask.controlEvents)) good++;
      }
      var natural = q.reduce(function (a, b) { return a + b; }, 0) / q.length;
      var spoken = two ? gapDirection(seen, more) : countDirection(ask, events, people, more, natural);
      fewer = loudest(spoken, many / trials, few / trials) === "at most";
      result.counts = counts;
      result.seen = seen;
      result.events = events;
      var shares = function (v) { return groups.map(function () { return v; }); };
      result.exact = tail(groups, shares(cell.p), seen, fewer);
      var per = apart ? apartTails(groups, q, seen, fewer) : q.map(function (v) { return tail(groups, shares(v), seen, fewer); });
      per.sort(function (a, b) { return a - b; });
      result.interval = [quantile(per, 0.025), quantile(per, 0.975)];
      result.predictive = per.reduce(function (a, b) { return a + b; }, 0) / per.length;
    }
    result.fewer = fewer;
    result.direction = fewer ? "at most" : "at least";
    result.speaksOf = fewer === more ? "harm" : "benefit";
    result.probability = (fewer ? few : many) / trials;
    result.opposite = (fewer ? many : few) / trials;
    /* groups that chance made: the test of the arms alone; else the end that claims least */
    var harm = result.speaksOf === "harm";
    var from = !two ? result.probability : made === "randomised" ? result.comparison.twoSided : harm ? result.probability : result.interval[1];
    result.made = two ? made : null;
    result.asPoor = two ? poor / trials : null;
    result.asGood = two ? good / trials : null;
    result.madeWords = table.made;
    result.verdicts = table.verdicts;
    result.standardError = Math.sqrt(Math.max(result.probability * (1 - result.probability), 1e-12) / trials);
    result.surprise = grade(from);
    result.verdict = verdictKey(from);
    /* harm is ordinary only if it is so in every plausible cohort */
    if (two && made !== "randomised" && harm && result.interval[0] < 0.05 && result.surprise === "common") result.surprise = result.verdict = "not unusual";
    result.cannotSee = outcome.blind[two ? 1 : 0].map(function (k) { return bundle.texts[k]; });
    result.assumptions = cell.a.map(function (k) { return bundle.texts[k]; });
    result.domain = bundle.texts[cell.d];
    result.sources = cell.s.map(function (k) { return bundle.sources[k]; });
    result.words = words(result, ask);
    return result;
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
  function words(r, ask) {
    var n = r.trials.toLocaleString("en"), event = r.outcome.event, verdict = r.verdicts[r.speaksOf][r.verdict];
    var first = outOf(r.interval[0]), last = outOf(r.interval[1]), range = first === last ?
      "In every published group the chance is about the same: " + first + ". " : "Published groups differ: from " + first + " in one to " + last + " in another. ";
    var replayed = function (what) {
      return "We replayed " + n + " trials in which nobody was treated. " + what + " came up in " + outOf(r.probability) + " of them. " +
        (r.made === "randomised" ? "" : range);
    };
    var sign = function (v) { return (v > 0 ? "+" : "") + v; }, changed = r.outcome.kind === "change" ? "The headline says that the score changed by " + sign(ask.change) +
      " " + r.cell.unit + " on average in " + r.people : "";
    if (changed && !r.two)
      return changed + " people. " + replayed("A result " + (r.fewer ? "this low or lower" : "this high or higher")) + "Untreated groups change by " +
        (r.natural > 0 ? "+" : "") + r.natural.toFixed(1) + " " + r.cell.unit + " on average. " + verdict;
    if (r.two)
      return (changed ? changed + " treated people against " + sign(ask.controlChange) + " in " + ask.controlPeople + " others. " :
        "The headline says that " + r.events + " of " + r.people + " treated people against " + ask.controlEvents + " of " +
        ask.controlPeople + " others " + event + ". ") + "The groups were " + r.madeWords[r.made] + ". " +
        (r.made === "randomised" ? "If both were alike, chance alone would make so large a gap in " + outOf(r.comparison.twoSided) + " trials, one way or the other. " : "") +
        replayed("A gap at least this large") +
        (r.asPoor < 0.05 ? "The untreated group did worse than expected: so poor a result came up in " + outOf(r.asPoor) + " replays. Part of the gap may lie there. " :
          r.asGood < 0.05 ? "The untreated group did better than expected. " : "The untreated group did about as expected. ") +
        (r.made === "randomised" ? "" : r.speaksOf === "harm" ? "Chance did not make the groups, and they may have differed from the start. " :
          "Chance did not make the groups, so we take the end that claims least. ") + verdict;
    var side = r.direction + " " + r.events;
    if (r.events === 0 && r.fewer) side = "none";
    else if (r.events === r.people && !r.fewer) side = "all " + r.people;
    var nothing = r.events === 0 && r.outcome.better === "more" && (r.surprise === "common" || r.surprise === "not unusual");
    return "The headline says that " + r.events + " of " + r.people + " people " + event + ". We replayed " + n + " trials with " + r.people +
      " such people, in which nobody was treated. In " + outOf(r.probability) + " of them " + side + " " + event +
      (r.speaksOf === "benefit" ? " anyway" : "") + ". " + range + (nothing ? "So there is no gain to explain." : verdict);
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
    else {
      /* one edge of the bars lies at the headline */
      var sorted = r.scores.slice().sort(function (a, b) { return a - b; }), w = (sorted[sorted.length - 1] - sorted[0]) / 30 || 1, bins = {};
      r.scores.forEach(function (s) { var at = (s - r.seen) / w, k = r.fewer ? Math.ceil(at - 1e-9) - 1 : Math.floor(at + 1e-9); bins[k] = (bins[k] || 0) + 1; });
      pairs = Object.keys(bins).map(function (k) { return [r.seen + (Number(k) + 0.5) * w, bins[k]]; });
    }
    return pairs.sort(function (a, b) { return a[0] - b[0]; });
  }

  function figure(r) {
    var data = bars(r), low = Math.min(data[0][0], r.seen), high = Math.max(data[data.length - 1][0], r.seen);
    var pad = ((high - low) || 1) / Math.max(data.length, 2) / 1.6, W = 640, H = 240, L = 16, B = 44;
    low -= pad; high += pad;
    var top = Math.max.apply(null, data.map(function (d) { return d[1]; }));
    function x(v) { return L + (v - low) / (high - low) * (W - 2 * L); }
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
    var width = Math.max(2, Math.min(40, (W - 2 * L) / data.length * 0.8));
    data.forEach(function (d) {
      var hit = r.fewer ? d[0] <= r.seen + 1e-9 : d[0] >= r.seen - 1e-9, h = d[1] / top * (H - B - 16);
      s.appendChild(svg("rect", { "class": hit ? "bar-hit" : "bar-miss", x: x(d[0]) - width / 2, y: H - B - h, width: width, height: h }));
    });
    s.appendChild(svg("line", { "class": "axis", x1: L, x2: W - L, y1: H - B, y2: H - B }));
    s.appendChild(svg("line", { "class": "null", x1: x(r.seen), x2: x(r.seen), y1: 6, y2: H - B }));
    var right = x(r.seen) < 0.7 * W;
    s.appendChild(svg("text", { "class": "row-label", x: x(r.seen) + (right ? 6 : -6), y: 16, "text-anchor": right ? "start" : "end" }, "the headline"));
    var axis = r.counts && !r.two ? "people out of " + r.people : r.two && r.counts ? "difference of the two shares" : "mean change (" + r.cell.unit + ")";
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

  var FIELDS = [["b", "baseline", "At the start"], ["l", "level", "Level of injury"], ["w", "window", "First examination after"],
    ["f", "followUp", "Last examination after"], ["e", "era", "Years"]];

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
      ["controlPeople", "Comparison group: out of", ""], ["change", "Mean change", -2], ["controlChange", "Comparison group: mean change", ""], ["trials", "Trials to replay", 10000], ["seed", "Seed", 20260101]
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
      return table.programmes[inputs.programme.value].cells.filter(function (c) { return c.o === inputs.outcome.value; });
    }
    function unique(list) { return list.filter(function (v, i) { return list.indexOf(v) === i; }); }
    function refresh() {
      var bundle = table.programmes[inputs.programme.value];
      options(inputs.outcome, unique(bundle.cells.map(function (c) { return c.o; })));
      var left = cells();
      FIELDS.forEach(function (f) {
        options(inputs[f[1]], unique(left.map(function (c) { return c[f[0]]; })));
        left = left.filter(function (c) { return c[f[0]] === inputs[f[1]].value; });
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
      ["events", "people", "change", "trials", "seed"].forEach(function (k) { ask[k] = Number(inputs[k].value); });
      if (inputs.controlPeople.value !== "") {
        ask.controlEvents = Number(inputs.controlEvents.value);
        ask.controlChange = Number(inputs.controlChange.value);
        ask.controlPeople = Number(inputs.controlPeople.value);
      }
      ask.groups = inputs.groups.value;
      try {
        var text = inputs.text.value.trim();
        if (text) {
          var said = read(table, ask.programme, ask.outcome, text);
          delete ask.events;
          delete ask.controlEvents;
          delete ask.controlPeople;
          delete ask.change;
          delete ask.controlChange;
          Object.keys(said).forEach(function (k) { ask[k] = said[k]; });
          if (said.time && days(said.time) !== null && Math.abs(days(said.time) - days(ask.followUp)) > 0.02 * days(ask.followUp))
            throw new Refusal("The headline speaks of another time than the last examination that is chosen (" + (ask.followUp || "none") + ").");
          answer.appendChild(element("p", { "class": "understood" }, said.understood));
        }
        var r = evaluate(table, ask);
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
    show();
  }

  var api = { evaluate: evaluate, read: read, fisher: fisher, boschloo: boschloo, compareGroups: compareGroups, compareMeans: compareMeans, generator: generator, quantile: quantile, figure: figure, mount: mount, Refusal: Refusal };
  if (typeof module !== "undefined" && module.exports) module.exports = api;
  else root.ProbandHeadline = api;
})(typeof self !== "undefined" ? self : this);
