"""Drawings of the network that classifies sounds, as spectrograms and as sounds."""

from __future__ import annotations

from actmax.files import digest
from actmax.networks.weights import Source
from actmax.pipeline.measurements import cached
from actmax.sounds import WEIGHTS
from actmax.sounds.models import SOUNDS, SoundExample
from actmax.sounds.synthesis import KINDS
from actmax.store.store import Store
from gen.plan import Plan


def sounds(plan: Plan, store: Store) -> dict[str, SoundExample] | None:
    """Return an example of each class of sounds, stored or drawn now; None where the settings want no such page."""
    if not plan.settings.sounds:
        return None

    def compute() -> tuple[SoundExample, ...]:
        from actmax.sounds.hearing import hear

        return hear(WEIGHTS)

    classifier = Source("sounds", digest(WEIGHTS.read_bytes()), WEIGHTS)
    examples = cached(SOUNDS, {"kinds": list(KINDS)}, compute, classifier, store)
    return dict(zip(KINDS, examples, strict=True))
