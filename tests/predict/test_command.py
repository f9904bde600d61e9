"""`synth predict` as a user calls it."""

from __future__ import annotations

import csv
import json

import cv2
import numpy as np
import pytest


def write(path, rgb):
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), rgb[..., ::-1])
    return path


@pytest.fixture
def film(tmp_path, face):
    path = tmp_path / "talk.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, (240, 240))
    for _ in range(4):
        writer.write(face)
    writer.release()
    return path


def test_a_picture_is_told_drawn_and_listed(synth, checkpoint, tmp_path, face):
    photo = write(tmp_path / "photo.jpg", face)
    done = synth("predict", photo, "--checkpoint", checkpoint, "--out", tmp_path / "out")
    assert done.exit_code == 0
    assert "photo.jpg: pitch " in done.stdout
    assert "haar_frontal" in done.stdout
    assert cv2.imread(str(tmp_path / "out/photo-pose.png")).shape == face.shape
    with (tmp_path / "out/poses.csv").open() as file:
        assert [row["detector"] for row in csv.DictReader(file)] == ["haar_frontal"]


def test_json_has_every_head_with_its_matrix(synth, checkpoint, tmp_path, face):
    photo = write(tmp_path / "photo.jpg", face)
    boxes = "--box=60,60,180,180", "--box=1,2,30.5,40"
    told = json.loads(synth("predict", photo, "--checkpoint", checkpoint, "--json", *boxes).stdout)
    first, second = told["found"][0]["heads"]
    assert told["convention"] == "300wlp"
    assert [second[edge] for edge in ("x0", "y0", "x1", "y1")] == [1, 2, 30.5, 40]
    R = np.array([[first[f"r{i}{j}"] for j in range(3)] for i in range(3)])
    np.testing.assert_allclose(R.T @ R, np.eye(3), atol=1e-4)


def test_a_picture_without_a_face_says_so(synth, checkpoint, tmp_path):
    photo = write(tmp_path / "wall.png", np.full((200, 200, 3), 90, np.uint8))
    done = synth("predict", photo, "--checkpoint", checkpoint)
    assert done.exit_code == 0
    assert "wall.png: no face found; give a head's box with --box" in done.stdout


def test_a_folder_goes_on_after_a_picture_that_cannot_be_read(synth, checkpoint, tmp_path, face):
    write(tmp_path / "in/a.png", face)
    (tmp_path / "in/b.jpg").write_bytes(b"no picture")
    write(tmp_path / "in/c.jpg", face)
    (tmp_path / "in/notes.txt").write_text("no picture at all")
    done = synth("predict", tmp_path / "in", "--checkpoint", checkpoint, "--out", tmp_path / "out")
    assert done.exit_code == 1
    assert done.stdout.count("haar_frontal") == 2
    assert "unreadable: " in done.stderr
    assert "b.jpg: It is no picture that can be read. See whether another program opens it" in done.stderr
    assert "Unpack the set" not in done.stderr
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a-pose.png", "c-pose.png", "poses.csv"]


def test_pictures_of_one_name_are_drawn_into_two_files(synth, checkpoint, tmp_path, face):
    write(tmp_path / "in/a.png", face)
    write(tmp_path / "in/a.jpg", face)
    synth("predict", tmp_path / "in", "--checkpoint", checkpoint, "--out", tmp_path / "out")
    assert sorted(p.name for p in (tmp_path / "out").glob("*.png")) == ["a.jpg-pose.png", "a.png-pose.png"]


def test_a_film_gives_a_film_and_a_line_a_frame(synth, checkpoint, tmp_path, film):
    done = synth("predict", film, "--checkpoint", checkpoint, "--out", tmp_path / "out", "--frames", 3, "-q")
    assert done.exit_code == 0
    assert [line.split(": ")[0].split()[-2] for line in done.stdout.splitlines()] == ["0.00", "0.10", "0.20"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["poses.csv", "talk-pose.mp4"]
    capture = cv2.VideoCapture(str(tmp_path / "out/talk-pose.mp4"))
    assert int(capture.get(cv2.CAP_PROP_FRAME_COUNT)) == 3
    capture.release()


def test_a_film_that_is_none_is_said(synth, checkpoint, tmp_path, capfd):
    (tmp_path / "talk.mp4").write_bytes(b"no film")
    done = synth("predict", tmp_path / "talk.mp4", "--checkpoint", checkpoint)
    assert done.exit_code == 1
    assert "talk.mp4: OpenCV can't open it as a film" in done.stderr


def test_a_camera_that_is_not_there_is_said(synth, checkpoint, capfd):
    done = synth("predict", "97", "--checkpoint", checkpoint)
    assert done.exit_code == 2
    assert "camera 97: There is no such camera" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nothing.jpg",), "nothing.jpg: There is no such picture, folder or film"),
        (("in",), "There is no picture in this folder"),
        (("a.png", "--box", "1,2,3"), "--box"),
        (("a.png", "--box", "1,2,3,x"), "--box"),
        (("a.png", "--box", "9,2,3,4"), "is no box"),
        (("a.png", "--frames", "3"), "for films and cameras"),
        (("a.png", "--yunet", "absent.onnx"), "There is no YuNet model"),
    ],
)
def test_what_cannot_be_is_refused(synth, checkpoint, tmp_path, monkeypatch, face, arguments, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    write(tmp_path / "a.png", face)
    done = synth("predict", *arguments, "--checkpoint", checkpoint)
    assert done.exit_code == 2
    assert message in done.stderr


def test_a_missing_checkpoint_says_how_to_make_one(synth, tmp_path, face):
    photo = write(tmp_path / "photo.jpg", face)
    done = synth("predict", photo, "--checkpoint", tmp_path / "nowhere")
    assert done.exit_code == 2
    assert "synth train" in done.stderr
