#include "validator/asic_manifest.h"

#include "base/limits.h"
#include "base/mem.h"
#include "validator/format.h"

#include <libxml/parser.h>
#include <libxml/tree.h>
#include <stdlib.h>
#include <string.h>

#define BYTE_ORDER_MARK "\357\273\277"

/* RFC 9231 and XML Encryption. */
static const struct {
	const char *uri;
	enum digest_alg alg;
} methods[] = {
	{"http://www.w3.org/2001/04/xmlenc#sha256", DIGEST_SHA256},
	{"http://www.w3.org/2001/04/xmlenc#sha512", DIGEST_SHA512},
	{"http://www.w3.org/2001/04/xmldsig-more#sha384", DIGEST_SHA384},
	{"http://www.w3.org/2001/04/xmldsig-more#sha224", DIGEST_SHA224},
	{"http://www.w3.org/2007/05/xmldsig-more#sha3-224", DIGEST_SHA3_224},
	{"http://www.w3.org/2007/05/xmldsig-more#sha3-256", DIGEST_SHA3_256},
	{"http://www.w3.org/2007/05/xmldsig-more#sha3-384", DIGEST_SHA3_384},
	{"http://www.w3.org/2007/05/xmldsig-more#sha3-512", DIGEST_SHA3_512},
	{"http://www.w3.org/2000/09/xmldsig#sha1", DIGEST_SHA1},
	{"http://www.w3.org/2001/04/xmlenc#ripemd160", DIGEST_RIPEMD160},
	{"http://www.w3.org/2001/04/xmldsig-more#md5", DIGEST_MD5},
};

/* The schema's namespace has had several addresses, and producers use others; the local names decide. */
static bool is_element(const xmlNode *node, const char *name) {
	return node->type == XML_ELEMENT_NODE && !strcmp((const char *)node->name, name);
}

static int hex_digit(char c) {
	if (c >= '0' && c <= '9') return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* RFC 3986 2.1; the name of a member, relative to the root of the container. NULL when it is none. */
static char *name_of_uri(const char *uri) {
	if (!strncmp(uri, "./", 2)) uri += 2;
	char *name = xstrdup(uri), *to = name;
	for (; *uri; uri++) {
		int high = *uri == '%' ? hex_digit(uri[1]) : -1, low = high < 0 ? -1 : hex_digit(uri[2]);
		*to = low < 0 ? *uri : (char)(high << 4 | low);
		if (!*to++) break; /* %00 */
		if (low >= 0) uri += 2;
	}
	if (*uri || to == name) {
		free(name);
		return NULL;
	}
	*to = '\0';
	return name;
}

static char *uri_attribute(xmlNode *node) {
	xmlChar *uri = xmlGetNoNsProp(node, (const xmlChar *)"URI");
	char *name = uri ? name_of_uri((const char *)uri) : NULL;
	xmlFree(uri);
	return name;
}

static enum digest_alg method_of(xmlNode *node) {
	enum digest_alg alg = DIGEST_UNKNOWN;
	xmlChar *uri = xmlGetNoNsProp(node, (const xmlChar *)"Algorithm");
	for (size_t i = 0; uri && i < ARRAY_LEN(methods); i++)
		if (!strcmp((const char *)uri, methods[i].uri)) alg = methods[i].alg;
	xmlFree(uri);
	return alg;
}

static bool read_digest(xmlNode *node, struct asic_reference *r) {
	struct buf value = {0};
	xmlChar *text = xmlNodeGetContent(node);
	bool good = text && base64_decode(text, strlen((const char *)text), &value) && value.len <= DIGEST_MAX;
	if (good && value.len) memcpy(r->digest, value.data, r->digest_len = value.len);
	buf_dispose(&value);
	xmlFree(text);
	return good;
}

static void read_reference(xmlNode *node, struct asic_manifest *m) {
	unsigned method_count = 0, value_count = 0;
	ARRAY_GROW(m->references, m->count, m->cap);
	struct asic_reference *r = &m->references[m->count++];
	*r = (struct asic_reference){.name = uri_attribute(node)};
	bool good = true;
	for (xmlNode *child = node->children; child; child = child->next) {
		if (is_element(child, "DigestMethod")) r->alg = method_of(child), method_count++;
		if (is_element(child, "DigestValue")) good = read_digest(child, r) && good, value_count++;
	}
	if (!good || method_count != 1 || value_count != 1 || r->digest_len != digest_size(r->alg)) r->digest_len = 0;
}

static const char *read_references(xmlNode *parent, struct asic_manifest *m) {
	for (xmlNode *node = parent->children; node; node = node->next) {
		if (!is_element(node, "DataObjectReference")) continue;
		if (m->count == LIMIT_ASIC_REFERENCES) return "it has too many references";
		read_reference(node, m);
	}
	return NULL;
}

static const char *read_root(xmlNode *root, struct asic_manifest *m) {
	if (!root || !is_element(root, "ASiCManifest")) return "it is no ASiCManifest";
	for (xmlNode *node = root->children; node; node = node->next) {
		if (!is_element(node, "SigReference")) continue;
		if (m->signature) return "it is for several signatures";
		m->signature = uri_attribute(node);
		const char *why = read_references(node, m);
		if (why) return why;
		m->misplaced = m->count > 0;
	}
	return read_references(root, m);
}

bool asic_manifest_read(const unsigned char *data, size_t len, struct asic_manifest *out, const char **why) {
	*out = (struct asic_manifest){0};
	*why = "it is too large";
	if (len > LIMIT_ASIC_MANIFEST_BYTES) return false;
	/* A manifest needs none; without one there are no entities either. */
	*why = "it has a document type";
	if (memmem(data, len, "<!DOCTYPE", 9)) return false;
	if (len >= 3 && !memcmp(data, BYTE_ORDER_MARK, 3)) data += 3, len -= 3;
	*why = "it is no well-formed XML in UTF-8";
	/* With the encoding given, no converter is looked for, which would be a file of the C library. */
	xmlDoc *doc = xmlReadMemory((const char *)data, (int)len, NULL, "UTF-8",
				    XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NOCDATA);
	if (!doc) return false;
	*why = doc->intSubset ? "it has a document type" : read_root(xmlDocGetRootElement(doc), out);
	xmlFreeDoc(doc);
	return !*why;
}

void asic_manifest_dispose(struct asic_manifest *manifest) {
	for (size_t i = 0; i < manifest->count; i++) free(manifest->references[i].name);
	free(manifest->references);
	free(manifest->signature);
	*manifest = (struct asic_manifest){0};
}
