// One instruction set's attention; included once for each.

const attention_kernels ATTENTION_NAME = {.forward = attention_forward, .backward = attention_backward};
