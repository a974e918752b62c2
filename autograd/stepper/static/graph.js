// The picture: elements are found once; a step touches only those that change.
const graph = (() => {
  const svgs = all("#graph>svg");
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
  for (const [value, same] of byValue) {
    const first = same.find((step) => step.grad);
    if (first) write(value, first.before);
  }

  /** A line of a box; its first word says which. */
  function write(value, text) {
    for (const g of values.get(value) || []) {
      const line = g.querySelector("." + text.split(" ")[0]);
      if (line) line.textContent = text;
    }
  }

  function touched(step) {
    const of = (map, ids) => ids.flatMap((id) => map.get(id) || []);
    if (step.event !== null) return of(gradient, [step.event]);
    return [...of(values, step.makes), ...of(ops, step.ran), ...of(forward, step.ran)];
  }

  function reveal(step, yes) {
    for (const g of touched(step)) g.classList.toggle("todo", !yes);
    if (step.grad) write(step.value, yes ? step.grad : step.before);
    for (const [value, before, now] of step.writes) write(value, yes ? now : before);
  }

  function mark(step) {
    svgs.forEach((svg, i) => (svg.style.visibility = i === step.scene ? "" : "hidden"));
    for (const g of marked) g.classList.remove("now");
    const inside = step.groups.map((group) => groups.get(group)).find(Boolean);
    const about = values.get(step.value) || inside || [];
    const passed = ops.get(step.op) || inside || [];
    marked = step.place ? [...touched(step), ...about, ...passed] : [];
    for (const g of marked) g.classList.add("now");
    views[step.scene].follow(about[0] || values.get(step.makes[0])?.[0]);
  }

  const views = svgs.map((svg) => camera($("graph"), svg)); // they move together
  const together = (act) => (by) => views.forEach((view) => view[act](by));
  /** What lies under the pointer, or very near: arrows are thin. */
  function under(press) {
    const around = [[0, 0], [0, 5], [0, -5], [5, 0], [-5, 0]];
    const find = ([dx, dy]) => document.elementFromPoint(press.clientX + dx, press.clientY + dy);
    return around.map((by) => find(by)?.closest("#graph g g[class]")).find(Boolean);
  }

  for (const svg of svgs) on(svg, "click", (press) => {
    const g = under(press);
    if (!g || views[0].dragged()) return;
    const { value, chip, op, event, events, group } = g.dataset;
    if (event) choose(numbers(events || event).map((id) => byEvent.get(id)));
    else if (op) choose(g.id ? byOp.get(+op) : [byOp.get(+op)[0]]);
    else choose(group ? byGroup.get(+group) : byValue.get(+(value || chip)));
  });
  return { reveal, mark, write, zoom: together("zoom"), fit: together("fit"), begin: together("begin") };
})();
