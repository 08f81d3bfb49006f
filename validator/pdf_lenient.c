#include "validator/pdf_lenient.h"

#include "base/limits.h"
#include "validator/pdf_chain.h"

#include <stdio.h>
#include <string.h>

static bool is_space(unsigned char c) {
	return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\f' || c == 0;
}

static bool is_digit(unsigned char c) {
	return c >= '0' && c <= '9';
}

/* Past the last startxref with its number and the marker; 0: there is none near the end. */
static size_t document_end(const unsigned char *data, size_t len) {
	size_t low = len > PDF_TAIL ? len - PDF_TAIL : 0;
	for (size_t i = len; i-- > low;) {
		if (len - i < 9 || memcmp(data + i, "startxref", 9) != 0) continue;
		size_t at = i + 9;
		while (at < len && is_space(data[at])) at++;
		while (at < len && is_digit(data[at])) at++;
		size_t number = at;
		while (at < len && is_space(data[at])) at++;
		return len - at >= 5 && !memcmp(data + at, "%%EOF", 5) ? at + 5 : number;
	}
	return 0;
}

void pdf_lenient_look(struct pdf_file *file, const unsigned char *data, size_t len, struct finding_list *findings) {
	const char *const *messages;
	struct pdf_chain chain;
	size_t count = pdf_file_damage(file, &messages), end = document_end(data, len);
	for (size_t i = 0; i < count && i < LIMIT_PDF_CHANGES; i++)
		finding_add(findings, FINDING_READERS_MAY_DISAGREE, "%.200s", messages[i]);
	if (pdf_chain_read(data, len, &chain)) {
		if (chain.hybrid)
			finding_add(findings, FINDING_READERS_MAY_DISAGREE, "hybrid cross-reference data");
		pdf_chain_dispose(&chain);
	}
	while (end && end < len && is_space(data[end])) end++;
	if (end && end < len)
		finding_add(findings, FINDING_READERS_MAY_DISAGREE, "%zu bytes behind the end of the document", len - end);
}

bool pdf_ends_with_marker(const unsigned char *data, size_t end) {
	while (end && is_space(data[end - 1])) end--;
	return end >= 5 && !memcmp(data + end - 5, "%%EOF", 5);
}

bool pdf_signature_keys_twice(struct pdf_file *file, struct pdf_id id) {
	static const char *const keys[] = {"duplicated key /Contents", "duplicated key /ByteRange",
					   "duplicated key /SubFilter", "duplicated key /Reference"};
	const char *const *messages;
	size_t count = pdf_file_damage(file, &messages);
	char object[48];
	snprintf(object, sizeof object, "object %d %d,", id.number, id.generation);
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < ARRAY_LEN(keys); k++)
			if (strstr(messages[i], object) && strstr(messages[i], keys[k])) return true;
	return false;
}
