// Command palette of staff pages: Ctrl and a letter opens it, typing filters, Enter goes or does.
// What there is comes from the server; steps that stand on this page come from the page itself.
(() => {
  "use strict";
  const dialog = document.getElementById("abh-palette");
  const input = document.getElementById("abh-palette-input");
  const box = document.getElementById("abh-palette-list");
  const count = document.getElementById("abh-palette-count");
  const keys = () => document.querySelector("[data-key-table]")?.dataset ?? {};
  const WAIT = 150;
  const MOST_HERE = 5;
  let shown = [];
  let at = -1;
  let asked = 0;
  let timer = 0;
  let stale = false;

  const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

  const here = (query) =>
    [...document.querySelectorAll("main [data-command]")]
      .filter((each) => plain(each.dataset.command).includes(query))
      .slice(0, MOST_HERE)
      .map((each) => ({ label: each.dataset.command, hint: dialog.dataset.here, element: each }));

  const mark = (index) => {
    at = index;
    [...box.children].forEach((row, nth) => row.setAttribute("aria-selected", String(nth === at)));
    if (at >= 0) {
      input.setAttribute("aria-activedescendant", box.children[at].id);
      box.children[at].scrollIntoView({ block: "nearest" });
    } else input.removeAttribute("aria-activedescendant");
  };

  const show = (found) => {
    shown = found;
    box.replaceChildren(...found.map((each, nth) => {
      const row = document.createElement("li");
      row.id = `abh-palette-${nth}`;
      row.setAttribute("role", "option");
      const label = document.createElement("bdi");
      label.textContent = each.label;
      const hint = document.createElement("span");
      hint.className = "abh-muted";
      hint.textContent = each.hint;
      row.append(label, " ", hint);
      row.addEventListener("click", () => run(nth));
      return row;
    }));
    input.setAttribute("aria-expanded", String(found.length > 0));
    count.textContent = found.length ? dialog.dataset.found + found.length : dialog.dataset.none;
    mark(found.length ? 0 : -1);
  };

  const ask = async () => {
    const turn = ++asked;
    const query = input.value.trim();
    const from = new URLSearchParams({ q: query, von: location.pathname });
    let found = [];
    try {
      const answer = await fetch(`${dialog.dataset.url}?${from}`, { headers: { Accept: "application/json" } });
      if (answer.ok) found = (await answer.json()).found;
    } catch { /* offline: what stands on the page still works */ }
    if (turn !== asked) return;
    stale = false;
    show([...here(plain(query)), ...found]);
  };

  const post = (url) => {
    const form = document.createElement("form");
    form.method = "post";
    form.action = url;
    const token = document.createElement("input");
    token.type = "hidden";
    token.name = "csrf_token";
    token.value = document.querySelector("meta[name=csrf-token]").content;
    form.append(token);
    document.body.append(form);
    form.submit();
  };

  const run = (nth) => {
    const each = shown[nth];
    if (!each) return;
    dialog.close();
    if (each.element) {
      const fold = each.element.closest("details");
      if (fold) fold.open = true;
      each.element.focus();
      each.element.scrollIntoView({ block: "center" });
    } else if (each.post) post(each.url);
    else location.assign(each.url);
  };

  const open = () => {
    if (document.querySelector("dialog[open]")) return;
    input.value = "";
    show([]);
    dialog.showModal();
    input.focus();
    ask();
  };

  input.addEventListener("input", () => {
    clearTimeout(timer);
    stale = true;
    timer = setTimeout(ask, WAIT);
  });
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && shown.length) mark((at + step + shown.length) % shown.length);
    else if (event.key === "Enter") {
      // Whoever types faster than the server answers means what was typed, not what is shown.
      clearTimeout(timer);
      if (stale) ask().then(() => run(at));
      else run(at);
    } else return;
    event.preventDefault();
  });
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-palette-open]")) open();
  });
  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    if (event.key.toLowerCase() !== keys().paletteKey) return;
    event.preventDefault();
    open();
  });
})();
