"""ImageNet weights: what of a file is taken, and what is said of a wrong one, without any network."""

from __future__ import annotations

import hashlib
import os
import pickle
import urllib.error
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from synth.errors import DatasetError, UsageError
from synth.train.network import PoseNetwork, build_network
from synth.train.network_settings import NetworkSettings
from synth.train.pretrained import GOOGLENET_URL, load_imagenet
from tests.train.test_trunks import listed


def imagenet() -> dict[str, Tensor]:
    """A stand-in for the official file: its 364 names and shapes, random values."""
    random = torch.Generator().manual_seed(5)
    return {
        name: torch.tensor(9) if name.endswith("num_batches_tracked") else torch.rand(shape, generator=random)
        for name, shape in listed().items()
    }


@pytest.fixture
def colour() -> PoseNetwork:
    return build_network(NetworkSettings(channels=3, size_px=64, head_width=4))


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_the_whole_trunk_is_taken_and_nothing_else_is_touched(tmp_path, colour, suffix):
    weights, path = imagenet(), tmp_path / f"googlenet{suffix}"
    torch.save(weights, path) if suffix == ".pth" else save_file(weights, path)
    before = {name: value.clone() for name, value in colour.state_dict().items() if not name.startswith("trunk.")}
    load_imagenet(colour, path)
    trunk = colour.trunk.state_dict()
    assert all(torch.equal(trunk[name], weights[name]) for name in trunk)
    assert all(torch.equal(colour.state_dict()[name], value) for name, value in before.items())


def test_a_grey_network_answers_as_the_colour_one_does_to_grey_in_all_channels(tmp_path, colour):
    weights = {name: value * 0.1 if value.ndim == 4 else value for name, value in imagenet().items()}
    torch.save(weights, tmp_path / "googlenet.pth")
    grey = build_network(NetworkSettings(channels=1, size_px=64, head_width=4))
    for network in (grey, colour):
        load_imagenet(network, tmp_path / "googlenet.pth")
        network.eval()
    pictures = torch.rand(2, 1, 64, 64)
    with torch.no_grad():
        one, three = grey.trunk(2 * pictures - 1), colour.trunk(2 * pictures.expand(2, 3, 64, 64) - 1)
    torch.testing.assert_close(one, three, rtol=1e-3, atol=1e-3)


def test_old_files_without_counters_are_taken(tmp_path, colour):
    weights = {name: value for name, value in imagenet().items() if not name.endswith("num_batches_tracked")}
    torch.save(weights, tmp_path / "old.pth")
    load_imagenet(colour, tmp_path / "old.pth")
    assert torch.equal(colour.trunk.state_dict()["conv3.bn.bias"], weights["conv3.bn.bias"])


def test_the_official_file_is_fetched_with_its_checksum_and_only_tensors_are_read(monkeypatch, colour):
    asked = {}

    def fetch(url: str, **options: object) -> dict[str, Tensor]:
        asked.update(options, url=url)
        return imagenet()

    monkeypatch.setattr(torch.hub, "load_state_dict_from_url", fetch)
    load_imagenet(colour)
    assert (asked["url"], asked["check_hash"], asked["weights_only"]) == (GOOGLENET_URL, True, True)
    assert torch.equal(colour.trunk.state_dict()["conv1.conv.weight"], imagenet()["conv1.conv.weight"])


def test_the_checksum_in_the_files_name_is_what_torch_checks(tmp_path, monkeypatch, colour):
    """A file of that name with other bytes is refused and not kept."""
    served = tmp_path / "served" / Path(GOOGLENET_URL).name
    served.parent.mkdir()
    torch.save(imagenet(), served)
    assert not hashlib.sha256(served.read_bytes()).hexdigest().startswith("1378be20")
    monkeypatch.setattr("synth.train.pretrained.GOOGLENET_URL", served.as_uri())
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))
    with pytest.raises(DatasetError, match="invalid hash value"):
        load_imagenet(colour)
    assert [path for path in (tmp_path / "hub").rglob("*") if path.is_file()] == []


def test_offline_the_message_says_what_to_fetch_and_how_to_give_it(monkeypatch, colour):
    def fetch(url: str, **options: object) -> None:
        raise urllib.error.URLError("Name or service not known")

    monkeypatch.setattr(torch.hub, "load_state_dict_from_url", fetch)
    with pytest.raises(DatasetError) as caught:
        load_imagenet(colour)
    assert GOOGLENET_URL in str(caught.value)
    assert "--init googlenet-1378be20.pth" in str(caught.value)


def test_a_pickle_that_runs_code_is_refused_and_runs_nothing(tmp_path, colour):
    class Evil:
        def __reduce__(self) -> tuple[object, ...]:
            return os.mkdir, (str(tmp_path / "was here"),)

    (tmp_path / "evil.pth").write_bytes(pickle.dumps({"conv1.conv.weight": Evil()}))
    torch.save({"conv1.conv.weight": Evil()}, tmp_path / "evil2.pth")
    for name in ("evil.pth", "evil2.pth"):
        with pytest.raises(DatasetError, match="holds no weights"):
            load_imagenet(colour, tmp_path / name)
    assert not (tmp_path / "was here").exists()


@pytest.mark.parametrize("name", ["noise.pth", "noise.safetensors", "empty.pth", "list.pth"])
def test_a_file_without_weights_is_named(tmp_path, colour, name):
    path = tmp_path / name
    path.write_bytes(b"" if name.startswith("empty") else b"\x80\x02 this is nothing")
    if name.startswith("list"):
        torch.save([torch.zeros(3)], path)
    with pytest.raises(DatasetError, match="It holds no") as caught:
        load_imagenet(colour, path)
    assert caught.value.where == str(path)


def test_weights_of_another_network_are_refused_with_the_differences(tmp_path, colour):
    weights = imagenet()
    del weights["conv2.bn.bias"]
    weights["inception3a.branch3.1.conv.weight"] = torch.zeros(32, 16, 5, 5)
    weights["layer4.conv.weight"] = torch.zeros(1)
    before = colour.state_dict()["trunk.conv1.conv.weight"].clone()
    torch.save(weights, tmp_path / "other.pth")
    with pytest.raises(DatasetError) as caught:
        load_imagenet(colour, tmp_path / "other.pth")
    for words in ("conv2.bn.bias is missing", "layer4.conv.weight isn't", "is (32, 16, 5, 5), not (32, 16, 3, 3)"):
        assert words in str(caught.value)
    assert torch.equal(colour.state_dict()["trunk.conv1.conv.weight"], before)


@pytest.mark.parametrize("changes", [{"trunk": "small"}, {"trunk_norm": "none"}])
def test_other_trunks_have_no_imagenet_weights(changes):
    network = build_network(NetworkSettings(size_px=64, head_width=4, **changes))
    with pytest.raises(UsageError, match=r"network\.trunk=googlenet"):
        load_imagenet(network, Path("googlenet.pth"))


def test_a_file_that_is_not_there_is_named(tmp_path, colour):
    with pytest.raises(UsageError, match="There is no such file"):
        load_imagenet(colour, tmp_path / "nowhere.pth")
