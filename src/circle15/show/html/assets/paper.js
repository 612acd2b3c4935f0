/* The map on paper: A4 and A3 sheets at a true scale for the browser's printer, and a picture at 300 dots an inch. */
const paper = (() => {
  "use strict";

  const { data, words, element } = page;
  const SHEETS = { a4: [297, 210], a3: [420, 297] };
  const MARGIN_MM = 8;
  const MM_PER_PX = 25.4 / 96;
  const DOTS = 300 / 96;
  // Denominators that a scale may have, in every decade.
  const STEPS = [1, 1.5, 2, 2.5, 3, 4, 5, 7.5];
  const EQUATOR_M = 40075016.6855784;

  const metresPerPx = (lat, zoom) => EQUATOR_M * Math.cos(lat * Math.PI / 180) / (256 * 2 ** zoom);
  const zoomOf = (lat, denominator) => Math.log2(EQUATOR_M * Math.cos(lat * Math.PI / 180) / (256 * denominator * MM_PER_PX / 1000));

  function roundScale(least) {
    for (let decade = 10 ** Math.floor(Math.log10(least)); ; decade *= 10) {
      for (const step of STEPS) if (step * decade >= least) return step * decade;
    }
  }

  // ---- sheets

  let before = null;

  /* Lays the page out as a sheet, at the largest round scale that shows what the window shows. */
  async function prepare(size) {
    const { map } = circle15, root = document.documentElement;
    const [width, height] = SHEETS[size];
    const bounds = map.getBounds(), middle = bounds.getCenter();
    before = { middle, zoom: map.getZoom(), snap: map.options.zoomSnap };
    root.dataset.paper = size;
    root.style.setProperty("--sheet-width", `${width - 2 * MARGIN_MM}mm`);
    // A hair less than the paper, or rounding makes a second page.
    root.style.setProperty("--sheet-height", `${height - 2 * MARGIN_MM - 1}mm`);
    const style = element("style", "", `@page { size: ${width}mm ${height}mm; margin: ${MARGIN_MM}mm; }`);
    style.id = "paper-style";
    document.head.append(style);
    map.invalidateSize({ animate: false });
    map.options.zoomSnap = 0;
    const fitted = map.getBoundsZoom(bounds);
    const denominator = roundScale(metresPerPx(middle.lat, fitted) * 1000 / MM_PER_PX);
    map.setView(middle, zoomOf(middle.lat, denominator), { animate: false });
    root.dataset.scale = denominator;
    document.getElementById("stage").dataset.scale = words().page.scale_of.replace("{0}", numbers.thousands(denominator));
    await painted();
    return denominator;
  }

  async function painted() {
    do await new Promise(requestAnimationFrame); while (packed.busy);
  }

  function restore() {
    const { map } = circle15, root = document.documentElement;
    delete root.dataset.paper;
    delete root.dataset.scale;
    document.getElementById("paper-style")?.remove();
    map.invalidateSize({ animate: false });
    map.options.zoomSnap = before.snap;
    map.setView(before.middle, before.zoom, { animate: false });
  }

  async function print(size) {
    choice.hidden = true;
    await prepare(size);
    window.addEventListener("afterprint", restore, { once: true });
    window.print();
  }

  const choice = element("div", "paper-choice", ...Object.keys(SHEETS).map((size) => {
    const button = element("button", "push", size.toUpperCase());
    button.type = "button";
    button.addEventListener("click", () => print(size));
    return button;
  }));
  choice.hidden = true;
  document.body.append(choice);

  // ---- picture

  const INK = "#1d2733", SOFT = "#5b6672";
  const FONT = getComputedStyle(document.body).fontFamily;

  function write(context, text, x, y, size, { weight = 400, colour = INK, align = "left", halo = false } = {}) {
    context.font = `${weight} ${size}px ${FONT}`;
    context.textAlign = align;
    if (halo) {
      context.lineWidth = 3;
      context.strokeStyle = "#ffffff";
      context.strokeText(text, x, y);
    }
    context.fillStyle = colour;
    context.fillText(text, x, y);
    return context.measureText(text).width;
  }

  function traceShape(context, shape) {
    const { map } = circle15;
    const rings = (places) => (Array.isArray(places[0]) ? places.flatMap(rings) : [places]);
    context.beginPath();
    for (const ring of rings(shape.getLatLngs())) {
      ring.forEach((place, at) => {
        const { x, y } = map.latLngToContainerPoint(place);
        if (at) context.lineTo(x, y); else context.moveTo(x, y);
      });
      if (shape instanceof L.Polygon) context.closePath();
    }
  }

  function drawShape(context, shape) {
    const { map } = circle15, style = shape.options;
    if (shape instanceof L.CircleMarker) {
      const { x, y } = map.latLngToContainerPoint(shape.getLatLng());
      context.beginPath();
      context.arc(x, y, style.radius, 0, 2 * Math.PI);
    } else if (shape instanceof L.Polyline) {
      traceShape(context, shape);
    } else if (shape instanceof L.Marker) {
      return drawPin(context, shape);
    }
    if (style.fill && style.fillColor) {
      context.globalAlpha = style.fillOpacity;
      context.fillStyle = style.fillColor;
      context.fill("evenodd");
      context.globalAlpha = 1;
    }
    packed.stroke(context, style);
    context.setLineDash([]);
  }

  /* A pin beside its place where plans share it, with its year. */
  function drawPin(context, marker) {
    const at = circle15.map.latLngToContainerPoint(marker.getLatLng()), { iconSize, iconAnchor } = marker.options.icon.options;
    const x = at.x + iconSize[0] / 2 - iconAnchor[0], y = at.y;
    const face = marker.getElement().querySelector(".face"), year = marker.getElement().querySelector("em");
    context.beginPath();
    context.arc(x, y, 13, 0, 2 * Math.PI);
    context.fillStyle = getComputedStyle(face).backgroundColor;
    context.fill();
    context.lineWidth = 2.5;
    context.strokeStyle = "#ffffff";
    context.stroke();
    write(context, face.textContent, x, y + 4.5, 13, { weight: 700, colour: getComputedStyle(face).color, align: "center" });
    if (year) write(context, year.textContent, x, y + 25, 10, { align: "center", halo: true });
  }

  /* The part of a layer that is seen: beside the handle there is today on the left and the plan on the right. */
  function drawPacked(context, layer, corner, size, scale) {
    const split = tools.split(size.x);
    const [from, to] = { before: [0, split], homes: [split ?? 0, size.x] }[layer.options.pane] || [0, size.x];
    context.save();
    context.beginPath();
    context.rect(from, 0, to - from, size.y);
    context.clip();
    layer.drawOn(context, scale, corner.x, corner.y, size.x, size.y);
    context.restore();
  }

  function drawSplit(context, size) {
    const split = tools.split(size.x), { page: texts } = words();
    if (split === null) return;
    context.fillStyle = INK;
    context.fillRect(split - 1, 0, 2, size.y);
    write(context, texts.today, split - 8, 22, 13, { weight: 700, align: "right", halo: true });
    write(context, texts.plan, split + 8, 22, 13, { weight: 700, halo: true });
  }

  /* Everything that is shown, lowest pane first. */
  function drawMap(context) {
    const { map } = circle15, size = map.getSize(), zoom = map.getZoom();
    const corner = map.project(map.containerPointToLatLng([0, 0]), zoom);
    const shown = [];
    map.eachLayer((layer) => shown.push(layer));
    const height = (layer) => Number(getComputedStyle(map.getPane(layer.options.pane || "overlayPane")).zIndex) || 0;
    const order = shown.filter((each) => each instanceof packed.Layer || each instanceof L.Path || each instanceof L.Marker)
      .sort((one, other) => height(one) - height(other));
    for (const layer of order) {
      if (layer instanceof packed.Layer) drawPacked(context, layer, corner, size, 2 ** (zoom - packed.ZOOM));
      else drawShape(context, layer);
    }
    for (const label of document.querySelectorAll("#stage .zone-name")) {
      const box = label.getBoundingClientRect(), stage = map.getContainer().getBoundingClientRect();
      write(context, label.textContent, box.x - stage.x + box.width / 2, box.y - stage.y + box.height / 2 + 4, 12,
        { weight: 700, colour: "#374151", align: "center", halo: true });
    }
  }

  const SWATCHES = {
    line: (context, x, y) => context.fillRect(x, y + 5, 18, 2),
    ring: (context, x, y) => context.strokeRect(x + 1.5, y + 1, 15, 10),
    hollow: (context, x, y) => { circle(context, x, y); context.stroke(); },
    dot: (context, x, y) => { circle(context, x, y); context.fill(); },
    pin: (context, x, y) => { circle(context, x, y); context.fill(); },
    area: (context, x, y) => {
      context.globalAlpha = 0.16;
      context.fillRect(x, y, 18, 12);
      context.globalAlpha = 1;
      context.setLineDash([3, 2]);
      context.strokeRect(x, y, 18, 12);
      context.setLineDash([]);
    },
    fill: (context, x, y) => { context.fillRect(x, y, 18, 12); context.strokeRect(x, y, 18, 12); },
  };

  function circle(context, x, y) {
    context.beginPath();
    context.arc(x + 9, y + 6, 5.5, 0, 2 * Math.PI);
  }

  function drawSwatch(context, swatch, x, y) {
    const style = getComputedStyle(swatch), kind = [...swatch.classList].find((each) => each in SWATCHES);
    context.fillStyle = style.getPropertyValue("--fill");
    context.strokeStyle = style.getPropertyValue(kind === "area" || kind === "ring" ? "--fill" : "--stroke");
    context.lineWidth = kind === "hollow" || kind === "ring" ? 2.5 : 1.2;
    SWATCHES[kind](context, x, y);
  }

  /* Rows of a plan are called alike in every plan: here its heading goes before them. */
  function planOf(row) {
    return row.querySelector(".pin, .ring") ? [words().page.plan, ...row.closest("section").querySelector("h2").textContent.split(" · ").slice(1), ""].join(" · ") : "";
  }

  function drawLegend(context, x, y) {
    const rows = [...document.querySelectorAll(".left .switch")].filter((row) => row.offsetParent && row.querySelector("input")?.checked !== false);
    const texts = rows.map((row) => `${planOf(row)}${row.querySelector("span").textContent}  ${row.querySelector("small").textContent}`);
    context.font = `400 12px ${FONT}`;
    const width = Math.max(0, ...texts.map((text) => context.measureText(text).width));
    context.fillStyle = "rgba(255,255,255,.88)";
    context.fillRect(x - 8, y - 16, width + 42, 20 * rows.length + 10);
    rows.forEach((row, number) => {
      drawSwatch(context, row.querySelector(".swatch"), x, y + 20 * number - 10);
      write(context, texts[number], x + 26, y + 20 * number, 12);
    });
  }

  function drawScale(context, x, y) {
    const line = document.querySelector(".leaflet-control-scale-line");
    const width = line.offsetWidth;
    context.fillStyle = INK;
    context.fillRect(x, y, width, 2);
    context.fillRect(x, y - 6, 2, 6);
    context.fillRect(x + width - 2, y - 6, 2, 6);
    write(context, line.textContent, x + width / 2, y - 4, 11, { align: "center" });
  }

  function drawNorth(context, x, y) {
    context.beginPath();
    context.moveTo(x, y); context.lineTo(x + 8, y + 27); context.lineTo(x, y + 21); context.lineTo(x - 8, y + 27);
    context.closePath();
    context.fillStyle = INK;
    context.fill();
    write(context, words().page.north, x, y + 42, 12, { weight: 700, align: "center" });
  }

  const HEAD = 46, LINE = 15;
  // Where a line may end: behind each full-width character, else between words.
  const PIECES = /[\u2e80-\u{10ffff}]|[^\u2e80-\u{10ffff}\s]+|\s+/gu;

  /* A cell of the title block as one line. */
  function said(cell) {
    const parts = cell.children.length ? [...cell.children] : [cell];
    return page.list(parts.map((part) => part.textContent.replace(/\s+/g, " ").trim()));
  }

  /* The rules that are shown and the title block as lines no wider than the picture. */
  function footerLines(context, width) {
    context.font = `400 10px ${FONT}`;
    const rules = [...document.querySelectorAll(".left .rule")].filter((each) => each.offsetParent).map((each) => each.textContent.trim());
    const cells = [...document.querySelectorAll(".titleblock tr")]
      .map((row) => [...row.cells].map(said).join(words().page.colon));
    const lines = [];
    let line = "";
    const pieces = [...rules, ...cells].flatMap((text) => [...(text.match(PIECES) || []), "\u3000\u3000"]);
    const isLong = (piece) => context.measureText(piece).width > width;
    for (const piece of pieces.flatMap((each) => (isLong(each) ? [...each] : [each]))) {
      if (context.measureText(line + piece).width > width) { lines.push(line); line = ""; }
      line += piece;
    }
    return [...lines, line.trim()];
  }

  /* What the window shows, with title, legend, scale and title block, on a canvas of 300 dots an inch. */
  function picture() {
    const size = circle15.map.getSize(), canvas = document.createElement("canvas");
    const lines = footerLines(canvas.getContext("2d"), size.x - 28), foot = LINE * lines.length + 14;
    canvas.width = Math.round(size.x * DOTS);
    canvas.height = Math.round((size.y + HEAD + foot) * DOTS);
    const context = canvas.getContext("2d");
    context.scale(DOTS, DOTS);
    context.fillStyle = "#ffffff";
    context.fillRect(0, 0, size.x, size.y + HEAD + foot);
    const stamps = [...document.querySelectorAll(".stamps .stamp")].map((each) => each.textContent).join("  ");
    write(context, document.title, 14, 29, 18, { weight: 700 });
    write(context, stamps, size.x - 14, 29, 13, { weight: 700, colour: "#b3201a", align: "right" });
    context.save();
    context.translate(0, HEAD);
    context.beginPath();
    context.rect(0, 0, size.x, size.y);
    context.clip();
    context.fillStyle = "#f4f2ec";
    context.fillRect(0, 0, size.x, size.y);
    drawMap(context);
    drawSplit(context, size);
    drawLegend(context, 20, 26);
    drawNorth(context, size.x - 30, 14);
    drawScale(context, 14, size.y - 14);
    write(context, data.attributions.join(" "), size.x - 10, size.y - 8, 10, { colour: SOFT, align: "right", halo: true });
    const mark = document.querySelector(".watermark");
    if (!mark.hidden) write(context, mark.textContent, size.x / 2, 30, 16, { weight: 700, colour: "#b3201a", align: "center", halo: true });
    const state = document.querySelector(".state");
    if (state && !state.hidden) write(context, state.textContent, size.x / 2, 54, 14, { weight: 700, align: "center", halo: true });
    context.restore();
    lines.forEach((text, number) => write(context, text, 14, HEAD + size.y + 18 + LINE * number, 10, { colour: SOFT }));
    return canvas;
  }

  const acts = {
    "tool-paper": () => { choice.hidden = !choice.hidden; },
    "tool-png": () => picture().toBlob((blob) => tools.save(`${data.study}.png`, blob, "image/png"), "image/png"),
  };

  document.addEventListener("click", (event) => acts[event.target.id]?.());

  return { prepare, restore, picture };
})();
