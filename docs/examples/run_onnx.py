"""Head pose with nothing but onnxruntime and OpenCV: python run_onnx.py head_pose.onnx picture.jpg x0,y0,x1,y1

The box is the head's (skull, face and ears, without hair), in pixels. Prints pitch, yaw and roll in degrees: up, toward
the picture's left, clockwise are positive.
"""

import json
import sys

import cv2
import numpy as np
import onnxruntime

network, picture, box = sys.argv[1:4]
session = onnxruntime.InferenceSession(network, providers=["CPUExecutionProvider"])
about = json.loads(session.get_modelmeta().custom_metadata_map["synth"])["input"]
side, margin = about["size_px"], about["margin"]

image = cv2.imread(picture, cv2.IMREAD_GRAYSCALE if about["content"] == "grey" else cv2.IMREAD_COLOR_RGB)
x0, y0, x1, y1 = (float(edge) for edge in box.split(","))
wide = margin * max(x1 - x0, y1 - y0)
scale = side / wide
# Picture pixels → the network's; OpenCV counts pixel centres at integers.
move = np.array([[scale, 0, scale * (0.5 - (x0 + x1 - wide) / 2) - 0.5], [0, scale, 0]])
move[1, 2] = scale * (0.5 - (y0 + y1 - wide) / 2) - 0.5
if scale < 1:  # shrunk: blur away what would alias
    image = cv2.GaussianBlur(image, (0, 0), 0.4 / scale)
square = cv2.warpAffine(image, move, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
levels = square[None, None] if square.ndim == 2 else square.transpose(2, 0, 1)[None]

pitch, yaw, roll = session.run(["euler_deg"], {about["name"]: levels.astype(np.float32) / 255})[0][0]
print(f"pitch {pitch:.1f}  yaw {yaw:.1f}  roll {roll:.1f}")
