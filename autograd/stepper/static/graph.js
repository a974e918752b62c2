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

/** Pan, zoom and fit: the picture is moved as a whole, and nothing in it laid out again. */
function camera(pane, svg) {
  const { width, height } = svg.viewBox.baseVal;
  const boxes = new Map(); // where elements lie in the picture
  let [wide, high] = [0, 0]; // the pane
  let x = 0; // the middle of what is seen
  let y = 0;
  let k = 1; // pixels for one unit of the picture
  let drag = null;
  let moved = false;
  pane.parentNode.classList.toggle("wide", width > 2 * height);

  function look(toX, toY, scale) {
    k = Math.max(0.1, Math.min(4, scale));
    [x, y] = [toX, toY];
    svg.style.transform = `translate(${wide / 2 - x * k}px,${high / 2 - y * k}px) scale(${k})`;
  }
  const whole = () => Math.min(wide / width, high / height, 1.5);
  const fit = () => look(width / 2, height / 2, whole());
  const zoom = (factor) => look(x, y, k * factor);

  /** At the start the whole picture, unless its text could not be read. */
  function begin() {
    [wide, high] = [pane.clientWidth, pane.clientHeight];
    fit();
    if (k < 0.95) look(wide / 1.9, Math.max(height / 2, 0), 0.95);
    boxOf(svg);
  }

  function boxOf(g) {
    if (!boxes.size) {
      const out = svg.getBoundingClientRect();
      for (const one of svg.querySelectorAll("g[class]")) {
        const it = one.getBoundingClientRect();
        boxes.set(one, [it.left - out.left, it.right - out.left, it.top - out.top, it.bottom - out.top].map((at) => at / k));
      }
    }
    return boxes.get(g);
  }

  /** Bring an element into sight if it is outside. */
  function follow(g) {
    if (!g || k <= whole()) return;
    const [left, right, top, bottom] = boxOf(g);
    const [w, h] = [wide / 2 / k, high / 2 / k];
    const inside = left > x - w && right < x + w && top > y - h && bottom < y + h;
    if (!inside) look((left + right) / 2, (top + bottom) / 2, k);
  }

  on(pane, "pointerdown", (press) => {
    if (press.target.closest(".zoom")) return;
    drag = [press.clientX, press.clientY, x, y];
    moved = false;
  });
  on(pane, "pointermove", (press) => {
    if (!drag || !press.buttons) return;
    const dx = press.clientX - drag[0];
    const dy = press.clientY - drag[1];
    if (!moved && Math.hypot(dx, dy) < 5) return;
    if (!moved) pane.setPointerCapture(press.pointerId);
    moved = true;
    look(drag[2] - dx / k, drag[3] - dy / k, k);
  });
  for (const end of ["pointerup", "pointercancel"]) on(pane, end, () => (drag = null));
  const turn = (wheel) => {
    if (!wheel.ctrlKey && !wheel.metaKey) return;
    wheel.preventDefault();
    zoom(Math.exp(-wheel.deltaY / 300));
  };
  pane.addEventListener("wheel", turn, { passive: false });
  return { zoom, fit, begin, follow, dragged: () => moved };
}
