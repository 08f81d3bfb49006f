#include "tests/validator/asic_builder.h"

#include "validator/format.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static uint32_t crc32_of(const unsigned char *p, size_t len) {
	uint32_t crc = UINT32_MAX;
	while (len--) {
		crc ^= *p++;
		for (int i = 0; i < 8; i++) crc = crc & 1 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
	}
	return ~crc;
}

static void put(struct buf *b, unsigned long long value, unsigned size) {
	for (; size--; value >>= 8) buf_add_byte(b, value & 0xff);
}

/* What local header and directory entry have in common: version to length of the extra field. */
static void put_common(struct buf *b, const struct asic_file *f) {
	put(b, 20, 2);
	put(b, 0x800, 2); /* UTF-8 */
	put(b, 0, 2);     /* stored */
	put(b, 0, 4);     /* time, date */
	put(b, crc32_of(f->data, f->len), 4);
	put(b, f->len, 4);
	put(b, f->len, 4);
	put(b, strlen(f->name), 2);
	put(b, 0, 2);
}

struct made_zip zip_make(const struct asic_file *files, size_t count) {
	struct made_zip zip = {0};
	struct buf *b = &zip.bytes;
	for (size_t i = 0; i < count; i++) {
		zip.local[i] = b->len;
		buf_add(b, "PK\003\004", 4);
		put_common(b, &files[i]);
		buf_add_text(b, files[i].name);
		buf_add(b, files[i].data, files[i].len);
	}
	size_t directory = b->len;
	for (size_t i = 0; i < count; i++) {
		zip.central[i] = b->len;
		buf_add(b, "PK\001\002\024\000", 6);
		put_common(b, &files[i]);
		put(b, 0, 10); /* comment, disk, attributes */
		put(b, zip.local[i], 4);
		buf_add_text(b, files[i].name);
	}
	zip.end = b->len;
	buf_add(b, "PK\005\006\000\000\000\000", 8);
	put(b, count, 2);
	put(b, count, 2);
	put(b, zip.end - directory, 4);
	put(b, directory, 4);
	put(b, 0, 2);
	return zip;
}

void zip_patch(struct made_zip *zip, size_t at, unsigned long long value, unsigned size) {
	for (; size--; value >>= 8) zip->bytes.data[at++] = value & 0xff;
}

static const char *method(enum digest_alg alg) {
	return alg == DIGEST_SHA512 ? "http://www.w3.org/2001/04/xmlenc#sha512"
	       : alg == DIGEST_SHA1 ? "http://www.w3.org/2000/09/xmldsig#sha1"
	       : alg == DIGEST_MD5  ? "urn:unheard-of"
				    : "http://www.w3.org/2001/04/xmlenc#sha256";
}

struct buf manifest_make(const char *signature, const struct asic_file *files, size_t count, enum digest_alg alg) {
	struct buf b = {0};
	buf_printf(&b,
		   "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<asic:ASiCManifest "
		   "xmlns:asic=\"http://uri.etsi.org/02918/v1.2.1#\" xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">"
		   "<asic:SigReference URI=\"%s\"/>",
		   signature);
	for (size_t i = 0; i < count; i++) {
		unsigned char digest[DIGEST_MAX];
		size_t len = digest_bytes(alg, files[i].data, files[i].len, digest);
		char *text = base64_encode(digest, len);
		buf_printf(&b,
			   "<asic:DataObjectReference URI=\"%s\"><ds:DigestMethod Algorithm=\"%s\"/>"
			   "<ds:DigestValue>%s</ds:DigestValue></asic:DataObjectReference>",
			   files[i].name, method(alg), text);
		free(text);
	}
	buf_add_text(&b, "</asic:ASiCManifest>\n");
	return b;
}
