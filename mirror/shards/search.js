/* The search of pages that no server stands behind, as of a folder that is opened from
   a disk: file:// loads nothing but classic scripts. So what package shards writes are
   such, which call padsync with what they hold. Nothing that they hold is run, or read
   as markup. */
(function () {
  "use strict";

  const own = document.currentScript;
  const folder = own.src.slice(0, own.src.lastIndexOf("/") + 1);

  /* ---------- words, as search/words.go has them ---------- */

  const letters = /[\p{L}\p{N}\p{Mc}]/u, combining = /\p{Mn}/u, marks = /\p{M}/u, inherited = /\p{Script=Inherited}/u;
  const alone = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u, format = /\p{Cf}/u;
  const typed = new Map([["œ", "oe"], ["æ", "ae"], ["ß", "ss"], ["ø", "o"], ["ł", "l"], ["đ", "d"], ["ð", "d"], ["ı", "i"], ["ς", "σ"]]);
  const longest = 128; // bytes of a word

  const isMark = (c) => c >= "\u0300" && marks.test(c) && inherited.test(c);
  const isLetter = (c) => c < "\x80" ? /[A-Za-z0-9]/.test(c) :
    !(c >= "\u02b9" && c <= "\u02bd") && (letters.test(c) || combining.test(c) && !isMark(c));
  const isAlone = (c) => c >= "\u2e80" && alone.test(parts(c));
  const isInvisible = (c) => c !== "\u200b" && format.test(c);

  /* parts takes a letter apart, but for a syllable of Hangul. */
  const parts = (c) => c >= "\uac00" && c <= "\ud7a3" ? c : c.normalize("NFKD");

  function fold(c) {
    if (c < "\x80") return c.toLowerCase();
    let folded = "";
    for (const part of parts(c)) {
      if (!isLetter(part)) continue;
      const lower = part.toLowerCase();
      folded += typed.get(lower) || lower;
    }
    return folded || c.toLowerCase();
  }

  const bytes = new TextEncoder();

  /* words are those of a text, and where they are in it. */
  function* words(text) {
    const at = (i) => String.fromCodePoint(text.codePointAt(i));
    for (let i = 0; i < text.length;) {
      let word = "", size = 0, start = i, end = i;
      for (; i < text.length; ) {
        const c = at(i);
        if (isLetter(c)) {
          const single = isAlone(c);
          if (single && word) break;
          if (!word) start = i;
          if (size < longest) {
            const folded = fold(c);
            word += folded;
            size += bytes.encode(folded).length;
          }
          end = i += c.length;
          if (single) {
            while (i < text.length && isMark(at(i))) end = i += at(i).length;
            break;
          }
          continue;
        }
        if (word && isMark(c)) end = i + c.length;
        else if (word && !isInvisible(c)) break;
        i += c.length;
      }
      if (word) yield { word, start, end };
    }
  }

  /* ---------- files ---------- */

  const waiting = new Map();

  window.padsync = function (held) {
    const take = waiting.get(document.currentScript);
    if (take) take(held);
  };
  window.padsync.words = words; // for who compares them with Go's

  /* load gives what a file holds. */
  function load(name) {
    return new Promise((resolve, reject) => {
      if (!/^[0-9a-f]{32}(-[0-9]{1,2})?$/.test(name)) throw new Error("not the name of a file");
      const script = document.createElement("script");
      const end = (then) => (held) => { waiting.delete(script); script.remove(); then(held); };
      waiting.set(script, end(resolve));
      script.onload = script.onerror = () => { if (waiting.has(script)) end(reject)(new Error("a file of the search is missing")); };
      script.src = folder + name + ".js";
      document.head.append(script);
    });
  }

  let root; // what the first file holds: it says which others there are

  const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

  /* decode reads where a word is: numbers of passages, each with whether it is in the
     title there. */
  function decode(text, add) {
    let value = 0, unit = 1, last = 0;
    for (const c of text) {
      const digit = digits.indexOf(c);
      value += (digit & 31) * unit;
      if (digit & 32) { unit *= 32; continue; }
      last += Math.floor(value / 2);
      add(last, value % 2 === 1);
      value = 0, unit = 1;
    }
  }

  /* before compares as bytes of UTF-8 do. */
  function before(a, b) {
    const x = [...a], y = [...b];
    for (let i = 0; i < x.length && i < y.length; i++) {
      if (x[i] !== y[i]) return x[i].codePointAt(0) < y[i].codePointAt(0);
    }
    return x.length < y.length;
  }

  /* last is the last of the rows that do not come after what is asked for. */
  function last(rows, after) {
    let low = 0, high = rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (after(rows[middle][0])) high = middle; else low = middle + 1;
    }
    return low - 1;
  }

  /* documentOf is the number of the first passage of the document that has one. */
  function documentOf(passage) {
    const row = root.long[last(root.long, (first) => first > passage)];
    return row && passage <= row[1] ? row[0] : passage;
  }

  /* find gives the documents that have a word, and the passages. */
  async function find(term) {
    const documents = new Map(), passages = new Set();
    for (let i = Math.max(last(root.words, (first) => before(term.word, first)), 0); i < root.words.length; i++) {
      const first = root.words[i][0];
      if (before(term.word, first) && !(term.prefix && first.startsWith(term.word))) break;
      const block = await load(root.words[i][1]);
      for (const line of block.split("\n")) {
        const space = line.indexOf(" "), word = line.slice(0, space);
        if (word !== term.word && !(term.prefix && word.startsWith(term.word))) continue;
        decode(line.slice(space + 1), (passage, titled) => {
          const d = documentOf(passage);
          passages.add(passage);
          documents.set(d, titled || documents.get(d) === true);
        });
      }
    }
    return { documents, passages };
  }

  /* ---------- questions ---------- */

  const most = 32; // words

  /* ask reads what was typed: all words must be there. The last one may go on, if it
     has four letters, and any that ends with an asterisk, if it has three. */
  function ask(query) {
    const terms = [], pieces = query.split(/\s+/).filter((piece) => piece);
    pieces.forEach((piece, i) => {
      const all = [...words(piece)];
      all.forEach(({ word }, j) => {
        const ends = j === all.length - 1, size = [...word].length;
        const prefix = ends && (i === pieces.length - 1 && size >= 4 || piece.endsWith("*") && size >= 3);
        if (terms.length < most) terms.push({ word, prefix });
      });
    });
    return terms;
  }

  /* search gives the documents that have all words: those first that have more of them
     in their titles, then those that changed last. */
  async function search(terms) {
    const found = [];
    for (const term of terms) {
      found.push(await find(term));
      if (found[found.length - 1].documents.size === 0) return [];
    }
    found.sort((a, b) => a.documents.size - b.documents.size);
    const hits = [];
    for (const number of found[0].documents.keys()) {
      if (!found.every((one) => one.documents.has(number))) continue;
      const titled = found.filter((one) => one.documents.get(number)).length;
      hits.push({ number, titled, passage: passageOf(number, found) });
    }
    return hits.sort((a, b) => b.titled - a.titled || a.number - b.number);
  }

  /* passageOf is the first passage of a document with most of the words. */
  function passageOf(number, found) {
    const row = root.long[last(root.long, (first) => first > number)];
    const end = row && row[0] === number ? row[1] : number;
    let best = number, fits = -1;
    for (let passage = number; passage <= end; passage++) {
      const n = found.filter((one) => one.passages.has(passage)).length;
      if (n > fits) best = passage, fits = n;
    }
    return best;
  }

  const around = 200; // letters of a text that are shown

  /* snippet gives the part of a text with most of the words, in pieces: every other one
     is a hit. */
  function snippet(text, terms) {
    const spans = [];
    for (const { word, start, end } of words(text)) {
      const term = terms.findIndex((t) => word === t.word || t.prefix && word.startsWith(t.word));
      if (term >= 0) spans.push({ term, start, end });
      if (spans.length === 2000) break;
    }
    let from = 0, to = 0, different = 0;
    for (let i = 0; i < spans.length; i++) {
      const seen = new Set();
      let j = i;
      for (; j < spans.length && spans[j].end - spans[i].start <= around; j++) seen.add(spans[j].term);
      if (seen.size > different) from = i, to = j, different = seen.size;
      if (different === terms.length) break;
    }
    const hits = spans.slice(from, Math.max(to, from + 1));
    const first = hits.length ? hits[0].start : 0, end = hits.length ? hits[hits.length - 1].end : 0;
    const room = Math.max(around - (end - first), 0) >> 1;
    let begin = Math.max(first - room, 0), stop = Math.min(end + 2 * room - (first - begin), text.length);
    begin = border(text, begin, 1, first);
    stop = border(text, stop, -1, end);
    const pieces = [begin > 0 ? "… " : ""];
    let at = begin;
    for (const hit of hits) {
      pieces[pieces.length - 1] += text.slice(at, hit.start);
      pieces.push(text.slice(hit.start, hit.end), "");
      at = hit.end;
    }
    pieces[pieces.length - 1] += text.slice(at, stop) + (stop < text.length ? " …" : "");
    return pieces;
  }

  /* border goes to the next space in that direction, if there is one near and before
     what stays; never into a letter. */
  function border(text, at, step, limit) {
    if (at === 0 || at === text.length) return at;
    for (let i = at, n = 0; n < 40 && (limit - i) * step > 0; i += step, n++) {
      if (text[i] === " ") return step > 0 ? i + 1 : i;
    }
    return text[at] >= "\udc00" && text[at] <= "\udfff" ? at + 1 : at;
  }

  /* ---------- the page ---------- */

  const form = document.getElementById("search"), field = document.getElementById("words"), told = document.getElementById("told");
  const list = document.getElementById("all"), results = document.getElementById("results"), more = document.getElementById("more");
  const page = 10; // results that are shown at once
  let asked = 0, left = [], terms = [];

  function show(query) {
    list.hidden = query !== "";
    results.replaceChildren();
    more.hidden = true;
    told.textContent = "";
  }

  async function run(query) {
    const now = ++asked;
    field.value = query;
    show(query);
    if (query === "") return;
    told.textContent = form.dataset.searching;
    try {
      root = root || await load(own.dataset.index);
      terms = ask(query);
      const hits = terms.length ? await search(terms) : [];
      if (now !== asked) return;
      left = hits;
      told.textContent = hits.length ? form.dataset.found + " " + hits.length.toLocaleString(document.documentElement.lang) : form.dataset.none;
      await next(now);
    } catch (problem) {
      if (now === asked) told.textContent = form.dataset.failed;
    }
  }

  /* next shows some more results. */
  async function next(now) {
    const some = left.slice(0, page), files = new Map();
    more.hidden = true;
    for (const hit of some) {
      const [first, name] = root.texts[last(root.texts, (number) => number > hit.passage)];
      if (!files.has(name)) files.set(name, load(name));
      const row = (await files.get(name))[hit.passage - first];
      if (now !== asked) return;
      results.append(result(row));
    }
    left = left.slice(page);
    more.hidden = left.length === 0;
  }

  function result([title, link, date, text]) {
    const item = document.createElement("li"), name = document.createElement("a"), when = document.createElement("span"), quote = document.createElement("p");
    const pieces = snippet(text, terms);
    name.textContent = title;
    name.href = link + (pieces.length > 1 ? "#:~:text=" + encodeURIComponent(pieces[1]).replace(/-/g, "%2D") : "");
    when.textContent = date;
    quote.dir = "auto";
    pieces.forEach((piece, i) => {
      const part = document.createElement(i % 2 ? "mark" : "span");
      part.textContent = piece;
      if (piece) quote.append(part);
    });
    item.append(name, " ", when, quote);
    return item;
  }

  /* The question is in the address, behind the #: so Back works, and a question can be
     kept and sent. */
  function read() {
    const hash = location.hash;
    let query = "";
    if (hash.startsWith("#q=")) {
      try { query = decodeURIComponent(hash.slice(3)); } catch (problem) { query = hash.slice(3); }
    }
    return run(query.trim().slice(0, 1000));
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const query = field.value.trim(), hash = query ? "#q=" + encodeURIComponent(query) : "";
    if (hash === location.hash) read(); else location.hash = hash;
  });
  more.addEventListener("click", async () => {
    const at = results.children.length;
    try { await next(asked); } catch (problem) { told.textContent = form.dataset.failed; }
    const first = results.children[at];
    if (first) first.querySelector("a").focus();
  });
  window.addEventListener("hashchange", read);
  form.hidden = false;
  read();
})();
