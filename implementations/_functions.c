/* Elementary functions of C over an array, as the compiler makes them; REAL is given as a macro. A study measures them. */
#include <tgmath.h>

#define OVER_AN_ARRAY(function)                                                   \
    void each_##function(const REAL *restrict x, REAL *restrict y, long length)   \
    {                                                                             \
        _Pragma("omp simd") for (long k = 0; k < length; k++) y[k] = function(x[k]); \
    }

OVER_AN_ARRAY(exp)
OVER_AN_ARRAY(expm1)
OVER_AN_ARRAY(log1p)
OVER_AN_ARRAY(tanh)
