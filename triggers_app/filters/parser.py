"""From the text of a filter to its path, by recursive descent."""

from __future__ import annotations

from triggers_app.filters.errors import InvalidFilter
from triggers_app.filters.functions import FUNCTIONS
from triggers_app.filters.nodes import (
    All,
    Any_,
    Comparison,
    Everything,
    Exists,
    Expression,
    Function,
    Indexes,
    Literal,
    Members,
    Not,
    Path,
    Pattern,
    Range,
    Selector,
    Step,
    Value,
    Where,
)
from triggers_app.filters.operators import SYMBOLS, WORDS
from triggers_app.filters.scanner import Scanner

MAX_LENGTH = 4096


def parse(text: str) -> Path:
    """The path that ``text`` is, or InvalidFilter."""
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise InvalidFilter("is not text that UTF-8 can express") from None
    if size > MAX_LENGTH:
        raise InvalidFilter(f"must have at most {MAX_LENGTH} bytes")
    parser = _Parser(text)
    parser.skip_space()
    if not parser.sees("$", "@"):
        raise parser.wrong("must begin with $")
    path = parser.path()
    if not parser.is_over():
        raise parser.wrong("has something that is not understood")
    return path


class _Parser(Scanner):
    # -- paths ------------------------------------------------------------------------------------

    def path(self) -> Path:
        """``$`` or ``@``, steps, perhaps a function."""
        from_here = self.takes("@")
        if not from_here:
            self.expect("$")
        steps: list[Step] = []
        while True:
            if self.takes(".."):
                steps.append(Step(self._after_dots(), deep=True))
            elif self.takes("."):
                if self.sees("["):  # Jayway reads $.['a'] like $['a']
                    steps.append(Step(self._bracket()))
                    continue
                if self.takes("*"):
                    steps.append(Step(Everything()))
                    continue
                name = self.name()
                if self.takes("("):
                    return Path(from_here, tuple(steps), self._function(name))
                steps.append(Step(Members((name,))))
            elif self.sees("["):
                steps.append(Step(self._bracket()))
            else:
                return Path(from_here, tuple(steps))

    def _after_dots(self) -> Selector:
        if self.sees("["):
            return self._bracket()
        if self.takes("*"):
            return Everything()
        return Members((self.name(),))

    def _function(self, name: str) -> Function:
        least, most = FUNCTIONS.get(name, (0, -1))
        if most < 0:
            raise self.wrong("calls a function that is not known")
        self.enter()
        arguments: list[Value] = []
        self.skip_space()
        while not self.takes(")"):
            if arguments:
                self.expect(",")
            arguments.append(self._value())
            self.skip_space()
        self.leave()
        if not least <= len(arguments) <= most:
            raise self.wrong("calls a function with a wrong number of arguments")
        return Function(name, tuple(arguments))

    # -- brackets ---------------------------------------------------------------------------------

    def _bracket(self) -> Selector:
        self.expect("[")
        self.skip_space()
        if self.takes("*"):
            selector: Selector = Everything()
        elif self.takes("?"):
            selector = self._where()
        elif self.sees('"', "'"):
            selector = self._members()
        else:
            selector = self._numbers()
        self.expect("]")
        return selector

    def _members(self) -> Members:
        names = [self.quoted()]
        self.skip_space()
        while self.takes(","):
            self.skip_space()
            if not self.sees('"', "'"):
                raise self.wrong("lacks a quoted name")
            names.append(self.quoted())
            self.skip_space()
        return Members(tuple(names))

    def _numbers(self) -> Indexes | Range:
        if self.takes(":"):
            return Range(None, self._open_end())
        numbers = [self.integer()]
        self.skip_space()
        if self.takes(":"):
            return Range(numbers[0], self._open_end())
        while self.takes(","):
            self.skip_space()
            numbers.append(self.integer())
            self.skip_space()
        return Indexes(tuple(numbers))

    def _open_end(self) -> int | None:
        self.skip_space()
        return None if self.sees("]") else self.integer()

    def _where(self) -> Where:
        self.expect("(")
        self.enter()
        condition = self._or()
        self.leave()
        self.expect(")")
        return Where(condition)

    # -- expressions ------------------------------------------------------------------------------

    def _or(self) -> Expression:
        parts = [self._and()]
        while self._takes_after_space("||"):
            parts.append(self._and())
        return parts[0] if len(parts) == 1 else Any_(tuple(parts))

    def _and(self) -> Expression:
        parts = [self._not()]
        while self._takes_after_space("&&"):
            parts.append(self._not())
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _takes_after_space(self, word: str) -> bool:
        self.skip_space()
        return self.takes(word)

    def _not(self) -> Expression:
        self.skip_space()
        if self.takes("!"):
            self.enter()
            inner = self._not()
            self.leave()
            return Not(inner)
        if self.takes("("):
            self.enter()
            inner = self._or()
            self.leave()
            self.expect(")")
            return inner
        return self._comparison()

    def _comparison(self) -> Expression:
        left = self._value()
        operator = self._operator()
        if operator is not None:
            return Comparison(operator, left, self._value())
        if not isinstance(left, Path):
            raise self.wrong("lacks a comparison")
        return Exists(left)

    def _operator(self) -> str | None:
        self.skip_space()
        for symbol in SYMBOLS:
            if self.takes(symbol):
                return symbol
        began = self.at
        word = self.word().lower()
        if word in WORDS:
            return word
        self.at = began
        return None

    def _value(self) -> Value:
        self.skip_space()
        if self.sees("$", "@"):
            return self.path()
        if self.sees("/"):
            return Pattern(self.pattern())
        return Literal(self.literal())
