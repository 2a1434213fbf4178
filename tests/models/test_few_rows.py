"""Linear layers over few rows: the same numbers, and a model that is as it was."""

from __future__ import annotations

import pytest
import torch

from structgen.models.few_rows import FewRows, linear
from tests.models.test_tree import CONFIGS, make


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("shape", [(1,), (2,), (1, 2), (1, 8), (2, 4), (1, 9), (3, 40), (0,)])
def test_the_same_numbers(shape: tuple[int, ...], dtype: torch.dtype, bias: bool) -> None:
    torch.manual_seed(0)
    layer = torch.nn.Linear(48, 96, bias=bias, dtype=dtype)
    rows = torch.randn(*shape, 48, dtype=dtype)
    found = linear(layer, rows)
    assert found.is_contiguous()
    torch.testing.assert_close(found, layer(rows), rtol=0, atol=1e-5)


def test_a_pass_over_few_tokens_is_computed_so(monkeypatch: pytest.MonkeyPatch) -> None:
    shapes = []
    product = torch.mm

    def watched(left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
        shapes.append(right.shape[1])
        return product(left, right)

    backend = make(CONFIGS["llama"])
    layers = sum(type(module) is torch.nn.Linear for module in backend.model.modules())
    session = backend.start_tree()
    monkeypatch.setattr(torch, "mm", watched)
    for size, computed in ((1, False), (2, True), (8, True), (9, False)):
        shapes.clear()
        session.forward_tree([3], [4] * (size > 1) + list(range(size - 2)), [-1] * (size - 1))
        session.keep_path([])
        assert shapes == ([size] * layers if computed else [])


def test_the_model_is_as_it_was() -> None:
    model = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.Linear(4, 4).double())
    mine = model[0].forward
    few = FewRows(model)
    with pytest.raises(KeyError), few.of(3):
        assert "forward" in vars(model[0]) and "forward" not in vars(model[1])
        raise KeyError
    assert not any("forward" in vars(module) for module in model)
    model[0].forward = mine  # replaced by something else
    with FewRows(model).of(3):
        assert vars(model[0])["forward"] is mine
    assert vars(model[0])["forward"] is mine
