"""Rooms: a lit wall, a living room, shelves, an office, a studio's ground."""

from __future__ import annotations

import numpy as np

from synth.scenes.draw import Canvas, Color, color, warm


def gradient(c: Canvas) -> None:
    """A backdrop with light on it from one side, as photographers hang it."""
    hue, saturation = c.between(0, 1), c.between(0.0, 0.55) ** 1.5
    level, ground = c.between(0.03, 0.4), color(hue, saturation, 1.0)
    c.fill(level * ground)
    c.light *= 1 + 0.25 * c.noise(2, 4)
    for _ in range(c.count(1, 2)):
        lamp = level * ground * warm(c.between(-0.3, 0.4), c.between(0.3, 1.0))
        c.glow(c.between(-0.1, 1.1), c.between(-0.2, 1.1), c.between(0.25, 0.9), lamp)
    c.light *= 1 - c.between(0.1, 0.6) * ((c.x - 0.5) ** 2 + (c.y - 0.5) ** 2)


def wall(c: Canvas) -> None:
    """A painted wall with a lamp's light running down it, perhaps a picture, a door, a skirting, a plant."""
    paint = _paint(c)
    c.fill(paint)
    if c.chance(0.35):
        _panels(c, paint)
    if c.chance(0.45):
        _door(c, c.between(-0.1, 0.95), paint)
    for _ in range(c.count(0, 3)):
        _framed_picture(c, c.between(0, 0.95), c.between(0.05, 0.5), c.between(0.12, 0.3))
    if c.chance(0.3):
        _plant(c, c.between(0, 1), 1.0)
    _light_from_a_side(c)
    c.light *= 1 + 0.05 * c.noise(14, 2)
    c.defocus(c.between(0.004, 0.02))


def room(c: Canvas) -> None:
    """A living room: window, curtains, a sofa, a lamp, things on a sideboard."""
    paint = _paint(c)
    c.fill(paint)
    floor = c.between(0.8, 0.98)
    c.rectangle(0, floor, 1, 1, color(c.between(0.08, 0.13), 0.5, c.between(0.05, 0.25)))
    if c.chance(0.75):
        _window(c, c.between(-0.1, 0.8), c.between(0.02, 0.2), c.between(0.25, 0.5), c.between(0.45, 0.65))
    for _ in range(c.count(0, 3)):
        _framed_picture(c, c.between(0, 0.95), c.between(0.05, 0.35), c.between(0.1, 0.25))
    cabinet = c.between(0.55, 0.75)
    x = c.between(-0.1, 0.7)
    wood = color(c.between(0.08, 0.12), c.between(0.3, 0.7), c.between(0.05, 0.3))
    c.rectangle(x, cabinet, x + c.between(0.3, 0.6), floor + 0.04, wood)
    for _ in range(c.count(2, 6)):
        height, at = c.between(0.04, 0.15), x + c.between(0, 0.4)
        c.rectangle(at, cabinet - height, at + c.between(0.02, 0.08), cabinet, _thing(c))
    if c.chance(0.6):
        _sofa(c, c.between(-0.2, 0.6), floor)
    if c.chance(0.5):
        _plant(c, c.between(0, 1), floor + 0.05)
    if c.chance(0.6):
        lamp, height = c.between(0, 1), c.between(0.2, 0.5)
        c.rectangle(lamp - 0.04, height - 0.06, lamp + 0.04, height + 0.06, warm(0.7, c.between(1.5, 4)))
        c.glow(lamp, height, c.between(0.12, 0.3), warm(0.7, c.between(0.2, 0.7)))
    _light_from_a_side(c)
    c.defocus(c.between(0.008, 0.03))


def shelf(c: Canvas) -> None:
    """Bookshelves: boards, and spines of all widths, heights and colours."""
    wood = color(c.between(0.09, 0.13), c.between(0.1, 0.6), c.between(0.04, 0.5))
    c.fill(0.25 * wood)
    boards, offset = c.count(3, 6), c.between(-0.15, 0.0)
    pitch = 1.15 / boards
    bright = c.between(0.5, 1.5)
    for row in range(boards + 1):
        top = offset + row * pitch
        x = c.between(-0.05, 0.0)
        while x < 1:
            x = _books(c, x, top, pitch, bright)
        c.rectangle(0, top + 0.94 * pitch, 1, top + pitch, wood)
    x = c.between(-0.2, 0.2)
    while x < 1.1:
        c.rectangle(x, 0, x + 0.018, 1, 0.9 * wood)
        x += c.between(0.35, 0.7)
    _light_from_a_side(c)
    c.defocus(c.between(0.004, 0.02))


def office(c: Canvas) -> None:
    """A bright open room: lamps in the ceiling, a row of windows or a glass wall, screens, people's shapes."""
    horizon, tone = c.between(0.4, 0.6), c.between(-0.15, 0.2)
    c.fill(warm(tone, c.between(0.25, 0.6)))
    c.light *= 1.0 - 0.35 * np.abs(c.y - horizon)
    floor = color(c.between(0, 1), c.between(0, 0.3), c.between(0.08, 0.35))
    c.polygon(
        [(0, 1), (0, horizon + 0.25), (0.35, horizon + 0.1), (0.65, horizon + 0.1), (1, horizon + 0.25), (1, 1)], floor
    )
    if c.chance(0.6):
        _row_of_windows(c, horizon)
    _ceiling_lamps(c, horizon, tone)
    for _ in range(c.count(2, 5)):
        x, width = c.between(-0.1, 0.95), c.between(0.1, 0.3)
        top = horizon + c.between(0.05, 0.3)
        c.rectangle(
            x,
            top,
            x + width,
            top + c.between(0.08, 0.5),
            color(c.between(0, 1), c.between(0, 0.25), c.between(0.03, 0.5)),
        )
        if c.chance(0.6):
            screen = x + c.between(0, width)
            c.rectangle(
                screen, top - 0.1, screen + 0.1, top - 0.01, color(0.6, c.between(0, 0.5), c.between(0.05, 1.0))
            )
    for _ in range(c.count(0, 3)):
        _person(c, c.between(0, 1), horizon + c.between(-0.08, 0.1), c.between(0.03, 0.07))
    c.defocus(c.between(0.01, 0.035))


def _paint(c: Canvas) -> Color:
    """A wall's paint: mostly white, cream and grey, now and then a colour."""
    if c.chance(0.65):
        return color(c.between(0.05, 0.17), c.between(0, 0.2), c.between(0.3, 0.75))
    return color(c.between(0, 1), c.between(0.15, 0.6), c.between(0.06, 0.45))


def _thing(c: Canvas) -> Color:
    return color(c.between(0, 1), c.between(0, 0.8), c.between(0.03, 0.6))


def _light_from_a_side(c: Canvas) -> None:
    """Brighter toward a lamp or a window somewhere, darker away from it."""
    x, y, size = c.between(-0.4, 1.4), c.between(-0.4, 0.5), c.between(0.5, 1.1)
    away = ((c.x - x) * c.aspect) ** 2 + (c.y - y) ** 2
    ambient = c.between(0.25, 0.6)
    c.light *= ambient + (1.35 - ambient) / (1 + away / size**2) * warm(c.between(-0.25, 0.5)).astype(np.float32)


def _panels(c: Canvas, paint: Color) -> None:
    pitch, x = c.between(0.12, 0.4), c.between(-0.2, 0)
    while x < 1:
        c.rectangle(x, 0, x + 0.012, 1, 0.7 * paint)
        x += pitch
    if c.chance(0.5):
        c.rectangle(0, c.between(0.55, 0.75), 1, 1, c.between(0.4, 0.9) * paint)


def _door(c: Canvas, x: float, paint: Color) -> None:
    leaf = 0.9 * paint if c.chance(0.4) else color(c.between(0.08, 0.12), c.between(0.3, 0.7), c.between(0.06, 0.35))
    top, width = c.between(-0.1, 0.15), c.between(0.2, 0.34)
    c.rectangle(x - 0.02, top - 0.03, x + width + 0.02, 1, 1.15 * paint)
    c.rectangle(x, top, x + width, 1, leaf)
    if c.chance(0.3):  # it stands open
        c.rectangle(x, top, x + 0.75 * width, 1, warm(c.between(-0.1, 0.5), c.between(0.02, 0.9)))


def _framed_picture(c: Canvas, x: float, y: float, size: float) -> None:
    height = size * c.between(0.8, 1.4) * c.aspect / 1.33
    c.rectangle(x, y, x + size, y + height, color(0.11, c.between(0, 0.6), c.between(0.01, 0.4)))
    inset = 0.1 * size
    c.rectangle(x + inset, y + inset, x + size - inset, y + height - inset, color(0.1, 0.1, c.between(0.4, 0.8)))
    inset *= 2
    for _ in range(3):
        middle = y + c.between(0.2, 0.8) * height
        c.rectangle(x + inset, min(middle, y + height - inset), x + size - inset, y + height - inset, _thing(c))


def _window(c: Canvas, x: float, y: float, width: float, height: float) -> None:
    outside = warm(c.between(-0.4, 0.1), c.between(1.2, 5.0))
    c.rectangle(x - 0.015, y - 0.02, x + width + 0.015, y + height + 0.02, color(0.1, 0.1, 0.6))
    c.rectangle(x, y, x + width, y + height, outside)
    c.rectangle(x, y + c.between(0.4, 0.9) * height, x + width, y + height, color(0.3, 0.5, c.between(0.3, 1.0)))
    bars = c.count(1, 3)
    for bar in range(1, bars + 1):
        at = x + bar * width / (bars + 1)
        c.rectangle(at - 0.006, y, at + 0.006, y + height, color(0.1, 0.1, 0.5))
    if c.chance(0.6):
        cloth = color(c.between(0, 1), c.between(0, 0.4), c.between(0.15, 0.6))
        for left in (x - 0.12, x + width - 0.02):
            for fold in range(6):
                c.rectangle(left + 0.024 * fold, 0, left + 0.024 * (fold + 1), 1, c.between(0.6, 1.2) * cloth)


def _sofa(c: Canvas, x: float, floor: float) -> None:
    cloth = color(c.between(0, 1), c.between(0, 0.5), c.between(0.04, 0.4))
    top, width = floor - c.between(0.15, 0.3), c.between(0.4, 0.8)
    c.rectangle(x, top, x + width, 1, cloth)
    for _ in range(c.count(0, 4)):
        c.ellipse(x + c.between(0.1, 0.9) * width, top + 0.05, c.between(0.05, 0.1), 0.06, _thing(c))


def _plant(c: Canvas, x: float, bottom: float) -> None:
    top = bottom - c.between(0.3, 0.7)
    for _ in range(c.count(15, 40)):
        leaf = color(c.between(0.2, 0.29), c.between(0.4, 0.8), c.between(0.02, 0.2))
        at_x, at_y = x + c.between(-0.12, 0.12), c.between(top, bottom - 0.12)
        c.ellipse(at_x, at_y, c.between(0.01, 0.05), c.between(0.02, 0.07), leaf)
    c.rectangle(x - 0.05, bottom - 0.14, x + 0.05, bottom, color(0.09, c.between(0, 0.6), c.between(0.1, 0.5)))


def _books(c: Canvas, x: float, top: float, pitch: float, bright: float) -> float:
    """A row of books, or a gap with something in it; returns where it ends."""
    bottom = top + 0.94 * pitch
    if c.chance(0.2):
        width = c.between(0.04, 0.16)
        if c.chance(0.6):
            height = c.between(0.2, 0.6) * pitch
            c.rectangle(x + 0.01, bottom - height, x + width - 0.01, bottom, bright * _thing(c))
        return x + width
    tall = c.between(0.55, 0.85)
    for _ in range(c.count(3, 12)):
        width, height = c.between(0.008, 0.03), pitch * (tall + c.between(-0.08, 0.08))
        spine = bright * color(c.between(0, 1), c.between(0, 0.7) ** 1.5, c.between(0.02, 0.45))
        c.rectangle(x, bottom - height, x + width, bottom, spine)
        if c.chance(0.4):
            band = bottom - c.between(0.2, 0.9) * height
            c.rectangle(x, band - 0.02, x + width, band, bright * color(0.12, 0.4, c.between(0.1, 0.6)))
        x += width
    return x


def _row_of_windows(c: Canvas, horizon: float) -> None:
    outside, x = warm(c.between(-0.3, 0.1), c.between(1.0, 3.0)), c.between(-0.2, 0.0)
    width = c.between(0.1, 0.3)
    top, bottom = horizon - c.between(0.25, 0.4), horizon + c.between(0.0, 0.15)
    while x < 1:
        c.rectangle(x, top, x + 0.88 * width, bottom, c.between(0.75, 1.1) * outside)
        roofs = bottom - c.between(0.05, 0.2)
        c.rectangle(x, roofs, x + 0.88 * width, bottom, color(0.6, 0.2, c.between(0.2, 0.9)))
        x += width


def _ceiling_lamps(c: Canvas, horizon: float, tone: float) -> None:
    """Lamps in rows that run to the vanishing point."""
    lamp = warm(tone, c.between(2.0, 6.0))
    aim, wide = c.between(0.3, 0.7), c.between(0.02, 0.06)
    for column in (-1.2, -0.4, 0.4, 1.2):
        for depth in (1.0, 1.6, 2.6, 4.2):
            x, y = aim + column / depth * 0.6, horizon - 0.75 / depth
            c.rectangle(
                x - 2.2 * wide / depth, y - 0.5 * wide / depth, x + 2.2 * wide / depth, y + 0.5 * wide / depth, lamp
            )


def _person(c: Canvas, x: float, top: float, size: float) -> None:
    """Somebody further back, `size` the half height of the head."""
    c.rectangle(x - 1.9 * size / c.aspect, top + 1.9 * size, x + 1.9 * size / c.aspect, top + 9 * size, _thing(c))
    skin = color(0.09, 0.4, c.between(0.08, 0.5))
    c.ellipse(x, top + size, 0.75 * size, size, skin)
    c.ellipse(x, top + 0.6 * size, 0.8 * size, 0.7 * size, color(0.11, 0.5, c.between(0.005, 0.15)))
