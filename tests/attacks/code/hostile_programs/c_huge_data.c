// Wants an artefact of gigabytes on the grader's disk.
// attack: c io
char lots[3ull << 30] = {1};
int main(void) { return lots[5]; }
