// The listing of the bench: what the engine computes with these settings, and nothing else.

/** By row, the lines that run: text, comment. Rows of a step have the names that the engine gives them. */
export function listing(settings) {
  const { optimizer, relu_leak, gradient_window, margin_weight, excess_variation_weight, contrast_limit, anneal } = settings;
  const fourier = settings.parameterization === "fourier";
  const adam = optimizer === "adam";
  const image = fourier ? "p" : "x";
  const gradient = fourier ? "∇ₚ" : "∇ₓ";
  const moved = settings.jitter || settings.scale || settings.rotate;
  const g = fourier ? "g ∂p/∂x" : "g";
  return {
    start: [fourier ? ["x = noise(seed)", "Fourier coefficients"] : ["x = gray + noise(seed)", "pixels"]],
    loop: [["for k in range(steps):", ""]],
    view: [
      ...(fourier ? [["p = image(x)", `inverse transform, ${contrast_limit ? "limit on contrast, " : ""}sigmoid`]] : []),
      moved ? [`z = view(${image})`, "shifted, rotated, scaled"] : [`z = ${image}`, ""],
    ],
    forward: [[margin_weight ? `h = network(z)[i] − ${margin_weight} max(network(z))` : "h = network(z)[i]", ""]],
    backward: [[`g = ${gradient_window ? "window · " : ""}${gradient} h`, relu_leak ? `ReLUs let ${100 * relu_leak} % through` : ""]],
    penalty: excess_variation_weight
      ? [
          [`t = ${gradient} variation(${image})`, "0 while most photographs have more"],
          [adam ? "g = g / |g| − λ t / |t|" : "g = g − λ |g| t / |t|", ""],
        ]
      : [["", "no penalty"]],
    step: [
      [`x = x + ${anneal ? "α(k)" : "α"} ${adam ? `adam(${g})` : g}`, anneal ? `α falls to 0 over the last ${anneal === 0.5 ? "half" : `${100 * anneal} %`}` : ""],
    ],
  };
}
