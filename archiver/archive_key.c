#include "archiver/archive_key.h"

#include "base/digest.h"
#include "base/mem.h"
#include "store/batch.h"
#include "store/records.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEYS "archive/keys" /* public keys in hexadecimal, the newest last, separated by spaces */

static int failed(const char *what, struct error *err) {
	return error_set(err, ERROR_INTERNAL, "%s failed", what);
}

/* Whole or not at all: a key that was half written would shut the archive out of its media. */
static int write_private(const char *path, EVP_PKEY *key, struct error *err) {
	char *temporary = xasprintf("%s.new", path);
	unlink(temporary); /* left by a run that was cut off */
	int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
	if (!out) error_errno(err, "%s", temporary);
	else if (!PEM_write_PKCS8PrivateKey(out, key, NULL, NULL, 0, NULL, NULL)) failed("writing the archive's key", err);
	else if (fflush(out) || fsync(fd) || rename(temporary, path)) error_errno(err, "%s", path);
	if (out) fclose(out);
	else if (fd >= 0) close(fd);
	if (err->code) unlink(temporary);
	free(temporary);
	return err->code ? -1 : 0;
}

static EVP_PKEY *make(const char *folder, const char *path, struct error *err) {
	if (mkdir(folder, 0700) && errno != EEXIST) {
		error_errno(err, "%s", folder);
		return NULL;
	}
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	if (!key) failed("making the archive's key", err);
	else if (!write_private(path, key, err)) {
		int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (dir < 0 || fsync(dir)) error_errno(err, "%s", folder);
		if (dir >= 0) close(dir);
	}
	if (!err->code) return key;
	EVP_PKEY_free(key);
	return NULL;
}

static EVP_PKEY *read_private(const char *path, struct error *err) {
	struct stat st;
	EVP_PKEY *key = NULL;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	FILE *in = fd < 0 ? NULL : fdopen(fd, "r");
	if (!in) error_errno(err, "%s", path);
	else if (fstat(fd, &st)) error_errno(err, "%s", path);
	else if (st.st_mode & 077) error_set(err, ERROR_CONFIG, "%s: others may read it; its mode must be 0600", path);
	else if (!(key = PEM_read_PrivateKey(in, NULL, NULL, NULL)) || !EVP_PKEY_is_a(key, "ED25519"))
		error_set(err, ERROR_CONFIG, "%s: not an Ed25519 private key", path);
	if (in) fclose(in);
	else if (fd >= 0) close(fd);
	if (!err->code) return key;
	EVP_PKEY_free(key);
	return NULL;
}

static bool public_hex(EVP_PKEY *key, char hex[2 * ARCHIVE_KEY_BYTES + 1]) {
	unsigned char raw[ARCHIVE_KEY_BYTES];
	size_t len = sizeof raw;
	if (!EVP_PKEY_get_raw_public_key(key, raw, &len) || len != sizeof raw) return false;
	hex_encode(raw, sizeof raw, hex);
	return true;
}

/* The journal knows every key that was ever used; one that it does not know yet is recorded before it signs anything. */
static int record(struct app *app, EVP_PKEY *key, struct error *err) {
	char hex[2 * ARCHIVE_KEY_BYTES + 1], *known = NULL;
	if (!public_hex(key, hex)) return failed("reading the archive's public key", err);
	if (store_value(app->store, KEYS, &known, err) < 0) return -1;
	if (!known || !strstr(known, hex)) {
		char *keys = known ? xasprintf("%s %s", known, hex) : xstrdup(hex), *note = xasprintf("{\"public\":\"%s\"}", hex);
		struct batch *batch = store_begin(app->store, app->now);
		batch_set_value(batch, KEYS, keys);
		batch_note(batch, "archive-key", note);
		batch_commit(batch, err);
		free(keys);
		free(note);
	}
	free(known);
	return err->code ? -1 : 0;
}

static EVP_PKEY *own_key(struct app *app, struct error *err) {
	char *folder = app_path(app, "keys"), *path = xasprintf("%s/archive.pem", folder);
	EVP_PKEY *key = access(path, F_OK) && errno == ENOENT ? make(folder, path, err) : read_private(path, err);
	if (key && record(app, key, err)) {
		EVP_PKEY_free(key);
		key = NULL;
	}
	free(folder);
	free(path);
	return key;
}

int archive_key_sign(struct app *app, const void *data, size_t len, unsigned char signature[static ARCHIVE_SIGNATURE_BYTES],
                     struct error *err) {
	size_t size = ARCHIVE_SIGNATURE_BYTES;
	EVP_PKEY *key = own_key(app, err);
	EVP_MD_CTX *ctx = key ? EVP_MD_CTX_new() : NULL;
	if (key && (!ctx || EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) != 1 || EVP_DigestSign(ctx, signature, &size, data, len) != 1))
		failed("signing with the archive's key", err);
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	return err->code ? -1 : 0;
}

static bool verify(EVP_PKEY *key, const void *data, size_t len, const unsigned char *signature, size_t signature_len) {
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool good = ctx && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key) == 1 &&
		    EVP_DigestVerify(ctx, signature, signature_len, data, len) == 1;
	EVP_MD_CTX_free(ctx);
	return good;
}

int archive_key_made(struct app *app, const void *data, size_t len, const unsigned char *signature, size_t signature_len,
                     struct error *err) {
	char *known = NULL, *rest;
	bool good = false;
	if (store_value(app->store, KEYS, &known, err) < 0) return -1;
	for (char *word = known ? strtok_r(known, " ", &rest) : NULL; word && !good; word = strtok_r(NULL, " ", &rest)) {
		unsigned char raw[ARCHIVE_KEY_BYTES];
		EVP_PKEY *key = hex_decode(word, raw, sizeof raw) ? EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, raw, sizeof raw) : NULL;
		good = key && verify(key, data, len, signature, signature_len);
		EVP_PKEY_free(key);
	}
	free(known);
	return good;
}

int archive_key_pem(struct app *app, char **pem, struct error *err) {
	EVP_PKEY *key = own_key(app, err);
	BIO *out = key ? BIO_new(BIO_s_mem()) : NULL;
	char *data;
	if (key && (!out || !PEM_write_bio_PUBKEY(out, key))) failed("writing the archive's public key", err);
	if (!err->code) {
		size_t len = (size_t)BIO_get_mem_data(out, &data);
		*pem = xstrndup(data, len);
	}
	BIO_free(out);
	EVP_PKEY_free(key);
	return err->code ? -1 : 0;
}

bool archive_key_verify(const char *pem, size_t pem_len, const void *data, size_t len, const unsigned char *signature,
                        size_t signature_len) {
	BIO *in = pem_len <= 4096 ? BIO_new_mem_buf(pem, (int)pem_len) : NULL;
	EVP_PKEY *key = in ? PEM_read_bio_PUBKEY(in, NULL, NULL, NULL) : NULL;
	bool good = key && EVP_PKEY_is_a(key, "ED25519") && verify(key, data, len, signature, signature_len);
	EVP_PKEY_free(key);
	BIO_free(in);
	return good;
}
