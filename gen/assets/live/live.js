// Draw in the browser: the widgets of a page. The engine is fetched when a reader starts a drawing.

import { all, element, enhance, onPage, plain } from "../helpers.js";
import { facts, pageOf, resolveTarget } from "./facts.js";
import { Bench } from "./bench.js";
import { article, button, Form } from "./form.js";
import { LiveNetwork } from "./network.js";
import { acceptPictures, croppedSquare, savePicture } from "./picture.js";
import { classIndex, FC8, isTarget, parseTarget, targetText } from "./target.js";
import { activationOf, percent, View } from "./view.js";

const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");
const STEPS_PER_PICTURE = 16; // with reduced motion

class LiveWidget {
  constructor(part) {
    this.part = part;
    this.kind = part.dataset.kind;
    this.target = `fc8:${part.dataset.target}`;
    this.name = part.dataset.name;
    this.state = "idle"; // idle, loading, running, paused, done
    this.stale = false; // whether settings differ from those of the ascent in progress
    this.photo = null; // the reader's own picture
    this.activations = [];
    this.run = 0; // the number of the ascent in progress
    this.form = this.kind === "bench" ? new Bench(this.name, JSON.parse(part.dataset.bench)) : new Form(this.kind, this.name);
    this.view = new View(part.querySelector(".replay"));
    this.network = new LiveNetwork((message) => this.receive(message));
    this.build();
    for (const event of ["pointerenter", "focusin", "touchstart"]) this.form.element.addEventListener(event, () => this.network.prefetch(), { once: true, passive: true });
    this.readAddress();
    addEventListener("hashchange", () => this.readAddress());
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
    this.copyButton.addEventListener("click", () => this.copyLink());
    this.saveButton.addEventListener("click", () => savePicture(view.canvas, `${plain(this.name).replaceAll(" ", "-")}-seed-${form.seed}-live`));
    if (kind === "class") acceptPictures(part, form.fields.file, (file) => this.takePicture(file));
    const privacy = kind === "class" ? "Nothing leaves your machine: " : "";
    if (kind !== "draw") view.say(`${privacy}${privacy ? "the" : "The"} compact AlexNet (${this.megabytes}) is downloaded and draws in your browser, ${part.dataset.size} pixels wide.`);
  }

  /** The picture, the chips and the words are in the page already. */
  buildOnFrontPage(links) {
    const { part } = this;
    part.querySelector(".front-ask").replaceChildren(this.form.element);
    links.prepend(this.form.restartButton, " ");
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

  // The address.

  readAddress() {
    const parameters = new URLSearchParams(location.hash.slice(1));
    let name = parameters.get("draw");
    if (name === null || (this.kind === "class" && plain(name) !== plain(this.name))) return;
    let fault = "";
    try {
      name = isTarget(name) ? targetText(parseTarget(name)) : name;
      parameters.set("draw", name);
    } catch (error) {
      fault = error.message;
    }
    this.form.read(parameters);
    this.stale = true;
    if (this.result) this.result.hidden = false;
    else this.part.scrollIntoView({ block: "center" });
    this.view.say(fault || `Settings from the address: ${name}, seed ${this.form.seed}. Press ${this.form.drawButton.textContent}.`);
  }

  async copyLink() {
    const hash = `#${this.form.parameters(this.name)}`;
    try {
      await navigator.clipboard.writeText(location.href.split("#")[0] + hash);
      this.view.say("The link is copied: it opens with these settings.");
    } catch {
      location.hash = hash;
      this.view.say("The address bar has the link now.");
    }
  }

  // The reader's own picture.

  async takePicture(file) {
    const photo = await createImageBitmap(file).catch(() => null);
    if (!photo) return this.view.say("Your browser cannot read this file as a picture.");
    if (!(await this.prepare(FC8))) return;
    this.photo = photo;
    this.run += 1;
    const { size } = this.form.settings(await facts());
    const image = croppedSquare(photo, size);
    this.view.show(image, "Your picture, cropped to the network's input");
    this.stale = true;
    this.setState("paused");
    this.network.post({ type: "classify", size, picture: image.data });
  }

  // Drawing.

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
      this.photo = null;
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
    if (this.photo) settings.picture = croppedSquare(this.photo, settings.size).data;
    this.steps = settings.steps;
    settings.run = this.run += 1;
    this.step = 0;
    this.activations = [];
    this.view.clear();
    this.form.mark?.("");
    this.stale = false;
    this.drawnTarget = this.target;
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

  // Messages of the worker. Those of an ascent that is no longer in progress arrive late, and are not shown.

  receive(message) {
    if (message.run === undefined || message.run === this.run) this[`on_${message.type}`](message);
  }

  on_step({ step, steps, picture, size, activation, top }) {
    this.step = step;
    if (activation !== null) this.activations.push(activation);
    if (reducedMotion.matches && this.state === "running" && step % STEPS_PER_PICTURE && step < steps) return;
    this.view.show(new ImageData(new Uint8ClampedArray(picture), size, size), `The drawing of ${this.name} after ${step} of ${steps} steps`);
    this.view.plot(this.activations, steps, this.name, (value) => this.formatted(value));
    if (top) this.list(top);
    this.view.progressed(step, steps, top ? `${this.classes[top[0].index][0]} ${percent(top[0].probability)}` : "");
    const result = top ? `prediction: ${this.prediction(top)}` : `activation ${this.formatted(activation ?? 0)}`;
    if (step && step < steps && (this.state === "paused" || step % Math.ceil(steps / 4) === 0)) this.view.say(`${this.name}: step ${step} of ${steps}; ${result}.`);
    if (this.state === "paused") this.setState("paused");
  }

  on_line({ line }) {
    this.form.mark?.(line);
  }

  async on_done({ activation, probability, rank, top, engine }) {
    this.part.dataset.engine = engine;
    this.form.mark?.("");
    this.list(top ?? []);
    this.setState("done");
    const ranked = rank > 1 ? `; ${this.name} has rank ${rank} (${percent(probability)})` : "";
    const predicted = top ? ` The network's prediction for this picture: ${this.prediction(top)}${ranked}.` : "";
    this.view.say(`Done.${predicted} The ${rank ? "logit" : `activation of ${this.name}`} is ${this.formatted(activation)}.`);
    const page = this.kind !== "class" && (await pageOf(this.drawnTarget));
    if (page) this.view.status.append(" ", element("a", { href: page, textContent: `The page of ${this.name}` }), ".");
  }

  on_classified({ top }) {
    this.list(top);
    this.view.say(`The network's prediction for your picture: ${this.prediction(top)}. The picture stays on your machine. Press Draw to optimize it for ${this.name}.`);
  }

  on_error({ message }) {
    this.setState("idle");
    this.view.say(message);
  }

  list(top) {
    this.view.list(top, classIndex(parseTarget(this.target)), (index) => this.classes[index][0]);
  }

  /** An activation of the target, for a reader. */
  formatted(value) {
    return activationOf(parseTarget(this.target), value);
  }

  prediction([{ index, probability }]) {
    return `${this.classes[index][0]} (${percent(probability)})`;
  }
}

enhance(".live[data-kind]", (part) => {
  const widget = new LiveWidget(part);
  onPage(() => part.isConnected || widget.network.worker?.terminate());
});
