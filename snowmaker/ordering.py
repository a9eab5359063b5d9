"""The order of scripts that have no version: each after those it names, or whose objects it reads."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from snowmaker import sql
from snowmaker.errors import SourceError
from snowmaker.model import Script, Source


def by_dependency(due: Sequence[Source], scripts: Sequence[Script], sources: Sequence[Source]) -> list[Source]:
    """A stable order in which a script stands after those it names (`depends=`) or whose objects it reads."""
    makers = _makers(scripts)
    before: list[set[int]] = [set() for _ in due]
    names = {source.script.lower(): index for index, source in enumerate(due)}
    for index, source in enumerate(due):
        for wanted in source.directives.depends:
            depended = find_script(wanted, sources, source)
            if depended.script.lower() in names:
                before[index].add(names[depended.script.lower()])
    for index, script in enumerate(scripts):
        for name in _names(script, sql.references):
            before[index] |= makers.get(name, set()) - {index}
    return [due[index] for index in _topological(before, [source.script for source in due])]


def _makers(scripts: Sequence[Script]) -> Mapping[tuple[str, ...], set[int]]:
    """Name → who creates it; S.V is found under V and S.V, and so is what was created as DB.S.V."""
    makers: dict[tuple[str, ...], set[int]] = defaultdict(set)
    for index, script in enumerate(scripts):
        for name in _names(script, sql.created):
            for cut in range(len(name)):
                makers[name[cut:]].add(index)
    return makers


def _names(script: Script, scan: Callable[[str], set[tuple[str, ...]]]) -> set[tuple[str, ...]]:
    return {name for statement in script.statements for name in scan(statement.text)}


def _topological(before: Sequence[set[int]], names: Sequence[str]) -> list[int]:
    waiting = [len(found) for found in before]
    after: dict[int, list[int]] = defaultdict(list)
    for index, found in enumerate(before):
        for earlier in found:
            after[earlier].append(index)
    ready = [index for index, count in enumerate(waiting) if count == 0]
    heapq.heapify(ready)
    order = []
    while ready:
        index = heapq.heappop(ready)
        order.append(index)
        for later in after[index]:
            waiting[later] -= 1
            if waiting[later] == 0:
                heapq.heappush(ready, later)
    if len(order) < len(names):
        raise SourceError(
            f"scripts depend on each other in a circle: {' → '.join(_cycle(before, set(order), names))}",
            "dependency_cycle",
            "take one reference or `depends=` out, or put both objects into one script",
        )
    return order


def _cycle(before: Sequence[set[int]], done: set[int], names: Sequence[str]) -> list[str]:
    index = next(index for index in range(len(names)) if index not in done)
    path: list[int] = []
    while index not in path:
        path.append(index)
        index = min(before[index] - done)
    return [names[member] for member in (*path[path.index(index) :], index)][::-1]


def find_script(wanted: str, sources: Sequence[Source], source: Source) -> Source:
    """The script that a `depends=` names: its file name, with or without `.sql`. Raises SourceError."""
    name = wanted.lower()
    for candidate in sources:
        if name in (candidate.script.lower(), candidate.script.lower().removesuffix(".sql")):
            return candidate
    raise SourceError(
        f"depends={wanted}: no such script",
        "unknown_dependency",
        "name a script file, e.g. R__base",
        source.path,
        1,
    )
