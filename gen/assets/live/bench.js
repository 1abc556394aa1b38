// The form with all settings: each field stands beside the line of the listing that it changes.

import { all, element } from "../helpers.js";
import { button, Form, input, label, MAX_SEED, numberFrom, paragraph, sized } from "./form.js";
import { listing } from "./listing.js";

const PRESETS = ["too small", "right", "too large"];
const SWITCHES = ["margin_weight", "relu_leak", "gradient_window", "anneal"]; // on as in the gallery's method, or off
const RANGES = { steps: [1, 512], excess_variation_weight: [0, 1] };
const STEP_SIZE_RANGE = [1e-5, 1e5];

/** A number to so many digits, so that what is shown is what runs. */
const rounded = (value, digits) => Number(value.toPrecision(digits));

export class Bench extends Form {
  /**
   * usualSize: width of a drawing in pixels, if the address has none. methods: the settings of the `plain` iteration and
   * of the `smooth` method. stepSizes: by parameterization and optimizer.
   */
  constructor(name, usualSize, { methods, stepSizes }) {
    super("bench", name);
    this.methods = methods;
    this.stepSizes = stepSizes;
    this.usualSize = usualSize;
    this.restartButton.textContent = "Start again";
    this.stepButtons = [button("step", "One step"), button("one-line", "One line")];
    this.element.lastElementChild.append(" ", ...this.stepButtons.flatMap((step) => [step, " "]), this.restartButton);
    const set = (name, text) => {
      const created = button("method", text, { value: name });
      created.addEventListener("click", () => this.change(() => this.use(name)));
      return created;
    };
    this.lines = {};
    this.element.append(
      paragraph("Set everything as in", set("plain", "the bare iteration"), "or", set("smooth", "the gallery’s method")),
      element("div", { className: "bench" }, element("div", { className: "bench-lines", role: "group", "aria-label": "What is computed" }, ...this.rows())),
    );
    this.besideListing = this.element.lastChild;
    this.element.addEventListener("input", (event) => this.fieldChanged(/** @type {HTMLInputElement} */ (event.target)));
    this.use("plain");
  }

  /** The rows of the listing: a line, and the fields that change it. */
  rows() {
    const choice = (name, value, text) => element("label", {}, input("radio", name, { value }), ` ${text}`);
    const choices = (name, title, ...options) =>
      element("fieldset", {}, element("legend", { className: "bench-hidden", textContent: title }), ...options.flatMap((option) => [choice(name, ...option), " "]));
    const tick = (name, text) => element("label", {}, input("checkbox", name), ` ${text}`);
    const slider = (text, name, min, max, step) =>
      label(text, input("range", name, { min, max, step }), " ", element("output", { name: `${name}-value` }));
    const presets = PRESETS.map((text, index) => {
      const preset = button("preset", text, { value: index });
      preset.addEventListener("click", () => this.change(() => (this.stepSize = this.presets[index])));
      return preset;
    });
    const fields = {
      start: [
        choices("parameterization", "Parameterization", ["pixels", "pixels"], ["fourier", "Fourier coefficients"]),
        label("seed", input("number", "seed", { min: 0, max: MAX_SEED, step: 1, value: 0 })),
      ],
      loop: [slider("steps", "steps", ...RANGES.steps, 1)],
      view: [tick("transforms", "random transforms")],
      forward: [tick("margin_weight", "against the leading class")],
      backward: [tick("gradient_window", "window"), tick("relu_leak", "leaky ReLU")],
      penalty: [slider("penalty λ", "excess_variation_weight", ...RANGES.excess_variation_weight, 0.05)],
      step: [
        choices("optimizer", "Optimizer", ["ascent", "gradient"], ["adam", "Adam"]),
        slider("α", "step_size", ...STEP_SIZE_RANGE.map(Math.log10), "any"), // logarithmic
        element("span", {}, ...presets.flatMap((preset) => [preset, " "])),
        tick("anneal", "falling"),
      ],
    };
    return Object.entries(fields).map(([name, children]) => {
      this.lines[name] = element("code");
      const knobs = element("div", { className: "bench-knobs" }, ...children.flatMap((child) => [child, " "]));
      return element("div", { className: `bench-line${["start", "loop"].includes(name) ? "" : " inside"}` }, this.lines[name], knobs);
    });
  }

  /** Set every field as in a method: `plain` or `smooth`. */
  use(name) {
    const { fields } = this;
    const method = this.methods[name];
    for (const field of ["parameterization", "optimizer", "steps", "excess_variation_weight"]) fields[field].value = method[field];
    fields.transforms.checked = method.jitter > 0;
    for (const field of SWITCHES) fields[field].checked = method[field] > 0;
    this.stepSize = method.step_size;
    this.show();
  }

  /** The right step size for the parameterization and the optimizer, and one that is too small and too large. */
  get presets() {
    return this.stepSizes[this.fields.parameterization.value][this.fields.optimizer.value];
  }

  fieldChanged({ name, value }) {
    if (name === "draw") return;
    this.change(() => {
      if (name === "seed") this.seed = Math.min(Math.max(0, Math.floor(Number(value)) || 0), MAX_SEED);
      if (name === "step_size") this.stepSize = rounded(10 ** Number(value), 2);
    });
  }

  change(make) {
    make();
    this.show();
    this.onchange?.();
  }

  /** Show the listing that these settings run, and each slider's value beside it. */
  show() {
    const { fields, stepSize } = this;
    fields.step_size.value = Math.log10(stepSize);
    const { steps, excess_variation_weight } = fields;
    const values = { step_size: stepSize, steps: steps.value, excess_variation_weight: excess_variation_weight.value };
    for (const [name, value] of Object.entries(values)) {
      fields[`${name}-value`].value = value;
      fields[name].setAttribute("aria-valuetext", value);
    }
    for (const preset of all("[name=preset]", this.element)) preset.setAttribute("aria-pressed", this.presets[preset.value] === stepSize);
    const settings = this.settings();
    for (const [name, lines] of Object.entries(listing(settings))) {
      const line = ([text, comment]) => element("span", {}, text, comment && element("small", { textContent: `# ${comment}` }));
      this.lines[name].replaceChildren(...lines.map(line));
    }
  }

  /** Mark the line that is computed next; an empty name marks none. */
  mark(name) {
    for (const [line, code] of Object.entries(this.lines)) code.classList.toggle("now", line === name);
  }

  settings() {
    const { fields, methods } = this;
    const size = this.size ?? this.usualSize;
    const on = (name) => (fields[name].checked ? methods.smooth[name] : 0);
    const { jitter, scale, rotate } = fields.transforms.checked ? sized(methods.smooth, size) : { jitter: 0, scale: 0, rotate: 0 };
    return {
      ...(fields.parameterization.value === "fourier" ? methods.smooth : methods.plain),
      ...{ size, seed: this.seed, jitter, scale, rotate, step_size: this.stepSize },
      ...{ parameterization: fields.parameterization.value, optimizer: fields.optimizer.value },
      ...{ steps: Number(fields.steps.value), excess_variation_weight: Number(fields.excess_variation_weight.value) },
      ...Object.fromEntries(SWITCHES.map((name) => [name, on(name)])),
    };
  }

  read(parameters) {
    super.read(parameters);
    const { fields } = this;
    this.use(parameters.get("parameterization") === "fourier" ? "smooth" : "plain");
    if (["ascent", "adam"].includes(parameters.get("optimizer"))) fields.optimizer.value = parameters.get("optimizer");
    for (const name of ["transforms", ...SWITCHES]) if (parameters.has(name)) fields[name].checked = parameters.get(name) === "1";
    for (const [name, range] of Object.entries(RANGES)) fields[name].value = numberFrom(parameters, name, ...range) ?? fields[name].value;
    fields.seed.value = this.seed;
    this.stepSize = rounded(numberFrom(parameters, "step_size", ...STEP_SIZE_RANGE) ?? this.stepSize, 3);
    this.show();
  }

  parameters(name) {
    const { fields, stepSize } = this;
    const parameters = super.parameters(name);
    for (const field of ["parameterization", "optimizer", "steps", "excess_variation_weight"]) parameters.set(field, fields[field].value);
    parameters.set("step_size", stepSize);
    for (const field of ["transforms", ...SWITCHES]) parameters.set(field, fields[field].checked ? "1" : "0");
    return parameters;
  }
}
