/* The password of an encrypted document, as a person or a script hands it over: in a file or on standard input, never as
 * an argument or in the environment, where every process of the machine could read it. */
#ifndef LTVAULT_ARCHIVER_PASSWORD_H
#define LTVAULT_ARCHIVER_PASSWORD_H

#include "base/error.h"

/* The first line of the file, without its end; "-" is standard input, asked for without echo on a terminal. `path` may be
 * a FIFO or /dev/fd/N. NULL with err set. Give it back to password_free. */
char *password_read(const char *path, struct error *err);
void password_free(char *password); /* wipes it; NULL is fine */

#endif
