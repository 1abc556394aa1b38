// What a live widget shows: the picture, the predictions, the curve.

import { element } from "../helpers.js";
import { FC8 } from "./target.js";

const SVG = "http://www.w3.org/2000/svg";
const CAPTION = "The activation of the class, step by step.";

// As the pages write them (gen/pages/markdown.py): 99.4 %, with spaces that do not break, and a minus sign.
export const percent = (part) =>
  part >= 0.9995 ? ">\u00a099.9\u202f%" : part < 0.0005 ? "<\u00a00.1\u202f%" : `${(100 * part).toFixed(1)}\u202f%`;
const fixed = (value, decimals) => value.toFixed(decimals).replace(/^-(?=0\.0+$)/, "").replace("-", "−");
/** The activation of a target, parsed: a logit with one decimal, any other with two. */
export const activationOf = ({ layer }, value) => fixed(value, layer === FC8 ? 1 : 2);

export class View {
  /** figure: the replay of a stored drawing whose canvas is used, if there is one. */
  constructor(figure) {
    this.figure = figure;
    this.canvas = figure?.querySelector("canvas") ?? element("canvas", { width: 128, height: 128, hidden: true, role: "img" });
    this.status = element("p", { className: "live-status", role: "status" });
    this.progress = element("progress", { max: 1, value: 0, hidden: true, "aria-label": "The network's weights" });
    this.topClasses = element("ol", { className: "live-top predictions", "aria-label": "The network's predictions" });
    this.line = document.createElementNS(SVG, "polyline");
    this.caption = element("figcaption", { textContent: CAPTION });
    const chart = document.createElementNS(SVG, "svg");
    chart.setAttribute("viewBox", "0 0 320 96");
    chart.setAttribute("aria-hidden", "true");
    chart.append(this.line);
    this.picture = figure ? null : element("div", { className: "live-picture" }, this.canvas);
    const figures = [this.status, this.topClasses, element("figure", { className: "live-curve" }, chart, this.caption)];
    this.element = figure
      ? element("div", { className: "live-right" }, this.progress, ...figures)
      : element(
          "div",
          { className: "live-main" },
          element("div", { className: "live-left" }, this.picture, this.progress),
          element("div", { className: "live-right" }, ...figures),
        );
  }

  say(text) {
    this.status.textContent = text;
  }

  /** Forget the predictions and the curve of the last drawing. */
  clear() {
    this.topClasses.replaceChildren();
    this.line.setAttribute("points", "");
    this.caption.textContent = CAPTION;
  }

  /** Show an image on the canvas. description: its text alternative. */
  show(image, description) {
    if (this.canvas.width !== image.width) this.canvas.width = this.canvas.height = image.width;
    this.canvas.getContext("2d").putImageData(image, 0, 0);
    this.canvas.hidden = false;
    this.canvas.setAttribute("aria-label", description);
  }

  /** Show gray noise, of which the drawing will be made. */
  showNoise(size, description) {
    const image = new ImageData(size, size);
    for (let i = 0; i < image.data.length; i++) image.data[i] = i % 4 === 3 ? 255 : 112 + 32 * Math.random();
    this.show(image, description);
  }

  /** Report a step to the figure whose canvas is used. words: the prediction. */
  progressed(step, steps, words) {
    this.figure?.dispatchEvent(new CustomEvent("live", { detail: { step, steps, words } }));
  }

  /** List the most probable classes; the target is emphasized. nameOf: index -> name. */
  list(top, target, nameOf) {
    const items = top.map(({ index, probability }) => {
      const item = element("li", {}, element("span", { textContent: nameOf(index) }), element("b", { textContent: percent(probability) }));
      item.style.setProperty("--part", probability);
      if (index === target) item.className = index === top[0].index ? "target" : "target behind";
      return item;
    });
    this.topClasses.replaceChildren(...items);
  }

  /** Plot the activations of the steps so far. words: a value -> text. */
  plot(activations, steps, name, words) {
    if (!activations.length) return;
    const finite = activations.filter(Number.isFinite);
    const [low, high] = [Math.min(0, ...finite), Math.max(1, ...finite)];
    const point = (value, k) => `${4 + (312 * k) / Math.max(1, steps - 1)},${(92 - (88 * (value - low)) / (high - low)).toFixed(1)}`;
    this.line.setAttribute("points", activations.map(point).join(" "));
    const [first, last] = [activations[0], activations.at(-1)].map(words);
    this.caption.textContent = `The activation of ${name}: from ${first} to ${last} in ${activations.length} steps.`;
  }
}
