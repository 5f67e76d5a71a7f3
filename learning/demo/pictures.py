"""Line drawings for the lessons, in the colours of the portal. No words in them: a bare machine has no Chinese font,
and whoever does not see them hears the alternative text."""

from collections.abc import Callable
from io import BytesIO
from math import cos, pi, sin

from PIL import Image, ImageChops, ImageDraw, ImageFont

WIDTH, HEIGHT = 960, 540
PAPER, INK, RED, TINT, FILL = "#FFFFFF", "#3A3A3C", "#B5362C", "#FAEEEC", "#F2F2F2"
STROKE, MARGIN = 6, 40


def draw(picture: dict) -> bytes:
    """A PNG without empty paper above and below. ``picture`` names the drawing in ``draw``; the rest are its
    arguments."""
    arguments = dict(picture)
    name = arguments.pop("draw")
    image = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    _DRAWINGS[name](ImageDraw.Draw(image), **arguments)
    _, top, _, bottom = ImageChops.difference(image, Image.new("RGB", image.size, PAPER)).getbbox()
    image = image.crop((0, max(0, top - MARGIN), WIDTH, min(HEIGHT, bottom + MARGIN)))
    content = BytesIO()
    image.save(content, "PNG")
    return content.getvalue()


def _steps(pen: ImageDraw.ImageDraw, count: int, at: int) -> None:
    """Numbered stations on a line; ``at`` is where one is."""
    left, gap, y = 130, (WIDTH - 260) / (count - 1), HEIGHT // 2
    pen.line((left, y, WIDTH - left, y), INK, STROKE)
    pen.line((left, y, left + gap * (at - 1), y), RED, STROKE)
    for number in range(1, count + 1):
        here = number == at
        x = left + gap * (number - 1)
        _circle(pen, x, y, 62 if here else 48, TINT if here else PAPER, RED if number <= at else INK)
        _digit(pen, x, y, str(number), RED if number <= at else INK)


def _paper(pen: ImageDraw.ImageDraw, lines: int, marks: list[int]) -> None:
    """A sheet with lines; those in ``marks`` are red."""
    left, top, right, bottom = 300, 40, 660, 500
    pen.rounded_rectangle((left, top, right, bottom), 18, FILL, INK, STROKE)
    gap = (bottom - top - 90) / max(lines - 1, 1)
    for number in range(1, lines + 1):
        y = top + 45 + gap * (number - 1)
        color = RED if number in marks else INK
        _circle(pen, left + 55, y, 8, color, color)
        pen.line((left + 90, y, right - (50 if number % 3 else 110), y), color, STROKE)


def _people(pen: ImageDraw.ImageDraw, count: int, red: int) -> None:
    """People side by side; number ``red`` is marked."""
    gap = min(150, (WIDTH - 160) / count)
    start = WIDTH / 2 - gap * (count - 1) / 2
    for number in range(1, count + 1):
        x, here = start + gap * (number - 1), number == red
        color = RED if here else INK
        size = gap * 0.28
        _circle(pen, x, 200, size, TINT if here else PAPER, color)
        box = (x - size * 1.45, 260, x + size * 1.45, 260 + size * 4.4)
        pen.rounded_rectangle(box, size, TINT if here else PAPER, color, STROKE)


def _tree(pen: ImageDraw.ImageDraw, branches: int, leaves: int) -> None:
    """Three levels of an organisation."""
    x, top, middle, bottom = WIDTH / 2, 90, 270, 440
    gap = (WIDTH - 120) / branches
    for branch in range(branches):
        mid = 60 + gap * (branch + 0.5)
        _elbow(pen, x, top, mid, middle)
        for leaf in range(leaves):
            end = mid + gap / leaves * (leaf - (leaves - 1) / 2)
            _elbow(pen, mid, middle, end, bottom)
            _box(pen, end, bottom, 26, PAPER, INK)
        _box(pen, mid, middle, 44, FILL, INK)
    _box(pen, x, top, 56, TINT, RED)


def _seats(pen: ImageDraw.ImageDraw, count: int, red: int) -> None:
    """Chairs around a table; the first ``red`` are marked."""
    x, y = WIDTH / 2, HEIGHT / 2
    pen.ellipse((x - 230, y - 120, x + 230, y + 120), FILL, INK, STROKE)
    for number in range(count):
        angle = 2 * pi * number / count - pi / 2
        marked = number < red
        color = RED if marked else INK
        _circle(pen, x + 330 * cos(angle), y + 205 * sin(angle), 38, TINT if marked else PAPER, color)


def _months(pen: ImageDraw.ImageDraw, count: int, marks: list[int]) -> None:
    """Numbered months in rows of six."""
    rows = -(-count // 6)
    for number in range(1, count + 1):
        row, column = divmod(number - 1, 6)
        x = WIDTH / 2 + 135 * (column - 2.5)
        y = HEIGHT / 2 + 150 * (row - (rows - 1) / 2)
        marked = number in marks
        _box(pen, x, y, 56, TINT if marked else PAPER, RED if marked else INK)
        _digit(pen, x, y, str(number), RED if marked else INK)


def _bars(pen: ImageDraw.ImageDraw, count: int, red: int) -> None:
    """Columns that grow; number ``red`` is marked."""
    for number in range(1, count + 1):
        x = WIDTH / 2 + 130 * (number - (count + 1) / 2)
        color = RED if number == red else INK
        box = (x - 42, 460 - 75 * number, x + 42, 460)
        pen.rounded_rectangle(box, 10, TINT if number == red else FILL, color, STROKE)
    pen.line((130, 462, WIDTH - 130, 462), INK, STROKE)


def _exit(pen: ImageDraw.ImageDraw, steps: int) -> None:
    """Stairs that lead down to a door, with an arrow."""
    left, top, wide, high = 180, 130, 110, 80
    for number in range(steps):
        x, y = left + wide * number, top + high * number
        pen.line((x, y, x + wide, y, x + wide, y + high), INK, STROKE, joint="curve")
    x, y = left + wide * steps, top + high * steps
    pen.line((x, y, WIDTH - 90, y), INK, STROKE)
    pen.rounded_rectangle((WIDTH - 250, y - 230, WIDTH - 120, y), 8, FILL, INK, STROKE)
    start, end = (left + 120, top - 60), (left + 480, top + 200)
    pen.line((*start, *end), RED, STROKE + 4)
    pen.polygon((end[0] + 34, end[1] + 25, end[0] - 26, end[1] + 8, end[0] + 6, end[1] - 34), RED)


def _pulse(pen: ImageDraw.ImageDraw, beats: int) -> None:
    """A heartbeat."""
    y, gap = HEIGHT / 2, (WIDTH - 160) / beats
    pen.line((80, y + 150, WIDTH - 80, y + 150), INK, STROKE)
    shape = [(0, 0), (0.3, 0), (0.4, -30), (0.47, 20), (0.55, -170), (0.64, 110), (0.72, 0), (1, 0)]
    points = [(80 + gap * (beat + x), y + dy) for beat in range(beats) for x, dy in shape]
    pen.line(points, RED, STROKE + 2, joint="curve")


def _phone(pen: ImageDraw.ImageDraw) -> None:
    """A phone that is put down: a cross on its screen."""
    x, y = WIDTH / 2, HEIGHT / 2
    pen.rounded_rectangle((x - 125, 30, x + 125, HEIGHT - 30), 34, FILL, INK, STROKE)
    pen.rounded_rectangle((x - 100, 80, x + 100, HEIGHT - 90), 8, PAPER, INK, STROKE - 2)
    _circle(pen, x, HEIGHT - 60, 12, PAPER, INK)
    for direction in (-1, 1):
        pen.line((x - 55, y - 55 * direction, x + 55, y + 55 * direction), RED, STROKE + 6)


_DRAWINGS: dict[str, Callable] = {
    "steps": _steps,
    "paper": _paper,
    "people": _people,
    "tree": _tree,
    "seats": _seats,
    "months": _months,
    "bars": _bars,
    "exit": _exit,
    "pulse": _pulse,
    "phone": _phone,
}


def _circle(pen, x: float, y: float, radius: float, fill: str, outline: str) -> None:
    pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill, outline, STROKE)


def _box(pen, x: float, y: float, half: float, fill: str, outline: str) -> None:
    pen.rounded_rectangle((x - half, y - half, x + half, y + half), 12, fill, outline, STROKE)


def _elbow(pen, x: float, y: float, to_x: float, to_y: float) -> None:
    middle = (y + to_y) / 2
    pen.line((x, y, x, middle, to_x, middle, to_x, to_y), INK, STROKE - 2)


def _digit(pen, x: float, y: float, text: str, color: str) -> None:
    pen.text((x, y), text, color, ImageFont.load_default(44), anchor="mm")
