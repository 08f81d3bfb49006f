#include "archiver/export_private.h"

#include "archiver/worker_files.h"
#include "validator/pem.h"

#include <stdlib.h>
#include <string.h>

/* One certificate of the trust folder: into the bag when a verdict's path names it. */
static int add_anchor(struct export *e, const unsigned char *der, size_t len, struct error *err) {
	unsigned char digest[SHA256_SIZE];
	bool wanted, there;
	sha256_bytes(der, len, digest);
	if (export_was_seen(e, EXPORT_SEEN_CERTIFICATE, digest, sizeof digest, &wanted, err)) return -1;
	if (!wanted) return 0;
	/* A signature may have brought the anchor as evidence too: in trust/ it stands all the same, for there it is looked for. */
	if (export_see(e, EXPORT_SEEN_ANCHOR, digest, sizeof digest, &there, err)) return -1;
	if (there) return 0;
	char *hex = hex_dup(digest, sizeof digest), *path = xasprintf("trust/%s.cer", hex);
	int rc = bag_add(e->bag, path, der, len, err);
	free(hex);
	free(path);
	return rc;
}

static int add_file(struct export *e, const struct outside_file *file, struct error *err) {
	struct pem_reader reader = pem_reader_of(file->data, file->len);
	struct buf der = {0};
	bool pem = false;
	int rc = 0;
	while (!rc && pem_next(&reader, &der)) {
		pem = true;
		rc = add_anchor(e, der.data, der.len, err);
	}
	if (!pem) rc = add_anchor(e, file->data, file->len, err);
	buf_dispose(&der);
	return rc;
}

int export_anchors(struct export *e, struct error *err) {
	char *path = app_path(e->app, conf_text(e->app->conf, CONF_validation_trust));
	struct outside_files files = {0};
	struct error none = {0};
	int rc = 0;
	/* A trust folder that is gone or unreadable takes nothing from what is handed out. */
	if (!outside_collect(&files, path, &none))
		for (size_t i = 0; i < files.count && !rc; i++) rc = add_file(e, &files.items[i], err);
	outside_dispose(&files);
	free(path);
	return rc;
}
