/* What only writes to a descriptor of its own is watched on its way into a file.
 *
 * `write` runs in a thread of its own and writes to a pipe; what comes out goes to `fd`, and `meanwhile` is called in the
 * caller's thread for every pipe's content, 64 KiB or less. 0; what `write` returned; or the errno of the file's error, after
 * which `write` met EPIPE. */
#ifndef LTVAULT_STORE_THROUGH_PIPE_H
#define LTVAULT_STORE_THROUGH_PIPE_H

typedef int pipe_writer(void *user, int fd); /* 0 or its error number; does not close */
int through_pipe(pipe_writer *write, int fd, void (*meanwhile)(void *user), void *user);

#endif
