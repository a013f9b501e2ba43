"""The order in which quantities that need each other can be computed."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Mapping


def dependence_order(needs: Mapping[str, Collection[str]]) -> tuple[str, ...]:
    """The names, each after those it needs; those that need themselves, directly or by others, are left out.

    >>> dependence_order({"a": ["b"], "b": [], "c": ["c"]})
    ('b', 'a')
    """
    missing = {name: len(set(needed)) for name, needed in needs.items()}
    users: dict[str, list[str]] = {name: [] for name in needs}
    for name, needed in needs.items():
        for other in set(needed):
            users[other].append(name)
    ready = deque(name for name, count in missing.items() if not count)
    order: list[str] = []
    while ready:
        name = ready.popleft()
        order.append(name)
        for user in users[name]:
            missing[user] -= 1
            if not missing[user]:
                ready.append(user)
    return tuple(order)


def circle(needs: Mapping[str, Collection[str]]) -> tuple[str, ...]:
    """One circle of names, the first one repeated at the end; empty if there is none."""
    done = set(dependence_order(needs))
    left = {name: [other for other in sorted(needed) if other not in done] for name, needed in needs.items()}
    path = [name for name in needs if name not in done][:1]
    seen: dict[str, int] = {}
    while path and path[-1] not in seen:
        seen[path[-1]] = len(path) - 1
        path.append(left[path[-1]][0])
    return tuple(path[seen[path[-1]] :]) if path else ()
