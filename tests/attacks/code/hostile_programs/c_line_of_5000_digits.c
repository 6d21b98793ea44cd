// Wants `error` ("our mistake"): a compiler message that carries a line number of 5000 digits.
// attack: c io
#warning solution.c:@9x5000@: error: made by the learner
int main(void) { return broken; }
