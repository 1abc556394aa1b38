// A picture of the reader's on a widget's canvas: before and after, how much of it stays, and where the target's gradient is large.

import { element } from "../helpers.js";
import { button, input, label, paragraph } from "./form.js";
import { acceptPictures, firstFrame } from "./picture.js";

const STAYS = 0.2; // the feature weight at first
const BLOCK = 8; // pixels: single ones are noise
const DARKEST = 225; // of 255: the picture shines through everywhere

export class OwnPicture {
  /**
   * part: the widget. form: its form, which gets the fields. view: has the canvas.
   * use(picture): called with each picture, an ImageBitmap. change(): called when the feature weight is another.
   */
  constructor(part, form, view, { use, change, say }) {
    this.bitmap = null;
    this.drawn = false;
    const file = input("file", "file", { accept: "image/*" });
    const choose = label("Your picture (choose, drop or paste)", file);
    const { photo, photoSize } = part.dataset;
    const given = button("photo", "Take the photo above", { hidden: !photo });
    given.addEventListener("click", () => firstFrame(photo, Number(photoSize)).then(use, ({ message }) => say(message)));
    this.strength = input("range", "feature_weight", { min: 0, max: 1, step: 0.05, value: STAYS });
    const value = element("output", { textContent: STAYS });
    this.strength.addEventListener("input", () => (value.textContent = this.strength.value));
    this.strength.addEventListener("change", change);
    this.where = input("checkbox", "gradient");
    this.where.addEventListener("change", () => this.show());
    this.fields = paragraph(label("Feature weight: how much of it stays", this.strength, value), label("Gradient map", this.where));
    form.element.append(paragraph(choose, given), this.fields);
    const layer = (className) => element("canvas", { className, width: 1, height: 1, "aria-hidden": "true" });
    this.before = layer("live-before");
    this.gradient = layer("live-gradient");
    this.compare = input("range", "compare", { className: "live-compare", min: 0, max: 100, value: 50, "aria-label": "Before and after: percentage of the width that shows your picture" });
    this.compare.addEventListener("input", () => this.show());
    view.picture.append(this.before, this.gradient, this.compare);
    this.picture = view.picture;
    acceptPictures(part, file, use, say);
    this.set(null);
  }

  /** The recipe's fields that differ with a picture. accentuation: those of live.json. */
  settings(accentuation) {
    return this.bitmap && { ...accentuation, feature_weight: Number(this.strength.value) };
  }

  /** Take a picture, an ImageBitmap; null: none. */
  set(bitmap) {
    this.bitmap = bitmap;
    this.drawn = false;
    this.map = null;
    this.where.checked = false;
    this.show();
  }

  /** Keep the gradient's magnitude at each pixel. target: whose gradient it is. */
  setGradient(map, target) {
    this.map = map;
    this.target = target;
    this.show();
  }

  show() {
    const { bitmap, before, gradient, compare, fields } = this;
    fields.hidden = !bitmap;
    const compared = Boolean(bitmap) && this.drawn;
    for (const part of [before, compare]) part.hidden = !compared;
    gradient.hidden = !bitmap || !this.map || !this.where.checked;
    this.picture.style.setProperty("--before", `${compare.value}%`);
    this.picture.classList.toggle("compared", compared);
    if (!gradient.hidden) draw(gradient, shade(this.map));
  }

  /** A drawing begins: from now on the picture, at its size, can be compared with it. */
  compareWith(image) {
    draw(this.before, image);
    this.drawn = true;
    this.show();
  }
}

function draw(canvas, image) {
  canvas.width = canvas.height = image.width;
  canvas.getContext("2d").putImageData(image, 0, 0);
}

/** A black square for each block of pixels, the more transparent the larger its gradient. map: of a square image. */
function shade(map) {
  const size = Math.sqrt(map.length);
  const side = Math.ceil(size / BLOCK);
  const sums = new Float32Array(side * side);
  map.forEach((magnitude, i) => (sums[Math.floor(i / size / BLOCK) * side + Math.floor((i % size) / BLOCK)] += magnitude));
  const [least, largest] = [Math.min(...sums), Math.max(...sums, 1e-30)];
  const image = new ImageData(side, side);
  sums.forEach((sum, i) => (image.data[4 * i + 3] = DARKEST * (1 - Math.sqrt((sum - least) / (largest - least)))));
  return image;
}
