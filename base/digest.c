#include "base/digest.h"

#include "base/mem.h"

#include <assert.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

static struct {
	const char *name, *fetch;
	size_t size;
	EVP_MD *md;
} algs[DIGEST_ALGS] = {
	[DIGEST_UNKNOWN] = {"unknown", NULL, 0, NULL},
	[DIGEST_MD5] = {"MD5", "MD5", 16, NULL},
	[DIGEST_SHA1] = {"SHA-1", "SHA1", 20, NULL},
	[DIGEST_RIPEMD160] = {"RIPEMD-160", "RIPEMD160", 20, NULL},
	[DIGEST_SHA224] = {"SHA-224", "SHA2-224", 28, NULL},
	[DIGEST_SHA256] = {"SHA-256", "SHA2-256", 32, NULL},
	[DIGEST_SHA384] = {"SHA-384", "SHA2-384", 48, NULL},
	[DIGEST_SHA512] = {"SHA-512", "SHA2-512", 64, NULL},
	[DIGEST_SHA3_224] = {"SHA3-224", "SHA3-224", 28, NULL},
	[DIGEST_SHA3_256] = {"SHA3-256", "SHA3-256", 32, NULL},
	[DIGEST_SHA3_384] = {"SHA3-384", "SHA3-384", 48, NULL},
	[DIGEST_SHA3_512] = {"SHA3-512", "SHA3-512", 64, NULL},
};

struct digest_ctx {
	EVP_MD_CTX *evp;
	enum digest_alg alg;
};

void digest_init(void) {
	for (int i = DIGEST_UNKNOWN + 1; i < DIGEST_ALGS; i++)
		if (!algs[i].md) algs[i].md = EVP_MD_fetch(NULL, algs[i].fetch, NULL);
	ERR_clear_error(); /* an algorithm the build of OpenSSL lacks is no error; digest_size says 0 for it */
}

const char *digest_name(enum digest_alg alg) {
	return (unsigned)alg < DIGEST_ALGS ? algs[alg].name : "unknown";
}

const void *digest_evp(enum digest_alg alg) {
	return (unsigned)alg < DIGEST_ALGS ? algs[alg].md : NULL;
}

size_t digest_size(enum digest_alg alg) {
	return digest_evp(alg) ? algs[alg].size : 0;
}

/* Compares names without case and hyphens after "sha": "sha256", "SHA-256" and "SHA2-256" are one. */
static bool same_name(const char *a, const char *b) {
	for (;; a++, b++) {
		while (*a == '-' || *a == '_') a++;
		while (*b == '-' || *b == '_') b++;
		char x = *a >= 'a' && *a <= 'z' ? (char)(*a - 32) : *a;
		char y = *b >= 'a' && *b <= 'z' ? (char)(*b - 32) : *b;
		if (x != y) return false;
		if (!x) return true;
	}
}

enum digest_alg digest_from_name(const char *name) {
	for (int i = DIGEST_UNKNOWN + 1; i < DIGEST_ALGS; i++)
		if (same_name(name, algs[i].name) || same_name(name, algs[i].fetch)) return (enum digest_alg)i;
	return DIGEST_UNKNOWN;
}

struct digest_ctx *digest_new(enum digest_alg alg) {
	if (!digest_size(alg)) return NULL;
	struct digest_ctx *ctx = xcalloc(1, sizeof *ctx);
	ctx->alg = alg;
	ctx->evp = EVP_MD_CTX_new();
	if (!ctx->evp) abort();
	digest_reset(ctx);
	return ctx;
}

void digest_reset(struct digest_ctx *ctx) {
	if (!EVP_DigestInit_ex(ctx->evp, algs[ctx->alg].md, NULL)) abort();
}

void digest_update(struct digest_ctx *ctx, const void *data, size_t len) {
	if (!EVP_DigestUpdate(ctx->evp, data, len)) abort();
}

size_t digest_final(struct digest_ctx *ctx, unsigned char out[static DIGEST_MAX]) {
	unsigned size = 0;
	if (!EVP_DigestFinal_ex(ctx->evp, out, &size)) abort();
	return size;
}

struct digest_ctx *digest_copy(const struct digest_ctx *ctx) {
	struct digest_ctx *copy = xcalloc(1, sizeof *copy);
	copy->alg = ctx->alg;
	copy->evp = EVP_MD_CTX_new();
	if (!copy->evp || !EVP_MD_CTX_copy_ex(copy->evp, ctx->evp)) abort();
	return copy;
}

void digest_free(struct digest_ctx *ctx) {
	if (!ctx) return;
	EVP_MD_CTX_free(ctx->evp);
	free(ctx);
}

size_t digest_bytes(enum digest_alg alg, const void *data, size_t len, unsigned char out[static DIGEST_MAX]) {
	unsigned size = 0;
	if (!digest_size(alg)) return 0;
	if (!EVP_Digest(data, len, out, &size, algs[alg].md, NULL)) abort();
	return size;
}

void sha256_bytes(const void *data, size_t len, unsigned char out[static SHA256_SIZE]) {
	unsigned char full[DIGEST_MAX];
	size_t size = digest_bytes(DIGEST_SHA256, data, len, full);
	assert(size == SHA256_SIZE); /* digest_init() was not called */
	memcpy(out, full, size);
}

char *hex_encode(const void *data, size_t len, char *text) {
	static const char digits[] = "0123456789abcdef";
	const unsigned char *p = data;
	for (size_t i = 0; i < len; i++) {
		text[2 * i] = digits[p[i] >> 4];
		text[2 * i + 1] = digits[p[i] & 15];
	}
	text[2 * len] = 0;
	return text;
}

char *hex_dup(const void *data, size_t len) {
	return hex_encode(data, len, xmalloc(2 * len + 1));
}

static int nibble(char c) {
	if (c >= '0' && c <= '9') return c - '0';
	if (c >= 'a' && c <= 'f') return c - 'a' + 10;
	if (c >= 'A' && c <= 'F') return c - 'A' + 10;
	return -1;
}

bool hex_decode(const char *text, unsigned char *out, size_t len) {
	for (size_t i = 0; i < len; i++) {
		int high = nibble(text[2 * i]);
		int low = high < 0 ? -1 : nibble(text[2 * i + 1]);
		if (low < 0) return false;
		out[i] = (unsigned char)(high << 4 | low);
	}
	return text[2 * len] == 0;
}
