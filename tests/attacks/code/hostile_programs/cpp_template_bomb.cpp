// Wants the compiler's time and memory by templates.
// attack: cpp io
template <int A, int B> struct Grow { typedef typename Grow<A - 1, 2 * B>::type left; typedef typename Grow<A - 1, 2 * B + 1>::type type; };
template <int B> struct Grow<0, B> { typedef int type; };
Grow<24, 1>::type made;
int main() { return made; }
