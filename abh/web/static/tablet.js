// The tablet at a desk: asks what is shown, and forgets it when nobody answers any more.
(() => {
  "use strict";
  const { mark, ask, home } = document.currentScript.dataset;
  let silent = 0;
  const look = async () => {
    try {
      const answer = await fetch(ask, { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(String(answer.status));
      silent = 0;
      if ((await answer.json()).mark !== mark) location.replace(home);
    } catch {
      silent += 1;
      // Without the office nobody can say that the visit has ended.
      if (mark && silent >= 5) document.querySelector("main").replaceChildren();
    }
  };
  setInterval(look, 3000);
})();
