// What is drawn, in the grammar of recipes (actmax/recipe/target.py): its text, its score and the score's gradient.

/** The layers, from the image on: name, channels. @type {[string, number][]} */
export const LAYERS = [["conv1", 64], ["conv2", 192], ["conv3", 384], ["conv4", 256], ["conv5", 256], ["fc6", 512], ["fc8", 1000]];
export const FC6 = 5;
export const FC8 = 6;

const TERM = /^\s*([+-]?)\s*(?:(\d{1,9}(?:\.\d{1,9})?)\s*\*\s*)?(\w[\w.]{0,40})(?::(\d{1,9})(?:@(center|\d{1,9}\s*,\s*\d{1,9}))?)?(?=\s*(?:[+-]|$))\s*/;
const RANGE = /^\s*(\w+)\s*[:[({/#=]\s*[[({]?\s*(\d{1,9})\s*(?:[-–—…:,;+]|\.\.+|to)\s*(\d{1,9})[\s\d:,;.…+\])}-]*$/;
const ELSEWHERE = /^\s*([+-]?\w+)\s*[:[({/#=\s]\s*(\d{1,9})\s*[\])}]?\s*$/; // a channel as other tools write it
const TERMS = 16;
const WEIGHTS = [0.001, 1000];
const EXAMPLES = "“conv4:117” for a channel, “conv4:117@3,4” for the unit in row 3, column 4, “fc8:340 - 0.5*fc8:292” for a sum";

/** Whether a text is meant as a target, not as the name of a class. */
export const isTarget = (text) => /^[\s+\-*.\d]*(?:conv|fc|logits)\d*\s*(?:[:@+\-[({/#=]|\s\d|$)/i.test(text);

/**
 * layer: index in LAYERS. terms: channels and weights; without, it is the whole layer.
 * @typedef {{ layer: number, terms: [number, number][], position: "mean" | "center" | [number, number] }} Target
 */

/** Parse a target. Throws a sentence for the reader. @returns {Target} */
export function parseTarget(text) {
  const said = `“${text.trim()}”`;
  const [several, of, first, last] = RANGE.exec(text) ?? [];
  if (several) throw new Error(`${said} names several channels. Write one, such as “${of}:${first}”, or a sum, such as “${of}:${first} + ${of}:${last}”.`);
  const found = [];
  for (let rest = text; rest || !found.length; rest = rest.slice(found.at(-1)[0].length)) {
    const match = TERM.exec(rest);
    if (!match || (found.length && !match[1])) throw new Error(`${said} is not a target. ${ELSEWHERE.test(text) ? `Did you mean “${text.replace(ELSEWHERE, "$1:$2")}”?` : `Write ${EXAMPLES}.`}`);
    found.push(match);
  }
  const names = new Set(found.map(([, , , name]) => (name.toLowerCase() === "logits" ? "fc8" : name.toLowerCase())));
  const positions = new Set(found.map((match) => match[5]?.replace(/\s/g, "")));
  if (names.size > 1 || positions.size > 1) throw new Error(`${said}: all terms must name the same ${names.size > 1 ? "layer" : "position"}.`);
  if (found.length > TERMS) throw new Error(`${said} has more than ${TERMS} terms.`);
  const [name] = names;
  const layer = LAYERS.findIndex(([own]) => own === name);
  if (layer < 0) throw new Error(`The network has no layer ${name}. Its layers are ${LAYERS.map(([own]) => own).join(", ")}.`);
  const whole = found.some((match) => match[4] === undefined);
  if (whole && (found.length > 1 || found[0][1] === "-" || found[0][2])) throw new Error(`${said} weighs a whole layer. Only channels and units can be weighed.`);
  /** @type {Target["terms"]} */
  const terms = whole ? [] : found.map(([, sign, factor, , channel]) => [Number(channel), Number(`${sign}${factor ?? 1}`)]);
  for (const [channel, weight] of terms) checkTerm(LAYERS[layer], channel, weight);
  if (new Set(terms.map(([channel]) => channel)).size < terms.length) throw new Error(`${said} names a channel twice. Add its weights up.`);
  return { layer, terms, position: readPosition([...positions][0], layer) };
}

function checkTerm([name, channels], channel, weight) {
  if (channel >= channels) throw new Error(`${name} has ${channels} channels, numbered from 0 to ${channels - 1}. There is no ${channel}.`);
  if (Math.abs(weight) < WEIGHTS[0] || Math.abs(weight) > WEIGHTS[1]) throw new Error(`A weight lies between ${WEIGHTS[0]} and ${WEIGHTS[1]}, not at ${Math.abs(weight)}.`);
}

/** @returns {Target["position"]} */
function readPosition(text, layer) {
  if (text === undefined || (text === "center" && layer >= FC6)) return "mean";
  if (layer >= FC6) throw new Error(`${LAYERS[layer][0]} has no space: leave out the position, “@${text}”.`);
  return text === "center" ? text : text.split(",").map(Number);
}

/** The text of a target, the same for all texts that mean the same. @param {Target} target */
export function targetText({ layer, terms, position }) {
  const name = LAYERS[layer][0];
  const at = position === "mean" ? "" : `@${position}`;
  const term = ([channel, weight], k) => {
    const sign = weight < 0 ? (k ? " - " : "-") : k ? " + " : "";
    return `${sign}${Math.abs(weight) === 1 ? "" : `${Math.abs(weight)}*`}${name}:${channel}${at}`;
  };
  return terms.map(term).join("") || name;
}

/** The class, if the target is a single class, or null. @param {Target} target */
export const classIndex = ({ layer, terms }) => (layer === FC8 && terms.length === 1 && terms[0][1] === 1 ? terms[0][0] : null);

/** The channels from the first to the last of a target. @param {Target} target */
export function channelRange({ layer, terms }) {
  const channels = terms.map(([channel]) => channel);
  return terms.length ? [Math.min(...channels), Math.max(...channels) + 1] : [0, LAYERS[layer][1]];
}

/** [from, to] of the positions that a target reads in a map. Throws a sentence if it has none there. @param {Target} target */
export function positions({ layer, position }, [height, width]) {
  if (position === "mean") return [0, height * width];
  const [row, column] = position === "center" ? [height >> 1, width >> 1] : position;
  if (row >= height || column >= width) throw new Error(`A map of ${LAYERS[layer][0]} is ${height} × ${width} here: position ${row},${column} lies outside it.`);
  return [row * width + column, row * width + column + 1];
}

/** The score of a layer's output: planes of channels, size [height, width] each. @param {Target} target */
export function score(target, output, size) {
  const plane = size[0] * size[1];
  if (!target.terms.length) return output.reduce((sum, value) => sum + value * value, 0) / output.length;
  const [from, to] = positions(target, size);
  const mean = (channel) => output.subarray(channel * plane + from, channel * plane + to).reduce((sum, value) => sum + value, 0) / (to - from);
  return target.terms.reduce((sum, [channel, weight]) => sum + weight * mean(channel), 0);
}

/** Replace a layer's output by the gradient of the score, within `channelRange`. @param {Target} target */
export function scoreBackward(target, output, size) {
  if (!target.terms.length) {
    const factor = 2 / output.length;
    for (let i = 0; i < output.length; i++) output[i] *= factor;
    return;
  }
  const plane = size[0] * size[1];
  const [first, last] = channelRange(target);
  const [from, to] = positions(target, size);
  output.fill(0, first * plane, last * plane);
  if (target.layer >= FC6) output.fill(0); // linear layers have no range
  for (const [channel, weight] of target.terms) output.fill(weight / (to - from), channel * plane + from, channel * plane + to);
}
