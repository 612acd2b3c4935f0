/* The residential areas: one canvas for all, and each one's class and story out of columns. */
const packedHomes = (() => {
  "use strict";

  const digit = (text, row) => parseInt(text[row], 36);
  const digits = (text) => Uint8Array.from(text, (each) => parseInt(each, 36));
  const NOBODY = "z";

  function word(column, row) {
    return column && column.row[row] >= 0 ? column.words[column.row[row]] : null;
  }

  /* All that is told of one home. */
  function story(columns, row) {
    return {
      id: columns.ids[row],
      name: (columns.names && columns.names[row]) || columns.ids[row],
      verdicts: Object.fromEntries(Object.entries(columns.rules).map(([id, rule]) => [id, verdicts(columns, rule, row)])),
      ways: Object.fromEntries(Object.entries(columns.rules).map(([id, rule]) => [id, way(columns, rule, row)])),
      binding: word(columns.binding.rule, row) === null ? null
        : [word(columns.binding.rule, row), columns.outcomes[digit(columns.binding.outcome, row)]],
      people: columns.people.filter((each) => columns.weights[each.basis][row] !== null).map((each) =>
        [each.label, numbers.count(columns.weights[each.basis][row]), each.estimated !== "" && each.estimated[row] === "1"]),
      assumed: word(columns.assumed, row),
      edge: columns.edge[row] === "1",
      sites: columns.sites[row] || [],
    };
  }

  function verdicts(columns, rule, row) {
    const found = {};
    for (const [metric, column] of Object.entries(rule.metrics)) {
      const valued = column.valued[row] === "1";
      found[metric] = [
        valued ? columns.ways[rule.way][metric][row] / rule.per : null,
        columns.outcomes[digit(column.outcome, row)],
        column.because[row] === NOBODY ? "" : column.words[digit(column.because, row)],
      ];
    }
    return found;
  }

  function way(columns, rule, row) {
    const from = columns.ways[rule.way];
    const metres = (values) => (values[row] < 0 ? null : values[row] / 1000);
    const facility = (rows) => (rows[row] < 0 ? null : columns.facilities[rows[row]]);
    return {
      network: facility(from.by_network),
      straight: facility(from.by_straight_line),
      home_leg: metres(from.home_leg),
      facility_leg: metres(from.facility_leg),
      state: columns.states[digit(from.state, row)],
    };
  }

  /* given: shapes, columns, classes, classOf, styles. */
  async function load(given) {
    const table = packed.decode(await packed.unzip(given.shapes));
    const columns = await packed.unzipJson(given.columns);
    const paintOf = new Uint8Array(table.count).fill(packed.HIDDEN);
    const paints = given.styles.map((style) => ({ radius: 5, ...style }));
    const layer = new packed.Layer(table, paints, paintOf, { pane: "homes" });
    const outcomes = {};
    for (const [id, rule] of Object.entries(columns.rules)) {
      for (const [metric, column] of Object.entries(rule.metrics)) outcomes[`${id}|${metric}`] = digits(column.outcome);
    }
    const classCode = (found) => given.classes.indexOf(given.classOf[found.map((each) => columns.outcomes[each]).join()]);
    const size = columns.outcomes.length;

    /* The class of every home by the outcomes of one or two rules, each by a metric: [[rule, metric] …].
       changed: rows whose outcome became a pass, by "rule|metric". */
    function codes(by, changed = {}) {
      const columnsBy = by.map(([id, metric]) => {
        const rows = changed[`${id}|${metric}`], base = outcomes[`${id}|${metric}`];
        if (!rows || !rows.size) return base;
        const found = base.slice();
        for (const row of rows) found[row] = 0;
        return found;
      });
      const [one, two] = columnsBy;
      const table2 = Uint8Array.from({ length: size * size }, (_, each) =>
        classCode(two ? [Math.floor(each / size), each % size] : [Math.floor(each / size)]));
      return Uint8Array.from(one, (each, row) => table2[each * size + (two ? two[row] : 0)]);
    }

    return {
      layer,
      columns,
      outcomes,
      codes,
      count: table.count,
      story: (row) => story(columns, row),
      /* Shows the homes whose class is wanted. */
      show(mine, wanted) {
        const shown = given.classes.map((name) => wanted.has(name));
        const differ = [];
        for (let row = 0; row < paintOf.length; row += 1) {
          const paint = shown[mine[row]] ? mine[row] : packed.HIDDEN;
          if (paint !== paintOf[row]) differ.push(row);
          paintOf[row] = paint;
        }
        layer.repaint(differ);
      },
      ring(members, style) {
        const of = new Uint8Array(table.count).fill(packed.HIDDEN);
        for (const row of members) of[row] = 0;
        return new packed.Layer(table, [{ radius: 9, ...style }], of, { pane: "gain" }, layer.cells);
      },
      /* A second picture of the same homes, in another pane. */
      twin: (of, pane) => new packed.Layer(table, paints, of, { pane }, layer.cells),
    };
  }

  return { load };
})();
