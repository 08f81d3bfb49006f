/* Changes found by a comparison, and the policy that says which of them a signature permits. */
#ifndef LTVAULT_VALIDATOR_PDF_CHANGE_H
#define LTVAULT_VALIDATOR_PDF_CHANGE_H

#include "validator/pdf.h"
#include "validator/pdf_object.h"

enum pdf_row {
#define PDF_ROW(name, number, approval, p1, p2, p3, locked, text) PDF_ROW_##name,
#include "validator/pdf_policy.def"
#undef PDF_ROW
	PDF_ROWS
};

struct pdf_change {
	enum pdf_row row;
	char *path;  /* where, for people */
	char *field; /* full name of the field concerned; NULL when none is */
};

struct pdf_changes {
	struct pdf_change *items; /* of rows that do not depend on the field, at most LIMIT_PDF_CHANGES each */
	size_t count, cap;
	size_t of_row[PDF_ROWS];
	bool overflow; /* there were more than could be kept */
};

void pdf_change_add(struct pdf_changes *changes, enum pdf_row row, const char *field, const char *path, ...)
	__attribute__((format(printf, 4, 5)));
void pdf_changes_dispose(struct pdf_changes *changes);

/* What one signature allows after it: P (0: approval signature) and the fields it locks. */
struct pdf_lock {
	enum { PDF_LOCK_ALL, PDF_LOCK_INCLUDE, PDF_LOCK_EXCLUDE } action;
	char **names; /* NULL-terminated */
};

struct pdf_permission {
	int p;
	struct pdf_lock *locks;
	size_t lock_count;
};
/* From a signature dictionary and its field (NULL: none) in their own prefix; `certified` as for pdf_compare. */
void pdf_permission_read(struct pdf_file *file, const struct pdf_value *dict, const struct pdf_value *field,
			 int certified, bool certifies, struct pdf_permission *permission);
bool pdf_permission_locks(const struct pdf_permission *permission, const char *field);
void pdf_permission_dispose(struct pdf_permission *permission);

/* Judges the changes and adds them as findings, the worst first. */
enum pdf_modification pdf_changes_judge(const struct pdf_changes *changes, const struct pdf_permission *permission,
					struct finding_list *findings);

#endif
