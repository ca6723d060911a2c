"use strict";
// The list of a bundle's records: filtered and searched here, since a page from a folder can ask nobody.
(() => {
  const PER_PAGE = 50;
  const { rows, questions } = window.EVALKIT;
  const form = document.getElementById("filter"), results = document.getElementById("results");
  const words = new URLSearchParams(location.search);
  const folded = (text) => text.normalize("NFKC").toLowerCase().replaceAll("ß", "ss").replaceAll("ς", "σ").normalize("NFKC");
  const haystack = rows.map(() => null);

  for (const select of form.querySelectorAll("select")) {
    const values = [...new Set(rows.map((row) => row[1][select.name]))].filter(Boolean);
    if (select.name === "outcome" || words.get(select.name) === "graded") values.unshift("graded");
    values.sort((a, b) => Number(a) - Number(b) || a.localeCompare(b));
    for (const value of values) select.append(new Option(value === "graded" ? "any but missing" : value, value));
    select.value = words.get(select.name) ?? "";
  }
  form.elements.text.value = words.get("text") ?? "";
  let page = 1;

  function matches() {
    const wanted = [...new FormData(form)].filter(([name, value]) => value && name !== "text");
    for (const name of ["sample", "model", "task"]) if (words.get(name) && !form.elements[name]) wanted.push([name, words.get(name)]);
    const text = folded(form.elements.text.value);
    return rows.map((_, k) => k).filter((k) => {
      const row = rows[k];
      if (!wanted.every(([name, value]) => value === "graded" ? row[1].outcome !== "missing" : row[1][name] === value)) return false;
      if (!text) return true;
      haystack[k] ??= folded([row[1].sample, questions[row[2]], row[4], row[5]].join("\n"));
      return haystack[k].includes(text);
    });
  }
  const element = (name, attributes = {}, ...children) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  };
  const short = (text, width) => { const line = text.split(/\s+/).join(" "); return line.length > width ? `${line.slice(0, width - 1)}…` : line; };

  const several = ["task", "model"].filter((name) => new Set(rows.map((row) => row[1][name])).size > 1);
  const heads = ["sample", ...several, "question", "outcome", "target stated", "answer", "right answer"];
  function line(k) {
    const [name, values, question, outcome, read, said, right] = rows[k];
    const target = values.threshold === "none" ? "none" : `t = ${values.threshold}`;
    const cells = [
      element("a", { href: `${name}.html` }, short(values.sample, 60)), ...several.map((one) => short(values[one], 40)),
      short(questions[question], 90), outcome, target, short(read || said || "–", 60), short(right || "–", 40),
    ];
    return element("tr", {}, ...cells.map((cell, c) => element("td", {
      "data-label": heads[c], ...(heads[c] === "outcome" ? { class: values.outcome } : heads[c] === "question" ? { class: "question", dir: "auto" } : {}),
    }, cell)));
  }
  function show() {
    const found = matches(), pages = Math.max(1, Math.ceil(found.length / PER_PAGE));
    page = Math.min(Math.max(page, 1), pages);
    const table = element("table", { class: "cards records" },
      element("thead", {}, element("tr", {}, ...heads.map((head) => element("th", { scope: "col" }, head)))),
      element("tbody", {}, ...found.slice((page - 1) * PER_PAGE, page * PER_PAGE).map(line)));
    const pager = element("p", { class: "pager" }, `Page ${page} of ${pages} `);
    for (const [name, rel, step] of [["previous", "prev", -1], ["next", "next", 1]]) {
      if (page + step < 1 || page + step > pages) continue;
      const link = element("a", { href: "#results", rel }, name);
      link.addEventListener("click", (event) => { event.preventDefault(); page += step; show(); });
      pager.append(link, " ");
    }
    results.replaceChildren(
      element("p", { "aria-live": "polite" }, `${found.length.toLocaleString("en")} of ${rows.length.toLocaleString("en")} records`),
      element("div", { class: "wide", role: "region", "aria-label": "Records", tabindex: "0" }, table), pager);
  }
  form.addEventListener("submit", (event) => event.preventDefault());
  // Not "change": a search box sends it when it is left for a link, which would be replaced under the pointer.
  form.addEventListener("input", () => { page = 1; show(); });
  show();
})();
