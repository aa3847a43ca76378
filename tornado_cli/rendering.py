"""Turns template text into file text: comment directives choose lines, reserved words become names.

A directive is a comment with a line to itself, so that a template stays a file that parses and runs as it lies:

    #% if db == sqlite and not worker
    <!--% else %-->
    /*% endif %*/

Directive lines vanish, every other line stays as it is. Two short forms keep source code lintable: a line that ends
in `#% if pages` has this condition for itself alone, and `#%| text` sleeps in the template, for an `else` that would
not go together with its `if`. Calls that are dropped leave their arguments behind: of `{{ _("Home") }}` remains `Home`,
of `{{ _("Hello, %s") % name }}` `Hello, {{ name }}`, of `_("Home")` elsewhere `"Home"`. Nothing in a template is ever
executed.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto

from tornado_cli.errors import TcliError

Answers = Mapping[str, bool | str]

# `# %` is what Python formatters make of `#%`.
DIRECTIVE = re.compile(
    r"\s*(?:#[ ]?%[ \t]+(?P<hash>.+?)|<!--%[ \t]+(?P<angle>.+?)[ \t]*%-->|/\*%[ \t]+(?P<star>.+?)[ \t]*%\*/)\s*"
)
CONDITIONAL = re.compile(r"(.*\S)[ \t]+#[ ]?%[ \t]+if[ \t]+(.+)(\n?)")
SLEEPING = re.compile(r"([ \t]*)#[ ]?%\|[ ]?(.*)", re.DOTALL)
MARK = "%"  # Most lines have none: nothing of all this.
LINE = re.compile(r"[^\n]*\n|[^\n]+")
NOTHING = (False, "", "none")


class TemplateError(TcliError):
    """A template is wrong: a fault of its author, named by file and line."""

    def __init__(self, where: str, problem: str) -> None:
        super().__init__(f"{where}: {problem}", hint="The template has to be corrected; nothing was written.")


def render(
    text: str, *, source: str, answers: Answers, words: Mapping[str, str], dropped_calls: Iterable[str] = ()
) -> str:
    """`text` as `answers` want it, with each reserved word replaced; `source` is named in errors."""
    chosen = "".join(chosen_lines(text, source, answers))
    for name in dropped_calls:
        chosen = without_calls(chosen, name)
    return replaced(chosen, words)


def without_calls(text: str, name: str) -> str:
    """`text` with what is in the parentheses of `name(…)` in the place of it; a call ends in the line it begins in."""
    if f"{name}(" not in text:
        return text
    call = rf"(?<![\w.]){re.escape(name)}"
    in_page = rf'(?:{{{{|{{% raw) {call}\("([^"\n]*)"\) (?:}}}}|%}})'
    with_gap = rf'{{{{ {call}\("([^"%\n]*)%[ds]([^"%\n]*)"\) % (.+?) }}}}'
    text = re.sub(with_gap, r"\1{{ \3 }}\2", re.sub(in_page, r"\1", text))
    return re.sub(rf"{call}\(([^()\n]*)\)", r"\1", text)


def replaced(text: str, words: Mapping[str, str]) -> str:
    """`text` with whole words exchanged, in one pass: what was put in is never read again."""
    if not words:
        return text
    either = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    return re.sub(rf"(?<!\w)(?:{either})(?!\w)", lambda found: words[found[0]], text)


class Phase(Enum):
    """How far a block is on the way from its `if` to its `endif`."""

    LOOKING = auto()
    """No condition was true yet."""
    KEEPING = auto()
    """These are the lines that stay."""
    DONE = auto()
    """What stays is behind, or the whole block is inside a part that goes."""


@dataclass(slots=True)
class Block:
    where: str
    phase: Phase
    has_else: bool = False


def chosen_lines(text: str, source: str, answers: Answers) -> Iterator[str]:
    blocks: list[Block] = []
    for number, line in enumerate(LINE.findall(text), start=1):
        if MARK not in line:
            wanted = line
        elif found := DIRECTIVE.fullmatch(line):
            assert found.lastgroup is not None
            obey(found[found.lastgroup], f"{source}:{number}", blocks, answers)
            continue
        else:
            wanted = wanted_part(line, f"{source}:{number}", answers)
        if wanted and is_kept(blocks):
            yield wanted
    if blocks:
        raise TemplateError(blocks[-1].where, "this `if` has no `endif`.")


def wanted_part(line: str, where: str, answers: Answers) -> str:
    """The line without its condition, and awake; empty when its condition is not true."""
    found = CONDITIONAL.fullmatch(line)
    if found and not holds(found[2], answers, where):
        return ""
    return SLEEPING.sub(r"\1\2", found[1] + found[3] if found else line)


def is_kept(blocks: list[Block]) -> bool:
    return all(block.phase is Phase.KEEPING for block in blocks)


def obey(directive: str, where: str, blocks: list[Block], answers: Answers) -> None:
    """Open, turn or close a block; conditions are read in parts that go, too, so that no mistake hides there."""
    word, _, condition = directive.partition(" ")
    match word, bool(condition.strip()):
        case "if", True:
            truth = holds(condition, answers, where)
            blocks.append(Block(where, next_phase(Phase.LOOKING, truth) if is_kept(blocks) else Phase.DONE))
        case "elif", True:
            block = open_block(blocks, word, where)
            block.phase = next_phase(block.phase, holds(condition, answers, where))
        case "else", False:
            block = open_block(blocks, word, where)
            block.phase = next_phase(block.phase, truth=True)
            block.has_else = True
        case "endif", False:
            if not blocks:
                raise TemplateError(where, "this `endif` has no `if`.")
            blocks.pop()
        case _:
            raise TemplateError(where, f"`{directive}` is none of: if CONDITION, elif CONDITION, else, endif.")


def open_block(blocks: list[Block], word: str, where: str) -> Block:
    if not blocks:
        raise TemplateError(where, f"this `{word}` has no `if`.")
    if blocks[-1].has_else:
        raise TemplateError(where, f"this `{word}` comes after the `else` of {blocks[-1].where}.")
    return blocks[-1]


def next_phase(phase: Phase, truth: bool) -> Phase:
    if phase is Phase.LOOKING:
        return Phase.KEEPING if truth else Phase.LOOKING
    return Phase.DONE


def holds(condition: str, answers: Answers, where: str) -> bool:
    """Whether `condition` is true: names, `name == word`, and not/and/or, which bind in this order.

    A name alone is true unless its answer is no, empty or `none`.
    """
    words = condition.replace("==", " == ").split()
    groups = [split_at("and", group) for group in split_at("or", words)]
    verdicts = [[verdict(test, answers, where, condition) for test in tests] for tests in groups]
    return any(all(group) for group in verdicts)


def split_at(separator: str, words: list[str]) -> list[list[str]]:
    parts: list[list[str]] = [[]]
    for word in words:
        if word == separator:
            parts.append([])
        else:
            parts[-1].append(word)
    return parts


def verdict(test: list[str], answers: Answers, where: str, condition: str) -> bool:
    match test:
        case ["not", *rest]:
            return not verdict(rest, answers, where, condition)
        case [name] if name in answers:
            return answers[name] not in NOTHING
        case [name, "==", word] if name in answers:
            return answers[name] == word
        case [name] | [name, "==", _]:
            raise TemplateError(where, f"`{name}` is no option; there are: {', '.join(sorted(answers))}.")
        case _:
            raise TemplateError(where, f"`{condition}` is no condition (names, not, and, or, `name == word`).")
