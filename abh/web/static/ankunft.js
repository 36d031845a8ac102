// The terminal in the waiting room: empty and in German again when nobody touches it any more.
(() => {
  "use strict";
  const { home, seconds, answer } = document.currentScript.dataset;
  const field = document.querySelector("input[name=code]");
  const idle = () => {
    const there = new URL(home, location.href);
    // An untouched first page in German stays as it is.
    if (answer === undefined && document.documentElement.lang === "de" && !field?.value
        && !document.querySelector("[aria-invalid]")) return;
    location.replace(there);
  };
  let timer = setTimeout(idle, Number(seconds) * 1000);
  const again = () => {
    clearTimeout(timer);
    timer = setTimeout(idle, Number(seconds) * 1000);
  };
  ["keydown", "pointerdown", "input"].forEach((kind) => addEventListener(kind, again));
  // A scanner types like a keyboard, so the field waits for it.
  if (field) field.focus();
})();
