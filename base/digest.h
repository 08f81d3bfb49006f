/* Digests through OpenSSL EVP; each algorithm is fetched once for the process.
 *
 * digest_init() must run before any thread is started; everything else may be called from any thread. */
#ifndef LTVAULT_BASE_DIGEST_H
#define LTVAULT_BASE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

#define DIGEST_MAX 64
#define SHA256_SIZE 32
#define SHA256_HEX (2 * SHA256_SIZE + 1) /* with the terminating zero */

enum digest_alg {
	DIGEST_UNKNOWN,
	DIGEST_MD5,
	DIGEST_SHA1,
	DIGEST_RIPEMD160,
	DIGEST_SHA224,
	DIGEST_SHA256,
	DIGEST_SHA384,
	DIGEST_SHA512,
	DIGEST_SHA3_224,
	DIGEST_SHA3_256,
	DIGEST_SHA3_384,
	DIGEST_SHA3_512,
	DIGEST_ALGS
};

void digest_init(void);
const char *digest_name(enum digest_alg alg);           /* "SHA-256" */
size_t digest_size(enum digest_alg alg);                /* bytes; 0 for unknown or not available here */
enum digest_alg digest_from_name(const char *name);     /* "SHA-256", "sha256", "SHA3-512" ...; case ignored */
const void *digest_evp(enum digest_alg alg);            /* const EVP_MD *, borrowed; NULL when not available */

struct digest_ctx; /* one running digest */
struct digest_ctx *digest_new(enum digest_alg alg);     /* NULL when the algorithm is not available */
void digest_update(struct digest_ctx *ctx, const void *data, size_t len);
size_t digest_final(struct digest_ctx *ctx, unsigned char out[static DIGEST_MAX]); /* size; ctx may be reset next */
void digest_reset(struct digest_ctx *ctx);
struct digest_ctx *digest_copy(const struct digest_ctx *ctx);
void digest_free(struct digest_ctx *ctx);

/* Whole buffer at once; returns the size, 0 when the algorithm is not available. */
size_t digest_bytes(enum digest_alg alg, const void *data, size_t len, unsigned char out[static DIGEST_MAX]);
void sha256_bytes(const void *data, size_t len, unsigned char out[static SHA256_SIZE]);

/* Lower-case hexadecimal. */
char *hex_encode(const void *data, size_t len, char *text); /* text holds 2 * len + 1; returned */
char *hex_dup(const void *data, size_t len);                /* owned by the caller */
/* Either case; false unless text is exactly 2 * len hexadecimal digits. */
bool hex_decode(const char *text, unsigned char *out, size_t len);

#endif
