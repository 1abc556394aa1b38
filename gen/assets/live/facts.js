// What the live engine is told: live.json, the settings of the methods and the weights' address, and the classes.

import { classOf, explain, meanings, words } from "../words.js";

/** The URL of a file beside this one. */
export const url = (name) => new URL(name, import.meta.url).href;

let pending = null;

/** Fetch live.json and words.json on first use. A failed fetch is repeated at the next call. */
export const facts = () =>
  (pending ??= fetchFacts().catch((error) => {
    pending = null;
    throw error;
  }));

async function fetchFacts() {
  const [response, list] = await Promise.all([fetch(url("live.json")), words()]);
  if (!response.ok) throw new Error(`The settings could not be fetched (HTTP ${response.status}). Try again.`);
  return { ...(await response.json()), ...list };
}

/** The index of the class that a word means. Throws a message for the reader, with `choices`, if it does not mean one. */
export async function resolveClass(typed) {
  const list = await facts();
  const index = classOf(meanings(typed, list));
  if (index !== null) return index;
  const { text, choices } = explain(typed, list);
  throw Object.assign(new Error(text), { choices: choices.map((choice) => list.classes[choice][0]) });
}
