"""One time step of one neuron, as source text: integrate, add what arrives, test the threshold, reset.

The functions written here (`rhs`, `step`) take and return scalars, branch-free and without allocation: LLVM
vectorises the loop around them, and numba.cuda can compile the same text as device functions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from rheobase.compile.cell import Cell
from rheobase.compile.linear import Structure
from rheobase.model.derivative import differentiate, simplify
from rheobase.model.expression import Binary, Expression, Name, Number, names, substitute
from rheobase.model.shape import is_condition

Show = Callable[[Expression], str]
#: Methods that need the slope of each equation in its own variable.
EXPONENTIAL = ("exponential_euler", "exponential_midpoint")
ACTIVE, FLAG, FIRED = "rb_active", "rb_flag", "rb_fired"


@dataclass(frozen=True)
class Signature:
    """Names of the arguments of ``step``, in the order in which they are passed.

    Attributes
    ----------
    states
        States, returned updated; ``lastspike`` among them if the model reads it.
    flagged
        Whether there is a refractory counter; it follows the states.
    arrivals
        Summed input of each receptor.
    counts
        Poisson counts of each source, and ``weights`` of their events.
    draws
        Random numbers; ``courses`` input time courses.
    values
        Parameters and coefficients.
    """

    states: tuple[str, ...]
    flagged: bool
    arrivals: tuple[str, ...]
    counts: tuple[str, ...]
    draws: tuple[str, ...]
    courses: tuple[str, ...]
    values: tuple[str, ...]

    @property
    def weights(self) -> tuple[str, ...]:
        return tuple(f"rb_weight{j}" for j in range(len(self.counts)))

    @property
    def returned(self) -> tuple[str, ...]:
        return (*self.states, *((FLAG,) if self.flagged else ()))

    @property
    def arguments(self) -> tuple[str, ...]:
        return (*self.returned, *self.arrivals, *self.counts, *self.draws, *self.courses, *self.values, "dt", "t", "i")


@dataclass(frozen=True)
class Writer:
    """Writes the per-neuron functions of a cell.

    Attributes
    ----------
    poisson
        For each Poisson input the number of the receptor that it drives.
    structure
        Where the propagator of the linear equations has entries; None for the other methods.
    show
        Prints a tree.
    """

    cell: Cell
    method: str
    poisson: tuple[int, ...]
    structure: Structure | None
    show: Show

    @property
    def signature(self) -> Signature:
        cell = self.cell
        used = self._used()
        values = [name for name in (*cell.parameters, "N") if name in used]
        if self.refractory_kind == "steps":
            values.append("rb_refractory_steps")
        if self.structure is not None:
            values += self.structure.coefficients
        values += [f"rb_weight{j}" for j in range(len(self.poisson))]
        draws = [name for name in cell.draws if name in used]
        if self.structure is not None:
            draws = [name for name in draws if name not in cell.noise] + list(self.structure.normals)
        return Signature(
            states=(*cell.states, *(("lastspike",) if "lastspike" in used else ())),
            flagged=cell.refractory is not None,
            arrivals=tuple(f"rb_arrived{r}" for r in range(len(cell.receptors))),
            counts=tuple(f"rb_count{j}" for j in range(len(self.poisson))),
            draws=tuple(draws),
            courses=tuple(name for _, name in cell.courses),
            values=tuple(values),
        )

    @property
    def refractory_kind(self) -> str:
        """``none``; ``steps`` if the duration is fixed; ``duration`` if it is computed at the spike; ``condition``."""
        tree = self.cell.refractory
        if tree is None:
            return "none"
        if is_condition(tree):
            return "condition"
        subexpressions = {name for name, _ in self.cell.subexpressions}
        varying = {*self.cell.states, *self.cell.draws, *subexpressions, "t", "lastspike", "not_refractory", "i"}
        return "duration" if names(tree) & varying else "steps"

    def _used(self) -> set[str]:
        """Names that the text reads, whichever way it integrates."""
        cell = self.cell
        trees = [a.expression for a in cell.reset] + ([cell.threshold] if cell.threshold is not None else [])
        if cell.refractory is not None and self.refractory_kind != "steps":
            trees.append(cell.refractory)
        if self.structure is None:
            trees += cell.derivatives.values()
        trees += [tree for _, tree in cell.needed(trees)]
        return set().union(*(names(tree) for tree in trees)) if trees else set()

    def functions(self) -> list[str]:
        """The lines of ``rhs`` (unless the method is exact) and of ``step``."""
        lines = [] if self.structure is not None or not self.cell.states else self._rhs()
        return [*lines, *self._step()]

    def _rhs(self) -> list[str]:
        trees = list(self.cell.derivatives.values())
        returned = [self._gated(state, self.show(tree)) for state, tree in self.cell.derivatives.items()]
        if self.method in EXPONENTIAL:
            returned += [self.show(slope) for slope in self.slopes().values()]
        body = [f"    {name} = {self.show(tree)}" for name, tree in self.cell.needed(trees)]
        return [
            "@inlined",
            f"def rhs({', '.join(self._rhs_arguments())}):",
            *body,
            f"    return {', '.join(returned)}{',' if len(returned) == 1 else ''}",
            "",
            "",
        ]

    def _rhs_arguments(self, states: Iterable[str] | None = None, t: str = "t") -> list[str]:
        s = self.signature
        own = list(self.cell.states if states is None else states)
        hidden = [name for name in s.states if name not in self.cell.states]
        return [*own, *hidden, *s.draws, *s.courses, *s.values, ACTIVE, "dt", t, "i"]

    def slopes(self) -> dict[str, Expression]:
        """df/dx of each variable with respect to itself, where it is not 0."""
        inline: dict[str, Expression] = {}
        for name, tree in self.cell.subexpressions:
            inline[name] = substitute(tree, inline)
        slopes = {}
        for state, tree in self.cell.derivatives.items():
            slope = simplify(differentiate(substitute(tree, inline), state))
            if slope != Number(0.0):
                slopes[state] = slope
        return slopes

    def _gated(self, state: str, text: str) -> str:
        """Frozen states have derivative 0 while refractory."""
        frozen = state in self.cell.frozen and self.cell.refractory is not None
        return f"select({ACTIVE}, {text}, real(0.0))" if frozen else text

    def _step(self) -> list[str]:
        s = self.signature
        body: list[str] = []
        if self.cell.refractory is not None:
            body.append(f"{ACTIVE} = {FLAG} <= 0")
        elif not self.structure:
            body.append(f"{ACTIVE} = True")
        if "not_refractory" in self._used():
            body.append(f"not_refractory = {ACTIVE if self.cell.refractory is not None else 'True'}")
        body += self._scaled_noise()
        body += self._integration()
        body += self._arrival()
        body.append("t = t + dt")
        body += self._spike()
        returned = ", ".join((*s.returned, FIRED))
        return [
            "@inlined",
            f"def step({', '.join(s.arguments)}):",
            *(f"    {line}" for line in body),
            f"    return {returned}",
            "",
        ]

    def _scaled_noise(self) -> list[str]:
        """White noise held over a step has the standard deviation 1/sqrt(dt)."""
        if self.structure is not None:
            return []
        return [f"{name} = {name} / sqrt(dt)" for name in self.cell.noise if name in self.signature.draws]

    def _integration(self) -> list[str]:
        if not self.cell.states:
            return []
        if self.structure is not None:
            return self.structure.lines(self.cell.refractory is not None)
        return getattr(self, f"_{self.method}")()

    def _call(self, suffix: str, states: Iterable[str], t: str) -> str:
        targets = ", ".join(f"rb_d{suffix}_{x}" for x in self.cell.states)
        return f"{targets}, = rhs({', '.join(self._rhs_arguments(states, t))})"

    def _advanced(self, suffix: str, scale: str) -> list[str]:
        """Values at an intermediate stage; what a spike ends is not followed beyond the threshold.

        An exponential upstroke would reach any number within a step, and spoil the variables that it drives.
        """
        ends = self._ending()
        values = {x: f"{x} + {scale}*rb_d{suffix}_{x}" for x in self.cell.states}
        return [f"minimum({value}, {ends[x]})" if x in ends else value for x, value in values.items()]

    def _ending(self) -> dict[str, str]:
        """The state that crosses a fixed threshold upwards and is reset, with the threshold."""
        cell = self.cell
        match cell.threshold:
            case Binary(">" | ">=", Name(state), limit) if state in {a.name for a in cell.reset}:
                if not names(limit) - set(cell.parameters):
                    return {state: f"real({self.show(limit)})"}
        return {}

    def _euler(self) -> list[str]:
        states = self.cell.states
        return [self._call("1", states, "t"), *(f"{x} = {x} + dt*rb_d1_{x}" for x in states)]

    def _heun(self) -> list[str]:
        states = self.cell.states
        return [
            self._call("1", states, "t"),
            self._call("2", self._advanced("1", "dt"), "t + dt"),
            *(f"{x} = {x} + (real(0.5)*dt)*(rb_d1_{x} + rb_d2_{x})" for x in states),
        ]

    def _rk4(self) -> list[str]:
        states, half = self.cell.states, "(real(0.5)*dt)"
        return [
            self._call("1", states, "t"),
            self._call("2", self._advanced("1", half), "t + real(0.5)*dt"),
            self._call("3", self._advanced("2", half), "t + real(0.5)*dt"),
            self._call("4", self._advanced("3", "dt"), "t + dt"),
            *(
                f"{x} = {x} + (dt/real(6.0))*(rb_d1_{x} + real(2.0)*(rb_d2_{x} + rb_d3_{x}) + rb_d4_{x})"
                for x in states
            ),
        ]

    def _with_slopes(self, suffix: str, states: Iterable[str], t: str) -> str:
        targets = [f"rb_d{suffix}_{x}" for x in self.cell.states] + [f"rb_a{suffix}_{x}" for x in self.slopes()]
        return f"{', '.join(targets)}, = rhs({', '.join(self._rhs_arguments(states, t))})"

    def _exponential_euler(self) -> list[str]:
        states, slopes = self.cell.states, self.slopes()
        factor = {x: f"*exprel(dt*rb_a1_{x})" for x in slopes}
        lines = [self._with_slopes("1", states, "t")]
        return [*lines, *(f"{x} = {x} + dt*rb_d1_{x}{factor.get(x, '')}" for x in states)]

    def _exponential_midpoint(self) -> list[str]:
        """To the middle by exponential Euler; then the whole step with the slopes and the input found there."""
        states, slopes, half = self.cell.states, self.slopes(), "(real(0.5)*dt)"
        factor = {x: f"*exprel({half}*rb_a1_{x})" for x in slopes}
        lines = [self._with_slopes("1", states, "t")]
        lines += [f"rb_mid_{x} = {x} + {half}*rb_d1_{x}{factor.get(x, '')}" for x in states]
        lines.append(self._with_slopes("2", [f"rb_mid_{x}" for x in states], f"t + {half}"))
        for x in states:
            if x in slopes:
                change = f"(rb_d2_{x} + rb_a2_{x}*({x} - rb_mid_{x}))*exprel(dt*rb_a2_{x})"
                change = self._gated(x, change)
            else:
                change = f"rb_d2_{x}"
            lines.append(f"{x} = {x} + dt*{change}")
        return lines

    def _euler_in_turn(self) -> list[str]:
        lines = []
        for at, x in enumerate(self.cell.states):
            lines += [self._call(f"{at}", self.cell.states, "t"), f"{x} = {x} + dt*rb_d{at}_{x}"]
        return lines

    def _two_half_steps(self) -> list[str]:
        first, *others = self.cell.states
        lines = [self._call("1", self.cell.states, "t"), f"{first} = {first} + (real(0.5)*dt)*rb_d1_{first}"]
        lines += [self._call("2", self.cell.states, "t"), f"{first} = {first} + (real(0.5)*dt)*rb_d2_{first}"]
        return [*lines, self._call("3", self.cell.states, "t"), *(f"{x} = {x} + dt*rb_d3_{x}" for x in others)]

    def _arrival(self) -> list[str]:
        """Events of this step: one sum per receptor, lost where the state stands still."""
        lines = []
        for r, state in enumerate(self.cell.receptors):
            terms = [f"rb_arrived{r}"]
            terms += [f"rb_weight{j}*rb_count{j}" for j, receptor in enumerate(self.poisson) if receptor == r]
            arrived = " + ".join(terms)
            if state in self.cell.frozen and self.cell.refractory is not None:
                arrived = f"select({ACTIVE}, {arrived}, real(0.0))"
            lines.append(f"{state} = {state} + {arrived}")
        return lines

    def _spike(self) -> list[str]:
        cell, show = self.cell, self.show
        if cell.threshold is None:
            return [f"{FIRED} = False"]
        trees = [cell.threshold, *(a.expression for a in cell.reset)]
        if self.refractory_kind in ("duration", "condition") and cell.refractory is not None:
            trees.append(cell.refractory)
        lines = [f"{name} = {show(tree)}" for name, tree in cell.needed(trees)]
        gate = f" & {ACTIVE}" if cell.refractory is not None else ""
        lines.append(f"{FIRED} = ({show(cell.threshold)}){gate}")
        for a in cell.reset:
            value = show(a.expression) if a.op == "=" else f"{a.name} {a.op[:-1]} ({show(a.expression)})"
            lines.append(f"{a.name} = select({FIRED}, real({value}), {a.name})")
        if "lastspike" in self.signature.states:
            lines.append(f"lastspike = select({FIRED}, t, lastspike)")
        return lines + self._refractory()

    def _refractory(self) -> list[str]:
        """The counter holds how many steps are still to be refractory; for a condition it is 1 or 0."""
        kind, tree = self.refractory_kind, self.cell.refractory
        if kind == "none" or tree is None:
            return []
        if kind == "condition":
            return [f"{FLAG} = select({FIRED} | (({FLAG} > 0) & ({self.show(tree)})), np.int32(1), np.int32(0))"]
        steps = "rb_refractory_steps" if kind == "steps" else f"floor(({self.show(tree)})/dt + real(0.5) + real(1e-9))"
        return [f"{FLAG} = select({FIRED}, np.int32({steps}), np.int32({FLAG} - np.int32({FLAG} > 0)))"]
