/* Chances for the headline test in a page: draws, distributions and exact tests, as in proband.analysis and proband.trial.
   No dependency, no network. Works as a plain script (window.ProbandChances) and in Node (module.exports). */
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

  /* a quantile table at so many places of equal weight */
  function thinned(table, places) {
    var out = [];
    for (var i = 0; i < places; i++) out.push(quantile(table, (i + 0.5) / places));
    return out;
  }

  var LOG_FACTORIAL = [0];
  function logFactorial(n) {
    /* of many Stirling's series, which is off by less than the last digit */
    if (n > 100000) return n * Math.log(n) - n + Math.log(2 * Math.PI * n) / 2 + 1 / (12 * n) - 1 / (360 * n * n * n);
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
  function fisher(k, n, k0, n0) {
    var total = k + k0, low = Math.max(0, total - n0), high = Math.min(n, total), pmf = [], two = 0, one = 0;
    function choose(a, b) { return logFactorial(a) - logFactorial(b) - logFactorial(a - b); }
    function chance(a) { return Math.exp(choose(n, a) + choose(n0, total - a) - choose(n + n0, total)); }
    /* forty standard deviations from the mean hold all that a number can show */
    var share = n / (n + n0), far = 40 * Math.sqrt(total * share * (1 - share)) + 40;
    low = Math.max(low, Math.floor(total * share - far));
    high = Math.min(high, Math.ceil(total * share + far));
    for (var a = low; a <= high; a++) pmf.push(chance(a));
    var seen = chance(k);
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
    var density = Math.exp(-z * z / 2) / Math.sqrt(2 * Math.PI), x, i, term;
    if (z > 3) { for (x = z, i = 60; i; i--) x = z + i / x; return density / x; }
    for (x = term = z, i = 1; i < 200; i++) { term *= z * z / (2 * i + 1); x += term; }
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

  /* --- counts of people ---------------------------------------------------------------------------------------------- */

  /* most people of one arm whose count has its whole distribution written out, and most that are drawn one by one */
  var MOST_EXACT = 20000, MOST_DRAWN = 2000;

  /* how many of n have it, each with the chance p; of many the count is drawn at once (proband.trial.replay) */
  function countOf(next, n, p) {
    var k = 0, i;
    if (n <= MOST_DRAWN) {
      for (i = 0; i < n; i++) if (next() < p) k++;
      return k;
    }
    var radius = Math.sqrt(-2 * Math.log(next() + 1e-12)), z = radius * Math.cos(2 * Math.PI * next()), spread = Math.sqrt(n * p * (1 - p));
    if (spread * spread >= 100) return Math.min(n, Math.max(0, Math.round(n * p + spread * (z + (1 - 2 * p) / spread * (z * z - 1) / 6))));
    var rare = Math.min(p, 1 - p), u = Math.exp(-radius * radius / 2), term = Math.exp(n * Math.log1p(-rare)), below = term;
    while (u > below && term > 0 && k < n) {
      term *= (n - k) / (k + 1) * rare / (1 - rare);
      k++;
      below += term;
    }
    return p <= 0.5 ? k : n - k;
  }

  /* the distribution function of a sum from its first three moments (Edgeworth) */
  function edgeworth(mean, variance, third, at) {
    var sd = Math.sqrt(Math.max(variance, 1e-12)), z = (at - mean) / sd;
    return Math.min(1, Math.max(0, 1 - normalTail(z) - third / (6 * sd * sd * sd) * (z * z - 1) * Math.exp(-z * z / 2) / Math.sqrt(2 * Math.PI)));
  }
  function running(pmf) {
    var sum = 0;
    return pmf.map(function (p) { sum += p; return Math.min(1, sum); });
  }
  /* P(at most k) of n people with the share p, as a function of k */
  function below(n, p) {
    if (n <= MOST_EXACT) {
      var sums = running(binomial(n, p));
      return function (k) { return k < 0 ? 0 : sums[Math.min(k, n)]; };
    }
    var variance = n * p * (1 - p);
    return function (k) { return k < 0 ? 0 : k >= n ? 1 : edgeworth(n * p, variance, variance * (1 - 2 * p), k + 0.5); };
  }
  function average(list) { return list.reduce(function (a, b) { return a + b; }, 0) / list.length; }
  function averages(rows) { return rows[0].map(function (_, i) { return average(rows.map(function (row) { return row[i]; })); }); }
  function dot(a, b) { return a.reduce(function (sum, v, i) { return sum + v * b[i]; }, 0); }
  function upTo(n) { var out = []; for (var i = 0; i <= n; i++) out.push(i); return out; }

  /* P(score as far as seen) in every cohort q of the first group; the score is the count, or with a second group of m the difference of the
     shares. Where the groups come from cohorts apart, a cohort of the first group meets every cohort of the second one. */
  function countTails(n, m, q, seen, fewer, apart) {
    if (!m) return q.map(function (p) { return fewer ? below(n, p)(seen) : 1 - below(n, p)(seen - 1); });
    if (n <= MOST_EXACT) {
      var reached = q.map(function (p) {
        var f = below(m, p);
        return upTo(n).map(function (k) {
          var other = (k / n - seen) * m;
          return fewer ? 1 - f(Math.ceil(other - 1e-9) - 1) : f(Math.floor(other + 1e-9));
        });
      }), mean = apart ? averages(reached) : null;
      return q.map(function (p, i) { return Math.min(1, dot(binomial(n, p), mean || reached[i])); });
    }
    if (m <= MOST_EXACT) {
      var weights = q.map(function (p) { return binomial(m, p); }), even = apart ? averages(weights) : null;
      return q.map(function (p, i) {
        var f = below(n, p);
        return Math.min(1, dot(even || weights[i], upTo(m).map(function (k) {
          var own = (k / m + seen) * n;
          return fewer ? f(Math.floor(own + 1e-9)) : 1 - f(Math.ceil(own - 1e-9) - 1);
        })));
      });
    }
    function both(p, o) {
      var v = p * (1 - p), w = o * (1 - o), at = edgeworth(p - o, v / n + w / m, v * (1 - 2 * p) / (n * n) - w * (1 - 2 * o) / (m * m), seen);
      return fewer ? at : 1 - at;
    }
    return q.map(function (p) { return apart ? average(q.map(function (o) { return both(p, o); })) : both(p, p); });
  }

  /* quantiles of a share after k of n from Jeffreys' prior, by the running sum of its density over the logit */
  function jeffreys(k, n, count) {
    var a = k + 0.5, b = n - k + 0.5, middle = Math.log(a / b), wide = Math.sqrt(1 / a + 1 / b), steps = 8000, x = [], sum = 0, sums = [], i, top = 0;
    function log(t) { return a * -Math.log1p(Math.exp(-t)) - b * Math.log1p(Math.exp(t)); }
    top = log(middle);
    for (i = 0; i <= steps; i++) {
      x.push(middle + wide * (-18 + 36 * i / steps));
      sum += Math.exp(log(x[i]) - top);
      sums.push(sum);
    }
    var out = [], at = 0;
    for (i = 0; i < count; i++) {
      while (sums[at] < (i + 0.5) / count * sum) at++;
      out.push(1 / (1 + Math.exp(-x[at])));
    }
    return out;
  }

  /* --- counts of events ---------------------------------------------------------------------------------------------- */

  /* a gamma number of mean one (Marsaglia and Tsang, ACM TOMS 2000;26:363); shapes are people over dispersion, so mostly above one */
  function gammaOf(next, shape) {
    if (shape < 1) return gammaOf(next, shape + 1) * (shape + 1) / shape * Math.pow(next() + 1e-12, 1 / shape);
    var d = shape - 1 / 3, c = 1 / Math.sqrt(9 * d), x, v;
    for (;;) {
      do { x = normal(next); v = 1 + c * x; } while (v <= 0);
      v = v * v * v;
      if (Math.log(next() + 1e-12) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v / shape;
    }
  }
  /* a Poisson number: by its gaps where it is small, with its skewness where it is large */
  function poisson(next, mean) {
    if (mean > 400) {
      var z = normal(next), sd = Math.sqrt(mean);
      return Math.max(0, Math.round(mean + sd * z + (z * z - 1) / 6));
    }
    var k = 0, left = mean;
    for (;;) {
      left += Math.log(next() + 1e-12);
      if (left < 0) return k;
      k++;
    }
  }
  /* P(0), ..., P(most) of a group's events (negative binomial: gamma of the group, then Poisson) */
  function eventsPmf(watched, mean, dispersion, most) {
    var shape = dispersion ? watched / dispersion : Infinity, part = dispersion ? mean / (shape + mean) : 0, out = [];
    var log = dispersion ? shape * Math.log1p(-part) : -mean;
    for (var k = 0; k <= most; k++) {
      out.push(Math.exp(log));
      log += dispersion ? Math.log((k + shape) / (k + 1) * part) : Math.log(mean / (k + 1));
    }
    return out;
  }
  /* the exact conditional test of two groups' events, as proband.analysis.rates */
  function compareRates(events, watched, other, otherWatched, dispersion) {
    var total = events + other, more = events * otherWatched >= other * watched, share = watched / (watched + otherWatched), one, two;
    if (!total) return { name: rateTest(true), directed: 1, twoSided: 1 };
    if (total > 200000) {
      var variance = total * share * (1 - share), both = (watched + otherWatched) / dispersion;
      if (dispersion) variance *= (both + total) / (both + 1);
      one = normalTail(Math.max(Math.abs(events - total * share) - 0.5, 0) / Math.sqrt(variance));
      return { name: rateTest(false), directed: one, twoSided: Math.min(1, 2 * one) };
    }
    var a = watched / dispersion, b = otherWatched / dispersion, logs = [0], top = 0, k, sum = 0;
    for (k = 0; k < total; k++) {
      logs.push(logs[k] + Math.log((total - k) / (k + 1) * (dispersion ? (k + a) / (total - k - 1 + b) : share / (1 - share))));
      top = Math.max(top, logs[k + 1]);
    }
    var chance = logs.map(function (v) { return Math.exp(v - top); });
    one = two = 0;
    chance.forEach(function (c, i) {
      sum += c;
      if (more ? i >= events : i <= events) one += c;
      if (c <= chance[events] * (1 + 1e-7)) two += c;
    });
    return { name: rateTest(true), directed: Math.min(1, one / sum), twoSided: Math.min(1, two / sum) };
  }
  function rateTest(exact) { return (exact ? "Exact conditional test" : "Normal test") + " of two rates (people differ)"; }

  /* groups = [{events, watched}]; expected: of every group its expected events in every cohort. The tail in each cohort of the first group. */
  function eventTails(groups, expected, dispersion, fewer, apart) {
    var most = groups.map(function (g, i) {
      var m = Math.max.apply(null, expected[i]);
      return Math.floor(Math.max(m + 14 * Math.sqrt(m + dispersion * m * m / g.watched) + 40 + 20 * (m / g.watched) * dispersion, g.events));
    }), first = groups[0], second = groups[1];
    var seen = second ? first.events / first.watched - second.events / second.watched : first.events;
    if (Math.max.apply(null, most) > MOST_EXACT) return manyEvents(groups, expected, dispersion, fewer, apart, seen);
    var pmf = groups.map(function (g, i) { return expected[i].map(function (e) { return eventsPmf(g.watched, e, dispersion, most[i]); }); });
    if (!second) return pmf[0].map(function (row) {
      var sum = row.slice(0, first.events + (fewer ? 1 : 0)).reduce(function (a, b) { return a + b; }, 0);
      return Math.min(1, Math.max(0, fewer ? sum : 1 - sum));
    });
    var sums = pmf[1].map(running), reach = upTo(most[0]).map(function (k) {
      var other = (k / first.watched - seen) * second.watched;
      return fewer ? Math.ceil(other - 1e-9) - 1 : Math.floor(other + 1e-9);
    });
    var reached = sums.map(function (row) {
      return reach.map(function (k) { var at = k < 0 ? 0 : row[Math.min(k, row.length - 1)]; return fewer ? 1 - at : at; });
    }), mean = apart ? averages(reached) : null;
    return pmf[0].map(function (row, i) { return Math.min(1, Math.max(0, dot(row, mean || reached[i]))); });
  }
  function manyEvents(groups, expected, dispersion, fewer, apart, seen) {
    var two = groups.length > 1;
    function moments(i, e) {
      var g = groups[i], unit = two ? g.watched : 1, more = dispersion * e / g.watched, sign = i ? -1 : 1;
      return [sign * e / unit, e * (1 + more) / (unit * unit), sign * e * (1 + more) * (1 + 2 * more) / (unit * unit * unit)];
    }
    function tailOf(e, o) {
      var a = moments(0, e), b = two ? moments(1, o) : [0, 0, 0], at = edgeworth(a[0] + b[0], a[1] + b[1], a[2] + b[2], seen);
      return fewer ? at : 1 - at;
    }
    return expected[0].map(function (e, i) {
      return two && apart ? average(expected[1].map(function (o) { return tailOf(e, o); })) : tailOf(e, two ? expected[1][i] : 0);
    });
  }

  var api = { generator: generator, normal: normal, quantile: quantile, thinned: thinned, fisher: fisher, compareGroups: compareGroups, normalTail: normalTail,
    compareMeans: compareMeans, countOf: countOf, countTails: countTails, jeffreys: jeffreys, gammaOf: gammaOf, poisson: poisson,
    compareRates: compareRates, eventTails: eventTails, average: average };
  if (typeof module !== "undefined" && module.exports) module.exports = api;
  else root.ProbandChances = api;
})(typeof self !== "undefined" ? self : this);
