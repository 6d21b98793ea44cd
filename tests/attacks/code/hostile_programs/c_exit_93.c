// An honest program of old C: it prints 93 characters and falls off main, so it returns 93.
// attack: c honest93
#include <stdio.h>
int main() { return printf("%s\n", "8d1f-the-expected-value-44c2" "................................................................"); }
