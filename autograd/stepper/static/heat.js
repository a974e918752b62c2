// A small heat map beside the explanation: one cell for each number, one grid for each slice.
const heat = (() => {
  const figure = document.createElement("figure");
  const grids = figure.appendChild(document.createElement("div"));
  const caption = figure.appendChild(document.createElement("figcaption"));
  figure.id = "heat";
  grids.ariaHidden = true; // the caption says it
  $("phase").before(figure);

  function draw(parent, name, facts) {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, fact] of Object.entries(facts)) made.setAttribute(key, fact);
    return parent.appendChild(made);
  }

  /** Between 3 and 22 pixels, so that so many cells fit. */
  const side = (room, count) => Math.max(3, Math.min(22, Math.floor(room / count)));

  function cell(svg, number, most, x, y, w, h) {
    const fine = Math.min(w, h) < 8 ? " fine" : "";
    const box = { x: x + 1, y: y + 1, width: w - (fine ? 1 : 2), height: h - (fine ? 1 : 2) };
    if (!Number.isFinite(number)) {
      draw(svg, "path", { d: `M${x + 1} ${y + 1}l${w - 2} ${h - 2}m0 ${2 - h}l${2 - w} ${h - 2}` });
    }
    const kind = number > 0 ? "plus" : number < 0 ? "minus" : number === 0 ? "zero" : "odd";
    const share = Number.isFinite(number) && most ? Math.abs(number) / most : 0;
    draw(svg, "rect", { ...box, class: kind + fine, "fill-opacity": share.toFixed(2) });
  }

  function grid(numbers, most, rows, columns) {
    const sides = [side(352, columns), side(176, rows)];
    const square = Math.max(8, Math.min(...sides));
    const [w, h] = sides.map((long) => Math.min(long, square));
    const [width, height] = [w * columns + 1, h * rows + 1];
    const svg = draw(grids, "svg", { width, height, viewBox: `0 0 ${width} ${height}` });
    numbers.forEach((number, i) => {
      cell(svg, number, most, w * (i % columns), h * Math.floor(i / columns), w, h);
    });
  }

  return (step) => {
    const note = step.row.querySelector(".heat");
    grids.replaceChildren();
    figure.hidden = !note;
    caption.textContent = note?.textContent;
    const [rows, columns, ...found] = numbers(note?.dataset.heat);
    const most = Math.max(0, ...found.filter(Number.isFinite).map(Math.abs));
    for (let i = 0; i < found.length; i += rows * columns) {
      grid(found.slice(i, i + rows * columns), most, rows, columns);
    }
  };
})();
extras.push(heat);
