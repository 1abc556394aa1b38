// Draw in the browser: the widgets of a page. The engine is fetched when a reader starts a drawing.

import { all, element, enhance, onPage, plain } from "../helpers.js";
import { copyLink, readAddress } from "./address.js";
import { Bench } from "./bench.js";
import { facts, resolveTarget } from "./facts.js";
import { article, button, Form } from "./form.js";
import { LiveNetwork } from "./network.js";
import { OwnPicture } from "./own-picture.js";
import { croppedSquare, savePicture } from "./picture.js";
import { reducedMotion, show } from "./results.js";
import { FC8, parseTarget } from "./target.js";
import { View } from "./view.js";

class LiveWidget {
  /** @param {HTMLElement} part */
  constructor(part) {
    this.part = part;
    this.kind = part.dataset.kind;
    this.target = `fc8:${part.dataset.target}`;
    this.name = part.dataset.name;
    this.state = "idle"; // idle, loading, running, paused, done
    this.stale = false; // whether settings differ from those of the ascent in progress
    this.activations = [];
    this.run = 0; // the number of the ascent in progress
    this.form = this.kind === "bench" ? new Bench(this.name, Number(part.dataset.size), JSON.parse(part.dataset.bench)) : new Form(this.kind, this.name);
    this.view = new View(part.querySelector(".replay"));
    // Messages of an ascent that is no longer in progress arrive late, and are not shown.
    this.network = new LiveNetwork((message) => [undefined, this.run].includes(message.run) && show[message.type](this, message));
    this.build();
    for (const event of ["pointerenter", "focusin", "touchstart"]) this.form.element.addEventListener(event, () => this.network.prefetch(), { once: true, passive: true });
    readAddress(this);
    addEventListener("hashchange", () => readAddress(this));
  }

  build() {
    const { form, view, kind, part } = this;
    this.copyButton = button("copy", "Copy link");
    this.saveButton = button("save", "Save PNG", { disabled: true });
    const links = element("p", { className: "live-links" }, this.copyButton, " ", this.saveButton);
    if (kind === "draw") this.buildOnFrontPage(links);
    else part.replaceChildren(form.element, view.element, links);
    form.besideListing?.append(view.element);
    form.onchange = () => this.settingsChanged();
    form.element.addEventListener("submit", (event) => {
      event.preventDefault();
      this.drawOrPause();
    });
    form.restartButton.addEventListener("click", () => this.restart());
    form.stepButtons.forEach((step, index) => step.addEventListener("click", () => this.advance(["step", "line"][index])));
    this.copyButton.addEventListener("click", () => copyLink(this));
    this.saveButton.addEventListener("click", () => savePicture(view.canvas, this.file ?? this.fileName()));
    const takesPictures = ["class", "photo"].includes(kind);
    if (takesPictures) form.ownPicture = new OwnPicture(part, form, view, { use: (picture) => this.takePicture(picture), change: () => this.draw(), say: (text) => view.say(text) });
    const privacy = takesPictures ? "Nothing leaves your machine: " : "";
    if (kind !== "draw") view.say(`${privacy}${privacy ? "the" : "The"} compact AlexNet (${this.megabytes}) is downloaded and draws in your browser, ${part.dataset.size} pixels wide.`);
  }

  /** The picture, the chips and the words are in the page already. */
  buildOnFrontPage(links) {
    const { part } = this;
    part.querySelector(".front-ask").replaceChildren(this.form.element);
    links.prepend(this.form.restartButton, " ");
    /** @type {HTMLElement} */
    this.result = part.querySelector(".front-result");
    this.result.replaceChildren(this.view.element, links);
    for (const chip of all("[data-draw]", part))
      chip.addEventListener("click", (event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
        event.preventDefault();
        event.stopPropagation(); // or the theme's instant navigation follows the link
        this.form.className = chip.dataset.draw;
        this.draw();
      });
  }

  get megabytes() {
    return `${(Number(this.part.dataset.bytes) / 1e6).toFixed(1)} MB`;
  }

  // The reader's own picture.

  async takePicture(bitmap) {
    if (!(await this.prepare(FC8))) return;
    this.form.ownPicture.set(bitmap);
    this.run += 1;
    const { size } = this.form.settings(await facts());
    const image = croppedSquare(bitmap, size);
    this.view.clear();
    this.view.show(image, "Your picture, cropped to the network's input");
    this.stale = true;
    this.setState("paused");
    this.classify(image);
  }

  /** Ask for the predictions of the reader's picture, and for its gradient map. */
  classify(image) {
    this.network.post({ type: "classify", size: image.width, picture: image.data, target: this.target, gradient: true });
  }

  // Drawing.

  /** The name of a picture by the settings of now. */
  fileName() {
    return `${plain(this.name).replaceAll(" ", "-")}-seed-${this.form.seed}-live`;
  }

  setState(state) {
    const { form } = this;
    this.state = state;
    const paused = this.stale || !this.step ? "Draw" : "Go on";
    form.drawButton.textContent = { idle: "Draw", loading: "Loading …", running: "Pause", paused, done: "Draw" }[state];
    for (const control of [form.drawButton, ...form.stepButtons]) control.disabled = state === "loading";
    form.restartButton.disabled = state === "loading" || state === "idle";
    this.saveButton.disabled = this.view.canvas.hidden;
    this.view.progress.hidden = state !== "loading";
    this.part.dataset.state = state;
    if (this.result) this.result.hidden = false;
  }

  async drawOrPause() {
    if (this.state === "running") {
      this.network.post({ type: "pause" });
      this.setState("paused");
      return this.view.say(`Paused after ${this.step} of ${this.steps} steps.`);
    }
    if (!(await this.prepare())) return;
    if (this.stale || this.state !== "paused") await this.start();
    this.post("run");
  }

  async restart() {
    if (this.kind !== "bench") {
      this.form.seed += 1;
      this.form.ownPicture?.set(null);
      return this.draw();
    }
    if (!(await this.prepare())) return;
    await this.start();
    this.setState("paused");
    this.view.say(`Noise, seed ${this.form.seed}. Press Draw, or take one step or one line at a time.`);
  }

  /** What runs is what the fields say: an ascent in progress starts again. */
  async settingsChanged() {
    this.stale = true;
    if (this.state === "running") {
      await this.start();
      return this.post("run");
    }
    if (["paused", "done"].includes(this.state)) {
      this.setState(this.state);
      this.view.say("The settings have changed. Press Draw to see what they do.");
    }
  }

  /** Draw the class of the form, whatever is drawn now. */
  async draw() {
    if (this.state === "loading" || !(await this.prepare())) return;
    await this.start();
    this.post("run");
  }

  /** Compute one `step` or one `line` of a step. */
  async advance(type) {
    if (!(await this.prepare())) return;
    if (this.stale || !["paused", "running"].includes(this.state)) await this.start();
    this.post(type);
  }

  post(type) {
    this.network.post({ type });
    this.setState(type === "run" ? "running" : "paused");
  }

  async start() {
    const settings = { ...this.form.settings(await facts()), target: this.target, trace: this.kind === "bench" && !reducedMotion.matches };
    const own = this.form.ownPicture;
    if (own?.bitmap) {
      const image = croppedSquare(own.bitmap, settings.size);
      settings.picture = image.data;
      own.compareWith(image);
      if (own.target !== this.target) this.classify(image);
    }
    this.steps = settings.steps;
    settings.run = this.run += 1;
    this.step = 0;
    this.activations = [];
    this.view.clear();
    this.form.mark("");
    this.stale = false;
    this.drawnTarget = this.target;
    this.file = this.fileName(); // whatever the fields say later
    this.network.post({ type: "start", settings });
    this.view.say(`Drawing ${this.name}: ${this.steps} steps, ${settings.size} × ${settings.size} pixels.`);
  }

  /** The front page names another class: its picture gives way to noise at once. */
  async announce() {
    const { size, steps } = this.form.settings(await facts());
    this.view.clear();
    this.view.showNoise(size, `Nothing of ${this.name} is drawn yet`);
    this.view.progressed(0, steps, this.network.loaded < FC8 ? "fetching the network" : "");
    for (const drawn of all(".front .drawn")) drawn.textContent = `${article(this.name)} ${this.name}`.trim();
  }

  /** Resolve the target and load the network up to its layer, or a higher one. Returns whether both succeeded; a failure is shown. */
  async prepare(layer = 0) {
    const before = this.state;
    try {
      if (this.network.loaded < FC8) this.setState("loading"); // before anything is awaited: a second click must find the buttons disabled
      this.classes = (await facts()).classes;
      if (this.form.className !== undefined) {
        const { text, name } = await resolveTarget(this.form.className);
        if (text !== this.target) this.stale = true;
        Object.assign(this, { target: text, name });
      }
      if (this.result && this.target !== this.drawnTarget) await this.announce();
      const highest = Math.max(layer, parseTarget(this.target).layer);
      if (highest > this.network.loaded) this.view.say(`Fetching the network, ${(await this.network.megabytes(highest)).toFixed(1)} MB.`);
      await this.network.load(highest, (share) => (this.view.progress.value = share));
      if (this.state === "loading") this.setState(before);
      return true;
    } catch (error) {
      this.setState("idle");
      this.view.say(error instanceof TypeError ? "The network could not be fetched. Try again." : error.message);
      this.offer(error.choices ?? []);
      return false;
    }
  }

  /** Buttons for classes that the reader may have meant. */
  offer(names) {
    for (const name of names) {
      const choice = button("choice", name);
      choice.addEventListener("click", () => {
        this.form.fields.draw.value = name;
        this.form.fields.draw.focus();
        this.draw();
      });
      this.view.status.append(" ", choice);
    }
    this.view.status.scrollIntoView({ block: "nearest" });
  }
}

enhance(".live[data-kind]", (part) => {
  const widget = new LiveWidget(part);
  onPage(() => part.isConnected || widget.network.worker?.terminate());
});
