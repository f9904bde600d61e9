"""Runs over ranges of shards, beside each other in one folder or each in its own, joined to what one run makes."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from fake_renderer import fake_recipe

from synth.errors import EXIT_LOCKED, DatasetError, LockedError, MismatchError, UsageError
from synth.recipe.schema import Recipe
from synth.run.join import merge_manifest
from synth.run.limits import Limits
from synth.run.lock import FolderLock, span_lock
from synth.run.report import RunReport
from synth.run.span import Span, parse_span
from synth.run.supervise import render_dataset
from synth.shard.manifest import HeadPackEntry
from synth.shard.read_manifest import read_manifest
from synth.shard.verify import verify_dataset

RECIPE = fake_recipe(70, 16)  # five shards, the last with six samples
HEADS = (HeadPackEntry("fakes", "0" * 64, "CC0-1.0"),)


def render(out: Path, span: Span | None = None, recipe: Recipe = RECIPE, **more: Any) -> RunReport:
    heads = more.pop("heads", HEADS)
    options = more.pop("options", {})
    return render_dataset(
        recipe, heads, out, span=span, workers=1, renderer="fake_renderer:make_fake", renderer_options=options,
        limits=Limits(disk_reserve_bytes=0), license_name="CC0-1.0", **more,
    )  # fmt: skip


def shard_sums(out: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(out.glob("shard-*.h5"))}


@pytest.fixture(scope="module")
def single(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("single")
    render(out)
    return out


@pytest.fixture(scope="module")
def three_parts(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Folders of shards 0 and 1, 1 to 3, and 4: the ranges of the first two overlap and agree."""
    folder = tmp_path_factory.mktemp("parts")
    spans = [Span(0, 2), Span(1, 4), Span(4, 5)]
    for number, span in enumerate(spans):
        render(folder / str(number), span)
    return [folder / str(number) for number in range(len(spans))]


def test_ranges_in_one_folder_join_to_what_a_single_run_makes(tmp_path: Path, single: Path) -> None:
    for span in (Span(3, 5), Span(0, 1), Span(1, 3)):
        report = render(tmp_path, span)
        assert (report.samples_made, report.exit_code) == (len(span.ids(70, 16)), 0)
        assert not (tmp_path / "manifest.json").exists()
    whole = merge_manifest(tmp_path)
    assert verify_dataset(tmp_path, deep=True) == []
    assert shard_sums(tmp_path) == shard_sums(single)
    reference = read_manifest(single)
    assert read_manifest(tmp_path) == whole
    assert (whole.shards, whole.recipe, whole.heads, whole.license) == (
        reference.shards, reference.recipe, reference.heads, reference.license,
    )  # fmt: skip


def test_parts_in_folders_of_their_own_are_copied_together(tmp_path: Path, single: Path, three_parts: list[Path]):
    merge_manifest(tmp_path / "whole", three_parts)
    assert verify_dataset(tmp_path / "whole", deep=True) == []
    assert shard_sums(tmp_path / "whole") == shard_sums(single)


def test_joined_twice_it_stays_the_same_and_a_run_over_all_can_mend_it(tmp_path: Path, single: Path) -> None:
    for span in (Span(0, 2), Span(2, 5)):
        render(tmp_path, span)
    merge_manifest(tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    merge_manifest(tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    (tmp_path / "shard-00003.h5").write_bytes(b"damaged")
    assert render(tmp_path).shards_damaged == ("shard-00003.h5",)
    assert shard_sums(tmp_path) == shard_sums(single)
    assert verify_dataset(tmp_path) == []


def test_a_range_that_was_stopped_goes_on_and_touches_no_other(tmp_path: Path) -> None:
    render(tmp_path, Span(0, 2))
    render(tmp_path, Span(2, 5))
    (tmp_path / "shard-00003.h5").unlink()
    others = tmp_path / ".synth-shard-00000.h5.123-0123abcd.partial"
    ours = tmp_path / ".synth-shard-00004.h5.123-0123abcd.partial"
    others.touch()
    ours.touch()
    (tmp_path / "shard-00099.h5").write_bytes(b"of nobody we know")
    report = render(tmp_path, Span(2, 5))
    assert (report.shards_damaged, report.shards_made) == (("shard-00003.h5",), 1)
    assert others.exists()
    assert not ours.exists()
    assert sorted(shard_sums(tmp_path)) == [f"shard-{n:05d}.h5" for n in (0, 1, 2, 3, 4, 99)]


def test_samples_that_failed_are_told_of_in_the_whole(tmp_path: Path) -> None:
    for span in (Span(0, 2), Span(2, 5)):
        render(tmp_path, span, options={"raise": [5, 64, 65, 66, 67, 68, 69]})
    whole = merge_manifest(tmp_path)
    assert [lost.id for lost in whole.failed] == [5, 64, 65, 66, 67, 68, 69]
    assert [entry.index for entry in whole.shards] == [0, 1, 2, 3]
    assert verify_dataset(tmp_path) == []


def test_missing_shards_are_named_with_the_ranges_to_render(tmp_path: Path, three_parts: list[Path]) -> None:
    with pytest.raises(DatasetError, match=r"3 of 5 shards are missing: 2:5.*--shards 2:5"):
        merge_manifest(tmp_path / "whole", three_parts[:1])
    with pytest.raises(DatasetError, match=r"2 of 5 shards are missing: 0:1, 4:5\..*--shards 0:1"):
        merge_manifest(tmp_path / "whole", three_parts[1:2])
    assert not (tmp_path / "whole" / "manifest.json").exists()


def test_without_any_part_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no part of a manifest"):
        merge_manifest(tmp_path)


def test_ranges_that_disagree_are_refused_by_the_shards_name(tmp_path: Path, three_parts: list[Path]) -> None:
    render(tmp_path / "other", Span(1, 2), options={"raise": [20]})
    with pytest.raises(DatasetError, match=r"shard-00001.h5 isn't the same in .*\(16 samples.*15") as refusal:
        merge_manifest(tmp_path / "whole", [*three_parts, tmp_path / "other"])
    assert str(tmp_path / "other" / "manifest-00001-00002.json") in str(refusal.value)


def test_another_recipe_or_another_pack_is_refused_with_the_difference(tmp_path: Path, three_parts: list[Path]) -> None:
    render(tmp_path / "recipe", Span(4, 5), fake_recipe(70, 16, seed=5))
    with pytest.raises(MismatchError, match="seed: 0 there, 5 here"):
        merge_manifest(tmp_path / "whole", [*three_parts[:2], tmp_path / "recipe"])
    render(tmp_path / "pack", Span(4, 5), heads=[HeadPackEntry("fakes", "1" * 64, "CC0-1.0")])
    with pytest.raises(MismatchError, match=r"another head pack.*fakes \(111111111111\) here, fakes \(000000000000\)"):
        merge_manifest(tmp_path / "whole", [*three_parts[:2], tmp_path / "pack"])


def test_a_damaged_shard_or_part_is_refused_by_its_name(tmp_path: Path) -> None:
    render(tmp_path, Span(0, 5))
    shard, part = tmp_path / "shard-00002.h5", tmp_path / "manifest-00000-00005.json"
    whole, listed = shard.read_bytes(), part.read_bytes()
    shard.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(DatasetError, match=r"shard-00002.h5: The shard is damaged"):
        merge_manifest(tmp_path)
    shard.unlink()
    with pytest.raises(DatasetError, match=r"shard-00002.h5: The shard is missing"):
        merge_manifest(tmp_path)
    shard.write_bytes(whole)
    part.write_bytes(listed.replace(b"fake", b"fakf", 1))
    with pytest.raises(DatasetError, match=r"manifest-00000-00005.json: It was changed"):
        merge_manifest(tmp_path)


def test_ranges_and_a_run_over_all_keep_out_of_each_others_way(tmp_path: Path) -> None:
    render(tmp_path / "ranges", Span(0, 2))
    with pytest.raises(DatasetError, match="merge-manifest"):
        render(tmp_path / "ranges")
    render(tmp_path / "whole")
    with pytest.raises(DatasetError, match="run over all shards was begun here"):
        render(tmp_path / "whole", Span(0, 2))


def test_ranges_are_held_beside_each_other_but_not_across(tmp_path: Path) -> None:
    with span_lock(tmp_path, Span(0, 2)), span_lock(tmp_path, Span(2, 4)):
        for taken in (Span(1, 3), Span(0, 2), Span(3, 9)):
            with pytest.raises(LockedError, match=f"PID {os.getpid()}"), span_lock(tmp_path, taken):
                pass
        with pytest.raises(LockedError, match=f"PID {os.getpid()}"), FolderLock(tmp_path):
            pass
        with pytest.raises(LockedError), FolderLock(tmp_path, shared=False):
            merge_manifest(tmp_path)
    with FolderLock(tmp_path):
        assert not [path for path in tmp_path.iterdir() if path.name != ".synth-lock"]
        with pytest.raises(LockedError) as refusal, span_lock(tmp_path, Span(0, 2)):
            pass
    assert refusal.value.exit_code == EXIT_LOCKED
    assert list(tmp_path.iterdir()) == []


def test_processes_make_their_ranges_at_the_same_time(tmp_path: Path, single: Path) -> None:
    code = (
        "import json, sys\nfrom pathlib import Path\n"
        f"sys.path[:0] = {[str(Path(__file__).parents[1])]!r}\n"
        "from fake_renderer import fake_recipe\n"
        "from synth.run.limits import Limits\nfrom synth.run.span import Span\n"
        "from synth.run.supervise import render_dataset\nfrom synth.shard.manifest import HeadPackEntry\n"
        "report = render_dataset(fake_recipe(70, 16), [HeadPackEntry('fakes', '0' * 64, 'CC0-1.0')], Path(sys.argv[1]),"
        " span=Span(int(sys.argv[2]), int(sys.argv[3])), workers=1, renderer='fake_renderer:make_fake',"
        " renderer_options={'sample_s': 0.02}, limits=Limits(disk_reserve_bytes=0))\n"
        "print(json.dumps(report.samples_made))"
    )
    spans = [(0, 2), (2, 3), (3, 5)]
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path), str(first), str(stop)], stdout=subprocess.PIPE, text=True
        )
        for first, stop in spans
    ]
    made = [json.loads(run.communicate(timeout=60)[0]) for run in runs]
    assert made == [32, 16, 22]
    merge_manifest(tmp_path)
    assert shard_sums(tmp_path) == shard_sums(single)
    assert verify_dataset(tmp_path) == []


@pytest.mark.parametrize(
    ("text", "span"), [("1:3", Span(1, 3)), ("3:", Span(3, 5)), ("4:99", Span(4, 5)), ("0:5", Span(0, 5))]
)
def test_a_range_is_read_and_ends_with_the_last_shard(text: str, span: Span) -> None:
    assert parse_span(text, 5) == span


@pytest.mark.parametrize("text", ["", "3", ":3", "3:3", "4:2", "5:9", "a:b", "-1:2", "1:2:3", "1.0:2", "٣:٤"])
def test_what_is_no_range_is_refused_with_the_mend(text: str) -> None:
    with pytest.raises(UsageError) as refusal:
        parse_span(text, 5)
    assert refusal.value.where == "--shards"
    assert refusal.value.mend


@pytest.mark.parametrize("without", [[], ["ledger.jsonl"], ["ledger.jsonl", "manifest.json"]])
def test_a_folder_that_holds_another_dataset_is_left_as_it_is(
    tmp_path: Path, three_parts: list[Path], without: list[str]
) -> None:
    render(tmp_path, recipe=fake_recipe(70, 16, seed=99))
    for name in without:
        (tmp_path / name).unlink()
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(UsageError, match="OUT holds another dataset"):
        merge_manifest(tmp_path, three_parts)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_folder_into_which_some_shards_were_copied_before_is_completed(
    tmp_path: Path, single: Path, three_parts: list[Path]
) -> None:
    shutil.copy(three_parts[0] / "shard-00001.h5", tmp_path)
    merge_manifest(tmp_path, three_parts)
    assert shard_sums(tmp_path) == shard_sums(single)
