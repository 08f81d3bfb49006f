/* A new archive directory for each test, and the few steps every test of the store takes. */
#ifndef LTVAULT_TESTS_STORE_FIXTURE_H
#define LTVAULT_TESTS_STORE_FIXTURE_H

#include "base/mem.h"
#include "store/private.h"

#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define NOW (INT64_C(1795312800) * UTIME_SECOND) /* 2026-11-22T02:00:00Z */

static char directory[256];

static inline char *in_archive(const char *name) { /* one at a time */
	static char path[512];
	snprintf(path, sizeof path, "%s/%s", directory, name);
	return path;
}

__attribute__((format(printf, 1, 2))) static inline void shell(const char *format, ...) {
	va_list args;
	va_start(args, format);
	char *command = xvasprintf(format, args);
	va_end(args);
	if (system(command) != 0) fail_msg("%s", command);
	free(command);
}

static inline int make_directory(void **state) {
	(void)state;
	const char *base = getenv("TMPDIR");
	if (!base) base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"; /* thousands of syncs of nothing */
	snprintf(directory, sizeof directory, "%s/ltvault-store-XXXXXX", base);
	digest_init();
	return mkdtemp(directory) ? 0 : -1;
}

static inline int remove_one(const char *path, const struct stat *st, int kind, struct FTW *place) {
	(void)st;
	(void)kind;
	(void)place;
	return remove(path);
}

static inline int remove_directory(void **state) {
	(void)state;
	return nftw(directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

#define fine(call)                                                                                                     \
	do {                                                                                                           \
		struct error oops_ = {0}, *oops = &oops_;                                                              \
		if ((call) < 0) fail_msg("%s: %s", #call, oops->text);                                                 \
	} while (0)

static inline struct store *open_store(enum store_mode mode) {
	struct error err = {0};
	struct store *store = store_open(directory, mode, "test", NOW, &err);
	if (!store) fail_msg("store_open: %s", err.text);
	return store;
}

static inline struct store *create_store(void) {
	fine(store_create(directory, NOW, oops));
	return open_store(STORE_WRITE);
}

/* The same bytes for the same seed. */
static inline unsigned char *sample(unsigned seed, size_t len) {
	unsigned char *data = xmalloc(len + 1);
	uint64_t x = seed * UINT64_C(0x9E3779B97F4A7C15) + 1;
	for (size_t i = 0; i < len; i += sizeof x) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		memcpy(data + i, &x, len - i < sizeof x ? len - i : sizeof x);
	}
	return data;
}

static inline struct object_id put_sample(struct batch *batch, unsigned seed, size_t len) {
	struct object_id id;
	unsigned char *data = sample(seed, len);
	batch_put(batch, OBJECT_DOCUMENT, data, len, &id, NULL);
	free(data);
	return id;
}

static inline uint64_t add_sample_record(struct batch *batch, const struct object_id *id, size_t len) {
	struct record_row row = {.original = *id,
				 .size = len,
				 .name = (char *)"a.pdf",
				 .source = (char *)"spool",
				 .actor = (char *)"clerk",
				 .taken_in = NOW,
				 .state = RECORD_PENDING,
				 .due = NOW + UTIME_DAY};
	uint64_t number;
	batch_add_record(batch, &row, &number);
	return number;
}

static inline void assert_object(struct store *store, const struct object_id *id, enum object_state expected) {
	struct error err = {0};
	enum object_state state = store_stream(store, id, false, NULL, NULL, &err);
	if (state != expected)
		fail_msg("object is %s, not %s: %s", object_state_name(state), object_state_name(expected), err.text);
}

static inline char *dump(struct store *store) {
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	fine(store_dump(store, out, oops));
	fclose(out);
	return text;
}

static inline void print_problem(void *user, const char *text) {
	(void)user;
	print_message("fsck: %s\n", text);
}

static inline void assert_consistent(struct store *store) {
	struct fsck_counts counts;
	struct error err = {0};
	int problems = store_fsck(store, true, print_problem, NULL, &counts, &err);
	if (problems) fail_msg("%d problems: %s", problems, err.text);
}

#endif
