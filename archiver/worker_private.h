/* The wire between the program and its workers, and the seams that tests use. Nobody else includes this.
 *
 * One message is a 32 bit length and that many bytes; descriptors travel with its first byte. Requests and answers are
 * records (base/record.h), an answer that of a JSON value. Documents and evidence are never in the message. Small ones lie in the
 * worker's window: memory that was mapped for writing once, by the program, then sealed against any other writer, and stays mapped,
 * so that nothing has to be made and taken away for each document. Large ones are in a sealed memory file of their own, which nobody
 * can change. The program leaves a place of the window alone until the answer about what lies there has come. */
#ifndef LTVAULT_ARCHIVER_WORKER_PRIVATE_H
#define LTVAULT_ARCHIVER_WORKER_PRIVATE_H

#include "archiver/worker.h"
#include "base/mem.h"
#include "base/record.h"

#include <sys/types.h>
#include <time.h>

#define WORKER_FD 3 /* the worker's end of the socket pair */
#define WIRE_FDS 2  /* descriptors in one message: the document, and everything else if there is anything; or trust, and the window */
#define WINDOW_PLACES 2                  /* a document is judged while the next one waits */
#define WINDOW_PLACE_BYTES (512UL << 10) /* a document and its evidence; nearly all fit */
#define WINDOW_BYTES (WINDOW_PLACES * WINDOW_PLACE_BYTES)
#define IN_FILES WINDOW_PLACES           /* instead of a place: in memory files */

/* Writes one message; blocks. 0, or -1 with errno. */
int wire_send(int fd, const struct buf *body, const int *fds, size_t fd_count);
/* Reads one message into body (emptied first); blocks. 1, 0 at the orderly end, -1 when broken or above max. */
int wire_receive(int fd, struct buf *body, size_t max, int fds[static WIRE_FDS], size_t *fd_count);
/* Adds what has come to `in`, without blocking and not more than the first message needs if that is whole already. 1 when it is whole, 0
 * when not yet, -1 when the other side is gone or sends more than max. */
int wire_read_some(int fd, struct buf *in, size_t max);
struct record_reader wire_first(const struct buf *in); /* the body of the first message, which is whole */
void wire_drop_first(struct buf *in);
/* A sealed memory file holding the pieces one after another; -1 with errno. */
int wire_memory_file(const char *name, const struct val_blob *pieces, size_t count);
/* Maps a received memory file of exactly len bytes; NULL when it cannot be. len 0 gives a valid empty place. */
const unsigned char *wire_map(int fd, size_t len);
void wire_unmap(const unsigned char *data, size_t len);

/* The program's side of a window, filled with zeros; the descriptor, or -1 where the kernel cannot seal it like that. */
int wire_window_make(unsigned char **at);
/* The worker's side of it; NULL when it cannot be had. */
const unsigned char *wire_window_map(int fd);

/* A JSON value as a record. False when it is deeper than LIMIT_REPORT_DEPTH, or longer, as a record or as text, than
 * LIMIT_REPORT_BYTES. */
bool wire_put_json(struct buf *b, const json_t *json);
/* All of the record; NULL when it is no such value: what comes from a worker may be anything. */
json_t *wire_get_json(struct record_reader *r);

/* A request as a record; document and other blobs go apart, in this order: evidence, data. */
void wire_put_request(struct buf *b, const struct val_request *request, bool path);
struct wire_request {
	struct val_request request;
	bool path;
	size_t document_len, material_len; /* of the two memory files */
	struct val_blob *blobs;            /* evidence and data; filled in by wire_request_place */
	char **texts;                      /* digests, policies, bases */
	size_t text_count, text_cap;
	struct val_proof *proofs;
	char *password;                    /* wiped when disposed of */
	struct val_extend extend;          /* when the request asks for it */
};
/* false when it is not one. wire_request_dispose in any case. */
bool wire_get_request(struct record_reader *r, struct wire_request *out);
void wire_request_place(struct wire_request *w, const unsigned char *document, const unsigned char *material);
void wire_request_dispose(struct wire_request *w);

/* What a worker does with a document; tests put other engines behind the same walls. */
struct worker_engine {
	void *(*start)(const char *policy, size_t policy_len, struct error *err); /* policy NULL: the built-in one */
	int (*trust)(void *state, const unsigned char *data, size_t len);         /* anchors added */
	json_t *(*policy_id)(const void *state);
	json_t *(*judge)(void *state, const struct val_request *request, bool path);
	void (*stop)(void *state);
};
int worker_serve(int fd, const struct worker_engine *engine); /* an exit status */

/* The parent's view of one process. */
struct worker {
	pid_t pid; /* 0: none */
	int fd;
	struct worker_job *job; /* NULL: idle */
	struct worker_job *next; /* NULL, or what it has been given already for afterwards, in the other place of the window */
	bool followed;          /* the job had been given to it while it was at another one */
	unsigned char *window;  /* NULL: all it gets are memory files */
	size_t place;           /* of the window, where the job is; or IN_FILES */
	struct buf in;          /* of the answer so far */
	int64_t deadline;       /* of the job, in milliseconds of the monotonic clock */
	clockid_t clock;        /* of its processor time; 0: not known */
	uint64_t armed;         /* seconds of processor time after which it ends; 0: not said yet */
	unsigned armed_jobs;    /* as many jobs may take their time until then */
};
/* This program anew with WORKER_ARGUMENT, and its first message. 0, or -1 with nothing left behind. */
int worker_spawn(struct worker *w, const struct buf *first, int material, struct error *err);
/* Ends the process, whatever it does, and tells how it ended (as waitpid does). */
int worker_reap(struct worker *w);

struct worker_bounds {
	unsigned cpu_seconds;       /* processor time for one document */
	unsigned wall_milliseconds; /* time for one document */
};
struct workers *workers_start_bounded(const struct workers_options *options, const struct worker_bounds *bounds,
                                      struct error *err);

#endif
