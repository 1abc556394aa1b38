"""A learned generator: its images are within range, it is loaded from its file, and other files are refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from actmax.errors import WeightsError
from actmax.networks import compact
from actmax.networks.decoder import SIZE, Decoder, load


@pytest.fixture
def decoder() -> Decoder:
    torch.manual_seed(0)
    made = Decoder(8)
    made.deviation.copy_(torch.linspace(0.5, 2, 8))
    return made


def codes(count: int, width: int = 8) -> Tensor:
    return torch.randn(count, width, generator=torch.Generator().manual_seed(0)).abs()


def test_any_code_is_painted_within_range(decoder: Decoder) -> None:
    pictures = decoder(100 * codes(3))
    assert pictures.shape == (3, 3, SIZE, SIZE)
    assert pictures.min() >= 0
    assert pictures.max() <= 1
    assert not torch.equal(pictures[0], pictures[1])
    torch.testing.assert_close(decoder(100 * codes(3)[1:2])[0], pictures[1])


def test_a_file_gives_the_generator_back_frozen(decoder: Decoder, tmp_path: Path) -> None:
    compact.save(decoder.state_dict(), tmp_path / "generator.safetensors", {})
    found = load(tmp_path / "generator.safetensors")
    assert not any(value.requires_grad for value in found.parameters())
    torch.testing.assert_close(found.deviation, decoder.deviation, rtol=1e-3, atol=0)
    torch.testing.assert_close(found(codes(2)), decoder(codes(2)), rtol=0, atol=0.02)  # stored in 8 bits


def absent(path: Path, decoder: Decoder) -> None:
    pass


def folder(path: Path, decoder: Decoder) -> None:
    path.mkdir()


def submodel(path: Path, decoder: Decoder) -> None:
    compact.save(decoder.state_dict(), path, {})
    path.write_bytes(path.read_bytes()[:-100])


def words(path: Path, decoder: Decoder) -> None:
    path.write_text("no weights")


def another_network(path: Path, decoder: Decoder) -> None:
    compact.save(compact.CompactAlexNet().state_dict(), path, {})


def one_tensor_less(path: Path, decoder: Decoder) -> None:
    state = decoder.state_dict()
    compact.save({name: value for name, value in state.items() if name != "last.bias"}, path, {})


def another_code(path: Path, decoder: Decoder) -> None:
    compact.save(decoder.state_dict() | {"deviation": torch.ones(9)}, path, {})


def no_vector(path: Path, decoder: Decoder) -> None:
    save_file({"deviation": torch.tensor(1.0)}, path)


@pytest.mark.parametrize(
    "spoil", [absent, folder, submodel, words, another_network, one_tensor_less, another_code, no_vector]
)
def test_what_is_no_generator_is_refused_in_a_sentence(
    spoil: Callable[[Path, Decoder], None], decoder: Decoder, tmp_path: Path
) -> None:
    path = tmp_path / "generator.safetensors"
    spoil(path, decoder)
    with pytest.raises(WeightsError) as refusal:
        load(path)
    message = str(refusal.value)
    assert message.startswith(f"{path} holds no generator that `actmax train generator` has made: ")
    assert "\n" not in message
