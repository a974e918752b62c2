// Predict: the next gradient is hidden until the learner has said what it will be.
const predict = (() => {
  let asked = null; // the step whose gradient is hidden
  const active = () => $("predict").ariaPressed === "true";

  function meet(step) {
    if (!active() || !step.ask) return;
    asked = step;
    pause();
    graph.write(step.value, "grad ?");
    document.body.classList.add("asking");
    $("quiz").hidden = false;
    $("asked").textContent = $("plain").textContent.split(" += ")[0];
    $("say").textContent = `Which gradient comes ${step.ask[2] ? "to it, with what is there" : "to it"}?`;
    $("guess").value = $("verdict").textContent = "";
    if (document.body.contains(document.activeElement)) $("guess").focus({ preventScroll: true });
  }

  /** Show what was hidden. */
  function leave() {
    if (!asked) return;
    graph.write(asked.value, asked.grad);
    document.body.classList.remove("asking");
    $("say").textContent = asked.row.querySelector(".say").textContent;
    $("quiz").hidden = true;
    asked = null;
  }

  /** A number as people type it: a comma, a minus sign from print, a fraction. */
  function typed() {
    const [top, under = 1] = $("guess").value.replace(",", ".").replace("−", "-").split("/");
    return top.trim() ? top / under : NaN;
  }

  const same = (a, b) => Math.abs(a - b) <= 0.01 * Math.abs(b);
  function verdict(answer, [local, upstream, before, now]) {
    const path = local * upstream;
    const cases = [
      [now, "right"],
      [-now, "Wrong sign: the size is right. Which factor is negative?"],
      [path, `Forgot to add: that is what arrives on this path; ${before} was there before.`],
      [local, "Forgot upstream: that is the local derivative; multiply it by what arrives."],
      [before + local, "Forgot upstream: you added the local derivative alone."],
      [upstream, "Forgot the local derivative: that is what arrives, before it passes."],
    ];
    if (Number.isNaN(answer)) return "Type a number, such as -0.5 or 1/3.";
    const found = cases.find(([number]) => same(answer, number));
    return found ? found[1] : "Not yet: local × upstream, added to what was there before.";
  }

  function check() {
    if (!asked) return;
    const [local, upstream, before, now] = asked.ask;
    const said = verdict(typed(), asked.ask);
    if (said !== "right") {
      $("verdict").textContent = said;
      $("guess").select();
      return;
    }
    leave();
    const sum = before ? `${before} + ${local} × ${upstream}` : `${local} × ${upstream}`;
    $("say").textContent = `Right: ${sum} = ${now}. ${$("say").textContent}`;
    $("next").focus({ preventScroll: true });
  }

  function toggle() {
    const yes = !active();
    $("predict").ariaPressed = yes;
    if (yes) meet(steps[at]);
    else leave();
  }
  return { meet, leave, check, toggle };
})();
