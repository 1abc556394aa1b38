// A quiz: the drawing of a class or a channel, and two pictures. Which of them excites it more? The engine computes the answer.

import { element, enhance, onPage } from "../helpers.js";
import { facts } from "./facts.js";
import { button } from "./form.js";
import { LiveNetwork } from "./network.js";
import { croppedSquare } from "./picture.js";
import { FC8, parseTarget } from "./target.js";
import { activationOf } from "./view.js";

const CANDIDATES = 6; // of these, the two with the largest difference are shown

/** @typedef {{ target: string, name: string, src: string }} Picture a picture, and the target that it was drawn for; none for a photograph */

/**
 * A random choice without repetition.
 * @template T
 * @param {T[]} from
 * @param {number} count
 */
export function sample(from, count) {
  const rest = [...from];
  return Array.from({ length: Math.min(count, rest.length) }, () => rest.splice(Math.floor(Math.random() * rest.length), 1)[0]);
}

/**
 * What is asked about, and what is measured.
 * @param {Picture} asked
 */
const wordsFor = ({ target }) => (parseTarget(target).layer === FC8 ? { kind: "class", measure: "logit" } : { kind: "channel", measure: "activation" });

class Quiz {
  /** @param {HTMLElement} part */
  constructor(part) {
    this.part = part;
    this.own = 0; // the asked target's activation for its own drawing
    /** @type {Picture[]} */
    this.pictures = JSON.parse(part.dataset.quiz);
    this.right = 0;
    this.asked = 0;
    /** @type {(Picture & { activation: number })[]} */
    this.pair = [];
    /** @type {string[]} */
    this.lately = []; // targets of the last questions
    /** @type {{ resolve: (activation: number) => void, reject: (error: Error) => void } | null} */
    this.waiting = null;
    this.network = new LiveNetwork((message) => this.receive(message));
    this.question = element("p", { className: "quiz-question", tabIndex: -1 });
    this.shown = element("div", { className: "quiz-pictures" });
    this.status = element("p", { className: "live-status", role: "status", textContent: "The network computes the answer in your browser. The score is kept on this page alone." });
    this.next = button("next", "Start the quiz");
    this.score = element("span", { className: "quiz-score" });
    part.replaceChildren(this.question, this.status, this.shown, element("p", { className: "live-links" }, this.next, " ", this.score));
    this.next.addEventListener("click", () => this.ask());
  }

  /** Show a new question, or the sentence that says why there is none. */
  async ask() {
    this.next.disabled = true;
    this.part.classList.add("begun"); // takes its space at once, as the answer to the click
    try {
      const asked = sample(this.pictures.filter(({ target }) => target && !this.lately.includes(target)), 1)[0];
      this.lately = [...this.lately, asked.target].slice(-Math.floor(this.pictures.length / 2));
      const { layer } = parseTarget(asked.target);
      this.status.textContent = "Fetching the network, and choosing two pictures …";
      await this.network.load(layer, () => {});
      const others = this.pictures.filter(({ target }) => target !== asked.target);
      const measured = [];
      for (const picture of sample(others, CANDIDATES)) measured.push({ ...picture, activation: await this.measure(picture, asked.target) });
      this.own = await this.measure(asked, asked.target);
      measured.sort((a, b) => a.activation - b.activation);
      this.pair = sample([measured[0], measured[measured.length - 1]], 2);
      this.show(asked);
    } catch (error) {
      this.status.textContent = error instanceof Error ? error.message : String(error);
      this.next.textContent = "Try again";
      this.next.disabled = false;
    }
  }

  /** @param {Picture} asked */
  show(asked) {
    const { kind } = wordsFor(asked);
    this.question.textContent = `This drawing excites the ${kind} ${asked.name}. Which of the two other pictures excites it more?`;
    const image = (/** @type {Picture} */ { src }, alt = "") => element("img", { src, alt, width: 160, height: 160 });
    const drawing = element("figure", { className: "quiz-asked" }, image(asked), element("figcaption", { textContent: asked.name }));
    // Their names would give the answer away.
    const answers = this.pair.map((picture, index) => {
      const answer = button("answer", "");
      answer.append(image(picture, `Picture ${index + 1}`));
      answer.addEventListener("click", () => this.answer(index));
      return answer;
    });
    this.answers = answers;
    this.asking = asked;
    this.shown.replaceChildren(drawing, element("div", { className: "quiz-answers", role: "group", "aria-label": "Which excites it more?" }, ...answers));
    this.status.textContent = "Choose a picture.";
    this.next.textContent = "Next question";
    this.question.focus({ preventScroll: true });
  }

  /** @param {number} chosen */
  answer(chosen) {
    const other = 1 - chosen;
    const right = this.pair[chosen].activation >= this.pair[other].activation;
    this.asked += 1;
    this.right += Number(right);
    if (!this.asking) return;
    const { kind, measure } = wordsFor(this.asking);
    const target = parseTarget(this.asking.target);
    const words = (/** @type {number} */ activation) => activationOf(target, activation);
    const winner = right ? chosen : other;
    const values = this.pair.map(({ activation }) => words(activation));
    this.answers?.forEach((answer, index) => {
      answer.disabled = true;
      answer.className = index === winner ? "more" : "";
      answer.append(element("span", { textContent: this.pair[index].name }), element("b", { textContent: `${measure} ${values[index]}${index === winner ? ", higher" : ""}` }));
    });
    this.status.textContent = `${right ? "Right" : "Wrong"}: the picture of ${this.pair[winner].name} gives the ${kind} ${this.asking.name} the higher ${measure}, ${values[winner]} against ${values[1 - winner]}. Its own drawing, as small as these, reaches ${words(this.own)}.`;
    this.score.textContent = `${this.right} of ${this.asked} right`;
    this.next.disabled = false;
    this.next.focus({ preventScroll: true });
  }

  /**
   * The activation of a target for a picture.
   * @param {Picture} picture
   * @param {string} target
   * @returns {Promise<number>}
   */
  async measure({ src }, target) {
    const image = new Image();
    image.src = src;
    await image.decode().catch(() => {
      throw new Error("A picture of the quiz could not be fetched.");
    });
    const { size } = await facts();
    return new Promise((resolve, reject) => {
      this.waiting = { resolve, reject };
      this.network.post({ type: "classify", size, target, picture: croppedSquare(image, size).data });
    });
  }

  /** @param {{ type: string, activation: number, message: string }} message */
  receive({ type, activation, message }) {
    if (type === "classified") this.waiting?.resolve(activation);
    if (type === "error") this.waiting?.reject(new Error(message));
  }
}

enhance(".quiz", (part) => {
  const quiz = new Quiz(part);
  onPage(() => part.isConnected || quiz.network.worker?.terminate());
});
