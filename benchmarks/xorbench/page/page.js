"use strict";
// Behaviour of the page: theme, filters, sorting, dialogs, plots. Text from records is inserted as text, never as markup.

const [config, panels] = ["config", "panels"].map((id) => JSON.parse(document.getElementById(id).textContent));
const all = (selector, within = document) => [...within.querySelectorAll(selector)];

// Plots are drawn when they come close to the viewport, so that the page is usable before any of them.
function draw(place) {
  if (place.dataset.drawn) return;
  place.dataset.drawn = "yes";
  const spec = { ...panels[place.dataset.panel], width: "container", autosize: { type: "fit-x", contains: "padding" } };
  vegaEmbed(place.firstElementChild, spec, { config, actions: false, renderer: "svg" }).then(() => { place.dataset.drawn = "done"; });
}
const near = new IntersectionObserver((entries) => {
  for (const entry of entries) if (entry.isIntersecting) { near.unobserve(entry.target); draw(entry.target); }
}, { rootMargin: "400px" });
all(".block .plot").forEach((place) => near.observe(place));

// The theme follows the system setting until the switch is used.
const theme = document.getElementById("theme");
const dark = matchMedia("(prefers-color-scheme: dark)");
const isDark = () => (document.documentElement.dataset.theme || (dark.matches ? "dark" : "light")) === "dark";
const showTheme = () => theme.setAttribute("aria-pressed", String(isDark()));
theme.addEventListener("click", () => {
  document.documentElement.dataset.theme = isDark() ? "light" : "dark";
  showTheme();
});
dark.addEventListener("change", showTheme);
showTheme();

// One machine is visible at a time, because ranks are not valid across machines.
const machines = all(".machine");
const picker = document.getElementById("machine");
const showMachine = (key) => machines.forEach((machine) => { machine.hidden = machine.id !== key; });
if (picker) picker.addEventListener("change", () => showMachine(picker.value));
showMachine(picker ? picker.value : machines[0].id);

for (const machine of machines) {
  const body = machine.querySelector("tbody");
  const filters = all("[data-filter]", machine);

  const filter = () => {
    const rows = [...body.rows];
    for (const row of rows) {
      row.hidden = filters.some((f) => f.value && row.dataset[f.dataset.filter] !== f.value.slice(1));
    }
    machine.querySelector(".count").textContent = `${rows.filter((row) => !row.hidden).length} of ${rows.length} rows`;
  };
  for (const select of filters) {
    for (const value of new Set([...body.rows].map((row) => row.dataset[select.dataset.filter]))) {
      const short = value.length > 40 ? `${value.slice(0, 39)}…` : value;
      select.add(new Option(short || "–", `=${value}`));
    }
    select.addEventListener("change", filter);
  }
  filter();

  // Numbers are sorted by value, text alphabetically; cells without a value come last in either direction.
  const heads = all("[data-sort]", machine);
  heads.forEach((head) => head.addEventListener("click", () => {
    const cell = head.closest("th");
    const down = cell.getAttribute("aria-sort") === "ascending";
    heads.forEach((other) => other.closest("th").removeAttribute("aria-sort"));
    cell.setAttribute("aria-sort", down ? "descending" : "ascending");
    const key = (row) => {
      const { value } = row.cells[head.dataset.sort].dataset;
      return value === undefined ? row.cells[head.dataset.sort].textContent.trim() : value === "" ? null : Number(value);
    };
    const compare = (a, b) => (typeof a === "number" ? a - b : a.localeCompare(b, "en")) * (down ? -1 : 1);
    body.append(...[...body.rows].sort((one, other) => {
      const [a, b] = [key(one), key(other)];
      return a === null || b === null ? (a === null) - (b === null) : compare(a, b);
    }));
  }));

  all("[data-rounds]", machine).forEach((button) => button.addEventListener("click", () => {
    const dialog = document.getElementById(`${button.dataset.rounds}-dialog`);
    dialog.showModal();
    draw(dialog.querySelector(".plot"));
  }));
}
performance.mark("interactive");
