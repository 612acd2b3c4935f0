/* The map: its layers, which homes are shown in which class, and the stories that a click opens. */
const circle15 = (() => {
  "use strict";

  const { data, words, element, stories } = page;
  const specs = new Map(data.layers.map((spec) => [spec.key, spec]));
  const layers = new Map();
  const records = new Map();
  const listeners = [];
  let map = null;
  let homes = null;
  let family = 0;
  // Outcomes that further sites change, by family: of scenarios.changes.
  let changed = [];

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

  /* As wide as a story needs, or as the map of a telephone is. */
  function popupSize() {
    const most = Math.min(360, document.getElementById("stage").clientWidth - 56);
    return { minWidth: Math.min(270, most), maxWidth: most, maxHeight: 430 };
  }

  const panes = { ground: "ground", zone: "ground" };
  const radii = { facility: 7, candidate: 5 };

  function pointMaker(spec) {
    return (feature, place) => spec.kind === "site"
      ? pin(feature, place, spec.style)
      : L.circleMarker(place, { pane: panes[spec.kind] || "overlayPane", radius: radii[spec.kind] || 4, ...spec.style });
  }

  function attend(spec) {
    return (feature, shape) => {
      const story = stories[spec.kind];
      if (story) shape.bindPopup(() => story(feature.properties), popupSize());
      records.set(`${spec.key}/${feature.properties.id}`, shape);
      if (spec.kind === "zone") {
        shape.bindTooltip(element("span", "", feature.properties.name),
          { permanent: true, direction: "center", className: "zone-name" });
      }
    };
  }

  function styleOf(spec) {
    if (spec.kind === "site") return undefined;
    return spec.kind === "share" ? (feature) => ({ ...spec.style, fillColor: feature.properties.fill }) : spec.style;
  }

  /* Called by folium's script for each layer, before start. */
  function layer(key) {
    const spec = specs.get(key);
    if (spec.packed || spec.kind === "home" || spec.kind === "gain") return null;
    const made = L.geoJSON({ type: "FeatureCollection", features: spec.features }, {
      pane: panes[spec.kind] || "overlayPane",
      interactive: spec.kind in stories,
      smoothFactor: 0.5,
      style: styleOf(spec),
      pointToLayer: pointMaker(spec),
      onEachFeature: attend(spec),
    });
    layers.set(key, made);
    return made;
  }

  async function unpackHomes() {
    homes = await packedHomes.load(data.homes);
    data.homes.shapes = data.homes.columns = null;
    homes.layer.addTo(map);
    listenToHomes();
  }

  // Layers of packed tables, made when those are unpacked.
  async function unpack() {
    if (data.homes) await unpackHomes();
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

  // ---- homes: classes, counts and stories

  /* The metric that the classes of a family go by: the reader's choice for its metre rule, else each rule's headline. */
  function metricOf(index, ruleId) {
    const box = document.querySelector(`input[name="metric-${index}"]:checked`);
    const { metrics, unit } = data.rules[ruleId];
    return unit === "m" && box ? box.value : metrics[0][0];
  }

  /* The class of every home in a family, today or with the sites of the scenario. */
  function codesOf(index, sites = changed[index] || {}) {
    return homes.codes(data.families[index].map((id) => [id, metricOf(index, id)]), sites);
  }

  function showHomes() {
    const codes = codesOf(family);
    tellClasses(codes);
    const on = [...document.querySelectorAll('input[data-layer^="homes:"]')].filter(wanted);
    homes.show(codes, new Set(on.map((box) => box.dataset.layer.split(":")[2])));
  }

  function tellClasses(codes) {
    const counts = new Array(data.homes.classes.length).fill(0);
    for (const code of codes) counts[code] += 1;
    const part = document.querySelector(`.left [data-family="${family}"]`);
    if (!part) return;
    data.homes.classes.forEach((name, code) => {
      const box = part.querySelector(`input[data-layer="homes:${family}:${name}"]`);
      const share = numbers.percent(codes.length ? counts[code] / codes.length : null);
      if (box) box.closest("label").querySelector("small").textContent = `${numbers.thousands(counts[code])} · ${share}`;
      const bar = part.querySelector(`.bar [data-class="${name}"]`);
      if (bar) { bar.style.flexGrow = counts[code]; bar.hidden = counts[code] === 0; }
    });
    const gaps = data.homes.classes.reduce((sum, name, code) => sum + (data.gaps.includes(name) ? counts[code] : 0), 0);
    part.querySelector(".gaps").textContent = numbers.thousands(gaps);
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

  /* The class of a home by the metric that the map goes by: today, and with the sites of the scenario. */
  function kindsOf(row) {
    return [codesOf(family, {}), codesOf(family)].map((codes) => data.homes.classes[codes[row]]);
  }

  function openHome(row, place) {
    if (row < 0) return;
    const rings = homes.layer.places(row);
    const chosen = L.polygon(rings, { color: "#111827", weight: 3, fill: false, interactive: false }).addTo(map);
    L.popup(popupSize())
      .setLatLng(place || homes.layer.middle(row)).setContent(stories.home(homes.story(row), family, kindsOf(row)))
      .on("remove", () => chosen.remove()).openOn(map);
  }

  // ---- what is shown

  function wanted(box) {
    const home = box.closest("[data-family]");
    return box.checked && (!home || Number(home.dataset.family) === family);
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
    for (const tell of listeners) tell();
  }

  function choose(number) {
    family = number;
    map.closePopup();
    for (const part of document.querySelectorAll("[data-family]")) {
      part.hidden = Number(part.dataset.family) !== family;
    }
    sync();
  }

  /* Show a record: switch its layer on, go there, tell its story. */
  function open(key, id) {
    const box = document.querySelector(`input[data-layer="${key}"]`);
    if (box && !box.checked) { box.checked = true; sync(); }
    const shape = records.get(`${key}/${id}`);
    if (!shape) return;
    const place = shape.getLatLng ? shape.getLatLng() : shape.getBounds().getCenter();
    map.setView(place, Math.max(map.getZoom(), 16), { animate: false });
    shape.openPopup();
  }

  function goHome(row) {
    map.setView(homes.layer.middle(row), Math.max(map.getZoom(), 17), { animate: false });
    openHome(row, null);
  }

  function goZone(id) {
    const shape = records.get(`zones/${id}`);
    if (shape) map.fitBounds(shape.getBounds(), { animate: false });
  }

  function changeLanguage() {
    map.closePopup();
    page.swapLanguage();
    choose(family);
  }

  // ---- start

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
      const letter = element("b", "", words().page.north);
      listeners.push(() => { letter.textContent = words().page.north; });
      arrow.append(svg, letter);
      return arrow;
    };
    return control;
  }

  /* What Leaflet's own buttons are called, in the language that is shown. */
  function nameButtons() {
    const { page: texts } = words();
    for (const [part, text] of [["zoom-in", texts.zoom_in], ["zoom-out", texts.zoom_out]]) {
      name(map.getContainer().querySelector(`.leaflet-control-${part}`), text);
    }
  }

  function name(button, text) {
    button?.setAttribute("title", text);
    button?.setAttribute("aria-label", text);
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
      else if (event.target.dataset.layer || event.target.name?.startsWith("metric-")) sync();
    });
    document.addEventListener("click", (event) => {
      const site = event.target.closest("tr[data-layer]");
      if (site) open(site.dataset.layer, site.dataset.id);
      const zone = event.target.closest("tr[data-zone]");
      if (zone) goZone(zone.dataset.zone);
      if (event.target.closest("#tool-language")) changeLanguage();
    });
  }

  /* Called by folium's script when the map is made. */
  async function start(made) {
    map = made;
    addPane("ground", 350);
    addPane("homes", 370);
    addPane("gain", 450);
    northArrow().addTo(map);
    L.control.scale({ imperial: false, maxWidth: 140 }).addTo(map);
    attribute();
    listeners.push(nameButtons);
    map.on("popupopen", ({ popup }) => name(popup.getElement().querySelector(".leaflet-popup-close-button"), words().page.close));
    listen();
    sync();
    await unpack();
    sync();
    document.documentElement.dataset.ready = "";
  }

  return {
    layer, start, open, openHome, goHome, sync, codesOf,
    /* Tells whenever what is shown has changed. */
    attend: (tell) => listeners.push(tell),
    change(found) { changed = found; sync(); },
    get map() { return map; },
    get homes() { return homes; },
    get family() { return family; },
    get layers() { return layers; },
    get specs() { return specs; },
  };
})();
