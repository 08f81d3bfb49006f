#include "archiver/etsi_xml.h"

#include "archiver/explain.h"
#include "base/digest.h"
#include "base/mem.h"

#include <libxml/xmlwriter.h>
#include <stdlib.h>
#include <string.h>

struct etsi_xml {
	xmlBufferPtr buffer;
	xmlTextWriterPtr writer;
};

/* Writing to memory fails for want of memory and for nothing else. */
static void must(int rc) {
	if (rc < 0) abort();
}

static const xmlChar *xml(const char *text) {
	return (const xmlChar *)text;
}

struct etsi_xml *etsi_xml_begin(const char *root) {
	struct etsi_xml *x = xcalloc(1, sizeof *x);
	x->buffer = xmlBufferCreate();
	x->writer = x->buffer ? xmlNewTextWriterMemory(x->buffer, 0) : NULL;
	if (!x->writer) abort();
	must(xmlTextWriterSetIndent(x->writer, 1));
	must(xmlTextWriterStartDocument(x->writer, NULL, "UTF-8", NULL));
	etsi_open(x, root);
	etsi_attribute(x, "xmlns:vr", ETSI_VR);
	etsi_attribute(x, "xmlns:ds", ETSI_DS);
	etsi_attribute(x, "xmlns:xades", ETSI_XADES);
	return x;
}

char *etsi_xml_end(struct etsi_xml *x) {
	must(xmlTextWriterEndDocument(x->writer));
	xmlFreeTextWriter(x->writer);
	char *text = xstrndup((const char *)xmlBufferContent(x->buffer), (size_t)xmlBufferLength(x->buffer));
	xmlBufferFree(x->buffer);
	free(x);
	return text;
}

/* XML 1.0 takes neither control characters, which explain_safe makes visible, nor U+FFFE and U+FFFF. */
static char *fit(const char *text) {
	char *safe = explain_safe(text);
	for (char *p = safe; (p = strstr(p, "\xef\xbf")); p += 2)
		if ((unsigned char)p[2] >= 0xbe) memcpy(p, "???", 3);
	return safe;
}

void etsi_open(struct etsi_xml *x, const char *name) {
	must(xmlTextWriterStartElement(x->writer, xml(name)));
}

void etsi_close(struct etsi_xml *x) {
	must(xmlTextWriterEndElement(x->writer));
}

void etsi_attribute(struct etsi_xml *x, const char *name, const char *value) {
	char *safe = fit(value);
	must(xmlTextWriterWriteAttribute(x->writer, xml(name), xml(safe)));
	free(safe);
}

void etsi_text(struct etsi_xml *x, const char *name, const char *text) {
	char *safe = fit(text);
	must(xmlTextWriterWriteElement(x->writer, xml(name), xml(safe)));
	free(safe);
}

void etsi_flag(struct etsi_xml *x, const char *name, bool value) {
	etsi_text(x, name, value ? "true" : "false");
}

void etsi_sha256(struct etsi_xml *x, const char *hex) {
	unsigned char bytes[SHA256_SIZE];
	if (!hex_decode(hex, bytes, sizeof bytes)) memset(bytes, 0, sizeof bytes);
	etsi_open(x, "ds:DigestMethod");
	etsi_attribute(x, "Algorithm", "http://www.w3.org/2001/04/xmlenc#sha256");
	etsi_close(x);
	etsi_open(x, "ds:DigestValue");
	must(xmlTextWriterWriteBase64(x->writer, (const char *)bytes, 0, sizeof bytes));
	etsi_close(x);
}
