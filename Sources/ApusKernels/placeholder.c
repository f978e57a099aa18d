#include "ApusKernels.h"
