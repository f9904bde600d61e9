"""Which device Cycles is told to use, on machines that are made up: Blender's preferences are stand-ins."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from synth.device import CPU, Device, pick
from synth.errors import DeviceError

CUDA, OPTIX = Device("cuda", ("A", "B")), Device("optix", ("A", "B"))


class Preferences:
    """Cycles' preferences on a machine with these GPUs; with OptiX the CPU is listed too, as Cycles does."""

    def __init__(self, **gpus: tuple[str, ...]) -> None:
        self._gpus, self.compute_device_type, self.broken = gpus, "NONE", False
        listed = [("CPU", "CPU"), *((kind.upper(), name) for kind, names in gpus.items() for name in names)]
        self.devices = [SimpleNamespace(type=kind, name=name, number=k, use=True) for k, (kind, name) in
                        enumerate(listed)]  # fmt: skip

    def get_devices_for_type(self, kind: str) -> list[Any]:
        if kind == "METAL":
            raise ValueError("this build has no Metal")
        return [device for device in self.devices if device.type in (kind, "CPU")]

    def refresh_devices(self) -> None: ...

    def has_active_device(self) -> bool:
        return not self.broken

    def used(self) -> list[tuple[str, str]]:
        return [(device.type, device.name) for device in self.devices if device.use]


def machine(monkeypatch: pytest.MonkeyPatch, **gpus: tuple[str, ...]) -> tuple[Preferences, Any]:
    from synth.render import device

    preferences = Preferences(**gpus)
    monkeypatch.setattr(device, "_preferences", lambda: preferences)
    return preferences, SimpleNamespace(cycles=SimpleNamespace(device="", denoising_use_gpu=False))


@pytest.mark.parametrize("index", [0, 1, 2])
def test_a_worker_uses_its_own_gpu_and_no_other(monkeypatch: pytest.MonkeyPatch, index: int) -> None:
    from synth.render.device import use_device

    names = ("same", "same", "other")
    preferences, scene = machine(monkeypatch, cuda=names, optix=names)
    assert use_device(scene, "cuda", index) == Device("cuda", (names[index],))
    assert [d.number for d in preferences.devices if d.use] == [1 + index], "also where two have the same name"
    assert (scene.cycles.device, preferences.compute_device_type) == ("GPU", "CUDA")
    assert scene.cycles.denoising_use_gpu


def test_without_an_index_all_gpus_of_the_kind_are_used_and_never_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    from synth.render.device import use_device

    preferences, scene = machine(monkeypatch, cuda=("A", "B"), optix=("A", "B"))
    assert use_device(scene, "auto") == OPTIX
    assert preferences.used() == [("OPTIX", "A"), ("OPTIX", "B")]


def test_a_gpu_that_has_gone_since_is_an_error_and_no_other_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    from synth.render.device import use_device

    _, scene = machine(monkeypatch, cuda=("A", "B"))
    with pytest.raises(DeviceError, match=r"was to take GPU 2, but there are only 2 \(A, B\)"):
        use_device(scene, "cuda", 2)


def test_a_gpu_that_blender_does_not_activate_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    from synth.render.device import use_device

    preferences, scene = machine(monkeypatch, cuda=("A",))
    preferences.broken = True
    with pytest.raises(DeviceError, match="didn't activate it"):
        use_device(scene, "cuda", 0)


def test_auto_on_a_machine_without_a_gpu_takes_the_cpu_and_says_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from synth.render.device import use_device

    _, scene = machine(monkeypatch)
    assert use_device(scene, "auto") == CPU
    assert scene.cycles.device == "CPU"
    assert [record.getMessage() for record in caplog.records] == ["no GPU is found; rendering on the CPU"]


def test_the_cpu_is_taken_without_asking_any_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    from synth.render import device

    monkeypatch.setattr(device, "devices_of", lambda backend: pytest.fail("it asked"))
    assert device.use_device(SimpleNamespace(cycles=SimpleNamespace(device="")), "cpu") == CPU


@pytest.mark.parametrize(
    ("there", "expected"),
    [((CPU, CUDA, OPTIX), OPTIX), ((CPU, CUDA), CUDA), ((CPU,), CPU), ((), CPU), ((CPU, Device("cuda", ())), CPU)],
)
def test_auto_picks_the_fastest_kind_that_has_a_gpu(there: tuple[Device, ...], expected: Device) -> None:
    assert pick("auto", there) == expected


@pytest.mark.parametrize("wanted", ["hip", "CUDA", "warp", ""])
def test_what_is_not_there_is_refused_with_what_is(wanted: str) -> None:
    with pytest.raises(DeviceError, match=r"cpu, cuda \(A, B\)"):
        pick(wanted, (CPU, CUDA))


@pytest.mark.render
def test_warming_up_changes_no_pixel_of_what_is_rendered_after_it() -> None:
    """A worker on a GPU renders a few pixels before its first sample; its samples must be those of any other."""
    import numpy as np

    from synth.heads.pack import bundled_packs, load_pack
    from synth.plan.plan import plan_shot
    from synth.recipe.load import load_recipe
    from synth.render.renderer import Renderer

    recipe = load_recipe("demo", ["samples=2", "heads.count=8", "render.samples=2"])
    pack, shot, pictures = load_pack(bundled_packs()["demo8"]), plan_shot(recipe, 0), []
    for warm in (False, True):
        renderer = Renderer(recipe, pack)
        if warm:
            renderer.warm_up()
        pictures.append(renderer.render(shot).rgb)
    np.testing.assert_array_equal(*pictures)
    assert pictures[0].std() > 10
