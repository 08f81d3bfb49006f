/* Names that the metadata declares against names in certificates, folded: marks, case and spaces do not count. */
#include "archiver/rules_parts.h"

#include "archiver/dn.h"
#include "archiver/fold.h"
#include "archiver/metadata.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* Academic titles, ranks and forms of address that may stand before a name (Decree 30/2020 annex I wants none), as
 * fold_next_word gives them, a word at a time: "PGS.TS" is "pgs" and "ts". */
static const char *const titles[] = {"ong",  "ba",    "gs",     "pgs",  "ts",   "ths",  "th",   "s",  "ks", "bs",
				     "bsck", "bscki", "bsckii", "ds",   "cn",   "kts",  "ls",   "dr", "mr", "mrs",
				     "ms",   "nsnd",  "nsut",   "ngnd", "ngut", "ttnd", "ttut", NULL};
static const char *const title_phrases[] = {
	"giao su",   "pho giao su",  "tien si",     "thac si",     "ky su",   "bac si",       "duoc si",  "cu nhan",
	"dai tuong", "thuong tuong", "trung tuong", "thieu tuong", "dai ta",  "thuong ta",    "trung ta", "thieu ta",
	"dai uy",    "thuong uy",    "trung uy",    "thieu uy",    "luat su", "kien truc su", NULL};
/* How agencies are shortened in registers. */
static const struct {
	const char *shortened, *whole;
} abbreviations[] = {
	{"ubnd", "uy ban nhan dan"}, {"hdnd", "hoi dong nhan dan"},   {"mttq", "mat tran to quoc"},
	{"tp", "thanh pho"},         {"ttcp", "thu tuong chinh phu"}, {"bqp", "bo quoc phong"},
	{"vp", "van phong"},
};

static const char *whole_word(const char *word, size_t len) {
	for (size_t i = 0; i < ARRAY_LEN(abbreviations); i++)
		if (strlen(abbreviations[i].shortened) == len && !strncmp(abbreviations[i].shortened, word, len))
			return abbreviations[i].whole;
	return NULL;
}

/* The folded words with one space between them; abbreviations written out. */
static char *words_of(const char *text, bool write_out) {
	struct buf words = {0};
	char *key = fold_key(text);
	const char *cursor = key, *word;
	size_t len;
	while ((word = fold_next_word(&cursor, &len))) {
		const char *whole = write_out ? whole_word(word, len) : NULL;
		buf_printf(&words, "%s%.*s", words.len ? " " : "", whole ? (int)strlen(whole) : (int)len,
			   whole ? whole : word);
	}
	free(key);
	return buf_take_text(&words);
}

/* How many bytes of a title, with the space behind it, the words begin with; a title alone is a name. */
static size_t title_length(const char *words) {
	const char *space = strchr(words, ' ');
	for (size_t i = 0; title_phrases[i]; i++) {
		size_t n = strlen(title_phrases[i]);
		if (!strncmp(words, title_phrases[i], n) && words[n] == ' ') return n + 1;
	}
	for (size_t i = 0; space && titles[i]; i++)
		if (strlen(titles[i]) == (size_t)(space - words) && !strncmp(words, titles[i], strlen(titles[i])))
			return (size_t)(space - words) + 1;
	return 0;
}

/* A person's name without titles before it and what stands in brackets behind it: "TS. Trần Văn A (M)". */
static char *person_words(const char *text) {
	const char *bracket = strchr(text, '(');
	char *name = bracket ? xstrndup(text, (size_t)(bracket - text)) : xstrdup(text);
	char *words = words_of(name, false), *start = words;
	for (size_t n; (n = title_length(start));) start += n;
	char *result = xstrdup(start);
	free(words);
	free(name);
	return result;
}

/* `part` is in `whole` as whole words: a common name may carry a unit beside the name. */
static bool has_words(const char *whole, const char *part) {
	size_t n = strlen(part);
	for (const char *p = whole; n && (p = strstr(p, part)); p++)
		if ((p == whole || p[-1] == ' ') && (!p[n] || p[n] == ' ')) return true;
	return false;
}

static bool signed_by(const json_t *const *list, size_t count, const char *words) {
	bool found = false;
	for (size_t i = 0; i < count && !found; i++) {
		char *name = words_of(rules_signer(list[i]), false);
		found = has_words(name, words);
		free(name);
	}
	return found;
}

static void check_signers(struct rules *r) {
	const json_t *declared = json_object_get(r->metadata, "signers"), *signer;
	size_t i;
	json_array_foreach(declared, i, signer) {
		const char *name = metadata_text(signer, "name");
		char *words = person_words(name);
		if (*words && r->person_count && !signed_by(r->persons, r->person_count, words) &&
		    !signed_by(r->unknown, r->unknown_count, words))
			rules_tell(r, ARCHIVE_FINDING_SIGNER_NAME_DIFFERS, "%s; %s", name, rules_signer(r->persons[0]));
		free(words);
	}
}

static bool equal_attribute(const char *subject, const char *type, const char *words, bool *there) {
	bool equal = false;
	char *value;
	for (size_t i = 0; !equal && (value = dn_attribute(subject, type, i)); i++) {
		char *own = words_of(value, true);
		*there = true;
		equal = !strcmp(own, words);
		free(own);
		free(value);
	}
	return equal;
}

/* The certificate of an agency names it as CN; a certificate for a role in it as the nearest OU. O is the agency above
 * where there is an OU, and counts only without one. */
static bool names_organisation(const char *subject, const char *words) {
	bool named = false, unit = false;
	if (equal_attribute(subject, "CN", words, &named) || equal_attribute(subject, "OU", words, &unit)) return true;
	return !unit && equal_attribute(subject, "O", words, &named);
}

static void check_organisation(struct rules *r) {
	const char *declared = metadata_inner_text(r->metadata, "organisation", "name");
	char *words = words_of(declared, true);
	bool found = !*words || !r->organisation_count;
	for (size_t i = 0; i < r->organisation_count && !found; i++)
		found = names_organisation(metadata_inner_text(r->organisations[i], "signer", "subject"), words);
	if (!found)
		rules_tell(r, ARCHIVE_FINDING_ORGANISATION_DIFFERS, "%s; %s", declared,
			   rules_signer(r->organisations[0]));
	free(words);
}

void rules_names(struct rules *r) {
	if (!r->metadata) return;
	check_organisation(r);
	check_signers(r);
}
