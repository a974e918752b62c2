// The picture: elements are found once; a step touches only those that change.
const graph = (() => {
  const svg = $("graph").querySelector("svg");
  const values = new Map();
  const ops = new Map();
  const forward = new Map(); // by operation
  const gradient = new Map(); // by event
  const groups = new Map(); // those that are drawn closed, as one box
  let marked = [];

  for (const g of all("#graph g[class]")) {
    const { value, op, event, events, group } = g.dataset;
    if (g.classList.contains("collapsed")) push(groups, +group, g);
    if (event) for (const id of numbers(events || event)) push(gradient, id, g);
    else if (op) push(g.id ? ops : forward, +op, g);
    else if (value) push(values, +value, g);
    else continue;
    g.classList.add("todo");
  }
  for (const [value, same] of byValue) if (same.some((step) => step.grad)) write(value, BLANK);

  function write(value, text) {
    for (const g of values.get(value) || []) {
      const line = g.querySelector(".grad");
      if (line) line.textContent = text;
    }
  }

  function touched(step) {
    if (step.event !== null) return gradient.get(step.event) || [];
    const found = step.makes.flatMap((value) => values.get(value) || []);
    if (step.phase === "backward") return found;
    return found.concat(ops.get(step.op) || [], forward.get(step.op) || []);
  }

  function reveal(step, yes) {
    for (const g of touched(step)) g.classList.toggle("todo", !yes);
    if (step.grad) write(step.value, yes ? step.grad : step.before);
  }

  function mark(step) {
    for (const g of marked) g.classList.remove("now");
    const inside = step.groups.map((group) => groups.get(group)).find(Boolean);
    const about = values.get(step.value) || inside || [];
    const passed = ops.get(step.op) || inside || [];
    marked = step.place ? [...touched(step), ...about, ...passed] : [];
    for (const g of marked) g.classList.add("now");
    view.follow(about[0] || values.get(step.makes[0])?.[0]);
  }

  const view = camera($("graph"), svg);
  /** What lies under the pointer, or very near: arrows are thin. */
  function under(press) {
    const around = [[0, 0], [0, 5], [0, -5], [5, 0], [-5, 0]];
    const find = ([dx, dy]) => document.elementFromPoint(press.clientX + dx, press.clientY + dy);
    return around.map((by) => find(by)?.closest("#graph g g[class]")).find(Boolean);
  }

  on(svg, "click", (press) => {
    const g = under(press);
    if (!g || view.dragged()) return;
    const { value, chip, op, event, events, group } = g.dataset;
    if (event) choose(numbers(events || event).map((id) => byEvent.get(id)));
    else if (op) choose(g.id ? byOp.get(+op) : [byOp.get(+op)[0]]);
    else choose(group ? byGroup.get(+group) : byValue.get(+(value || chip)));
  });
  return { reveal, mark, write, view };
})();
