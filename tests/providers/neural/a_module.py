"""A torch module as a user would write it."""

from __future__ import annotations

from torch import Tensor, nn


class Line(nn.Module):
    """A linear function of a window."""

    def __init__(self, n_series: int, n_lags: int, bias: bool = True) -> None:
        super().__init__()
        self.line = nn.Linear(n_series * n_lags, 1, bias=bias)

    def forward(self, windows: Tensor) -> Tensor:
        answer: Tensor = self.line(windows.flatten(1)).squeeze(-1)
        return answer
