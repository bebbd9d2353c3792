"use strict";
// All text goes in by textContent; nothing is asked of any other server.
const ROWS = 300, SHOWN = 12, STEPS = 7, BINS = 40;
const MEASURES = [["acc", "accuracy"], ["precision", "precision"], ["recall", "recall"], ["f1", "F1"], ["f2", "F2"], ["roc", "ROC-AUC"]];
const at = (id) => document.getElementById(id);
const state = {rows: [], names: [], told: {}, scores: [], threshold: 0, cuts: [], asked: 0, from: null, scroll: [0, 0, 0]};

function make(tag, text, parent, attributes = {}) {
  const element = document.createElement(tag);
  if (text !== null) element.textContent = text;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  parent.append(element);
  return element;
}
async function ask(path, body) {
  const options = body === undefined ? {} :
    {method: "POST", headers: {"content-type": "application/json"}, body: JSON.stringify(body)};
  const answer = await fetch(path, options), told = await answer.json();
  if (!answer.ok) throw new Error(told.error);
  return told;
}
const short = (value) => String(value).slice(0, 7);
const alarm = (row) => state.scores[row] > state.threshold ? 1 : 0;
const colour = (share) => "s" + Math.min(STEPS - 1, Math.floor(share * STEPS));
const rank = (score) => state.sorted.findIndex((one) => one >= score) / state.sorted.length;
const say = (text) => { at("status").textContent = text; };

async function start() {
  const [health, columns, rows, metrics] =
    await Promise.all([ask("/health"), ask("/colnames"), ask("/data?n=" + ROWS), ask("/metrics")]);
  state.metrics = metrics;
  state.rows = rows;
  state.names = columns.colnames;
  columns.colnames.forEach((name, place) => { state.told[name] = columns.coldesc[place]; });
  for (const name of health.models) make("option", name, at("model"), {value: name});
  await score();
  await follow();
}
async function score() {
  const asked = ++state.asked;
  say("Loading…"); at("group").setAttribute("aria-busy", "true");
  const found = await ask("/predict", {data: state.rows, model: at("model").value});
  if (asked !== state.asked) return;  // another model was chosen meanwhile
  state.scores = found.scores;
  state.sorted = [...found.scores].sort((a, b) => a - b);
  state.cuts = [state.sorted[0] - 1e-9, ...state.sorted];
  state.threshold = found.threshold;
  at("threshold").max = state.cuts.length - 1;
  at("threshold").value = state.sorted.filter((one) => one <= found.threshold).length;
  drawMeasures(); draw(); at("group").setAttribute("aria-busy", "false");
}
function tellThreshold() {
  at("value").textContent = state.threshold.toPrecision(4);
  at("threshold").setAttribute("aria-valuetext", state.threshold.toPrecision(4));
}
function draw() {
  drawTable(); drawCharts(); tellThreshold();
  const columns = state.names.length + 3, alarms = state.scores.filter((_, row) => alarm(row)).length;
  say(`Showing ${Math.min(SHOWN, columns)} of ${columns} columns, ${state.rows.length} rows; ${alarms} alarms.`);
}
function drawTable() {
  const table = at("rows"), names = state.names.slice(0, SHOWN - 3);
  table.replaceChildren();
  const head = make("tr", null, make("thead", null, table));
  for (const text of ["prediction", "label", "id", ...names.map((name) => state.told[name])])
    make("th", text, head, {scope: "col"});
  if (names.length < state.names.length) make("th", "…", head, {scope: "col", "aria-label": "more columns"});
  const body = make("tbody", null, table);
  state.rows.forEach((row, place) => {
    const line = make("tr", null, body, {"data-row": place, ...(place === state.from ? {"aria-current": "true"} : {})});
    make("td", alarm(place), line, {class: colour(rank(state.scores[place]))});
    make("td", row.label, line, {class: colour(row.label)});
    make("button", row.id, make("td", null, line), {type: "button", "aria-label": "Row " + row.id + " in detail"});
    for (const name of names) make("td", short(row[name]), line);
    if (names.length < state.names.length) make("td", "…", line);
  });
}
function drawCharts() { drawHistogram(); drawRoc(); }
function drawMeasures() {
  const table = at("measures"), found = state.metrics[at("model").value];
  table.querySelectorAll("tr").forEach((line) => line.remove());
  for (const [key, name] of MEASURES) {
    const line = make("tr", null, table);
    make("th", name, line, {scope: "row"}); make("td", found[key].toFixed(3), line);
  }
}
function rates(threshold) {
  let caught = 0, wrong = 0, bad = 0;
  state.rows.forEach((row, place) => {
    const flagged = state.scores[place] > threshold;
    if (row.label) { bad++; caught += flagged; } else wrong += flagged;
  });
  const good = state.rows.length - bad;
  return [good ? wrong / good : 0, bad ? caught / bad : 0];
}
function clean(id) {
  const canvas = at(id), pen = canvas.getContext("2d"), sharp = window.devicePixelRatio || 1;
  const size = {width: canvas.clientWidth, height: canvas.clientHeight};
  canvas.width = size.width * sharp; canvas.height = size.height * sharp;  // which clears it
  pen.scale(sharp, sharp);
  pen.font = "13px system-ui, sans-serif";
  return [canvas, pen, size];
}
function drawHistogram() {
  const [canvas, pen, size] = clean("histogram"), low = state.sorted[0];
  const high = Math.max(state.sorted[Math.floor(0.99 * (state.sorted.length - 1))], state.threshold, low + 1e-12);
  const counts = [0, 1].map(() => new Array(BINS).fill(0));
  const scale = low > 0 && high / low > 100 ? Math.log : (score) => score;
  const share = (score) => (scale(score) - scale(low)) / (scale(high) - scale(low));
  const bin = (score) => score <= low ? 0 : Math.min(BINS - 1, Math.floor(share(score) * BINS));
  state.rows.forEach((row, place) => { counts[row.label][bin(state.scores[place])]++; });
  const most = Math.sqrt(Math.max(...counts[0].map((one, b) => one + counts[1][b]))), width = size.width / BINS, floor = size.height - 20;
  for (let b = 0; b < BINS; b++) {
    const tall = Math.sqrt(counts[0][b] + counts[1][b]) / most * (floor - 24);
    const red = tall * counts[1][b] / (counts[0][b] + counts[1][b] || 1);
    pen.fillStyle = "#2166ac"; pen.fillRect(b * width, floor - tall + red, width - 1, tall - red);
    pen.fillStyle = "#b2182b"; pen.fillRect(b * width, floor - tall, width - 1, red);
  }
  const x = Math.max(1, Math.min(size.width - 1, (state.threshold <= low ? 0 : share(state.threshold)) * size.width));
  pen.strokeStyle = pen.fillStyle = "#1b2430"; pen.setLineDash([5, 4]);
  pen.beginPath(); pen.moveTo(x, 16); pen.lineTo(x, floor); pen.stroke(); pen.setLineDash([]);
  pen.textAlign = x > size.width / 2 ? "right" : "left"; pen.fillText("threshold", x, 12);
  pen.textAlign = "left"; pen.fillText(low.toPrecision(3), 0, size.height - 4);
  pen.textAlign = "right"; pen.fillText(high.toPrecision(3), size.width, size.height - 4);
  at("histogram-told").textContent = "Scores: normal rows blue, anomalies red (heights by square root); the last bar holds all above." + (scale === Math.log ? " Logarithmic axis." : "");
  canvas.setAttribute("aria-label", `Histogram of scores, threshold ${state.threshold.toPrecision(4)}`);
}
function drawRoc() {
  const [canvas, pen, size] = clean("roc"), w = size.width - 12, h = size.height - 12;
  const go = ([x, y], how) => pen[how](6 + x * w, 6 + (1 - y) * h);
  pen.strokeStyle = "#8794a3"; pen.strokeRect(6, 6, w, h); pen.setLineDash([4, 4]);
  pen.beginPath(); go([0, 0], "moveTo"); go([1, 1], "lineTo"); pen.stroke(); pen.setLineDash([]);
  pen.strokeStyle = "#2b5fa4"; pen.lineWidth = 2; pen.beginPath(); go([0, 0], "moveTo");
  for (const cut of [...state.cuts].reverse()) go(rates(cut), "lineTo");
  pen.stroke(); pen.lineWidth = 1;
  const [wrong, caught] = rates(state.threshold);
  pen.fillStyle = "#b4550a"; pen.beginPath();
  pen.arc(6 + wrong * w, 6 + (1 - caught) * h, 6, 0, 7); pen.fill();
  const text = `ROC: ${(100 * caught).toFixed(0)} % of anomalies caught, ${(100 * wrong).toFixed(1)} % of normal rows flagged.`;
  at("roc-told").textContent = text; canvas.setAttribute("aria-label", text);
}
async function fill(place) {
  const row = state.rows[place], asked = ++state.asked;
  const found = await ask("/predict", {data: [row], model: at("model").value, threshold: state.threshold, errors: true});
  if (asked !== state.asked) return false;
  const errors = found.errors && found.errors[0], most = errors ? Math.max(...errors) || 1 : 1;
  at("title").textContent = `Row ${row.id}, label: ${row.label}`;
  const table = at("fields");
  table.replaceChildren();
  const head = make("tr", null, make("thead", null, table)), body = make("tbody", null, table);
  for (const text of ["field", "value", "squared error"]) make("th", text, head, {scope: "col"});
  const add = (name, value, error, kind) => {
    const line = make("tr", null, body);
    make("th", name, line, {scope: "row"}); make("td", value, line, kind ? {class: kind} : {});
    make("td", error === null ? "–" : error.toPrecision(3), line, error === null ? {} : {class: colour(error / most)});
  };
  add("prediction", found.predictions[0], null, colour(found.predictions[0]));
  add("label", row.label, null, colour(row.label));
  add("score", found.scores[0].toPrecision(4), null, colour(rank(state.scores[place])));
  state.names.forEach((name, j) => add(state.told[name], row[name], errors ? errors[j] : null));
  say(errors ? "All fields; the redder an error, the more this field adds to the score." : "All fields; this model has no errors by field.");
  return true;
}
async function open(place) {
  if (at("detail").hidden) state.scroll = [at("scroller").scrollTop, at("scroller").scrollLeft, window.scrollY];
  if (!await fill(place)) return;
  state.from = place;
  at("group").hidden = true; at("detail").hidden = false; at("title").focus();
}
function close() {
  if (at("detail").hidden) return;
  state.asked++;  // an answer that is still on its way comes too late
  at("detail").hidden = true; at("group").hidden = false; draw();
  [at("scroller").scrollTop, at("scroller").scrollLeft] = state.scroll;
  const button = at("rows").querySelector(`[data-row="${state.from}"] button`);
  button.focus({preventScroll: true});
  window.scrollTo(0, state.scroll[2]);
}
// The address says which row is open, so that the browser's own Back closes it.
async function follow() {
  const wanted = /^#row-(\d+)$/.exec(location.hash), place = wanted ? Number(wanted[1]) : -1;
  if (place >= 0 && place < state.rows.length) await open(place); else close();
}
const failed = (error) => say("Something went wrong: " + error.message);

at("rows").addEventListener("click", (event) => {
  const line = event.target.closest("[data-row]");
  if (!line) return;
  history.pushState({inside: true}, "", "#row-" + line.dataset.row);
  follow().catch(failed);
});
at("back").addEventListener("click", () => {
  if (history.state && history.state.inside) { history.back(); return; }
  history.replaceState(null, "", location.pathname); close();  // the row's own address was opened
});
window.addEventListener("popstate", () => { follow().catch(failed); });
if ("scrollRestoration" in history) history.scrollRestoration = "manual";
at("model").addEventListener("change", () => {
  const place = at("detail").hidden ? null : state.from;
  score().then(() => place === null ? null : fill(place)).catch(failed);
});
at("threshold").addEventListener("input", () => {
  state.threshold = state.cuts[Number(at("threshold").value)];
  tellThreshold();
  if (at("detail").hidden) draw(); else fill(state.from).catch(failed);
});
window.addEventListener("resize", () => { if (state.sorted && !at("group").hidden) drawCharts(); });
start().catch(failed);
