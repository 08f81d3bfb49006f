#include "archiver/drill_compare.h"

#include "base/digest.h"
#include "base/io.h"
#include "base/mem.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FAILURES_TOLD 20
#define FILE_NAME "object"

void drill_failure(struct drill_work *work, uint64_t number, const char *what) {
	if (work->failure_count++ < FAILURES_TOLD)
		json_array_append_new(work->failures, json_pack("{s:I,s:s}", "record", (json_int_t)number, "what", what));
}

static int write_out(void *user, const unsigned char *data, size_t len, struct error *err) {
	return io_write(*(int *)user, data, len) ? error_errno(err, "scratch space") : 0;
}

/* The restored file, read again from the disk it was written to. */
static int read_again(struct drill_work *work, int fd, unsigned char sha256[static DIGEST_MAX], unsigned char sha512[static DIGEST_MAX],
                      struct error *err) {
	static unsigned char chunk[1 << 16];
	struct digest_ctx *first = digest_new(DIGEST_SHA256), *second = digest_new(DIGEST_SHA512);
	ssize_t n = -1;
	if (fsync(fd) || lseek(fd, 0, SEEK_SET) < 0) error_errno(err, "scratch space");
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	while (!err->code && (n = io_read(fd, chunk, sizeof chunk)) != 0) {
		if (n < 0) {
			error_errno(err, "scratch space");
			break;
		}
		digest_update(first, chunk, (size_t)n);
		digest_update(second, chunk, (size_t)n);
		work->bytes += (uint64_t)n;
	}
	digest_final(first, sha256);
	digest_final(second, sha512);
	digest_free(first);
	digest_free(second);
	return err->code ? -1 : 0;
}

/* Restores one object; false when the medium does not give it, or scratch gives back something else. */
static bool restore_object(struct drill_work *work, const struct object_id *id, unsigned char sha512[static DIGEST_MAX], struct error *err) {
	unsigned char sha256[DIGEST_MAX];
	if (place_remove(&work->scratch, FILE_NAME, false, err)) return false;
	int fd = place_open_file(&work->scratch, FILE_NAME, O_RDWR | O_CREAT | O_EXCL, err);
	if (fd < 0) return false;
	struct error own = {0};
	enum object_state state = store_stream(work->from, id, true, write_out, &fd, &own);
	bool good = state == OBJECT_PRESENT;
	/* A medium that cannot be read is what the drill is to find out; scratch space that is full is not. */
	if (own.code == ERROR_NO_SPACE) error_set(err, own.code, "%s", own.text);
	if (good) good = !read_again(work, fd, sha256, sha512, err) && !memcmp(sha256, id->sha256, SHA256_SIZE);
	close(fd);
	place_remove(&work->scratch, FILE_NAME, false, err);
	return good;
}

static bool restore_checked(struct drill_work *work, uint64_t number, const struct object_id *id, const char *what, struct error *err) {
	unsigned char ignored[DIGEST_MAX];
	bool good = object_id_is_zero(id) || restore_object(work, id, ignored, err);
	if (!good && !err->code) drill_failure(work, number, what);
	return good;
}

/* The medium may be older than the archive: each version that it has must be the archive's at the same place. */
static int metadata(struct drill_work *work, uint64_t number, uint32_t count, struct error *err) {
	for (uint32_t i = 0; i < count; i++) {
		struct metadata_row there = {0}, here = {0};
		if (records_metadata(work->from, number, i, &there, err) < 0 || records_metadata(work->archive, number, i, &here, err) < 0) return -1;
		if (memcmp(&there.metadata, &here.metadata, sizeof here.metadata)) drill_failure(work, number, "metadata differs");
		restore_checked(work, number, &there.metadata, "metadata is missing or damaged", err);
		if (err->code) return -1;
	}
	return 0;
}

static int verdicts(struct drill_work *work, uint64_t number, uint32_t count, struct error *err) {
	for (uint32_t i = 0; i < count && !err->code; i++) {
		struct verdict_row there = {0}, here = {0};
		if (records_verdict(work->from, number, i, &there, err) >= 0 && records_verdict(work->archive, number, i, &here, err) >= 0) {
			if (!here.indication || !there.indication || memcmp(&there.report, &here.report, sizeof here.report) ||
			    strcmp(there.indication, here.indication) || strcmp(there.sub_indication, here.sub_indication))
				drill_failure(work, number, "the verdict differs");
			restore_checked(work, number, &there.report, "a verdict's report is missing or damaged", err);
		}
		verdict_row_dispose(&there);
		verdict_row_dispose(&here);
	}
	return err->code ? -1 : 0;
}

static int evidence(struct drill_work *work, uint64_t number, struct error *err) {
	struct object_id ids[64], last;
	bool first = true;
	int count;
	while ((count = records_evidence(work->from, number, first ? NULL : &last, ids, ARRAY_LEN(ids), err)) > 0) {
		for (int i = 0; i < count; i++)
			if (!restore_checked(work, number, &ids[i], "evidence is missing or damaged", err) && err->code) return -1;
		last = ids[count - 1];
		first = false;
	}
	return count;
}

int drill_record(struct drill_work *work, uint64_t number, struct error *err) {
	struct record_row there = {0}, here = {0};
	unsigned char sha512[DIGEST_MAX];
	int rc = -1, found = records_get(work->from, number, &there, err), own = records_get(work->archive, number, &here, err);
	if (found < 0 || own < 0) goto out;
	if (!found || !own || memcmp(&there.original, &here.original, sizeof here.original) || there.size != here.size) {
		drill_failure(work, number, "the record is another one, or missing");
		rc = 0;
		goto out;
	}
	bool good = restore_object(work, &there.original, sha512, err);
	if (err->code) goto out;
	if (!good) drill_failure(work, number, "the document is missing or damaged");
	else if (memcmp(sha512, here.sha512, sizeof here.sha512)) drill_failure(work, number, "the document has another SHA-512");
	rc = metadata(work, number, there.metadata_versions, err) || verdicts(work, number, there.verdicts, err) || evidence(work, number, err) ? -1 : 0;
out:
	record_row_dispose(&there);
	record_row_dispose(&here);
	return rc;
}
