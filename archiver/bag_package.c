#include "archiver/bag_package.h"

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
	/* tar, zip */
	struct archive *archive;
	int fd;
};

static int archive_failed(struct package *p, struct error *err) {
	int code = archive_errno(p->archive);
	const char *text = code > 0 ? strerrordesc_np(code) : NULL; /* libarchive's own says only "Write error" */
	if (!text) text = archive_error_string(p->archive);
	return error_set(err, code == ENOSPC || code == EDQUOT ? ERROR_NO_SPACE : ERROR_IO, "%s: %s", p->out,
			 text ? text : "could not be written");
}

static int open_archive(struct package *p, struct error *err) {
	p->fd = open(p->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	if (p->fd < 0) return error_errno(err, "%s", p->temporary);
	p->archive = archive_write_new();
	if (!p->archive) abort();
	int rc = p->format == PACKAGE_TAR ? archive_write_set_format_pax_restricted(p->archive)
					  : archive_write_set_format_zip(p->archive);
	/* Names are UTF-8 whatever the locale is. */
	if (rc == ARCHIVE_OK) rc = archive_write_set_options(p->archive, "hdrcharset=UTF-8");
	/* Signed files hardly shrink, and a member that lies in the zip as it is can be recovered from a damaged one. */
	if (rc == ARCHIVE_OK && p->format == PACKAGE_ZIP) rc = archive_write_set_options(p->archive, "zip:compression=store");
	if (rc == ARCHIVE_OK) rc = archive_write_set_bytes_in_last_block(p->archive, 1);
	if (rc == ARCHIVE_OK) rc = archive_write_open_fd(p->archive, p->fd);
	return rc == ARCHIVE_OK ? 0 : archive_failed(p, err);
}

static int open_folder(struct package *p, struct error *err) {
	if (mkdir(p->temporary, 0750)) return error_errno(err, "%s", p->temporary);
	p->folder = open(p->temporary, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return p->folder < 0 ? error_errno(err, "%s", p->temporary) : 0;
}

struct package *package_open(const char *out, enum package_format format, const char *top, utime mtime,
			     struct error *err) {
	struct stat st;
	if (!lstat(out, &st)) {
		error_set(err, ERROR_EXISTS, "%s: there already", out);
		return NULL;
	}
	struct package *p = xcalloc(1, sizeof *p);
	*p = (struct package){format,
			      xstrdup(out),
			      xasprintf("%s.part-%ld", out, (long)getpid()),
			      xstrdup(top),
			      mtime,
			      0,
			      -1,
			      -1,
			      NULL,
			      -1};
	if (format == PACKAGE_FOLDER ? open_folder(p, err) : open_archive(p, err)) {
		package_abort(p);
		return NULL;
	}
	return p;
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
	char *name = xasprintf("%s/%s", p->top, path);
	if (!entry) abort();
	archive_entry_set_pathname_utf8(entry, name);
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_perm(entry, 0644);
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
	return fsync(p->fd) ? error_errno(err, "%s", p->temporary) : 0;
}

static int sync_parent(const char *out, struct error *err) {
	const char *slash = strrchr(out, '/');
	char *parent = slash ? xstrndup(out, slash == out ? 1 : (size_t)(slash - out)) : xstrdup(".");
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
