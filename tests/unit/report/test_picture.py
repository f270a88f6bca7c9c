from io import BytesIO

import pytest
from PIL import Image

from sluice.report.picture import picture
from sluice.report.shade import LIGHT
from sluice.report.story import Story
from tests.unit.report.stories import a_bad_story, a_story


def colours(story: Story) -> set[str]:
    with Image.open(BytesIO(picture(story))) as drawn:
        found = drawn.convert("RGB").getcolors(1 << 24) or []
    return {"#{:02x}{:02x}{:02x}".format(*colour) for _, colour in found}  # type: ignore[misc]


def test_what_drifted_stands_out_and_a_quiet_story_has_none_of_its_colours() -> None:
    assert LIGHT[-1] in colours(a_bad_story())
    assert not set(LIGHT) & colours(a_story())


@pytest.mark.parametrize("windows", [1, 4, 70])
def test_the_picture_is_as_wide_whatever_the_story(windows: int) -> None:
    with Image.open(BytesIO(picture(a_story(windows, has_slices=False)))) as drawn:
        assert drawn.format == "PNG"
        assert drawn.width == 1800
        assert drawn.height > 300


def test_the_same_story_is_drawn_in_the_same_bytes() -> None:
    assert picture(a_bad_story()) == picture(a_bad_story())


def test_names_that_the_font_does_not_know_are_drawn_all_the_same() -> None:
    assert picture(a_bad_story(name="héhé ✈ 漢字 " * 5))
