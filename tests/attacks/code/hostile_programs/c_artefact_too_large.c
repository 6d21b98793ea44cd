// Wants an artefact that is larger than what is carried over, to see what breaks.
// attack: c io
char lots[20 << 20] = {1};
int main(void) { return lots[5]; }
