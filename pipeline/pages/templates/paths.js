(() => {
  const map = document.querySelector("svg.map");
  if (!map) return;
  const [slider, words, choice, panel] = ["p", "po", "l", "info"].map(id => document.getElementById(id));
  const lines = [...map.querySelectorAll(".e")], labels = [...map.querySelectorAll(".l")];
  const boxes = [...map.querySelectorAll(".box")], empty = [...panel.childNodes];
  let picked = null;
  const make = (tag, text, kind) => {
    const made = document.createElement(tag);
    made.textContent = text;
    if (kind) made.className = kind;
    return made;
  };
  const show = () => {
    let seen = 0, steps = 0;
    for (const [n, { dataset: d }] of lines.entries()) {
      const kept = +d.r <= +slider.value || d.k === "1", on = picked !== null && (d.f === picked || d.t === picked);
      if (kept) { seen += 1; steps += +d.n; }
      for (const drawn of [lines[n], labels[n]]) {
        drawn.classList.toggle("off", !kept && !on);
        drawn.classList.toggle("on", on);
      }
    }
    words.textContent = `${seen} of ${map.dataset.paths} paths, ${Math.floor(100 * steps / map.dataset.steps + 1e-9)}% of all steps`;
    map.classList.toggle("picked", picked !== null);
    for (const box of boxes) box.setAttribute("aria-pressed", box.dataset.id === picked);
  };
  const list = (head, found, end) => {
    if (!found.length) return make("p", `${head}: no line drawn`, "muted");
    const whole = document.createElement("table"), top = whole.createTHead().insertRow(), body = whole.createTBody();
    for (const [n, word] of [head, "Customers", "Share of source", "Median wait"].entries()) {
      top.append(make("th", word, n ? "n" : ""));
      top.lastChild.scope = "col";
    }
    for (const { dataset: d } of found) {
      const row = body.insertRow();
      row.append(make("td", d[end]), make("td", d.c, "n"), make("td", d.s, "n"), make("td", d.w, "n"));
    }
    return whole;
  };
  const pick = box => {
    picked = box && box.dataset.id;
    const from = lines.filter(e => e.dataset.f === picked), to = lines.filter(e => e.dataset.t === picked);
    panel.replaceChildren(...(box
      ? [make("h2", picked), make("p", box.dataset.words, "muted"), list("Next", from, "t"), list("Before", to, "f")]
      : empty));
    show();
  };
  slider.addEventListener("input", show);
  choice.addEventListener("change", () => {
    for (const [n, label] of labels.entries())
      for (const text of label.children) text.textContent = lines[n].dataset[choice.value];
  });
  for (const box of boxes) {
    const toggle = () => pick(picked === box.dataset.id ? null : box);
    box.addEventListener("click", toggle);
    box.addEventListener("keydown", event => {
      if (event.key === "Enter" || event.key === " ") { event.preventDefault(); toggle(); }
    });
  }
  document.addEventListener("keydown", event => { if (event.key === "Escape") pick(null); });
  show();
})();
