// Wants 200 nested copies of itself, each twice.
// attack: cpp io
#include "solution.cpp"
#include "solution.cpp"
int main() {}
