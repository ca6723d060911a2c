"use strict";
// The pages work without it. With it: filters apply at once, j and k move, code can be copied, a run under way is read
// again. Nothing is loaded but the site's own pages.
(() => {
  const main = document.querySelector("main");
  const typing = (target) => target.matches("input:not([type=checkbox]), textarea, select") || target.isContentEditable;

  // Filters: the list is replaced, the form stays as it is, and the address says what is shown.
  let asked = 0;
  async function refilter(form) {
    const number = ++asked;
    const query = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (value) query.append(name, value);
    const address = `${form.getAttribute("action")}?${query}`;
    const answer = await fetch(address);
    const made = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("results");
    const old = document.getElementById("results");
    if (number !== asked || !made || !old) return;
    old.replaceWith(document.importNode(made, true));
    history.replaceState(null, "", address);
    document.getElementById("live").textContent = document.querySelector("#results p")?.firstChild?.textContent ?? "";
  }
  for (const form of document.querySelectorAll("form[data-live]")) {
    let wait = 0;
    // A search box sends "change" when it is left for a link, which would be replaced under the pointer.
    form.addEventListener("change", (event) => { if (event.target.type !== "search") refilter(form); });
    form.addEventListener("submit", (event) => { event.preventDefault(); refilter(form); });
    form.addEventListener("input", (event) => {
      if (event.target.type !== "search") return;
      clearTimeout(wait);
      wait = setTimeout(() => refilter(form), 250);
    });
  }
  const live = document.createElement("p");
  live.id = "live"; live.className = "hidden"; live.setAttribute("aria-live", "polite");
  main.append(live);

  // Keys: j and k go on and back, in a list from row to row and in a transcript to the next; / goes to the search.
  const links = () => [...document.querySelectorAll("#results tbody tr")].map((row) => row.querySelector("a")).filter(Boolean);
  function move(step) {
    const rows = links(), here = rows.indexOf(document.activeElement);
    const next = here < 0 ? (step > 0 ? rows[0] : rows.at(-1)) : rows[here + step];
    if (next) { next.focus(); return; }
    document.querySelector(`a[rel=${step > 0 ? "next" : "prev"}]`)?.click();
  }
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (event.key === "j") move(1);
    else if (event.key === "k") move(-1);
    else if (event.key === "/") { const box = document.querySelector("input[type=search]"); if (box) { event.preventDefault(); box.focus(); } }
  });

  // Copy: a turn as it is written, and the address of a record.
  function copies(button, text) {
    button.addEventListener("click", async () => {
      try { await navigator.clipboard.writeText(text()); button.textContent = "copied"; } catch { button.textContent = "not allowed"; }
    });
  }
  function button(text) {
    const made = document.createElement("button");
    made.type = "button"; made.className = "copy"; made.textContent = text;
    return made;
  }
  for (const turn of document.querySelectorAll("[data-copy]")) {
    const made = button("copy"), head = turn.querySelector("h2");
    made.setAttribute("aria-label", `copy: ${head ? head.textContent : "thinking"}`);
    copies(made, () => turn.querySelector("pre.written").textContent);
    if (head) head.append(" ", made); else turn.prepend(made);
  }
  for (const link of document.querySelectorAll("[data-copy-link]")) {
    const made = button("copy link");
    copies(made, () => link.href);
    link.after(" ", made);
  }

  // The switch between rendered and written is remembered.
  const plain = document.getElementById("plain");
  if (plain) {
    try { plain.checked = localStorage.getItem("plain") === "1"; } catch { /* a page from a folder may have no storage */ }
    plain.addEventListener("change", () => { try { localStorage.setItem("plain", plain.checked ? "1" : ""); } catch { /* likewise */ } });
  }

  // A run under way: its page is read again while it is looked at.
  const seconds = Number(main.dataset.refresh);
  if (seconds) setInterval(async () => {
    if (document.hidden) return;
    try {
      const answer = await fetch(location.href);
      const made = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("main");
      if (!answer.ok || !made) return;
      const open = [...main.querySelectorAll("details")].map((one) => one.open);
      main.replaceChildren(...document.importNode(made, true).childNodes, live);
      main.querySelectorAll("details").forEach((one, k) => { one.open = open[k] ?? one.open; });
      if (!made.dataset.refresh) location.reload();
    } catch { /* the site has ended; what is shown stays */ }
  }, seconds * 1000);
})();
