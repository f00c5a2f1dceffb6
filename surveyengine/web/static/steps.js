// One question at a time, on a tablet and in a popup. Without it they stand below each other, as on any page.
(function () {
  "use strict";
  const told = document.currentScript.dataset, root = document.documentElement;
  const form = document.querySelector("form");    // its properties go by the names of questions: only methods are safe
  const needed = told.needed.split(" ");
  const [onward, retreat, send] = [".onward", ".retreat", ".ways:not(.now) [type=submit]:not(.back)"]
    .map(one => form.querySelector(one));
  const back = form.querySelector('.back[name="form.go"]'), stage = document.querySelector(".stage");
  const steps = grouped([...form.querySelectorAll("[data-question]")]);
  let here;

  // A note stands with the question that follows, the last ones with that before them.
  function grouped(boxes) {
    const found = [];
    let open = [];
    for (const box of boxes) {
      open.push(box);
      if (box.matches(".note")) continue;
      found.push(open);
      open = [];
    }
    if (found.length) found.at(-1).push(...open);
    return found;
  }

  function question(step) {
    return step.find(box => !box.matches(".note"));
  }

  // The steps that are asked as things stand: what a condition hides is none.
  function asked() {
    root.classList.remove("stepwise");
    const found = steps.filter(step => question(step).getClientRects().length);
    root.classList.add("stepwise");
    return found;
  }

  function answered(box) {
    const rows = [...box.querySelectorAll("[role=radiogroup]")];
    return (rows.length ? rows : [box]).every(row => {
      const fields = [...row.querySelectorAll("input:not([type=hidden]), textarea, select")];
      const choices = fields.filter(field => /radio|checkbox/.test(field.type));
      return choices.length ? choices.some(field => field.checked) : fields.every(field => field.value.trim());
    });
  }

  function show(step) {
    here = step;
    for (const one of steps.flat()) one.classList.toggle("here", step.includes(one));
    update();
  }

  function update() {
    const all = asked(), at = all.indexOf(here), last = at === all.length - 1;
    const number = n => n.toLocaleString(root.lang, {useGrouping: false});
    onward.hidden = last;
    send.hidden = !last;
    retreat.hidden = at === 0;
    if (back) back.hidden = at > 0;
    stage.hidden = at === 0;    // there it is said how many there are
    stage.textContent = told.progress.replace("{number}", number(at + 1)).replace("{count}", number(all.length));
    root.classList.toggle("later", at > 0);
  }

  // Goes so many steps on, or back; the focus goes along, and with it what is read out.
  function go(by) {
    const all = asked();
    show(all[all.indexOf(here) + by]);
    root.classList.add("moved");
    const head = here[0].querySelector("legend, .asked") || here[0];
    head.tabIndex = -1;
    head.focus();
    if (parent === window) scrollTo(0, 0);
  }

  function lacks() {
    const box = question(here);
    return needed.includes(box.dataset.question) && !answered(box);
  }

  function complain() {
    const box = question(here), said = box.querySelector(".error") || document.createElement("p");
    said.className = "error";
    said.setAttribute("role", "alert");
    said.textContent = told.lack;
    box.classList.add("faulty");
    const head = box.querySelector("legend, .asked");
    if (head) head.after(said); else box.prepend(said);
    box.querySelector("input, textarea, select").focus();
  }

  function settle() {
    const box = question(here), said = box.querySelector(".error[role=alert]");
    if (said && !lacks()) {
      said.remove();
      box.classList.remove("faulty");
    }
    update();
  }

  if (steps.length < 2) return;
  onward.addEventListener("click", () => lacks() ? complain() : go(1));
  retreat.addEventListener("click", () => go(-1));
  form.addEventListener("input", settle);
  form.addEventListener("change", settle);
  addEventListener("pageshow", update);
  form.addEventListener("submit", event => {
    if (event.submitter && event.submitter.name) return;    // to another language, or to the page before
    if (send.hidden || lacks()) event.preventDefault();
    if (lacks()) complain();
    else if (send.hidden) go(1);
  });
  for (const link of document.querySelectorAll(".problems a")) {
    link.addEventListener("click", () => show(steps.find(step => step.some(box => box.querySelector(link.hash)))));
  }
  const all = asked();
  show(all.find(step => question(step).matches(".faulty")) ||
    "begun" in told && all.find(step => !answered(question(step))) || all[0]);
})();
