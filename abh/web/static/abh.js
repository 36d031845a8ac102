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
  // What the user's row says stands in the page; without a row the cookie of this browser counts.
  const list = () => document.querySelector("[data-key-table]")?.dataset ?? {};
  const keyMode = () => list().mode || recall("abh_keys") || "on";
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

  // Where case and preview have room beside the list, they follow who walks through it.
  let glanceAt = 0;
  document.addEventListener("focusin", (event) => {
    const glance = event.target.closest("[data-item]")?.querySelector(".abh-work__glance");
    clearTimeout(glanceAt);
    if (!glance || event.target === glance || !visible(glance)) return;
    glanceAt = setTimeout(() => { if (!glance.matches("[aria-current]")) glance.click(); }, 400);
  });
  document.addEventListener("click", (event) => {
    const glance = event.target.closest(".abh-work__glance");
    if (!glance) return;
    document.querySelector(".abh-work__glance[aria-current]")?.removeAttribute("aria-current");
    glance.setAttribute("aria-current", "true");
  });

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

  // „Gehe zu“ waits a moment for its second letter; the links may stand in a closed menu.
  const PATIENCE = 1500;
  let goUntil = 0;
  const go = (event) => {
    const waited = event.timeStamp < goUntil;
    goUntil = 0;
    if (waited) {
      const target = [...document.querySelectorAll("[data-go]")].find((each) => each.dataset.go === event.key);
      target?.click();
      return Boolean(target);
    }
    if (event.key !== list().goKey || !document.querySelector("[data-go]")) return false;
    goUntil = event.timeStamp + PATIENCE;
    return true;
  };

  // Ctrl and Enter sends the form in which one types, else what the page wants done first.
  let sent = false;
  const send = (target) => {
    const form = target.closest?.("main form");
    const button = form?.querySelector("button:not([type=button])") ??
      [...document.querySelectorAll("main form .kern-btn--primary")].find((each) => visible(each) && !each.disabled);
    if (!button || sent) return false;
    button.click();
    return true;
  };
  window.addEventListener("pageshow", () => { sent = false; });

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey && !event.altKey && event.key === "Enter" && !event.repeat && !document.querySelector("dialog[open]")) {
      if (send(event.target)) event.preventDefault();
      return;
    }
    const mode = keyMode();
    if (mode === "off" || event.ctrlKey || event.metaKey || event.isComposing) return;
    if (event.altKey !== (mode === "alt") || event.repeat && ![list().nextKey, list().previousKey].includes(event.key)) return;
    if (isTyping(event.target) || document.querySelector("dialog[open]")) return;
    if (go(event) || press(event.key)) event.preventDefault();
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
      rows.set(table.dataset.enter, table.dataset.open);
    }
    for (const each of document.querySelectorAll("[data-go][data-key-label]")) {
      rows.set(`${table.dataset.goKey} ${each.dataset.go}`, each.dataset.keyLabel);
    }
    if (document.querySelector("main form")) rows.set(`${table.dataset.ctrl} ${table.dataset.enter}`, table.dataset.send);
    if (document.querySelector("[data-palette-open]")) {
      rows.set(`${table.dataset.ctrl} ${table.dataset.paletteKey}`, table.dataset.commands);
    }
    table.replaceChildren();
    for (const [keys, label] of rows) {
      const term = document.createElement("dt");
      for (const key of keys.split(" ")) {
        const shown = document.createElement("kbd");
        shown.className = "abh-kbd";
        shown.textContent = key;
        term.append(shown, " ");
      }
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
  const keepMode = (select) => {
    list().mode = select.value;
    if (!select.dataset.save) return;
    const body = new URLSearchParams({
      mode: select.value,
      csrf_token: document.querySelector("meta[name=csrf-token]").content,
    });
    fetch(select.dataset.save, { method: "POST", body }).catch(() => { /* the cookie holds */ });
  };
  document.addEventListener("change", (event) => {
    const name = event.target.dataset.preference;
    if (name) {
      remember(name, event.target.value);
      if (name === "abh_keys") keepMode(event.target);
      apply();
    }
    if (event.target.type === "file") checkFiles(event.target);
  });

  // Forms ------------------------------------------------------------------------------------
  const checkFiles = (input) => {
    const limit = Number(input.dataset.maxMb || 0) * 1e6;
    const big = [...input.files].filter((file) => limit && file.size > limit);
    input.setCustomValidity(big.map((file) => `${file.name} ${input.dataset.tooBig}`).join(", "));
    input.reportValidity();
  };
  // A file dropped beside the field would replace the page and all that was typed: it goes into the
  // only field for files of its form, elsewhere nothing happens.
  const dropAt = (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return null;
    const near = event.target.closest?.(".abh-field:has(input[type=file]), form") || document;
    const inputs = near.querySelectorAll("input[type=file]:not(:disabled)");
    if (document.querySelector("input[type=file]")) event.preventDefault();
    return inputs.length === 1 && near !== document ? inputs[0] : null;
  };
  const markDrop = (input) => {
    document.querySelectorAll(".abh-file[data-drop]").forEach((one) => {
      if (one !== input) delete one.dataset.drop;
    });
    if (input) input.dataset.drop = "";
  };
  document.addEventListener("dragover", (event) => markDrop(dropAt(event)));
  document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) markDrop(null); });
  document.addEventListener("drop", (event) => {
    const input = dropAt(event);
    markDrop(null);
    if (!input) return;
    const files = new DataTransfer();
    [...event.dataTransfer.files].slice(0, input.multiple ? undefined : 1)
      .forEach((file) => files.items.add(file));
    input.files = files.files;
    input.dispatchEvent(new Event("input", { bubbles: true }));
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
  let changed = false;
  document.addEventListener("input", (event) => {
    if (event.target.closest("form[data-guard]")) changed = true;
  });
  document.addEventListener("submit", () => { changed = false; sent = true; });
  window.addEventListener("beforeunload", (event) => { if (changed) event.preventDefault(); });

  document.addEventListener("htmx:config:request", (event) => {
    const token = document.querySelector("meta[name=csrf-token]")?.content;
    if (token) event.detail.ctx.request.headers["X-CSRFToken"] = token;
  });

  apply();
  document.querySelector("[data-autofocus]")?.focus();
})();
