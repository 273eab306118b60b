"""The recipe of a training: activation, loss and optimiser; hashable, so that compilers can treat it as static."""

from typing import Literal, NamedTuple

Activation = Literal["sigmoid", "tanh", "relu"]
Loss = Literal["squared error", "cross-entropy"]
Optimiser = Literal["gradient descent", "momentum", "rmsprop", "adam"]


class Recipe(NamedTuple):
    """The activation, the loss and the optimiser of a training, independent of any framework.

    `activation` is that of the hidden layers; ReLU's slope at 0 is 0. The last layer is always a sigmoid. `loss` is
    half the sum of squared errors, or the sum of the binary cross-entropies from logits, over all samples.

    The optimisers, where g is the gradient, v and s are 0 before the first epoch, and t counts the epochs from 1:

    - gradient descent: p -= rate * g
    - momentum: v = momentum * v + g; p -= rate * v
    - RMSprop: s = decay * s + (1 - decay) * g^2; p -= rate * g / (sqrt(s) + epsilon)
    - Adam: v = momentum * v + (1 - momentum) * g; s = decay * s + (1 - decay) * g^2;
      p -= rate * v / (1 - momentum^t) / (sqrt(s / (1 - decay^t)) + epsilon)

    Fields that an optimiser does not use are 0.
    """

    activation: Activation
    loss: Loss
    optimiser: Optimiser
    rate: float
    momentum: float = 0.0
    decay: float = 0.0
    epsilon: float = 0.0
