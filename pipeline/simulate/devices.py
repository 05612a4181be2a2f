"""The browsers a person's cookies live in, by slot.

Rule: 0 is the first cookie, 1 and 2 are its successors, 3 the second device's, 4 the one after a
lost cookie.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.simulate import chance

SECOND_DEVICE_SLOT = 3
LOST_SLOT = 4


def device_is_mobile(owner: NDArray[Any], slot: NDArray[Any], seed: int) -> NDArray[np.bool_]:
    """Whether the browser behind a cookie is a phone's; a second device is of the other kind."""
    main = np.where(slot == SECOND_DEVICE_SLOT, 0, slot)
    keys = chance.keyed(chance.root(seed, "device"), owner, main)
    mobile: NDArray[np.bool_] = chance.shares(keys, "is mobile") < 0.55
    other: NDArray[np.bool_] = mobile ^ (slot == SECOND_DEVICE_SLOT)
    return other
