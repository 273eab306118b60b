/* The network 2-4-1 on four samples, trained with all of its numbers in registers of 512 bits, by intrinsics of AVX-512.

Without the macro IN_REGISTERS all is that of _network.c, whose macros this file takes too; with it, the gradient and the
training are those below, for float64, sigmoid, squared error and gradient descent.

A register holds eight doubles in two halves. Those of a hidden layer of two samples are [unit 0, 1, 2, 3 of the one | of
the other]; a parameter of each unit is there twice, once in each half.
*/
#ifdef IN_REGISTERS
#define gradient gradient_in_memory
#define train train_in_memory
#endif

#include "_network.c"

#ifdef IN_REGISTERS
#undef gradient
#undef train
#include <immintrin.h>

typedef __m512d eight;

typedef struct {
    eight w1[2], b1, w2, b2; /* of the first input and of the second; the bias of the output is in every place */
} Parameters;

typedef struct {
    eight inputs[2][2]; /* of two samples: the first input and the second */
    eight targets;      /* of the samples 0, 2, 0, 2 | 1, 3, 1, 3, as all numbers of the output layer */
} Data;

#define ALL(number) _mm512_set1_pd(number)
#define FMA _mm512_fmadd_pd

/* e^x, at most 1.7 times 2^-53 off: x = k log 2 + r, and e^r by its Taylor series up to r^13, whose rest is 4e-18 */
LAYER eight exp_of(eight x)
{
    x = _mm512_max_pd(ALL(-750), _mm512_min_pd(ALL(750), x)); /* beyond them it is 0 or infinite; keeps NaN */
    const eight k = _mm512_roundscale_pd(x * ALL(0x1.71547652b82fep0), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    eight r = _mm512_fnmadd_pd(k, ALL(0x1.62e42fefa39efp-1), x);
    r = _mm512_fnmadd_pd(k, ALL(0x1.abc9e3b39803fp-56), r);
    const eight r2 = r * r, r4 = r2 * r2;
    const eight a = FMA(r, ALL(1. / 6), ALL(1. / 2)), b = FMA(r, ALL(1. / 120), ALL(1. / 24));
    const eight c = FMA(r, ALL(1. / 5040), ALL(1. / 720)), d = FMA(r, ALL(1. / 362880), ALL(1. / 40320));
    const eight e = FMA(r, ALL(1. / 39916800), ALL(1. / 3628800));
    const eight f = FMA(r, ALL(1. / 6227020800), ALL(1. / 479001600));
    const eight low = FMA(b, r2, a), middle = FMA(d, r2, c), high = FMA(f, r2, e);
    const eight series = FMA(FMA(high, r4, middle), r4, low);
    return _mm512_scalef_pd(ALL(1) + FMA(series, r2, r), k);
}

LAYER eight sigmoid_of(eight logit) { return ALL(1) / (ALL(1) + exp_of(-logit)); }

LAYER eight halves(eight x) { return x + _mm512_shuffle_f64x2(x, x, 0x4e); } /* the sum of both, in each */

/* The gradient of the loss, of the sum over all samples */
LAYER Parameters gradient_of(const Parameters at, const Data data)
{
    eight hidden[2], delta[2];
    for (int pair = 0; pair < 2; pair++) {
        const eight products = FMA(data.inputs[pair][1], at.w1[1], data.inputs[pair][0] * at.w1[0]);
        hidden[pair] = sigmoid_of(products + at.b1);
    }
    const eight first = hidden[0] * at.w2, second = hidden[1] * at.w2;
    const eight sums = _mm512_unpacklo_pd(first, second) + _mm512_unpackhi_pd(first, second);
    const eight output = sigmoid_of(sums + _mm512_permutex_pd(sums, 0x4e) + at.b2);
    const eight error = (output - data.targets) * (output * (ALL(1) - output));
    delta[0] = _mm512_permute_pd(error, 0x00), delta[1] = _mm512_permute_pd(error, 0xff);
    Parameters found;
    found.w2 = halves(FMA(delta[1], hidden[1], delta[0] * hidden[0]));
    found.b2 = halves(delta[0] + delta[1]);
    for (int pair = 0; pair < 2; pair++)
        delta[pair] = delta[pair] * at.w2 * (hidden[pair] * (ALL(1) - hidden[pair]));
    for (int input = 0; input < 2; input++)
        found.w1[input] = halves(FMA(delta[1], data.inputs[1][input], delta[0] * data.inputs[0][input]));
    found.b1 = halves(delta[0] + delta[1]);
    return found;
}

LAYER eight twice(const double *four) { return _mm512_broadcast_f64x4(_mm256_loadu_pd(four)); }

LAYER Parameters loaded(const double *row)
{
    return (Parameters){{twice(row), twice(row + 4)}, twice(row + 8), twice(row + 12), ALL(row[16])};
}

LAYER void stored(double *row, const Parameters from)
{
    const eight fours[] = {from.w1[0], from.w1[1], from.b1, from.w2};
    for (int k = 0; k < 4; k++) _mm256_storeu_pd(row + 4 * k, _mm512_castpd512_pd256(fours[k]));
    _mm_store_sd(row + 16, _mm512_castpd512_pd128(from.b2));
}

LAYER Data data_of(const double *inputs, const double *targets)
{
    Data found;
    for (int pair = 0; pair < 2; pair++)
        for (int input = 0; input < 2; input++) {
            const double one = inputs[4 * pair + input], other = inputs[4 * pair + 2 + input];
            found.inputs[pair][input] = _mm512_setr_pd(one, one, one, one, other, other, other, other);
        }
    const double *t = targets;
    found.targets = _mm512_setr_pd(t[0], t[2], t[0], t[2], t[1], t[3], t[1], t[3]);
    return found;
}

void gradient(const double *parameters, const double *inputs, const double *targets, double *gradients)
{
    stored(gradients, gradient_of(loaded(parameters), data_of(inputs, targets)));
}

/* Changes the parameters in place; gradient descent remembers nothing. */
void train(double *parameters, double *means, double *squares, const double *inputs, const double *targets, long done,
           long epochs)
{
    (void)means, (void)squares, (void)done;
    const Data data = data_of(inputs, targets);
    const eight rate = ALL(RATE);
    Parameters now = loaded(parameters);
    for (long epoch = 0; epoch < epochs; epoch++) {
        const Parameters slopes = gradient_of(now, data);
        for (int input = 0; input < 2; input++) now.w1[input] -= rate * slopes.w1[input];
        now.b1 -= rate * slopes.b1, now.w2 -= rate * slopes.w2, now.b2 -= rate * slopes.b2;
    }
    stored(parameters, now);
}
#endif
