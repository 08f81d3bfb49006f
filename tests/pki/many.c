#include "tests/pki/many.h"

#include "tests/pki/pdf_sign.h"
#include "tests/pki/tool.h"

#include <inttypes.h>
#include <stdlib.h>

void many_write(const char *out_dir, uint64_t count, const char *base_url) {
	static const struct pdf_signing chairman = {.signer = CHAIRMAN, .when = "20261012021500Z", .stamp = "20261012021504Z"},
					office = {.signer = OFFICE, .when = "20261012030000Z", .stamp = "20261012030003Z"};
	struct pki pki;
	tool_random_fix();
	pki_make(&pki, base_url);
	tool_make_dir(out_dir);
	for (uint64_t i = 0; i < count; i++) {
		struct pdf pdf;
		char *title = xasprintf("Thông báo số %" PRIu64, i), *name = xasprintf("%04" PRIu64 ".pdf", i);
		const char *const lines[] = {title, "Văn bản này được lập để thử nghiệm, không có giá trị pháp lý.", NULL};
		pdf_begin(&pdf, &(struct pdf_text){title, "ltv-testpki", "20261012", lines}, false);
		pdf_sign(&pdf, &pki, &chairman);
		pdf_sign(&pdf, &pki, &office);
		tool_write(out_dir, name, pdf.out.data, pdf.out.len);
		pdf_dispose(&pdf);
		free(title);
		free(name);
	}
	pki_dispose(&pki);
}
