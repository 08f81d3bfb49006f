/* What the evidence records of the archive cover, what they came to in the period, and what is due. */
#include "archiver/report_model.h"

#include "archiver/evidence_state.h"

void report_add_evidence(struct app *app, utime from, utime to, json_t *report) {
	struct error err = {0};
	struct evidence *e = evidence_open(app, NULL, &err);
	json_t *part = e ? evidence_state_archive(e, from, to, &err) : NULL;
	bool known = part != NULL;
	evidence_close(e);
	if (!part) part = json_pack("{s:s}", "error", err.text);
	json_object_set_new(part, "known", json_boolean(known));
	json_object_set_new(report, "evidence", part);
}
