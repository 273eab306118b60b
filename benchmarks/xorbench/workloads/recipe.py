"""What a training computes: the activation, the loss, the optimiser; hashable, so that a compiler can fix it."""

from typing import Literal, NamedTuple

Activation = Literal["sigmoid", "tanh", "relu"]
Loss = Literal["squared error", "cross-entropy"]
Optimiser = Literal["gradient descent", "momentum", "rmsprop", "adam"]


class Recipe(NamedTuple):
    """One way of training; nothing in it depends on a framework.

    `activation` is that of the hidden layers; ReLU's slope at 0 is 0. The last layer is always a sigmoid. `loss` is
    half the sum of squared errors, or the sum of the binary cross-entropies from logits, over all samples.

    The optimisers, with g the gradient, all memories 0 at first, and t the number of the epoch, from 1:

    - gradient descent: p -= rate * g
    - momentum: v = momentum * v + g; p -= rate * v
    - RMSprop: s = decay * s + (1 - decay) * g^2; p -= rate * g / (sqrt(s) + epsilon)
    - Adam: v = momentum * v + (1 - momentum) * g; s = decay * s + (1 - decay) * g^2;
      p -= rate * v / (1 - momentum^t) / (sqrt(s / (1 - decay^t)) + epsilon)

    What an optimiser has no use for is 0.
    """

    activation: Activation
    loss: Loss
    optimiser: Optimiser
    rate: float
    momentum: float = 0.0
    decay: float = 0.0
    epsilon: float = 0.0
