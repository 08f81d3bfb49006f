#include "validator/pdf_change.h"

#include "base/limits.h"
#include "validator/pdf_signature.h"

#include <stdlib.h>
#include <string.h>

static const struct {
	int number;
	char verdict[4]; /* approval, P=1, 2, 3 */
	bool locked;
	const char *text;
} rows[PDF_ROWS] = {
#define PDF_ROW(name, number, approval, p1, p2, p3, locked, text)                                                      \
	[PDF_ROW_##name] = {number, {approval, p1, p2, p3}, locked, text},
#include "validator/pdf_policy.def"
#undef PDF_ROW
};

void pdf_change_add(struct pdf_changes *changes, enum pdf_row row, const char *field, const char *path, ...) {
	va_list args;
	/* Without a field the row's verdict is the same for all of them, so the rest need not be kept. */
	if (changes->of_row[row]++ >= LIMIT_PDF_CHANGES && !(field && rows[row].locked)) return;
	if (changes->count == LIMIT_PDF_FIELDS) {
		changes->overflow = true;
		return;
	}
	ARRAY_GROW(changes->items, changes->count, changes->cap);
	va_start(args, path);
	changes->items[changes->count++] =
		(struct pdf_change){row, xvasprintf(path, args), field ? xstrdup(field) : NULL};
	va_end(args);
}

void pdf_changes_dispose(struct pdf_changes *changes) {
	for (size_t i = 0; i < changes->count; i++) {
		free(changes->items[i].path);
		free(changes->items[i].field);
	}
	free(changes->items);
	*changes = (struct pdf_changes){0};
}

/* ---- permission ---- */

static void add_lock(struct pdf_file *file, const struct pdf_value *lock, struct pdf_permission *p) {
	const struct pdf_value *action = pdf_get(file, lock, "Action"), *fields = pdf_get(file, lock, "Fields");
	size_t count = fields->type == PDF_ARRAY ? fields->array.count : 0;
	p->locks = xreallocarray(p->locks, p->lock_count + 1, sizeof *p->locks);
	struct pdf_lock *new = &p->locks[p->lock_count++];
	/* An action nobody knows locks everything. */
	*new = (struct pdf_lock){PDF_LOCK_ALL, xcalloc(count + 1, sizeof *new->names)};
	if (pdf_is_name(action, "Include")) new->action = PDF_LOCK_INCLUDE;
	if (pdf_is_name(action, "Exclude")) new->action = PDF_LOCK_EXCLUDE;
	for (size_t i = 0; i < count; i++) new->names[i] = pdf_text_utf8(pdf_resolve(file, &fields->array.items[i]));
}

void pdf_permission_read(struct pdf_file *file, const struct pdf_value *dict, const struct pdf_value *field,
			 int certified, bool certifies, struct pdf_permission *permission) {
	struct pdf_permission *p = permission;
	const struct pdf_value *lock = field ? pdf_get(file, field, "Lock") : &pdf_null,
			       *list = pdf_get(file, dict, "Reference");
	*p = (struct pdf_permission){0};
	for (size_t i = 0; list->type == PDF_ARRAY && i < list->array.count && p->lock_count < LIMIT_PDF_LOCKS; i++) {
		const struct pdf_value *reference = pdf_resolve(file, &list->array.items[i]);
		if (pdf_is_name(pdf_get(file, reference, "TransformMethod"), "FieldMDP"))
			add_lock(file, pdf_get(file, reference, "TransformParams"), p);
	}
	if (!p->lock_count && lock->type == PDF_DICT && pdf_entry(lock, "Action")) add_lock(file, lock, p);
	int own = pdf_signature_docmdp(file, dict);
	/* Only the first signature certifies; another one's wish may make it stricter, never laxer. */
	if (own > 1 && !certifies) own = 0;
	const struct pdf_value *lock_p = pdf_get(file, lock, "P");
	if (!own && lock_p->type == PDF_INTEGER && lock_p->integer >= 1 && lock_p->integer <= 3)
		own = (int)lock_p->integer;
	p->p = own && certified ? (own < certified ? own : certified) : own + certified;
}

static bool covers(const char *locked, const char *field) {
	size_t n = strlen(locked);
	return !strncmp(locked, field, n) && (field[n] == 0 || field[n] == '.');
}

bool pdf_permission_locks(const struct pdf_permission *permission, const char *field) {
	for (size_t i = 0; i < permission->lock_count; i++) {
		const struct pdf_lock *lock = &permission->locks[i];
		bool named = false;
		for (char **name = lock->names; *name; name++) named = named || covers(*name, field);
		if (lock->action == PDF_LOCK_ALL || named == (lock->action == PDF_LOCK_INCLUDE)) return true;
	}
	return false;
}

void pdf_permission_dispose(struct pdf_permission *permission) {
	for (size_t i = 0; i < permission->lock_count; i++) {
		for (char **name = permission->locks[i].names; *name; name++) free(*name);
		free(permission->locks[i].names);
	}
	free(permission->locks);
	*permission = (struct pdf_permission){0};
}

/* ---- judgement ---- */

static char verdict_of(const struct pdf_change *change, const struct pdf_permission *permission) {
	char verdict = rows[change->row].verdict[permission->p];
	if (rows[change->row].locked && change->field && verdict != '-' &&
	    pdf_permission_locks(permission, change->field))
		return '-';
	return verdict;
}

static void tell(const struct pdf_change *change, char verdict, struct finding_list *findings) {
	static const struct {
		char verdict;
		enum finding_code code;
	} codes[] = {{'-', FINDING_CHANGE_FORBIDDEN},
		     {'?', FINDING_REVISION_DAMAGED},
		     {'w', FINDING_CHANGE_NOTICED},
		     {'+', FINDING_CHANGE_PERMITTED}};
	for (size_t i = 0; i < ARRAY_LEN(codes); i++)
		if (codes[i].verdict == verdict)
			finding_add(findings, codes[i].code, "row %d, %s: %s", rows[change->row].number,
				    rows[change->row].text, change->path);
}

enum pdf_modification pdf_changes_judge(const struct pdf_changes *changes, const struct pdf_permission *permission,
					struct finding_list *findings) {
	static const char order[] = "-?w+";
	bool seen[sizeof order] = {false};
	for (size_t k = 0; order[k]; k++) {
		size_t told[PDF_ROWS] = {0};
		for (size_t i = 0; i < changes->count; i++) {
			const struct pdf_change *change = &changes->items[i];
			if (verdict_of(change, permission) != order[k]) continue;
			seen[k] = true;
			/* One of each kind is enough where nothing is wrong. */
			if (told[change->row]++ < (order[k] == '+' ? 1 : LIMIT_PDF_CHANGES))
				tell(change, order[k], findings);
		}
	}
	return seen[1] || (changes->overflow && !seen[0]) ? PDF_UNKNOWN : seen[0] ? PDF_FORBIDDEN : PDF_PERMITTED;
}
