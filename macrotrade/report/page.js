"use strict";
(() => {
  const dark = JSON.parse(document.getElementById("dark").textContent);
  const night = matchMedia("(prefers-color-scheme: dark)");
  const PRINT_WIDTH = 690;
  let printing = false;

  // Figures ------------------------------------------------------------------------------------------------------
  const narrow = (width) => width < 640;
  const coloured = (text) => (night.matches && !printing ? text.replace(/#[0-9a-f]{6}/g, (hex) => dark[hex] || hex) : text);

  // A label at the end of a line stands for its entry in the legend; where there is no room, the legend comes back.
  function fitted(spec, width, box) {
    const layout = spec.layout;
    const labels = (layout.annotations || []).filter((note) => note.name === "direct");
    layout.margin = { l: 52, r: 12, t: 12, b: 34, ...layout.margin };
    layout.height = layout.height || box.clientHeight;
    layout.paper_bgcolor = layout.plot_bgcolor = "rgba(0,0,0,0)";
    layout.width = width;
    layout.autosize = false;
    layout.dragmode = matchMedia("(pointer: coarse)").matches ? false : "zoom";
    if (labels.length && narrow(width)) {
      labels.forEach((note) => { note.visible = false; });
      layout.showlegend = true;
      layout.margin.r = 8;
    }
    if (narrow(width))
      for (const cells of spec.data.filter((trace) => trace.type === "heatmap" && trace.text && trace.x.length > 5)) {
        // No room for numbers: colours and stars stay, the table beside has the rest.
        cells.text = cells.text.map((row) => row.map((words) => (words.endsWith("*") ? "*" : "")));
        cells.x = cells.x.map((words) => words.replaceAll("<br>", " "));
        layout.xaxis.tickangle = -90;
      }
    if (narrow(width)) {
      layout.margin.l = Math.min(layout.margin.l, 88);
      for (const axis of Object.keys(layout).filter((key) => key.startsWith("yaxis")))
        if (layout[axis].title) layout[axis].title.standoff = 4;
      for (const axis of Object.keys(layout).filter((key) => key.startsWith("xaxis") && layout[key].type !== "category")) Object.assign(layout[axis], { nticks: 5, tickangle: 0 });
    }
    return spec;
  }

  function drawn(box) {
    const width = printing ? PRINT_WIDTH : box.clientWidth;
    if (!width) return;
    const source = document.querySelector(`[data-plot="${box.id}"]`).textContent;
    const spec = fitted(JSON.parse(coloured(source)), width, box);
    box.dataset.width = width;
    const legend = spec.layout.showlegend && narrow(width) ? 24 * Math.ceil(spec.data.filter((t) => t.showlegend !== false && t.name).length / 2) - 24 : 0;
    spec.layout.height += Math.max(0, legend);
    spec.layout.margin.b += Math.max(0, legend);
    const title = spec.layout.xaxis?.title?.text ? 18 : 0;
    spec.layout.height += legend > 0 ? title : 0;
    spec.layout.margin.b += legend > 0 ? title : 0;
    if (legend > 0 && spec.layout.legend) spec.layout.legend.y = -(36 + title) / (spec.layout.height - spec.layout.margin.t - spec.layout.margin.b);
    box.style.height = `${spec.layout.height}px`;
    Plotly.react(box, spec.data, spec.layout, {
      displaylogo: false, responsive: false, displayModeBar: false,
    });
  }

  const boxes = [...document.querySelectorAll(".plot")];
  const seen = new IntersectionObserver((entries) => entries.forEach((entry) => {
    if (entry.isIntersecting && !entry.target.dataset.width) drawn(entry.target);
  }), { rootMargin: "600px" });
  boxes.forEach((box) => seen.observe(box));

  const redraw = () => boxes.filter((box) => box.dataset.width).forEach(drawn);
  let waiting;
  new ResizeObserver(() => {
    clearTimeout(waiting);
    waiting = setTimeout(() => { if (!printing) boxes.filter((box) => box.dataset.width && box.clientWidth && box.clientWidth !== +box.dataset.width).forEach(drawn); }, 120);
  }).observe(document.querySelector("main"));
  night.addEventListener("change", redraw);
  const visible = (box) => box.offsetParent !== null;
  addEventListener("beforeprint", () => { printing = true; boxes.filter(visible).forEach(drawn); document.querySelectorAll("details").forEach((d) => { d.dataset.was = d.open; d.open = true; }); });
  addEventListener("afterprint", () => { printing = false; boxes.filter(visible).forEach(drawn); document.querySelectorAll("details").forEach((d) => { d.open = d.dataset.was === "true"; }); });

  // Choices ------------------------------------------------------------------------------------------------------
  const tabsOf = (choice) => [...choice.querySelectorAll(":scope > .options > [role=tab]")];

  function choose(choice, name) {
    const tabs = tabsOf(choice);
    if (!tabs.some((tab) => tab.textContent === name)) return;
    tabs.forEach((tab) => {
      const chosen = tab.textContent === name;
      tab.setAttribute("aria-selected", chosen);
      tab.tabIndex = chosen ? 0 : -1;
      document.getElementById(tab.getAttribute("aria-controls")).hidden = !chosen;
    });
  }

  // Choices of one label move together, without moving what the reader is looking at.
  function chooseAll(choice, name) {
    const before = choice.getBoundingClientRect().top;
    document.querySelectorAll(`[data-choice="${choice.dataset.choice}"]`).forEach((other) => choose(other, name));
    scrollBy(0, choice.getBoundingClientRect().top - before);
    boxes.filter((box) => visible(box) && box.dataset.width && box.clientWidth !== +box.dataset.width).forEach(drawn);
  }

  document.querySelectorAll(".choice").forEach((choice) => {
    const tabs = tabsOf(choice);
    tabs.forEach((tab, place) => {
      tab.addEventListener("click", () => chooseAll(choice, tab.textContent));
      tab.addEventListener("keydown", (event) => {
        const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
        if (!step) return;
        event.preventDefault();
        const next = tabs[(place + step + tabs.length) % tabs.length];
        chooseAll(choice, next.textContent);
        next.focus();
      });
    });
  });

  // Tables -------------------------------------------------------------------------------------------------------
  // Values stand in data-v as they were before they were written out; an empty one goes last either way.
  function compared(a, b, direction) {
    if (a === "" || b === "") return (a === "") - (b === "");
    const numbers = [Number(a), Number(b)];
    return direction * (numbers.some(Number.isNaN) ? a.localeCompare(b) : numbers[0] - numbers[1]);
  }

  document.querySelectorAll("table.sortable").forEach((table) => {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => head.querySelector("button").addEventListener("click", () => {
      const numeric = head.classList.contains("n");
      const now = head.getAttribute("aria-sort");
      const next = now === "none" ? (numeric ? "descending" : "ascending") : now === "ascending" ? "descending" : "ascending";
      heads.forEach((other) => other.setAttribute("aria-sort", other === head ? next : "none"));
      const rows = [...table.tBodies[0].rows];
      rows.sort((a, b) => compared(a.cells[column].dataset.v, b.cells[column].dataset.v, next === "ascending" ? 1 : -1));
      table.tBodies[0].append(...rows);
    }));
  });

  // Contents -----------------------------------------------------------------------------------------------------
  const links = new Map([...document.querySelectorAll(".contents a")].map((link) => [link.hash.slice(1), link]));
  const place = () => {
    let current = null;
    for (const section of document.querySelectorAll("main > section"))
      if (section.getBoundingClientRect().top < innerHeight * 0.3) current = section.id;
    if (!current && links.size) links.values().next().value.parentElement.scrollTo({ left: 0 });
    links.forEach((link, id) => {
      const here = id === current;
      if (here === link.hasAttribute("aria-current")) return;
      if (here) link.setAttribute("aria-current", "true"); else link.removeAttribute("aria-current");
      if (here) link.parentElement.scrollTo({ left: link.offsetLeft - 60 });
    });
  };
  addEventListener("scroll", place, { passive: true });
  place();
})();
