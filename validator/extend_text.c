#include "validator/extend_text.h"

#include "base/limits.h"

#include <string.h>

enum token { TOKEN_END, TOKEN_BAD, TOKEN_NAME, TOKEN_TEXT, TOKEN_OPEN, TOKEN_CLOSE, TOKEN_WORD };

static bool is_space(unsigned char c) {
	return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\f' || c == 0;
}

static bool is_regular(unsigned char c) {
	return !is_space(c) && !strchr("()<>[]{}/%", c);
}

static int hex_digit(unsigned char c) {
	if (c >= '0' && c <= '9') return c - '0';
	if (c >= 'a' && c <= 'f') return c - 'a' + 10;
	if (c >= 'A' && c <= 'F') return c - 'A' + 10;
	return -1;
}

static size_t skip(const unsigned char *t, size_t len, size_t at) {
	while (at < len && (is_space(t[at]) || t[at] == '%')) {
		if (t[at] == '%')
			while (at < len && t[at] != '\n' && t[at] != '\r') at++;
		else
			at++;
	}
	return at;
}

/* Behind the parenthesis that ends the string; 0 when none does. */
static size_t string_end(const unsigned char *t, size_t len, size_t at) {
	unsigned depth = 0;
	for (; at < len; at++) {
		if (t[at] == '\\')
			at++;
		else if (t[at] == '(')
			depth++;
		else if (t[at] == ')' && --depth == 0)
			return at + 1;
	}
	return 0;
}

static size_t hex_end(const unsigned char *t, size_t len, size_t at) {
	for (at++; at < len && (is_space(t[at]) || hex_digit(t[at]) >= 0); at++)
		;
	return at < len && t[at] == '>' ? at + 1 : 0;
}

static enum token next(const unsigned char *t, size_t len, size_t from, struct extend_span *token) {
	size_t at = skip(t, len, from);
	*token = (struct extend_span){at, at};
	if (at == len) return TOKEN_END;
	bool twice = at + 1 < len && t[at + 1] == t[at];
	enum token kind = TOKEN_WORD;
	switch (t[at]) {
	case '(':
		token->end = string_end(t, len, at);
		return token->end ? TOKEN_TEXT : TOKEN_BAD;
	case '<':
		token->end = twice ? at + 2 : hex_end(t, len, at);
		return !token->end ? TOKEN_BAD : twice ? TOKEN_OPEN : TOKEN_TEXT;
	case '>':
		token->end = at + 2;
		return twice ? TOKEN_CLOSE : TOKEN_BAD;
	case '[':
	case ']':
		token->end = at + 1;
		return t[at] == '[' ? TOKEN_OPEN : TOKEN_CLOSE;
	case '/':
		kind = TOKEN_NAME;
		at++;
		break;
	default:
		break;
	}
	while (at < len && is_regular(t[at])) at++;
	token->end = at;
	return kind == TOKEN_WORD && at == token->at ? TOKEN_BAD : kind;
}

static bool is_integer(const unsigned char *t, struct extend_span s) {
	for (size_t i = s.at; i < s.end; i++)
		if (t[i] < '0' || t[i] > '9') return false;
	return s.end > s.at;
}

/* A number that two more words make a reference. */
static void join_reference(const unsigned char *t, size_t len, struct extend_span *value) {
	struct extend_span generation, word;
	if (!is_integer(t, *value) || next(t, len, value->end, &generation) != TOKEN_WORD) return;
	if (!is_integer(t, generation) || next(t, len, generation.end, &word) != TOKEN_WORD) return;
	if (word.end - word.at == 1 && t[word.at] == 'R') value->end = word.end;
}

/* From an opening bracket to its closing one. */
static bool container(const unsigned char *t, size_t len, struct extend_span *value) {
	unsigned char open[LIMIT_PDF_NESTING];
	size_t depth = 0, at = value->at;
	do {
		struct extend_span s;
		enum token kind = next(t, len, at, &s);
		if (kind == TOKEN_END || kind == TOKEN_BAD) return false;
		if (kind == TOKEN_OPEN) {
			if (depth == sizeof open) return false;
			open[depth++] = t[s.at];
		} else if (kind == TOKEN_CLOSE && open[--depth] != (t[s.at] == ']' ? '[' : '<')) {
			return false;
		}
		at = s.end;
	} while (depth);
	value->end = at;
	return true;
}

bool extend_value(const unsigned char *text, size_t len, size_t at, struct extend_span *value) {
	switch (next(text, len, at, value)) {
	case TOKEN_NAME:
	case TOKEN_TEXT:
		return true;
	case TOKEN_WORD:
		join_reference(text, len, value);
		return true;
	case TOKEN_OPEN:
		return container(text, len, value);
	default:
		return false;
	}
}

bool extend_word(const unsigned char *text, size_t len, size_t *at, const char *word) {
	struct extend_span s;
	size_t n = strlen(word);
	if (next(text, len, *at, &s) != TOKEN_WORD || s.end - s.at != n || memcmp(text + s.at, word, n) != 0)
		return false;
	*at = s.end;
	return true;
}

bool extend_number(const unsigned char *text, size_t len, size_t *at, uint64_t *number) {
	struct extend_span s;
	if (next(text, len, *at, &s) != TOKEN_WORD || !is_integer(text, s) || s.end - s.at > 18) return false;
	*number = 0;
	for (size_t i = s.at; i < s.end; i++) *number = *number * 10 + (uint64_t)(text[i] - '0');
	*at = s.end;
	return true;
}

bool extend_is_dict(const unsigned char *text, struct extend_span value) {
	return value.end - value.at >= 4 && text[value.at] == '<' && text[value.at + 1] == '<';
}

bool extend_is_array(const unsigned char *text, struct extend_span value) {
	return value.end > value.at && text[value.at] == '[';
}

bool extend_is_reference(const unsigned char *text, struct extend_span value, struct pdf_id *id) {
	uint64_t number, generation;
	size_t at = value.at;
	if (!extend_number(text, value.end, &at, &number) || !extend_number(text, value.end, &at, &generation) ||
	    !extend_word(text, value.end, &at, "R") || number > LIMIT_PDF_OBJECTS || generation > 65535)
		return false;
	*id = (struct pdf_id){(int)number, (int)generation};
	return true;
}

bool extend_name_is(const unsigned char *text, struct extend_span name, const char *key) {
	for (size_t i = name.at + 1; i < name.end; i++, key++) {
		int c = text[i];
		if (c == '#' && name.end - i > 2 && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0) {
			c = hex_digit(text[i + 1]) << 4 | hex_digit(text[i + 2]);
			i += 2;
		}
		if (!*key || c != (unsigned char)*key) return false;
	}
	return !*key;
}

int extend_next_entry(const unsigned char *text, struct extend_span dict, size_t *at, struct extend_span *name,
		      struct extend_span *value) {
	if (*at == dict.at) *at = dict.at + 2;
	enum token kind = next(text, dict.end, *at, name);
	if (kind == TOKEN_CLOSE) return 0;
	if (kind != TOKEN_NAME || !extend_value(text, dict.end, name->end, value)) return -1;
	*at = value->end;
	return 1;
}

int extend_entry(const unsigned char *text, struct extend_span dict, const char *key, struct extend_span *name,
		 struct extend_span *value) {
	struct extend_span n, v;
	size_t at = dict.at;
	int found = 0, more;
	while ((more = extend_next_entry(text, dict, &at, &n, &v)) > 0) {
		if (!extend_name_is(text, n, key)) continue;
		if (found) return -1;
		*name = n;
		*value = v;
		found = 1;
	}
	return more < 0 ? -1 : found;
}
