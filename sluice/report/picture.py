"""How is a story told in a picture, for chat? The heat map, and the worst findings in words."""

import textwrap
from collections.abc import Sequence
from io import BytesIO
from typing import NamedTuple

from PIL import Image, ImageDraw, ImageFont

from sluice.report.overview import Course, bins_of, courses, worst_of
from sluice.report.sentence import change_name, headline, in_words, period, size
from sluice.report.shade import LIGHT, shade
from sluice.report.story import Story

_SCALE = 2  # pixels a point: sharp on any screen
_WIDTH, _MARGIN, _LABEL, _ROW = 900, 28, 170, 22
_INK, _MUTED, _PAPER, _QUIET, _LINE, _BAD = "#1b2530", "#5d6b78", "#ffffff", "#e6ebef", "#dfe4e8", "#b5432f"
_COLOURS = {"q": _QUIET, "u": _PAPER, "e": _MUTED} | {f"s{step}": colour for step, colour in enumerate(LIGHT)}
_MOST_ROWS, _MOST_TOLD = 20, 5
_CHARACTERS, _LINE_CHARACTERS, _TITLE_CHARACTERS = 22, 122, 92


class _Pen:
    """Draws in points from the top down, and knows how far it is."""

    def __init__(self, height: int) -> None:
        self.image = Image.new("RGB", (_WIDTH * _SCALE, height * _SCALE), _PAPER)
        self._draw = ImageDraw.Draw(self.image)
        self.y = float(_MARGIN)

    def write(self, content: str, *, x: float, points: int, colour: str = _INK, from_right: bool = False) -> None:
        """Write one line whose top is where the pen is; the pen stays."""
        font = ImageFont.load_default(points * _SCALE)
        self._draw.text(
            (x * _SCALE, self.y * _SCALE), _drawable(content), colour, font, anchor="ra" if from_right else "la"
        )

    def lines(self, content: str, *, characters: int, points: int, colour: str = _INK) -> None:
        """Write a paragraph and go below it."""
        for line in textwrap.wrap(content, characters):
            self.write(line, x=_MARGIN, points=points, colour=colour)
            self.y += points * 1.45

    def box(self, place: tuple[float, float, float, float], colour: str) -> None:
        """Fill a box, x and y from the picture's corner, width and height."""
        x, y, width, height = place
        corners = (x * _SCALE, y * _SCALE, (x + width) * _SCALE - 1, (y + height) * _SCALE - 1)
        self._draw.rectangle(corners, fill=colour, outline=_LINE if colour == _PAPER else None)


class _Contents(NamedTuple):
    story: Story
    every: Sequence[Course]


def picture(story: Story) -> bytes:
    """A PNG."""
    contents = _Contents(story, courses(story))
    height = _drawn(contents, _Pen(1)).y  # only to know how high it gets
    pen = _drawn(contents, _Pen(int(height) + _MARGIN))
    file = BytesIO()
    pen.image.save(file, "PNG", optimize=True)
    return file.getvalue()


def _drawn(contents: _Contents, pen: _Pen) -> _Pen:
    story, every = contents
    found = worst_of(story)
    is_bad = any(course.has_drifted for course in every)
    pen.lines(f"{story.title}: drift", characters=_TITLE_CHARACTERS, points=21)
    pen.lines(period(story), characters=_LINE_CHARACTERS, points=13, colour=_MUTED)
    pen.y += 8
    pen.lines(headline(story, found), characters=_TITLE_CHARACTERS, points=17, colour=_BAD if is_bad else _INK)
    pen.y += 10
    for course in every[:_MOST_ROWS]:
        _row(pen, story, course)
    if len(every) > _MOST_ROWS:
        pen.write(f"and {len(every) - _MOST_ROWS} more", x=_MARGIN, points=12, colour=_MUTED)
        pen.y += _ROW
    _ends(pen, every[0])
    for course in [course for course in every if course.has_drifted][:_MOST_TOLD]:
        _told(pen, course)
    return pen


def _row(pen: _Pen, story: Story, course: Course) -> None:
    name = bins_of(story, course).name
    shown = name if len(name) <= _CHARACTERS else f"{name[: _CHARACTERS - 3]}..."
    pen.write(shown, x=_MARGIN + _LABEL - 12, points=13, from_right=True)
    left = _MARGIN + _LABEL
    cell = (_WIDTH - _MARGIN - left) / len(course.findings)
    gap = 1.5 if cell > _ROW / 2 else 0.5
    for place, finding in enumerate(course.findings):
        pen.box((left + place * cell, pen.y, max(cell - gap, 0.5), _ROW - 3), _COLOURS[shade(finding)])
    pen.y += _ROW


def _ends(pen: _Pen, course: Course) -> None:
    pen.write(course.spans[0], x=_MARGIN + _LABEL, points=11, colour=_MUTED)
    if len(course.spans) > 1:
        pen.write(course.spans[-1], x=_WIDTH - _MARGIN, points=11, colour=_MUTED, from_right=True)
    pen.y += 30


def _told(pen: _Pen, course: Course) -> None:
    worst = course.worst
    if worst is None:
        return
    since = f", first in {course.first}" if len(course.spans) > 1 else ""
    pen.lines(f"{worst.feature}: {change_name(worst)}, {size(worst)}{since}", characters=_LINE_CHARACTERS, points=14)
    pen.lines(in_words(worst), characters=_LINE_CHARACTERS, points=13, colour=_MUTED)
    pen.y += 6


def _drawable(content: str) -> str:
    """Pillow's own font knows Latin letters; others become question marks instead of boxes."""
    return content.encode("latin-1", "replace").decode("latin-1")
