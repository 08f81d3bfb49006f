/* Reading and writing whole stretches of open files: interrupted and partial calls are gone on with. */
#ifndef LTVAULT_BASE_IO_H
#define LTVAULT_BASE_IO_H

#include <stddef.h>
#include <sys/types.h>

/* All of it, at the file's position. 0, or -1 with errno when a part could not be written. Not durable by itself. */
int io_write(int fd, const void *data, size_t len);
/* Up to len bytes from the file's position: fewer only where the file ends. How many, or -1 with errno. */
ssize_t io_read(int fd, void *to, size_t len);

#endif
