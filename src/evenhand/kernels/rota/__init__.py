"""Plan patrols: which crew is where and when, how much that covers, what stays uncovered and why."""

from evenhand.kernels.rota.asked import BadPlan, Crew, Need, Travel, Visit
from evenhand.kernels.rota.programme import SolverStopped
from evenhand.kernels.rota.propose import Impossible, Proof, Rota, propose
from evenhand.kernels.rota.reckon import Covered, Reckoning, reckon

__all__ = [
    "BadPlan",
    "Covered",
    "Crew",
    "Impossible",
    "Need",
    "Proof",
    "Reckoning",
    "Rota",
    "SolverStopped",
    "Travel",
    "Visit",
    "propose",
    "reckon",
]
