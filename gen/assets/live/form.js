// The fields of a live widget: what the reader sets, as recipe fields and as an address.

import { element, plain } from "../helpers.js";
import { facts } from "./facts.js";
import { isTarget } from "./target.js";

export const SIZE_RANGE = [64, 448];
export const MAX_SEED = 2 ** 32 - 1;

export const button = (name, text, properties = {}) =>
  element("button", { type: "button", name, textContent: text, ...properties });
export const label = (text, field, ...rest) => element("label", {}, text, " ", field, ...rest);
export const input = (type, name, properties = {}) => element("input", { type, name, ...properties });
export const paragraph = (...children) => element("p", {}, ...children.flatMap((child) => [child, " "]));

/** A number of an address, clamped to a range; null if it is absent or not a number. */
export function numberFrom(parameters, name, low, high) {
  const value = Number(parameters.get(name));
  return parameters.has(name) && Number.isFinite(value) ? Math.min(Math.max(value, low), high) : null;
}

/** A method's settings at a size. Its jitter is in pixels of an image of 224. */
export const sized = (method, size) => ({ ...method, size, jitter: Math.round((method.jitter * size) / 224) });

/** The form of a widget: a class and a seed, drawn by the gallery's method. Fields carry the names of recipe fields. */
export class Form {
  /** kind: `draw`, `class`, `photo` or `bench`. name: the class that is drawn first. */
  constructor(kind, name) {
    this.seed = 0;
    this.size = null; // of the address
    this.element = element("form", { noValidate: true });
    /** @type {Record<string, any>} */
    this.fields = this.element.elements;
    this.drawButton = element("button", { type: "submit", name: "go", textContent: "Draw" });
    this.restartButton = button("again", "From other noise", { disabled: true });
    this.stepButtons = [];
    this.besideListing = null; // the element of a bench that the picture goes into
    this.ownPicture = null; // the reader's, which this form has fields for
    this.onchange = null;
    if (kind === "class") this.element.append(paragraph(this.drawButton));
    else this.addClassRow(kind, name);
    if (["class", "photo"].includes(kind)) this.element.lastElementChild.append(this.restartButton);
  }

  addClassRow(kind, name) {
    const list = element("datalist", { id: `live-classes-${kind}` });
    const field = input("text", "draw", { value: name, autocomplete: "off", spellcheck: false });
    field.setAttribute("list", list.id);
    field.addEventListener("focus", () => suggestClasses(list), { once: true });
    const words = element("span", { textContent: `Draw me ${article(name)}` });
    field.addEventListener("input", () => (words.textContent = `Draw me ${article(field.value)}`));
    this.element.append(list, paragraph(element("label", {}, words, " ", field), this.drawButton));
  }

  get className() {
    return this.fields.draw?.value;
  }

  set className(name) {
    this.fields.draw.value = name;
    this.fields.draw.dispatchEvent(new Event("input"));
  }

  /** The settings of the ascent, by the names of recipe fields. all: the contents of live.json. */
  settings(all) {
    const method = { ...all.method, ...this.ownPicture?.settings(all.accentuation) };
    return { ...sized(method, this.size ?? all.size), seed: this.seed };
  }

  /** Fill the fields from the parameters of an address. */
  read(parameters) {
    const size = numberFrom(parameters, "size", ...SIZE_RANGE);
    this.size = size && Math.round(size);
    this.seed = Math.floor(numberFrom(parameters, "seed", 0, MAX_SEED) ?? 0);
    if (this.fields.draw) this.className = parameters.get("draw");
  }

  /** Mark the line of the listing that is computed next, if there is a listing. */
  mark(line) {}

  /** The parameters of an address that opens with these settings. name: of the class, where it has no field. */
  parameters(name) {
    const parameters = new URLSearchParams({ draw: this.className || name, seed: String(this.seed) });
    if (this.size) parameters.set("size", String(this.size));
    return parameters;
  }
}

// A vowel's letter with the sound of “you” or “one”, and a silent h. Agrees with gen/pages/front.py.
const LIKE_CONSONANT = /^(?:eu|ewe|one\b|once|ubi|uk|uni(?![mn])|ura|uro|us[aeu]|ut[eio])/i;
const SILENT_H = /^(?:heir|honest|honou?r|hour)/i;

/** The indefinite article of a name; none for a channel. */
export function article(name) {
  const word = name.trim();
  if (isTarget(word)) return "";
  return (/^[aeiou]/i.test(word) && !LIKE_CONSONANT.test(word)) || SILENT_H.test(word) ? "an" : "a";
}

async function suggestClasses(list) {
  const loaded = await facts().catch(() => null);
  const options = (loaded?.classes ?? []).map(([name, wnid, ...synonyms]) =>
    element("option", { value: name, label: synonyms.filter((word) => plain(word) !== plain(name)).join(", ") }),
  );
  list.append(...options);
}
