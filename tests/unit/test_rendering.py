import pytest
from hypothesis import given
from hypothesis import strategies as st

from tornado_cli.rendering import Answers, TemplateError, holds, render, replaced

ANSWERS: Answers = {"pages": True, "worker": False, "db": "sqlite", "broker": "none"}


def rendered(text: str, answers: Answers = ANSWERS) -> str:
    return render(text, source="app.py", answers=answers, words={})


@pytest.mark.parametrize(
    ("opening", "closing"),
    [
        ("#% if {}", "#% endif"),
        ("    #% if {}", "    #% endif"),
        ("# % if {}", "# % endif"),
        ("<!--% if {} %-->", "<!--% endif %-->"),
        ("/*% if {} %*/", "/*% endif %*/"),
    ],
)
def test_a_directive_is_a_comment_of_its_file(opening: str, closing: str) -> None:
    text = "\n".join(["one", opening.format("{}"), "two", closing, "three", ""])
    assert rendered(text.replace("{}", "pages")) == "one\ntwo\nthree\n"
    assert rendered(text.replace("{}", "worker")) == "one\nthree\n"


@pytest.mark.parametrize(
    ("db", "expected"), [("sqlite", "lite\n"), ("postgres", "post\n"), ("mysql", "other\n"), ("none", "other\n")]
)
def test_the_first_branch_that_is_true_stays(db: str, expected: str) -> None:
    text = "#% if db == sqlite\nlite\n#% elif db == postgres or db == sqlite\npost\n#% else\nother\n#% endif\n"
    assert rendered(text, {"db": db}) == expected


@pytest.mark.parametrize(
    ("pages", "worker", "expected"),
    [(True, True, "p\npw\n"), (True, False, "p\np-\n"), (False, True, "-\n"), (False, False, "-\n")],
)
def test_blocks_stand_in_blocks(pages: bool, worker: bool, expected: str) -> None:
    text = "#% if pages\np\n#% if worker\npw\n#% else\np-\n#% endif\n#% else\n-\n#% endif\n"
    assert rendered(text, {"pages": pages, "worker": worker}) == expected


def test_blank_lines_stay_as_they_are() -> None:
    assert rendered("\na\n\n\n#% if pages\nb\n\n\n#% endif\nc\n\n") == "\na\n\n\nb\n\n\nc\n\n"
    assert rendered("\na\n\n\n#% if worker\nb\n\n\n#% endif\nc\n\n") == "\na\n\n\nc\n\n"


def test_a_file_without_a_last_newline_gets_none() -> None:
    assert rendered("a") == "a"
    assert rendered("") == ""


def test_a_line_may_have_its_own_condition() -> None:
    assert rendered("import a  # % if pages\nimport b  #% if worker\nimport c\n") == "import a\nimport c\n"


def test_a_sleeping_line_wakes_where_it_stays() -> None:
    text = "  #% if worker\n  awake()\n  #% else\n  #%| other()\n  #%|     deeper()\n  #% endif\n"
    assert rendered(text) == "  other()\n      deeper()\n"


@pytest.mark.parametrize(
    "line",
    [
        "{{ value }}",
        "{% if pages %}",
        "{% end %}",
        "${{ secrets.TOKEN }}",
        "{# note #}",
        "# %% cell",
        "#%matplotlib inline",
        "x = 100 % if_not",
        "# if pages",
        "<!-- if pages -->",
        "/* if pages */",
    ],
)
def test_other_languages_pass_untouched(line: str) -> None:
    assert rendered(f"{line}\n") == f"{line}\n"


@pytest.mark.parametrize(
    ("text", "where", "problem"),
    [
        ("a\n#% if pages\nb\n", "app.py:2", "has no `endif`"),
        ("#% if pages\n#% if worker\n#% endif\n", "app.py:1", "has no `endif`"),
        ("#% endif\n", "app.py:1", "has no `if`"),
        ("#% else\n", "app.py:1", "has no `if`"),
        ("#% elif pages\n", "app.py:1", "has no `if`"),
        ("#% if pages\n#% else\n#% else\n#% endif\n", "app.py:3", "after the `else` of app.py:1"),
        ("#% if pages\n#% else\n#% elif worker\n#% endif\n", "app.py:3", "after the `else` of app.py:1"),
        ("#% if\n", "app.py:1", "none of: if CONDITION"),
        ("#% else pages\n", "app.py:1", "none of: if CONDITION"),
        ("#% iff pages\n", "app.py:1", "none of: if CONDITION"),
        ("#% if wroker\n#% endif\n", "app.py:1", "`wroker` is no option; there are: broker, db, pages, worker"),
        ("#% if worker\n#% if wroker\n#% endif\n#% endif\n", "app.py:2", "`wroker` is no option"),
        ("#% if pages\n#% elif wroker\n#% endif\n", "app.py:2", "`wroker` is no option"),
        ("#% if pages or wroker\n#% endif\n", "app.py:1", "`wroker` is no option"),
        ("a  #% if wroker\n", "app.py:1", "`wroker` is no option"),
        ("#% if pages worker\n#% endif\n", "app.py:1", "is no condition"),
        ("#% if pages and\n#% endif\n", "app.py:1", "is no condition"),
        ("#% if not\n#% endif\n", "app.py:1", "is no condition"),
        ("#% if db = sqlite\n#% endif\n", "app.py:1", "is no condition"),
        ("#% if __import__('os')\n#% endif\n", "app.py:1", "is no option"),
    ],
)
def test_a_mistake_is_named_by_file_and_line(text: str, where: str, problem: str) -> None:
    with pytest.raises(TemplateError) as caught:
        rendered(text)
    assert str(caught.value).startswith(f"{where}: ")
    assert problem in str(caught.value)


@pytest.mark.parametrize(
    ("condition", "truth"),
    [
        ("pages", True),
        ("worker", False),
        ("not worker", True),
        ("not not pages", True),
        ("db", True),
        ("broker", False),
        ("db == sqlite", True),
        ("db==sqlite", True),
        ("not db == sqlite", False),
        ("broker == none", True),
        ("pages and worker", False),
        ("pages and not worker", True),
        ("worker or pages", True),
        ("pages or worker and worker", True),
        ("worker and worker or pages", True),
    ],
)
def test_conditions(condition: str, truth: bool) -> None:
    assert holds(condition, ANSWERS, "here") is truth


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('<h1>{{ _("Log in") }}</h1>', "<h1>Log in</h1>"),
        ('{% raw _("See <b>it</b>.") %}', "See <b>it</b>."),
        ('[("home", _("Home")), ("wall", _("Wall"))]', '[("home", "Home"), ("wall", "Wall")]'),
        ('{{ _("%d lines") % count }}', "{{ count }} lines"),
        ('<p>{{ _("You are %s.") % _(user.role) }}</p>', "<p>You are {{ user.role }}.</p>"),
        ('{{ _("%d of %d") % (one, two) }}', '{{ "%d of %d" % (one, two) }}'),
        ('data-prime="{{ _("%s is a prime.") }}"', 'data-prime="%s is a prime."'),
        ("{{ _(error) }}", "{{ error }}"),
        ('on_("x") and a._("x")', 'on_("x") and a._("x")'),
        ('say.it("a"), to.say.it("b")', '"a", to.say.it("b")'),
    ],
)
def test_dropped_calls_leave_their_arguments(line: str, expected: str) -> None:
    assert render(line, source="a", answers={}, words={}, dropped_calls=["_", "say.it"]) == expected
    assert render(line, source="a", answers={}, words={}) == line


def test_reserved_words_are_replaced_only_whole() -> None:
    words = {"project_name": "shop", "project-name": "my-shop", "Project Name": "My Shop"}
    text = "project_name.app project-name Project Name my_project_name project_names src/project_name/"
    assert replaced(text, words) == "shop.app my-shop My Shop my_project_name project_names src/shop/"


def test_what_was_put_in_is_not_read_again() -> None:
    assert replaced("one two", {"one": "two", "two": "one"}) == "two one"
    text = "#% if pages\nword\n#% endif\n"
    assert render(text, source="a", answers=ANSWERS, words={"word": "#% if worker"}) == "#% if worker\n"


@given(st.text())
def test_text_without_directives_stays_the_same(text: str) -> None:
    if "%" not in text:
        assert rendered(text) == text
