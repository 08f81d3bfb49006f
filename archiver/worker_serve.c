#include "archiver/worker_private.h"

#include "archiver/sandbox.h"
#include "base/limits.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What does not fit the bounds is not sent: the parent then sees the worker end. */
static int answer(int fd, json_t *report) {
	struct buf body = {0};
	int rc = report && wire_put_json(&body, report) ? wire_send(fd, &body, NULL, 0) : -1;
	json_decref(report);
	buf_dispose(&body);
	return rc;
}

/* The first message: a policy or none, and files of trust anchors. Each file that was named itself must hold one. */
static void *begin(const struct worker_engine *engine, struct record_reader *r, const unsigned char *at, size_t left,
                   struct error *err) {
	bool has_policy = record_get_u8(r);
	size_t len = record_get_u64(r);
	if (len > left) r->bad = true;
	void *state = r->bad ? NULL : engine->start(has_policy ? (const char *)at : NULL, len, err);
	size_t files = record_get_u32(r);
	for (size_t i = 0; state && !r->bad && i < files; i++) {
		at += len;
		left -= len;
		char *name = record_get_text(r);
		bool named = record_get_u8(r);
		len = record_get_u64(r);
		if (len > left) r->bad = true;
		int added = r->bad ? 0 : engine->trust(state, at, len);
		if (!r->bad && !added && named) error_set(err, ERROR_INPUT, "%s: holds no certificate", name);
		free(name);
	}
	if (r->bad || !record_at_end(r)) error_set(err, ERROR_INTERNAL, "worker: bad first message");
	return state;
}

/* Receives trust and policy and perhaps a window, raises the walls, says so. NULL when it must not go on. */
static void *set_up(int fd, const struct worker_engine *engine, const unsigned char **window) {
	struct buf body = {0};
	struct error err = {0};
	int fds[WIRE_FDS];
	size_t fd_count;
	void *state = NULL;
	if (wire_receive(fd, &body, LIMIT_REQUEST_BYTES, fds, &fd_count) != 1) goto out;
	struct record_reader r = record_reader_of(body.data, body.len);
	size_t len = record_get_u64(&r);
	const unsigned char *material = fd_count ? wire_map(fds[0], len) : NULL;
	if (!material) error_set(&err, ERROR_INTERNAL, "worker: first message could not be read");
	else state = begin(engine, &r, material, len, &err);
	if (fd_count == WIRE_FDS && !(*window = wire_window_map(fds[1]))) error_set(&err, ERROR_INTERNAL, "worker: no memory for documents");
	wire_unmap(material, len);
	for (size_t i = 0; i < fd_count; i++) close(fds[i]);
	json_t *said = json_pack("{s:i, s:s}", "error", (int)err.code, "text", err.text);
	if (!err.code) {
		json_object_set_new(said, "policy", engine->policy_id(state));
		json_object_set_new(said, "missing", json_integer(sandbox_enter()));
	}
	if (answer(fd, said) || err.code) {
		if (state) engine->stop(state);
		state = NULL;
	}
out:
	buf_dispose(&body);
	return state;
}

static int judge_files(int fd, const struct worker_engine *engine, void *state, struct wire_request *w, const int *fds, size_t count) {
	if (!count || (count != WIRE_FDS && w->material_len)) return -1;
	int rc = -1;
	const unsigned char *document = wire_map(fds[0], w->document_len);
	const unsigned char *material = wire_map(count == WIRE_FDS ? fds[1] : -1, w->material_len);
	if (document && material) {
		wire_request_place(w, document, material);
		rc = answer(fd, engine->judge(state, &w->request, w->path));
	}
	wire_unmap(document, w->document_len);
	wire_unmap(material, w->material_len);
	return rc;
}

static int judge_place(int fd, const struct worker_engine *engine, void *state, struct wire_request *w, const unsigned char *window,
                       size_t place) {
	if (!window || place >= WINDOW_PLACES || w->document_len > WINDOW_PLACE_BYTES ||
	    w->material_len > WINDOW_PLACE_BYTES - w->document_len)
		return -1;
	const unsigned char *document = window + place * WINDOW_PLACE_BYTES;
	wire_request_place(w, document, document + w->document_len);
	return answer(fd, engine->judge(state, &w->request, w->path));
}

/* One document. 0, or -1 when this worker is of no more use. */
static int serve_one(int fd, const struct worker_engine *engine, void *state, const unsigned char *window, const struct buf *body,
                     const int *fds, size_t count) {
	struct wire_request w;
	struct record_reader r = record_reader_of(body->data, body->len);
	size_t place = record_get_u8(&r);
	int rc = -1;
	if (wire_get_request(&r, &w))
		rc = place == IN_FILES ? judge_files(fd, engine, state, &w, fds, count) : judge_place(fd, engine, state, &w, window, place);
	wire_request_dispose(&w);
	return rc;
}

int worker_serve(int fd, const struct worker_engine *engine) {
	/* The only random thing in a report's making, and drawn from a file where the kernel has no better: before the walls. */
	json_object_seed(0);
	const unsigned char *window = NULL;
	void *state = set_up(fd, engine, &window);
	if (!state) return 1;
	struct buf body = {0};
	int fds[WIRE_FDS], got, rc = 0;
	size_t fd_count;
	while (!rc && (got = wire_receive(fd, &body, LIMIT_REQUEST_BYTES, fds, &fd_count)) != 0) {
		rc = got < 0 ? -1 : serve_one(fd, engine, state, window, &body, fds, fd_count);
		for (size_t i = 0; i < fd_count; i++) close(fds[i]);
	}
	buf_dispose(&body);
	engine->stop(state);
	return rc ? 1 : 0;
}
