/* A report of schema ltvault.validation/1 as an ETSI TS 119 102-2 V1.4.1 validation report.
 *
 * One SignatureValidationReport for each signature; timestamps, certificates, revocation data and the document are
 * validation objects, represented by their SHA-256. Where the file has no signature the one report says so with a main
 * indication of our own, since the schema wants one and the standard has none for it. */
#ifndef LTVAULT_ARCHIVER_ETSI_H
#define LTVAULT_ARCHIVER_ETSI_H

#include <jansson.h>

/* The XML document, UTF-8; the caller's. */
char *etsi_report(const json_t *report);

#endif
