// Staff pages: single-key shortcuts, dialogs, preferences, kind warnings. Everything works without it.
(() => {
  "use strict";
  const YEAR = 31536000;
  const cookie = (name) =>
    document.cookie.split("; ").find((each) => each.startsWith(name + "="))?.split("=")[1] ?? "";
  const remember = (name, value) => {
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `${name}=${value}; Path=/; Max-Age=${YEAR}; SameSite=Lax${secure}`;
    try { localStorage.setItem(name, value); } catch { /* storage may be forbidden; the cookie holds */ }
  };
  const recall = (name) => {
    try { return cookie(name) || localStorage.getItem(name) || ""; } catch { return cookie(name); }
  };
  const keyMode = () => recall("abh_keys") || "on";
  const visible = (element) => element.getClientRects().length > 0;

  // Shortcuts ------------------------------------------------------------------------------
  const isTyping = (target) =>
    target.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");

  const move = (by) => {
    const items = [...document.querySelectorAll("[data-item]")].filter(visible);
    if (!items.length) return false;
    const now = items.findIndex((item) => item.contains(document.activeElement));
    const next = items[Math.min(Math.max(now + by, 0), items.length - 1)];
    next.querySelector("a, button, input")?.focus();
    next.scrollIntoView({ block: "nearest" });
    return true;
  };

  // Which letters walk through a list is chosen by the clerk; the page says it.
  const list = () => document.querySelector("[data-key-table]")?.dataset ?? {};

  const press = (key) => {
    if (key === list().nextKey) return move(1);
    if (key === list().previousKey) return move(-1);
    const target = [...document.querySelectorAll("[data-key]")]
      .find((each) => each.dataset.key === key && visible(each) && !each.disabled);
    if (!target) return false;
    if (target.matches("input, textarea, select")) target.focus();
    else target.click();
    return true;
  };

  document.addEventListener("keydown", (event) => {
    const mode = keyMode();
    if (mode === "off" || event.ctrlKey || event.metaKey || event.isComposing) return;
    if (event.altKey !== (mode === "alt") || event.repeat && ![list().nextKey, list().previousKey].includes(event.key)) return;
    if (isTyping(event.target) || document.querySelector("dialog[open]")) return;
    if (press(event.key)) event.preventDefault();
  });

  const fillHelp = () => {
    const table = document.querySelector("[data-key-table]");
    if (!table) return;
    const rows = new Map();
    for (const each of document.querySelectorAll("[data-key][data-key-label]")) {
      if (visible(each)) rows.set(each.dataset.key, each.dataset.keyLabel);
    }
    if (document.querySelector("[data-item]")) {
      rows.set(table.dataset.nextKey, table.dataset.next);
      rows.set(table.dataset.previousKey, table.dataset.previous);
      rows.set("Enter", table.dataset.open);
    }
    table.replaceChildren();
    for (const [key, label] of rows) {
      const term = document.createElement("dt");
      const shown = document.createElement("kbd");
      shown.className = "abh-kbd";
      shown.textContent = key;
      term.append(shown);
      const text = document.createElement("dd");
      text.textContent = label;
      table.append(term, text);
    }
  };

  // Dialogs ----------------------------------------------------------------------------------
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-dialog-open]");
    if (opener) {
      if (opener.dataset.dialogOpen === "abh-help") fillHelp();
      document.getElementById(opener.dataset.dialogOpen)?.showModal();
      event.preventDefault();
    }
    event.target.closest("[data-dialog-close]")?.closest("dialog")?.close();
    for (const menu of document.querySelectorAll(".abh-menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });

  // Preferences ------------------------------------------------------------------------------
  const apply = () => {
    document.body.classList.toggle("abh-keys-off", keyMode() === "off");
    const theme = recall("abh_theme");
    if (theme) document.documentElement.dataset.kernTheme = theme;
    else delete document.documentElement.dataset.kernTheme;
  };
  document.addEventListener("change", (event) => {
    const name = event.target.dataset.preference;
    if (name) { remember(name, event.target.value); apply(); }
    if (event.target.type === "file") checkFiles(event.target);
  });

  // Forms ------------------------------------------------------------------------------------
  const checkFiles = (input) => {
    const limit = Number(input.dataset.maxMb || 0) * 1e6;
    const big = [...input.files].filter((file) => limit && file.size > limit);
    input.setCustomValidity(big.map((file) => `${file.name} ${input.dataset.tooBig}`).join(", "));
    input.reportValidity();
  };
  let changed = false;
  document.addEventListener("input", (event) => {
    if (event.target.closest("form[data-guard]")) changed = true;
  });
  document.addEventListener("submit", () => { changed = false; });
  window.addEventListener("beforeunload", (event) => { if (changed) event.preventDefault(); });

  document.addEventListener("htmx:config:request", (event) => {
    const token = document.querySelector("meta[name=csrf-token]")?.content;
    if (token) event.detail.ctx.request.headers["X-CSRFToken"] = token;
  });

  apply();
  document.querySelector("[data-autofocus]")?.focus();
})();
