"use strict";
// The table: which rows and columns are shown. Sorting is sortable.js.

const element = (id) => document.getElementById(id);
const chosen = (id) => (element(id) ? element(id).value : "");

function make(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function offer(id, values) {
  const select = element(id);
  if (!select) return;
  const before = select.value;
  const fixed = [...select.options].filter((option) => option.value === "");
  select.replaceChildren(...fixed, ...values.map((value) => make("option", { value, textContent: value })));
  if (values.includes(before)) select.value = before;
}

function filterTable() {
  const table = element("table");
  if (!table) return;
  const wanted = chosen("search").trim().toLowerCase();
  const [recognizer, stream, family] = ["recognizer", "stream", "family"].map(chosen);
  const rows = [...table.tBodies[0].rows];
  for (const row of rows) {
    const { recognizer: own, families } = row.dataset;
    const shown =
      row.cells[0].textContent.toLowerCase().includes(wanted) &&
      (!recognizer || own === recognizer) &&
      (!family || families.split(" ").includes(family));
    row.classList.toggle("off", !shown);
  }
  for (const cell of table.querySelectorAll("[data-stream]"))
    cell.classList.toggle("off", Boolean(stream && cell.dataset.stream && cell.dataset.stream !== stream));
  table.classList.toggle("all", element("more").checked);
  const left = rows.filter((row) => !row.classList.contains("off")).length;
  element("count").textContent = left === rows.length ? `${left} rows` : `${left} of ${rows.length} rows`;
}

element("filters").addEventListener("input", filterTable);
element("filters").addEventListener("submit", (event) => event.preventDefault());
