// What a live widget shows of the worker's messages: steps, lines, the end, a classified picture, an error.

import { element } from "../helpers.js";
import { pageOf } from "./facts.js";
import { classIndex, parseTarget } from "./target.js";
import { activationOf, percent } from "./view.js";

export const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");
const STEPS_PER_PICTURE = 16; // with reduced motion

/** Show a message, by its type. */
export const show = {
  step(widget, { step, steps, picture, size, activation, top }) {
    const { activations, name, state, view } = widget;
    widget.step = step;
    if (activation !== null) activations.push(activation);
    if (reducedMotion.matches && state === "running" && step % STEPS_PER_PICTURE && step < steps) return;
    view.show(new ImageData(new Uint8ClampedArray(picture), size, size), `The drawing of ${name} after ${step} of ${steps} steps`);
    view.plot(activations, steps, name, (value) => formatted(widget, value));
    if (top) list(widget, top);
    onPicture(widget, step, steps, top);
    // While it runs, the bars alone name the prediction, which changes with each step.
    const result = top ? state === "paused" && `prediction: ${prediction(widget, top)}` : `activation ${formatted(widget, activation ?? 0)}`;
    if (step && step < steps && (state === "paused" || step % Math.ceil(steps / 4) === 0)) view.say(`${name}: step ${step} of ${steps}${result ? `; ${result}` : ""}.`);
    if (state === "paused") widget.setState("paused");
  },

  line({ form }, { line }) {
    form.mark(line);
  },

  async done(widget, { activation, probability, rank, top, engine }) {
    const { form, kind, name, part, view } = widget;
    part.dataset.engine = engine;
    form.mark("");
    list(widget, top ?? []);
    onPicture(widget, widget.steps, widget.steps, top); // of the finished picture, no longer of the last step's random view
    widget.setState("done");
    const ranked = rank > 1 ? `; ${name} has rank ${rank} (${percent(probability)})` : "";
    const predicted = top ? ` The network's prediction for this picture: ${prediction(widget, top)}${ranked}.` : "";
    view.say(`Done.${predicted} The ${rank ? "logit" : `activation of ${name}`} is ${formatted(widget, activation)}.`);
    const page = kind !== "class" && (await pageOf(widget.drawnTarget));
    if (page) view.status.append(" ", element("a", { href: page, textContent: `The page of ${name}` }), ".");
  },

  classified(widget, { top, gradient, target }) {
    widget.form.ownPicture.setGradient(gradient, target);
    if (widget.state !== "paused") return; // of the drawing, its own predictions are shown
    list(widget, top);
    widget.view.say(`The network's prediction for your picture: ${prediction(widget, top)}. The picture stays on your machine. Press Draw to bring out ${widget.name} in it.`);
  },

  error(widget, { message }) {
    widget.setState("idle");
    widget.view.say(message);
  },
};

const list = ({ classes, target, view }, top) => view.list(top, classIndex(parseTarget(target)), (index) => classes[index][0]);

/** Name the step on the picture, and the most probable class. */
const onPicture = ({ classes, view }, step, steps, top) => view.progressed(step, steps, top ? `${classes[top[0].index][0]} ${percent(top[0].probability)}` : "");

/** An activation of the target, for a reader. */
const formatted = ({ target }, value) => activationOf(parseTarget(target), value);

const prediction = ({ classes }, [{ index, probability }]) => `${classes[index][0]} (${percent(probability)})`;
