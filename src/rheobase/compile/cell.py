"""A neuron together with the synapses and inputs in front of it: one system of equations to integrate.

Every kind of synapse becomes states and equations here (`_attach`): that is the place where a kind is added.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from rheobase.compile.printer import HELPERS
from rheobase.model.errors import ModelError
from rheobase.model.expression import Binary, Call, Expression, Name, Unary, names, substitute, transform
from rheobase.model.neuron import Neuron
from rheobase.model.scope import is_noise
from rheobase.model.shape import System
from rheobase.model.statements import Assignment
from rheobase.model.synapse import Synapse

#: Names that generated code uses itself.
_TAKEN = HELPERS | {"real", "inlined", "step", "sweep", "advance", "collect", "first", "fired", "poisson_input"}
_PREFIX = "rb_"


@dataclass(frozen=True)
class Cell:
    """What the engine integrates for each neuron of a population.

    Attributes
    ----------
    derivatives
        Right-hand side of every state, synaptic states included.
    frozen
        States that stand still while refractory.
    subexpressions
        Intermediate quantities in order of dependence.
    receptors
        For each synapse the state that its spikes are added to.
    courses
        Input parameters with a time course, and the name under which the course enters.
    draws
        White noise and random functions: name in the trees -> ``normal`` or ``uniform``.
    synaptic
        Values of the synapses' own parameters.
    """

    derivatives: Mapping[str, Expression]
    frozen: frozenset[str]
    subexpressions: tuple[tuple[str, Expression], ...]
    parameters: tuple[str, ...]
    receptors: tuple[str, ...]
    courses: tuple[tuple[str, str], ...]
    draws: Mapping[str, str]
    threshold: Expression | None
    reset: tuple[Assignment, ...]
    refractory: Expression | None
    synaptic: Mapping[str, float]

    @property
    def states(self) -> tuple[str, ...]:
        return tuple(self.derivatives)

    @property
    def noise(self) -> tuple[str, ...]:
        return tuple(name for name in self.draws if is_noise(name))

    @property
    def system(self) -> System:
        """The equations alone."""
        random = tuple(name for name in self.draws if not is_noise(name))
        courses = tuple(name for _, name in self.courses)
        return System(self.derivatives, self.subexpressions, self.noise, random, courses)

    def needed(self, trees: list[Expression]) -> list[tuple[str, Expression]]:
        """The subexpressions that some trees depend on, in order."""
        wanted = set().union(*(names(tree) for tree in trees)) if trees else set()
        found: list[tuple[str, Expression]] = []
        for name, tree in reversed(self.subexpressions):
            if name in wanted:
                found.append((name, tree))
                wanted |= names(tree)
        return found[::-1]


def build_cell(neuron: Neuron, synapses: tuple[Synapse, ...] = (), courses: tuple[str, ...] = ()) -> Cell:
    """Join a neuron's equations with its synapses and with input time courses (names of input parameters)."""
    for name in (*neuron.states, *neuron.parameters):
        if name.startswith(_PREFIX):
            raise ModelError(
                f"the name {name!r} starts with {_PREFIX!r}, which generated code keeps for itself; rename it"
            )
    equations = neuron.equations
    derivatives = {e.name: e.expression for e in equations.differential if e.expression is not None}
    attached = [_attach(number, synapse) for number, synapse in enumerate(synapses)]
    inputs: dict[str, list[Expression]] = {}
    for synapse, part in zip(synapses, attached, strict=True):
        derivatives |= part.derivatives
        if part.current is not None:
            inputs.setdefault(synapse.target, []).append(part.current)
    course_names = tuple((port, f"{_PREFIX}course_{port}") for port in courses)
    for port, name in course_names:
        inputs.setdefault(port, []).append(Name(name))
    ports = {port: _sum([Name(port), *currents]) for port, currents in inputs.items()}
    draws: dict[str, str] = {}

    def finish(tree: Expression) -> Expression:
        return transform(substitute(tree, ports), lambda node: _renamed(_drawn(node, draws)))

    own = tuple((e.name, finish(e.expression)) for e in equations.subexpressions if e.expression is not None)
    return Cell(
        derivatives=MappingProxyType({_safe(name): finish(tree) for name, tree in derivatives.items()}),
        frozen=frozenset(_safe(e.name) for e in equations.differential if "unless refractory" in e.flags),
        subexpressions=tuple((_safe(name), tree) for name, tree in own),
        parameters=(*(_safe(p) for p in neuron.parameters), *(p for part in attached for p in part.parameters)),
        receptors=tuple(part.receives or _safe(s.target) for s, part in zip(synapses, attached, strict=True)),
        courses=course_names,
        draws=draws,
        threshold=None if neuron.threshold is None else finish(neuron.threshold),
        reset=tuple(Assignment(_safe(a.name), a.op, finish(a.expression)) for a in neuron.reset),
        refractory=None if neuron.refractory is None else finish(neuron.refractory),
        synaptic=MappingProxyType({name: value for part in attached for name, value in part.parameters.items()}),
    )


@dataclass(frozen=True)
class _Attached:
    """What a synapse brings: its states, the current into the port, the state that receives spikes, its parameters."""

    derivatives: Mapping[str, Expression]
    current: Expression | None
    receives: str
    parameters: Mapping[str, float]


def _attach(number: int, synapse: Synapse) -> _Attached:
    if synapse.kind == "delta":
        return _Attached({}, None, "", {})
    s, rise, tau, reversal = (Name(f"{_PREFIX}{part}{number}") for part in ("s", "x", "tau", "E"))
    assert synapse.tau is not None
    parameters = {tau.id: synapse.tau}
    decay: dict[str, Expression] = {s.id: Unary("-", Binary("/", s, tau))}
    if synapse.kind == "exponential":
        return _Attached(decay, s, s.id, parameters)
    if synapse.kind == "alpha":
        growth: dict[str, Expression] = {
            s.id: Binary("/", Binary("-", rise, s), tau),
            rise.id: Unary("-", Binary("/", rise, tau)),
        }
        return _Attached(growth, s, rise.id, parameters)
    if synapse.kind == "conductance" and synapse.reversal is not None:
        current = Binary("*", s, Binary("-", reversal, Name(synapse.voltage)))
        return _Attached(decay, current, s.id, {**parameters, reversal.id: synapse.reversal})
    raise ModelError(f"the engine knows no synapse of kind {synapse.kind!r}")


def _sum(terms: list[Expression]) -> Expression:
    total = terms[0]
    for term in terms[1:]:
        total = Binary("+", total, term)
    return total


def _drawn(node: Expression, draws: dict[str, str]) -> Expression:
    """Random functions become names, one for each place in the text; noise variables are noted."""
    if isinstance(node, Call) and node.function in ("rand", "randn"):
        name = f"{_PREFIX}{node.function}{len(draws)}"
        draws[name] = "uniform" if node.function == "rand" else "normal"
        return Name(name)
    if isinstance(node, Name) and is_noise(node.id):
        draws[node.id] = "normal"
    return node


def _renamed(node: Expression) -> Expression:
    return Name(_safe(node.id), node.where) if isinstance(node, Name) and node.id in _TAKEN else node


def _safe(name: str) -> str:
    return f"{_PREFIX}own_{name}" if name in _TAKEN else name
