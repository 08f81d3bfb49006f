/* The validation objects of a TS 119 102-2 report: what is referred to, each once, by an identifier that says what. */
#ifndef LTVAULT_ARCHIVER_ETSI_OBJECTS_H
#define LTVAULT_ARCHIVER_ETSI_OBJECTS_H

#include "archiver/etsi_xml.h"

#include <jansson.h>

/* Identifiers; the caller's. `sha256` is hexadecimal text; a timestamp is named by the bytes of its token. */
char *etsi_certificate_id(const char *sha256);
char *etsi_revocation_id(const char *sha256);
char *etsi_timestamp_id(const char *sha256);
char *etsi_document_id(const char *sha256);

/* An element that refers to one of them and holds nothing. */
void etsi_reference(struct etsi_xml *x, const char *element, char *id); /* takes the identifier */
void etsi_digest(struct etsi_xml *x, const char *element, const char *sha256);
/* MainIndication and SubIndication of a report's object. */
void etsi_indications(struct etsi_xml *x, const json_t *object);
/* vr:AssociatedValidationReportData, one for the path and one more for each revoked certificate of it. `signature` is the
 * object that has chain, algorithms and findings, `id` how it is referred to. */
void etsi_associated(struct etsi_xml *x, const json_t *signature, const char *id);
/* vr:SignatureValidationObjects with everything that the report refers to. */
void etsi_objects(struct etsi_xml *x, const json_t *report);

#endif
