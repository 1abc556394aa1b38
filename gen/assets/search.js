// Finding classes: the index page's filter and order, suggestions on the page for unknown addresses, and everyday words
// in the site's search.

import { all, editDistance, element, fetchJson, plain, wordsOf } from "./helpers.js";
import { classOf, explain, explanation, meanings, words } from "./words.js";

const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Khmer}\p{Script=Lao}\p{Script=Myanmar}]/u;

/** The index: filter while typing, sort, open a random class. */
export function searchClasses(tools) {
  const lists = all("ul.gallery");
  const headings = lists.map((list) => list.previousElementSibling);
  let cached; // a thousand classes are read only when a reader searches
  const entries = () => (cached ??= lists.flatMap((list) => [...list.children].map((item) => ({
    item,
    list,
    index: Number(item.dataset.index),
    probability: Number(item.dataset.probability),
    margin: Number(item.dataset.margin),
    rank: Number(item.dataset.rank),
    secondProbability: Number(item.dataset.secondProbability),
    name: item.dataset.name,
    words: wordsOf([item.dataset.index, item.querySelector("b").textContent, item.dataset.name, item.dataset.words].join(" ")),
  }))));
  const [filter, sort, random, count] = ["input", "select", "button", "output"].map((name) => tools.querySelector(name));
  const orders = {
    name: (a, b) => a.name.localeCompare(b.name),
    index: (a, b) => a.index - b.index,
    // Near certainty probabilities are equal in float32, but margins of logits still differ.
    probability: (a, b) => b.probability - a.probability || b.margin - a.margin,
    // Rank first: the evaluation network may be trained to give low probabilities.
    rank: (a, b) => a.rank - b.rank || b.secondProbability - a.secondProbability,
  };

  const classes = (number) => (number === 1 ? "1 class" : `${number || "no"} classes`);
  const clear = element("button", { type: "button", textContent: "Clear the filter" });
  clear.addEventListener("click", () => {
    filter.value = "";
    show();
    filter.focus();
  });

  let list = null; // everyday words are fetched when a reader searches
  const fetchWords = async () => {
    list ??= await words().catch(() => null);
    show();
  };

  // Where words are written without spaces, they begin anywhere.
  const begins = (word, part) => (UNSPACED.test(part) ? word.includes(part) : word.startsWith(part));

  function show() {
    const typed = wordsOf(filter.value);
    const found = list ? meanings(filter.value, list).filter(({ near }) => !near) : [];
    const under = new Set(found.flatMap(({ classes }) => classes));
    const shown = new Set();
    for (const entry of entries()) {
      const matches = under.has(entry.index) || typed.every((part) => entry.words.some((word) => begins(word, part)));
      // When sorted, a class of two groups is shown once.
      entry.item.hidden = !matches || (sort.value !== "" && shown.has(entry.index));
      if (!entry.item.hidden) shown.add(entry.index);
    }
    lists.forEach((list, index) => {
      const left = [...list.children].filter((item) => !item.hidden).length;
      list.hidden = !left;
      headings[index].hidden = sort.value !== "" || list.hidden;
      headings[index].querySelector("small")?.replaceChildren(classes(left));
    });
    count.textContent = classes(shown.size);
    if (shown.size) return;
    if (list && meanings(filter.value, list).length) count.append(". ", ...explanation(filter.value, list));
    count.append(" ", clear);
  }

  function order() {
    const sorted = sort.value ? [...entries()].sort(orders[sort.value]) : entries();
    for (const entry of sorted) (sort.value ? lists[0] : entry.list).append(entry.item);
    show();
  }

  filter.addEventListener("input", show);
  filter.addEventListener("focus", fetchWords, { once: true });
  sort.addEventListener("change", order);
  random.addEventListener("click", () => {
    const shown = entries().filter((entry) => !entry.item.hidden);
    const candidates = shown.length ? shown : entries();
    const chosen = candidates[Math.floor(Math.random() * candidates.length)];
    location.href = chosen.item.querySelector("a").href;
  });
  tools.hidden = false;
  if (filter.value || sort.value) order(); // restored by the browser
}

/** The page for unknown addresses: link the classes and pages whose names are closest to the address. */
export async function suggestPages(part) {
  const root = new URL(`${part.dataset.root.replace(/\/$/, "")}/`, location.href);
  const json = (path) => fetchJson(new URL(path, root), path).catch(() => null);
  // Zensical's index lies elsewhere; its pages tell the search where they redirect to.
  const zensical = /"redirect":/.test(document.getElementById("__config")?.textContent ?? "");
  const [gallery, index] = await Promise.all([json("gallery/index.json"), json(zensical ? "search.json" : "search/search_index.json")]);
  const list = await words().catch(() => null);
  // Of two classes by the name of crane, each has a name of its own.
  const classes = (gallery?.classes ?? []).map(({ index, name, url, names }) => ({ name: list?.classes[index]?.[0] ?? name, url, words: names }));
  const pages = (index?.docs ?? index?.items ?? [])
    .filter(({ location }) => location && !/#|^gallery\/./.test(location))
    .map(({ title, location }) => ({ name: title, url: location, words: [title, location.split("/").filter(Boolean).at(-1)] }));
  const readable = (text) => plain(text) || wordsOf(text).join(" "); // in any script, as addresses are
  const parts = location.pathname.slice(root.pathname.length).split("/").map((name) => readable(decoded(name).replace(/\.html?$/, "")));
  const last = parts.findLast(Boolean) ?? "";
  const found = list ? meanings(last, list) : [];
  if (found.length && !list.pages.has(classOf(found))) return part.after(element("p", {}, ...explanation(last, list)));
  for (const [position, wanted] of parts.filter(Boolean).reverse().entries()) { // the last part says most
    const distance = (word) => (!position && wanted.length > 3 && word.startsWith(wanted) ? 1 : editDistance(wanted, word));
    const closest = [...classes, ...pages]
      .map((page) => ({ ...page, distance: Math.min(...page.words.map((word) => distance(readable(word)))) }))
      .filter(({ distance }) => distance <= wanted.length / 3)
      .sort((a, b) => a.distance - b.distance)
      .slice(0, 3);
    if (!closest.length && !position && list && explain(last, list).choices.length) return part.after(element("p", {}, ...explanation(last, list)));
    if (!closest.length) continue;
    const links = closest.map(({ name, url }) => element("a", { href: new URL(url, root), textContent: name }));
    return part.after(element("p", {}, "Did you mean ", ...links.flatMap((link, index) => (index ? [" or ", link] : [link])), "?"));
  }
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The site's search: say which classes an everyday word means, above what the search finds. input: its field, in focus. */
export function explainSearch(input) {
  const results = input.closest(".md-search")?.querySelector(".md-search-result");
  if (!results) return;
  const line = element("p", { className: "search-words", role: "status", hidden: true });
  results.before(line);
  const show = async () => {
    const list = await words().catch(() => null);
    const found = list && plain(input.value) ? meanings(input.value, list) : [];
    // The search itself finds the page of a class.
    line.hidden = !found.length || list.pages.has(classOf(found));
    line.replaceChildren(...(line.hidden ? [] : explanation(input.value, list)));
  };
  input.addEventListener("input", show);
  show();
}
