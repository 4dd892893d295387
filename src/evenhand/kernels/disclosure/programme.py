"""Pose linear and whole-number programmes to the solver, and refuse every answer that is not proved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

# One value for the whole process: the solver's scheduler is global and refuses a second one.
THREADS = 1


class SolverStopped(Exception):
    """The solver ended without the answer it was asked for; nothing may be published on such an answer."""


class NoSolution(Exception):
    """The programme has no solution at all."""


@dataclass(frozen=True)
class Rows:
    """A sparse matrix by rows with its bounds: lower <= matrix x <= upper."""

    start: Ints
    index: Ints
    weight: Floats
    lower: Floats
    upper: Floats

    @property
    def count(self) -> int:
        """How many rows there are."""
        return int(self.lower.size)


@dataclass(frozen=True)
class Solution:
    """A proved answer: the point, its objective, the row duals (linear only) and the proved bound."""

    point: Floats
    objective: float
    duals: Floats
    bound: float
    optimal: bool


class Programme:
    """Minimise cost @ x subject to rows and column bounds; costs and bounds may change between solves.

    Between two solves the basis is kept, so that a changed objective starts from the last vertex.
    """

    def __init__(
        self,
        cost: Floats,
        lower: Floats,
        upper: Floats,
        rows: Rows,
        whole: Flags | None = None,
        **options: Any,
    ) -> None:
        self._columns = cost.size
        self._whole = whole is not None and bool(whole.any())
        self._solver = highspy.Highs()
        self._solver.setOptionValue("output_flag", False)
        self._solver.setOptionValue("threads", THREADS)
        for name, setting in options.items():
            self._solver.setOptionValue(name, setting)
        model = highspy.HighsLp()
        model.num_col_, model.num_row_ = cost.size, rows.count
        model.col_cost_, model.col_lower_, model.col_upper_ = cost, lower, upper
        model.row_lower_, model.row_upper_ = rows.lower, rows.upper
        model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        model.a_matrix_.start_ = rows.start.astype(np.int32)
        model.a_matrix_.index_ = rows.index.astype(np.int32)
        model.a_matrix_.value_ = rows.weight
        if whole is not None and self._whole:
            kinds = [highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger]
            model.integrality_ = [kinds[int(flag)] for flag in whole]
        if self._solver.passModel(model) == highspy.HighsStatus.kError:
            raise SolverStopped("the solver did not accept the programme")
        self._every = np.arange(cost.size, dtype=np.int32)

    def set_cost(self, cost: Floats) -> None:
        """Replace the objective."""
        self._solver.changeColsCost(self._columns, self._every, cost)

    def set_cost_of(self, column: int, cost: float) -> None:
        """Replace the objective's weight of one column."""
        self._solver.changeColCost(column, cost)

    def set_bounds(self, lower: Floats, upper: Floats) -> None:
        """Replace the bounds of all columns."""
        self._solver.changeColsBounds(self._columns, self._every, lower, upper)

    def start_from(self, point: Floats) -> None:
        """Offer a point that is known to satisfy everything, as a first answer to improve on."""
        solution = highspy.HighsSolution()
        solution.col_value = point.tolist()
        self._solver.setSolution(solution)

    def solve(self, *, accept_unproved: bool = False) -> Solution:
        """Solve, and return only an answer whose status was looked at.

        accept_unproved   a whole-number programme that ran into its limit may return its best feasible
                          point, marked `optimal=False`, with the bound proved so far
        raises            NoSolution, when none exists; SolverStopped, for every other status
        """
        self._solver.run()
        kinds = highspy.HighsModelStatus
        status = self._solver.getModelStatus()
        if status == kinds.kUnknown:
            # A warm start can leave the simplex method without a verdict; begun anew, without presolving, it has one.
            self._solver.clearSolver()
            self._solver.setOptionValue("presolve", "off")
            self._solver.run()
            self._solver.setOptionValue("presolve", "choose")
            status = self._solver.getModelStatus()
        info = self._solver.getInfo()
        if status == kinds.kInfeasible:
            raise NoSolution
        limits = (kinds.kTimeLimit, kinds.kSolutionLimit, kinds.kIterationLimit, kinds.kInterrupt)
        feasible = info.primal_solution_status == 2
        # A programme without columns is solved by the empty point.
        optimal = status in (kinds.kOptimal, kinds.kModelEmpty)
        if not optimal and not (accept_unproved and status in limits and feasible):
            raise SolverStopped(f"the solver ended with status {self._solver.modelStatusToString(status)!r}")
        answer = self._solver.getSolution()
        objective = float(info.objective_function_value)
        return Solution(
            point=np.array(answer.col_value, dtype=np.float64),
            objective=objective,
            duals=np.array(answer.row_dual, dtype=np.float64),
            bound=float(info.mip_dual_bound) if self._whole else objective,
            optimal=optimal,
        )


def unbounded(programme_error: SolverStopped) -> bool:
    """Say whether the solver stopped because the objective has no bound."""
    return "nbounded" in str(programme_error)
