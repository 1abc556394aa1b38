// Activation maximization: x ← x + α ∇ₓh(x), with what the gallery adds to it.

import { Pixels, Waves } from "./engine.js";

/** Evenly spread numbers in [0, 1), always the same for a seed (sfc32, C. Doty-Humphrey). */
export function random(seed) {
  let [a, b, c, counter] = [seed | 0, (seed / 2 ** 32) | 0, 0x9e3779b9, 1];
  const next = () => {
    const sum = (((a + b) | 0) + counter++) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let i = 0; i < 12; i++) next();
  return next;
}

/** Normally distributed numbers (Box and Muller 1958). */
export function normal(uniform) {
  return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}

/** α of each step: constant, then falling in a straight line towards zero over the last part. */
export function stepSizes(alpha, steps, anneal) {
  const falling = anneal * steps;
  return Array.from({ length: steps }, (_, step) => (falling ? alpha * Math.min(1, (steps - step) / falling) : alpha));
}

/** A map by chance: turned, scaled, shifted by whole pixels (actmax.ascent.transforms.random_affine). */
function randomMap(uniform, { size, jitter, scale, rotate }) {
  const [angle, change, across, down] = Array.from({ length: 4 }, () => 2 * uniform() - 1);
  const turn = (rotate * angle * Math.PI) / 180;
  const factor = 1 / (1 + scale * change);
  const shift = (part) => (jitter ? (Math.round((jitter + 0.49) * part) * 2) / size : 0);
  const [cos, sin] = [factor * Math.cos(turn), factor * Math.sin(turn)];
  return [cos, -sin, shift(across), sin, cos, shift(down)];
}

/** The softmax of logits. */
export function shares(logits) {
  const most = logits.reduce((a, b) => Math.max(a, b));
  const powers = Array.from(logits, (logit) => Math.exp(logit - most));
  const sum = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / sum);
}

/** The most probable classes, the first one first. */
export function top(probabilities, count = 5) {
  return [...probabilities.keys()]
    .sort((a, b) => probabilities[b] - probabilities[a])
    .slice(0, count)
    .map((index) => ({ index, probability: probabilities[index] }));
}

/** The slope at the logits: one for the class, and less of whoever is ahead (actmax.ascent.objectives.against_rivals). */
function slopeOf(target, rivals, logits) {
  const slope = rivals ? shares(logits).map((share) => -rivals * share) : new Array(logits.length).fill(0);
  slope[target] += 1;
  return slope;
}

/** For each row, then for each column, how much its slope counts: a Gaussian around the middle. */
function middleOf({ size, centre }) {
  const weights = Array.from({ length: size }, (_, i) => Math.exp(-0.5 * ((2 * i) / (size - 1) - 1) ** 2 / centre ** 2));
  return [...weights, ...weights];
}

/**
 * The ascent. Yields, for each step, the name of each line as it is about to be computed, and what came of it.
 *
 * settings: target, size, seed, steps, parameterization (`waves`, `pixels`), optimizer (`adam`, `ascent`), alpha, anneal,
 * decay, sd, jitter, scale, rotate, penalty, rivals, leak, centre, and one of them or none: picture (RGBA of that size), start (the
 * variable's numbers); maps: 6 numbers for each step, in place of random ones.
 */
export function* ascend(network, settings) {
  const { target, size, steps, optimizer, penalty, rivals, leak } = settings;
  network.prepare(size, size);
  const uniform = random(settings.seed);
  const x = settings.parameterization === "waves" ? new Waves(network, settings.decay) : new Pixels(network);
  if (settings.picture) {
    network.take(settings.picture);
    x.startFromPicture();
  } else if (settings.start) x.x.set(settings.start);
  else x.start(normal(uniform), settings.sd);
  const alphas = stepSizes(settings.alpha, steps, settings.anneal);
  const moves = settings.jitter || settings.scale || settings.rotate;
  const map = moves ? network.room(6) : 0;
  const middle = settings.centre ? network.room(2 * size) : 0;
  if (middle) network.floats(middle, 2 * size).set(middleOf(settings));
  x.paint();
  yield { step: 0, logits: null };

  for (let k = 0; k < steps; k++) {
    yield "view";
    if (map) network.floats(map, 6).set(settings.maps?.slice(6 * k, 6 * k + 6) ?? randomMap(uniform, settings));
    yield "forward";
    const logits = network.forward(map);
    yield "backward";
    network.backward(slopeOf(target, rivals, logits), map, leak, middle);
    if (penalty) {
      yield "penalty";
      network.engine.penalize(penalty);
    }
    yield "step";
    x.paintBack();
    x.step(optimizer, alphas[k], k + 1);
    x.paint();
    if (!Number.isFinite(logits[target]) || !Number.isFinite(network.image[0])) throw new RangeError("infinite");
    yield { step: k + 1, logits };
  }
}
