// Wants to tell its next run something: times and attributes of the working folder.
// attack: c twice
#include <stdio.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <time.h>
#include <string.h>
int main(void) {
  struct stat s; stat("/tmp", &s);
  char note[64] = ""; getxattr("/tmp", "user.note", note, 63);
  int seen = s.st_mtime == 12345 || note[0] || (s.st_mode & 07777) == 0711;
  puts(seen ? "ESCAPED seen" : "clean");
  printf("%s mode=%o\n", note, s.st_mode & 07777);
  setxattr("/tmp", "user.note", "hello", 5, 0);
  chmod("/tmp", 0711);
  struct timespec t[2] = {{12345, 0}, {12345, 0}}; utimensat(-100, "/tmp", t, 0);
  return 0;
}
