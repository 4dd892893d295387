"""Pose whole-number programmes to HiGHS, bounded in work, and refuse every answer whose status proves nothing."""

from __future__ import annotations

from dataclasses import dataclass

import highspy
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# One value for the whole process: the solver's scheduler is global and refuses a second one.
THREADS = 1
# Objectives are whole minutes, so a gap below one minute is no gap.
ABSOLUTE_GAP = 0.5


class SolverStopped(Exception):
    """The solver ended without an answer and a bound for it; no rota is made of such an answer."""


class NoSolution(Exception):
    """Nothing satisfies what was asked."""


@dataclass(frozen=True)
class Answer:
    """A point that satisfies everything, what it is worth, and what no point can be worth more than."""

    point: Floats
    worth: float
    bound: float


class Programme:
    """Maximise a worth over whole numbers between bounds, subject to rows; rows may be added between solves."""

    def __init__(self, upper: Floats, rows: list[tuple[list[int], list[float], float, float]]) -> None:
        """upper: the most each column can be; rows: (columns, weights, least, most)."""
        self._solver = highspy.Highs()
        for name, value in {
            "output_flag": False,
            "threads": THREADS,
            "random_seed": 0,
            "mip_rel_gap": 0.0,
            "mip_abs_gap": ABSOLUTE_GAP,
        }.items():
            self._solver.setOptionValue(name, value)
        model = highspy.HighsLp()
        model.num_col_, model.num_row_ = upper.size, len(rows)
        model.col_cost_ = np.zeros(upper.size)
        model.col_lower_, model.col_upper_ = np.zeros(upper.size), upper
        model.row_lower_ = np.array([row[2] for row in rows])
        model.row_upper_ = np.array([row[3] for row in rows])
        model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        model.a_matrix_.start_ = np.cumsum([0, *(len(row[0]) for row in rows)]).astype(np.int32)
        model.a_matrix_.index_ = np.array([c for row in rows for c in row[0]], dtype=np.int32)
        model.a_matrix_.value_ = np.array([w for row in rows for w in row[1]], dtype=np.float64)
        model.integrality_ = [highspy.HighsVarType.kInteger] * upper.size
        model.sense_ = highspy.ObjSense.kMaximize
        if self._solver.passModel(model) == highspy.HighsStatus.kError:
            raise SolverStopped("the solver did not accept the programme")
        self._every = np.arange(upper.size, dtype=np.int32)
        self._last: Floats | None = None

    def keep(self, columns: list[int], weights: list[float], least: float) -> None:
        """Hold on to what has been reached: the weighted sum stays at least this."""
        self._solver.addRow(
            least, highspy.kHighsInf, len(columns), np.array(columns, dtype=np.int32), np.array(weights)
        )

    def solve(self, worth: Floats, *, nodes: int, seconds: float) -> Answer:
        """Return the best point found within the limits, with its proved bound.

        raises  NoSolution; SolverStopped for every status that leaves either the point or the bound unproved
        """
        self._solver.changeColsCost(worth.size, self._every, worth)
        self._solver.setOptionValue("mip_max_nodes", nodes)
        # The limit counts from the solver's own clock, which runs on between solves.
        self._solver.setOptionValue("time_limit", self._solver.getRunTime() + seconds)
        if self._last is not None:
            start = highspy.HighsSolution()
            start.col_value = self._last.tolist()
            self._solver.setSolution(start)
        self._solver.run()
        kinds = highspy.HighsModelStatus
        status, info = self._solver.getModelStatus(), self._solver.getInfo()
        if status == kinds.kInfeasible:
            raise NoSolution
        limits = (kinds.kTimeLimit, kinds.kSolutionLimit, kinds.kIterationLimit)
        feasible = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
        bound = float(info.mip_dual_bound)
        if status != kinds.kModelEmpty and (
            status not in (kinds.kOptimal, *limits) or not feasible or not np.isfinite(bound)
        ):
            raise SolverStopped(f"the solver ended with status {self._solver.modelStatusToString(status)!r}")
        point: Floats = np.rint(np.array(self._solver.getSolution().col_value)).astype(np.float64)
        self._last = point
        reached = float(worth @ point)
        return Answer(point, reached, max(reached, np.floor(bound + 1e-6)))
