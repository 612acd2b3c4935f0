/* The page's script. Values of the data only ever become text nodes. */
const circle15 = (() => {
  "use strict";

  const data = JSON.parse(document.getElementById("circle15-data").textContent);
  const specs = new Map(data.layers.map((spec) => [spec.key, spec]));
  const layers = new Map();
  const records = new Map();
  let map = null;
  let family = 0;
  let homes = null;
  // With streets: what further sites change, and those of the plans and of the reader.
  let scenario = null;
  let year = 0;
  let trials = [];
  let codes = [];

  // ---- small helpers

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
    return `${value.toFixed(near ? 3 : 1)} ${data.units[rule.unit] || rule.unit}`;
  }

  function metres(value) {
    return value === null ? "" : `${value.toFixed(1)} ${data.units.m}`;
  }

  function known(words, key) {
    return Object.hasOwn(words, key) ? words[key] : key;
  }

  // ---- stories

  function verdictRows(home, ruleId) {
    const rule = data.rules[ruleId];
    const found = home.verdicts[ruleId] || {};
    return rule.metrics.map(([metric, label], place) => {
      const [value, outcome, because] = found[metric] || [null, "unknown", ""];
      const reason = value === null && Object.hasOwn(data.states, because) ? data.states[because] : "";
      return element("tr", "",
        element("th", "", place === 0 ? `${ruleId} ${rule.limit}` : ""),
        element("td", "", label),
        element("td", "number", value === null && reason ? reason : measured(value, rule)),
        element("td", `outcome ${outcome}`, known(data.outcomes, outcome)));
    });
  }

  function wayRows(home) {
    const ruleId = data.families[family].find((each) => home.ways[each]);
    if (!ruleId) return [];
    const way = home.ways[ruleId];
    const name = (id) => (id === null ? "" : known(data.facilities, id));
    return [
      row(data.page.nearest_network, way.state === "reached" ? name(way.network) : known(data.states, way.state)),
      row(data.page.nearest_straight, name(way.straight)),
      row(data.page.home_leg, metres(way.home_leg)),
      row(data.page.facility_leg, metres(way.facility_leg)),
    ];
  }

  function homeStory(home) {
    const kind = home.classes[family];
    const people = home.people.map(([label, value, mark]) =>
      element("span", "chip", `${label} `, element("b", "", value), mark ? element("em", "", mark) : null));
    const binding = home.binding ? `${home.binding[0]} · ${known(data.outcomes, home.binding[1])}` : "";
    return element("div", "story",
      element("h4", "", home.name),
      element("p", "note", home.name === home.id ? "" : home.id),
      element("p", `badge ${kind}`, known(data.classes, kind)),
      element("div", "chips", ...people),
      table(data.families[family].flatMap((ruleId) => verdictRows(home, ruleId)), "verdicts"),
      table([
        ...wayRows(home),
        row(data.page.binding, binding),
        row(data.page.to_be_covered, home.sites.join("; ")),
      ], "facts"),
      home.edge ? element("p", "note", data.page.edge) : null,
      home.assumed ? element("p", "note", home.assumed) : null);
  }

  function facilityStory(facility) {
    return element("div", "story",
      element("h4", "", facility.name),
      element("p", "note", facility.name === facility.id ? "" : facility.id),
      table([row(data.page.type, facility.type), row(data.page.counted_for, facility.counted.join(", ") || "—")], "facts"),
      facility.assumed ? element("p", "note", facility.assumed) : null);
  }

  function siteStory(site) {
    return element("div", "story",
      element("h4", "", site.name),
      element("p", "note", site.name === site.id ? "" : site.id),
      table([
        row(data.page.type, site.type),
        row(data.page.stage, `${site.stage} · ${data.page.rank} ${site.rank}`),
        row(data.page.host, site.host),
        row(data.page.gain, `+${site.gain}`),
        row(data.page.reason, site.reason),
      ], "facts"));
  }

  const stories = { facility: facilityStory, site: siteStory };

  // ---- layers

  function pin(feature, place, style) {
    const face = element("span", "face", feature.properties.rank);
    const aside = feature.properties.shift * 30;
    face.style.background = style.color;
    const icon = L.divIcon({
      className: "pin", html: element("div", "", face, element("em", "", feature.properties.stage)),
      iconSize: [30, 42], iconAnchor: [15 - aside, 15], popupAnchor: [aside, -14],
    });
    return L.marker(place, { icon, alt: feature.properties.name, riseOnHover: true });
  }

  const panes = { ground: "ground", zone: "ground" };
  const radii = { facility: 7 };

  function pointMaker(spec) {
    return (feature, place) => spec.kind === "site"
      ? pin(feature, place, spec.style)
      : L.circleMarker(place, { pane: panes[spec.kind] || "overlayPane", radius: radii[spec.kind] || 4, ...spec.style });
  }

  function attend(spec) {
    return (feature, shape) => {
      const story = stories[spec.kind];
      if (story) {
        shape.bindPopup(() => story(feature.properties), { minWidth: 270, maxWidth: 360, maxHeight: 430 });
        records.set(`${spec.key}/${feature.properties.id}`, shape);
      }
      if (spec.kind === "zone") {
        shape.bindTooltip(element("span", "", feature.properties.name),
          { permanent: true, direction: "center", className: "zone-name" });
      }
    };
  }

  function layer(key) {
    const spec = specs.get(key);
    if (spec.packed || spec.kind === "home" || spec.kind === "gain") return null;
    const made = L.geoJSON({ type: "FeatureCollection", features: spec.features }, {
      pane: panes[spec.kind] || "overlayPane",
      interactive: spec.kind in stories,
      smoothFactor: 0.5,
      style: spec.kind === "site" ? undefined : spec.style,
      pointToLayer: pointMaker(spec),
      onEachFeature: attend(spec),
    });
    layers.set(key, made);
    return made;
  }

  function wanted(box) {
    const home = box.closest("[data-family]");
    return box.checked && (!home || Number(home.dataset.family) === family);
  }

  // Layers of packed tables, made when those are unpacked.
  async function unpack() {
    homes = await packedHomes.load(data.homes);
    data.homes.shapes = data.homes.columns = null;
    homes.layer.addTo(map);
    listenToHomes();
    for (const [key, spec] of specs) {
      if (spec.packed) {
        const table = packed.decode(await packed.unzip(spec.packed));
        layers.set(key, new packed.Layer(table, [spec.style], new Uint8Array(table.count), { pane: panes[spec.kind] }));
        spec.packed = null;
      } else if (spec.kind === "gain") {
        layers.set(key, homes.ring(spec.members, spec.style));
      }
    }
  }

  function listenToHomes() {
    let asked = null;
    map.on("click", (event) => openHome(homes.layer.at(event.latlng), event.latlng));
    map.on("mousemove", (event) => {
      if (!asked) requestAnimationFrame(() => {
        const over = homes.layer.at(asked);
        asked = null;
        map.getContainer().classList.toggle("over", over >= 0);
      });
      asked = event.latlng;
    });
  }

  function openHome(row, place) {
    if (row < 0) return;
    const rings = homes.layer.places(row);
    const chosen = L.polygon(rings, { color: "#111827", weight: 3, fill: false, interactive: false }).addTo(map);
    L.popup({ minWidth: 270, maxWidth: 360, maxHeight: 430 })
      .setLatLng(place || homes.layer.middle(row)).setContent(homeStory(homes.story(row)))
      .on("remove", () => chosen.remove()).openOn(map);
  }

  function showHomes() {
    const on = [...document.querySelectorAll('input[data-layer^="homes:"]')].filter(wanted);
    homes.show(codes[family] || homes.codes[family], new Set(on.map((box) => box.dataset.layer.split(":")[2])));
  }

  // ---- scenario: sites of the plans up to a year, and the reader's own

  // Streets are unpacked when first they are needed: the page is there before.
  let preparing = null;

  function prepare() {
    preparing ||= packed.unzip(data.walks).then((bytes) => {
      const walker = walking.make(bytes);
      scenario = { walker, ...scenarios.make(homes, walker, data.families, data.rules) };
      for (const site of data.plans) site.reached = new Map();
      data.walks = true;
    });
    return preparing;
  }

  function reachedBy(site, index) {
    if (!site.reached.has(index)) site.reached.set(index, scenario.reach(index, ...site.mm));
    return site.reached.get(index);
  }

  function applyScenario() {
    const planned = data.plans.filter((site) => site.stage <= year);
    codes = data.families.map((_, index) => {
      const sites = [...planned, ...trials].filter((site) => site.families.includes(index));
      const changed = scenario.changes(index, sites.map((site) => reachedBy(site, index)));
      tellFigures(index, changed);
      const found = scenario.classes(index, changed);
      tellClasses(index, found);
      return found;
    });
    showHomes();
  }

  function percent(share) {
    if (share === null || Number.isNaN(share)) return "—";
    let tenths = Math.floor(share * 1000 + 0.5);
    if (share > 0 && share < 1) tenths = Math.min(Math.max(tenths, 1), 999);
    return `${(tenths / 10).toFixed(1)}%`;
  }

  const thousands = (value) => String(value).replace(/\B(?=(\d{3})+(?!\d))/g, ",");

  function tellFigures(index, changed) {
    for (const cell of document.querySelectorAll("[data-figure]")) {
      const [rule, metric, basis, level, zone] = cell.dataset.figure.split("|");
      if (!data.families[index].includes(rule)) continue;
      const rows = changed[`${rule}|${metric}`], total = Number(cell.dataset.total);
      const gain = rows.size ? scenario.gain(rows, basis, level, zone) : 0;
      cell.textContent = gain === null ? "—" : percent(total ? (Number(cell.dataset.covered) + gain) / total : null);
      cell.classList.toggle("changed", gain !== 0);
    }
  }

  function tellClasses(index, found) {
    const counts = new Array(data.homes.classes.length).fill(0);
    for (const code of found) counts[code] += 1;
    const part = document.querySelector(`.left [data-family="${index}"]`);
    data.homes.classes.forEach((name, code) => {
      const box = part.querySelector(`input[data-layer="homes:${index}:${name}"]`);
      if (box) box.closest("label").querySelector("small").textContent = `${thousands(counts[code])} · ${percent(found.length ? counts[code] / found.length : null)}`;
      const bar = part.querySelector(`.bar [data-class="${name}"]`);
      if (bar) { bar.style.flexGrow = counts[code]; bar.hidden = counts[code] === 0; }
    });
    const gaps = data.homes.classes.reduce((sum, name, code) => sum + (data.gaps.includes(name) ? counts[code] : 0), 0);
    part.querySelector(".gaps").textContent = thousands(gaps);
  }

  async function addTrial(latlng) {
    await prepare();
    const number = trials.reduce((most, each) => Math.max(most, each.number), 0) + 1;
    const trial = { number, families: [family], reached: new Map(), mm: null, marker: null };
    const icon = L.divIcon({ className: "pin trial", html: element("span", "face", number), iconSize: [30, 30], iconAnchor: [15, 15] });
    trial.marker = L.marker(latlng, { icon, draggable: true, autoPan: true, keyboard: true, alt: trialName(trial) }).addTo(map);
    trial.marker.on("drag", () => moveTrial(trial));
    trials.push(trial);
    moveTrial(trial);
    return trial;
  }

  const trialName = (trial) => data.page.scenario_site.replace("{0}", trial.number);

  function moveTrial(trial) {
    const { lat, lng } = trial.marker.getLatLng();
    trial.mm = scenario.walker.project(lat, lng);
    trial.reached = new Map();
    applyScenario();
    listTrials();
  }

  function removeTrial(trial) {
    trial.marker.remove();
    trials = trials.filter((each) => each !== trial);
    applyScenario();
    listTrials();
  }

  function listTrials() {
    document.getElementById("scenario-sites").replaceChildren(...trials.map((trial) => {
      const { lat, lng } = trial.marker.getLatLng();
      const anchor = reachedBy(trial, trial.families[0]).anchor;
      const remove = element("button", "", data.page.scenario_remove);
      remove.type = "button";
      remove.addEventListener("click", () => removeTrial(trial));
      const item = element("li", "", trialName(trial), " ", `${lng.toFixed(6)}, ${lat.toFixed(6)}`,
        anchor ? null : element("em", "", ` ${data.page.scenario_none}`), remove);
      item.value = trial.number;
      return item;
    }));
  }

  /* What circle15 evaluate takes. Nine decimals of a degree keep a tenth of a millimetre. */
  function savedScenario() {
    return {
      circle15: "scenario",
      study: data.study,
      sites: trials.map((trial) => {
        const { lat, lng } = trial.marker.getLatLng();
        return { site_id: `T-${trial.number}`, facility_type: data.familyTypes[trial.families[0]], lon: Number(lng.toFixed(9)), lat: Number(lat.toFixed(9)) };
      }),
    };
  }

  function save(name, text, type) {
    const link = element("a");
    link.href = URL.createObjectURL(new Blob([text], { type }));
    link.download = name;
    link.click();
    URL.revokeObjectURL(link.href);
  }

  async function setYear(place) {
    await prepare();
    const slider = document.getElementById("stages");
    const years = slider.dataset.years.split(",");
    year = place ? Number(years[place - 1]) : 0;
    document.getElementById("stage-shown").textContent = place ? years[place - 1] : slider.dataset.today;
    applyScenario();
  }

  function listenToScenario() {
    const on = (id, event, act) => document.getElementById(id)?.addEventListener(event, act);
    on("stages", "input", (event) => setYear(Number(event.target.value)));
    on("scenario-add", "click", () => addTrial(map.getCenter()));
    on("scenario-clear", "click", () => trials.slice().forEach(removeTrial));
    on("scenario-save", "click", () => save(`${data.study}-scenario.json`, JSON.stringify(savedScenario(), null, 2), "application/json"));
  }

  function sync() {
    if (homes) showHomes();
    for (const box of document.querySelectorAll("input[data-layer]")) {
      const made = layers.get(box.dataset.layer);
      if (!made) continue;
      const on = wanted(box);
      if (on && !map.hasLayer(made)) made.addTo(map);
      if (!on && map.hasLayer(made)) made.remove();
    }
    for (const [key, spec] of specs) {
      if (spec.kind === "facility" && layers.has(key) && map.hasLayer(layers.get(key))) layers.get(key).bringToFront();
    }
  }

  function choose(number) {
    family = number;
    map.closePopup();
    for (const part of document.querySelectorAll("[data-family]")) {
      part.hidden = Number(part.dataset.family) !== family;
    }
    sync();
  }

  // Show a record: switch its layer on, go there, tell its story.
  function open(key, id) {
    const box = document.querySelector(`input[data-layer="${key}"]`);
    if (box && !box.checked) { box.checked = true; sync(); }
    const shape = records.get(`${key}/${id}`);
    if (!shape) return;
    const place = shape.getLatLng ? shape.getLatLng() : shape.getBounds().getCenter();
    map.setView(place, Math.max(map.getZoom(), 16), { animate: false });
    shape.openPopup();
  }

  // ---- controls

  function northArrow() {
    const control = L.control({ position: "topleft" });
    control.onAdd = () => {
      const arrow = element("div", "north");
      const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
      svg.setAttribute("viewBox", "0 0 24 30");
      for (const [path, fill] of [["M12 1 L20 28 L12 22 Z", "#26323f"], ["M12 1 L4 28 L12 22 Z", "#ffffff"]]) {
        const half = document.createElementNS("http://www.w3.org/2000/svg", "path");
        half.setAttribute("d", path);
        half.setAttribute("fill", fill);
        half.setAttribute("stroke", "#26323f");
        svg.append(half);
      }
      arrow.append(svg, element("b", "", data.page.north));
      return arrow;
    };
    return control;
  }

  function addPane(name, height) {
    const pane = map.createPane(name);
    pane.style.zIndex = height;
    pane.style.pointerEvents = "none";
  }

  function attribute() {
    map.attributionControl.setPrefix(false);
    for (const text of data.attributions) {
      map.attributionControl.addAttribution(element("span", "", text).innerHTML);
    }
  }

  function listen() {
    document.addEventListener("change", (event) => {
      if (event.target.name === "family") choose(Number(event.target.value));
      else if (event.target.dataset.layer) sync();
    });
    document.addEventListener("click", (event) => {
      const site = event.target.closest("tr[data-layer]");
      if (site) open(site.dataset.layer, site.dataset.id);
    });
  }

  async function start(made) {
    map = made;
    addPane("ground", 350);
    addPane("homes", 370);
    addPane("gain", 450);
    northArrow().addTo(map);
    L.control.scale({ imperial: false, maxWidth: 140 }).addTo(map);
    attribute();
    listen();
    sync();
    await unpack();
    if (data.walks) listenToScenario();
    sync();
    document.documentElement.dataset.ready = "";
  }

  return { layer, start, open, openHome, addTrial, moveTrial, removeTrial, setYear, prepare, savedScenario, get codes() { return codes; }, get scenario() { return scenario; }, get map() { return map; }, get homes() { return homes; } };
})();
