from pathlib import Path

import pytest

from lstm_course.authoring.source import SourceError, read, text_hash

FILES = Path(__file__).parent / "files"
LESSON = (FILES / "sample_lesson.py").read_text("utf-8")
EXERCISE = (FILES / "sample_exercise.py").read_text("utf-8")


def read_text(tmp_path, text, is_exercise):
    path = tmp_path / "01_sample.py"
    path.write_text(text, encoding="utf-8")
    return read(path, is_exercise=is_exercise)


def test_lesson_is_read_with_its_translation(tmp_path):
    source = read_text(tmp_path, LESSON, False)
    assert [cell.id for cell in source.cells] == ["opening", "numbers", "fails-on-purpose", "closing"]
    assert source.languages == ["zh"]
    assert source.cells[0].translations["zh"].startswith("# 样例")
    assert source.title == "A sample"


def test_exercise_has_its_questions(tmp_path):
    questions = read_text(tmp_path, EXERCISE, True).questions
    assert {id: (q.points, q.minutes) for id, q in questions.items()} == {"double": (2, 4), "shape": (1, 2)}


def test_hash_ignores_surrounding_blanks_only():
    assert text_hash("a b\n") == text_hash("a b")
    assert text_hash("a  b") != text_hash("a b")


REFUSED_LESSONS = {
    "no id": ('# %% id="numbers"', "# %%", "needs a lower-case name"),
    "odd id": ('# %% id="numbers"', '# %% id="Num bers"', "needs a lower-case name"),
    "duplicate id": ('id="closing"', 'id="numbers"', "'numbers': stands twice"),
    "unknown option": ('# %% id="numbers"', '# %% id="numbers" colour="red"', "'colour'"),
    "stale translation": ("Text with", "Words with", "translates an older English text"),
    "unknown language": ('lang="zh"', 'lang="fr"', "got 'fr'"),
    "translation of another cell": ('[markdown] id="opening" lang', '[markdown] id="closing" lang', "right below"),
    "ignored without reason": (' tags=["raises-exception"]', ' tags=["nbval-ignore-output"]', "says no reason"),
    "nbval comment": ("axis.plot", "# NBVAL_IGNORE_OUTPUT\naxis.plot", "marks nbval by a comment"),
    "solution in a lesson": ("axis.plot", "### BEGIN SOLUTION\nx = 1\n### END SOLUTION\naxis.plot", "only the answer"),
    "empty cell": ("# The end.", "#", "'closing': is empty"),
    "no title": ("#     title: A sample\n", "", "needs title"),
    "minutes in words": ("minutes: 5", "minutes: five", "needs minutes (int), got 'five'"),
    "unknown header": ("minutes: 5", "minutes: 5\n#     colour: red", "['colour']"),
}
REFUSED_EXERCISES = {
    "unclosed region": ("    ### END SOLUTION", "    # no end", "'double': has an unclosed solution region (line 3)"),
    "nested region": ("    y = x + x", "    ### BEGIN SOLUTION", "inside another (line 4)"),
    "region never begun": ("    ### BEGIN SOLUTION\n", "", "never began (line 5)"),
    "malformed mark": ("    ### END SOLUTION", "    ## END SOLUTION", "malformed solution mark (line 6)"),
    "empty region": ("    y = x + x\n    return y\n", "", "empty solution region"),
    "code at module level": ("out_shape = (2, 3)", "print(out_shape := (2, 3))", "put the code into a function"),
    "points do not add up": ("points: 3", "points: 4", "says points: 4, but the questions add up to 3"),
    "no difficulty": (" difficulty=1", "", "needs difficulty from 1 to 3, got None"),
    "zero points": ("points=2", "points=0", "needs points from 1 to 100, got 0"),
    "check cell missing": ('id="double-check"', 'id="double-test"', "a question is the four cells"),
    "hint missing": ("Hint 3: almost there", "Hint 3", "needs the folded hints"),
    "points without region": ('id="setup"', 'id="setup" points=1', "has points but no"),
    "points in no header": ("#     points: 3\n", "", "needs points (int)"),
}


def refused(tmp_path, text, old, new, message, is_exercise):
    assert old in text
    with pytest.raises(SourceError) as error:
        read_text(tmp_path, text.replace(old, new, 1), is_exercise)
    assert message in str(error.value)
    assert "01_sample.py: cell " in str(error.value)


@pytest.mark.parametrize("case", REFUSED_LESSONS)
def test_malformed_lesson_is_refused(tmp_path, case):
    refused(tmp_path, LESSON, *REFUSED_LESSONS[case], is_exercise=False)


@pytest.mark.parametrize("case", REFUSED_EXERCISES)
def test_malformed_exercise_is_refused(tmp_path, case):
    refused(tmp_path, EXERCISE, *REFUSED_EXERCISES[case], is_exercise=True)


def test_translation_written_twice_is_refused(tmp_path):
    sibling = LESSON[LESSON.index('# %% [markdown] id="opening" lang') : LESSON.index('# %% id="numbers"')]
    refused(tmp_path, LESSON, sibling, sibling + sibling, "translated twice", is_exercise=False)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "lstm_course needs title"),
        (b"\xff\xfe", "cannot be read"),
        (b"# ---\n# jupyter: [\n# ---\n", "(header)"),
        (b"# ---\n# jupyter:\n#   lstm_course:\n#     title: T\n#     minutes: 1\n# ---\n", "holds no cells"),
    ],
)
def test_unreadable_file_is_refused(tmp_path, content, message):
    path = tmp_path / "01_sample.py"
    path.write_bytes(content)
    with pytest.raises(SourceError, match=r"01_sample\.py: cell ") as error:
        read(path, is_exercise=False)
    assert message in str(error.value)
