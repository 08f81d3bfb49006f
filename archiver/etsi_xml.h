/* Writing XML in the namespaces of TS 119 102-2; libxml2 is behind it, and nowhere else in this layer. */
#ifndef LTVAULT_ARCHIVER_ETSI_XML_H
#define LTVAULT_ARCHIVER_ETSI_XML_H

#include <stdbool.h>

#define ETSI_VR "http://uri.etsi.org/19102/v1.4.1#"
#define ETSI_DS "http://www.w3.org/2000/09/xmldsig#"
#define ETSI_XADES "http://uri.etsi.org/01903/v1.3.2#"

struct etsi_xml;
/* Begins a document whose root element is `root`, with the three namespaces declared. */
struct etsi_xml *etsi_xml_begin(const char *root);
/* Ends it and gives its text; the caller's. */
char *etsi_xml_end(struct etsi_xml *x);

/* Names carry their prefix: "vr:POETime". Text from documents is made fit for XML. */
void etsi_open(struct etsi_xml *x, const char *name);
void etsi_close(struct etsi_xml *x);
void etsi_attribute(struct etsi_xml *x, const char *name, const char *value); /* right after etsi_open */
void etsi_text(struct etsi_xml *x, const char *name, const char *text);       /* a whole element */
void etsi_flag(struct etsi_xml *x, const char *name, bool value);
/* ds:DigestMethod and ds:DigestValue of a SHA-256 in hexadecimal. */
void etsi_sha256(struct etsi_xml *x, const char *hex);

#endif
