/* Encryption to recipients' certificates: CMS AuthEnvelopedData (RFC 5083) with AES-256-GCM, as `openssl cms -decrypt` opens it.
 *
 * OpenSSL decrypts a message as a whole, so one message holds at most LIMIT_ENVELOPE_PLAIN bytes and a file is a row of messages.
 * RSA recipients get the key with OAEP and SHA-256 (RFC 8017), those with an elliptic curve through ECDH (RFC 5753, SHA-256). */
#ifndef LTVAULT_ARCHIVER_ENVELOPE_H
#define LTVAULT_ARCHIVER_ENVELOPE_H

#include "base/digest.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/utime.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct recipients;
/* One or more certificates in PEM; anything else in the text (a private key by mistake) is passed over and kept nowhere. NULL with
 * ERROR_INPUT for none, more than LIMIT_RECIPIENTS, or a key that is neither RSA from 2048 bits nor on an elliptic curve. */
struct recipients *recipients_parse(const char *pem, size_t len, struct error *err);
void recipients_free(struct recipients *recipients); /* NULL is fine */
/* Whether a medium may be made for them: valid at `now`, and the key usage allows it. ERROR_INPUT names the first that is not. */
int recipients_check(const struct recipients *recipients, utime now, struct error *err);
char *recipients_text(const struct recipients *recipients); /* PEM of the certificates alone; the caller's */

size_t recipients_count(const struct recipients *recipients);
struct recipient {
	char *name;             /* common name, the caller's */
	char sha256[SHA256_HEX]; /* of the certificate */
	utime ends;             /* of its validity; a medium stays readable afterwards */
};
void recipients_describe(const struct recipients *recipients, size_t at, struct recipient *one);

/* One message as DER, added to `der`. */
int envelope_make(const struct recipients *recipients, const void *plain, size_t len, struct buf *der, struct error *err);

/* Bytes that a message for them has at most beside its content, whatever that is. */
int envelope_overhead(const struct recipients *recipients, uint64_t *bytes, struct error *err);

struct envelope_key;
/* A recipient's private key in PEM (a passphrase is asked for on the terminal), with its certificate, or NULL: every recipient is
 * tried. NULL with err. */
struct envelope_key *envelope_key_read(const char *key, const char *certificate, struct error *err);
void envelope_key_free(struct envelope_key *key); /* NULL is fine */
/* The content, added to `plain` only when its authentication tag holds. ERROR_INPUT: the message is for others than this key;
 * ERROR_DAMAGED: it is no such message, or was changed. */
int envelope_open(const struct envelope_key *key, const void *der, size_t len, struct buf *plain, struct error *err);

#endif
