"""Streets, meadows, leaves, and lights at night."""

from __future__ import annotations

import numpy as np

from synth.scenes.draw import Canvas, Color, color, warm


def bokeh(c: Canvas) -> None:
    """A city or a party at night: lamps that the lens makes discs of."""
    c.fill(color(c.between(0, 1), c.between(0.1, 0.6), c.between(0.008, 0.06)))
    c.light *= np.clip(1 + 0.9 * c.noise(3, 3), 0.1, None)
    for _ in range(c.count(1, 4)):
        c.glow(
            c.between(0, 1),
            c.between(0, 1),
            c.between(0.1, 0.4),
            color(c.between(0.02, 0.15), 0.5, c.between(0.02, 0.15)),
        )
    for _ in range(c.count(2, 6)):  # what stands there
        x, y = c.between(-0.1, 1), c.between(0.2, 0.9)
        c.rectangle(
            x, y, x + c.between(0.05, 0.3), y + c.between(0.1, 0.8), color(c.between(0, 1), 0.3, c.between(0.005, 0.08))
        )
    palette = [c.between(0.0, 0.17) if c.chance(0.7) else c.between(0, 1) for _ in range(c.count(1, 4))]
    lamps = np.zeros_like(c.light)
    below, c.light = c.light, lamps
    size = c.between(0.0, 1.0)
    for _ in range(c.count(25, 90)):
        hue = palette[c.count(0, len(palette) - 1)]
        level = c.between(0.3, 1.0) ** 3 * c.between(10, 60)
        c.ellipse(
            c.between(0, 1), 0.5 + 0.5 * c.between(-1, 1) ** 3, 0.004, 0.004, color(hue, c.between(0.2, 0.75), level)
        )
    c.defocus(0.015 + 0.045 * size)
    discs, c.light = c.light, below
    c.defocus(0.03)
    c.light += discs


def street(c: Canvas) -> None:
    """Houses on both sides of a road, cars, the sky between."""
    horizon, aim = c.between(0.45, 0.62), c.between(0.25, 0.75)
    _sky(c, horizon)
    sun = c.between(0.5, 1.1)
    for side in (0.0, 1.0):
        _houses(c, side, aim, horizon, sun)
    road = color(0.6, c.between(0, 0.12), sun * c.between(0.08, 0.3))
    edge = c.between(0.1, 0.4)
    c.polygon([(-0.3, 1), (0, horizon + edge), (aim, horizon), (1, horizon + edge), (1.3, 1)], road * 1.4)
    c.polygon([(c.between(-0.3, 0.1), 1.01), (aim, horizon), (c.between(0.9, 1.3), 1.01)], road)
    for _ in range(c.count(1, 5)):
        _car(c, aim, horizon, sun)
    for _ in range(c.count(0, 3)):
        _tree(c, c.between(0, 1), horizon + c.between(0, 0.1), c.between(0.15, 0.4), sun)
    if c.chance(0.5):
        for _ in range(c.count(3, 10)):
            c.glow(c.between(0, 1), c.between(0.3, 0.7), 0.008, warm(c.between(-0.1, 0.8), c.between(0.5, 2)))
    c.defocus(c.between(0.01, 0.035))


def meadow(c: Canvas) -> None:
    """Sky, a line of trees or hills, a field or the sea."""
    horizon = c.between(0.35, 0.7)
    _sky(c, horizon)
    rows = c.y[:, 0, 0]
    hue = c.between(0.18, 0.27) if c.chance(0.6) else c.between(0.08, 0.16)
    sea = c.chance(0.2)
    ground = color(0.55, 0.5, c.between(0.15, 0.4)) if sea else color(hue, c.between(0.3, 0.6), c.between(0.1, 0.4))
    for layer in range(c.count(1, 3)):
        line = horizon - (0.02 + 0.06 * c.between(0, 1)) * (3 - layer) * (0.6 + 0.4 * c.wave(c.count(3, 7) + 6 * layer))
        far = color(c.between(0.25, 0.55), c.between(0.2, 0.5), c.between(0.04, 0.2) * (2.2 - 0.6 * layer))
        mask = (rows[:, None] > line[None]) & (rows[:, None] < horizon + 0.01)
        c.light[mask] = far
    c.light[rows > horizon] = ground
    texture = c.noise(10, 4)
    below = np.clip((c.y - horizon) * 4, 0, 1)
    c.light *= 1 + (0.15 if sea else 0.45) * texture * below
    for _ in range(c.count(0, 4)):
        _tree(c, c.between(0, 1), horizon + c.between(0.0, 0.06), c.between(0.08, 0.4), c.between(0.5, 1))
    c.defocus(c.between(0.005, 0.025))


def foliage(c: Canvas) -> None:
    """Leaves and branches with the sky shining through."""
    hue = c.between(0.18, 0.27) if c.chance(0.75) else c.between(0.08, 0.15)
    level = c.between(0.05, 0.25)
    c.fill(color(hue, 0.6, level))
    lumps = c.noise(4, 3)
    c.light *= np.exp(1.6 * lumps)
    for _ in range(c.count(2, 7)):
        x, lean = c.between(0, 1), c.between(-0.15, 0.15)
        width = c.between(0.01, 0.06)
        bark = color(0.11, 0.35, c.between(0.02, 0.12))
        c.polygon([(x, 1), (x + width, 1), (x + lean + 0.6 * width, 0), (x + lean, 0)], bark)
    for _ in range(c.count(80, 260)):
        leaf = color(hue + c.between(-0.05, 0.05), c.between(0.45, 0.8), level * np.exp(c.between(-1.2, 1.4)))
        c.ellipse(c.between(0, 1), c.between(0, 1), c.between(0.01, 0.05), c.between(0.01, 0.05), leaf)
    through = np.clip(c.noise(c.between(9, 22), 2) + c.between(-0.5, -0.15) - 0.3 * (c.y - 0.4), 0, None)
    c.light += through * warm(c.between(-0.5, 0.5), c.between(2, 8)).astype(np.float32)
    c.defocus(c.between(0.012, 0.04))


def _sky(c: Canvas, horizon: float) -> None:
    high = np.clip(1 - c.y / max(horizon, 0.05), 0, 1)
    if c.chance(0.35):  # overcast
        c.fill(warm(c.between(-0.15, 0.1), c.between(0.6, 1.3)) * (1 - 0.2 * high))
        c.light *= 1 + 0.12 * c.noise(3, 3)
        return
    if c.chance(0.3):  # low sun
        low, above = warm(c.between(0.4, 0.9), c.between(0.7, 1.8)), color(0.62, 0.45, c.between(0.15, 0.4))
    else:
        low, above = warm(-0.15, c.between(0.8, 1.2)), color(0.6, c.between(0.4, 0.7), c.between(0.3, 0.6))
    c.fill(low * (1 - high) + above * high)
    clouds = np.clip(c.noise(3, 4) * 1.8 + c.between(-0.6, 0.3), 0, 1)
    c.light += clouds * (low.astype(np.float32) - c.light) * 0.8
    if c.chance(0.3):
        c.glow(
            c.between(0, 1),
            horizon * c.between(0.2, 0.9),
            c.between(0.03, 0.1),
            warm(c.between(0, 0.6), c.between(2, 6)),
        )


def _houses(c: Canvas, side: float, aim: float, horizon: float, sun: float) -> None:
    """A row of fronts from the picture's edge toward the vanishing point."""
    lit = sun * c.between(0.4, 1.1)
    near = 0.0
    while near < 0.9:
        far = min(0.93, near + c.between(0.12, 0.4))
        height, front = c.between(0.3, 0.9), lit * _front(c)

        def at(depth: float, up: float) -> tuple[float, float]:
            return side + (aim - side) * depth, horizon - up * (1 - depth) * 0.9

        c.polygon([at(near, height), at(far, height), at(far, -0.4), at(near, -0.4)], front)
        floors, columns = max(2, round(height * 9)), c.count(2, 5)
        pane = c.between(0.05, 1.2) * color(0.58, 0.25, 0.3)
        for floor in range(floors):
            low = -0.05 + (height - 0.05) * floor / floors
            for column in range(columns):
                left = near + (far - near) * (column + 0.25) / columns
                right = near + (far - near) * (column + 0.75) / columns
                top = low + 0.55 * height / floors
                shade = pane if not c.chance(0.12) else warm(0.6, c.between(0.4, 1.5))
                c.polygon([at(left, top), at(right, top), at(right, low), at(left, low)], shade)
        if c.chance(0.5):
            c.polygon(
                [at(near, 0.0), at(far, 0.0), at(far, -0.1), at(near, -0.1)], lit * color(c.between(0, 1), 0.6, 0.3)
            )
        near = far


def _front(c: Canvas) -> Color:
    return color(c.between(0.02, 0.16), c.between(0, 0.5), c.between(0.15, 0.7))


def _car(c: Canvas, aim: float, horizon: float, sun: float) -> None:
    near = c.between(0.15, 1.0)
    x, y = aim + c.between(-0.9, 0.9) * near, horizon + 0.3 * near
    size = 0.12 * near
    paint = sun * color(c.between(0, 1), c.between(0, 0.8) ** 2, c.between(0.02, 0.7))
    c.ellipse(x, y - 0.9 * size, 1.0 * size, 0.55 * size, 0.25 * paint + 0.05)
    c.ellipse(x, y - 0.4 * size, 1.5 * size, 0.5 * size, paint)
    c.rectangle(x - 1.4 * size / c.aspect, y - 0.05 * size, x + 1.4 * size / c.aspect, y + 0.12 * size, 0.1 * paint)
    for lamp in (-1, 1):
        c.ellipse(x + lamp * 1.1 * size / c.aspect, y - 0.4 * size, 0.1 * size, 0.1 * size, warm(c.between(0, 1), 1.5))


def _tree(c: Canvas, x: float, foot: float, size: float, sun: float) -> None:
    """A trunk and a crown of many leaves, lit from above."""
    trunk, wide = color(0.11, 0.3, 0.05), 0.04 * size / c.aspect
    c.polygon([(x - wide, foot), (x + wide, foot), (x + 0.4 * wide, foot - size), (x - 0.4 * wide, foot - size)], trunk)
    hue = c.between(0.18, 0.27) if c.chance(0.8) else c.between(0.08, 0.15)
    level, slim = sun * c.between(0.04, 0.14), c.between(0.35, 0.75)
    for _ in range(c.count(90, 160)):
        across, up = c.between(-1, 1), c.between(-1, 1)
        if across * across + up * up > 1:
            continue
        leaf = level * np.exp(0.7 * up + c.between(-0.4, 0.4)) * color(hue + c.between(-0.03, 0.03), 0.55, 1.0)
        at_x, at_y = x + slim * across * size / c.aspect, foot - size * (1.05 + 0.55 * up)
        c.ellipse(at_x, at_y, c.between(0.05, 0.11) * size, c.between(0.04, 0.1) * size, leaf)
