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
