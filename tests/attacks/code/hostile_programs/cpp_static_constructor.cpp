// Wants to act before main and to answer after it.
// attack: cpp io
#include <cstdio>
#include <cstdlib>
struct Early { Early() { std::puts("8d1f"); std::fflush(stdout); std::_Exit(0); } } early;
int main() { return 1; }
