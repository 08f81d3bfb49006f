#include "archiver/worker_private.h"

#include "base/io.h"
#include "base/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define WIRE_CHUNK 65536

static int send_all(int fd, const unsigned char *data, size_t len) {
	while (len) {
		ssize_t n = send(fd, data, len, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR) continue;
		if (n < 0) return -1;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

int wire_send(int fd, const struct buf *body, const int *fds, size_t fd_count) {
	unsigned char head[4] = {(unsigned char)(body->len >> 24), (unsigned char)(body->len >> 16),
	                         (unsigned char)(body->len >> 8), (unsigned char)body->len};
	union {
		char space[CMSG_SPACE(WIRE_FDS * sizeof(int))];
		struct cmsghdr align;
	} control = {0};
	/* In one call where it fits: the other side is woken once. */
	struct iovec parts[] = {{head, sizeof head}, {body->data, body->len}};
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = body->len ? 2 : 1};
	if (fd_count) {
		message.msg_control = control.space;
		message.msg_controllen = CMSG_SPACE(fd_count * sizeof(int));
		struct cmsghdr *c = CMSG_FIRSTHDR(&message);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(fd_count * sizeof(int));
		memcpy(CMSG_DATA(c), fds, fd_count * sizeof(int));
	}
	ssize_t n;
	do n = sendmsg(fd, &message, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n <= 0) return -1;
	size_t of_head = (size_t)n < sizeof head ? (size_t)n : sizeof head, of_body = (size_t)n - of_head;
	if (send_all(fd, head + of_head, sizeof head - of_head)) return -1;
	return of_body < body->len ? send_all(fd, body->data + of_body, body->len - of_body) : 0;
}

/* Keeps the descriptors of a control message, closes those that nobody asked for. */
static void take_fds(struct msghdr *message, int fds[static WIRE_FDS], size_t *count) {
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
		size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < n; i++) {
			int fd;
			memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
			if (*count < WIRE_FDS) fds[(*count)++] = fd;
			else close(fd);
		}
	}
}

int wire_receive(int fd, struct buf *body, size_t max, int fds[static WIRE_FDS], size_t *fd_count) {
	unsigned char head[4];
	size_t have = 0, len = 0;
	*fd_count = 0;
	body->len = 0;
	while (have < 4 || body->len < len) {
		union {
			char space[CMSG_SPACE(WIRE_FDS * sizeof(int))];
			struct cmsghdr align;
		} control;
		struct iovec part = {head + have, 4 - have};
		if (have == 4) part = (struct iovec){body->data + body->len, len - body->len};
		struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.space,
		                         .msg_controllen = sizeof control.space};
		ssize_t n = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
		if (n < 0 && errno == EINTR) continue;
		if (n <= 0) return n == 0 && !have ? 0 : -1;
		take_fds(&message, fds, fd_count);
		if (have == 4) {
			body->len += (size_t)n;
		} else if ((have += (size_t)n) == 4) {
			len = (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];
			if (len > max) return -1;
			buf_reserve(body, len + 1);
		}
	}
	return 1;
}

static size_t length_of(const struct buf *in) {
	return (size_t)in->data[0] << 24 | (size_t)in->data[1] << 16 | (size_t)in->data[2] << 8 | in->data[3];
}

int wire_read_some(int fd, struct buf *in, size_t max) {
	for (;;) {
		if (in->len >= 4 && length_of(in) > max) return -1;
		if (in->len >= 4 && in->len - 4 >= length_of(in)) return 1;
		buf_reserve(in, WIRE_CHUNK);
		ssize_t n = recv(fd, in->data + in->len, WIRE_CHUNK, MSG_DONTWAIT);
		if (n < 0 && errno == EINTR) continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return 0;
		if (n <= 0) return -1;
		in->len += (size_t)n;
	}
}

struct record_reader wire_first(const struct buf *in) {
	return record_reader_of(in->data + 4, length_of(in));
}

void wire_drop_first(struct buf *in) {
	size_t whole = 4 + length_of(in);
	in->len -= whole;
	if (in->len) memmove(in->data, in->data + whole, in->len);
}

int wire_memory_file(const char *name, const struct val_blob *pieces, size_t count) {
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0) return -1;
	for (size_t i = 0; i < count; i++) {
		if (io_write(fd, pieces[i].data, pieces[i].len)) goto failed;
	}
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL)) goto failed;
	return fd;
failed:;
	int kept = errno;
	close(fd);
	errno = kept;
	return -1;
}

const unsigned char *wire_map(int fd, size_t len) {
	if (!len) return (const unsigned char *)"";
	void *at = mmap(NULL, len, PROT_READ, MAP_PRIVATE, fd, 0);
	return at == MAP_FAILED ? NULL : at;
}

void wire_unmap(const unsigned char *data, size_t len) {
	if (len && data) munmap((void *)(uintptr_t)data, len);
}

int wire_window_make(unsigned char **at) {
	int fd = memfd_create("window", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0) return -1;
	void *whole = ftruncate(fd, WINDOW_BYTES) ? MAP_FAILED : mmap(NULL, WINDOW_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	/* This mapping stays; who has the descriptor can have none for writing any more. */
	if (whole != MAP_FAILED && !fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)) {
		*at = whole;
		return fd;
	}
	if (whole != MAP_FAILED) munmap(whole, WINDOW_BYTES);
	close(fd);
	return -1;
}

const unsigned char *wire_window_map(int fd) {
	void *at = mmap(NULL, WINDOW_BYTES, PROT_READ, MAP_SHARED, fd, 0);
	return at == MAP_FAILED ? NULL : at;
}
