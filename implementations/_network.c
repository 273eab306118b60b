/* Gradients by hand: backpropagation written out in C, with the loop over the epochs.

What is known when this is compiled is given as macros, so that every loop has a fixed length: REAL; SAMPLES; SIZES, as
in 2, 4, 1; UNITS, the sum of all but the first; PARAMETERS, all entries of W1 (n0, n1), b1 (1, n1), W2 (n1, n2), ..., one
after the other; ACTIVATION, LOSS, OPTIMISER; RATE, MOMENTUM, DECAY, EPSILON.
*/
#include <stdlib.h>
#include <tgmath.h>

typedef REAL real;

enum { SIGMOID, TANH, RELU };
enum { SQUARED_ERROR, CROSS_ENTROPY };
enum { GRADIENT_DESCENT, WITH_MOMENTUM, RMSPROP, ADAM };

static const int sizes[] = {SIZES};
enum { LAYERS = sizeof sizes / sizeof *sizes - 1 };

#define LAYER static inline __attribute__((always_inline))
#define EACH_LAYER _Pragma("GCC unroll 32")       /* so that the sizes are constants in each */
#define TOGETHER _Pragma("omp simd")              /* heeded only with -fopenmp-simd: calls of exp and tanh in one */

#ifdef __FAST_MATH__ /* its vectors of single precision have an exp and a quotient that are 2.5 units off, each */
typedef double wide;
#else
typedef real wide;
#endif

static real sigmoid(real logit) { return 1 / (1 + exp(-(wide)logit)); }

static real activate(real logit)
{
    if (ACTIVATION == SIGMOID) return sigmoid(logit);
    if (ACTIVATION == TANH) return tanh(logit);
    return logit > 0 ? logit : 0;
}

static real slope(real activation)
{
    if (ACTIVATION == SIGMOID) return activation * (1 - activation);
    if (ACTIVATION == TANH) return 1 - activation * activation;
    return activation > 0;
}

/* logits (samples, m) = below (samples, n) W (n, m) + b (m) */
LAYER void affine(int n, int m, const real *restrict below, const real *restrict weights, real *restrict logits)
{
    const real *bias = weights + n * m;
    for (int s = 0; s < SAMPLES; s++) {
        for (int j = 0; j < m; j++) logits[s * m + j] = 0;
        for (int i = 0; i < n; i++)
            for (int j = 0; j < m; j++) logits[s * m + j] += below[s * n + i] * weights[i * m + j];
        for (int j = 0; j < m; j++) logits[s * m + j] += bias[j]; /* last: a large one costs the sum no digits */
    }
}

/* the gradients of W (n, m) and b (m) from dloss/dlogits, delta (samples, m) */
LAYER void outer(int n, int m, const real *restrict below, const real *restrict delta, real *restrict gradient)
{
    for (int k = 0; k < n * m + m; k++) gradient[k] = 0;
    for (int s = 0; s < SAMPLES; s++) {
        for (int i = 0; i < n; i++)
            for (int j = 0; j < m; j++) gradient[i * m + j] += below[s * n + i] * delta[s * m + j];
        for (int j = 0; j < m; j++) gradient[n * m + j] += delta[s * m + j];
    }
}

/* dloss/dlogits of the layer below, (samples, n), from that of this one, delta (samples, m) */
LAYER void back(int n, int m, const real *restrict below, const real *restrict weights, const real *restrict delta,
                real *restrict delta_below)
{
    for (int s = 0; s < SAMPLES; s++)
        for (int i = 0; i < n; i++) {
            real upstream = 0;
            for (int j = 0; j < m; j++) upstream += delta[s * m + j] * weights[i * m + j];
            delta_below[s * n + i] = upstream * slope(below[s * n + i]);
        }
}

/* The activations of each layer, (samples, n1), (samples, n2), ..., one after the other; the last are logits. */
LAYER const real *forward(const real *parameters, const real *inputs, real *layers)
{
    const real *below = inputs;
    EACH_LAYER for (int l = 0; l < LAYERS; l++) {
        const int n = sizes[l], m = sizes[l + 1];
        affine(n, m, below, parameters, layers);
        if (l < LAYERS - 1)
            TOGETHER for (int k = 0; k < SAMPLES * m; k++) layers[k] = activate(layers[k]);
        below = layers;
        layers += SAMPLES * m;
        parameters += n * m + m;
    }
    return below;
}

LAYER void backward(const real *parameters, const real *inputs, const real *targets, real *layers, real *deltas,
                    real *gradients)
{
    const int last = SAMPLES * sizes[LAYERS];
    const real *logits = forward(parameters, inputs, layers);
    real *delta = deltas + (logits - layers);
    TOGETHER for (int k = 0; k < last; k++) delta[k] = sigmoid(logits[k]);
    for (int k = 0; k < last; k++) {
        const real output = delta[k];
        delta[k] -= targets[k];
        if (LOSS == SQUARED_ERROR) delta[k] *= output * (1 - output);
    }
    const real *activations = logits;
    parameters += PARAMETERS, gradients += PARAMETERS;
    EACH_LAYER for (int l = LAYERS - 1; l >= 0; l--) {
        const int n = sizes[l], m = sizes[l + 1];
        const real *below = l ? activations - SAMPLES * n : inputs;
        parameters -= n * m + m, gradients -= n * m + m;
        outer(n, m, below, delta, gradients);
        if (l) back(n, m, below, parameters, delta, delta - SAMPLES * n);
        activations = below, delta -= SAMPLES * n;
    }
}

void predict(const real *parameters, const real *inputs, real *outputs)
{
    real *layers = malloc(sizeof(real) * SAMPLES * UNITS);
    const real *logits = forward(parameters, inputs, layers);
    for (int k = 0; k < SAMPLES * sizes[LAYERS]; k++) outputs[k] = sigmoid(logits[k]);
    free(layers);
}

void loss(const real *parameters, const real *inputs, const real *targets, real *sum)
{
    real *layers = malloc(sizeof(real) * SAMPLES * UNITS);
    const real *logits = forward(parameters, inputs, layers);
    *sum = 0;
    for (int k = 0; k < SAMPLES * sizes[LAYERS]; k++) {
        const real error = targets[k] - sigmoid(logits[k]);
        if (LOSS == SQUARED_ERROR) *sum += error * error / 2;
        else *sum += fmax(logits[k], (real)0) - logits[k] * targets[k] + log1p(exp(-fabs(logits[k])));
    }
    free(layers);
}

void gradient(const real *parameters, const real *inputs, const real *targets, real *gradients)
{
    real *layers = malloc(2 * sizeof(real) * SAMPLES * UNITS);
    backward(parameters, inputs, targets, layers, layers + SAMPLES * UNITS, gradients);
    free(layers);
}

/* Changes the parameters and what the optimiser remembers, (parameters) each, in place; `done` epochs went before. */
void train(real *restrict parameters, real *restrict means, real *restrict squares, const real *restrict inputs,
           const real *restrict targets, long done, long epochs)
{
    const real rate = RATE, momentum = MOMENTUM, decay = DECAY, epsilon = EPSILON;
    real *restrict layers = malloc(sizeof(real) * SAMPLES * UNITS);
    real *restrict deltas = malloc(sizeof(real) * SAMPLES * UNITS);
    real *restrict gradients = malloc(sizeof(real) * PARAMETERS);
    for (long epoch = done + 1; epoch <= done + epochs; epoch++) {
        backward(parameters, inputs, targets, layers, deltas, gradients);
        if (OPTIMISER == GRADIENT_DESCENT)
            for (int k = 0; k < PARAMETERS; k++) parameters[k] -= rate * gradients[k];
        else if (OPTIMISER == WITH_MOMENTUM)
            for (int k = 0; k < PARAMETERS; k++) {
                means[k] = momentum * means[k] + gradients[k];
                parameters[k] -= rate * means[k];
            }
        else if (OPTIMISER == RMSPROP)
            for (int k = 0; k < PARAMETERS; k++) {
                squares[k] = decay * squares[k] + (1 - decay) * gradients[k] * gradients[k];
                parameters[k] -= rate * gradients[k] / (sqrt(squares[k]) + epsilon);
            }
        else {
            const real mean_share = 1 - pow(MOMENTUM, epoch), square_share = 1 - pow(DECAY, epoch);
            for (int k = 0; k < PARAMETERS; k++) {
                means[k] = momentum * means[k] + (1 - momentum) * gradients[k];
                squares[k] = decay * squares[k] + (1 - decay) * gradients[k] * gradients[k];
                parameters[k] -= rate * (means[k] / mean_share) / (sqrt(squares[k] / square_share) + epsilon);
            }
        }
    }
    free(layers), free(deltas), free(gradients);
}
