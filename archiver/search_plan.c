#include "archiver/search_plan.h"

#include "archiver/coverage.h"
#include "archiver/fold.h"
#include "archiver/search_doc.h"
#include "store/records.h"

#include <stdlib.h>
#include <string.h>

static char *own(struct search_plan *plan, char *text) {
	ARRAY_GROW(plan->owned, plan->owned_count, plan->owned_cap);
	return plan->owned[plan->owned_count++] = text;
}

static void value(struct search_plan *plan, struct search_value v) {
	ARRAY_GROW(plan->values, plan->count, plan->cap);
	plan->values[plan->count++] = v;
}

/* ---- words: FTS5 expressions ---- */

static void put_column(struct buf *out, enum search_column column, bool exact) {
	buf_printf(out, "%s%s", exact ? "x_" : "", search_column_names[column]);
}

static void put_columns(struct buf *out, enum query_field field, bool exact) {
	static const enum search_column columns[QUERY_FIELDS] = {
		[QUERY_symbol] = SEARCH_SYMBOL, [QUERY_org] = SEARCH_ORG,       [QUERY_subject] = SEARCH_SUBJECT,
		[QUERY_type] = SEARCH_TYPE,     [QUERY_signer] = SEARCH_SIGNER, [QUERY_recipient] = SEARCH_RECIPIENT,
		[QUERY_name] = SEARCH_NAME,     [QUERY_dossier] = SEARCH_DOSSIER, [QUERY_other] = SEARCH_OTHER,
	};
	buf_add_byte(out, '{');
	for (int c = 0; c < SEARCH_COLUMNS; c++) {
		if (field != QUERY_anywhere && columns[field] != (enum search_column)c) continue;
		buf_add_byte(out, ' ');
		put_column(out, (enum search_column)c, exact);
	}
	buf_add_text(out, " } : ");
}

static void put_string(struct buf *out, const char *text) {
	buf_add_byte(out, '"');
	for (; *text; text++) {
		if (*text == '"') buf_add_byte(out, '"');
		buf_add_byte(out, (unsigned char)*text);
	}
	buf_add_byte(out, '"');
}

/* The words of a text as one phrase; "" when it has none. */
static char *phrase_of(const char *text, bool exact) {
	struct buf out = {0};
	char *key = exact ? fold_exact(text) : fold_key(text);
	const char *cursor = key, *word;
	size_t len;
	while ((word = fold_next_word(&cursor, &len))) {
		if (out.len) buf_add_byte(&out, ' ');
		buf_add(&out, word, len);
	}
	free(key);
	return buf_take_text(&out);
}

static bool is_compound(const char *text) {
	return strpbrk(text, "/-.") != NULL;
}

/* One term: its words as a phrase; a compound such as 15/2025/QĐ-UBND or 015 also as the whole symbol or number. Under
 * `symbol:` a compound is nothing but the whole, so that QĐ-UB is not QĐ-UBND. */
static void put_term(struct buf *out, const struct query_term *term, bool exact) {
	char *phrase = phrase_of(term->text, exact);
	char *whole = exact ? fold_symbol_exact(term->text) : fold_symbol(term->text);
	bool symbol = term->kind == QUERY_KIND_SYMBOL && is_compound(whole);
	bool both = !symbol && !term->quoted && term->field == QUERY_anywhere && strcmp(whole, phrase) != 0;
	if (both || symbol) {
		if (both) buf_add_byte(out, '(');
		put_columns(out, QUERY_symbol, exact);
		put_string(out, whole);
		if (term->prefix) buf_add_text(out, " *");
	}
	if (both) buf_add_text(out, " OR ");
	if (!symbol) {
		put_columns(out, term->field, exact);
		put_string(out, phrase);
		if (term->prefix) buf_add_text(out, " *");
	}
	if (both) buf_add_byte(out, ')');
	free(phrase);
	free(whole);
}

static void add_term(struct buf *out, const struct query_term *term, bool exact) {
	if (out->len) buf_add_text(out, " AND ");
	put_term(out, term, exact);
}

/* ---- everything else: columns of the facts table ---- */

static void where_verdict(struct search_plan *plan, const struct query_term *term) {
	char *text = own(plan, xstrdup(term->text)), *sub = strchr(text, '/');
	if (sub) *sub++ = 0;
	buf_add_text(&plan->where, "f.indication = ?");
	value(plan, search_text(strcmp(text, "NONE") ? text : ""));
	if (!sub) return;
	buf_add_text(&plan->where, " AND f.sub_indication = ?");
	value(plan, search_text(sub));
}

/* From a digest's given first digits and zeros to those digits and ones: two digests, owned by the plan. */
static char *digest_range(struct search_plan *plan, const struct query_term *term) {
	char *digits = xmalloc(2 * SHA256_SIZE + 1), *range = own(plan, xmalloc(2 * SHA256_SIZE));
	size_t len = strlen(term->text);
	for (int side = 0; side < 2; side++) {
		memset(digits, side ? 'f' : '0', 2 * SHA256_SIZE);
		digits[2 * SHA256_SIZE] = 0;
		memcpy(digits, term->text, len);
		hex_decode(digits, (unsigned char *)range + side * SHA256_SIZE, SHA256_SIZE);
	}
	free(digits);
	return range;
}

static void where_digest(struct search_plan *plan, const struct query_term *term) {
	const char *range = digest_range(plan, term);
	buf_add_text(&plan->where, "f.sha256 BETWEEN ? AND ?");
	value(plan, search_bytes(range, SHA256_SIZE));
	value(plan, search_bytes(range + SHA256_SIZE, SHA256_SIZE));
}

/* A serial number is shown with or without the zero that makes it positive. Few digits are no digest. */
static void where_certificate(struct search_plan *plan, const struct query_term *term) {
	bool digest = strlen(term->text) >= 8;
	buf_printf(&plan->where,
		   "f.record IN (SELECT u.record FROM certificates c JOIN uses u ON u.certificate = c.id WHERE c.serial IN (?, ?)%s)",
		   digest ? " OR c.sha256 BETWEEN ? AND ?" : "");
	value(plan, search_text(own(plan, xstrdup(term->text))));
	value(plan, search_text(own(plan, xasprintf("00%s", term->text))));
	if (!digest) return;
	const char *range = digest_range(plan, term);
	value(plan, search_bytes(range, SHA256_SIZE));
	value(plan, search_bytes(range + SHA256_SIZE, SHA256_SIZE));
}

static void where_range(struct search_plan *plan, const struct query_term *term) {
	const char *column = term->kind == QUERY_KIND_DATE   ? "day"
			     : term->field == QUERY_verified ? "verified"
			     : term->field == QUERY_due      ? "due"
			     : term->field == QUERY_expires  ? "expires"
			     : term->field == QUERY_provable ? "provable"
							     : "taken";
	buf_printf(&plan->where, "f.%s IS NOT NULL", column);
	if (term->low != INT64_MIN) {
		buf_printf(&plan->where, " AND f.%s >= ?", column);
		value(plan, search_number(term->low));
	}
	if (term->high != INT64_MAX) {
		buf_printf(&plan->where, " AND f.%s < ?", column);
		value(plan, search_number(term->high));
	}
}

/* At least N copies have the records whose bytes end before the place up to which N - 1 media reach. */
static void where_copies(struct search_plan *plan, const struct query_term *term, const struct ledger *ledger) {
	uint64_t low = term->low > 0 ? coverage_up_to(ledger, (uint64_t)term->low) : UINT64_MAX;
	uint64_t high = term->high < INT64_MAX ? coverage_up_to(ledger, term->high > 0 ? (uint64_t)term->high : 0) : 0;
	buf_add_text(&plan->where, "f.place IS NOT NULL AND f.place <= ? AND f.place > ?");
	value(plan, search_number(low > INT64_MAX ? INT64_MAX : (int64_t)low));
	value(plan, search_number(high > INT64_MAX ? INT64_MAX : (int64_t)high));
}

static void where_words(struct search_plan *plan, const struct query_term *term) {
	struct buf expression = {0};
	put_term(&expression, term, false);
	buf_add_text(&plan->where, "f.record IN (SELECT rowid FROM words WHERE words MATCH ?)");
	value(plan, search_text(own(plan, buf_take_text(&expression))));
}

static void add_where(struct search_plan *plan, const struct query_term *term, const struct ledger *ledger) {
	enum record_state state = RECORD_ACCEPTED;
	buf_add_text(&plan->where, term->excluded ? " AND NOT (" : " AND (");
	switch (term->kind) {
	case QUERY_KIND_WORDS:
	case QUERY_KIND_SYMBOL:
		where_words(plan, term);
		break;
	case QUERY_KIND_NUMBER:
		buf_add_text(&plan->where, "f.number = ?");
		value(plan, search_text(own(plan, fold_number(term->text))));
		break;
	case QUERY_KIND_STATE:
		buf_add_text(&plan->where, "f.state = ?");
		record_state_parse(term->text, &state);
		value(plan, search_number(state));
		break;
	case QUERY_KIND_LIMIT:
		buf_add_text(&plan->where, "f.provable_limit = ?");
		value(plan, search_text(term->text));
		break;
	case QUERY_KIND_DATE:
	case QUERY_KIND_FROM:
	case QUERY_KIND_TO:
	case QUERY_KIND_TIME:
		where_range(plan, term);
		break;
	case QUERY_KIND_VERDICT:
		where_verdict(plan, term);
		break;
	case QUERY_KIND_COUNT:
		where_copies(plan, term, ledger);
		break;
	case QUERY_KIND_DIGEST:
		where_digest(plan, term);
		break;
	case QUERY_KIND_CERTIFICATE:
		where_certificate(plan, term);
		break;
	}
	buf_add_byte(&plan->where, ')');
}

void search_plan_make(const struct query *query, const struct ledger *ledger, struct search_plan *plan) {
	*plan = (struct search_plan){0};
	for (size_t i = 0; i < query->count; i++) {
		const struct query_term *term = &query->terms[i];
		if (term->excluded || (term->kind != QUERY_KIND_WORDS && term->kind != QUERY_KIND_SYMBOL)) {
			add_where(plan, term, ledger);
			continue;
		}
		add_term(&plan->folded, term, false);
		if (query->marks) add_term(&plan->exact, term, fold_has_marks(term->text));
	}
}

void search_plan_dispose(struct search_plan *plan) {
	buf_dispose(&plan->folded);
	buf_dispose(&plan->exact);
	buf_dispose(&plan->where);
	for (size_t i = 0; i < plan->owned_count; i++) free(plan->owned[i]);
	free(plan->owned);
	free(plan->values);
	*plan = (struct search_plan){0};
}

char *search_plan_sql(const struct search_plan *plan, enum search_pass pass, bool count) {
	struct buf sql = {0};
	bool words = pass == SEARCH_PASS_EXACT ? plan->exact.len : plan->folded.len;
	buf_add_text(&sql, count ? "SELECT count(*) FROM "
				 : "SELECT record, json FROM docs WHERE record IN (SELECT f.record FROM ");
	/* CROSS keeps the order of the tables: the words lead, facts are looked up; the rows come out newest first. */
	buf_add_text(&sql, words ? "words CROSS JOIN facts f ON f.record = words.rowid WHERE words MATCH ?"
				 : "facts f WHERE 1");
	buf_add_text(&sql, buf_text(&plan->where));
	if (!count)
		buf_printf(&sql, " AND %s < ? ORDER BY %s DESC LIMIT ?) ORDER BY record DESC",
			   words ? "words.rowid" : "f.record", words ? "words.rowid" : "f.record");
	return buf_take_text(&sql);
}

struct search_value *search_plan_values(const struct search_plan *plan, enum search_pass pass, char **expression,
					const struct search_value *last, size_t last_count, size_t *count) {
	struct search_value *values = xcalloc(plan->count + last_count + 1, sizeof *values);
	size_t n = 0;
	*expression = NULL;
	if (pass == SEARCH_PASS_FOLDED_ONLY)
		*expression = xasprintf("(%s) NOT (%s)", buf_text(&plan->folded), buf_text(&plan->exact));
	else if (pass == SEARCH_PASS_EXACT)
		*expression = xstrdup(buf_text(&plan->exact));
	else if (plan->folded.len)
		*expression = xstrdup(buf_text(&plan->folded));
	if (*expression) values[n++] = search_text(*expression);
	for (size_t i = 0; i < plan->count; i++) values[n++] = plan->values[i];
	for (size_t i = 0; i < last_count; i++) values[n++] = last[i];
	*count = n;
	return values;
}
