// Helpers that the gallery's scripts and the live engine share.

/** All elements that match a selector, as an array. */
export const all = (selector, /** @type {ParentNode} */ root = document) => [...root.querySelectorAll(selector)];

/** Call a function now, and after each navigation that loads no page (Material's navigation.instant). */
export function onPage(show) {
  show();
  globalThis.document$?.subscribe(show);
}

/**
 * Call a function once with each element that matches a selector, on this page and on those that replace it.
 * @param {string} selector
 * @param {(part: HTMLElement) => void} change
 */
export function enhance(selector, change) {
  const done = new WeakSet();
  onPage(() => {
    for (const part of all(selector)) {
      if (done.has(part)) continue;
      done.add(part);
      change(part);
    }
  });
}

/** A function that fetches on its first call and then returns the same. A failed fetch is repeated at the next call. */
export function fetchedOnce(fetchNow) {
  let pending = null;
  return () =>
    (pending ??= fetchNow().catch((error) => {
      pending = null;
      throw error;
    }));
}

/** Fetch a JSON file, or throw a sentence that names it. what: subject of the sentence. */
export async function fetchJson(address, what) {
  const response = await fetch(address).catch(() => null);
  if (!response?.ok) throw new Error(`${what} could not be fetched${response ? ` (HTTP ${response.status})` : ""}. Try again.`);
  return response.json().catch(() => {
    throw new Error(`${what} could not be read: the server sent something else. Reload the page.`);
  });
}

const MAX_LETTERS = 200; // of a name; what compares names takes long for longer ones

/** Normalize text for comparison: lower case, ASCII letters and digits, single spaces. Agrees with `slugify`. */
export const plain = (text) =>
  text
    .slice(0, MAX_LETTERS)
    .normalize("NFKD")
    .replace(/[^\x00-\x7f]/g, "")
    .toLowerCase()
    .replaceAll("'s", "s")
    .replace(/[^a-z0-9]+/g, " ")
    .trim();

/** The words of a text in any script, for comparison: without case and accents. */
export const wordsOf = (text) =>
  text
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toUpperCase() // Greek has two small letters for one
    .replaceAll("'S", "S")
    .split(/[^\p{L}\p{N}]+/u)
    .filter(Boolean);

/**
 * Create an element with properties (or attributes) and children.
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {Record<string, any>} properties
 * @param {...(Node | string)} children
 */
export function element(name, properties = {}, ...children) {
  const created = document.createElement(name);
  for (const [key, value] of Object.entries(properties))
    key in created ? (created[key] = value) : created.setAttribute(key, value);
  created.append(...children);
  return created;
}

/** Levenshtein distance: the fewest insertions, deletions and substitutions that turn one word into the other. */
export function editDistance(a, b) {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
    row = next;
  }
  return row[b.length];
}
