/* The page's data, its words in the language that is shown, and the story of each record.
   Values of the data only ever become text nodes. */
const page = (() => {
  "use strict";

  const data = JSON.parse(document.getElementById("circle15-data").textContent);
  let language = data.language;

  const words = () => data.words[language];
  // Data holds what differs between the languages as a pair.
  const say = (value) => (value && typeof value === "object" ? value[language] : value);
  // One after another, as sentences are in the language that is shown.
  const list = (texts) => texts.join(language === "zh" ? "；" : "; ");
  const bracketed = (text) => (language === "zh" ? `（${text}）` : ` (${text})`);
  const known = (table, key) => (Object.hasOwn(table, key) ? table[key] : key);

  function element(name, className, ...children) {
    const made = document.createElement(name);
    if (className) made.className = className;
    for (const child of children) {
      if (child === null || child === undefined) continue;
      made.append(child instanceof Node ? child : String(child));
    }
    return made;
  }

  function row(label, value) {
    return value ? element("tr", "", element("th", "", label), element("td", "", value)) : null;
  }

  function table(rows, className) {
    return element("table", className, element("tbody", "", ...rows));
  }

  // Near its limit a value shows every decimal that decides the verdict.
  function measured(value, rule) {
    if (value === null) return "—";
    const near = Math.abs(value - rule.value) < (rule.unit === "m" ? 1 : 0.1);
    return `${numbers.apart(value, [rule.value], near ? 3 : 1)} ${words().units[rule.unit] || rule.unit}`;
  }

  const metres = (value) => (value === null ? "" : `${value.toFixed(1)} ${words().units.m}`);

  function verdictRows(home, ruleId) {
    const rule = data.rules[ruleId];
    const found = home.verdicts[ruleId] || {};
    return rule.metrics.map(([metric, label], place) => {
      const [value, outcome, because] = found[metric] || [null, "unknown", ""];
      const reason = value === null && because ? known(words().reasons, because) : "";
      return element("tr", "",
        place === 0 ? element("th", "", `${ruleId} ${say(rule.limit)}`) : element("td"),
        element("td", "", say(label)),
        element("td", reason ? "because" : "number", reason || measured(value, rule)),
        element("td", `outcome ${outcome}`, known(words().outcomes, outcome)));
    });
  }

  function wayRows(home, family) {
    const ruleId = data.families[family].find((each) => home.ways[each]);
    if (!ruleId) return [];
    const way = home.ways[ruleId], { page: texts, states } = words();
    const name = (id) => (id === null ? "" : known(data.facilities, id));
    return [
      row(texts.nearest_network, way.state === "reached" ? name(way.network) : known(states, way.state)),
      row(texts.nearest_straight, name(way.straight)),
      row(texts.home_leg, metres(way.home_leg)),
      row(texts.facility_leg, metres(way.facility_leg)),
    ];
  }

  function heading(record) {
    return [element("h3", "", record.name), element("p", "note", record.name === record.id ? "" : record.id)];
  }

  /* kinds: the class of the home as the map shows it today, and with the sites of the scenario. */
  function home(record, family, [kind, changed]) {
    const { page: texts, outcomes } = words();
    const people = record.people.map(([label, value, isEstimate]) =>
      element("span", "chip", `${say(label)} `, element("b", "", value), isEstimate ? element("em", "", texts.estimated) : null));
    const binding = record.binding ? `${record.binding[0]} · ${known(outcomes, record.binding[1])}` : "";
    return element("div", "story",
      ...heading(record),
      badge(kind, changed === kind ? "" : `${texts.today} `),
      changed === kind ? null : badge(changed, `${texts.with_scenario} `),
      element("div", "chips", ...people),
      table(data.families[family].flatMap((ruleId) => verdictRows(record, ruleId)), "verdicts"),
      table([
        ...wayRows(record, family),
        row(texts.binding, binding),
        row(texts.to_be_covered, list(record.sites)),
      ], "facts"),
      record.edge ? element("p", "note", texts.edge) : null,
      record.assumed ? element("p", "note", record.assumed) : null);
  }

  function badge(kind, when) {
    return element("p", "", element("span", "note", when), element("span", `badge ${kind}`, known(words().classes, kind)));
  }

  function share(record) {
    return element("div", "story", ...heading(record),
      element("p", "note", words().page.by_basis.replace("{0}", say(record.basis))),
      table(record.shares.map(([label, value]) => row(say(label), value)), "facts"));
  }

  function facility(record) {
    const { page: texts } = words();
    return element("div", "story",
      ...heading(record),
      table([row(texts.type, say(record.type)), row(texts.status, say(record.status)), row(texts.counted_for, record.counted.join(language === "zh" ? "、" : ", ") || "—")], "facts"),
      record.assumed ? element("p", "note", record.assumed) : null);
  }

  function candidate(record) {
    const { page: texts } = words();
    return element("div", "story",
      ...heading(record),
      table([
        row(texts.host, record.host),
        ...record.sizes.map(([label, size]) => row(say(label), size)),
        row(texts.chosen, list(record.chosen) || "—"),
        row(texts.dropped, list(record.dropped.map(say))),
        row(texts.checks, record.checks && say(record.checks)),
      ], "facts"));
  }

  function site(record) {
    const { page: texts } = words();
    return element("div", "story",
      ...heading(record),
      table([
        row(texts.type, say(record.type)),
        row(texts.stage, `${record.stage} · ${texts.rank} ${record.rank}`),
        row(texts.host, record.host),
        row(texts.gain, `+${say(record.gain)}`),
        row(texts.reason, say(record.reason)),
        row(texts.checks, record.checks && say(record.checks)),
      ], "facts"));
  }

  /* Puts the other language's header, panels and watermark in the place of those shown, with every choice kept. */
  function swapLanguage() {
    const template = document.getElementById("circle15-other");
    const choices = [...document.querySelectorAll("input[data-layer], input[type=radio]")];
    for (const part of [...template.content.children]) {
      const selector = part.tagName.toLowerCase() + [...part.classList].map((each) => `.${each}`).join("");
      const shown = document.querySelector(`body ${selector}`);
      shown.replaceWith(part);
      template.content.append(shown);
    }
    for (const old of choices) {
      const same = old.dataset.layer ? `input[data-layer="${CSS.escape(old.dataset.layer)}"]` : `input[name="${old.name}"][value="${old.value}"]`;
      const box = document.querySelector(same);
      if (box) box.checked = old.checked;
    }
    language = language === "zh" ? "en" : "zh";
    document.documentElement.lang = words().lang;
    document.title = words().title;
  }

  return { data, words, say, known, list, bracketed, element, swapLanguage, stories: { home, share, facility, candidate, site } };
})();
