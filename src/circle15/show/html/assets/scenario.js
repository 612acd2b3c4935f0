/* What the figures come to with further sites. Sites only ever turn a failure into a pass: the outcome of a home
   changes where a new site is within the limit, and every sum changes by the weight of the homes that changed. */
const scenarios = (() => {
  "use strict";

  const FAIL = 1, UNKNOWN = 2;
  // Unknown for want of a street at every counted facility: a site that has one decides.
  const DECIDABLE = "not_assessed";

  /* homes: of packedHomes.load; walker: of walking.make; families: rule ids. */
  function make(homes, walker, families) {
    const columns = homes.columns;
    const most = families.map((ids) => Math.max(...ids.map((id) => columns.rules[id].most)));

    /* What a site at a place reaches in a family: rows by metric, with distances. */
    function reach(index, x, y) {
      const walked = walker.reach(x, y, most[index]);
      return { anchor: walked.anchor, network: walked.homes, straight_line: walker.circle(x, y, most[index]) };
    }

    function opens(id, metric) {
      const outcome = homes.outcomes[`${id}|${metric}`], column = columns.rules[id].metrics[metric];
      const decidable = column.words.indexOf(DECIDABLE).toString(36);
      return (row) => outcome[row] === FAIL || (outcome[row] === UNKNOWN && column.because[row] === decidable);
    }

    /* The rows whose outcome becomes a pass, by "rule|metric" of a family. */
    function changes(index, reached) {
      const found = {};
      for (const id of families[index]) {
        for (const metric of Object.keys(columns.rules[id].metrics)) {
          const open = opens(id, metric), rows = new Set();
          for (const each of reached) {
            for (const [row, mm] of each[metric]) if (mm <= columns.rules[id].most && open(row)) rows.add(row);
          }
          found[`${id}|${metric}`] = rows;
        }
      }
      return found;
    }

    /* What is added to a covered sum: the weight of the changed rows, within a zone or in all, an empty cell being 0;
       null if nobody knows. */
    function gain(rows, basis, level, zone) {
      const weight = basis === "areas" ? null : columns.weights[basis];
      const zones = level === "study" ? null : columns.zones[level];
      if (weight === undefined || zones === undefined) return null;
      const wanted = zones && zones.words.indexOf(zone);
      let sum = 0;
      for (const row of rows) {
        if (zones && zones.row[row] !== wanted) continue;
        sum += weight === null ? 1 : weight[row] || 0;
      }
      return sum;
    }

    return { walker, reach, changes, gain };
  }

  return { make };
})();
