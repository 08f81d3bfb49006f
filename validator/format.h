/* What kind of file it is, by its bytes alone. */
#ifndef LTVAULT_VALIDATOR_FORMAT_H
#define LTVAULT_VALIDATOR_FORMAT_H

#include "base/mem.h"

#include <stdbool.h>

enum format {
	FORMAT_UNKNOWN,
	FORMAT_PDF,
	FORMAT_CMS,
	FORMAT_TIMESTAMP,           /* a TimeStampToken, alone or in a TimeStampResp */
	FORMAT_EVIDENCE_RECORD,     /* RFC 4998 */
	FORMAT_XML_EVIDENCE_RECORD, /* RFC 6283: recognised, not judged */
	FORMAT_ASIC,                /* a zip with META-INF: whether it is a container shows when it is unpacked */
	FORMAT_XML,                 /* XML with a signature: recognised, not judged */
	FORMAT_OOXML,               /* an office document (ISO/IEC 29500-2) with signatures in XML: recognised, not judged */
};

struct recognised {
	enum format format;
	const unsigned char *data; /* the binary form: the bytes given, or `decoded` */
	size_t len;
	struct buf decoded; /* of PEM or base64 */
};

void format_recognise(const unsigned char *data, size_t len, struct recognised *out);
void recognised_dispose(struct recognised *r);
const char *format_name(enum format format); /* "pdf", "cms", ... as in the report */

/* Base64 with white space between; false when anything else is in it. */
bool base64_decode(const unsigned char *text, size_t len, struct buf *out);
char *base64_encode(const unsigned char *data, size_t len); /* owned by the caller */

#endif
