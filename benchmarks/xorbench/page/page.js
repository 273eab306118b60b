"use strict";
// Behaviour of the page. All choices are in the fragment of the address; texts and numbers come from Python, and text
// is inserted as text, never as markup.

const root = document.documentElement;
const data = JSON.parse(document.getElementById("data").textContent);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const made = (tag, text, attributes = {}) => {
  const element = document.createElement(tag);
  element.textContent = text;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
};
root.classList.add("js");

// The state: view, w (workload), base, pin (several), sort (a column, after a minus sign from large to small), theme,
// at (an identifier), and the fields of the recommendation.
let state = new URLSearchParams();
const first = all(".view")[0].id;
const set = (changes) => {
  for (const [name, value] of Object.entries(changes)) {
    state.delete(name);
    for (const one of [value].flat()) if (one) state.append(name, one);
  }
  history.replaceState(null, "", `#${state}`);
  show();
};
const element = (id) => (id ? document.getElementById(id) : null);

function read() {
  const text = location.hash.slice(1);
  let name = text;
  try { name = decodeURIComponent(text); } catch { /* as it is */ }
  const target = element(name);
  if (target) {  // a plain link to a part of the page; the other choices stay
    const view = target.closest(".view");
    if (view) state.set("view", view.id);
    if (target === view) state.delete("at"); else if (view) state.set("at", name);
    history.replaceState(null, "", `#${state}`);
  } else {
    state = new URLSearchParams(text);
  }
  show();
  const place = element(state.get("at"));
  if (place) { reveal(place); place.scrollIntoView(); }
}

function reveal(place) {
  for (let at = place; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
  if (place.matches("tr.more")) toggle(place, true);
}

// The theme follows the system setting until the switch is used.
const theme = element("theme");
const dark = matchMedia("(prefers-color-scheme: dark)");
const isDark = () => (root.dataset.theme || (dark.matches ? "dark" : "light")) === "dark";
theme.addEventListener("click", () => set({ theme: isDark() ? "light" : "dark" }));
dark.addEventListener("change", () => show());

function show() {
  const wanted = state.get("theme");
  if (wanted === "dark" || wanted === "light") root.dataset.theme = wanted; else delete root.dataset.theme;
  theme.setAttribute("aria-pressed", String(isDark()));
  const known = all(".view").map((view) => view.id);
  const view = known.includes(state.get("view")) ? state.get("view") : first;
  for (const one of all(".view")) one.classList.toggle("shown", one.id === view);
  for (const link of all("[data-view]")) {
    if (link.dataset.view === view) link.setAttribute("aria-current", "true"); else link.removeAttribute("aria-current");
  }
  for (const board of data.boards) showBoard(board);
  sortTables();
  if (data.choosing) recommend();
}
addEventListener("hashchange", read);
for (const link of all("[data-view]")) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    state.delete("at");
    state.set("view", link.dataset.view);
    history.pushState(null, "", `#${state}`);
    show();
    scrollTo(0, 0);
  });
}
for (const link of all("a.page")) {  // another machine keeps the choices
  link.addEventListener("click", () => { link.hash = state.size ? `#${state}` : ""; });
}

// Boards: the ratio of each two rows was computed in Python; none is ever computed from two others.
const opposite = (text) => text.replace(/(faster|slower)$/, (word) => (word === "faster" ? "slower" : "faster"));
function pairOf(board, workload, row, base) {
  for (const [one, other, of, value, low, high, factor, interval, turned] of board.pairs) {
    if (of !== workload) continue;
    if (one === row && other === base) return { value, low, high, factor, interval };
    if (one === base && other === row) {
      return { value: 1 / value, low: high && 1 / high, high: low && 1 / low, factor: opposite(factor), interval: turned };
    }
  }
  return null;
}

// The axis and its ticks are those of `axis.py`.
function axisOf(ratios) {
  const reach = 1.06 * Math.max(Math.log(2), ...ratios.map((ratio) => Math.abs(Math.log(ratio))));
  const bases = [2, 4, ...Array.from({ length: 300 }, (_, power) => 10 ** (power + 1))];
  const base = bases.find((one) => reach / Math.log(one) < 3);
  const steps = Math.floor(reach / Math.log(base));
  const place = (ratio) => Math.min(100, Math.max(0, 50 + 50 * Math.log(ratio) / reach));
  const ticks = [];
  for (let step = -steps; step <= steps; step += 1) {
    const text = step ? `${(base ** Math.abs(step)).toLocaleString("en")}x` : "1";
    ticks.push([50 + 50 * step * Math.log(base) / reach, text, step === 0 || Math.abs(step) === steps]);
  }
  return { place, ticks };
}

const initial = new Map();  // what Python wrote, for the baseline of the record and its first workload
function remember(board) {
  const list = element(`${board.key}-picture`).querySelector(".bars");
  const picture = element(`${board.key}-picture`);
  const table = element(`${board.key}-table`);
  initial.set(board.key, {
    rows: all("li", list), bodies: all("tbody", table), list, table, picture,
    band: picture.querySelector(".chart").getAttribute("style"),
    texts: new Map(all("[data-say]", picture).concat(all("td.factor, td[data-interval]", table))
      .map((place) => [place, place.cloneNode(true)])),
    tracks: new Map(all(".track", picture).concat(all(".track", table)).map((place) => [place, place.cloneNode(true)])),
  });
}

function marks(track, ratio, place, tip) {
  const [stem, mark] = [".stem", ".mark"].map((name) => track.querySelector(name));
  for (const part of [stem, mark]) {
    part.hidden = !ratio;
    if (!ratio) continue;
    const [value, low, high] = [ratio.value, ratio.low || ratio.value, ratio.high || ratio.value].map(place);
    part.style.setProperty("--v", `${value}%`);
    part.style.setProperty("--l", `${low}%`);
    part.style.setProperty("--w", `${high - low}%`);
    if (part === mark) part.dataset.tip = tip;
  }
}

function showBoard(board) {
  const there = initial.get(board.key);
  const at = board.workloads.indexOf(state.get("w"));
  const workload = at < 0 ? board.first : at;
  const named = board.names.indexOf(state.get("base"));
  const base = named < 0 ? board.base : named;
  const pinned = state.getAll("pin").map((name) => board.names.indexOf(name)).filter((row) => row >= 0);
  // Back to what Python wrote, from which every change starts.
  for (const places of [there.texts, there.tracks]) {
    for (const [place, copy] of places) place.replaceChildren(...copy.cloneNode(true).childNodes);
  }
  all("[data-say]", there.picture).forEach((place) => { place.hidden = false; });
  there.picture.querySelector(".chart").setAttribute("style", there.band);
  const other = base !== board.base;
  const changed = other || workload !== board.first;
  const ratios = board.workloads.map((_, of) => board.names.map((_name, row) => (
    row === base ? { value: 1, low: 1, high: 1, factor: "baseline", interval: "" } : pairOf(board, of, row, base))));
  if (changed) redraw(board, there, workload, base, ratios, other);
  const speed = (row) => (ratios[workload][row] ? ratios[workload][row].value : Infinity);
  const order = (one, another) => {
    const [a, b] = [one, another].map((item) => Number(item.dataset.row));
    return (pinned.includes(b) - pinned.includes(a)) || (changed ? speed(a) - speed(b) || 0 : 0) || a - b;
  };
  there.list.append(...[...there.rows].sort(order));
  there.table.append(...[...there.bodies].sort(order));
  for (const item of [...there.rows, ...there.bodies]) item.classList.toggle("pinned", pinned.includes(Number(item.dataset.row)));
  for (const place of all("[data-of]", there.table)) place.classList.toggle("wide", Number(place.dataset.of) !== workload);
  for (const body of there.bodies) body.querySelector(".rank").textContent = board.ranks[workload][body.dataset.row];
  choices(board, workload, base, pinned);
}

function redraw(board, there, workload, base, ratios, other) {
  const { place, ticks } = axisOf(ratios.flat().filter(Boolean).map((ratio) => ratio.value));
  const say = (name) => there.picture.querySelector(`[data-say="${name}"]`);
  const heads = all("thead .group", there.table);
  say("workload").textContent = heads[workload].textContent;
  say("base").textContent = board.labels[base];
  say("ticks").replaceChildren(...ticks.map(([left, text, always]) => {
    const tick = made("span", text, always ? {} : { class: "inner" });
    tick.style.left = `${left}%`;
    return tick;
  }));
  if (say("others")) say("others").hidden = true;
  const noise = other ? null : board.noise[workload];
  if (say("band")) say("band").hidden = !noise;
  if (say("band") && noise) say("band").lastChild.textContent = ` cannot be told from 1: ${board.labels[base]} against itself, ${noise[2]}`;
  const [low, high] = noise ? [place(noise[0]), place(noise[1])] : [50, 50];
  there.picture.querySelector(".chart").setAttribute("style", `--l:${low}%;--w:${high - low}%`);
  const tipOf = (row, of, ratio) => `${board.labels[row]}, ${board.workloads[of]}: ${ratio.factor}${ratio.interval && ` (${ratio.interval})`} against ${board.labels[base]}`;
  for (const item of there.rows) {
    const row = Number(item.dataset.row);
    const ratio = ratios[workload][row];
    all(".track .other", item).forEach((mark) => mark.remove());
    marks(item.querySelector(".track"), ratio, place, ratio && tipOf(row, workload, ratio));
    const verdict = there.bodies[row].querySelector(`td.factor[data-of="${workload}"]`).textContent;
    item.querySelector("[data-say=factor]").textContent = ratio ? ratio.factor : verdict;
    item.querySelector("[data-say=interval]").textContent = ratio ? ratio.interval : "";
  }
  if (!other) return;
  for (const body of there.bodies) {
    const row = Number(body.dataset.row);
    board.workloads.forEach((_, of) => {
      const ratio = ratios[of][row];
      if (!ratio) return;
      marks(body.querySelector(`td.bar[data-of="${of}"] .track`), ratio, place, tipOf(row, of, ratio));
      body.querySelector(`td.factor[data-of="${of}"]`).textContent = ratio.factor;
      body.querySelector(`[data-interval="${of}"]`).textContent = ratio.interval;
    });
  }
}

function choices(board, workload, base, pinned) {
  const form = document.querySelector(`form[data-board="${board.key}"]`);
  const field = (name) => form.querySelector(`[data-choice="${name}"]`);
  if (field("w")) field("w").value = board.workloads[workload];
  field("base").value = board.names[base];
  field("pin").value = "";
  const pins = form.querySelector(".pins");
  pins.replaceChildren(...pinned.map((row) => {
    const button = made("button", `${board.labels[row]} ×`, { type: "button", "aria-label": `Unpin ${board.labels[row]}` });
    button.addEventListener("click", () => { pin(board.names[row], false); field("pin").focus(); });
    return button;
  }));
  const lines = [];
  pinned.forEach((one, number) => pinned.slice(number + 1).forEach((another) => {
    const ratio = pairOf(board, workload, one, another);
    const [a, b] = [board.labels[one], board.labels[another]];
    if (!ratio) return;
    lines.push(ratio.factor === "not separated" ? `${a} and ${b}: not separated${ratio.interval && ` (${ratio.interval})`}`
      : `${a} is ${ratio.factor} than ${b}${ratio.interval && ` (${ratio.interval})`}`);
  }));
  document.querySelector(`.pairs[data-board="${board.key}"]`).replaceChildren(...lines.slice(0, 10).map((line) => made("p", line)));
  for (const button of all("[data-pin]", initial.get(board.key).table)) {
    button.setAttribute("aria-pressed", String(pinned.includes(board.names.indexOf(button.dataset.pin))));
  }
}
const pin = (name, on) => {
  const pins = state.getAll("pin").filter((one) => one !== name);
  set({ pin: on ? [...pins, name] : pins });
};
for (const board of data.boards) {
  remember(board);
  const form = document.querySelector(`form[data-board="${board.key}"]`);
  form.addEventListener("submit", (event) => event.preventDefault());
  for (const field of all("[data-choice]", form)) {
    field.addEventListener("change", () => {
      if (field.dataset.choice === "pin") { if (field.value) pin(field.value, true); return; }
      set({ [field.dataset.choice]: field.value });
    });
  }
}
for (const button of all("button[data-base]")) button.addEventListener("click", () => set({ base: button.dataset.base }));
for (const button of all("button[data-pin]")) {
  button.addEventListener("click", () => pin(button.dataset.pin, button.getAttribute("aria-pressed") !== "true"));
}

// A row opens the row below it.
function toggle(row, open) {
  row.classList.toggle("open", open);
  const link = document.querySelector(`a.opens[href="#${row.id}"]`);
  if (link) link.setAttribute("aria-expanded", String(row.classList.contains("open")));
}
for (const link of all("a.opens")) {
  const row = element(link.hash.slice(1));
  link.setAttribute("aria-expanded", "false");
  link.setAttribute("aria-controls", row.id);
  link.addEventListener("click", (event) => { event.preventDefault(); toggle(row); });
}

// Columns are sorted by value, text alphabetically; rows without a value come last in either direction.
for (const head of all("table.board [data-sort]")) {
  const button = made("button", "", { type: "button" });
  button.append(...head.childNodes);
  head.append(button);
  button.addEventListener("click", () => {
    set({ sort: `${head.getAttribute("aria-sort") === "ascending" ? "-" : ""}${head.dataset.sort}` });
  });
}
function sortTables() {
  const wanted = state.get("sort") || "";
  const down = wanted.startsWith("-");
  const key = down ? wanted.slice(1) : wanted;
  for (const table of all("table.board")) {
    const heads = all("[data-sort]", table);
    const chosen = heads.find((head) => head.dataset.sort === key);
    for (const head of heads) head.removeAttribute("aria-sort");
    if (chosen) chosen.setAttribute("aria-sort", down ? "descending" : "ascending");
    else if (initial.has(table.dataset.board)) continue;  // in the order of its picture
    const value = (body) => body.getAttribute(`data-${chosen ? key : "row"}`);
    table.append(...[...table.tBodies].sort((one, other) => {
      const [a, b] = [value(one), value(other)];
      if (a === "" || b === "") return (a === "") - (b === "");
      return (key === "name" ? a.localeCompare(b, "en") : a - b) * (chosen && down ? -1 : 1);
    }));
  }
}

// The recommendation: the total is what comes before the first epoch and the epochs; its ends are the sums of the ends.
function recommend() {
  const { points, names } = data.choosing;
  const form = element("choosing");
  const field = (name) => form.elements[name];
  const number = Number(state.get("point"));
  const point = points[Number.isInteger(number) && number >= 0 && number < points.length && state.has("point") ? number : data.choosing.first];
  const epochs = Math.min(1e15, Math.max(1, Math.round(Number(state.get("epochs")) || data.choosing.epochs)));
  const warm = state.get("process") === "warm";
  const tuned = state.get("tuned") === "yes";
  field("point").value = String(points.indexOf(point));
  field("epochs").value = String(epochs);
  field("process").value = warm ? "warm" : "fresh";
  field("tuned").checked = tuned;
  const totals = [];
  const extrapolated = [];
  for (const [name, isTuned, startUp, start, epoch, fewest] of point.choices) {
    if ((isTuned && !tuned) || (!warm && !startUp)) continue;
    if (warm && epochs < fewest) extrapolated.push(names[name]);
    const sum = (...parts) => {
      const [value, low, high] = [0, 1, 2].map((end) => (
        parts.some((part) => part[end] === null) ? null : parts.reduce((whole, part) => whole + part[end], 0)));
      return { value, low, high };
    };
    const before = warm ? [start] : [startUp, start];
    const ofEpochs = epoch.map((end) => (end === null ? null : epochs * end));
    totals.push({ name, ...sum(...before, ofEpochs), before: sum(...before) });
  }
  totals.sort((one, other) => one.value - other.value);
  const longest = Math.max(...totals.map((total) => total.high || total.value));
  const body = element("ranking").tBodies[0];
  body.replaceChildren(...totals.map((total) => {
    const rank = 1 + totals.filter((other) => other.high !== null && total.low !== null && other.high < total.low).length;
    const line = document.createElement("tr");
    const head = made("th", "", { scope: "row" });
    head.append(made("span", String(rank), { class: "rank" }), ` ${names[total.name]}`);
    const bar = made("td", "", { class: "bar" });
    const length = made("span", "", { class: "length" });
    length.style.setProperty("--v", `${100 * total.value / longest}%`);
    const [low, high] = [total.low, total.high].map((end) => 100 * (end === null ? total.value : end) / total.value);
    length.style.setProperty("--l", `${low}%`);
    length.style.setProperty("--w", `${high - low}%`);
    bar.append(length);
    const [seconds, ends] = withEnds(total);
    line.append(head, bar, made("td", seconds, { class: "number" }), made("td", ends, { class: "number" }), made("td", withEnds(total.before)[0], { class: "number wide" }));
    return line;
  }));
  const beyond = extrapolated.length ? ` Extrapolated from trainings of more epochs: ${extrapolated.join(", ")}.` : "";
  element("timed-in").textContent = point.records + beyond;
  element("why").textContent = totals.length ? point.why[(tuned ? 2 : 0) + (warm ? 1 : 0)] : "No start-up was measured for this network: choose a warm process.";
}

// A number and its interval as two texts, with the digits of `cells.with_ends`, which explains them.
const decimals = (value, digits) => digits - 1 - (value ? Math.floor(Math.log10(Math.abs(value))) : 0);
const round = (value, digits) => (digits < 0 ? Math.round(value / 10 ** -digits) * 10 ** -digits : Number(value.toFixed(Math.min(100, digits))));
const exponential = (value, digits) => value.toExponential(digits).replace(/e([-+])(\d)$/, (_, sign, power) => `e${sign}0${power}`);
function rounded(value, digits) {
  const found = round(value, digits);
  const fraction = Math.max(0, digits);
  if (found && (Math.abs(found) < 1e-4 || Math.abs(found) >= 1e9)) return exponential(found, Math.max(0, digits - decimals(found, 1)));
  return found.toLocaleString("en", { minimumFractionDigits: fraction, maximumFractionDigits: fraction });
}
const significant = (value, digits) => rounded(value, !value || round(value, digits) ? digits : decimals(value, 1));
function withEnds({ value, low, high }) {
  if (low === null || high === null) {
    return [value && (Math.abs(value) < 1e-3 || Math.abs(value) >= 1e5) ? exponential(value, 2) : rounded(value, Math.max(0, decimals(value, 3))), "–"];
  }
  if (low > 0 && high > 10 * low) return [rounded(value, decimals(value, 1)), "over a factor of ten"];
  const most = decimals(Math.max(Math.abs(low), Math.abs(high)), 5);
  const digits = high > low ? Math.min(most, decimals((high - low) / 2, 2)) : most;
  let shown = Math.min(digits, decimals(value, 3));
  while (shown < digits && !(round(low, digits) <= round(value, shown) && round(value, shown) <= round(high, digits))) shown += 1;
  return [significant(value, shown), `${significant(low, digits)} to ${significant(high, digits)}`];
}
if (data.choosing) {
  const form = element("choosing");
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("change", () => {
    const field = (name) => form.elements[name];
    set({ point: field("point").value, epochs: field("epochs").value, process: field("process").value, tuned: field("tuned").checked ? "yes" : "" });
  });
}

// What a mark or a word stands for is shown while the pointer is over it, or by arrow keys inside a picture.
const tip = element("tip");
let lit = null;
function light(place) {
  if (lit) lit.classList.remove("lit");
  lit = place;
  const box = place && place.getBoundingClientRect();
  tip.hidden = !place || box.bottom < 0 || box.top > innerHeight;
  if (!place) return;
  place.classList.add("lit");
  tip.textContent = place.dataset.tip;
  const room = tip.getBoundingClientRect();
  tip.style.left = `${Math.max(4, Math.min(innerWidth - room.width - 4, box.left + box.width / 2 - room.width / 2))}px`;
  tip.style.top = `${box.top > room.height + 12 ? box.top - room.height - 6 : box.bottom + 6}px`;
}
const withTip = (place) => (place instanceof Element ? place.closest("[data-tip]:not([data-tip=''])") : null);
document.addEventListener("pointerover", (event) => light(withTip(event.target)));
document.addEventListener("click", (event) => light(withTip(event.target)));
addEventListener("scroll", () => light(lit), { passive: true });
for (const place of all(".term")) if (!place.closest("button")) place.tabIndex = 0;
for (const chart of all(".chart, .plot")) {
  if (!chart.querySelector("[data-tip]")) continue;
  chart.tabIndex = 0;
  chart.setAttribute("role", "group");
  chart.setAttribute("aria-label", "Picture; arrow keys go through its marks");
  chart.setAttribute("aria-describedby", "tip");
  chart.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const places = all("[data-tip]", chart).filter((place) => place.getClientRects().length);
    const at = places.indexOf(lit);
    light(places[(at < 0 ? (step > 0 ? 0 : places.length - 1) : at + step + places.length) % places.length]);
  });
}
document.addEventListener("focusin", (event) => light(event.target.matches("[data-tip]") ? event.target : event.target.querySelector(":scope > .term")));
document.addEventListener("keydown", (event) => { if (event.key === "Escape") light(null); });

let closed = [];
addEventListener("beforeprint", () => {
  closed = all("details:not([open])");
  for (const part of closed) part.open = true;
});
addEventListener("afterprint", () => { for (const part of closed) part.open = false; });
read();
performance.mark("interactive");
