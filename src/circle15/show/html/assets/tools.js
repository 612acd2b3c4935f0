/* Search, tables that sort, the shown homes as CSV, and today beside the plan. */
const tools = (() => {
  "use strict";

  const { data, words, element, known } = page;
  const MOST_FOUND = 12;

  function save(name, content, type) {
    const link = element("a");
    link.href = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
    link.download = name;
    link.click();
    URL.revokeObjectURL(link.href);
  }

  // ---- search

  function* matches(text) {
    const wanted = text.toLowerCase(), fits = (each) => each && String(each).toLowerCase().includes(wanted);
    for (const [key, spec] of circle15.specs) {
      if (!["facility", "candidate", "site", "share"].includes(spec.kind) || (spec.family ?? circle15.family) !== circle15.family) continue;
      for (const { properties } of spec.features) {
        if (fits(properties.name) || fits(properties.id)) yield { name: properties.name, id: properties.id, go: () => circle15.open(key, properties.id) };
      }
    }
    if (!circle15.homes) return;
    const { ids, names } = circle15.homes.columns;
    for (let row = 0; row < ids.length; row += 1) {
      if (fits(ids[row]) || (names && fits(names[row]))) {
        yield { name: (names && names[row]) || ids[row], id: ids[row], go: () => circle15.goHome(row) };
      }
    }
  }

  function search(text) {
    const list = document.getElementById("found"), found = [];
    if (text) for (const each of matches(text)) if (found.push(each) >= MOST_FOUND) break;
    list.replaceChildren(...found.map((each) => {
      const button = element("button", "", each.name, each.name === each.id ? null : element("small", "", ` ${each.id}`));
      button.type = "button";
      button.addEventListener("click", () => { list.hidden = true; each.go(); });
      return element("li", "", button);
    }));
    if (text && !found.length) list.append(element("li", "note", words().page.found_none));
    list.hidden = !text;
  }

  // ---- tables

  const valueOf = (cell) => {
    const number = parseFloat(cell.textContent.replace(/[,%]/g, ""));
    return Number.isNaN(number) ? -1 : number;
  };

  function sort(heading) {
    const table = heading.closest("table"), column = heading.cellIndex;
    const falling = heading.getAttribute("aria-sort") === "ascending";
    for (const each of heading.parentElement.children) each.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", falling ? "descending" : "ascending");
    const body = table.tBodies[0];
    const order = (one, other) => column === 0
      ? one.cells[0].textContent.localeCompare(other.cells[0].textContent, words().lang)
      : valueOf(one.cells[column]) - valueOf(other.cells[column]);
    body.append(...[...body.rows].sort((one, other) => (falling ? -1 : 1) * order(one, other)));
  }

  // ---- CSV of the homes that are shown

  // A cell that a spreadsheet would run as a formula is written as text.
  function cell(value) {
    const text = value === null || value === undefined ? "" : String(value);
    const safe = /^[=+\-@\t\r]/.test(text) && Number.isNaN(Number(text)) ? `'${text}` : text;
    return /[",\n\r]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe;
  }

  /* A public page holds no single homes: its table of zones. */
  function shownZones() {
    const rows = [...document.querySelectorAll(".sortable")].filter((table) => table.offsetParent).flatMap((table) => [...table.rows]);
    return rows.map((row) => [...row.cells].map((each) => cell(each.innerText.replace(/\s+/g, " ").trim())).join(",")).join("\r\n") + "\r\n";
  }

  /* Distances and outcomes are those of today; with sites on trial the class stands for both. */
  function shownHomes() {
    const { homes, family } = circle15;
    const today = circle15.codesOf(family, {}), codes = circle15.codesOf(family), ruleIds = data.families[family];
    const differ = codes.some((code, row) => code !== today[row]);
    const { page: texts, classes, outcomes, units } = words();
    const in_ = (unit) => page.bracketed(units[unit] || unit), kind = (code) => known(classes, data.homes.classes[code]);
    const columns = ruleIds.flatMap((id) => data.rules[id].metrics.map(([metric, label]) => [id, metric, page.say(label)]));
    const head = [texts.id, texts.name, ...(differ ? [`${texts.class_} · ${texts.today}`, `${texts.class_} · ${texts.with_scenario}`] : [texts.class_]),
      ...columns.flatMap(([id, , label]) => [`${id} ${label}${in_(data.rules[id].unit)}`, `${id} ${page.say(data.rules[id].limit)} ${label} ${texts.outcome}`]),
      texts.nearest_network, texts.home_leg + in_("m"), texts.facility_leg + in_("m")];
    const rows = [];
    for (let row = 0; row < homes.count; row += 1) {
      if (homes.layer.paintOf[row] === packed.HIDDEN) continue;
      const story = homes.story(row), way = story.ways[ruleIds[0]];
      rows.push([story.id, story.name, kind(today[row]), ...(differ ? [kind(codes[row])] : []),
        ...columns.flatMap(([id, metric]) => {
          const [value, outcome] = story.verdicts[id][metric];
          return [value === null ? "" : numbers.apart(value, [data.rules[id].value], 3), known(outcomes, outcome)];
        }), way.network, way.home_leg, way.facility_leg]);
    }
    return [head, ...rows].map((each) => each.map(cell).join(",")).join("\r\n") + "\r\n";
  }

  // ---- today left of a handle, the plan right of it

  let swipe = null;

  function startSwipe() {
    const { map, homes } = circle15;
    if (!map.getPane("before")) {
      const pane = map.createPane("before");
      pane.style.zIndex = 371;
      pane.style.pointerEvents = "none";
    }
    const today = new Uint8Array(homes.count).fill(packed.HIDDEN);
    const layer = homes.twin(today, "before").addTo(map);
    const handle = element("input", "swipe");
    Object.assign(handle, { type: "range", min: 0, max: 1000, value: 500 });
    const line = element("div", "swipe-line", element("b"), element("b"));
    document.getElementById("stage").append(line, handle);
    const clip = () => {
      const size = map.getSize(), x = handle.value / 1000 * size.x;
      const corner = map.containerPointToLayerPoint([0, 0]), split = map.containerPointToLayerPoint([x, 0]).x;
      const right = map.containerPointToLayerPoint([size.x, 0]).x, top = corner.y, bottom = corner.y + size.y;
      map.getPane("before").style.clip = `rect(${top}px, ${split}px, ${bottom}px, ${corner.x}px)`;
      map.getPane("homes").style.clip = `rect(${top}px, ${right}px, ${bottom}px, ${split}px)`;
      line.style.left = `${x}px`;
    };
    handle.addEventListener("input", clip);
    map.on("move zoom resize", clip);
    clip();
    swipe = { layer, handle, line, clip, today };
    showToday();
    const slider = document.getElementById("stages");
    if (slider && slider.value === "0") trials.setYear(Number(slider.max));
  }

  /* The left picture hides the same classes as the right one. */
  function showToday() {
    if (!swipe) return;
    const { page: texts } = words();
    [texts.today, texts.plan].forEach((text, side) => { swipe.line.children[side].textContent = text; });
    swipe.handle.setAttribute("aria-label", texts.compare);
    const { homes, family } = circle15, codes = circle15.codesOf(family, {});
    const on = new Set([...document.querySelectorAll(`input[data-layer^="homes:${family}:"]:checked`)].map((box) => box.dataset.layer.split(":")[2]));
    codes.forEach((code, row) => { swipe.today[row] = on.has(data.homes.classes[code]) ? code : packed.HIDDEN; });
    swipe.layer.repaint();
  }

  /* Where the handle stands in so wide a window; null where nothing is compared. */
  const split = (width) => (swipe ? swipe.handle.value / 1000 * width : null);

  function stopSwipe() {
    const { map } = circle15;
    map.off("move zoom resize", swipe.clip);
    swipe.layer.remove();
    swipe.handle.remove();
    swipe.line.remove();
    map.getPane("homes").style.clip = "";
    swipe = null;
  }

  const acts = {
    "tool-sheet": () => save(`${data.study}.csv`, `\ufeff${circle15.homes ? shownHomes() : shownZones()}`, "text/csv"),
    "tool-compare": () => (swipe ? stopSwipe() : startSwipe()),
  };

  document.addEventListener("click", (event) => {
    acts[event.target.id]?.();
    const heading = event.target.closest(".sortable thead th");
    if (heading) sort(heading);
  });
  document.addEventListener("input", (event) => {
    if (event.target.id === "search") search(event.target.value.trim());
  });

  document.addEventListener("keydown", (event) => {
    const list = document.getElementById("found");
    if (event.key !== "Escape" || list.hidden || !event.target.closest(".search")) return;
    list.hidden = true;
    document.getElementById("search").focus();
  });

  circle15.attend(showToday);

  return { save, shownHomes, split };
})();
