"""How many states or chains: by what a larger model gains and by how clearly it tells them apart.

Both criteria are the smaller the better. BIC (Schwarz, Annals of Statistics
6, 1978) finds the number under which the records are likeliest, and where no model is quite true
it finds ever more of them, which overlap (Pohle, Langrock, van Beest and Schmidt, Selecting the
number of states in hidden Markov models, JABES 22, 2017). ICL (Biernacki, Celeux and Govaert, IEEE
PAMI 22, 2000; for states: Celeux and Durand, Computational Statistics 23, 2008) also charges for
what stays open of who is where. People are to read these states and personas, so they have to be
told apart: ICL decides, and BIC stands beside it.
"""

import numpy as np


def bic(log_likelihood: float, parameter_count: int, count: float) -> float:
    """What `count` independent observations say against a model."""
    return parameter_count * float(np.log(count)) - 2 * log_likelihood


def icl(log_likelihood: float, parameter_count: int, count: float, entropy: float) -> float:
    """The same, and what the model leaves open of which part each observation belongs to."""
    return bic(log_likelihood, parameter_count, count) + 2 * entropy
