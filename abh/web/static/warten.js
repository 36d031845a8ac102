// The page of a number: shown anew when it says something else, so that nobody is interrupted in
// reading. Without a script the page reloads itself (noscript).
(() => {
  "use strict";
  const words = (html) =>
    html.slice(html.indexOf("<main"), html.indexOf("</main>")).replace(/<[^>]*>|\s+/g, " ");
  let before = "";
  const look = async () => {
    try {
      const answer = await fetch(location.href);
      const now = answer.ok ? words(await answer.text()) : before;
      if (before && now !== before) location.reload();
      before = now;
    } catch {
      // The next look is in half a minute.
    }
  };
  look();
  setInterval(look, 30000);
})();
