"use strict";
// Every fact on this page stands in the table of all steps: its rows are the data.
const $ = (id) => document.getElementById(id);
const all = (query) => [...document.querySelectorAll(query)];
const on = (target, type, act) => target.addEventListener(type, act);
const numbers = (text) => (text ? text.split(" ").map(Number) : []);
const push = (map, key, item) => (map.get(key) || map.set(key, []).get(key)).push(item);
const BLANK = "grad —"; // until the backward pass arrives

const steps = all("#steps tbody tr").map((row, place) => {
  const { phase, value, op, event, makes, uses, grad, line, groups, ask, before = BLANK } = row.dataset;
  const { known, scene = 0, writes = "[]" } = row.dataset;
  const one = (text) => (text ? +text : null);
  return {
    row, place, phase, grad, line, before,
    value: one(value), op: one(op), event: one(event),
    ask: ask && numbers(ask), makes: numbers(makes), uses: numbers(uses), groups: numbers(groups),
    ran: numbers(known || (phase === "forward" ? op : "")), scene: +scene, writes: JSON.parse(writes),
  };
});
const END = steps.length - 1;
const byEvent = new Map();
const byValue = new Map(); // steps that make a value or add to its gradient
const byUse = new Map(); // the same, and those that use it
const byOp = new Map();
const byLine = new Map();
const byGroup = new Map();

for (const step of steps) {
  const own = new Set(step.makes);
  if (step.value !== null) own.add(step.value);
  for (const value of own) push(byValue, value, step);
  for (const value of new Set([...own, ...step.uses])) push(byUse, value, step);
  for (const group of step.groups) push(byGroup, group, step);
  if (step.op !== null) push(byOp, step.op, step);
  if (step.event !== null) byEvent.set(step.event, step);
  if (step.line) push(byLine, step.line.split(" ", 1)[0], step);
}
for (const same of byValue.values()) {
  const adding = same.filter((step) => step.grad);
  adding.slice(1).forEach((step, i) => (step.before = adding[i].grad));
}

// --- going from step to step ------------------------------------------------------------

let at = -1;
let shown = 0; // the step that is explained
let followed = null; // the variable whose uses ↑ and ↓ visit
let timer = 0;
let linking = 0;
const extras = []; // what only some runs have to show of a step

function go(place, keep) {
  place = Math.max(0, Math.min(END, place));
  if (place === at) return;
  predict.leave();
  for (let i = at + 1; i <= place; i++) graph.reveal(steps[i], true);
  for (let i = at; i > place; i--) graph.reveal(steps[i], false);
  at = place;
  if (!keep) followed = null;
  const step = steps[at];
  if (document.body.dataset.phase !== step.phase) document.body.dataset.phase = step.phase;
  graph.mark(step);
  code.mark(step);
  explain(step);
  extras.forEach((show) => show(step));
  predict.meet(step);
  controls();
}

function controls() {
  $("scrub").value = at + 1;
  $("scrub").setAttribute("aria-valuetext", `${at + 1}: ${$("title").textContent}`);
  $("first").disabled = $("back").disabled = at === 0;
  $("next").disabled = $("last").disabled = at === END;
  clearTimeout(linking);
  linking = setTimeout(link, 250);
}

function link() {
  const own = location.protocol !== "about:"; // a frame inside a notebook has no address
  if (own && (at || location.hash)) history.replaceState(null, "", `#${at + 1}`);
}

function linked() {
  const place = parseInt(location.hash.slice(1), 10);
  return place > 0 && place <= END + 1 ? place - 1 : null;
}

/** From several steps that match, the next one in this phase; else the first that there is. */
function choose(found) {
  if (!found) return;
  const here = found.filter((step) => step.phase === steps[at].phase);
  const pool = here.length ? here : found;
  pause();
  go((pool.find((step) => step.place > at) || pool[0]).place);
}

/** ↑ and ↓: the variable of this step, or the first operand, wherever else it is used. */
function follow(direction) {
  const step = steps[at];
  followed ??= step.value ?? step.makes[0];
  const uses = byUse.get(followed) || [];
  const ahead = uses.filter((use) => (use.place - at) * direction > 0);
  const target = direction > 0 ? ahead[0] || uses[0] : ahead.at(-1) || uses.at(-1);
  if (target) go(target.place, true);
}

function play() {
  if (timer) return pause();
  if (at === END) go(0);
  timer = setInterval(() => (at < END ? go(at + 1) : pause()), 1400 / $("speed").value);
  playing(true);
}

function pause() {
  clearInterval(timer);
  timer = 0;
  playing(false);
}

function playing(yes) {
  $("play").setAttribute("aria-pressed", yes);
  $("play").setAttribute("aria-label", yes ? "Pause" : "Play");
  $("say").setAttribute("aria-live", yes ? "off" : "polite");
}

// --- the explanation: what stands in the step's row, larger -------------------------------

function explain(step) {
  const cell = (name) => step.row.querySelector(`.${name}`);
  const words = (name) => cell(name)?.textContent || "";
  const copy = (id, name) => $(id).replaceChildren(cell(name).cloneNode(true));
  const part = $("phases").querySelector(`.${step.phase}`).textContent;
  $("phase").textContent = `${part} · step ${at + 1} of ${END + 1}`;
  $("what").textContent = step.phase === "update" ? "change" : "this path";
  for (const name of ["title", "say", "lesson", "proof", "before", "path", "now"]) {
    $(name).textContent = words(name);
  }
  copy("equation", "eq math");
  copy("plain", "text");
  $("ledger").hidden = !words("now");
  $("paths").replaceChildren(...paths(step));
  steps[shown].row.removeAttribute("aria-current");
  step.row.setAttribute("aria-current", "step");
  shown = at;
}

/** One row for each path on which a gradient comes to this value. */
function paths(step) {
  if (step.event === null) return [];
  const same = byValue.get(step.value).filter((other) => other.event !== null);
  return same.length < 2 ? [] : same.map((other, i) => pathRow(step, other, i));
}

function pathRow(step, other, i) {
  const item = document.createElement("li");
  const button = item.appendChild(document.createElement("button"));
  const text = (name) => other.row.querySelector(name).textContent;
  button.className = other === step ? "now" : other.place > step.place ? "todo" : "";
  button.textContent = `path ${i + 1}, ${text(".title").split(", ").at(-1)}`;
  const sum = button.appendChild(document.createElement("b"));
  sum.textContent = `+ ${text(".path")} = ${text(".now")}`;
  on(button, "click", () => go(other.place));
  return item;
}
