// What the pages do by themselves. Each is whole without this file, and without htmx.
"use strict";

(() => {
  // A part with data-live is asked for again by itself: every two seconds while
  // somebody looks, else once a minute, and at once when she comes back.
  const often = 2000, seldom = 60000;
  let timer = 0;

  const again = async () => {
    const part = document.querySelector("[data-live]");
    if (part) {
      await htmx.ajax("GET", part.dataset.live, { target: "#" + part.id, select: "#" + part.id, swap: "outerHTML" }).catch(() => {});
    }
    plan();
  };
  const plan = () => {
    clearTimeout(timer);
    if (document.querySelector("[data-live]")) timer = setTimeout(again, document.hidden ? seldom : often);
  };
  document.addEventListener("visibilitychange", () => { document.hidden ? plan() : again(); });
  plan();
})();
