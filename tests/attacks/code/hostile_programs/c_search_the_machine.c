// Wants the secret from any file that can be read, and files outside of /usr.
// attack: c io
#define _GNU_SOURCE
#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
static int seen(const char *path, const struct stat *s, int kind, struct FTW *f) {
  (void)s; (void)f;
  if (kind == FTW_D && !strcmp(path, "/usr")) return FTW_SKIP_SUBTREE;
  if (kind == FTW_F) printf("%s\n", path);
  return FTW_CONTINUE;
}
int main(void) {
  const char *out[] = {"/etc/passwd", "/root", "/home", "/proc/self", "/sys", "/opt", "/var", "/run", "/mnt", "/dev/shm", "/dev/pts"};
  for (int i = 0; i < 11; i++) if (!access(out[i], F_OK)) printf("ESCAPED %s\n", out[i]);
  nftw("/", seen, 16, FTW_PHYS | FTW_ACTIONRETVAL);
  return 0;
}
