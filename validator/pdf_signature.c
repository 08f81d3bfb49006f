#include "validator/pdf_signature.h"

#include "validator/pdf_range.h"

#include <stdlib.h>
#include <string.h>

/* pdf_get that also works on a dictionary read from bare bytes, where nothing can be followed. */
static const struct pdf_value *get(struct pdf_file *file, const struct pdf_value *dict, const char *key) {
	if (file) return pdf_get(file, dict, key);
	const struct pdf_value *v = pdf_entry(dict, key);
	return v && v->type != PDF_REFERENCE ? v : &pdf_null;
}

bool pdf_signature_is_timestamp(struct pdf_file *file, const struct pdf_value *dict) {
	return pdf_is_name(get(file, dict, "Type"), "DocTimeStamp") ||
	       pdf_is_name(get(file, dict, "SubFilter"), "ETSI.RFC3161");
}

int pdf_signature_docmdp(struct pdf_file *file, const struct pdf_value *dict) {
	const struct pdf_value *list = get(file, dict, "Reference");
	for (size_t i = 0; file && list->type == PDF_ARRAY && i < list->array.count; i++) {
		const struct pdf_value *reference = pdf_resolve(file, &list->array.items[i]);
		if (!pdf_is_name(pdf_get(file, reference, "TransformMethod"), "DocMDP")) continue;
		const struct pdf_value *p = pdf_get(file, pdf_get(file, reference, "TransformParams"), "P");
		/* Default 2, and any other value is read as 2 (ISO 32000-2 Table 257). */
		return p->type == PDF_INTEGER && p->integer >= 1 && p->integer <= 3 ? (int)p->integer : 2;
	}
	return 0;
}

static void read_texts(struct pdf_file *file, const struct pdf_value *dict, struct pdf_signature *s) {
	s->sub_filter = pdf_text_utf8(get(file, dict, "SubFilter"));
	s->claimed_time = pdf_text_utf8(get(file, dict, "M"));
	s->reason = pdf_text_utf8(get(file, dict, "Reason"));
	s->location = pdf_text_utf8(get(file, dict, "Location"));
	const struct pdf_value *cert = get(file, dict, "Cert");
	if (cert->type == PDF_ARRAY && cert->array.count)
		cert = file ? pdf_resolve(file, &cert->array.items[0]) : &cert->array.items[0];
	if (cert->type == PDF_STRING) {
		s->cert = xmemdup(cert->text.data, cert->text.len);
		s->cert_len = cert->text.len;
	}
}

static void set_contents(struct pdf_signature *s, const void *data, size_t len) {
	s->contents = xmemdup(data, len);
	s->contents_len = len;
}

/* The gap's bytes and the dictionary's own value must be the same. Encryption never applies to this value, but qpdf
 * recognises it only by /Type /Sig, so in an encrypted file the gap is what counts. */
static bool read_contents(const unsigned char *data, struct pdf_file *file, const struct pdf_value *dict, bool four,
			  struct pdf_signature *s) {
	const struct pdf_value *entry = pdf_entry(dict, "Contents"), *own = get(file, dict, "Contents");
	bool encrypted = !file || pdf_file_encrypted(file), good = four && entry && entry->type != PDF_REFERENCE;
	struct pdf_gap gap = {0};
	if (s->range_count == 2) pdf_range_gap(data, s->ranges, &gap);
	if (!gap.strict) good = false;
	if (encrypted && gap.bytes.data) {
		set_contents(s, gap.bytes.data, gap.bytes.len);
	} else if (own->type == PDF_STRING) {
		set_contents(s, own->text.data, own->text.len);
		/* Same bytes at the wrong place and other bytes at the right one are both somebody else's gap. */
		if (gap.bytes.data &&
		    (gap.bytes.len != own->text.len || memcmp(gap.bytes.data, own->text.data, own->text.len) != 0)) {
			finding_add(&s->findings, FINDING_SIGNATURE_BORROWED, "%s", "");
			good = false;
		}
	} else {
		good = false;
	}
	buf_dispose(&gap.bytes);
	return good;
}

static void measure_cms(struct pdf_signature *s) {
	s->cms_len = pdf_range_ber_length(s->contents, s->contents_len);
	if (s->cms_len == 0) return;
	for (size_t i = s->cms_len; i < s->contents_len; i++)
		if (s->contents[i]) {
			finding_add(&s->findings, FINDING_DATA_AFTER_CMS, "%zu bytes", s->contents_len - s->cms_len);
			return;
		}
}

bool pdf_signature_read(const unsigned char *data, size_t len, struct pdf_file *file, const struct pdf_found *found,
			struct pdf_signature *signature) {
	const struct pdf_value *dict = found->dict;
	struct pdf_signature *s = signature;
	*s = (struct pdf_signature){.name = xstrdup(*found->name ? found->name : "unnamed")};
	s->kind = pdf_signature_is_timestamp(file, dict) ? PDF_DOCUMENT_TIMESTAMP : PDF_SIGNATURE;
	s->coverage = PDF_PARTIAL;
	s->modification = PDF_FORBIDDEN;
	s->docmdp = pdf_signature_docmdp(file, dict);
	read_texts(file, dict, s);
	bool four = pdf_range_numbers(get(file, dict, "ByteRange"), len, s);
	bool strict = read_contents(data, file, dict, four, s);
	if (s->contents_len) measure_cms(s);
	if (!s->ranges_usable)
		finding_add(&s->findings, FINDING_BYTERANGE_UNUSABLE, "%s", "");
	else if (!strict)
		finding_add(&s->findings, FINDING_BYTERANGE_NOT_STANDARD, "%s", "");
	if (found->place == PDF_ON_PAGE || found->place == PDF_IN_PERMS)
		finding_add(&s->findings, FINDING_SIGNATURE_OUTSIDE_FORM, "%s", "");
	return strict;
}

void pdf_signature_dispose(struct pdf_signature *signature) {
	free(signature->name);
	free(signature->sub_filter);
	free(signature->contents);
	free(signature->cert);
	free(signature->ranges);
	free(signature->claimed_time);
	free(signature->reason);
	free(signature->location);
	pdf_copy_dispose(&signature->appearance.copy);
	finding_list_dispose(&signature->findings);
	*signature = (struct pdf_signature){0};
}
