// Wants gigabytes of zeroed memory before main runs.
// attack: c io
#include <string.h>
static char lots[6ull << 30];
int main(void) { memset(lots, 1, sizeof lots); return 0; }
