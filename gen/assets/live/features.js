// Feature accentuation (Hamblin et al. 2024): the drawing stays close to the picture that it starts from.

import { LAYERS } from "./target.js";

/** The index of a layer by its name. */
export const layerIndex = (name) => LAYERS.findIndex(([own]) => own === name);

/** The distance from a picture's features in a layer of the network, as a penalty (feature_distance in actmax.ascent.penalties). */
export class FeatureDistance {
  /**
   * Keep the features of the network's current image. The network is prepared up to `layer`, or a higher one.
   * @param {import("./engine.js").Network} network
   */
  constructor(network, layer) {
    this.network = network;
    this.layer = layer;
    this.own = new Float32Array(3 * network.plane); // the gradient from which the penalty's is subtracted
    this.wanted = this.features().slice();
  }

  /** The features of the current image, without a random transform. */
  features() {
    const { engine } = this.network;
    engine.transform_image(0);
    engine.forward(this.layer, 0, LAYERS[this.layer][1]);
    return this.network.floats(engine.output_data(this.layer), LAYERS[this.layer][1] * engine.map_height(this.layer) * engine.map_width(this.layer));
  }

  /** Subtract the penalty's gradient from the gradient at the image, scaled to a mean magnitude. */
  subtract(magnitude, reluLeak) {
    const { network, wanted, own } = this;
    const { engine } = network;
    own.set(network.gradient);
    const difference = this.features();
    for (let i = 0; i < difference.length; i++) difference[i] -= wanted[i];
    engine.backward(this.layer, 0, LAYERS[this.layer][1], reluLeak);
    engine.transform_image_backward(0, 0);
    const gradient = network.gradient;
    const scale = magnitude / Math.max(meanMagnitude(gradient), 1e-12);
    for (let i = 0; i < gradient.length; i++) gradient[i] = own[i] - scale * gradient[i];
  }
}

/** The mean of the magnitudes of numbers. */
export const meanMagnitude = (values) => values.reduce((sum, value) => sum + Math.abs(value), 0) / values.length;
