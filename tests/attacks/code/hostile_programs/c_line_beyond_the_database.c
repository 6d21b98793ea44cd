// Wants the result to be impossible to store: a line number beyond the database's integers.
// attack: c io
#warning solution.c:99999999999999: error: made by the learner
int main(void) { return broken; }
