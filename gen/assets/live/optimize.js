// The optimization loop of the gallery: x ← x + α ∇ₓh(x), with penalties, random transforms and gradient modifiers.

import { FeatureDistance, layerIndex, meanMagnitude } from "./features.js";
import { Fourier, Pixels } from "./parameters.js";
import { channelRange, classIndex, FC8, parseTarget, positions, score, scoreBackward } from "./target.js";

/** A generator of uniform numbers in [0, 1), the same for the same seed (sfc32, C. Doty-Humphrey). */
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

/** Standard normal numbers (Box and Muller 1958). */
export function normal(uniform) {
  return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}

/** The step size of each step: constant, then falling linearly towards zero over the last part, `anneal`. */
export function stepSizes(stepSize, steps, anneal) {
  const falling = anneal * steps;
  return Array.from({ length: steps }, (_, step) => (falling ? stepSize * Math.min(1, (steps - step) / falling) : stepSize));
}

/** A random affine map: rotated, scaled, shifted by whole pixels (actmax.ascent.transforms.random_affine). */
function randomMap(uniform, { size, jitter, scale, rotate }) {
  const [angle, factor, x, y] = Array.from({ length: 4 }, () => 2 * uniform() - 1);
  const radians = (rotate * angle * Math.PI) / 180;
  const zoom = 1 / (1 + scale * factor);
  const shift = (part) => (jitter ? (Math.round((jitter + 0.49) * part) * 2) / size : 0);
  const [cos, sin] = [zoom * Math.cos(radians), zoom * Math.sin(radians)];
  return [cos, -sin, shift(x), sin, cos, shift(y)];
}

export function softmax(logits) {
  const largest = logits.reduce((a, b) => Math.max(a, b));
  const powers = Array.from(logits, (logit) => Math.exp(logit - largest));
  const sum = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / sum);
}

/** The most probable classes, best first. */
export function topClasses(probabilities, count = 5) {
  return [...probabilities.keys()]
    .sort((a, b) => probabilities[b] - probabilities[a])
    .slice(0, count)
    .map((index) => ({ index, probability: probabilities[index] }));
}

/** Add the gradient of −weight · max(logits) to a gradient at the logits (margin in actmax.ascent.gradients). */
export function subtractLeader(gradient, weight, logits) {
  gradient[logits.reduce((leader, logit, index) => (logit > logits[leader] ? index : leader), 0)] -= weight;
}

/** A Gaussian weight for each row, then for each column: largest in the center (`gradient_window`). */
function gaussianWindow(size, width) {
  const weights = Array.from({ length: size }, (_, i) => Math.exp(-0.5 * ((2 * i) / (size - 1) - 1) ** 2 / width ** 2));
  return [...weights, ...weights];
}

/**
 * Maximize a target. Yields the name of each line before it is computed, and { step, activation, logits } after each step;
 * logits only if the network is computed up to them.
 *
 * settings: target, size, seed and the recipe fields steps, parameterization, optimizer, step_size, anneal, decay_power,
 * contrast_limit, start_sd, jitter, scale, rotate, excess_variation_weight, excess_variation_limit, margin_weight,
 * relu_leak, gradient_window. Optional: picture, RGBA to start from, with feature_weight and feature_layer; for tests start
 * (the initial parameters) and maps (6 numbers a step, not random).
 *
 * engine: returns what computes `forward` and `backward` in the next step, such as a `Race`; by default the network.
 * @param {import("./engine.js").Network} network
 */
export async function* optimize(network, settings, engine = () => network) {
  const { size, steps, optimizer, decay_power, contrast_limit } = settings;
  const { excess_variation_weight, excess_variation_limit, margin_weight, relu_leak, gradient_window, feature_weight } = settings;
  const target = parseTarget(settings.target);
  const channels = channelRange(target);
  const featureLayer = feature_weight ? layerIndex(settings.feature_layer) : 0;
  network.prepare(size, size, target.layer, Math.max(target.layer, featureLayer));
  positions(target, network.mapSize); // throws if there is none
  const uniform = random(settings.seed);
  const parameters = settings.parameterization === "fourier" ? new Fourier(network, decay_power, contrast_limit) : new Pixels(network);
  let features = null;
  if (settings.picture) {
    network.setImage(settings.picture);
    if (feature_weight) features = new FeatureDistance(network, featureLayer);
    parameters.encode();
  } else if (settings.start) parameters.values.set(settings.start);
  else parameters.initialize(normal(uniform), settings.start_sd);
  const alphas = stepSizes(settings.step_size, steps, settings.anneal);
  const map = settings.jitter || settings.scale || settings.rotate ? network.allocate(6) : 0;
  const window = gradient_window ? network.allocate(2 * size) : 0;
  if (window) network.floats(window, 2 * size).set(gaussianWindow(size, gradient_window));
  parameters.decode();
  yield { step: 0, activation: null, logits: null };

  for (let k = 0; k < steps; k++) {
    yield "view";
    if (map) network.floats(map, 6).set(settings.maps?.slice(6 * k, 6 * k + 6) ?? randomMap(uniform, settings));
    yield "forward";
    const passes = engine();
    const output = await passes.forward(map, channels);
    const activation = score(target, output, network.mapSize);
    const logits = target.layer === FC8 ? output.slice() : null;
    yield "backward";
    scoreBackward(target, output, network.mapSize);
    if (margin_weight && classIndex(target) !== null) subtractLeader(output, margin_weight, logits);
    await passes.backward(map, relu_leak, window, channels);
    let scale = 1;
    if (excess_variation_weight) {
      yield "penalty";
      if (optimizer === "ascent") scale = meanMagnitude(network.gradient); // undoes the scaling, so that the step size keeps its meaning
      network.engine.subtract_excess_variation(excess_variation_weight, excess_variation_limit);
    }
    if (features) {
      yield "features";
      features.subtract(feature_weight * (excess_variation_weight ? 1 : meanMagnitude(network.gradient)), relu_leak);
    }
    yield "step";
    parameters.decodeBackward();
    parameters.step(optimizer, scale * alphas[k], k + 1);
    parameters.decode();
    if (!Number.isFinite(activation) || !Number.isFinite(network.image[0])) throw new RangeError("infinite");
    yield { step: k + 1, activation, logits };
  }
}
