#include "tests/pki/http_server.h"

#include "tests/pki/tool.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct connection {
	int fd; /* -1 for a free place */
	struct buf in, out;
	size_t sent;
	int64_t answer_at, deadline; /* monotonic milliseconds; answer_at 0 while the request is not complete */
	SSL *tls;      /* NULL: in the clear */
	bool refused;  /* nothing is said any more; what still comes is dropped, so that the last word is not lost */
};

struct server {
	struct connection connections[HTTP_CONNECTIONS_MAX];
	const struct http_faults *faults;
	SSL_CTX *tls; /* NULL: in the clear */
	char *password; /* as it comes in a header; NULL: none is asked for */
	http_handler *handler;
	void *user;
};

static volatile sig_atomic_t stopped;

static void stop(int number) {
	(void)number;
	stopped = 1;
}

static int64_t now_ms(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- TLS ---- */

static SSL_CTX *tls_context(const struct http_access *access) {
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	need(ctx && SSL_CTX_use_certificate_chain_file(ctx, access->tls) == 1 &&
		     SSL_CTX_use_PrivateKey_file(ctx, access->tls, SSL_FILETYPE_PEM) == 1,
	     access->tls);
	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	if (!access->clients) return ctx;
	need(SSL_CTX_load_verify_locations(ctx, access->clients, NULL) == 1, access->clients);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	return ctx;
}

/* As of recv and send: -1 with EAGAIN when there is nothing to do now. */
static ssize_t tls_result(SSL *tls, int n) {
	int error = SSL_get_error(tls, n);
	if (n > 0) return n;
	if (error == SSL_ERROR_ZERO_RETURN) return 0;
	errno = error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? EAGAIN : EPROTO;
	return -1;
}

static ssize_t get_bytes(struct connection *c, void *to, size_t len) {
	if (!c->tls || c->refused) return recv(c->fd, to, len, 0);
	ERR_clear_error();
	return tls_result(c->tls, SSL_read(c->tls, to, (int)len));
}

static ssize_t put_bytes(struct connection *c, const void *from, size_t len) {
	if (!c->tls) return send(c->fd, from, len, MSG_NOSIGNAL);
	ERR_clear_error();
	return tls_result(c->tls, SSL_write(c->tls, from, len > INT32_MAX ? INT32_MAX : (int)len));
}

/* ---- connections ---- */

static void close_connection(struct connection *c) {
	SSL_free(c->tls);
	close(c->fd);
	buf_dispose(&c->in);
	buf_dispose(&c->out);
	*c = (struct connection){.fd = -1};
}

static void put_answer(struct connection *c, const struct http_faults *faults, struct http_response *r) {
	if (faults->status) r->status = faults->status;
	size_t len = faults->truncate || r->truncate ? r->body.len / 2 : r->body.len;
	buf_printf(&c->out, "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nConnection: close\r\n", r->status,
		   r->status == 200 ? "OK" : "Other", faults->wrong_type ? "text/html" : r->type);
	if (!r->no_length) buf_printf(&c->out, "Content-Length: %zu\r\n", r->body.len);
	if (r->location) buf_printf(&c->out, "Location: %s\r\n", r->location);
	if (r->retry_after) buf_printf(&c->out, "Retry-After: %d\r\n", r->retry_after);
	if (r->validator) buf_printf(&c->out, "ETag: %s\r\n", r->validator);
	buf_add_text(&c->out, "\r\n");
	buf_add(&c->out, r->body.data, len);
}

static void refuse(struct connection *c, int status) {
	buf_printf(&c->out, "HTTP/1.1 %d Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", status);
}

/* The body's length from the headers; HTTP_REQUEST_MAX + 1 for one that cannot be served. */
static size_t content_length(const char *headers) {
	for (const char *line = strstr(headers, "\r\n"); line; line = strstr(line, "\r\n")) {
		line += 2;
		if (!strncasecmp(line, "Transfer-Encoding:", 18)) return HTTP_REQUEST_MAX + 1;
		if (strncasecmp(line, "Content-Length:", 15)) continue;
		unsigned long n = strtoul(line + 15, NULL, 10);
		return n > HTTP_REQUEST_MAX ? HTTP_REQUEST_MAX + 1 : n;
	}
	return 0;
}

static bool is_known(const struct server *s, const char *headers) {
	return !s->password || strcasestr(headers, s->password);
}

/* Answers once the request is there as a whole. */
static void try_answer(struct server *s, struct connection *c) {
	unsigned char *end = c->in.len ? memmem(c->in.data, c->in.len, "\r\n\r\n", 4) : NULL;
	if (!end) {
		if (c->in.len > HTTP_REQUEST_MAX) refuse(c, 431);
		return;
	}
	int slow_ms = s->faults->slow_ms;
	char *headers = xstrndup((char *)c->in.data, (size_t)(end - c->in.data) + 2);
	size_t start = (size_t)(end - c->in.data) + 4, length = content_length(headers);
	char *line = headers, *method = strsep(&line, " "), *path = line ? strsep(&line, " ") : NULL;
	if (length > HTTP_REQUEST_MAX || !path || !line || strncmp(line, "HTTP/1.", 7)) {
		refuse(c, length > HTTP_REQUEST_MAX ? 413 : 400);
	} else if (c->in.len - start >= length) {
		struct http_request request = {method, path, line, c->in.data + start, length};
		struct http_response response = {.status = 200, .type = "application/octet-stream"};
		if (is_known(s, line))
			s->handler(s->user, &request, &response);
		else
			response.status = 401;
		put_answer(c, s->faults, &response);
		slow_ms += response.slow_ms;
		buf_dispose(&response.body);
	}
	free(headers);
	if (c->out.len) c->answer_at = now_ms() + slow_ms;
}

static void receive(struct server *s, struct connection *c) {
	char piece[8192];
	do {
		ssize_t n = get_bytes(c, piece, sizeof piece);
		if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
		if (n < 0 && c->tls && !c->refused) {
			c->refused = true; /* the alert is on its way */
			shutdown(c->fd, SHUT_WR);
			return;
		}
		if (n <= 0) {
			close_connection(c);
			return;
		}
		c->deadline = now_ms() + 1000 * HTTP_IDLE_SECONDS;
		if (c->answer_at || c->refused) continue; /* more than one request: the rest is dropped */
		buf_add(&c->in, piece, (size_t)n);
		try_answer(s, c);
	} while (c->tls && SSL_pending(c->tls));
}

static void transmit(struct connection *c) {
	ssize_t n = put_bytes(c, c->out.data + c->sent, c->out.len - c->sent);
	if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
	if (n < 0) {
		close_connection(c);
		return;
	}
	c->sent += (size_t)n;
	c->deadline = now_ms() + 1000 * HTTP_IDLE_SECONDS;
	if (c->sent < c->out.len) return;
	if (c->tls) SSL_shutdown(c->tls);
	shutdown(c->fd, SHUT_WR);
	close_connection(c);
}

static void accept_one(struct server *s, int listener) {
	int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0) return;
	for (int i = 0; i < HTTP_CONNECTIONS_MAX; i++) {
		if (s->connections[i].fd >= 0) continue;
		s->connections[i] = (struct connection){
			.fd = fd, .deadline = now_ms() + 1000 * HTTP_IDLE_SECONDS + s->faults->slow_ms};
		if (!s->tls) return;
		s->connections[i].tls = SSL_new(s->tls);
		need(s->connections[i].tls && SSL_set_fd(s->connections[i].tls, fd) == 1, "TLS");
		SSL_set_accept_state(s->connections[i].tls);
		return;
	}
	close(fd);
}

static char *password_header(const char *password) {
	size_t len = strlen(password);
	unsigned char *text = xcalloc(1, 4 * (len / 3 + 1) + 1);
	EVP_EncodeBlock(text, (const unsigned char *)password, (int)len);
	char *header = xasprintf("\r\nAuthorization: Basic %s\r\n", (char *)text);
	free(text);
	return header;
}

static int listen_on(int port) {
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof address;
	need(fd >= 0, "socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	need(bind(fd, (struct sockaddr *)&address, sizeof address) == 0, "bind to the port on 127.0.0.1");
	need(listen(fd, 64) == 0 && getsockname(fd, (struct sockaddr *)&address, &len) == 0, "listen");
	printf("ready http://127.0.0.1:%d\n", ntohs(address.sin_port));
	fflush(stdout);
	return fd;
}

/* One round: what poll says about the listener and every connection, then the deadlines. */
static void serve_round(struct server *s, int listener, const sigset_t *waiting_mask) {
	struct pollfd fds[HTTP_CONNECTIONS_MAX + 1] = {{.fd = listener, .events = POLLIN}};
	int64_t now = now_ms(), wake = now + 1000;
	for (int i = 0; i < HTTP_CONNECTIONS_MAX; i++) {
		struct connection *c = &s->connections[i];
		bool due = c->answer_at && now >= c->answer_at;
		if (c->fd >= 0 && c->answer_at > now && c->answer_at < wake) wake = c->answer_at;
		fds[i + 1] = (struct pollfd){.fd = c->fd, .events = due ? POLLOUT : c->answer_at ? 0 : POLLIN};
	}
	struct timespec timeout = {(wake - now) / 1000, (wake - now) % 1000 * 1000000};
	if (ppoll(fds, HTTP_CONNECTIONS_MAX + 1, &timeout, waiting_mask) < 0) return;
	now = now_ms();
	for (int i = 0; i < HTTP_CONNECTIONS_MAX; i++) {
		struct connection *c = &s->connections[i];
		short happened = fds[i + 1].revents;
		if (c->fd < 0) continue;
		if (happened & POLLOUT)
			transmit(c);
		else if (happened & POLLIN)
			receive(s, c);
		else if (happened || now > c->deadline + s->faults->slow_ms)
			close_connection(c);
	}
	if (fds[0].revents) accept_one(s, listener);
}

void http_serve(int port, const struct http_access *access, const struct http_faults *faults, http_handler *handler, void *user) {
	struct server *s = xcalloc(1, sizeof *s);
	s->faults = faults;
	s->handler = handler;
	s->user = user;
	if (access->tls) s->tls = tls_context(access);
	if (access->password) s->password = password_header(access->password);
	for (int i = 0; i < HTTP_CONNECTIONS_MAX; i++) s->connections[i].fd = -1;
	/* The signals are let in only while ppoll waits, so none is missed between the test and the wait. */
	sigset_t blocked, waiting_mask;
	struct sigaction action = {.sa_handler = stop};
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGTERM);
	sigaddset(&blocked, SIGINT);
	sigprocmask(SIG_BLOCK, &blocked, &waiting_mask);
	sigdelset(&waiting_mask, SIGTERM);
	sigdelset(&waiting_mask, SIGINT);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	signal(SIGPIPE, SIG_IGN); /* TLS writes without MSG_NOSIGNAL */
	int listener = listen_on(port);
	while (!stopped) serve_round(s, listener, &waiting_mask);
	for (int i = 0; i < HTTP_CONNECTIONS_MAX; i++)
		if (s->connections[i].fd >= 0) close_connection(&s->connections[i]);
	close(listener);
	SSL_CTX_free(s->tls);
	free(s->password);
	free(s);
}
