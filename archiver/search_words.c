#include "archiver/search_doc.h"

#include "archiver/fold.h"
#include "archiver/json_get.h"
#include "archiver/query.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

const char *const search_column_names[SEARCH_COLUMNS] = {"symbol", "org",       "subject", "type",
							 "signer", "recipient", "name",    "dossier", "other"};

/* Decree 30/2020 annex III: the abbreviations that symbols begin with; unfolded, for QĐ and QyĐ, CT and CTr differ. */
static const struct {
	const char *abbreviation, *type;
} types[] = {
	{"NQ", "Nghị quyết"},     {"QĐ", "Quyết định"},   {"CT", "Chỉ thị"},          {"QC", "Quy chế"},
	{"QyĐ", "Quy định"},      {"TC", "Thông cáo"},    {"TB", "Thông báo"},        {"HD", "Hướng dẫn"},
	{"CTr", "Chương trình"},  {"KH", "Kế hoạch"},     {"PA", "Phương án"},        {"ĐA", "Đề án"},
	{"DA", "Dự án"},          {"BC", "Báo cáo"},      {"BB", "Biên bản"},         {"TTr", "Tờ trình"},
	{"HĐ", "Hợp đồng"},       {"CĐ", "Công điện"},    {"BGN", "Bản ghi nhớ"},     {"BTT", "Bản thỏa thuận"},
	{"GUQ", "Giấy ủy quyền"}, {"GM", "Giấy mời"},     {"GGT", "Giấy giới thiệu"}, {"GNP", "Giấy nghỉ phép"},
	{"PG", "Phiếu gửi"},      {"PC", "Phiếu chuyển"}, {"PB", "Phiếu báo"},        {"NĐ", "Nghị định"},
	{"TT", "Thông tư"},       {"SY", "Sao y"},        {"TrS", "Trích sao"},       {"SL", "Sao lục"},
};

/* What is being gathered: words, folded or with marks. */
struct words {
	struct buf text;
	bool marks;
};

static void add_token(struct words *w, const char *token, size_t len) {
	if (!len) return;
	if (w->text.len) buf_add_byte(&w->text, ' ');
	buf_add(&w->text, token, len);
}

static void add_words(struct words *w, const char *text) {
	char *key = w->marks ? fold_exact(text) : fold_key(text);
	const char *cursor = key, *word;
	size_t len;
	while ((word = fold_next_word(&cursor, &len))) add_token(w, word, len);
	free(key);
}

/* A whole symbol is one token: "15/2025/qd-ubnd". */
static void add_whole(struct words *w, const char *text) {
	char *whole = w->marks ? fold_symbol_exact(text) : fold_symbol(text);
	if (!strchr(whole, ' ')) add_token(w, whole, strlen(whole));
	free(whole);
}

static void add_list(struct words *w, const json_t *list) {
	size_t i;
	json_t *value;
	json_array_foreach(list, i, value) {
		add_words(w, json_string_value(value));
		add_token(w, ".", 1); /* no phrase reaches from one name into the next */
	}
}

/* The type that the symbol's first part stands for: "QĐ" of "QĐ-UBND" or "2025/QĐ-UBND". */
static void add_type_of(struct words *w, const char *symbol) {
	const char *start = strrchr(symbol, '/');
	start = start ? start + 1 : symbol;
	size_t len = strcspn(start, "-. ");
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (strlen(types[i].abbreviation) == len && !strncmp(types[i].abbreviation, start, len))
			add_words(w, types[i].type);
}

/* Number, year and symbol in every way they are put together, whole and in words. */
static void symbol_words(struct words *w, const json_t *doc) {
	const char *number = text_at(doc, "number"), *symbol = text_at(doc, "symbol");
	char *year = xstrndup(text_at(doc, "date"), 4), *with_year = xasprintf("%s/", year), *part;
	bool has_year = *year && !strncmp(symbol, with_year, 5);
	const char *bare = has_year ? symbol + 5 : symbol;
	if (*number) {
		add_words(w, "số");
		add_words(w, number);
		add_whole(w, number); /* also without leading zeros; "15/QĐ-UBND" may stand here alone */
	}
	add_words(w, bare);
	if (*symbol) {
		add_whole(w, bare);
		add_whole(w, part = xasprintf("%s%s", *year ? with_year : "", bare));
		free(part);
	}
	if (*number && *symbol) {
		add_whole(w, part = xasprintf("%s/%s", number, bare));
		free(part);
		add_whole(w, part = xasprintf("%s/%s%s", number, *year ? with_year : "", bare));
		free(part);
	}
	add_words(w, year);
	add_type_of(w, bare);
	free(with_year);
	free(year);
}

/* People's committees and councils are searched for by their abbreviations as well. */
static void org_words(struct words *w, const json_t *doc) {
	const json_t *organisation = json_object_get(doc, "organisation");
	const char *name = text_at(organisation, "name");
	char *key = fold_key(name);
	add_words(w, name);
	add_token(w, ".", 1);
	add_words(w, text_at(organisation, "code"));
	add_whole(w, text_at(organisation, "code"));
	if (strstr(key, "uy ban nhan dan")) add_words(w, "UBND");
	if (strstr(key, "hoi dong nhan dan")) add_words(w, "HĐND");
	free(key);
}

char *search_doc_words(const json_t *doc, enum search_column column, bool marks) {
	struct words w = {.marks = marks};
	const json_t *index = json_object_get(doc, "index");
	switch (column) {
	case SEARCH_SYMBOL:
		symbol_words(&w, doc);
		break;
	case SEARCH_ORG:
		org_words(&w, doc);
		break;
	case SEARCH_SUBJECT:
		add_words(&w, text_at(doc, "subject"));
		break;
	case SEARCH_TYPE:
		add_words(&w, text_at(doc, "type"));
		break;
	case SEARCH_SIGNER:
		add_list(&w, json_object_get(doc, "signers"));
		add_list(&w, json_object_get(index, "certificates"));
		break;
	case SEARCH_RECIPIENT:
		add_list(&w, json_object_get(index, "recipients"));
		break;
	case SEARCH_NAME:
		add_words(&w, text_at(doc, "file"));
		break;
	case SEARCH_DOSSIER:
		add_list(&w, json_object_get(index, "dossier"));
		break;
	case SEARCH_OTHER:
		add_list(&w, json_object_get(index, "other"));
		break;
	case SEARCH_COLUMNS:
		break;
	}
	return buf_take_text(&w.text);
}

char *search_doc_number(const json_t *doc) {
	const char *number = text_at(doc, "number");
	char *digits = xstrndup(number, strcspn(number, "/")), *folded = fold_number(digits);
	free(digits);
	return folded;
}

bool search_doc_expires(const json_t *doc, utime *expires) {
	return utime_parse(text_at(doc, "expires"), expires);
}

bool search_doc_provable(const json_t *doc, utime *until, const char **limit) {
	*limit = text_at(doc, "provable_limit");
	return utime_parse(text_at(doc, "provable"), until);
}

char *search_doc_algorithms(const json_t *doc) {
	struct buf list = {0};
	size_t i;
	const json_t *name;
	json_array_foreach(json_object_get(json_object_get(doc, "index"), "algorithms"), i, name)
		buf_printf(&list, "%s%s,", i ? "" : ",", json_string_value(name) ? json_string_value(name) : "");
	return buf_take_text(&list);
}

char *search_doc_roots(const json_t *doc) {
	const json_t *roots = json_object_get(json_object_get(doc, "index"), "roots");
	char *text = roots ? json_dumps(roots, JSON_COMPACT) : NULL;
	return text ? text : xstrdup("[]");
}

bool search_doc_day(const json_t *doc, int64_t *day) {
	int64_t next;
	return query_date(text_at(doc, "date"), day, &next);
}
