"""The map of the start page is read from the lessons themselves."""

import re
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_markdown_cell, new_notebook

from lstm_course import figures
from lstm_course.drawings import course_map

ROOT = Path(__file__).parents[1]
COURSE = course_map.lessons(ROOT / "notebooks")


def write(path, opening, **about):
    path.parent.mkdir(exist_ok=True)
    notebook = new_notebook(cells=[new_markdown_cell(opening)], metadata={"lstm_course": about})
    nbformat.write(notebook, path)


@pytest.fixture
def small_course(tmp_path):
    folder = tmp_path / "notebooks"
    write(folder / "00_start_here.ipynb", "# 0. Start", title="Start", minutes=5)
    write(
        folder / "01_one.ipynb",
        "# 1. One\n\n**The question.** why\none?\n\nThen [two](02_two.ipynb)",
        title="One",
        minutes=10,
    )
    write(folder / "02_two.ipynb", "# 2. Two\n\n**Is it two?**\n\nAfter [one](01_one.ipynb).", title="Two", minutes=20)
    opening = "# 3. Three\n\n**The question:** which?\n\nAfter [1](01_one.ipynb) and [2](02_two.ipynb)."
    write(folder / "03_three.ipynb", opening, title="Three", minutes=30)
    write(folder / "Untitled.ipynb", "mine")
    write(tmp_path / "exercises" / "02_two.ipynb", "# Exercises", minutes=25)
    return folder


def test_lessons_are_read_from_the_notebooks(small_course):
    one, two, three = course_map.lessons(small_course)
    assert (one.title, one.minutes, one.needs, one.exercise_minutes) == ("One", 10, (), 0)
    assert [lesson.question for lesson in (one, two, three)] == ["Why one?", "Is it two?", "Which?"]
    assert (two.needs, two.exercise_minutes) == ((1,), 25)
    assert three.needs == (1, 2)


def test_arrows_leave_out_what_follows_from_others(small_course):
    assert course_map.direct(course_map.lessons(small_course)) == {1: [], 2: [1], 3: [2]}


def test_table_links_lessons_exercises_and_what_comes_before(small_course):
    rows = course_map.table(course_map.lessons(small_course)).split("\n")
    assert rows[3] == (
        "| 2 | [Two](02_two.ipynb) | Is it two? | 20\xa0min "
        "| [25\xa0min](../exercises/02_two.ipynb) | [1](01_one.ipynb) |"
    )
    assert rows[2].endswith("| 10\xa0min | none | nothing |")


def test_folder_without_lessons(tmp_path):
    with pytest.raises(ValueError, match="holds none: go to notebooks"):
        course_map.lessons(tmp_path)


def test_description_names_every_lesson():
    said = course_map.description(COURSE)
    assert all(f"{lesson.number} {lesson.title}, {lesson.minutes} minutes" in said for lesson in COURSE)


def test_boxes_do_not_overlap_and_stand_right_of_what_they_need():
    arrows = course_map.direct(COURSE)
    places = course_map._places(COURSE, arrows)
    assert len({(places.column[n], places.row[n]) for n in places.row}) == len(COURSE)
    assert all(places.column[n] > places.column[other] for n, needs in arrows.items() for other in needs)
    assert len(figures.png(course_map.map_figure(COURSE))) > 1000


def test_every_lesson_of_the_course_has_a_question_and_says_its_minutes():
    for lesson in COURSE:
        opening = nbformat.read(ROOT / "notebooks" / f"{lesson.name}.ipynb", as_version=4).cells[0].source
        assert lesson.question.endswith("?"), lesson.name
        assert f"{lesson.minutes} minutes" in opening


def test_start_page_shows_the_lessons_that_there_are():
    page = nbformat.read(ROOT / "notebooks" / "00_start_here.ipynb", as_version=4)
    (cell,) = (cell for cell in page.cells if cell.id == "table")
    shown = cell.outputs[0].data["text/markdown"]
    assert shown == course_map.table(COURSE), "run: lstm-course build 00_start_here"
    for target in re.findall(r"\]\(([^)]+)\)", shown):
        assert (ROOT / "notebooks" / target).is_file()
