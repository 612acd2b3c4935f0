/* What the figures and classes come to with further sites. Sites only ever turn a failure into a pass: the outcome of
   a home changes where a new site is within the limit, and every sum changes by the weight of the homes that changed. */
const scenarios = (() => {
  "use strict";

  const PASS = 0, FAIL = 1, UNKNOWN = 2;
  // Unknown for want of a street at every counted facility: a site that has one decides.
  const DECIDABLE = "not_assessed";

  /* homes: of packedHomes.load; walker: of walking.make; families: rule ids; rules: metrics, headline first. */
  function make(homes, walker, families, rules) {
    const columns = homes.columns;
    const judged = Object.fromEntries(families.flat().map((id) => [id, judge(columns, id)]));
    const family = families.map((ids) => ({ ids, most: Math.max(...ids.map((id) => columns.rules[id].most)) }));

    /* What a site at a place reaches in a family: rows by metric, with distances. */
    function reach(index, x, y) {
      const walked = walker.reach(x, y, family[index].most);
      return { anchor: walked.anchor, network: walked.homes, straight_line: walker.circle(x, y, family[index].most) };
    }

    /* The rows whose outcome becomes a pass, for every rule and metric of a family. */
    function changes(index, reached) {
      const found = {};
      for (const id of family[index].ids) {
        for (const [metric, column] of Object.entries(judged[id].metrics)) {
          const rows = new Set();
          for (const each of reached) {
            for (const [row, mm] of each[metric]) {
              if (mm <= judged[id].most && opens(column, row)) rows.add(row);
            }
          }
          found[`${id}|${metric}`] = rows;
        }
      }
      return found;
    }

    /* Class codes of a family with the changes made. */
    function classes(index, changed) {
      const codes = homes.codes[index].slice();
      const [one, two] = family[index].ids;
      const headline = (id) => rules[id].metrics[0][0];
      const outcome = (id, row) => (changed[`${id}|${headline(id)}`].has(row) ? PASS : judged[id].metrics[headline(id)].outcome[row]);
      const touched = new Set(family[index].ids.flatMap((id) => [...changed[`${id}|${headline(id)}`]]));
      for (const row of touched) {
        codes[row] = homes.classCode(two === undefined ? [outcome(one, row)] : [outcome(one, row), outcome(two, row)]);
      }
      return codes;
    }

    /* What is added to a covered sum: the weight of the changed rows, within a zone or in all. */
    function gain(rows, basis, level, zone) {
      const weight = basis === "areas" ? null : columns.weights[basis];
      if (weight === undefined) return null;
      const zones = level === "study" ? null : columns.zones[level];
      if (zones === undefined) return null;
      const wanted = zones && zones.words.indexOf(zone);
      let sum = 0;
      for (const row of rows) {
        if (zones && zones.row[row] !== wanted) continue;
        sum += weight === null ? 1 : weight[row];
      }
      return sum;
    }

    return { reach, changes, classes, gain };
  }

  function judge(columns, id) {
    const rule = columns.rules[id];
    const metrics = {};
    for (const [metric, column] of Object.entries(rule.metrics)) {
      metrics[metric] = {
        outcome: Uint8Array.from(column.outcome, (each) => parseInt(each, 36)),
        because: column.because,
        decidable: column.words.indexOf(DECIDABLE).toString(36),
      };
    }
    return { most: rule.most, metrics };
  }

  function opens(column, row) {
    return column.outcome[row] === FAIL || (column.outcome[row] === UNKNOWN && column.because[row] === column.decidable);
  }

  return { make };
})();
