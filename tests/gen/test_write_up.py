"""The write-up: every equation is the code's, and the script that it prints runs."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

import actmax
from actmax import constraints, gradients, params, penalties
from actmax.ascent.gradient_ascent import ascend
from actmax.ascent.optimizers import gradient_ascent
from actmax.ascent.params import Canvas
from actmax.ascent.params.fourier import colors
from actmax.ascent.params.phase import magnitude
from actmax.networks.network import IMAGENET
from gen.pages.authored import listing, reading_time

PAGE = (Path(__file__).parents[2] / "docs/write-ups/activation-maximization/index.md").read_text("utf-8")
EQUATIONS = {name: tex for tex, name in re.findall(r"^\$\$(.+)\$\$ \{ #([\w-]+) \}$", PAGE, re.MULTILINE)}
DEFINITIONS = {"phi", "aim", "drawing"}
"""Equations that state a problem, and nothing that is computed."""
SIDE = 12
CANVAS = Canvas(3, SIDE, SIDE, IMAGENET, IMAGENET.inverse)
SIGMA = torch.tensor(IMAGENET.std).view(1, 3, 1, 1)

CHECKS: dict[str, tuple[str, Callable[[], None]]] = {}


def equation(name: str, tex: str) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Register a check of an equation, with the TeX that it transcribes."""

    def register(check: Callable[[], None]) -> Callable[[], None]:
        CHECKS[name] = (tex, check)
        return check

    return register


def test_every_equation_is_checked() -> None:
    assert set(EQUATIONS) == set(CHECKS) | DEFINITIONS
    assert PAGE.count("\n$$") == len(EQUATIONS) + 1  # the network as a function has no number


@pytest.mark.parametrize("name", sorted(EQUATIONS.keys() - DEFINITIONS))
def test_an_equation_is_the_code(name: str) -> None:
    tex, check = CHECKS[name]
    assert EQUATIONS[name] == tex, "the page's equation has changed: check it against the code again"
    torch.manual_seed(0)
    check()


def random(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.manual_seed(1))


WEIGHTS = random(1, 3, SIDE, SIDE)


def h(x: Tensor) -> Tensor:
    """A neuron: (B, 3, SIDE, SIDE) -> (B,)."""
    return (WEIGHTS * (2 * x).sin()).flatten(1).sum(1)


def gradient_of(of: Callable[[Tensor], Tensor], at: Tensor) -> Tensor:
    """The gradient of a function at a point."""
    at = at.detach().clone().requires_grad_()
    (grad,) = torch.autograd.grad(of(at).sum(), at)
    return grad


def of_pixels(p: Tensor) -> Tensor:
    """The gradient of the neuron with respect to pixels between 0 and 1."""
    return gradient_of(lambda p: h((p - torch.tensor(IMAGENET.mean).view(1, 3, 1, 1)) / SIGMA), p)


def mean(values: Tensor) -> Tensor:
    return values.abs().mean()


def scaled(x: Tensor) -> Tensor:
    """g of the page, at the normalized image x."""
    return SIGMA * of_pixels(IMAGENET.inverse(x)) / mean(of_pixels(IMAGENET.inverse(x)))


def path(method: actmax.Method, objective: Callable[[Any], Tensor] = lambda outputs: outputs["h"]) -> list[Tensor]:
    """The image parameters at the start and after each step."""
    start = method.params([torch.Generator().manual_seed(0)], CANVAS).start
    steps = actmax.optimize(method, lambda x: {"h": h(x)}, objective, CANVAS, [0])
    return [start, *(step.parameters.clone() for step in steps)]


def close(left: Tensor, right: Tensor) -> None:
    torch.testing.assert_close(left, right, rtol=1e-4, atol=1e-5)


def blurred(images: Tensor, sd: float) -> Tensor:
    """A convolution with a Gaussian of three standard deviations, mirrored at the border."""
    reach = max(1, round(3 * sd))
    taps = torch.exp(-((torch.arange(-reach, reach + 1) / sd) ** 2) / 2)
    kernel = torch.outer(taps, taps) / taps.sum() ** 2
    padded = functional.pad(images, (reach,) * 4, mode="reflect")
    return functional.conv2d(padded, kernel.expand(3, 1, -1, -1), groups=3)


def clipped(x: Tensor) -> Tensor:
    return IMAGENET(IMAGENET.inverse(x).clamp(0, 1))


# The network.


def layers() -> tuple[list[nn.Module], actmax.Network]:
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 10 * 10, 5))
    return list(module), actmax.wrap(module, size=SIDE)


@equation("onion", r"h(x) = f_n(f_{n-1}(\cdots f_1(x) \cdots))")
def _() -> None:
    (first, second, third, last), net = layers()
    x = random(1, 3, SIDE, SIDE)
    close(net.logits(x), last(third(second(first(x)))))


@equation("layer", r"a_l(x) = f_l(f_{l-1}(\cdots f_1(x) \cdots))")
def _() -> None:
    (first, second, *_), net = layers()
    x = random(1, 3, SIDE, SIDE)
    close(net.submodel(["1"], (SIDE, SIDE))(x)["1"], second(first(x)))


# Gradient ascent.


@equation("iteration", r"x_{k+1} = x_k + \alpha \nabla_x h_i(x_k)")
def _() -> None:
    start, first, second = path(actmax.Method(params.pixels(0.1), gradient_ascent(0.3), steps=2))
    close(first, start + 0.3 * gradient_of(h, start))
    close(second, first + 0.3 * gradient_of(h, first))
    step = 1e-3 * torch.eye(3 * SIDE * SIDE).view(-1, 3, SIDE, SIDE)[:9]  # and it is the gradient
    exact = start.double()  # float32 rounds the differences
    close((h(exact + step) - h(exact - step)) / 2e-3, gradient_of(h, exact).flatten()[:9])


@equation("scaled", r"g = \sigma \, \frac{\nabla_p h_i}{\overline{|\nabla_p h_i|}}")
def _() -> None:
    start, end = path(actmax.Method(params.pixels(0.1), gradient_ascent(0.3), steps=1, gradients=[gradients.normalize]))
    close(end, start + 0.3 * scaled(start))


@equation("norm", r"x_{k+1} = \rho \, \frac{x_k + \alpha g}{\|x_k + \alpha g\|}")
def _() -> None:
    preset = actmax.METHODS["erhan"]
    start, *steps = path(actmax.method("erhan", steps=2))
    for x, following in zip([start, *steps], steps, strict=False):
        moved = x + preset["step_size"] * scaled(x)
        close(following, preset["norm"] * moved / moved.square().mean().sqrt())


@equation("decay", r"r(x) = K_s * (1 - \delta) \, x")
def _() -> None:
    preset = actmax.METHODS["yosinski"]
    x, *steps = path(actmax.method("yosinski", steps=4))
    for number, following in enumerate(steps, 1):
        moved = (1 - preset["l2_decay"]) * (x + preset["step_size"] * scaled(x))
        x = clipped(blurred(moved, preset["blur"]) if number % preset["blur_every"] == 0 else moved)
        close(following, x)


def filtered(x: Tensor) -> Tensor:
    """The gradient of the page's `filtered`, at the normalized image x."""
    count = torch.fft.fftfreq(SIDE) * SIDE  # cycles per image
    frequency = torch.hypot(count[:, None], count).clamp_min(1)
    grad = torch.fft.ifft2(frequency**-0.2 * torch.fft.fft2(of_pixels(IMAGENET.inverse(x)))).real
    return SIGMA * grad / mean(grad)


@equation(
    "filtered",
    r"\tilde g = \sigma \, \frac{\mathcal{F}^{-1}(f^{-0.2} \, \mathcal{F} \, \nabla_p h_i)}"
    r"{\overline{|\mathcal{F}^{-1}(f^{-0.2} \, \mathcal{F} \, \nabla_p h_i)|}}",
)
def _() -> None:
    modifiers = [gradients.frequency_decay(0.2), gradients.normalize]
    start, end = path(actmax.Method(params.pixels(0.1), gradient_ascent(0.3), steps=1, gradients=modifiers))
    close(end, start + 0.3 * filtered(start))


@equation("blurred", r"x_{k+1} = K_{s_k} * (x_k + \alpha_k \tilde g)")
def _() -> None:
    preset, steps = actmax.METHODS["mei"], 3
    assert preset["gradient_decay_power"] == 0.2
    x, *found = path(actmax.method("mei", steps=steps))
    for k, following in enumerate(found):
        alpha, sd = preset["step_size"] * (steps - k) / steps, preset["blur"] * (1 - (k + 1) / steps)
        moved = x + alpha * filtered(x)
        x = clipped(blurred(moved, sd) if sd > 0 else moved)
        close(following, x)


@equation("grey", r"x_{k+1} = x_k + \alpha \left(g - \lambda \sigma \left(p_k - \tfrac{1}{2}\right)\right)")
def _() -> None:
    preset = actmax.METHODS["simonyan"]
    start, *steps = path(actmax.method("simonyan", steps=3))
    for x, following in zip([start, *steps], steps, strict=False):
        pull = preset["l2_weight"] * SIGMA * (IMAGENET.inverse(x) - 0.5)
        close(following, x + preset["step_size"] * (scaled(x) - pull))
    taken = preset["step_size"] * preset["l2_weight"] * SIGMA.square().mean()
    assert taken.item() == pytest.approx(0.05, abs=0.002)  # "about 5 %"


# Penalties.


@equation(
    "variation",
    r"V_\beta(p) = \frac{1}{n} \sum_{i,j} \left( (p_{i+1,j} - p_{i,j})^2 + (p_{i,j+1} - p_{i,j})^2 \right)^{\beta/2}",
)
def _() -> None:
    p = torch.rand(1, 3, SIDE, SIDE)
    terms = [
        ((p[0, c, i + 1, j] - p[0, c, i, j]) ** 2 + (p[0, c, i, j + 1] - p[0, c, i, j]) ** 2).item()
        for c in range(3)
        for i in range(SIDE - 1)
        for j in range(SIDE - 1)
    ]
    for beta in (1.0, 2.0):
        expected = sum(term ** (beta / 2) for term in terms) / len(terms)
        assert penalties.total_variation(p, beta).item() == pytest.approx(expected, rel=1e-3)
    assert actmax.METHODS["mahendran"]["total_variation_power"] == 2


def variation(p: Tensor) -> Tensor:
    down, right = (p[..., 1:, :] - p[..., :-1, :]).abs(), (p[..., 1:] - p[..., :-1]).abs()
    return (down.flatten(1).sum(1) + right.flatten(1).sum(1)) / down[0].numel()


@equation(
    "rows-and-columns",
    r"V(p) = \frac{1}{n} \left( \sum_{i,j} |p_{i+1,j} - p_{i,j}| + \sum_{i,j} |p_{i,j+1} - p_{i,j}| \right)",
)
def _() -> None:
    p = torch.rand(2, 3, SIDE, SIDE)
    close(penalties.anisotropic_total_variation(p), variation(p))


def excess(p: Tensor, limit: float = 0.18) -> Tensor:
    return (variation(p) - limit * p.detach().flatten(1).std(1)).clamp_min(0)


@equation("excess", r"E(p) = \max\left(0, \; V(p) - 0.18 \, \text{sd}(p)\right)")
def _() -> None:
    assert actmax.Recipe.model_fields["excess_variation_limit"].default == 0.18
    rough, flat = torch.rand(1, 3, SIDE, SIDE), torch.linspace(0, 1, SIDE).expand(1, 3, SIDE, SIDE)
    for p in (rough, flat):
        close(penalties.excess_variation(p, 0.18), excess(p))
        close(gradient_of(lambda p: penalties.excess_variation(p, 0.18), p), gradient_of(excess, p))
    assert excess(rough) > 0


def combined(p: Tensor, penalty: Callable[[Tensor], Tensor], weight: float) -> Tensor:
    """The gradient of the page's `balance`, times the number of pixels: the L1 norm's part of the mean."""
    ours, other = of_pixels(p), gradient_of(penalty, p)
    return p[0].numel() * (ours / ours.abs().sum() - weight * other / other.abs().sum())


def check_combined(penalty: Callable[[Tensor], Tensor]) -> None:
    method = actmax.Method(
        params.pixels(0.5), gradient_ascent(0.1), steps=1, relative_penalties=[(0.25, penalty)], gradients=[]
    )
    start, end = path(method)
    close(end, start + 0.1 * SIGMA * combined(IMAGENET.inverse(start), penalty, 0.25))


@equation("balance", r"\frac{\nabla_p m_i}{\|\nabla_p m_i\|_1} - \lambda \frac{\nabla_p E}{\|\nabla_p E\|_1}")
def _() -> None:
    check_combined(excess)


@equation("margin", r"m_i = h_i - w \max_j h_j")
def _() -> None:
    for logits in (random(1, 5), 3 * torch.eye(5)[2:3] + random(1, 5) / 10):
        for weight in (0.5, 1.0):
            changed = gradient_of(lambda x, w=weight: gradients.margin(w)(x)[:, 2], logits)  # type: ignore[misc]
            close(changed, gradient_of(lambda x, w=weight: x[:, 2] - w * x.amax(1), logits))  # type: ignore[misc]


@equation(
    "statistics",
    r"S(x) = \frac{1}{L} \sum_l \frac{1}{n_l} \sum_c \frac{(\mu_{l,c}(x) - \bar\mu_{l,c})^2}{s_{l,c}^2}",
)
def _() -> None:
    maps = {"one": random(1, 2, 5, 5), "two": random(1, 4, 3, 3)}
    known = {name: (random(2 * m.shape[1]), 1 + torch.rand(2 * m.shape[1])) for name, m in maps.items()}
    expected = 0.0
    for name, layer in maps.items():
        numbers = [layer[0, c].mean().item() for c in range(layer.shape[1])]
        numbers += [math.log(layer[0, c].std(unbiased=False).item()) for c in range(layer.shape[1])]
        middle, s = known[name]
        scores = [(mu - m.item()) ** 2 / d.item() ** 2 for mu, m, d in zip(numbers, middle, s, strict=True)]
        expected += sum(scores) / len(scores) / len(maps)
    penalty = penalties.channel_statistics_penalty(lambda _: maps, known)
    assert penalty(torch.zeros(1, 3, 4, 4)).item() == pytest.approx(expected, rel=1e-4)


@equation("distance", r"D(x) = \frac{\|a_l(x) - a_l(q)\|_2^2}{\|a_l(q)\|_2^2}")
def _() -> None:
    q, p = torch.rand(1, 3, SIDE, SIDE), torch.rand(1, 3, SIDE, SIDE)
    layer: Callable[[Tensor], Tensor] = torch.cos
    expected = (layer(p) - layer(q)).norm() ** 2 / layer(q).norm() ** 2
    close(penalties.feature_distance(layer, q)(p)[0], expected)


@equation("accentuation", r"\frac{\nabla_p h_i}{\|\nabla_p h_i\|_1} - \kappa \frac{\nabla_p D}{\|\nabla_p D\|_1}")
def _() -> None:
    check_combined(penalties.feature_distance(torch.cos, torch.rand(1, 3, SIDE, SIDE)))


# Parameterizations.


def image(spectrum: Tensor) -> Tensor:
    """s(C F⁻¹ …) of half a spectrum, (1, 3, SIDE, SIDE // 2 + 1)."""
    values = torch.fft.irfft2(spectrum, s=(SIDE, SIDE), norm="ortho")
    return torch.sigmoid(torch.einsum("rc,bchw->brhw", colors(), values))


@equation("waves", r"p = s\left(C \, \mathcal{F}^{-1}(N f^{-1.3} z)\right)")
def _() -> None:
    param = params.fourier(1.3)([torch.Generator().manual_seed(0)], CANVAS)
    f = torch.hypot(torch.fft.fftfreq(SIDE)[:, None], torch.fft.rfftfreq(SIDE)) * SIDE
    close(param.decode(param.start), image(SIDE * f.clamp_min(1) ** -1.3 * torch.view_as_complex(param.start)))
    assert actmax.METHODS["robust"]["decay_power"] == 1.3


@equation("phases", r"p = s\left(C \, \mathcal{F}^{-1}(m \, e^{\mathrm{i} \varphi})\right)")
def _() -> None:
    param = params.phase(3.0)([torch.Generator().manual_seed(0)], CANVAS)
    close(param.decode(param.start), image(magnitude(SIDE, SIDE) * torch.exp(1j * param.start)))


# Generators.

GENERATOR = random(3 * SIDE * SIDE, 4)


def generated(z: Tensor, theta: Tensor = GENERATOR) -> Tensor:
    return torch.tanh(theta @ z.T).T.reshape(len(z), 3, SIDE, SIDE)


def chained(z: Tensor) -> Tensor:
    """∇_z h(G(z)) by the chain rule, from the whole Jacobian of G."""
    jacobian = torch.autograd.functional.jacobian(generated, z).reshape(-1, 4)
    return (gradient_of(h, generated(z)).flatten() @ jacobian)[None]


@equation("generator", r"z_{k+1} = z_k + \alpha \nabla_z h_i(G(z_k))")
def _() -> None:
    z = random(1, 4)
    ((following, _activation),) = ascend([lambda z: h(generated(z))], z, 0.01)
    close(following, z + 0.01 * chained(z))


@equation("code", r"z_{k+1} = \min\left(\max\left(z_k + \alpha \nabla_z h_i(G(z_k)), \, 0\right), \, 3\right)")
def _() -> None:
    z = random(1, 4)
    ((following, _activation),) = ascend([lambda z: h(generated(z))], z, 1.0)
    close(constraints.bounded(3.0)(following, 1, CANVAS), (z + chained(z)).clamp_min(0).clamp_max(3))


@equation("prior", r"\theta_{k+1} = \theta_k + \alpha \nabla_\theta h_i(G_\theta(z))")
def _() -> None:
    z = random(1, 4)
    ((following, _activation),) = ascend([lambda theta: h(generated(z, theta))], GENERATOR, 0.01)
    inner = gradient_of(h, generated(z)).flatten()[:, None] * (1 - generated(z).flatten()[:, None] ** 2)
    close(following, GENERATOR + 0.01 * inner * z)


# The text.


def test_a_sentence_says_what_an_equation_means_before_it_is_shown() -> None:
    for before in re.findall(r"([^\n]*)\n\n\$\$", PAGE):
        assert before.endswith(":"), before


def test_the_text_comes_to_the_point() -> None:
    opening = PAGE.split("min read")[-1].split("**activation maximization**")[0].split("figure.strip")[1]
    prose = re.sub(r"\{[{%].*?[}%]\}|[*\[\]()]", " ", opening.partition("}}")[2], flags=re.DOTALL)
    assert len(prose.split()) <= 250
    assert 5 <= reading_time(PAGE) <= 25


def test_the_script_has_fifteen_lines_and_draws_a_zebra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert 'listing("script")' in PAGE
    script = listing("script")
    assert len(script.splitlines()) <= 15
    assert max(map(len, script.splitlines())) <= 76  # letters that the column holds
    monkeypatch.chdir(tmp_path)
    exec(compile(script, "script", "exec", dont_inherit=True), {})
    from actmax.measure.measure import decode, measure

    drawn = decode((tmp_path / "zebra.png").read_bytes())
    assert measure(actmax.load("compact"), "fc8:340", drawn).rank == 1
