#include "archiver/scrub_parts.h"

#include "base/io.h"
#include "base/mem.h"
#include "store/tar.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CANARY_PATH "work/canary.tar"
#define CANARY_ABSENT "work/canary-absent.tar"
#define ROWS 10

/* One member each, in this order; what must be found of the object that is expected there. */
static const struct {
	enum scrub_state state;
	size_t size;
	bool expected; /* the list of what must be there has it */
} rows[ROWS] = {
	{SCRUB_GOOD, 5000, true},        {SCRUB_DAMAGED, 4321, true},   {SCRUB_SUBSTITUTED, 777, true},
	{SCRUB_MISPLACED, 2000, true},   {SCRUB_MISPLACED, 2000, true}, {SCRUB_EXTRA, 1500, false},
	{SCRUB_GOOD, 1000, true} /* with a bit in its padding */,       {SCRUB_DAMAGED, 3000, true} /* with another's bytes at its end */,
	{SCRUB_DAMAGED, 9000, true} /* cut short */,                    {SCRUB_MISSING, 600, true} /* behind the end */,
};
enum { FLIPPED = 1, OTHER = 2, ONE = 3, TWO = 4, PADDED = 6, MIXED = 7, CUT = 8, BEHIND = 9 };

struct canaries {
	struct buf file;
	struct object_info infos[ROWS];
	struct buf contents[ROWS];
	enum scrub_state found[ROWS], absent[ROWS]; /* SCRUB_STATES: nothing was told */
	bool frame;
	enum scrub_state *told; /* of these two, the one that is being filled */
};

/* Bytes that nobody can know before the run: from its nonce. */
static void make_content(struct canaries *c, size_t row, const unsigned char nonce[static SCRUB_NONCE]) {
	unsigned char seed[SCRUB_NONCE + 2], block[SHA256_SIZE];
	memcpy(seed, nonce, SCRUB_NONCE);
	seed[SCRUB_NONCE] = (unsigned char)row;
	for (size_t left = rows[row].size, n; left; left -= n) {
		seed[SCRUB_NONCE + 1]++;
		sha256_bytes(seed, sizeof seed, block);
		n = left < sizeof block ? left : sizeof block;
		buf_add(&c->contents[row], block, n);
	}
	sha256_bytes(c->contents[row].data, c->contents[row].len, c->infos[row].id.sha256);
	c->infos[row].size = rows[row].size;
	c->infos[row].pack = 1;
}

static int add_member(struct canaries *c, const struct object_id *id, const struct buf *content, struct error *err) {
	static const unsigned char zeros[TAR_BLOCK];
	unsigned char header[TAR_HEADER_MAX];
	size_t len;
	if (tar_header(id, content->len, header, &len, err)) return -1;
	buf_add(&c->file, header, len);
	buf_add(&c->file, content->data, content->len);
	buf_add(&c->file, zeros, (size_t)(tar_padded(content->len) - content->len));
	return 0;
}

static int make_file(struct canaries *c, const unsigned char nonce[static SCRUB_NONCE], struct error *err) {
	for (size_t i = 0; i < ROWS; i++) make_content(c, i, nonce);
	for (size_t i = 0; i < ROWS; i++) {
		size_t from = i == ONE ? TWO : i == TWO ? ONE : i; /* these two stand in each other's place */
		struct object_id id = c->infos[from].id;
		struct buf content = c->contents[from];
		c->infos[i].offset = c->file.len + tar_header_size(content.len);
		if (i == OTHER) { /* another object of the same size, whole */
			content.data[0] ^= 0xff;
			sha256_bytes(content.data, content.len, id.sha256);
		}
		if (add_member(c, &id, &content, err)) return -1;
	}
	c->file.data[c->infos[FLIPPED].offset + 1234] ^= 16;
	c->file.data[c->infos[PADDED].offset + c->infos[PADDED].size + 3] ^= 1;
	memcpy(c->file.data + c->infos[MIXED].offset + 2500, c->contents[0].data, 500);
	c->file.len = (size_t)c->infos[CUT].offset + 4500;
	return 0;
}

static int write_file(struct canaries *c, int dir, struct error *err) {
	unlinkat(dir, CANARY_PATH, 0);
	unlinkat(dir, CANARY_ABSENT, 0);
	int fd = openat(dir, CANARY_PATH, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0) return error_errno(err, CANARY_PATH);
	/* Only what was synced can be dropped from the page cache. */
	if (io_write(fd, c->file.data, c->file.len) || fdatasync(fd)) error_errno(err, CANARY_PATH);
	close(fd);
	return err->code ? -1 : 0;
}

static size_t expect(void *user, uint64_t offset, struct object_info *out, size_t max, struct error *err) {
	const struct canaries *c = user;
	size_t n = 0;
	(void)err;
	for (size_t i = 0; i < ROWS && n < max; i++)
		if (rows[i].expected && c->infos[i].offset > offset) out[n++] = c->infos[i];
	return n;
}

static int gather(void *user, const struct scrub_found *found, struct error *err) {
	struct canaries *c = user;
	(void)err;
	for (size_t i = 0; i < ROWS; i++)
		if (object_id_equal(&found->info.id, &c->infos[i].id)) c->told[i] = found->state;
	if (found->state == SCRUB_FRAME && found->info.offset + TAR_BLOCK == c->infos[PADDED].offset) c->frame = true;
	return 0;
}

struct listening {
	struct canaries *c;
	struct scrub_sort *sort;
};

static int listen(void *user, const struct scrub_found *found, struct error *err) {
	struct listening *l = user;
	if (found->state == SCRUB_GOOD) return gather(l->c, found, err);
	scrub_sort_add(l->sort, found);
	return 0;
}

/* The very code that reads the archive: only the list of what must be there is ours. */
static int read_file(struct canaries *c, int dir, const struct scrub_options *options, const char *path, enum scrub_state *told,
		     struct error *err) {
	struct scrub_options own = *options;
	struct scrub_stretch stretch;
	struct listening l = {c, scrub_sort_new()};
	const struct scrub_source source = {.dir = dir, .path = path, .pack = 1, .length = c->infos[BEHIND].offset + 1024,
					    .ended = true, .expect = expect, .user = c};
	own.tell = listen;
	own.user = &l;
	own.budget = own.rate = 0;
	own.until = 0;
	c->told = told;
	struct scrubber *scrubber = scrubber_new(&own);
	int rc = scrubber_read(scrubber, &source, 0, &stretch, err);
	if (!rc) rc = scrub_sort_each(l.sort, gather, c, err);
	scrubber_free(scrubber);
	scrub_sort_free(l.sort);
	return rc;
}

static void count(const struct canaries *c, uint64_t *planted, uint64_t *caught) {
	for (size_t i = 0; i < ROWS; i++) {
		++*planted;
		*caught += c->found[i] == rows[i].state;
		if (!rows[i].expected) continue;
		++*planted;
		*caught += c->absent[i] == SCRUB_MISSING;
	}
	++*planted;
	*caught += c->frame;
}

int scrub_canaries(struct app *app, const struct scrub_options *options, uint64_t *planted, uint64_t *caught, struct error *err) {
	struct canaries c = {.frame = false};
	int rc = -1, dir = open(app->archive, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; i < ROWS; i++) c.found[i] = c.absent[i] = SCRUB_STATES;
	*planted = *caught = 0;
	if (dir < 0) return error_errno(err, "%s", app->archive);
	if (make_file(&c, options->nonce, err) || write_file(&c, dir, err)) goto out;
	if (read_file(&c, dir, options, CANARY_PATH, c.found, err) || read_file(&c, dir, options, CANARY_ABSENT, c.absent, err)) goto out;
	count(&c, planted, caught);
	rc = 0;
out:
	unlinkat(dir, CANARY_PATH, 0);
	close(dir);
	buf_dispose(&c.file);
	for (size_t i = 0; i < ROWS; i++) buf_dispose(&c.contents[i]);
	return rc;
}
