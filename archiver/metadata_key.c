#include "archiver/metadata.h"

#include "archiver/fold.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

const char *metadata_text(const json_t *object, const char *key) {
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

const char *metadata_inner_text(const json_t *object, const char *key, const char *inner) {
	return metadata_text(json_object_get(object, key), inner);
}

/* The separator must not come from a part. */
static char *without_bar(char *text) {
	for (char *p = text; (p = strchr(p, '|'));) *p = ' ';
	return text;
}

static char *organisation_part(const json_t *object) {
	const char *code = metadata_inner_text(object, "organisation", "code");
	return without_bar(fold_key(*code ? code : metadata_inner_text(object, "organisation", "name")));
}

static char *year_part(const json_t *object) {
	json_int_t year = json_integer_value(json_object_get(object, "year"));
	const char *date = metadata_text(object, "date");
	if (year) return xasprintf("%lld", (long long)year);
	return xstrndup(date, 4);
}

char *metadata_natural_key(const json_t *object) {
	const char *number = metadata_text(object, "number"), *symbol = metadata_text(object, "symbol");
	/* "15/QD-UBND" in the number alone is number and symbol. */
	const char *slash = *symbol ? NULL : strchr(number, '/');
	char *digits = slash ? xstrndup(number, (size_t)(slash - number)) : xstrdup(number);
	char *organisation = organisation_part(object), *year = year_part(object);
	char *folded_number = without_bar(fold_number(digits));
	char *folded_symbol = without_bar(fold_symbol(slash ? slash + 1 : symbol));
	char *key = *organisation && *year && *folded_number
			    ? xasprintf("%s|%s|%s|%s", organisation, year, folded_number, folded_symbol)
			    : xstrdup("");
	free(digits);
	free(organisation);
	free(year);
	free(folded_number);
	free(folded_symbol);
	return key;
}
