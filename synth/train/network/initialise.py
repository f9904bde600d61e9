"""How weights begin, by name."""

from __future__ import annotations

from torch import nn

from synth.train.network_settings import Init


def initialise(module: nn.Module, init: Init, bias: float = 0.0) -> None:
    """Draw the weights of every convolution and dense layer in `module` from torch's global generator.

    All biases become `bias`.

    normal: N(0, 0.01²). xavier: uniform, variance 2 / (inputs + outputs) (Glorot & Bengio 2010). kaiming: normal,
    variance 2 / inputs (He et al. 2015).
    """
    for layer in module.modules():
        if not isinstance(layer, nn.Conv2d | nn.Linear):
            continue
        if init == "normal":
            nn.init.normal_(layer.weight, 0.0, 0.01)
        elif init == "xavier":
            nn.init.xavier_uniform_(layer.weight)
        else:
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
        if layer.bias is not None:
            nn.init.constant_(layer.bias, bias)
