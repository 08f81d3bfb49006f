/* PEM blocks in text from outside (RFC 7468, read leniently): found one after another, decoded one at a time. */
#ifndef LTVAULT_VALIDATOR_PEM_H
#define LTVAULT_VALIDATOR_PEM_H

#include "base/mem.h"

#include <stdbool.h>

struct pem_reader {
	const char *p, *end;
};
struct pem_reader pem_reader_of(const unsigned char *data, size_t len);
/* Next block whose base64 is well-formed: its bytes replace what is in `out`. Labels are not looked at: what is in a
 * block is found from its bytes. */
bool pem_next(struct pem_reader *reader, struct buf *out);

#endif
