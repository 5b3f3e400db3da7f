// The slider of a pad's life. The page is whole without this file: the slider is a form,
// and each step a link. With it, the label follows the thumb at once, and the text when
// the hand rests.
"use strict";

(async () => {
  const form = document.querySelector("[data-life]");
  if (!form) return;
  const slider = document.getElementById("rev"), sheet = document.getElementById("sheet");
  const part = (name) => document.querySelector(`[data-life-${name}]`);
  const words = form.dataset, status = part("status"), loading = part("loading"), play = part("play");
  const rests = 150, sittingShows = 1500, pagesLeft = 20000;

  // What the label says of each revision. Until it is there, the label says the number.
  let known = null;
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);
  const number = (n) => String(n).length <= 4 ? String(n) : String(n).replace(/\B(?=(\d{3})+$)/g, words.separator);
  const momentOf = (seconds) => {
    const at = new Date(seconds * 1000); // clocks where padsync runs, read as if they were UTC
    const day = at.getUTCDate() === 1 ? words.first : at.getUTCDate();
    const date = fill(words.date, { day, month: words.months.split(/\s+/)[at.getUTCMonth()] }) + "\u00a0" + at.getUTCFullYear();
    return fill(words.moment, { date, hour: at.getUTCHours(), minute: String(at.getUTCMinutes()).padStart(2, "0") });
  };
  const learn = (told) => {
    let time = 0;
    const times = told.times.map((later) => time += later), hands = [];
    for (let i = 0; i < told.hands.length; i += 2) for (let n = 0; n < told.hands[i + 1]; n++) hands.push(told.hands[i]);
    known = { ...told, times, hands };
  };
  const label = () => {
    const revision = Number(slider.value);
    let said = fill(words.revision, { revision: number(revision) });
    part("revision").textContent = said;
    if (known) {
      const at = Math.min(Math.floor(revision / known.step), known.times.length - 1);
      const who = known.names[known.hands[at]];
      const wrote = who ? fill(words.wrote, { who }) : "";
      part("who").textContent = wrote && wrote + " · ";
      if (known.times[at]) {
        const moment = momentOf(known.times[at]);
        part("time").textContent = moment;
        said = [moment, wrote, said].filter(Boolean).join(", ");
      }
    }
    slider.setAttribute("aria-valuetext", said);
  };

  // The text, and what else is of a moment, follows at rest. Only the last wish counts.
  let timer = 0, wish = 0, shown = Number(slider.value);
  const wait = (on) => {
    sheet.classList.toggle("is-loading", on);
    loading.hidden = !on;
    if (on) status.textContent = words.loading;
  };
  const takeOver = (from) => {
    for (const here of document.querySelectorAll("[data-follow]")) {
      const there = from.querySelector(`[data-follow="${here.dataset.follow}"]`);
      if (!there) continue;
      if (here.matches("a")) here.href = there.getAttribute("href");
      else here.replaceChildren(...there.childNodes);
    }
    for (const here of form.querySelectorAll("[data-life-step]")) {
      const there = from.querySelector(`[data-life-step="${here.dataset.lifeStep}"]`);
      const leads = there && there.hasAttribute("href");
      if (!leads && here === document.activeElement) slider.focus();
      for (const name of ["href", "data-revision", "aria-disabled"]) {
        if (there && there.hasAttribute(name)) here.setAttribute(name, there.getAttribute(name));
        else here.removeAttribute(name);
      }
    }
  };
  const loaded = (address) => new Promise((resolve) => {
    const timeout = setTimeout(resolve, pagesLeft);
    sheet.addEventListener("load", () => { clearTimeout(timeout); resolve(); }, { once: true });
    // Not by src: that would make each moment a step of the browser's Back.
    sheet.contentWindow.location.replace(new URL(address, location.href));
  });
  const follow = async () => {
    clearTimeout(timer);
    const revision = Number(slider.value), mine = ++wish;
    if (revision === shown) return wait(false);
    wait(true);
    try {
      const address = words.link + revision;
      const answer = await fetch(address);
      if (!answer.ok) throw new Error(answer.status);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (mine !== wish) return;
      const next = page.getElementById("sheet");
      if (!next) throw new Error("no text");
      history.replaceState(null, "", address);
      takeOver(page);
      sheet.title = next.title;
      await loaded(next.getAttribute("src"));
      if (mine !== wish) return;
      shown = revision;
      wait(false);
      status.textContent = next.title;
    } catch {
      if (mine !== wish) return;
      halt();
      wait(false);
      loading.hidden = false;
      loading.textContent = status.textContent = words.failed;
    }
  };
  const rest = () => {
    clearTimeout(timer);
    wish++; // what is on its way is not wished for any more
    loading.textContent = words.loading;
    timer = setTimeout(follow, rests);
  };
  const go = (revision) => {
    slider.value = revision;
    label();
    rest();
  };

  // From sitting to sitting. Nothing plays for who asked that nothing moves.
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  let playing = 0;
  const halt = () => {
    playing++;
    play.dataset.on = "";
    play.textContent = words.play;
  };
  const run = async () => {
    const mine = ++playing;
    play.dataset.on = "1";
    play.textContent = words.stop;
    if (Number(slider.value) >= known.head) slider.value = 0;
    while (mine === playing) {
      const next = known.sittings.find((last) => last > Number(slider.value)) ?? known.head;
      slider.value = next;
      label();
      await follow();
      if (mine !== playing) return;
      if (next >= known.head) return halt();
      await new Promise((resolve) => setTimeout(resolve, sittingShows));
    }
  };
  const playable = () => {
    play.hidden = still.matches || !known;
    if (still.matches) halt();
  };

  slider.addEventListener("input", () => { halt(); label(); rest(); });
  slider.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || !known) return;
    const at = Number(slider.value);
    let to;
    if (event.key === "PageUp") to = known.backups.find((n) => n > at) ?? known.head;
    else if (event.key === "PageDown") to = known.backups.findLast((n) => n < at) ?? 0;
    else return;
    event.preventDefault();
    halt();
    go(to);
  });
  form.addEventListener("click", (event) => {
    const step = event.target.closest("[data-life-step]");
    if (!step || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    halt();
    if (step.dataset.revision) go(Number(step.dataset.revision));
  });
  play.addEventListener("click", () => play.dataset.on ? halt() : run());
  still.addEventListener("change", playable);

  label();
  const answer = await fetch(words.lifeMoments ?? words.moments).catch(() => null);
  if (answer?.ok) {
    learn(await answer.json());
    label();
  }
  playable();
})();
