"""Every option of the trainings, with its reason and its limits."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from actmax.networks.decoder import LAYER


class TrainingOptions(BaseModel):
    """What all trainings have in common. The defaults suit hours on a few cores, or minutes on a GPU."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True)

    minutes: Annotated[float, Field(gt=0)] = 60.0
    """Training time. The schedule ends with it, however fast the machine turns out to be."""
    steps: Annotated[int, Field(gt=0)] | None = None
    """Number of steps, in place of ``minutes``: only such a run can be repeated exactly."""
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    batch: Annotated[int, Field(ge=2)] = 64
    """Images per step."""
    learning_rate: Annotated[float, Field(gt=0)] = 1e-3
    """Peak learning rate of AdamW."""
    warmup: Annotated[float, Field(ge=0, lt=1)] = 0.02
    """Fraction of the run in which the learning rate rises: AdamW's variance estimates are still poor."""
    weight_decay: Annotated[float, Field(ge=0)] = 0.0
    average_decay: Annotated[float, Field(ge=0, lt=1)] = 0.995
    """Decay of the moving average of the weights, which is what is exported."""
    holdout: Annotated[int, Field(ge=2)] = 512
    """Number of images of the largest source that are used for evaluation only."""
    checkpoint_minutes: Annotated[float, Field(ge=0)] = 5.0
    """Interval at which the model is evaluated, exported and saved in a checkpoint."""

    def identity(self) -> str:
        """Return the options that change the result, as JSON: all but the run's length and the note."""
        return self.model_dump_json(exclude={"minutes", "steps", "checkpoint_minutes", "license_note"})


class DistillOptions(TrainingOptions):
    """How the compact AlexNet is trained on the logits of teachers."""

    size: Annotated[int, Field(ge=64)] = 160
    """Width and height of a view. AlexNet's 6 × 6 pooling averages from 193 px on; 160 costs half of 224."""
    sizes: tuple[Annotated[int, Field(ge=64)], ...] = ()
    """Draw each step's size from these instead. AlexNet's pooling receives other maps at each, and drawings are made in
    several. Images of the pool keep ``size`` and are resized."""
    batch: Annotated[int, Field(ge=4)] = 192
    """Views per step: those from the pool, and the rest divided among the sources."""
    source_weights: tuple[Annotated[float, Field(gt=0)], ...] = ()
    """Relative numbers of views from each source, in their order; by default equal."""
    pool_batch: Annotated[int, Field(ge=0)] = 76
    """Views per step that are drawings of the pool. They make the student's drawings good: without them, 32 000 views
    took its own top-1 accuracy on its drawings from 0.97 to 0.38."""
    pool_groups: Annotated[int, Field(ge=1)] = 16
    """Groups of ``pool_batch`` drawings in the pool. More are more varied; fewer are finished sooner in a short run."""
    pool_steps: Annotated[int, Field(ge=1)] = 4
    """Steps of the default method each time that a group is taken from the pool."""
    min_crop: Annotated[float, Field(gt=0, le=1)] = 0.15
    """Smallest area of a crop, as a fraction of its image. Small crops make a thousand photographs last."""
    min_crop_small: Annotated[float, Field(gt=0, le=1)] = 0.5
    """The same for images smaller than half a view, which have little to crop."""
    mixup: Annotated[float, Field(ge=0, le=1)] = 0.6
    """Fraction of the batches that are mixed in pairs: inputs unlike photographs at no cost."""
    adversarial_radius: Annotated[float, Field(ge=0)] = 0.0
    """Largest adversarial change of a view, as root mean square over normalized pixels; the target stays the teachers'
    response to the unchanged view. Gradients of a robust student are interpretable (Goldblum et al. 2020,
    "Adversarially Robust Distillation"; Santurkar et al. 2019, "Image Synthesis with a Single (Robust) Classifier")."""
    adversarial_steps: Annotated[int, Field(ge=1)] = 2
    """Steps of projected gradient ascent that find this change."""
    temperature: Annotated[float, Field(gt=0)] = 2.0
    """Softens both distributions (Hinton et al. 2015), so that the unlikely classes teach as well."""
    logit_weight: Annotated[float, Field(ge=0)] = 0.2
    """Weight of the squared error of centered logits: a drawing maximizes a logit, not a probability."""
    learning_rate: Annotated[float, Field(gt=0)] = 1.2e-3
    warmup: Annotated[float, Field(ge=0, lt=1)] = 0.03
    weight_decay: Annotated[float, Field(ge=0)] = 0.02
    average_decay: Annotated[float, Field(ge=0, lt=1)] = 0.99
    """Decay of the moving average of the weights, which is what is exported: about 100 steps."""
    holdout: Annotated[int, Field(ge=2)] = 2000
    holdouts: tuple[Annotated[int, Field(ge=0)], ...] = ()
    """Numbers of images of each source that are used for evaluation only, in their order, instead of ``holdout``."""
    shorter_side: Annotated[int, Field(ge=64)] = 288
    """Larger images are reduced to this when they are read: all stay decoded in memory."""
    compile_teacher: bool = False
    """Compile the teachers, where there is a C++ compiler: on a CPU this halves their time."""
    license_note: str = "Derived from the outputs of its teachers, whose licenses may require a notice."
    """On license and provenance, for the exported file's header."""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if not self.pool_batch < self.batch:
            raise ValueError(f"pool_batch {self.pool_batch} must be less than batch {self.batch}")
        if self.holdouts and not any(self.holdouts):
            raise ValueError("holdouts must leave an image of some source to evaluate on")
        return self


class GeneratorOptions(TrainingOptions):
    """How the generator is trained to reconstruct images from the activations of a hidden layer."""

    size: Annotated[int, Field(ge=64)] = 128
    """Width and height at which the network receives images and reconstructions."""
    feature_weights: dict[str, Annotated[float, Field(ge=0)]] = {"conv2": 1.0, "conv4": 1.0, LAYER: 1.0}
    """Layers whose outputs are compared, each with the weight of its distance."""
    pixel_weight: Annotated[float, Field(ge=0)] = 1.0
    """Weight of the distance of the pixels."""


class SoundOptions(TrainingOptions):
    """How the sound classifier is trained. The weights in the package had 500 steps."""

    steps: Annotated[int, Field(gt=0)] | None = 500
    batch: Annotated[int, Field(ge=2)] = 48
    learning_rate: Annotated[float, Field(gt=0)] = 3e-3
    warmup: Annotated[float, Field(ge=0, lt=1)] = 0.3
    weight_decay: Annotated[float, Field(ge=0)] = 0.01
    average_decay: Annotated[float, Field(ge=0, lt=1)] = 0.0
    holdout: Annotated[int, Field(ge=2)] = 400
    """New sounds that it is evaluated on."""
    adversarial_radius: Annotated[float, Field(ge=0)] = 0.1
    """Largest adversarial change of a spectrogram's values, which lie in [0, 1]."""
