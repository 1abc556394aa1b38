import torch
from torchvision.utils import save_image

import actmax

net = actmax.load("compact")  # or "alexnet", the real one
f = torch.hypot(torch.fft.fftfreq(224)[:, None], torch.fft.rfftfreq(224))
x = 0.5 + 0.01 * torch.randn(1, 3, 224, 224, generator=torch.manual_seed(0))
for step in range(64):
    view = x.requires_grad_().roll(torch.randint(24, (2,)).tolist(), (2, 3))
    (g,) = torch.autograd.grad(net.logits(net.normalize(view))[0, 340], x)
    g = torch.fft.rfft2(g + 3 * g.mean(1, True)) / f.clamp(1 / 224)
    g = torch.fft.irfft2(g)
    x = (x.detach() + 0.05 * (1 - step / 64) * g / g.std()).clamp(0, 1)
save_image(x, "zebra.png")
