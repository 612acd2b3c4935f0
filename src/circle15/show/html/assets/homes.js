/* The residential areas: one canvas for all, and each one's story out of columns. */
const packedHomes = (() => {
  "use strict";

  const digit = (text, row) => parseInt(text[row], 36);
  const NOBODY = "z";

  /* A count as the page writes it: thousands separated, a decimal only where there is one. */
  function count(value) {
    const rounded = Math.floor(value * 10 + 0.5) / 10;
    const decimals = rounded === Math.floor(rounded) ? 0 : 1;
    return rounded.toFixed(decimals).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
  }

  function word(column, row) {
    return column && column.row[row] >= 0 ? column.words[column.row[row]] : null;
  }

  /* All that is told of one home. */
  function story(columns, classes, estimated, row) {
    return {
      id: columns.ids[row],
      name: (columns.names && columns.names[row]) || columns.ids[row],
      classes: columns.classes.map((codes) => classes[digit(codes, row)]),
      verdicts: Object.fromEntries(Object.entries(columns.rules).map(([id, rule]) => [id, verdicts(columns, rule, row)])),
      ways: Object.fromEntries(Object.entries(columns.rules).map(([id, rule]) => [id, way(columns, rule, row)])),
      binding: word(columns.binding.rule, row) === null ? null
        : [word(columns.binding.rule, row), columns.outcomes[digit(columns.binding.outcome, row)]],
      people: columns.people.filter((each) => each.values[row] !== null).map((each) =>
        [each.label, count(each.values[row]), each.estimated && each.estimated[row] === "1" ? estimated : ""]),
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

  /* given: shapes, columns, classes, styles. */
  async function load(given) {
    const table = packed.decode(await packed.unzip(given.shapes));
    const columns = await packed.unzipJson(given.columns);
    const codes = columns.classes.map((text) => Uint8Array.from(text, (each) => parseInt(each, 36)));
    const paintOf = new Uint8Array(table.count).fill(packed.HIDDEN);
    const layer = new packed.Layer(table, given.styles.map((style) => ({ radius: 5, ...style })), paintOf, { pane: "homes" });
    return {
      layer,
      columns,
      codes,
      count: table.count,
      /* The class that outcomes make, one for each rule of a family. */
      classCode: (outcomes) => given.classes.indexOf(given.classOf[outcomes.map((each) => columns.outcomes[each]).join()]),
      story: (row) => story(columns, given.classes, given.estimated, row),
      /* Shows the homes whose class is wanted, by codes of one family. */
      show(mine, wanted) {
        const shown = given.classes.map((name) => wanted.has(name));
        for (let row = 0; row < paintOf.length; row += 1) {
          paintOf[row] = shown[mine[row]] ? mine[row] : packed.HIDDEN;
        }
        layer.repaint();
      },
      ring(members, style) {
        const of = new Uint8Array(table.count).fill(packed.HIDDEN);
        for (const row of members) of[row] = 0;
        return new packed.Layer(table, [{ radius: 9, ...style }], of, { pane: "gain" }, layer.cells);
      },
    };
  }

  return { load };
})();
