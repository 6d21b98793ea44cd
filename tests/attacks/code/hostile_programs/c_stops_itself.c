// Wants the watcher to wait for ever: the program stops itself and its children.
// attack: c io
#include <signal.h>
#include <unistd.h>
int main(void) { fork(); fork(); raise(SIGSTOP); kill(1, SIGSTOP); kill(-1, SIGSTOP); pause(); }
