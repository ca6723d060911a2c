"use strict";
// Scores, intervals and ranks come with the page, scores in hundredths, so that they read as everywhere else; lines
// follow from rates: S_t = right − wrong·t/(1−t).
(() => {
  const SVG = "http://www.w3.org/2000/svg";
  // The style sheet has a class for every line that looks different.
  const LINES = Number(getComputedStyle(document.documentElement).getPropertyValue("--lines"));
  const LEFT = 44, RIGHT = 12, TOP = 12, BOTTOM = 34, WIDTH = 460, HEIGHT = 300, LAST = 0.95, MANY = 8, LEADING = 3;

  const boards = JSON.parse(document.getElementById("data").textContent);
  const slider = document.getElementById("t");
  const shown = document.getElementById("shown");
  const live = document.getElementById("live");
  const task = document.getElementById("task"), search = document.getElementById("model");

  // One line for a model on every board.
  const names = [...new Set(boards.flatMap((board) => board.models.map((m) => m.model)))];
  const looks = (m) => names.indexOf(m.model) % LINES;

  const step = (t) => Math.min(Math.round(t * 100), 95);
  // N_t orders as S_t does, stays in [0, 1] and is linear in t: from accuracy to 1 − error rate.
  const normalized = (m, t) => m.right + t * (1 - m.right - m.wrong);
  const always = (m) => m.right;
  const number = (v) => (Math.abs(v) < 0.005 ? 0 : v).toFixed(2).replace("-", "−");
  const hundredths = (v) => (v / 100).toFixed(2).replace("-", "−");
  function sure(m, k) {
    const parts = [];
    if (m.low && m.low.length) parts.push(`[${hundredths(m.low[k])}, ${hundredths(m.high[k])}]`);
    if (m.range && m.range.length) parts.push(`{${hundredths(m.range[k][0])} … ${hundredths(m.range[k][1])}}`);
    return parts.join("\n");
  }
  const x = (t) => LEFT + t / LAST * (WIDTH - LEFT - RIGHT);
  const y = (v) => TOP + (1 - v) * (HEIGHT - TOP - BOTTOM);

  function element(name, attributes, text) {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    return made;
  }

  const path = (f) => [0, LAST].map((t) => `${x(t).toFixed(1)},${y(f(t)).toFixed(1)}`).join(" ");

  const ranked = (models, t) => models.map((m) => m.rank[step(t)]);

  function draw(board, holder) {
    const svg = element("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": `N at each t, a line each for ${board.models.length} models; the table below has the numbers` });
    for (const v of [0, 0.25, 0.5, 0.75, 1]) {
      svg.append(element("line", { class: "axis", x1: LEFT, x2: WIDTH - RIGHT, y1: y(v), y2: y(v) }));
      svg.append(element("text", { x: LEFT - 6, y: y(v) + 4, "text-anchor": "end" }, number(v)));
    }
    svg.append(element("polyline", { class: "never", points: path((t) => t) }));
    for (const t of [0, 0.25, 0.5, 0.75, 0.9]) {
      svg.append(element("line", { class: "axis", x1: x(t), x2: x(t), y1: HEIGHT - BOTTOM, y2: HEIGHT - BOTTOM + 4 }));
      svg.append(element("text", { x: x(t), y: HEIGHT - BOTTOM + 17, "text-anchor": "middle" }, String(t)));
    }
    svg.append(element("text", { x: WIDTH - RIGHT, y: HEIGHT - 3, "text-anchor": "end" }, "confidence target t"));
    svg.append(element("text", { x: x(0.8), y: y(0.8) - 8, "text-anchor": "end" }, "never answering"));
    svg.append(element("text", { x: LEFT + 4, y: TOP + 12 }, "N"));
    const all = element("polyline", { class: "always" });
    svg.append(all);
    board.lines = board.models.map((m) => {
      const line = element("polyline", {
        class: `model line-${looks(m)}`, points: m.score.length ? path((t) => normalized(m, t)) : "",
      });
      line.append(element("title", {}, m.model));
      svg.append(line);
      return line;
    });
    for (const c of board.crossings) {
      const m = board.models.find((one) => one.model === c.below), other = board.models.find((one) => one.model === c.above);
      // Ranks take missing answers as errors, the lines do not: where some are missing, lines cross elsewhere.
      if (m && other && !m.missing && !other.missing && c.t < LAST) {
        const dot = element("circle", { class: "cross", cx: x(c.t), cy: y(normalized(m, c.t)), r: 3.5 });
        dot.append(element("title", {}, `${c.above} overtakes ${c.below} at t = ${c.at}`));
        svg.append(dot);
      }
    }
    board.now = element("line", { class: "now", y1: TOP, y2: HEIGHT - BOTTOM });
    svg.append(board.now);
    board.all = all;
    holder.prepend(svg);
  }

  function highlight(board, k) {
    // Of many models, those that are looked for are in color, or else those that lead.
    const many = board.models.length > MANY, at = step(Number(slider.value));
    const shines = (other) => board.chosen.size ? board.chosen.has(other) : board.models[other].rank[at] <= LEADING;
    board.lines.forEach((line, other) => line.classList.toggle("dim", k === null ? many && !shines(other) : other !== k));
    const m = board.models[k === null ? board.order[0] : k];
    board.all.setAttribute("points", m.score.length ? path(() => always(m)) : "");
  }

  function fill(board, t) {
    const ranks = ranked(board.models, t), base = ranked(board.models, 0);
    board.models.forEach((m, k) => {
      const row = board.rows[k], change = base[k] - ranks[k];
      row.querySelector("[data-is=rank]").textContent = ranks[k];
      row.querySelector("[data-is=score]").textContent = m.score.length ? hundredths(m.score[step(t)]) : "–";
      row.querySelector("[data-is=sure]").textContent = sure(m, step(t));
      const arrow = row.querySelector("[data-is=change]");
      arrow.textContent = change ? `${change > 0 ? "↑" : "↓"}${Math.abs(change)}` : "";
      arrow.className = change > 0 ? "up" : "down";
      arrow.setAttribute("aria-label", change ? `${Math.abs(change)} ranks ${change > 0 ? "better" : "worse"} than by accuracy` : "");
    });
    const value = { rank: (k) => -ranks[k], score: (k) => -ranks[k], model: (k) => board.models[k].model,
      n: (k) => board.models[k].n, missing: (k) => board.models[k].missing, accuracy: (k) => board.models[k].right,
      coverage: (k) => board.models[k].coverage, wrong: (k) => board.models[k].wrong,
      idk: (k) => board.models[k].idk }[board.key];
    const order = board.models.map((_, k) => k);
    order.sort((a, b) => {
      const one = value(a), other = value(b);
      const by = typeof one === "string" ? one.localeCompare(other) : other - one;
      return (board.rising ? -by : by) || a - b;
    });
    board.order = order;
    board.body.append(...order.map((k) => board.rows[k]));
    board.now.setAttribute("x1", x(t)); board.now.setAttribute("x2", x(t));
    highlight(board, null);
  }

  // What is shown stands in the address: #t=0.75&task=name&model=part.
  function address() {
    const parts = new URLSearchParams({ t: Number(slider.value).toFixed(2) });
    if (task && task.value) parts.set("task", boards[Number(task.value)].task);
    if (search && search.value) parts.set("model", search.value);
    return `#${parts}`;
  }
  function readAddress() {
    const parts = new URLSearchParams(location.hash.slice(1)), t = Number(parts.get("t"));
    if (parts.has("t") && t >= 0 && t <= LAST) slider.value = t;
    const named = boards.findIndex((board) => board.task === parts.get("task"));
    if (task) task.value = named < 0 ? "" : String(named);
    if (search) search.value = parts.get("model") ?? "";
  }
  function choose() {
    const part = search ? search.value.trim().toLowerCase() : "";
    const named = task && task.value ? boards[Number(task.value)].task : null;
    for (const section of document.querySelectorAll("section[data-task]")) section.hidden = named !== null && section.dataset.task !== named;
    boards.forEach((board) => {
      board.chosen = new Set(board.models.map((_, m) => m).filter((m) => part && board.models[m].model.toLowerCase().includes(part)));
      board.rows.forEach((row, m) => { row.hidden = Boolean(part) && !board.chosen.has(m); });
    });
  }
  function csv() {
    const quoted = (v) => `"${String(v).replace(/^([=+@-])/, "'$1").replaceAll('"', '""')}"`;
    const t = Number(slider.value), lines = [["task", "model", "t", "rank", "score", "low", "high", "n", "missing"].join(",")];
    for (const board of boards) if (!board.section.hidden) for (const k of board.order) {
      const m = board.models[k], at = (values) => values && values.length ? (values[step(t)] / 100).toFixed(2) : "";
      if (!board.rows[k].hidden) lines.push([quoted(board.task), quoted(m.model), t.toFixed(2), m.rank[step(t)], at(m.score), at(m.low), at(m.high), m.n, m.missing].join(","));
    }
    return `${lines.join("\n")}\n`;
  }
  function save(name, text, type) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type }));
    link.download = name;
    link.click();
    URL.revokeObjectURL(link.href);
  }

  function update() {
    const t = Math.min(LAST, Number(slider.value)), cost = t / (1 - t);
    const costs = cost === 1 ? "1 point" : `${Number(cost.toFixed(2))} points`;
    shown.textContent = `t = ${t.toFixed(2)}: a mistake costs ${costs}`;
    boards.forEach((board) => fill(board, t));
    const first = boards[0];
    live.textContent = first ? `t ${t.toFixed(2)}: first in ${first.task} is ${first.models[ranked(first.models, t).indexOf(1)].model}` : "";
  }

  boards.forEach((board, number_) => {
    const section = document.getElementById(`board-${number_}`);
    board.section = section;
    board.body = section.querySelector("tbody");
    board.rows = board.models.map((_, k) => section.querySelector(`tr[data-model="${k}"]`));
    board.key = "score"; board.rising = false; board.chosen = new Set(); board.order = board.models.map((_, k) => k);
    draw(board, section.querySelector("figure"));
    board.rows.forEach((row, k) => {
      const swatch = row.querySelector(".swatch");
      const mark = element("svg", { viewBox: "0 0 22 10", "aria-hidden": "true" });
      mark.append(element("line", { x1: 0, x2: 22, y1: 5, y2: 5, class: `line-${looks(board.models[k])}`, "stroke-width": 4 }));
      swatch.append(mark);
      for (const event of ["mouseenter", "focusin"]) row.addEventListener(event, () => highlight(board, k));
      for (const event of ["mouseleave", "focusout"]) row.addEventListener(event, () => highlight(board, null));
    });
    section.querySelectorAll("th[data-key]").forEach((head) => head.querySelector("button").addEventListener("click", () => {
      board.rising = board.key === head.dataset.key ? !board.rising : false;
      board.key = head.dataset.key;
      section.querySelectorAll("th").forEach((other) => other.removeAttribute("aria-sort"));
      // Ranks and names go the other way: rank 1 and A come first where the largest score does.
      const up = ["rank", "model"].includes(board.key) ? !board.rising : board.rising;
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      update();
    }));
  });
  if (slider) {
    let wait = 0;
    const changed = (event) => {
      if (event.target !== slider) choose();
      update();
      clearTimeout(wait);
      wait = setTimeout(() => history.replaceState(null, "", address()), 200);
    };
    for (const control of [slider, task, search]) control?.addEventListener("input", changed);
    addEventListener("hashchange", () => { readAddress(); choose(); update(); });
    document.getElementById("csv").addEventListener("click", () => save("leaderboard.csv", csv(), "text/csv"));
    document.getElementById("link").addEventListener("click", async (event) => {
      try { await navigator.clipboard.writeText(location.href.split("#")[0] + address()); event.target.textContent = "copied"; } catch { location.hash = address(); }
    });
    readAddress();
    choose();
    update();
  }
})();
