#include "archiver/intake.h"

#include "archiver/intake_digest.h"
#include "archiver/intake_finding.h"
#include "archiver/intake_pair.h"
#include "archiver/sidecar.h"
#include "archiver/spool.h"
#include "base/io.h"
#include "base/limits.h"
#include "base/mem.h"
#include "store/records.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>


struct intake_fresh {
	uint64_t number;
	struct object_id metadata;
};

const char *intake_outcome_name(enum intake_outcome outcome) {
	static const char *const names[] = {"taken-in", "received-again", "resumed", "refused", "failed", "left"};
	return names[outcome];
}

void intake_item_dispose(struct intake_item *item) {
	free(item->path);
	free(item->sidecar);
	free(item->message);
	metadata_dispose(&item->metadata);
	json_decref(item->findings);
	*item = (struct intake_item){0};
}

/* Who runs the program, as far as the system knows. */
static char *actor_name(void) {
	const struct passwd *user = getpwuid(getuid());
	return user ? xstrdup(user->pw_name) : xasprintf("uid %lu", (unsigned long)getuid());
}

void intake_begin(struct intake *in, struct app *app) {
	*in = (struct intake){.app = app,
			      .actor = actor_name(),
			      .sha512 = intake_digest_new()};
}

void intake_next_batch(struct intake *in, struct batch *batch) {
	in->batch = batch;
	in->fresh_count = 0;
	in->unhashed_count = 0;
	intake_digest_forget(in->sha512);
}

void intake_end_batch(struct intake *in) {
	intake_digest_wait(in->sha512);
	for (size_t i = 0; i < in->unhashed_count; i++)
		batch_set_sha512(in->batch, in->unhashed[i].number, intake_digest_result(in->sha512, in->unhashed[i].result));
	in->unhashed_count = 0;
}

void intake_end(struct intake *in) {
	free(in->actor);
	intake_digest_free(in->sha512);
	free(in->unhashed);
	free(in->fresh);
	*in = (struct intake){0};
}

/* ---- how a file ends without its bytes ---- */

/* Returns 1: the document ended here. */
static int end_as(struct intake_item *item, enum intake_outcome outcome, const char *text) {
	item->outcome = outcome;
	free(item->message);
	item->message = spool_printable(text);
	return 1;
}

/* Returns 1: the document ended here. */
static int refuse(struct intake_item *item, json_t *finding) {
	item->outcome = INTAKE_REFUSED;
	if (!item->findings) item->findings = json_array();
	json_array_append_new(item->findings, finding);
	return 1;
}

/* A clock that went back must not keep a file waiting for ever: a day ahead counts as old. */
static bool still_young(const struct intake *in, const struct intake_item *item, utime changed) {
	utime now = in->app->now, settle = conf_duration(in->app->conf, CONF_ingest_settle);
	return item->relative && settle && !in->app->at_given && changed > now - settle && changed < now + UTIME_DAY;
}

static utime changed_at(const struct stat *st) {
	return st->st_mtim.tv_sec * UTIME_SECOND + st->st_mtim.tv_nsec / 1000;
}

static struct intake_identity identity_of(const struct stat *st) {
	return (struct intake_identity){st->st_ino,
					(uint64_t)st->st_mtim.tv_sec * 1000000000 + (uint64_t)st->st_mtim.tv_nsec,
					(uint64_t)st->st_size};
}

static bool same_identity(struct intake_identity a, struct intake_identity b) {
	return a.inode == b.inode && a.mtime == b.mtime && a.size == b.size;
}

/* ---- before a byte is read ---- */

/* 0 with the file open, 1 when the file ended here. */
static int open_file(struct intake *in, struct intake_item *item, int *fd, struct stat *st) {
	struct error why = {0};
	*fd = open(item->path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (*fd < 0 && errno == ELOOP) return end_as(item, INTAKE_LEFT, "a symbolic link is not followed");
	if (*fd < 0 && (errno == ENXIO || errno == ENODEV)) return end_as(item, INTAKE_LEFT, "not a file");
	if (*fd < 0) {
		const char *what = errno == ENOENT ? "vanished before it was read" : strerrordesc_np(errno);
		return end_as(item, INTAKE_FAILED, what);
	}
	if (fstat(*fd, st)) return error_errno(&why, "could not be looked at"), end_as(item, INTAKE_FAILED, why.text);
	if (!S_ISREG(st->st_mode)) return end_as(item, INTAKE_LEFT, "not a file");
	item->identity = identity_of(st);
	if (still_young(in, item, changed_at(st)))
		return end_as(item, INTAKE_LEFT, "still being written, left for the next run");
	return 0;
}

/* Reads the sidecar; 1 when the document ended here. The secrecy level is settled before anything else. */
static int take_sidecar(struct intake *in, struct intake_item *item) {
	struct error reason = {0};
	struct stat st;
	json_t *object = NULL;
	item->sidecar = sidecar_find(item->path);
	if (!item->sidecar) return 0;
	if (lstat(item->sidecar, &st) == 0 && still_young(in, item, changed_at(&st)))
		return end_as(item, INTAKE_LEFT, "its sidecar is still being written, left for the next run");
	int rc = sidecar_read(item->sidecar, &object, &reason);
	if (rc < 0) return end_as(item, INTAKE_FAILED, reason.text);
	if (!rc) rc = metadata_check(object, &item->metadata, &reason) ? 1 : 0;
	json_decref(object);
	if (item->metadata.secrecy)
		return refuse(item, archive_finding_json(ARCHIVE_FINDING_SECRET_DOCUMENT, item->metadata.secrecy));
	return rc ? refuse(item, archive_finding_json(ARCHIVE_FINDING_METADATA_UNUSABLE, reason.text)) : 0;
}

/* A signature waits for what it signs; 1 when it ended here. */
static int wait_for_content(struct intake *in, struct intake_item *item) {
	char *content = item->relative ? intake_pair_path(item) : NULL;
	struct stat st;
	bool young = content && lstat(content, &st) == 0 && still_young(in, item, changed_at(&st));
	free(content);
	return young ? end_as(item, INTAKE_LEFT, "what it signs is still being written, left for the next run") : 0;
}

/* ---- the bytes ---- */

/* Reads the whole file into the object; 0, or -1 with `why` when it cannot be read or is longer than it was. */
static int copy(struct intake *in, int fd, uint64_t size, struct object_stream *out, struct error *why) {
	uint64_t seen = 0;
	for (;;) {
		unsigned char *piece = intake_digest_buffer(in->sha512);
		ssize_t n = io_read(fd, piece, INTAKE_PIECE);
		if (n < 0) return error_errno(why, "could not be read");
		if (!n && seen == size) return 0;
		seen += (uint64_t)n;
		if (!n || seen > size) return error_set(why, ERROR_INPUT, "changed while it was read");
		/* Written first: once handed over, the piece may be given out again. */
		batch_stream_write(out, piece, (size_t)n);
		intake_digest_add(in->sha512, (size_t)n);
	}
}

/* 0 with id and the number of the result for SHA-512; 1 when this file cannot be read whole; -1 when the batch failed. */
static int stream(struct intake *in, struct intake_item *item, int fd, uint64_t size, size_t *sha512, struct error *err) {
	struct object_stream *out = batch_stream_begin(in->batch, OBJECT_DOCUMENT, size);
	struct stat st;
	struct error why = {0};
	int rc = copy(in, fd, size, out, &why);
	*sha512 = intake_digest_end(in->sha512);
	if (!rc && (fstat(fd, &st) || !same_identity(identity_of(&st), item->identity)))
		rc = error_set(&why, ERROR_INPUT, "changed while it was read");
	if (!rc) return batch_stream_end(out, &item->id, NULL, err);
	batch_stream_abort(out);
	return end_as(item, INTAKE_FAILED, why.text);
}

/* ---- the record ---- */

static char *name_of(const struct intake_item *item) {
	const char *slash = strrchr(item->path, '/');
	return xstrdup(slash ? slash + 1 : item->path);
}

static char *source_of(const struct intake_item *item) {
	const char *slash = strrchr(item->path, '/');
	if (item->relative) return xstrdup("spool");
	return slash ? xstrndup(item->path, slash == item->path ? 1 : (size_t)(slash - item->path)) : xstrdup(".");
}

static bool was_taken(const struct intake *in, const struct intake_item *item) {
	for (size_t i = 0; i < in->taken_count; i++)
		if (in->taken[i].number == item->number && same_identity(in->taken[i].identity, item->identity))
			return true;
	return false;
}

static void remember(struct intake *in, uint64_t number, const struct object_id *metadata) {
	ARRAY_GROW(in->fresh, in->fresh_count, in->fresh_cap);
	in->fresh[in->fresh_count++] = (struct intake_fresh){number, *metadata};
}

/* The newest metadata of a record, with what this batch adds. */
static int newest_metadata(const struct intake *in, uint64_t number, struct object_id *id, struct error *err) {
	struct record_row row = {0};
	for (size_t i = in->fresh_count; i-- > 0;)
		if (in->fresh[i].number == number) return *id = in->fresh[i].metadata, 0;
	int found = records_get(in->app->store, number, &row, err);
	*id = found > 0 ? row.metadata : (struct object_id){0};
	record_row_dispose(&row);
	return found < 0 ? -1 : 0;
}

static int put_metadata(struct intake *in, const struct intake_item *item, struct object_id *id) {
	*id = (struct object_id){0};
	if (!item->metadata.text) return 0;
	return batch_put(in->batch, OBJECT_METADATA, item->metadata.text, strlen(item->metadata.text), id, NULL);
}

static void add_record(struct intake *in, struct intake_item *item, uint64_t size, size_t sha512,
		       const struct object_id *metadata) {
	char *name = name_of(item), *source = source_of(item);
	struct record_row row = {.original = item->id,
				 .size = size,
				 .name = name,
				 .source = source,
				 .actor = in->actor,
				 .taken_in = in->app->now,
				 .state = RECORD_PENDING,
				 .state_reason = (char[]){""},
				 .metadata = *metadata,
				 .due = in->app->now,
				 .verified = UTIME_NONE,
				 .natural_key = item->metadata.natural_key ? item->metadata.natural_key : (char[]){""}};
	batch_add_record(in->batch, &row, &item->number);
	ARRAY_GROW(in->unhashed, in->unhashed_count, in->unhashed_cap);
	in->unhashed[in->unhashed_count++] = (struct intake_unhashed){item->number, sha512};
	if (item->metadata.text) remember(in, item->number, metadata);
	item->outcome = INTAKE_TAKEN;
	free(name);
	free(source);
}

static int add_receipt(struct intake *in, struct intake_item *item, const struct object_id *newest,
		       const struct object_id *metadata) {
	item->outcome = was_taken(in, item) ? INTAKE_RESUMED : INTAKE_AGAIN;
	if (item->outcome == INTAKE_AGAIN) {
		char *name = name_of(item), *source = source_of(item);
		const struct receipt_row receipt = {in->app->now, name, source, in->actor};
		batch_add_receipt(in->batch, item->number, &receipt);
		free(name);
		free(source);
	}
	if (!item->metadata.text) return 0;
	if (object_id_equal(newest, metadata)) return 0;
	batch_add_metadata(in->batch, item->number, metadata, item->metadata.natural_key);
	item->newer_metadata = true;
	remember(in, item->number, metadata);
	return 0;
}

static int record(struct intake *in, struct intake_item *item, uint64_t size, size_t sha512, struct error *err) {
	struct object_id metadata, newest = {0};
	int there = batch_record_of(in->batch, &item->id, &item->number, err);
	if (there < 0 || (there && newest_metadata(in, item->number, &newest, err))) return -1;
	if (intake_pair(in, item, there, &newest, err)) return -1;
	if (put_metadata(in, item, &metadata)) return 0; /* sticks to the batch, told by its commit */
	if (there) return add_receipt(in, item, &newest, &metadata);
	add_record(in, item, size, sha512, &metadata);
	return 0;
}

int intake_take(struct intake *in, struct intake_item *item, struct error *err) {
	size_t sha512 = 0;
	struct stat st;
	int fd, rc = open_file(in, item, &fd, &st);
	if (!rc) rc = take_sidecar(in, item);
	if (!rc) rc = wait_for_content(in, item);
	if (!rc && !st.st_size) rc = refuse(item, validator_finding_json(FINDING_EMPTY_FILE, ""));
	if (!rc && (uint64_t)st.st_size > LIMIT_DOCUMENT_BYTES)
		rc = refuse(item, validator_finding_json(FINDING_DOCUMENT_TOO_LARGE, ""));
	if (!rc) rc = stream(in, item, fd, (uint64_t)st.st_size, &sha512, err);
	if (!rc) rc = record(in, item, (uint64_t)st.st_size, sha512, err);
	if (fd >= 0) close(fd);
	return rc < 0 ? -1 : 0;
}
