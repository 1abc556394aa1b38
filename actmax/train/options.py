"""How the student is trained: every option, its reason, and what it must be."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Options(BaseModel):
    """How the student is trained. The defaults are for hours on a few cores, or minutes on a GPU."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True)

    minutes: Annotated[float, Field(gt=0)] = 60.0
    """Time in training; the cosine ends with it, however fast the machine turns out to be."""
    steps: Annotated[int, Field(gt=0)] | None = None
    """End after so many steps instead: such a run can be repeated exactly."""
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    size: Annotated[int, Field(ge=64)] = 160
    """Pixels of a view. AlexNet's 6 × 6 pooling is fed from 193 px on; 160 costs half of 224."""
    sizes: tuple[Annotated[int, Field(ge=64)], ...] = ()
    """Each step, one of these sizes instead, by chance: AlexNet's pooling meets other maps in each, and drawings are
    made in several. Pictures of the buffer keep ``size``, and are resized."""
    batch: Annotated[int, Field(ge=4)] = 192
    """Views in a step, shared between the sources after the buffer has had its part."""
    shares: tuple[Annotated[float, Field(gt=0)], ...] = ()
    """Relative parts of the sources in that, in their order; none: equal ones."""
    drawn: Annotated[int, Field(ge=0)] = 48
    """Of them, pictures out of the buffer. A quarter: the answers to photographs must not suffer."""
    buffer: Annotated[int, Field(ge=1)] = 1024
    """Pictures under way. Fewer are drawn further in a short run, more are more varied."""
    ascents: Annotated[int, Field(ge=0)] = 2
    """Steps uphill each time a picture is drawn from the buffer."""
    ascent_step: Annotated[float, Field(gt=0)] = 0.03
    """Mean change of a normalised pixel in one of them."""
    jitter: Annotated[int, Field(ge=0)] = 8
    """Largest shift before an ascent step, in pixels: what works in one place only does not last."""
    restart: Annotated[float, Field(ge=0, le=1)] = 0.03
    """Part of the drawn pictures that begin anew, so that one lives for some 66 steps."""
    crop: Annotated[float, Field(gt=0, le=1)] = 0.15
    """Least area of a crop. Small ones make a thousand photographs last."""
    crop_small: Annotated[float, Field(gt=0, le=1)] = 0.5
    """The same for images smaller than half a view, which hold little to crop."""
    mixup: Annotated[float, Field(ge=0, le=1)] = 0.6
    """Part of the batches that are mixed in pairs: views off the photographs, without new ones."""
    perturb: Annotated[float, Field(ge=0)] = 0.0
    """Largest change that each view suffers before the student answers, to where that is furthest from what its teacher
    said of the view unchanged: root mean square over normalised pixels. The slopes of a student that holds out are such
    as people can read (Goldblum et al. 2020, "Adversarially Robust Distillation"; Santurkar et al. 2019, "Image
    Synthesis with a Single (Robust) Classifier")."""
    perturb_steps: Annotated[int, Field(ge=1)] = 2
    """Steps uphill to find that change."""
    temperature: Annotated[float, Field(gt=0)] = 2.0
    """Softens both answers (Hinton et al. 2015), so that the unlikely classes teach as well."""
    logit_weight: Annotated[float, Field(ge=0)] = 0.2
    """Of the squared error of centred logits: a drawing climbs a logit, not a probability."""
    rate: Annotated[float, Field(gt=0)] = 1.2e-3
    """AdamW's peak learning rate."""
    warmup: Annotated[float, Field(ge=0, lt=1)] = 0.03
    """Part of the run in which the rate rises: Adam's variances are still unknown."""
    weight_decay: Annotated[float, Field(ge=0)] = 0.02
    average: Annotated[float, Field(ge=0, lt=1)] = 0.99
    """Decay of the moving average of the weights, which is what is exported: about 100 steps."""
    holdout: Annotated[int, Field(ge=1)] = 2000
    """Images of the largest source that are never trained on."""
    shorter_side: Annotated[int, Field(ge=64)] = 288
    """Larger images are shrunk to this when they are read: all are kept decoded in memory."""
    compiled: bool = False
    """Compile the teacher, where there is a C++ compiler: on a CPU it answers twice as fast."""
    checkpoint_minutes: Annotated[float, Field(ge=0)] = 5.0
    """How often the state is saved, the student evaluated and exported."""
    note: str = "Derived from the answers of the teacher: its licence may ask for notice."
    """On licence and provenance, for the exported file's header."""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if not self.drawn < self.batch or self.drawn > self.buffer:
            raise ValueError(
                f"drawn {self.drawn} must be less than batch {self.batch}, and buffer {self.buffer} hold it"
            )
        return self
