// What readers call the classes: names, synonyms, and WordNet's more general words (dog) and neighbors (giraffe). Agrees
// with actmax.networks.labels.

import { editDistance, element, fetchedOnce, fetchJson, plain } from "./helpers.js";

const ENDINGS = [["ies", "y"], ["es", ""], ["s", ""], ["men", "man"]]; // of regular plurals, and of the singular
const CHOICES = 6;

/** The contents of words.json. */
export const words = fetchedOnce(fetchWords);

async function fetchWords() {
  const address = new URL("words.json", import.meta.url);
  const { of, classes, pages, draw, rows } = await fetchJson(address, "The list of classes");
  const absolute = (link) => new URL(link, address).href;
  /** @type {[number, string][]} */
  const linked = Object.entries(pages).map(([index, page]) => [Number(index), absolute(page)]);
  return { of, classes, pages: new Map(linked), draw: draw && absolute(draw), byName: namesOf(classes), ...parse(rows) };
}

/** The classes by name: those that have it as their own come first. */
function namesOf(classes) {
  const byName = new Map();
  const add = (name, index) => {
    const found = byName.get(name) ?? [];
    if (!found.includes(index)) byName.set(name, [...found, index]);
  };
  const own = classes.map(([name]) => plain(name.replace(/ \(\d+\)$/, "")));
  own.forEach(add);
  classes.forEach(([, , ...synonyms], index) => [...synonyms, synonyms.join(" ")].forEach((synonym) => add(plain(synonym), index)));
  const keys = ([, wnid], index) => [...(wnid ? [wnid, String(index)] : []), `${own[index]} ${index}`];
  classes.forEach((one, index) => keys(one, index).forEach((name) => byName.set(name, [index])));
  return byName;
}

/** The rows of WordNet's words: `dog<tab>151-268` for those under a word, `~351,352` for the nearest, `=ox` for a plural. */
function parse(rows) {
  const senses = new Map();
  const plurals = new Map();
  for (const row of rows.split("\n").filter(Boolean)) {
    const [named, rest] = row.split("\t");
    if (rest[0] === "=") plurals.set(named, rest.slice(1));
    else {
      const synonyms = named.split(", ");
      const sense = { words: synonyms, classes: rest.replace("~", "").split(",").flatMap(range), near: rest[0] === "~" };
      for (const word of synonyms) senses.set(word, [...(senses.get(word) ?? []), sense]);
    }
  }
  return { senses, plurals };
}

function range(text) {
  const [low, high = low] = text.split("-").map(Number);
  return Array.from({ length: high - low + 1 }, (_, step) => low + step);
}

function singulars(word, plurals) {
  const [, start, last] = /^(.* )?(.*)$/.exec(word);
  const regular = ENDINGS.filter(([ending]) => last.endsWith(ending)).map(([ending, other]) => last.slice(0, -ending.length) + other);
  const found = plurals.has(last) ? [plurals.get(last)] : regular;
  return found.filter(Boolean).map((singular) => `${start ?? ""}${singular}`);
}

/** What a word may mean: a list of { words, classes, near }, empty if nothing is known. list: of `words()`. */
export function meanings(typed, list) {
  const wanted = plain(typed);
  if (/^\d+$/.test(wanted) && typed.trim() !== wanted) return []; // -1 is not the class 1
  for (const word of wanted ? [wanted, ...singulars(wanted, list.plurals)] : []) {
    const named = (list.byName.get(word) ?? []).map((index) => ({ words: list.classes[index].slice(2), classes: [index], near: false }));
    const found = [...named, ...(list.senses.get(word) ?? [])];
    if (found.length) return found;
  }
  return [];
}

/** The one class that a word means; null if there are none or several. */
export function classOf(found) {
  return found.length === 1 && found[0].classes.length === 1 && !found[0].near ? found[0].classes[0] : null;
}

/** What to tell a reader whose word is not the name of one class: { text, choices }, classes among which to choose. */
export function explain(typed, list) {
  const word = typed.trim();
  if (!plain(word)) {
    const text = /\p{L}/u.test(word) ? `${list.of}'s names are English: write one in Latin letters.` : `Name one of ${list.of.replace("The", "the")}'s classes.`;
    return { text, choices: [] };
  }
  const found = meanings(word, list);
  if (!found.length) {
    const closest = misspelled(plain(word), list);
    const meant = closest === null ? "" : ` Did you mean ${list.classes[closest][0]}?`;
    return { text: `${list.of} has no class “${word}”.${meant}`, choices: closest === null ? [] : [closest] };
  }
  const all = unique(found.flatMap(({ classes }) => classes));
  if (found.every(({ near }) => near)) return { text: `${list.of} has no ${word}; nearest:`, choices: all };
  if (all.length === 1 && plain(list.classes[all[0]][0]) === plain(word)) return { text: `${list.of} has this class${list.pages.has(all[0]) ? "" : ", without a page here"}:`, choices: all };
  if (found.length === 1) return { text: `${list.of} has ${all.length} ${all.length > 1 ? "classes" : "class"} for “${word}”:`, choices: some(all, CHOICES, list) };
  const choices = unique(found.flatMap(({ classes }) => some(classes, Math.ceil(CHOICES / found.length), list)));
  if (found.every(({ classes }) => classes.length === 1)) return { text: `“${word}” may mean several classes:`, choices };
  const names = unique(found.map((meaning) => meaning.words.find((other) => plain(other) !== plain(word))));
  const told = names.length === found.length && names.every(Boolean);
  return { text: `“${word}” ${told ? `may mean ${names.join(" or ")}` : `has ${found.length} meanings`}:`, choices };
}

const unique = (values) => [...new Set(values)];

/** A few classes of many: those with a page first, then some from all parts of the list. */
function some(classes, most, list) {
  const drawn = classes.filter((index) => list.pages.has(index)).slice(0, most);
  const others = classes.filter((index) => !drawn.includes(index));
  const room = Math.min(most - drawn.length, others.length);
  return [...drawn, ...Array.from({ length: room }, (_, step) => others[Math.floor((step * others.length) / room)])];
}

/** The class with the most similar name, or with the same beginning; null if there is none. */
function misspelled(word, { classes }) {
  const names = classes.map(([name]) => plain(name));
  const distances = names.map((name) => editDistance(name, word));
  const least = Math.min(...distances);
  if (least <= Math.max(1, word.length / 4)) return distances.indexOf(least);
  const shared = names.map((name) => sameBeginning(name, word));
  const longest = Math.max(...shared);
  return longest >= 4 && longest > word.length / 2 ? shared.indexOf(longest) : null;
}

/** How many letters two words have in common before they differ. */
function sameBeginning(a, b) {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length += 1;
  return length;
}

/** A paragraph's contents: an explanation with links to pages, or to the live drawing. */
export function explanation(typed, list) {
  const { text, choices } = explain(typed, list);
  const linked = choices.map((index) => {
    const [name] = list.classes[index];
    const href = list.pages.get(index) ?? (list.draw && list.draw + encodeURIComponent(name));
    return href ? element("a", { href, textContent: name }) : name;
  });
  const end = `${list.classes[choices[0]]?.[0]}?`;
  if (text.endsWith(` ${end}`)) return [text.slice(0, -end.length), linked[0], "?"];
  return [text, ...linked.flatMap((link, index) => [index ? ", " : " ", link])];
}
