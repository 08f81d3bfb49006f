#include "tests/pki/tool.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void need(bool ok, const char *what) {
	if (ok) return;
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());
	fprintf(stderr, "%s: %s\n", what, reason ? reason : errno ? strerror(errno) : "failed");
	exit(1);
}

EVP_PKEY *tool_key(const char *name) {
	static struct {
		const char *name;
		EVP_PKEY *key;
	} known[32];
	size_t i = 0;
	for (; known[i].name; i++)
		if (!strcmp(known[i].name, name)) return known[i].key;
	need(i + 1 < ARRAY_LEN(known), "more keys than expected");
	char *path = xasprintf("%s/%s.pem", TESTPKI_KEYS, name);
	FILE *f = fopen(path, "r");
	need(f != NULL, path);
	known[i].key = PEM_read_PrivateKey(f, NULL, NULL, NULL);
	need(known[i].key != NULL, path);
	known[i].name = name;
	fclose(f);
	free(path);
	return known[i].key;
}

void tool_random_fix(void) {
	need(RAND_set_DRBG_type(NULL, "TEST-RAND", NULL, NULL, NULL) == 1, "TEST-RAND");
	tool_random_restart();
}

static void restart(EVP_RAND_CTX *ctx) {
	static unsigned char sequence[1 << 16];
	for (size_t i = 0; i < sizeof sequence; i++) sequence[i] = (unsigned char)(1 + (i * 167 + i / 256) % 255);
	unsigned int strength = 1024;
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_octet_string(OSSL_RAND_PARAM_TEST_ENTROPY, sequence, sizeof sequence),
		OSSL_PARAM_construct_uint(OSSL_RAND_PARAM_STRENGTH, &strength),
		OSSL_PARAM_construct_end(),
	};
	need(ctx != NULL, "random generator");
	EVP_RAND_uninstantiate(ctx);
	need(EVP_RAND_instantiate(ctx, strength, 0, NULL, 0, params) == 1, "random sequence");
}

void tool_random_restart(void) {
	restart(RAND_get0_public(NULL));
	restart(RAND_get0_private(NULL));
}

ASN1_GENERALIZEDTIME *tool_time(const char *text) {
	ASN1_GENERALIZEDTIME *t = ASN1_GENERALIZEDTIME_new();
	need(t && ASN1_GENERALIZEDTIME_set_string(t, text), text);
	return t;
}

void tool_make_dir(const char *path) {
	need(mkdir(path, 0777) == 0 || errno == EEXIST, path);
}

void tool_write(const char *dir, const char *name, const void *data, size_t len) {
	char *path = xasprintf("%s/%s", dir, name);
	FILE *f = fopen(path, "wb");
	need(f != NULL, path);
	need(fwrite(data, 1, len, f) == len, path);
	need(fclose(f) == 0, path);
	free(path);
}

struct buf tool_read(const char *dir, const char *name) {
	char *path = xasprintf("%s/%s", dir, name);
	FILE *f = fopen(path, "rb");
	need(f != NULL, path);
	struct buf b = {0};
	char piece[65536];
	size_t n;
	while ((n = fread(piece, 1, sizeof piece, f)) > 0) buf_add(&b, piece, n);
	need(!ferror(f), path);
	fclose(f);
	free(path);
	return b;
}
