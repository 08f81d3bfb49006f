#include "archiver/bag_package.h"

#include "archiver/medium_place.h"
#include "base/limits.h"
#include "base/mem.h"

#include <archive.h>
#include <archive_entry.h>
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct package {
	enum package_format format;
	char *out, *temporary, *top;
	utime mtime;
	uint64_t left; /* of the file that is open */
	/* folder */
	int folder, file;
	/* tar, zip, images */
	struct archive *archive;
	int fd;
	bool image;
};

static int archive_failed(struct package *p, struct error *err) {
	int code = archive_errno(p->archive);
	const char *text = code > 0 ? strerrordesc_np(code) : NULL; /* libarchive's own says only "Write error" */
	if (!text) text = archive_error_string(p->archive);
	return error_set(err, code == ENOSPC || code == EDQUOT ? ERROR_NO_SPACE : ERROR_IO, "%s: %s", p->out,
			 text ? text : "could not be written");
}

/* Names are UTF-8 whatever the locale is. Signed files hardly shrink, and a member that lies in the zip as it is can be recovered
 * from a damaged one. */
static int set_format(struct package *p, const char *volume) {
	struct archive *a = p->archive;
	if (p->format == PACKAGE_DISC) {
		char *options = xasprintf("iso9660:iso-level=3,iso9660:volume-id=%s", volume);
		int rc = archive_write_set_format_iso9660(a);
		if (rc == ARCHIVE_OK) rc = archive_write_set_options(a, options);
		free(options);
		return rc;
	}
	int rc = p->format == PACKAGE_ZIP ? archive_write_set_format_zip(a) : archive_write_set_format_pax_restricted(a);
	if (rc == ARCHIVE_OK) rc = archive_write_set_options(a, "hdrcharset=UTF-8");
	if (rc == ARCHIVE_OK && p->format == PACKAGE_ZIP) rc = archive_write_set_options(a, "zip:compression=store");
	return rc;
}

static int open_archive(struct package *p, const char *volume, struct error *err) {
	p->fd = open(p->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	if (p->fd < 0) return error_errno(err, "%s", p->temporary);
	p->archive = archive_write_new();
	if (!p->archive) abort();
	int rc = set_format(p, volume);
	if (rc == ARCHIVE_OK) rc = archive_write_set_bytes_per_block(p->archive, PACKAGE_TAPE_BLOCK);
	if (rc == ARCHIVE_OK) rc = archive_write_set_bytes_in_last_block(p->archive, p->format == PACKAGE_TAPE ? PACKAGE_TAPE_BLOCK : 1);
	if (rc == ARCHIVE_OK) rc = archive_write_open_fd(p->archive, p->fd);
	return rc == ARCHIVE_OK ? 0 : archive_failed(p, err);
}

static int open_folder(struct package *p, struct error *err) {
	if (mkdir(p->temporary, 0750)) return error_errno(err, "%s", p->temporary);
	p->folder = open(p->temporary, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return p->folder < 0 ? error_errno(err, "%s", p->temporary) : 0;
}

static struct package *start(const char *out, enum package_format format, const char *top, const char *volume, utime mtime, struct error *err) {
	struct stat st;
	if (!lstat(out, &st)) {
		error_set(err, ERROR_EXISTS, "%s: there already", out);
		return NULL;
	}
	struct package *p = xcalloc(1, sizeof *p);
	*p = (struct package){.format = format,
			      .out = xstrdup(out),
			      .temporary = xasprintf("%s" PACKAGE_PART "%ld", out, (long)getpid()),
			      .top = xstrdup(top),
			      .mtime = mtime,
			      .folder = -1,
			      .file = -1,
			      .fd = -1,
			      .image = format == PACKAGE_DISC || format == PACKAGE_TAPE};
	if (format == PACKAGE_FOLDER ? open_folder(p, err) : open_archive(p, volume, err)) {
		package_abort(p);
		return NULL;
	}
	return p;
}

struct package *package_open(const char *out, enum package_format format, const char *top, utime mtime,
			     struct error *err) {
	return start(out, format, top, "", mtime, err);
}

static char *parent_of(const char *out) {
	const char *slash = strrchr(out, '/');
	return slash ? xstrndup(out, slash == out ? 1 : (size_t)(slash - out)) : xstrdup(".");
}

struct package *package_open_image(const char *out, enum package_format format, const char *volume, utime mtime, struct error *err) {
	/* libarchive collects a disc's files where TMPDIR points; /tmp may be memory, and is not where there has to be room. */
	char *parent = parent_of(out);
	setenv("TMPDIR", parent, 1);
	free(parent);
	return start(out, format, "", volume, mtime, err);
}

/* Makes the folders on the way to a path. */
static int make_parents(struct package *p, const char *path, struct error *err) {
	char *part = xstrdup(path);
	int rc = 0;
	for (char *slash = part; !rc && (slash = strchr(slash, '/')); slash++) {
		*slash = 0;
		if (mkdirat(p->folder, part, 0750) && errno != EEXIST)
			rc = error_errno(err, "%s/%s", p->temporary, part);
		*slash = '/';
	}
	free(part);
	return rc;
}

static int begin_member(struct package *p, const char *path, uint64_t size, struct error *err) {
	struct archive_entry *entry = archive_entry_new();
	char *name = *p->top ? xasprintf("%s/%s", p->top, path) : xstrdup(path);
	if (!entry) abort();
	archive_entry_set_pathname_utf8(entry, name);
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_perm(entry, p->image ? 0444 : 0644);
	archive_entry_set_size(entry, (la_int64_t)size);
	archive_entry_set_mtime(entry, (time_t)(p->mtime / UTIME_SECOND), 0);
	int rc = archive_write_header(p->archive, entry) == ARCHIVE_OK ? 0 : archive_failed(p, err);
	archive_entry_free(entry);
	free(name);
	return rc;
}

int package_begin(struct package *p, const char *path, uint64_t size, struct error *err) {
	assert(*path && *path != '/' && !strstr(path, "../") && p->file < 0);
	p->left = size;
	if (p->format != PACKAGE_FOLDER) return begin_member(p, path, size, err);
	if (make_parents(p, path, err)) return -1;
	p->file = openat(p->folder, path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
	return p->file < 0 ? error_errno(err, "%s/%s", p->temporary, path) : 0;
}

int package_data(struct package *p, const void *data, size_t len, struct error *err) {
	const char *from = data;
	if (len > p->left) return error_set(err, ERROR_INTERNAL, "%s: more bytes than announced", p->out);
	p->left -= len;
	while (len) {
		ssize_t n = p->format == PACKAGE_FOLDER ? write(p->file, from, len)
							: archive_write_data(p->archive, from, len);
		if (n < 0 && p->format == PACKAGE_FOLDER && errno == EINTR) continue;
		if (n <= 0)
			return p->format == PACKAGE_FOLDER ? error_errno(err, "%s", p->temporary)
							   : archive_failed(p, err);
		from += n;
		len -= (size_t)n;
	}
	return 0;
}

int package_end(struct package *p, struct error *err) {
	if (p->left) return error_set(err, ERROR_INTERNAL, "%s: fewer bytes than announced", p->out);
	if (p->format != PACKAGE_FOLDER)
		return archive_write_finish_entry(p->archive) == ARCHIVE_OK ? 0 : archive_failed(p, err);
	int rc = fsync(p->file) ? error_errno(err, "%s", p->temporary) : 0;
	close(p->file);
	p->file = -1;
	return rc;
}

/* nftw has no place for a user's pointer: whether a folder could not be synced comes back as its result. */
static int sync_folder(const char *path, const struct stat *st, int type, struct FTW *ftw) {
	(void)st, (void)ftw;
	if (type != FTW_DP) return 0;
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = fd < 0 || fsync(fd);
	if (fd >= 0) close(fd);
	return rc;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw) {
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static int finish(struct package *p, struct error *err) {
	if (p->format == PACKAGE_FOLDER)
		return nftw(p->temporary, sync_folder, 16, FTW_DEPTH | FTW_PHYS) ? error_errno(err, "%s", p->temporary)
										 : 0;
	if (archive_write_close(p->archive) != ARCHIVE_OK) return archive_failed(p, err);
	if (p->image && fchmod(p->fd, 0440)) return error_errno(err, "%s", p->temporary);
	return fsync(p->fd) ? error_errno(err, "%s", p->temporary) : 0;
}

static int sync_parent(const char *out, struct error *err) {
	char *parent = parent_of(out);
	int fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = fd < 0 || fsync(fd) ? error_errno(err, "%s", parent) : 0;
	if (fd >= 0) close(fd);
	free(parent);
	return rc;
}

static void package_free(struct package *p) {
	if (p->archive) archive_write_free(p->archive);
	if (p->fd >= 0) close(p->fd);
	if (p->file >= 0) close(p->file);
	if (p->folder >= 0) close(p->folder);
	free(p->out);
	free(p->temporary);
	free(p->top);
	free(p);
}

int package_commit(struct package *p, struct error *err) {
	int rc = finish(p, err);
	/* Somebody else's file of that name must not be lost: not replaced even when it came meanwhile. */
	if (!rc && renameat2(AT_FDCWD, p->temporary, AT_FDCWD, p->out, RENAME_NOREPLACE))
		rc = errno == EEXIST ? error_set(err, ERROR_EXISTS, "%s: there already", p->out)
				     : error_errno(err, "%s", p->out);
	if (!rc) rc = sync_parent(p->out, err);
	if (rc)
		package_abort(p);
	else
		package_free(p);
	return rc;
}

void package_abort(struct package *p) {
	if (!p) return;
	if (p->archive) {
		/* Neither may complete the file that is open (a tar would be padded to its announced size), but libarchive
		 * frees its buffers only when it was closed, and zip those of an entry only with its end. */
		if (p->format == PACKAGE_ZIP) archive_write_finish_entry(p->archive);
		archive_write_fail(p->archive);
		archive_write_close(p->archive);
	}
	if (p->format == PACKAGE_FOLDER)
		nftw(p->temporary, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	else
		unlink(p->temporary);
	package_free(p);
}

/* ---- images, read ---- */

#define READ_CHUNK (1 << 20)

struct reading {
	struct archive *archive;
	const char *what;
	uint64_t left, members;
	const struct package_sink *sink;
};

static int unread(const struct reading *r, struct error *err) {
	const char *text = archive_error_string(r->archive);
	int code = archive_errno(r->archive);
	return error_set(err, code == EIO ? ERROR_IO : ERROR_DAMAGED, "%s: no image of a disc or tape, or it is damaged (%s)", r->what, text ? text : "it ends too soon");
}

static int read_data(struct reading *r, uint64_t size, unsigned char *chunk, struct error *err) {
	la_ssize_t n;
	while ((n = archive_read_data(r->archive, chunk, READ_CHUNK)) > 0) {
		if ((uint64_t)n > size) return error_set(err, ERROR_DAMAGED, "%s: a file with more bytes than announced", r->what);
		size -= (uint64_t)n;
		if (r->sink->data(r->sink->user, chunk, (size_t)n, err)) return -1;
	}
	if (n < 0) return unread(r, err);
	return size ? error_set(err, ERROR_DAMAGED, "%s: a file with fewer bytes than announced", r->what) : 0;
}

/* 1: the caller has what it wants. */
static int read_member(struct reading *r, struct archive_entry *entry, unsigned char *chunk, struct error *err) {
	const char *name = archive_entry_pathname(entry);
	mode_t type = archive_entry_filetype(entry);
	if (++r->members > LIMIT_MANIFEST_LINES) return error_set(err, ERROR_DAMAGED, "%s: more than %d files", r->what, LIMIT_MANIFEST_LINES);
	if (type == AE_IFDIR) return 0;
	if (type != AE_IFREG || archive_entry_hardlink(entry) || !archive_entry_size_is_set(entry) || archive_entry_size(entry) < 0)
		return error_set(err, ERROR_DAMAGED, "%s: something else than a file", r->what);
	if (!name || strlen(name) > LIMIT_NAME_BYTES || !place_name_is_safe(name))
		return error_set(err, ERROR_DAMAGED, "%s: a file whose name leads elsewhere", r->what);
	uint64_t size = (uint64_t)archive_entry_size(entry);
	if (size > r->left) return error_set(err, ERROR_DAMAGED, "%s: more bytes in files than there are", r->what);
	r->left -= size;
	int rc = r->sink->begin(r->sink->user, name, size, err);
	if (rc) return rc;
	return read_data(r, size, chunk, err) || r->sink->end(r->sink->user, err) ? -1 : 0;
}

int package_read(int fd, const char *what, uint64_t most, const struct package_sink *sink, struct error *err) {
	struct reading r = {archive_read_new(), what, most, 0, sink};
	struct archive_entry *entry;
	unsigned char *chunk = xmalloc(READ_CHUNK);
	int rc = 0, got = ARCHIVE_OK;
	if (!r.archive) abort();
	if (archive_read_support_format_iso9660(r.archive) != ARCHIVE_OK || archive_read_support_format_tar(r.archive) != ARCHIVE_OK ||
	    archive_read_open_fd(r.archive, fd, PACKAGE_TAPE_BLOCK) != ARCHIVE_OK)
		rc = unread(&r, err);
	while (!rc && (got = archive_read_next_header(r.archive, &entry)) == ARCHIVE_OK) rc = read_member(&r, entry, chunk, err);
	if (!rc && got != ARCHIVE_EOF) rc = unread(&r, err);
	archive_read_free(r.archive);
	free(chunk);
	return rc < 0 ? -1 : 0;
}
