"use strict";
// Two pictures and a list: every difference stands in the list, its places in both pictures.
const $ = (id) => document.getElementById(id);
const all = (query) => [...document.querySelectorAll(query)];
const on = (target, type, act) => target.addEventListener(type, act);
const numbers = (text) => (text ? text.split(" ").map(Number) : []);

const items = all(".item");
const partner = { a: new Map(), b: new Map() };
for (const [kind, pairs] of Object.entries($("sides").dataset)) {
  for (const pair of pairs.split(" ").filter(Boolean)) {
    const [a, b] = pair.split(":");
    partner.a.set(`${kind}-${a}`, `${kind}-${b}`);
    partner.b.set(`${kind}-${b}`, `${kind}-${a}`);
  }
}
const sides = ["a", "b"].map((id) => {
  const pane = $(id);
  const svg = pane && pane.querySelector("svg");
  return pane && { id, svg, view: camera(pane, svg), now: [] };
}).filter(Boolean);

let at = -1;

/** Show one difference: its sentence, and its places in both pictures. */
function go(place, keep) {
  $("back").disabled = $("next").disabled = !items.length;
  if (!items.length) return;
  at = Math.max(0, Math.min(items.length - 1, place));
  const item = items[at];
  for (const other of items) other.removeAttribute("aria-current");
  item.setAttribute("aria-current", "true");
  $("say").textContent = item.querySelector("b").textContent;
  if (!keep) item.scrollIntoView({ block: "nearest" });
  for (const side of sides) {
    const rings = marks(side, item.dataset.mark);
    light(side, rings.length ? rings : boxes(side, places(item, side.id)));
  }
  $("back").disabled = at === 0;
  $("next").disabled = at === items.length - 1;
  link();
}

const marks = (side, key) => [...side.svg.querySelectorAll(".flag")].filter((g) => key && g.dataset.mark === key);
/** What an item is about: values of this side, or else what they are on this side. */
function places(item, id) {
  const ids = (side) => numbers(item.dataset[side]).map((value) => `value-${value}`);
  const own = ids(id);
  const other = id === "a" ? "b" : "a";
  return own.length ? own : ids(other).map((value) => partner[other].get(value));
}

const boxes = (side, ids) => ids.map((id) => $(`${side.id}-${id}`)).filter(Boolean);

function light(side, found) {
  for (const g of side.now) g.classList.remove("now");
  for (const g of found) g.classList.add("now");
  side.now = found;
  const first = found[0]; // of a mark with many rings, where its words stand
  side.view.follow((first && first.querySelector(".label:last-child")) || first);
}

function link() {
  const own = location.protocol !== "about:"; // a frame inside a notebook has no address
  if (own && (at || location.hash)) history.replaceState(null, "", `#${at + 1}`);
}

/** A click on a ring goes to its sentence, one on a box to what it is in the other picture. */
function pick(side, press) {
  if (side.view.dragged()) return;
  const ring = press.target.closest(".flag");
  if (ring && ring.dataset.mark !== "≠") {
    return go(items.findIndex((item) => item.dataset.mark === ring.dataset.mark));
  }
  const g = press.target.closest("g[id]");
  if (!g) return;
  const own = g.id.slice(2);
  for (const one of sides) {
    light(one, boxes(one, [one === side ? own : partner[side.id].get(own)]));
  }
}

function begin() {
  const wide = ({ width, height }) => width > innerWidth * 0.6 && width > 1.8 * height;
  document.body.classList.toggle("rows", sides.some((side) => wide(side.svg.viewBox.baseVal)));
  for (const { svg, view } of sides) {
    const { width, height } = svg.viewBox.baseVal;
    view.begin();
    if (Math.min(svg.parentNode.clientWidth / width, svg.parentNode.clientHeight / height) > 0.6) view.fit();
  }
}

const both = (act) => () => sides.forEach((side) => act(side.view));
const buttons = {
  back: () => go(at - 1),
  next: () => go(at + 1),
  in: both((view) => view.zoom(1.25)),
  out: both((view) => view.zoom(0.8)),
  fit: both((view) => view.fit()),
  ask: () => ($("help").open ? $("help").close() : $("help").showModal()),
  close: () => $("help").close(),
};
const keys = {
  ArrowUp: buttons.back,
  ArrowDown: buttons.next,
  ArrowLeft: buttons.back,
  ArrowRight: buttons.next,
  Home: () => go(0),
  End: () => go(items.length - 1),
  "+": buttons.in,
  "=": buttons.in,
  "-": buttons.out,
  0: buttons.fit,
  "?": buttons.ask,
};

on(document, "keydown", (press) => {
  if (press.ctrlKey || press.metaKey || press.altKey) return;
  if ($("help").open && press.key !== "?") return;
  const action = keys[press.key];
  if (!action) return;
  press.preventDefault();
  action();
});
for (const [id, action] of Object.entries(buttons)) on($(id), "click", action);
items.forEach((item, place) => on(item, "click", () => go(place)));
for (const side of sides) on(side.svg, "click", (press) => pick(side, press));
on(window, "hashchange", () => go(parseInt(location.hash.slice(1), 10) - 1 || 0));
on(window, "resize", () => (begin(), go(at, true)));
on(window, "beforeprint", buttons.fit);

begin();
go((parseInt(location.hash.slice(1), 10) || 1) - 1, true);
