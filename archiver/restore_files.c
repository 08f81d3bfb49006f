#include "archiver/archive_key.h"
#include "archiver/restore.h"
#include "archiver/restore_envelope.h"
#include "base/limits.h"
#include "base/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char *const folders[] = {"packs", "journal", "catalogue", "trust", "spool", "spool/in", "spool/done",
                                      "spool/refused", "spool/outbox", "reports", "work"};

/* Only what an archive consists of is taken, whatever else a manifest from outside may name. */
bool restore_belongs(const char *name) {
	static const char *const prefixes[] = {"packs/", "journal/", "trust/"};
	if (!strcmp(name, "ltvault.conf") || !strcmp(name, "catalogue/data.mdb")) return true;
	for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
		size_t n = strlen(prefixes[i]);
		if (!strncmp(name, prefixes[i], n) && name[n] && !strchr(name + n, '/')) return true;
	}
	return false;
}

/* On an encrypted medium each name is one of a part of such a file. */
static bool name_belongs(const char *name, bool encrypted) {
	size_t len = strlen(name);
	if (encrypted && !generation_is_part(name, &len)) return false;
	char *file = xstrndup(name, len);
	bool good = restore_belongs(file);
	free(file);
	return good;
}

static int check_names(const struct medium_place *medium, const struct medium_sums *sums, struct error *err) {
	int encrypted = restore_is_encrypted(medium, err);
	if (encrypted < 0) return -1;
	for (size_t i = 0; i < sums->count; i++)
		if (!name_belongs(sums->items[i].name, encrypted))
			return error_set(err, ERROR_DAMAGED, "%s/" MEDIUM_SUMS ": %s is no part of an archive", medium->path, sums->items[i].name);
	if (medium_sums_get(sums, encrypted ? "catalogue/data.mdb.000001.cms" : "catalogue/data.mdb")) return 0;
	return error_set(err, ERROR_DAMAGED, "%s/" MEDIUM_SUMS " names no catalogue", medium->path);
}

/* The medium carries the key itself: this shows that label and list belong together and were not changed by accident; whether
 * the key is the archive's is told by its digest, which the caller shows. */
static int check_signatures(const struct medium_place *medium, const char *sums, size_t sums_len, char key[static SHA256_HEX], struct error *err) {
	static const char *const signed_files[][2] = {{MEDIUM_LABEL, MEDIUM_LABEL_SIGNATURE}, {MEDIUM_SUMS, MEDIUM_SUMS ".sig"}};
	unsigned char sum[SHA256_SIZE];
	char *pem = NULL;
	size_t pem_len = 0;
	if (place_read(medium, MEDIUM_KEY, LIMIT_LABEL_BYTES, &pem, &pem_len, err)) return -1;
	sha256_bytes(pem, pem_len, sum);
	hex_encode(sum, sizeof sum, key);
	for (size_t i = 0; i < ARRAY_LEN(signed_files) && !err->code; i++) {
		char *text = NULL, *signature = NULL;
		size_t len = 0, signature_len = 0;
		bool list = i == 1;
		if ((list || !place_read(medium, signed_files[i][0], LIMIT_LABEL_BYTES, &text, &len, err)) &&
		    !place_read(medium, signed_files[i][1], ARCHIVE_SIGNATURE_BYTES, &signature, &signature_len, err) &&
		    !archive_key_verify(pem, pem_len, list ? sums : text, list ? sums_len : len, (unsigned char *)signature, signature_len))
			error_set(err, ERROR_DAMAGED, "%s/%s: its signature does not hold", medium->path, signed_files[i][0]);
		free(text);
		free(signature);
	}
	free(pem);
	return err->code ? -1 : 0;
}

int restore_check_medium(const struct medium_place *medium, struct medium_sums *sums, char key[static SHA256_HEX], struct error *err) {
	char *text = NULL;
	size_t len = 0;
	if (!place_has(medium, MEDIUM_LABEL)) return error_set(err, ERROR_NOT_FOUND, "%s: no medium is there (no " MEDIUM_LABEL ")", medium->path);
	if (place_has(medium, MEDIUM_INCOMPLETE))
		return error_set(err, ERROR_DAMAGED, "%s: the last backup to this medium was cut off; run ltvault backup again, or use another medium",
		                 medium->path);
	if (!place_read(medium, MEDIUM_SUMS, LIMIT_MANIFEST_BYTES, &text, &len, err) && !medium_sums_parse(sums, text, len, MEDIUM_SUMS, err) &&
	    !check_names(medium, sums, err))
		check_signatures(medium, text, len, key, err);
	free(text);
	return err->code ? -1 : 0;
}

/* One file of the list: copied, then the copy is read and must have the list's digest. */
static int restore_file(const struct medium_place *medium, const struct medium_place *target, const struct medium_sum *sum,
                        const struct medium_watch *watch, struct error *err) {
	struct medium_copied copied;
	char hex[SHA256_HEX];
	uint64_t size;
	if (medium_replace(medium, sum->name, target, sum->name, watch, &copied, err)) return -1;
	if (strcmp(copied.hex, sum->hex))
		return error_set(err, ERROR_DAMAGED, "%s/%s: read as sha256 %s, but " MEDIUM_SUMS " says %s", medium->path, sum->name, copied.hex, sum->hex);
	if (medium_digest(target, sum->name, watch, hex, &size, err)) return -1;
	if (strcmp(hex, sum->hex)) error_set(err, ERROR_IO, "%s/%s: read back as sha256 %s, but %s was written", target->path, sum->name, hex, sum->hex);
	return err->code ? -1 : 0;
}

int restore_make(const char *directory, struct medium_place *target, struct error *err) {
	if (mkdir(directory, 0750)) {
		error_errno(err, "%s", directory);
		if (errno == EEXIST) error_prefix(err, "an earlier restore was cut off; remove the folder and start again");
		return -1;
	}
	if (place_open(target, directory, false, err)) return -1;
	for (size_t i = 0; i < ARRAY_LEN(folders) && !err->code; i++) place_make_folder(target, folders[i], err);
	return err->code ? -1 : 0;
}

int restore_sync(const struct medium_place *target, struct error *err) {
	for (size_t i = 0; i < ARRAY_LEN(folders) && !err->code; i++) place_sync_folder(target, folders[i], err);
	return err->code ? -1 : place_sync_folder(target, "", err);
}

int restore_files(const struct medium_place *medium, const struct medium_sums *sums, const struct envelope_key *key, const char *directory,
                  const struct medium_watch *watch, struct error *err) {
	struct medium_place target = {0};
	restore_make(directory, &target, err);
	if (key && !err->code) restore_envelopes(medium, sums, key, &target, watch, err);
	for (size_t i = 0; !key && i < sums->count && !err->code; i++) restore_file(medium, &target, &sums->items[i], watch, err);
	if (!err->code) restore_sync(&target, err);
	place_close(&target);
	return err->code ? -1 : 0;
}
