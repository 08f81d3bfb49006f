#include "archiver/restore_envelope.h"

#include "archiver/archive_key.h"
#include "archiver/medium_identity.h"
#include "archiver/restore.h"
#include "base/io.h"
#include "base/limits.h"
#include "base/mem.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int restore_is_encrypted(const struct medium_place *medium, struct error *err) {
	struct medium_label label = {0};
	char *text = NULL;
	size_t len = 0;
	if (!place_has(medium, MEDIUM_LABEL)) return error_set(err, ERROR_NOT_FOUND, "%s: no medium is there (no " MEDIUM_LABEL ")", medium->path);
	int rc = place_read(medium, MEDIUM_LABEL, LIMIT_LABEL_BYTES, &text, &len, err) || medium_label_parse(text, len, &label, err);
	bool encrypted = label.recipients != NULL;
	medium_label_dispose(&label);
	free(text);
	return rc ? -1 : encrypted;
}

int restore_key(const struct medium_place *medium, const char *path, const char *certificate, struct envelope_key **key, struct error *err) {
	int encrypted = restore_is_encrypted(medium, err);
	*key = NULL;
	if (encrypted < 0) return -1;
	if (encrypted && !path)
		return error_set(err, ERROR_INPUT, "%s: is encrypted; --key must name the private key of one of the certificates in " MEDIUM_RECIPIENTS, medium->path);
	if (!encrypted && path) return error_set(err, ERROR_INPUT, "%s: is not encrypted, and --key was given: is it the right medium?", medium->path);
	return encrypted && !(*key = envelope_key_read(path, certificate, err)) ? -1 : 0;
}

static int check_manifest(const struct medium_place *medium, const struct generation *g, const struct medium_sums *sums, struct error *err) {
	struct buf text = {0};
	unsigned char sum[SHA256_SIZE];
	char hex[SHA256_HEX];
	medium_sums_text((struct medium_sums *)sums, &text); /* sorted already */
	sha256_bytes(text.data, text.len, sum);
	hex_encode(sum, sizeof sum, hex);
	buf_dispose(&text);
	if (!g->sums || strcmp(g->sums, hex))
		error_set(err, ERROR_DAMAGED, "%s: the newest manifest is not the one that was written with " MEDIUM_SUMS, medium->path);
	for (size_t i = 0; i < g->count; i++)
		if (!restore_belongs(g->files[i].name))
			error_set(err, ERROR_DAMAGED, "%s: the manifest's %s is no part of an archive", medium->path, g->files[i].name);
	return err->code ? -1 : 0;
}

/* The newest generation's, signed with the key of the label and the list. */
static int read_manifest(const struct medium_place *medium, const struct medium_sums *sums, struct generation *g, struct error *err) {
	char *pem = NULL, *text = NULL, *signature = NULL, *name = NULL, *signature_name = NULL;
	size_t pem_len = 0, len = 0, signature_len = 0;
	uint64_t number;
	if (medium_highest_generation(medium, &number, err)) goto out;
	name = generation_path(number, "manifest.json");
	signature_name = generation_path(number, "manifest.sig");
	if (place_read(medium, MEDIUM_KEY, LIMIT_LABEL_BYTES, &pem, &pem_len, err) || place_read(medium, name, LIMIT_MANIFEST_BYTES, &text, &len, err) ||
	    place_read(medium, signature_name, ARCHIVE_SIGNATURE_BYTES, &signature, &signature_len, err))
		goto out;
	if (!archive_key_verify(pem, pem_len, text, len, (unsigned char *)signature, signature_len))
		error_set(err, ERROR_DAMAGED, "%s/%s: its signature does not hold", medium->path, name);
	else if (!generation_parse(text, len, g, err)) check_manifest(medium, g, sums, err);
out:
	free(pem), free(text), free(signature), free(name), free(signature_name);
	return err->code ? -1 : 0;
}

/* The message's digest is held against the list before anything looks into it. */
static int open_part(const struct medium_place *medium, const struct medium_sums *sums, const struct envelope_key *key, const char *name,
                     struct buf *plain, struct error *err) {
	const char *expected = medium_sums_get(sums, name);
	char *der = NULL, hex[SHA256_HEX];
	unsigned char sum[SHA256_SIZE];
	size_t len = 0;
	if (!expected) return error_set(err, ERROR_DAMAGED, "%s/" MEDIUM_SUMS ": %s is missing", medium->path, name);
	if (place_read(medium, name, LIMIT_ENVELOPE_BYTES, &der, &len, err)) return -1;
	sha256_bytes(der, len, sum);
	hex_encode(sum, sizeof sum, hex);
	if (strcmp(hex, expected))
		error_set(err, ERROR_DAMAGED, "%s/%s: read as sha256 %s, but " MEDIUM_SUMS " says %s", medium->path, name, hex, expected);
	else if (envelope_open(key, der, len, plain, err)) error_prefix(err, "%s/%s", medium->path, name);
	free(der);
	return err->code ? -1 : 0;
}

static int open_parts(const struct medium_place *medium, const struct medium_sums *sums, const struct envelope_key *key,
                      const struct generation_file *file, int fd, const struct medium_watch *watch, struct error *err) {
	for (uint64_t k = 1; k <= file->parts && !err->code; k++) {
		struct buf plain = {0};
		char *name = generation_part(file->name, k);
		if (!open_part(medium, sums, key, name, &plain, err)) {
			if (io_write(fd, plain.data, plain.len)) error_errno(err, "%s", file->name);
			else if (watch && watch->moved) watch->moved(watch->user, plain.len);
		}
		buf_dispose(&plain);
		free(name);
	}
	return err->code ? -1 : 0;
}

static int restore_one(const struct medium_place *medium, const struct medium_sums *sums, const struct envelope_key *key,
                       const struct generation_file *file, const struct medium_place *target, const struct medium_watch *watch, struct error *err) {
	char hex[SHA256_HEX];
	uint64_t size;
	int fd = place_open_file(target, file->name, O_WRONLY | O_CREAT | O_EXCL, err);
	if (fd < 0) return -1;
	if (!open_parts(medium, sums, key, file, fd, watch, err) && fsync(fd)) error_errno(err, "%s/%s", target->path, file->name);
	if (close(fd)) error_errno(err, "%s/%s", target->path, file->name);
	if (err->code || medium_digest(target, file->name, watch, hex, &size, err)) return -1;
	if (strcmp(hex, file->hex) || size != file->size)
		error_set(err, ERROR_DAMAGED, "%s/%s: decrypted to sha256 %s, but the signed manifest says %s", medium->path, file->name, hex, file->hex);
	return err->code ? -1 : 0;
}

int restore_envelopes(const struct medium_place *medium, const struct medium_sums *sums, const struct envelope_key *key,
                      const struct medium_place *target, const struct medium_watch *watch, struct error *err) {
	struct generation g = {0};
	read_manifest(medium, sums, &g, err);
	for (size_t i = 0; i < g.count && !err->code; i++) restore_one(medium, sums, key, &g.files[i], target, watch, err);
	generation_dispose(&g);
	return err->code ? -1 : 0;
}

int restore_envelope_head(const char *path, struct head *head, struct error *err) {
	struct medium_place medium = {0};
	struct medium_sums sums = {0};
	struct generation g = {0};
	char key[SHA256_HEX];
	*head = (struct head){.same_archive = true};
	if (!place_open(&medium, path, false, err) && !restore_check_medium(&medium, &sums, key, err) && !read_manifest(&medium, &sums, &g, err)) {
		head->events = g.events;
		memcpy(head->chain, g.journal_head, sizeof head->chain);
		memcpy(head->archive_id, g.archive_id, sizeof head->archive_id);
		head->where = xstrdup(path);
	}
	generation_dispose(&g);
	medium_sums_dispose(&sums);
	place_close(&medium);
	return err->code ? -1 : 0;
}
