// The fields of a live widget: what the reader sets, as recipe fields and as an address.

import { element, plain } from "../helpers.js";
import { facts } from "./facts.js";
import { isTarget } from "./target.js";

/** Step sizes that are too small, right and too large. A penalty normalizes the gradient, which changes all three. */
const STEP_SIZES = { fourier: [0.0005, 0.06, 10], pixels: [0.05, 5, 500], "pixels with penalty": [0.001, 0.1, 10] };
const PRESETS = ["too small", "right", "too large"];
const DEFAULTS = {
  fourier: { steps: 64, excess_variation_weight: 0.25, transforms: true },
  pixels: { steps: 128, excess_variation_weight: 0, transforms: false },
};
export const SIZE_RANGE = [64, 448];
const MAX_SEED = 2 ** 32 - 1;

export const button = (name, text, properties = {}) =>
  element("button", { type: "button", name, textContent: text, ...properties });
const label = (text, field, ...rest) => element("label", {}, text, " ", field, ...rest);
const input = (type, name, properties = {}) => element("input", { type, name, ...properties });
const paragraph = (...children) => element("p", {}, ...children.flatMap((child) => [child, " "]));

/** A number of an address, clamped to a range; null if it is absent or not a number. */
export function numberFrom(parameters, name, low, high) {
  const value = Number(parameters.get(name));
  return parameters.has(name) && Number.isFinite(value) ? Math.min(Math.max(value, low), high) : null;
}

/** The form of a widget. Fields carry the names of recipe fields; `transforms` stands for jitter, scale and rotate. */
export class Form {
  /** kind: `draw`, `class` or `bench`. name: the class that is drawn first. */
  constructor(kind, name) {
    this.bench = kind === "bench";
    this.seed = 0;
    this.size = null; // of the address
    this.element = element("form", { noValidate: true });
    this.fields = this.element.elements;
    this.drawButton = element("button", { type: "submit", name: "go", textContent: "Draw" });
    this.restartButton = button("again", this.bench ? "Start again" : "From other noise", { disabled: true });
    this.stepButtons = this.bench ? [button("step", "One step"), button("one-line", "One line")] : [];
    if (kind === "class") this.addFileRow();
    else this.addClassRow(kind, name);
    if (this.bench) this.addSettings();
    this.element.addEventListener("input", ({ target }) => this.fieldChanged(target));
  }

  addFileRow() {
    const file = input("file", "file", { accept: "image/*" });
    const text = "or start from a picture of yours (choose, drop or paste it)";
    this.element.append(paragraph(this.drawButton, this.restartButton, label(text, file)));
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

  addSettings() {
    const choice = (value, text) =>
      label("", input("radio", "parameterization", { value, checked: value === "pixels" }), text);
    const slider = (text, name, min, max, step, value) =>
      label(text, input("range", name, { min, max, step, value }), " ", element("output", { name: `${name}-value` }));
    const presets = PRESETS.map((text, index) => button("preset", text, { value: index }));
    presets.forEach((preset, index) => preset.addEventListener("click", () => this.usePreset(index)));
    this.element.append(
      paragraph(
        element("fieldset", {}, element("legend", { textContent: "Parameterization" }), choice("pixels", "pixels"), " ", choice("fourier", "Fourier coefficients")),
        label("", input("checkbox", "transforms"), "random transforms"),
      ),
      paragraph(slider("α", "step_size", -4, 4, 0.01, 0), ...presets), // logarithmic
      paragraph(
        slider("steps", "steps", 1, 512, 1, DEFAULTS.pixels.steps),
        slider("penalty λ", "excess_variation_weight", 0, 1, 0.05, 0),
        label("seed", input("number", "seed", { min: 0, max: MAX_SEED, step: 1, value: 0 })),
      ),
      paragraph(...this.stepButtons, this.restartButton),
    );
    this.usePreset(1);
  }

  get className() {
    return this.fields.draw?.value;
  }

  set className(name) {
    this.fields.draw.value = name;
    this.fields.draw.dispatchEvent(new Event("input"));
  }

  get parameterization() {
    return this.fields.parameterization?.value ?? "fourier";
  }

  get stepSizes() {
    const penalized = this.parameterization === "pixels" && Number(this.fields.excess_variation_weight.value) > 0;
    return STEP_SIZES[penalized ? "pixels with penalty" : this.parameterization];
  }

  get stepSize() {
    return 10 ** Number(this.fields.step_size.value);
  }

  fieldChanged({ name, value }) {
    if (!this.bench) return;
    if (name === "seed") this.seed = Math.min(Math.max(0, Math.floor(Number(value)) || 0), MAX_SEED);
    if (name === "parameterization") this.useDefaults();
    // A penalty normalizes the gradient: another step size is right then.
    if (name === "excess_variation_weight" && this.parameterization === "pixels" && this.penalized !== Number(value) > 0)
      this.usePreset(1);
    this.showValues();
    if (name !== "draw") this.onchange?.();
  }

  useDefaults() {
    const { steps, excess_variation_weight, transforms } = DEFAULTS[this.parameterization];
    Object.assign(this.fields.steps, { value: steps });
    Object.assign(this.fields.excess_variation_weight, { value: excess_variation_weight });
    Object.assign(this.fields.transforms, { checked: transforms });
    this.usePreset(1);
  }

  usePreset(index) {
    this.fields.step_size.value = Math.log10(this.stepSizes[index]);
    this.showValues();
    this.onchange?.();
  }

  /** Show each slider's value beside it. */
  showValues() {
    if (!this.bench) return;
    this.penalized = Number(this.fields.excess_variation_weight.value) > 0;
    const { steps, excess_variation_weight } = this.fields;
    const values = { step_size: Number(this.stepSize.toPrecision(2)), steps: steps.value, excess_variation_weight: excess_variation_weight.value };
    for (const [name, value] of Object.entries(values)) {
      this.fields[`${name}-value`].value = value;
      this.fields[name].setAttribute("aria-valuetext", value);
    }
  }

  /** The settings of the ascent, by the names of recipe fields. all: the contents of live.json. */
  settings(all) {
    const size = this.size ?? all.size;
    const settings = { ...all.methods[this.parameterization], size, seed: this.seed };
    const { jitter, scale, rotate } = all.methods.fourier;
    const transforms = this.bench ? this.fields.transforms.checked : settings.jitter > 0;
    // Jitter is given in pixels of an image of 224.
    Object.assign(settings, transforms ? { jitter: Math.round((jitter * size) / 224), scale, rotate } : { jitter: 0, scale: 0, rotate: 0 });
    if (!this.bench) return settings;
    const { steps, excess_variation_weight } = this.fields;
    return { ...settings, step_size: this.stepSize, steps: Number(steps.value), excess_variation_weight: Number(excess_variation_weight.value) };
  }

  /** Fill the fields from the parameters of an address. */
  read(parameters) {
    const size = numberFrom(parameters, "size", ...SIZE_RANGE);
    this.size = size && Math.round(size);
    this.seed = Math.floor(numberFrom(parameters, "seed", 0, MAX_SEED) ?? 0);
    if (this.fields.draw) this.className = parameters.get("draw");
    if (!this.bench) return;
    const { fields } = this;
    const parameterization = parameters.get("parameterization");
    if (Object.hasOwn(DEFAULTS, parameterization ?? "")) fields.parameterization.value = parameterization;
    this.useDefaults();
    if (parameters.has("transforms")) fields.transforms.checked = parameters.get("transforms") === "1";
    const ranges = { excess_variation_weight: [0, 1], steps: [1, 512] };
    for (const [name, range] of Object.entries(ranges)) fields[name].value = numberFrom(parameters, name, ...range) ?? fields[name].value;
    fields.seed.value = this.seed;
    fields.step_size.value = Math.log10(numberFrom(parameters, "step_size", 1e-4, 1e4) ?? this.stepSizes[1]);
    this.showValues();
  }

  /** The parameters of an address that opens with these settings. name: of the class, where it has no field. */
  parameters(name) {
    const parameters = { draw: this.className || name, seed: this.seed };
    if (this.size) parameters.size = this.size;
    if (this.bench) {
      const { steps, excess_variation_weight, transforms } = this.fields;
      Object.assign(parameters, {
        parameterization: this.parameterization,
        step_size: Number(this.stepSize.toPrecision(3)),
        steps: steps.value,
        excess_variation_weight: excess_variation_weight.value,
        transforms: transforms.checked ? 1 : 0,
      });
    }
    return new URLSearchParams(parameters);
  }
}

/** The indefinite article of a name; none for a channel. */
export const article = (name) => (isTarget(name) ? "" : /^[aeiou]/i.test(name.trim()) ? "an" : "a");

async function suggestClasses(list) {
  const loaded = await facts().catch(() => null);
  const options = (loaded?.classes ?? []).map(([name, wnid, ...synonyms]) =>
    element("option", { value: name, label: synonyms.filter((word) => plain(word) !== plain(name)).join(", ") }),
  );
  list.append(...options);
}
