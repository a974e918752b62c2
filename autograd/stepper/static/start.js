// Buttons, keys, links, paper.
const halting = (action) => () => {
  pause();
  action();
};
/** To where a phase begins next, or begins first. */
const to = (phase) => halting(() => {
  const starts = all(`#phases .${phase}`).map((part) => part.value - 1);
  go(starts.find((place) => place > at) ?? starts[0] ?? at);
});
const buttons = {
  first: halting(() => go(0)),
  back: halting(() => go(at - 1)),
  play,
  next: halting(() => go(at + 1)),
  last: halting(() => go(END)),
  in: () => graph.zoom(1.25),
  out: () => graph.zoom(0.8),
  fit: graph.fit,
  ask: () => ($("help").open ? $("help").close() : $("help").showModal()),
  close: () => $("help").close(),
  predict: predict.toggle,
  check: predict.check,
  show: () => (predict.leave(), $("next").focus()),
};
const keys = {
  Home: buttons.first,
  ArrowLeft: buttons.back,
  " ": play,
  ArrowRight: buttons.next,
  End: buttons.last,
  ArrowUp: halting(() => follow(-1)),
  ArrowDown: halting(() => follow(1)),
  b: to("backward"),
  u: to("update"),
  "+": buttons.in,
  "=": buttons.in,
  "-": buttons.out,
  0: buttons.fit,
  p: predict.toggle,
  "?": buttons.ask,
};

on(document, "keydown", (press) => {
  if (press.ctrlKey || press.metaKey || press.altKey || press.target.matches("select")) return;
  if (press.target.value && press.target.id === "guess") return;
  const key = press.key.length > 1 ? press.key : press.key.toLowerCase();
  if (press.target.id === "guess" && !key.startsWith("Arrow")) return;
  if ($("help").open && key !== "?") return;
  const control = press.target.closest("button,[role=button]");
  const pressed = control && (key === " " || key === "Enter");
  if (pressed && control.matches("button")) return;
  const action = pressed ? () => control.click() : keys[key];
  if (!action) return;
  press.preventDefault();
  action();
});

for (const [id, action] of Object.entries(buttons)) on($(id), "click", action);
for (const step of steps) on(step.row, "click", halting(() => go(step.place)));
for (const part of all("#phases button")) on(part, "click", halting(() => go(part.value - 1)));
on($("scrub"), "input", halting(() => go($("scrub").value - 1)));
on($("speed"), "change", () => timer && (pause(), play()));
on(window, "hashchange", () => go(linked() ?? at));
on(window, "resize", () => {
  graph.begin();
  graph.mark(steps[at]);
});

let reading = 0;
on(window, "beforeprint", () => {
  reading = at;
  graph.fit();
  predict.leave();
  go(END);
});
on(window, "afterprint", () => go(reading));

on($("guess"), "keydown", (press) => {
  if (press.key !== "Enter") return;
  press.preventDefault(); // the button that has the focus then is not meant
  predict.check();
});

graph.begin();
go(linked() ?? 0);
