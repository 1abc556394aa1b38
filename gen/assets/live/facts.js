// What the live engine is told: live.json, the settings of the methods and the weights' address, and the classes.

import { fetchedOnce, fetchJson } from "../helpers.js";
import { classOf, explain, meanings, words } from "../words.js";
import { classIndex, isTarget, parseTarget, targetText } from "./target.js";

/** The URL of a file beside this one. */
export const url = (name) => new URL(name, import.meta.url).href;

/** The contents of live.json and words.json. */
export const facts = fetchedOnce(fetchFacts);

async function fetchFacts() {
  const [settings, list] = await Promise.all([fetchJson(url("live.json"), "The settings"), words()]);
  return { ...settings, ...list };
}

/** The index of the class that a word means. Throws a message for the reader, with `choices`, if it does not mean one. */
export async function resolveClass(typed) {
  const list = await facts();
  const index = classOf(meanings(typed, list));
  if (index !== null) return index;
  const { text, choices } = explain(typed, list);
  throw Object.assign(new Error(text), { choices: choices.map((choice) => list.classes[choice][0]) });
}

/** What a reader names: a class, or a target such as conv4:117. Returns { text, name }: as a recipe writes it, as a page does. */
export async function resolveTarget(typed) {
  const target = isTarget(typed) ? parseTarget(typed) : null;
  if (target && classIndex(target) === null) return { text: targetText(target), name: targetText(target) };
  const index = target ? classIndex(target) : await resolveClass(typed);
  return { text: `fc8:${index}`, name: (await facts()).classes[index][0] };
}

/** The address of a target's page, or undefined. */
export async function pageOf(target) {
  const { pages, channels } = await facts();
  const index = classIndex(parseTarget(target));
  return index === null ? channels[target] && url(channels[target]) : pages.get(index);
}
