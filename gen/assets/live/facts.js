// The contents of live.json: the classes, the settings of the methods, the weights' address.

import { editDistance, plain } from "../helpers.js";

/** The URL of a file beside this one. */
export const url = (name) => new URL(name, import.meta.url).href;

let pending = null;

/** Fetch live.json on first use. A failed fetch is repeated at the next call. */
export const facts = () =>
  (pending ??= fetchFacts().catch((error) => {
    pending = null;
    throw error;
  }));

async function fetchFacts() {
  const response = await fetch(url("live.json"));
  if (!response.ok) throw new Error(`The list of classes could not be fetched (HTTP ${response.status}). Try again.`);
  const loaded = await response.json();
  loaded.byName = new Map();
  // A class's own name takes precedence over another's synonym.
  for (const own of [true, false])
    loaded.classes.forEach(([name, wnid, ...synonyms], index) => {
      for (const word of own ? [name, wnid, String(index)] : synonyms)
        if (!loaded.byName.has(plain(word))) loaded.byName.set(plain(word), index);
    });
  return loaded;
}

/** The index of the class with this name, synonym, WNID or index. Throws a message for the reader if there is none. */
export async function resolveClass(typed) {
  const { byName, classes } = await facts();
  const name = plain(typed);
  if (!name) throw new Error("Name one of ImageNet's classes.");
  if (byName.has(name)) return byName.get(name);
  const distance = (candidate) => editDistance(plain(candidate), name);
  const closest = classes.map(([own]) => own).reduce((best, own) => (distance(own) < distance(best) ? own : best));
  throw new Error(`ImageNet has no class “${typed.trim()}”. Did you mean ${closest}?`);
}
