// What the pages do by themselves. Each is whole without this file, and without htmx.
"use strict";

(() => {
  // A part with data-live is asked for again by itself: every two seconds while
  // somebody looks, else once a minute, and at once when she comes back. One with
  // data-seldom waits for something to happen, and is asked for once a minute.
  const often = 2000, seldom = 60000;
  let timer = 0, asked = Date.now(); // when those were asked for that are seldom

  const parts = () => [...document.querySelectorAll("[data-live]")];
  // What is to be said is on the page as an attribute: browsers for text show whatever
  // is hidden.
  const show = (name, shown) => {
    const all = document.getElementById("notices"), there = document.getElementById("notice-" + name);
    if (!shown && there) there.remove();
    if (!shown || there || !all?.dataset[name]) return;
    const said = document.createElement("p");
    said.id = "notice-" + name;
    said.className = "notice " + (name === "changed" ? "is-safe" : "is-look");
    said.textContent = all.dataset[name];
    if (name === "changed") {
      const again = document.createElement("a");
      again.href = location.pathname + location.search;
      again.textContent = all.dataset.again;
      said.append(" ", again);
    }
    all.append(said);
  };

  // What is the same stays as it is, so that focus, and what a screen reader follows,
  // are not lost.
  const again = async (all) => {
    clearTimeout(timer);
    if (Date.now() - asked >= seldom) all = true;
    if (all) asked = Date.now();
    for (const part of parts()) {
      if (!all && "seldom" in part.dataset) continue;
      try {
        const answer = await fetch(part.dataset.live, { credentials: "same-origin", cache: "no-store" });
        show("gone", false);
        show("locked", answer.status === 401);
        if (!answer.ok) continue;
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const next = page.getElementById(part.id);
        if ("titled" in part.dataset) document.title = page.title;
        if (next && part.id === "work" && part.children.length && !next.children.length) show("changed", true);
        if (next && !next.isEqualNode(part)) await htmx.swap({ target: part, swap: "outerMorph", text: next.outerHTML });
      } catch {
        show("gone", true); // the program has ended; it may only have been started again
      }
    }
    speak();
    plan();
  };
  const plan = () => {
    clearTimeout(timer);
    const all = parts();
    if (all.length) timer = setTimeout(() => again(false), document.hidden || all.every((p) => "seldom" in p.dataset) ? seldom : often);
  };
  // What is to be said aloud stands outside of what is replaced, and is said once.
  const speak = () => {
    const said = document.querySelector("[data-spoken]"), to = document.getElementById("spoken");
    if (said && to && to.textContent !== said.dataset.spoken) to.textContent = said.dataset.spoken;
  };
  document.addEventListener("visibilitychange", () => { document.hidden ? plan() : again(true); });
  plan();

  // A list that is filtered as one types has its filter in the address, to come back to.
  document.addEventListener("htmx:after:swap", () => {
    const form = document.querySelector("form[data-address]");
    if (!form) return;
    const said = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
    history.replaceState(null, "", form.getAttribute("action") + (said.size ? "?" + said : ""));
  });
})();
