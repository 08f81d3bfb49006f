/* What every part of the test PKI's tools needs: they are programs for developers, so whatever goes wrong ends them. */
#ifndef LTVAULT_TESTS_PKI_TOOL_H
#define LTVAULT_TESTS_PKI_TOOL_H

#include "base/mem.h"

#include <openssl/asn1.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>

/* Ends the program with the thing, OpenSSL's reason if there is one, and status 1, unless ok. */
void need(bool ok, const char *what);

/* The private key keys/NAME.pem of the source tree; borrowed, kept for the life of the process. */
EVP_PKEY *tool_key(const char *name);

/* From here on every random number that OpenSSL asks for comes from a fixed sequence, restarted by
 * tool_random_restart(), so that PSS salts and ECDSA nonces are functions of key and message. A generator of published
 * test keys may do that; nothing else may. */
void tool_random_fix(void);
void tool_random_restart(void);

/* "20261101000000Z" to the forms that ASN.1 wants; the caller frees. */
ASN1_GENERALIZEDTIME *tool_time(const char *text);

void tool_make_dir(const char *path);
void tool_write(const char *dir, const char *name, const void *data, size_t len);
struct buf tool_read(const char *dir, const char *name);
/* Appends the DER of an object through its i2d function; `object` is cast as OpenSSL's macros do. */
#define TOOL_DER(b, i2d, object)                                                                                       \
	do {                                                                                                           \
		unsigned char *der_ = NULL;                                                                            \
		int len_ = i2d((object), &der_);                                                                       \
		need(len_ > 0, #i2d);                                                                                  \
		buf_add((b), der_, (size_t)len_);                                                                      \
		OPENSSL_free(der_);                                                                                    \
	} while (0)

#endif
