/* What a page is looked at for, inside the browser. */
window.abhPruefung = (() => {
  const label = (node) => node.outerHTML.replace(/\s+/g, " ").slice(0, 150);
  const seen = (node) =>
    node.checkVisibility({ visibilityProperty: true, opacityProperty: false }) &&
    node.getClientRects().length > 0;
  // Read aloud only: a box of one pixel.
  const hiddenAway = (node) => node.clientWidth <= 1 || getComputedStyle(node).clipPath !== "none";

  const inScroller = (node) => {
    for (let up = node.parentElement; up; up = up.parentElement) {
      const kind = getComputedStyle(up).overflowX;
      if (kind === "auto" || kind === "scroll" || kind === "hidden" || kind === "clip") return true;
    }
    return false;
  };

  /** What makes the page wider than its window; nothing where it is not. */
  const wide = () => {
    if (document.documentElement.scrollWidth <= innerWidth) return [];
    const out = [...document.body.querySelectorAll("*")].filter((node) => {
      const box = node.getBoundingClientRect();
      return (box.right > innerWidth + 1 || box.left < -1) && seen(node) && !inScroller(node);
    });
    const deepest = out.filter((node) => !out.some((other) => other !== node && node.contains(other)));
    return [`${document.documentElement.scrollWidth} > ${innerWidth}`, ...deepest.slice(0, 3).map(label)];
  };

  /** Words that a box cuts off without saying them elsewhere. */
  const cut = () =>
    [...document.body.querySelectorAll("*")]
      .filter((node) => {
        const style = getComputedStyle(node);
        const hides = ["hidden", "clip"].includes(style.overflowX);
        if (!hides || !seen(node) || hiddenAway(node) || !node.innerText?.trim()) return false;
        const lost = node.scrollWidth > node.clientWidth + 1 || node.scrollHeight > node.clientHeight + 2;
        const told = style.textOverflow === "ellipsis" && node.closest("[title]");
        return lost && !told && !["INPUT", "TEXTAREA", "SELECT"].includes(node.tagName);
      })
      .map(label);

  const axe = async (rules, only) => {
    const wanted = only ? { type: "rule", values: only } : { type: "tag", values: rules };
    const result = await window.axe.run(document, {
      runOnly: wanted, resultTypes: ["violations"], iframes: false, preload: false,
    });
    return result.violations.map(
      (each) => `${each.id}: ` + each.nodes.slice(0, 3).map((node) => `${node.html.slice(0, 150)} [${node.failureSummary?.split("\n")[1]?.trim().slice(0, 160)}]`).join(" | "),
    );
  };

  const FOCUS = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]";

  /** Everything that can be pressed, typed into or opened now, each group of radios once. */
  const stops = () => {
    const groups = new Set();
    return [...document.querySelectorAll(FOCUS)].filter((node) => {
      if (node.disabled || node.tabIndex < 0 || !seen(node) || node.closest("[inert]")) return false;
      if (node.type !== "radio") return true;
      const key = `${node.form?.id}/${node.name}`;
      return groups.has(key) ? false : groups.add(key);
    });
  };

  const ringed = (node) => {
    const shows = (one) => {
      if (!one) return false;
      const style = getComputedStyle(one);
      return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
    };
    return shows(node) || shows(node.labels?.[0]) || shows(node.nextElementSibling);
  };

  const way = [];
  document.addEventListener("focusin", (event) => {
    const node = event.target;
    const box = node.getBoundingClientRect();
    const over = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    const under = Boolean(over?.closest(".abh-bar")) && !over.closest(".abh-bar").contains(node);
    way.push({ node, ringed: ringed(node), under });
  });

  /** What pressing Tab did not reach, reached without a ring, or reached behind the bar. */
  const walked = () => {
    const reached = new Set(way.map((each) => each.node));
    const radios = new Set([...reached].filter((n) => n.type === "radio").map((n) => n.name));
    const missed = stops().filter((n) => !reached.has(n) && !(n.type === "radio" && radios.has(n.name)));
    return [
      ...missed.map((node) => `unreached: ${label(node)}`),
      ...way.filter((each) => !each.ringed).map((each) => `no ring: ${label(each.node)}`),
      ...way.filter((each) => each.under).map((each) => `behind the bar: ${label(each.node)}`),
    ];
  };

  return { axe, wide, cut, stops, walked, way };
})();
