// The learner's source: the current line, and in it the very columns that run.
const code = (() => {
  const pane = $("code");
  const lines = new Map();
  let marked = [];

  for (const line of all(".line")) {
    const same = byLine.get(line.dataset.line);
    lines.set(line.dataset.line, line);
    if (!same) continue;
    line.classList.add("step");
    line.tabIndex = 0;
    line.setAttribute("role", "button");
    on(line, "click", () => choose(same));
  }

  /** A step's line is "file:first last from to", lines from 1 and columns from 0. */
  function mark(step) {
    for (const line of marked) clear(line);
    marked = [];
    if (!step.line) return;
    const [place, last, from, to] = step.line.split(" ");
    const [file, first] = place.split(":");
    for (let n = +first; n <= last; n++) {
      const line = lines.get(`${file}:${n}`);
      if (line) paint(line, n == first ? from : indent(line), n == last ? to : Infinity);
    }
    const [line] = marked;
    const seen = line?.offsetTop - pane.scrollTop; // within the pane only: the page stays
    if (seen < 36 || seen > pane.clientHeight - 60) {
      pane.scrollTop = line.offsetTop - pane.clientHeight / 3;
    }
  }

  const indent = (line) => line.querySelector("code").textContent.search(/\S|$/);

  function paint(line, from, to) {
    const text = line.querySelector("code");
    const letters = Array.from(text.textContent);
    const part = (a, b) => letters.slice(a, b).join("");
    const run = document.createElement("mark");
    run.textContent = part(from, to);
    line.classList.add("now");
    marked.push(line);
    if (run.textContent) text.replaceChildren(part(0, from), run, part(to));
  }

  function clear(line) {
    const text = line.querySelector("code");
    line.classList.remove("now");
    text.textContent = text.textContent;
  }
  return { mark };
})();
