"""Copies of small tensors on a device, made without waiting for the work that the device is doing."""

from collections.abc import Sequence

import torch
from holesmith.engine.constraints.token_index import TokenSet
from holesmith.engine.constraints.token_mask import TokenMask
from torch import Tensor


def to_device(values: Tensor, device: torch.device) -> Tensor:
    """Copy ``values`` from the host's memory to the device.

    A copy from ordinary memory waits until the device is idle; one from pinned memory is queued.
    """
    if device.type == "cpu":
        return values
    return values.pin_memory().to(device, non_blocking=True)


class MaskIds:
    """The ids of masks as tensors on one device. The large sets that masks share are copied once."""

    def __init__(self) -> None:
        self._sent: dict[tuple[TokenSet, torch.device], Tensor] = {}

    def tensor(self, mask: TokenMask, ending: Sequence[int], device: torch.device) -> Tensor:
        """Return the ids that a mask allows, and the ids ``ending`` if the text may end.  # [ids] int64"""
        parts = [to_device(torch.from_numpy(mask.token_ids), device)]
        if mask.shared_set is not None:
            parts.append(self._constant(mask.shared_set, device))
        if mask.may_end and ending:
            parts.append(to_device(torch.tensor(ending, dtype=torch.int64), device))
        return parts[0] if len(parts) == 1 else torch.cat(parts)

    def _constant(self, ids: TokenSet, device: torch.device) -> Tensor:
        key = (ids, device)
        if key not in self._sent:
            self._sent[key] = to_device(torch.from_numpy(ids.ids), device)
        return self._sent[key]
