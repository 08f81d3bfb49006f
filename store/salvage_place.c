#include "store/salvage_place.h"

#include "store/fault.h"
#include "store/file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define STAGE "damaged/salvage"
#define STAGED STAGE "/journal"
#define STATE STAGE "/state"
#define STATE_BYTES 512

static bool is_there(int dir, const char *path) {
	return faccessat(dir, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* A name in damaged/ that nothing has. */
static void free_name(int dir, utime now, char name[static 64]) {
	char when[UTIME_TEXT_MAX];
	utime_text(now, when);
	for (int n = 1; n < 1000; n++) {
		snprintf(name, 64, "damaged/journal.%.20s.%d", when, n);
		if (!is_there(dir, name)) return;
	}
}

int salvage_stage(int dir, utime now, struct error *err) {
	char name[64];
	if (file_make_folder(dir, "damaged", err) < 0) return -1;
	if (is_there(dir, STAGE)) {
		free_name(dir, now, name);
		if (file_rename(dir, STAGE, name, err) < 0) return -1;
	}
	if (file_make_folder(dir, STAGE, err) < 0 || file_make_folder(dir, STAGED, err) < 0) return -1;
	if (file_sync_folder(dir, STAGE, err) < 0 || file_sync_folder(dir, "damaged", err) < 0 || file_sync_folder(dir, ".", err) < 0) return -1;
	int stage = openat(dir, STAGE, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return stage < 0 ? error_errno(err, STAGE) : stage;
}

int salvage_staged(int dir, const struct journal_head *head, utime now, struct salvage *result, struct error *err) {
	char text[STATE_BYTES], chain[SHA256_HEX];
	if (is_there(dir, "journal")) free_name(dir, now, result->aside);
	else *result->aside = 0;
	int len = snprintf(text, sizeof text, "%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %d %s %" PRIu64 " %s\n", result->events,
			   result->objects, result->damaged, result->lost_bytes, result->new_id, *result->aside ? result->aside : "-",
			   head->sequence, hex_encode(head->chain, SHA256_SIZE, chain));
	int fd = file_open(dir, STATE, O_WRONLY | O_CREAT | O_EXCL, err);
	if (fd < 0) return -1;
	int rc = file_write_at(fd, STATE, text, (size_t)len, 0, err) < 0 || file_sync(fd, STATE, err) < 0 ? -1 : 0;
	close(fd);
	return rc < 0 ? -1 : file_sync_folder(dir, STAGE, err);
}

/* 1 read, 0 not there or not whole. */
static int read_state(int dir, struct salvage *result, struct journal_head *head, struct error *err) {
	char text[STATE_BYTES], chain[SHA256_HEX + 1];
	int new_id = 0;
	if (!is_there(dir, STATE)) return 0;
	int fd = file_open(dir, STATE, O_RDONLY, err);
	if (fd < 0) return -1;
	ssize_t n = file_read_at(fd, STATE, text, sizeof text - 1, 0, err);
	close(fd);
	if (n < 0) return -1;
	text[n] = 0;
	*result = (struct salvage){0};
	*head = (struct journal_head){0};
	if (n == 0 || text[n - 1] != '\n' ||
	    sscanf(text, "%" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %d %63s %" SCNu64 " %64s", &result->events, &result->objects,
		   &result->damaged, &result->lost_bytes, &new_id, result->aside, &head->sequence, chain) != 8 ||
	    !hex_decode(chain, head->chain, SHA256_SIZE))
		return 0;
	result->new_id = new_id;
	if (!strcmp(result->aside, "-")) *result->aside = 0;
	return 1;
}

/* The journal in its place goes on from the staged one's end, or is it. */
static bool leads_to(int dir, const struct journal_head *head) {
	struct journal_reader reader;
	struct journal_head start = {0};
	struct event event;
	journal_reader_begin(&reader, dir, &start);
	while (reader.at.sequence < head->sequence && journal_reader_next(&reader, &event, NULL) == JOURNAL_EVENT) continue;
	bool same = head->sequence && reader.at.sequence == head->sequence && !memcmp(reader.at.chain, head->chain, SHA256_SIZE);
	journal_reader_end(&reader);
	return same;
}

int salvage_is_staged(int dir, struct salvage *result, struct error *err) {
	struct journal_head head;
	int rc = read_state(dir, result, &head, err);
	if (rc != 1) return rc;
	return is_there(dir, "journal") ? leads_to(dir, &head) : is_there(dir, STAGED);
}

/* Both at once where the file system can; else there is a moment without a journal, which salvage_is_staged knows. */
static int exchange(int dir, const char *aside, struct error *err) {
	if (!is_there(dir, "journal")) return file_rename(dir, STAGED, "journal", err);
	if (fault_hit()) return error_errno(err, "journal");
	if (renameat2(dir, STAGED, dir, "journal", RENAME_EXCHANGE) == 0) return 0;
	if (errno != EINVAL && errno != ENOSYS) return error_errno(err, "journal");
	if (file_rename(dir, "journal", aside, err) < 0) return -1;
	return file_rename(dir, STAGED, "journal", err);
}

int salvage_put_in_place(int dir, const struct salvage *result, struct error *err) {
	struct salvage own;
	struct journal_head head;
	int rc = read_state(dir, &own, &head, err);
	if (rc != 1) return rc < 0 ? -1 : error_set(err, ERROR_INTERNAL, STATE ": not there");
	if (!is_there(dir, "journal") || !leads_to(dir, &head)) {
		if (exchange(dir, result->aside, err) < 0) return -1;
		if (file_sync_folder(dir, STAGE, err) < 0 || file_sync_folder(dir, ".", err) < 0) return -1;
	}
	/* What stands there now is the old one. */
	if (is_there(dir, STAGED) && *result->aside && file_rename(dir, STAGED, result->aside, err) < 0) return -1;
	return file_sync_folder(dir, "damaged", err);
}

bool store_salvage_is_open(const char *directory) {
	struct salvage result;
	int dir = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool is = dir >= 0 && salvage_is_staged(dir, &result, NULL) == 1;
	if (dir >= 0) close(dir);
	return is;
}

int store_salvage_end(const char *directory, struct error *err) {
	int dir = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0) return error_errno(err, "%s", directory);
	int rc = file_remove(dir, STATE, err);
	if (!rc && (fault_hit() || unlinkat(dir, STAGE, AT_REMOVEDIR) < 0)) rc = errno == ENOENT ? 0 : error_errno(err, STAGE);
	if (!rc) rc = file_sync_folder(dir, "damaged", err);
	close(dir);
	return rc;
}
