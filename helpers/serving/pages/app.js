"use strict";
// All text goes in by textContent; nothing is asked of any other server.
const ROWS = 300, SHOWN = 12, STEPS = 7, BINS = 40;
const at = (id) => document.getElementById(id);
const state = {rows: [], names: [], told: {}, scores: [], threshold: 0, cuts: [], asked: 0};

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
  const [health, columns, rows] =
    await Promise.all([ask("/health"), ask("/colnames"), ask("/data?n=" + ROWS)]);
  state.rows = rows;
  state.names = columns.colnames;
  columns.colnames.forEach((name, place) => { state.told[name] = columns.coldesc[place]; });
  for (const name of health.models) make("option", name, at("model"), {value: name});
  await score();
}
async function score() {
  const asked = ++state.asked;
  say("Loading…");
  const found = await ask("/predict", {data: state.rows, model: at("model").value});
  if (asked !== state.asked) return;  // another model was chosen meanwhile
  state.scores = found.scores;
  state.sorted = [...found.scores].sort((a, b) => a - b);
  state.cuts = [state.sorted[0] - 1e-9, ...state.sorted];
  state.threshold = found.threshold;
  at("threshold").max = state.cuts.length - 1;
  at("threshold").value = state.sorted.filter((one) => one <= found.threshold).length;
  draw();
}
function draw() {
  drawTable(); drawHistogram(); drawRoc();
  at("value").textContent = state.threshold.toPrecision(4);
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
    const line = make("tr", null, body, {"data-row": place});
    make("td", alarm(place), line, {class: colour(rank(state.scores[place]))});
    make("td", row.label, line, {class: colour(row.label)});
    make("button", row.id, make("td", null, line), {type: "button", "aria-label": "Row " + row.id + " in detail"});
    for (const name of names) make("td", short(row[name]), line);
    if (names.length < state.names.length) make("td", "…", line);
  });
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
  const canvas = at(id), pen = canvas.getContext("2d");
  pen.clearRect(0, 0, canvas.width, canvas.height);
  pen.font = "13px system-ui, sans-serif";
  return [canvas, pen];
}
function drawHistogram() {
  const [canvas, pen] = clean("histogram"), low = state.sorted[0];
  const high = Math.max(state.sorted[Math.floor(0.99 * (state.sorted.length - 1))], state.threshold, low + 1e-12);
  const counts = [0, 1].map(() => new Array(BINS).fill(0));
  const scale = low > 0 && high / low > 100 ? Math.log : (score) => score;
  const share = (score) => (scale(score) - scale(low)) / (scale(high) - scale(low));
  const bin = (score) => score <= low ? 0 : Math.min(BINS - 1, Math.floor(share(score) * BINS));
  state.rows.forEach((row, place) => { counts[row.label][bin(state.scores[place])]++; });
  const most = Math.sqrt(Math.max(...counts[0].map((one, b) => one + counts[1][b]))), width = canvas.width / BINS, floor = canvas.height - 20;
  for (let b = 0; b < BINS; b++) {
    const tall = Math.sqrt(counts[0][b] + counts[1][b]) / most * (floor - 24);
    const red = tall * counts[1][b] / (counts[0][b] + counts[1][b] || 1);
    pen.fillStyle = "#2166ac"; pen.fillRect(b * width, floor - tall + red, width - 1, tall - red);
    pen.fillStyle = "#b2182b"; pen.fillRect(b * width, floor - tall, width - 1, red);
  }
  const x = Math.max(1, Math.min(canvas.width - 1, (state.threshold <= low ? 0 : share(state.threshold)) * canvas.width));
  pen.strokeStyle = pen.fillStyle = "#1b2430"; pen.setLineDash([5, 4]);
  pen.beginPath(); pen.moveTo(x, 16); pen.lineTo(x, floor); pen.stroke(); pen.setLineDash([]);
  pen.textAlign = x > canvas.width / 2 ? "right" : "left"; pen.fillText("threshold", x, 12);
  pen.textAlign = "left"; pen.fillText(low.toPrecision(3), 0, canvas.height - 4);
  pen.textAlign = "right"; pen.fillText(high.toPrecision(3), canvas.width, canvas.height - 4);
  at("histogram-told").textContent = "Scores: normal rows blue, anomalies red (heights by square root); the last bar holds all above." + (scale === Math.log ? " Logarithmic axis." : "");
  canvas.setAttribute("aria-label", `Histogram of scores, threshold ${state.threshold.toPrecision(4)}`);
}
function drawRoc() {
  const [canvas, pen] = clean("roc"), w = canvas.width - 12, h = canvas.height - 12;
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
async function open(place) {
  const row = state.rows[place];
  const found = await ask("/predict", {data: [row], model: at("model").value, threshold: state.threshold, errors: true});
  const errors = found.errors && found.errors[0], most = errors ? Math.max(...errors) || 1 : 1;
  state.from = place;
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
  at("group").hidden = true; at("detail").hidden = false; at("title").focus();
  say(errors ? "All fields; the redder an error, the worse this field was rebuilt." : "All fields; this model has no errors by field.");
}
function back() {
  at("detail").hidden = true; at("group").hidden = false; draw();
  at("rows").querySelector(`[data-row="${state.from}"] button`).focus();
}
const failed = (error) => say("Something went wrong: " + error.message);

at("rows").addEventListener("click", (event) => {
  const line = event.target.closest("[data-row]");
  if (line) open(Number(line.dataset.row)).catch(failed);
});
at("back").addEventListener("click", back);
at("model").addEventListener("change", () => {
  at("detail").hidden = true; at("group").hidden = false; score().catch(failed);
});
at("threshold").addEventListener("input", () => {
  state.threshold = state.cuts[Number(at("threshold").value)];
  if (!at("detail").hidden) { open(state.from).catch(failed); at("value").textContent = state.threshold.toPrecision(4); }
  else draw();
});
start().catch(failed);
