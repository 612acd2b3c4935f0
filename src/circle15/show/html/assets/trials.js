/* The slider over the years of the plans, and sites of the reader's own that are dragged about. */
const trials = (() => {
  "use strict";

  const { data, words, element } = page;
  let scenario = null;
  let preparing = null;
  let year = 0;
  let tried = [];

  // Streets are unpacked when first they are needed: the page is there before.
  function prepare() {
    preparing ||= packed.unzip(data.walks).then((bytes) => {
      scenario = scenarios.make(circle15.homes, walking.make(bytes), data.families);
      for (const site of data.plans) site.reached = new Map();
      data.walks = true;
    });
    return preparing;
  }

  function reachedBy(site, index) {
    if (!site.reached.has(index)) site.reached.set(index, scenario.reach(index, ...site.mm));
    return site.reached.get(index);
  }

  // Rows whose outcome a site changes, of every family.
  let changed = [];

  function apply() {
    const sites = [...data.plans.filter((site) => site.stage <= year), ...tried];
    changed = data.families.map((_, index) =>
      scenario.changes(index, sites.filter((site) => site.families.includes(index)).map((site) => reachedBy(site, index))));
    circle15.change(changed);
  }

  /* Every share of the page, with the sites of the scenario. */
  function tell() {
    if (!changed.length) return;
    const rowsOf = Object.assign({}, ...changed);
    for (const cell of document.querySelectorAll("[data-figure]")) {
      const [rule, metric, basis, level, zone] = cell.dataset.figure.split("|");
      const rows = rowsOf[`${rule}|${metric}`], total = Number(cell.dataset.total);
      const gain = rows.size ? scenario.gain(rows, basis, level, zone) : 0;
      const target = "target" in cell.dataset ? Number(cell.dataset.target) : NaN;
      cell.textContent = gain === null ? "—" : numbers.percent(total ? (Number(cell.dataset.covered) + gain) / total : null, target);
      cell.classList.toggle("changed", gain !== 0);
    }
    list();
  }

  const notice = element("div", "state");
  notice.setAttribute("role", "status");
  notice.hidden = true;

  /* What colours and figures stand for besides today, on the screen and on paper. */
  function tellState() {
    const texts = words().page;
    const said = [[texts.state_year, year], [texts.state_trials, tried.length]].filter(([, count]) => count);
    notice.textContent = said.map(([text, count]) => text.replace("{0}", count)).join(" · ");
    notice.hidden = !said.length;
  }

  async function add(latlng) {
    await prepare();
    const number = tried.reduce((most, each) => Math.max(most, each.number), 0) + 1;
    const trial = { number, families: [circle15.family], reached: new Map(), mm: null, marker: null };
    const icon = L.divIcon({ className: "pin trial", html: element("span", "face", number), iconSize: [30, 30], iconAnchor: [15, 15] });
    trial.marker = L.marker(latlng, { icon, draggable: true, autoPan: true, alt: nameOf(trial) }).addTo(circle15.map);
    trial.marker.on("drag", () => move(trial));
    trial.marker.getElement().addEventListener("keydown", (event) => step(trial, event));
    tried.push(trial);
    move(trial);
    return trial;
  }

  const nameOf = (trial) => words().page.scenario_site.replace("{0}", trial.number);

  const STEPS = { ArrowLeft: [-8, 0], ArrowRight: [8, 0], ArrowUp: [0, -8], ArrowDown: [0, 8] };

  /* Arrow keys move a site that has the focus; Delete takes it away. */
  function step(trial, event) {
    if (event.key === "Delete") return remove(trial);
    if (!STEPS[event.key]) return;
    event.preventDefault();
    event.stopPropagation();
    const { map } = circle15;
    const at = map.latLngToContainerPoint(trial.marker.getLatLng()).add(STEPS[event.key]);
    trial.marker.setLatLng(map.containerPointToLatLng(at));
    move(trial);
  }

  function move(trial) {
    const { lat, lng } = trial.marker.getLatLng();
    trial.mm = scenario.walker.project(lat, lng);
    trial.reached = new Map();
    apply();
  }

  function remove(trial) {
    trial.marker.remove();
    tried = tried.filter((each) => each !== trial);
    apply();
  }

  function list() {
    document.getElementById("scenario-sites").replaceChildren(...tried.map((trial) => {
      const { lat, lng } = trial.marker.getLatLng(), texts = words().page;
      const anchor = reachedBy(trial, trial.families[0]).anchor;
      const button = element("button", "", texts.scenario_remove);
      button.type = "button";
      button.addEventListener("click", () => remove(trial));
      const item = element("li", "", nameOf(trial), " ", `${lng.toFixed(6)}, ${lat.toFixed(6)}`,
        anchor ? null : element("em", "", ` ${texts.scenario_none}`), button);
      item.value = trial.number;
      return item;
    }));
  }

  /* What circle15 evaluate takes. Nine decimals of a degree keep a tenth of a millimetre. */
  function saved() {
    return {
      circle15: "scenario",
      study: data.study,
      sites: tried.map((trial) => {
        const { lat, lng } = trial.marker.getLatLng();
        const type = data.familyTypes[trial.families[0]];
        return { site_id: `T-${trial.number}`, facility_type: type, lon: Number(lng.toFixed(9)), lat: Number(lat.toFixed(9)) };
      }),
    };
  }

  async function setYear(place) {
    await prepare();
    const years = document.getElementById("stages").dataset.years.split(",");
    year = place ? Number(years[place - 1]) : 0;
    apply();
  }

  /* The slider of the language that is shown stands where the other one stood. */
  function showYear() {
    const slider = document.getElementById("stages");
    if (!slider) return;
    const years = slider.dataset.years.split(",");
    slider.value = years.indexOf(String(year)) + 1;
    document.getElementById("stage-shown").textContent = year || slider.dataset.today;
  }

  const acts = {
    "scenario-add": () => add(circle15.map.getCenter()),
    "scenario-clear": () => tried.slice().forEach(remove),
    "scenario-save": () => tools.save(`${data.study}-scenario.json`, JSON.stringify(saved(), null, 2), "application/json"),
  };

  if (data.walks) {
    document.addEventListener("click", (event) => acts[event.target.id]?.());
    document.addEventListener("input", (event) => {
      if (event.target.id === "stages") setYear(Number(event.target.value));
    });
    circle15.attend(tell);
    circle15.attend(showYear);
    circle15.attend(tellState);
    document.getElementById("stage").append(notice);
  }

  return { prepare, add, setYear, saved, get scenario() { return scenario; } };
})();
