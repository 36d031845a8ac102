// The display in the waiting room: new numbers without loading the page, languages in turn, a chime.
(() => {
  "use strict";
  const main = document.querySelector("[data-display]");
  const list = main.querySelector(".abh-display__list");
  const button = main.querySelector("[data-sound]");
  const words = JSON.parse(main.dataset.words);
  let turn = Math.max(0, words.findIndex((each) => each.lang === main.lang));
  let known = null;
  let etag = "";
  let audio = null;
  let waits = [];

  const make = (tag, name, text) => {
    const element = document.createElement(tag);
    if (name) element.className = name;
    if (text !== undefined) element.textContent = text;
    return element;
  };
  const word = (key) => {
    const element = make("span", "", words[turn][key]);
    element.dataset.word = key;
    return element;
  };
  const number = (text) => {
    const element = make("bdi", "", text);
    element.dir = "ltr";
    return element;
  };
  const line = (row) => {
    const item = make("li");
    const ticket = make("span", "abh-display__ticket");
    ticket.append(number(row.ticket));
    const room = make("span", "abh-muted");
    room.append(word("room"), " ", number(row.room));
    item.append(ticket, make("span", "", row.desk), room);
    return item;
  };
  const empty = () => {
    const item = make("li", "abh-muted", words[turn].wait);
    item.dataset.word = "wait";
    return item;
  };

  // Two tones made here: no file, and only after somebody pressed the button.
  const chime = () => {
    if (!audio) return;
    [[660, 0], [528, 0.35]].forEach(([pitch, after]) => {
      const tone = audio.createOscillator();
      const volume = audio.createGain();
      const start = audio.currentTime + after;
      tone.frequency.value = pitch;
      volume.gain.setValueAtTime(0.0001, start);
      volume.gain.exponentialRampToValueAtTime(0.3, start + 0.03);
      volume.gain.exponentialRampToValueAtTime(0.0001, start + 0.6);
      tone.connect(volume).connect(audio.destination);
      tone.start(start);
      tone.stop(start + 0.65);
    });
  };

  const tellWaits = () => {
    const names = words[turn].services;
    main.querySelector("[data-wait]").hidden = !waits.length;
    main.querySelector("[data-waits]").replaceChildren(...waits.map((wait) => {
      const item = make("li");
      // A service that was not open when the page was loaded keeps its German name until then.
      item.append(number(wait.minutes),
        make("span", "", wait.services.map((each) => names[each] || each).join(" · ")));
      return item;
    }));
  };

  const show = (rows) => {
    const called = new Set(rows.map((row) => `${row.ticket} ${row.at}`));
    const isNew = known !== null && [...called].some((each) => !known.has(each));
    known = called;
    list.replaceChildren(...(rows.length ? rows.map(line) : [empty()]));
    if (isNew) chime();
  };

  const ask = async () => {
    try {
      const headers = etag ? { "If-None-Match": etag } : {};
      const answer = await fetch(main.dataset.numbers, { headers, cache: "no-store" });
      if (answer.status !== 200) return;
      etag = answer.headers.get("ETag") || "";
      const told = await answer.json();
      show(told.rows);
      waits = told.waits;
      tellWaits();
    } catch { /* the next question comes in a few seconds */ }
  };

  const speak = () => {
    turn = (turn + 1) % words.length;
    main.lang = words[turn].lang;
    main.dir = words[turn].dir;
    document.title = words[turn].call;
    main.querySelectorAll("[data-word]").forEach((each) => {
      each.textContent = words[turn][each.dataset.word];
    });
    tellWaits();
  };

  if ("AudioContext" in window) {
    button.hidden = false;
    button.addEventListener("click", () => {
      audio = new AudioContext();
      button.hidden = true;
      chime();
    });
  }
  ask();
  setInterval(ask, 5000);
  setInterval(speak, Number(main.dataset.every) * 1000);
})();
