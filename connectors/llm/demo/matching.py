"""What does the person want? The tool or outcome whose words fit best, if it fits clearly better."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass

from connectors.llm.demo import words
from connectors.llm.port import Outcome, Request, Tool

SURE = 0.4
"""Below, what was said is about something else."""
MARGIN = 0.12
"""The best must be better than the next by as much, or the person is asked which."""
_SENTENCE = re.compile(r"(?<=[.!?;\n])\s+")
_MENTION = re.compile(r"@([\w-]+)")
_CLAUSE = re.compile(r",\s+|\s+(?:and|or)\s+")


@dataclass(frozen=True)
class Candidate:
    key: str
    said: str
    """What it is called and what it is for."""
    is_outcome: bool = False


@dataclass(frozen=True)
class Match:
    candidate: Candidate
    score: float


def offered(request: Request) -> list[Candidate]:
    """The ways on of the flow, then the tools."""
    return [*of_outcomes(request.outcomes), *of_tools(request.tools, request.brief.instructions)]


def of_tools(tools: Iterable[Tool], instructions: str = "") -> list[Candidate]:
    """By name, description, and what the instructions say of them."""
    tools = tuple(tools)
    said = _said_of({tool.name for tool in tools}, instructions)
    return [
        Candidate(
            tool.name,
            " ".join(
                [
                    words.spaced(tool.name),
                    words.spaced(tool.name),
                    tool.description,
                    *said[tool.name],
                ]
            ),
        )
        for tool in tools
    ]


def _said_of(names: Set[str], instructions: str) -> Mapping[str, list[str]]:
    """The sentences that mention a tool; of one that mentions several, the clause."""
    said: dict[str, list[str]] = {name: [] for name in names}
    for sentence in _SENTENCE.split(instructions):
        mentioned = names & set(_MENTION.findall(sentence))
        for part in [sentence] if len(mentioned) == 1 else _CLAUSE.split(sentence):
            for name in mentioned & set(_MENTION.findall(part)):
                said[name].append(part)
    return said


def of_outcomes(outcomes: Iterable[Outcome]) -> list[Candidate]:
    return [
        Candidate(one.key, f"{one.name} {one.name} {one.description}", is_outcome=True) for one in outcomes
    ]


def ranked(text: str, candidates: Sequence[Candidate]) -> list[Match]:
    """Best first; those that have nothing in common with the text are left out."""
    wanted = Counter(words.ideas(text))
    if not wanted or not candidates:
        return []
    offered = [Counter(words.ideas(candidate.said)) for candidate in candidates]
    spread = Counter(idea for one in offered for idea in one)
    found = [
        Match(candidate, _score(text, candidate, wanted, one, spread, len(candidates)))
        for candidate, one in zip(candidates, offered, strict=True)
    ]
    return sorted((one for one in found if one.score > 0), key=lambda one: -one.score)


def _score(
    text: str,
    candidate: Candidate,
    wanted: Counter[str],
    offered: Counter[str],
    spread: Counter[str],
    count: int,
) -> float:
    from rapidfuzz import fuzz

    weights = {idea: math.log(1 + count / spread[idea]) if idea in spread else 1.0 for idea in wanted}
    shared = sum(weights[idea] * min(1.0, 0.7 + 0.15 * offered[idea]) for idea in wanted if idea in offered)
    near = sum(
        weights[idea] * 0.8
        for idea in wanted
        if idea not in offered and any(_is_near(idea, other) for other in offered)
    )
    if not shared and not near:
        return 0.0
    covered = (shared + near) / (sum(weights.values()) + 0.5)
    likeness = fuzz.token_set_ratio(" ".join(words.ideas(text)), " ".join(words.ideas(candidate.said))) / 100
    return 0.75 * min(1.0, covered) + 0.25 * likeness


def _is_near(one: str, other: str) -> bool:
    """A slip of the keyboard: `refnud`."""
    from rapidfuzz.distance import DamerauLevenshtein

    longest = max(len(one), len(other))
    return longest >= 5 and DamerauLevenshtein.distance(one, other, score_cutoff=1) <= 1


def is_clear(matches: Sequence[Match]) -> bool:
    if not matches or matches[0].score < SURE:
        return False
    return len(matches) == 1 or matches[0].score - matches[1].score >= MARGIN
