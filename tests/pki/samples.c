#include "tests/pki/samples.h"

#include "tests/pki/cms_sign.h"

const struct sample_office office_province = {"H99", "Ủy ban nhân dân tỉnh Sông Lam", "UBND TỈNH SÔNG LAM", "UBND"};
const struct sample_office office_department = {"H99.05", "Sở Khoa học và Công nghệ tỉnh Sông Lam",
						"SỞ KHOA HỌC VÀ CÔNG NGHỆ", "SKHCN"};
const struct sample_office office_ward = {"H99.31.07", "Ủy ban nhân dân phường Bến Đá", "UBND PHƯỜNG BẾN ĐÁ", "UBND"};

#define SIGN(who, at, ...)                                                                                             \
	{                                                                                                              \
		STEP_SIGN, {                                                                                           \
			.signer = who, .when = at, __VA_ARGS__                                                         \
		}                                                                                                      \
	}
#define CHAIRMAN_AT(at, ...) SIGN(CHAIRMAN, at, __VA_ARGS__)
/* With a field ready for the organisation: under P=2 a later signature may fill a field, not make one to be seen. */
#define CERTIFIED .certify = true, .reserve = 1
#define OFFICE_AT(at, ...) SIGN(OFFICE, at, __VA_ARGS__)
#define STAMP(at)                                                                                                      \
	{                                                                                                              \
		STEP_DOCUMENT_TIMESTAMP, {                                                                             \
			.when = at                                                                                     \
		}                                                                                                      \
	}
#define DSS(at)                                                                                                        \
	{                                                                                                              \
		STEP_DSS, {                                                                                            \
			.when = at                                                                                     \
		}                                                                                                      \
	}
#define LATER(kind)                                                                                                    \
	{                                                                                                              \
		kind, {                                                                                                \
			.when = "20261110030000Z"                                                                      \
		}                                                                                                      \
	}
#define BOTH CHAIRMAN_AT("20261012021500Z"), OFFICE_AT("20261012030000Z")
#define BOTH_STAMPED                                                                                                   \
	CHAIRMAN_AT("20261012021500Z", .stamp = "20261012021504Z", CERTIFIED),                                         \
		OFFICE_AT("20261012030000Z", .stamp = "20261012030003Z")
#define PKCS7 .sub_filter = SUB_FILTER_PKCS7

/* What is known of a leaf alone: no issuer. With a timestamp its token brings the issuer, but nobody the status. */
#define ALONE "INDETERMINATE", "NO_CERTIFICATE_CHAIN_FOUND"
#define NO_STATUS "INDETERMINATE", "CERTIFICATE_CHAIN_GENERAL_FAILURE|NO_CERTIFICATE_CHAIN_FOUND|TRY_LATER"
#define PASSED "TOTAL-PASSED", ""
#define IS(sub) "INDETERMINATE", sub
#define FAILED(sub) "TOTAL-FAILED", sub
#define UNSIGNED "NO-SIGNATURE", ""
#define OUT_OF_BOUNDS IS("OUT_OF_BOUNDS_NOT_REVOKED|OUT_OF_BOUNDS_NO_POE")
/* Nothing issued before a certificate begins speaks about it, so its status is unknown, too. */
#define NEVER_KNOWN IS("CERTIFICATE_CHAIN_GENERAL_FAILURE|OUT_OF_BOUNDS_NO_POE")
#define NOT_A_DOCUMENT "NO-SIGNATURE|TOTAL-FAILED", "*"

#define P &office_province
#define D &office_department
#define W &office_ward
#define PDF_FULL SAMPLE_PDF, SIDECAR_FULL

/* The text that article 15.2 of the regulation wants on a copy: form, organisation, time. */
static const char *const block_sao_y[] = {"SAO Y", "UBND PHƯỜNG BẾN ĐÁ", "2026-10-19T09:00:00+07:00", NULL};
static const char *const block_sao_luc[] = {"SAO LỤC", "UBND PHƯỜNG BẾN ĐÁ", "2026-10-19T09:30:00+07:00", NULL};

/* clang-format off */
const struct sample samples[] = {
	/* ---- good ---- */
	{"15-QD-UBND.pdf", PDF_FULL, P, "15", "QĐ-UBND", "Quyết định", "2026-10-12",
		"Ban hành Quy chế quản lý, sử dụng chữ ký số", {BOTH}, 0, NULL, NULL, PASSED, ALONE},
	{"16-QD-UBND.pdf", PDF_FULL, P, "16", "QĐ-UBND", "Quyết định", "2026-10-12",
		"Phê duyệt kế hoạch sử dụng đất năm 2027", {BOTH_STAMPED}, 0, NULL, NULL, PASSED, NO_STATUS},
	{"17-CT-UBND.pdf", PDF_FULL, P, "17", "CT-UBND", "Chỉ thị", "2026-10-12",
		"Tăng cường phòng, chống thiên tai",
		{CHAIRMAN_AT("20261012021500Z", PKCS7), OFFICE_AT("20261012030000Z", PKCS7)}, 0, NULL, NULL, PASSED, ALONE},
	{"18-TB-UBND.pdf", PDF_FULL, P, "18", "TB-UBND", "Thông báo", "2026-10-13",
		"Kết luận phiên họp thường kỳ tháng 9",
		{CHAIRMAN_AT("20261013021500Z", PKCS7, .stamp = "20261013021503Z", CERTIFIED),
			OFFICE_AT("20261013030000Z", PKCS7, .stamp = "20261013030002Z")},
		0, NULL, NULL, PASSED, NO_STATUS},
	{"19-BC-SKHCN.pdf", PDF_FULL, D, "19", "BC-SKHCN", "Báo cáo", "2026-10-14",
		"Kết quả chuyển đổi số quý III năm 2026",
		{SIGN(CHIEF_P256, "20261014021500Z", CERTIFIED), SIGN(DEPARTMENT_P384, "20261014030000Z")}, 0, NULL,
		NULL, PASSED, ALONE},
	{"20-TTr-SKHCN.pdf", PDF_FULL, D, "20", "TTr-SKHCN", "Tờ trình", "2026-10-14",
		"Đề nghị phê duyệt nhiệm vụ khoa học",
		{SIGN(CHIEF_P256, "20261014021500Z", .stamp = "20261014021509Z"),
			SIGN(DEPARTMENT_P384, "20261014030000Z", .stamp = "20261014030001Z")},
		0, NULL, NULL, PASSED, NO_STATUS},
	{"21-KH-UBND-pss.pdf", PDF_FULL, P, "21", "KH-UBND", "Kế hoạch", "2026-10-15", "Tuyển dụng công chức năm 2027",
		{CHAIRMAN_AT("20261015021500Z", .options = CMS_OPT_PSS, CERTIFIED), OFFICE_AT("20261015030000Z", .options = CMS_OPT_PSS)},
		0, NULL, NULL, PASSED, ALONE},
	{"22-QD-UBND-doctimestamp.pdf", PDF_FULL, P, "22", "QĐ-UBND", "Quyết định", "2026-10-12",
		"Thành lập tổ công tác liên ngành", {BOTH, STAMP("20261012031000Z")}, 0, NULL, NULL, PASSED, NO_STATUS},
	{"23-QD-UBND-lt.pdf", PDF_FULL, P, "23", "QĐ-UBND", "Quyết định", "2026-10-12",
		"Giao chỉ tiêu kế hoạch đầu tư công", {BOTH_STAMPED, DSS(PKI_EVIDENCE_FROM)}, 0, NULL, NULL, PASSED, PASSED},
	{"24-QD-UBND-lta.pdf", PDF_FULL, P, "24", "QĐ-UBND", "Quyết định", "2026-10-12",
		"Công bố danh mục thủ tục hành chính",
		{BOTH_STAMPED, DSS(PKI_EVIDENCE_FROM), STAMP("20261102020000Z")}, 0, NULL, NULL, PASSED, PASSED},
	{"25-CV-UBND-xref.pdf", SAMPLE_PDF_STREAMS, SIDECAR_FULL, P, "25", "UBND-VP", "Công văn", "2026-10-12",
		"Đôn đốc thực hiện nhiệm vụ quý IV", {BOTH}, 0, NULL, NULL, PASSED, ALONE},
	{"26-QD-UBND-later-info.pdf", PDF_FULL, P, "26", "QĐ-UBND", "Quyết định", "2026-10-12",
		"Khen thưởng phong trào thi đua", {BOTH, LATER(STEP_INFO)}, 0, NULL, NULL, PASSED, ALONE},
	{"27-NQ-LT.pdf", PDF_FULL, P, "27", "NQ-LT", "Nghị quyết", "2026-10-16", "Nghị quyết liên tịch ba bên ký",
		{CHAIRMAN_AT("20261016010000Z"), SIGN(DEPUTY, "20261016020000Z"), OFFICE_AT("20261016030000Z")}, 0, NULL,
		NULL, PASSED, ALONE},
	{"28-SY-UBND.pdf", PDF_FULL, W, "28", "SY-UBND", "SAO Y", "2026-10-19", "Sao y Quyết định số 15/QĐ-UBND",
		{SIGN(WARD, "20261019020000Z", PKCS7)}, 0, NULL, NULL, PASSED, ALONE},
	{"29-TB-UBND-phuong.pdf", PDF_FULL, W, "29", "TB-UBND", "Thông báo", "2026-10-19",
		"Lịch tiếp công dân tháng 11",
		{SIGN(WARD_CHAIRMAN, "20261019010000Z", .options = CMS_OPT_ISSUERS),
			SIGN(WARD, "20261019020000Z", .options = CMS_OPT_ISSUERS)},
		0, NULL, NULL, PASSED, NO_STATUS},
	{"30-CV-UBND-one-signature.pdf", SAMPLE_PDF, SIDECAR_NONE, P, "30", "UBND-NC", "Công văn", "2026-10-20",
		"Chưa có chữ ký của cơ quan", {CHAIRMAN_AT("20261020020000Z")}, 0, NULL, NULL, PASSED, ALONE},
	{"31-KH-UBND.pdf", PDF_FULL, P, "31", "KH-UBND", "Kế hoạch", "2026-10-21", "Kế hoạch có phụ lục kèm theo", {BOTH},
		0, NULL, "31-KH-UBND-phu-luc.pdf 31-KH-UBND-so-lieu.txt", PASSED, ALONE},
	{"31-KH-UBND-phu-luc.pdf", SAMPLE_PDF, SIDECAR_NONE, P, "31", "KH-UBND", "Phụ lục", "2026-10-21",
		"Phụ lục kèm theo Kế hoạch số 31", {OFFICE_AT("20261021030000Z")}, 0, NULL, NULL, PASSED, ALONE},
	{"31-KH-UBND-so-lieu.txt", SAMPLE_TEXT, SIDECAR_NONE, P, "31", "KH-UBND", "Phụ lục", "2026-10-21",
		"Số liệu kèm theo Kế hoạch số 31", {{0}}, 0, NULL, NULL, NOT_A_DOCUMENT, NOT_A_DOCUMENT},
	{"32-QD-UBND-certified-invisible.pdf", PDF_FULL, P, "32", "QĐ-UBND", "Quyết định", "2026-10-12",
		"Chữ ký cơ quan không hiển thị, sau chữ ký chứng thực",
		{CHAIRMAN_AT("20261012021500Z", .certify = true), OFFICE_AT("20261012030000Z", .invisible = true)}, 0, NULL,
		NULL, PASSED, ALONE},
	{"33-SY-UBND-block.pdf", SAMPLE_PDF, SIDECAR_NONE, W, "33", "SY-UBND", "SAO Y", "2026-10-19",
		"Bản sao có khối chữ ở góc trên bên phải, không có tệp mô tả",
		{SIGN(WARD, "20261019020000Z", .block = block_sao_y)}, 0, NULL, NULL, PASSED, ALONE},
	{"34-SL-UBND-block-numbered.pdf", SAMPLE_PDF, SIDECAR_NONE, W, "34", "SL-UBND", "SAO LỤC", "2026-10-19",
		"Bản sao có khối chữ bằng phông không đọc lại được",
		{SIGN(WARD, "20261019023000Z", .block = block_sao_luc, .block_numbered = true)}, 0, NULL, NULL, PASSED, ALONE},

	/* ---- changed ---- */
	{"40-QD-UBND-tampered.pdf", PDF_FULL, P, "40", "QĐ-UBND", "Quyết định", "2026-10-12",
		"Văn bản bị sửa một ký tự", {BOTH}, DAMAGE_TEXT, NULL, NULL, FAILED("HASH_FAILURE"), FAILED("HASH_FAILURE")},
	{"41-QD-UBND-bad-value.pdf", PDF_FULL, P, "41", "QĐ-UBND", "Quyết định", "2026-10-12",
		"Giá trị chữ ký bị sửa",
		{CHAIRMAN_AT("20261012021500Z"), OFFICE_AT("20261012030000Z", .break_value = true)}, 0, NULL, NULL,
		FAILED("SIG_CRYPTO_FAILURE"), FAILED("SIG_CRYPTO_FAILURE")},
	{"42-QD-UBND-changed-later.pdf", PDF_FULL, P, "42", "QĐ-UBND", "Quyết định", "2026-10-12",
		"Nội dung bị thay sau khi ký", {BOTH, LATER(STEP_CONTENT)}, 0, NULL, NULL, "INDETERMINATE|TOTAL-FAILED", "*",
		"INDETERMINATE|TOTAL-FAILED", "*"},
	{"43-QD-UBND-gap.pdf", SAMPLE_PDF, SIDECAR_NONE, P, "43", "QĐ-UBND", "Quyết định", "2026-10-12",
		"Chữ ký không bao phủ toàn bộ tệp", {SIGN(OFFICE, "20261012030000Z", .leave_gap = true)}, 0, NULL, NULL,
		"INDETERMINATE|TOTAL-FAILED", "*", "INDETERMINATE|TOTAL-FAILED", "*"},
	{"44-QD-UBND-certified-new-field.pdf", PDF_FULL, P, "44", "QĐ-UBND", "Quyết định", "2026-10-12",
		"Thêm ô chữ ký mới nhìn thấy được sau chữ ký chứng thực",
		{CHAIRMAN_AT("20261012021500Z", .certify = true), OFFICE_AT("20261012030000Z")}, 0, NULL, NULL,
		"INDETERMINATE|TOTAL-FAILED", "*", "INDETERMINATE|TOTAL-FAILED", "*"},

	/* ---- certificates ---- */
	{"50-QD-SNV-signed-after-revocation.pdf", PDF_FULL, P, "50", "QĐ-SNV", "Quyết định", "2026-07-20",
		"Ký sau khi chứng thư bị thu hồi", {SIGN(REVOKED_PERSON, "20260720020000Z")}, 0, NULL, NULL,
		IS("REVOKED_NO_POE"), ALONE},
	{"51-QD-SNV-stamped-after-revocation.pdf", PDF_FULL, P, "51", "QĐ-SNV", "Quyết định", "2026-07-20",
		"Dấu thời gian sau khi chứng thư bị thu hồi",
		{SIGN(REVOKED_PERSON, "20260720020000Z", .stamp = "20260720020005Z")}, 0, NULL, NULL, IS("REVOKED_NO_POE"),
		NO_STATUS},
	{"52-QD-SNV-before-revocation.pdf", PDF_FULL, P, "52", "QĐ-SNV", "Quyết định", "2026-05-10",
		"Ký trước khi thu hồi, không có dấu thời gian", {SIGN(REVOKED_PERSON, "20260510020000Z")}, 0, NULL, NULL,
		IS("REVOKED_NO_POE"), ALONE},
	{"53-QD-SNV-stamped-before-revocation.pdf", PDF_FULL, P, "53", "QĐ-SNV", "Quyết định", "2026-05-10",
		"Dấu thời gian trước khi thu hồi",
		{SIGN(REVOKED_PERSON, "20260510020000Z", .stamp = "20260510020005Z")}, 0, NULL, NULL, PASSED, NO_STATUS},
	{"54-QD-SNV-on-hold.pdf", PDF_FULL, P, "54", "QĐ-SNV", "Quyết định", "2026-07-20", "Chứng thư bị tạm dừng",
		{SIGN(HELD_PERSON, "20260720020000Z")}, 0, NULL, NULL, IS("TRY_LATER"), ALONE},
	{"55-QD-STC-expired.pdf", PDF_FULL, P, "55", "QĐ-STC", "Quyết định", "2026-05-10",
		"Chứng thư đã hết hạn, không có dấu thời gian", {SIGN(EXPIRED_PERSON, "20260510020000Z")}, 0, NULL, NULL,
		OUT_OF_BOUNDS, ALONE},
	{"56-QD-STC-expired-stamped.pdf", PDF_FULL, P, "56", "QĐ-STC", "Quyết định", "2026-05-10",
		"Chứng thư đã hết hạn, có dấu thời gian",
		{SIGN(EXPIRED_PERSON, "20260510020000Z", .stamp = "20260510020005Z")}, 0, NULL, NULL, PASSED, NO_STATUS},
	{"57-QD-STC-not-yet-valid.pdf", PDF_FULL, P, "57", "QĐ-STC", "Quyết định", "2026-10-12",
		"Chứng thư chưa có hiệu lực", {SIGN(FUTURE_PERSON, "20261012020000Z")}, 0, NULL, NULL, NEVER_KNOWN, ALONE},
	{"58-QD-STC-stamped-before-validity.pdf", PDF_FULL, P, "58", "QĐ-STC", "Quyết định", "2026-10-12",
		"Dấu thời gian trước khi chứng thư có hiệu lực",
		{SIGN(LATE_PERSON, "20261012020000Z", .stamp = "20261012020005Z")}, 0, NULL, NULL,
		FAILED("NOT_YET_VALID"), NO_STATUS},
	{"59-QD-STC-wrong-usage.pdf", PDF_FULL, P, "59", "QĐ-STC", "Quyết định", "2026-10-12",
		"Chứng thư chỉ dùng để mã hóa", {SIGN(WRONG_USAGE, "20261012020000Z")}, 0, NULL, NULL,
		IS("CHAIN_CONSTRAINTS_FAILURE"), ALONE},
	{"60-QD-SYT-weak-key.pdf", PDF_FULL, P, "60", "QĐ-SYT", "Quyết định", "2026-10-12", "Khóa RSA 1024 bit",
		{SIGN(WEAK_PERSON, "20261012020000Z")}, 0, NULL, NULL, IS("CRYPTO_CONSTRAINTS_FAILURE_NO_POE"), ALONE},
	{"61-QD-UBND-sha1.pdf", PDF_FULL, P, "61", "QĐ-UBND", "Quyết định", "2026-10-12", "Chữ ký theo SHA-1",
		{SIGN(CHAIRMAN, "20261012020000Z", .sub_filter = SUB_FILTER_PKCS7_SHA1)}, 0, NULL, NULL,
		IS("CRYPTO_CONSTRAINTS_FAILURE_NO_POE"), ALONE},
	{"62-QD-VP-g1.pdf", PDF_FULL, P, "62", "QĐ-VP", "Quyết định", "2026-10-12", "Chứng thư thế hệ thứ nhất",
		{SIGN(G1_PERSON, "20261012020000Z", PKCS7)}, 0, NULL, NULL, IS("CRYPTO_CONSTRAINTS_FAILURE_NO_POE"), ALONE},
	{"63-HD-unknown-ca.pdf", PDF_FULL, P, "63", "HĐ-KT", "Hợp đồng", "2026-10-12", "Tổ chức chứng thực không tin cậy",
		{SIGN(UNKNOWN_PERSON, "20261012020000Z", .options = CMS_OPT_ISSUERS)}, 0, NULL, NULL,
		IS("NO_CERTIFICATE_CHAIN_FOUND"), ALONE},
	{"64-QD-SXD-ca-revoked.pdf", PDF_FULL, P, "64", "QĐ-SXD", "Quyết định", "2026-05-10",
		"Chứng thư của cơ quan cấp đã bị thu hồi", {SIGN(CLOSED_PERSON, "20260510020000Z")}, 0, NULL, NULL,
		IS("REVOKED_CA_NO_POE"), ALONE},
	{"65-QD-SXD-ca-revoked-stamped.pdf", PDF_FULL, P, "65", "QĐ-SXD", "Quyết định", "2026-05-10",
		"Dấu thời gian trước khi cơ quan cấp bị thu hồi",
		{SIGN(CLOSED_PERSON, "20260510020000Z", .stamp = "20260510020005Z")}, 0, NULL, NULL, PASSED, NO_STATUS},

	/* ---- no signature, no document, other formats ---- */
	{"70-QD-UBND-unsigned.pdf", PDF_FULL, P, "70", "QĐ-UBND", "Quyết định", "2026-10-12", "Dự thảo chưa ký", {{0}}, 0,
		NULL, NULL, UNSIGNED, UNSIGNED},
	{"71-QD-UBND-cut.pdf", SAMPLE_PDF, SIDECAR_NONE, P, "71", "QĐ-UBND", "Quyết định", "2026-10-12",
		"Tệp bị cắt cụt", {BOTH}, DAMAGE_CUT, NULL, NULL, "TOTAL-FAILED|NO-SIGNATURE|INDETERMINATE", "*",
		"TOTAL-FAILED|NO-SIGNATURE|INDETERMINATE", "*"},
	{"72-text.pdf", SAMPLE_TEXT, SIDECAR_NONE, P, "72", "QĐ-UBND", "Quyết định", "2026-10-12", "Không phải PDF", {{0}},
		0, NULL, NULL, NOT_A_DOCUMENT, NOT_A_DOCUMENT},
	{"73-image.pdf", SAMPLE_PNG, SIDECAR_NONE, P, "73", "", "", "2026-10-12", "", {{0}}, 0, NULL, NULL, NOT_A_DOCUMENT,
		NOT_A_DOCUMENT},
	{"74-empty.pdf", SAMPLE_EMPTY, SIDECAR_NONE, P, "74", "", "", "2026-10-12", "", {{0}}, 0, NULL, NULL,
		NOT_A_DOCUMENT, NOT_A_DOCUMENT},
	{"75-du-lieu.txt", SAMPLE_TEXT, SIDECAR_NONE, P, "75", "BC-UBND", "Báo cáo", "2026-10-12", "Dữ liệu ký kèm", {{0}},
		0, NULL, NULL, NOT_A_DOCUMENT, NOT_A_DOCUMENT},
	{"75-du-lieu.txt.p7s", SAMPLE_P7S, SIDECAR_NONE, P, "", "", "", "2026-10-12", "",
		{OFFICE_AT("20261012030000Z", .stamp = "20261012030003Z")}, 0, "75-du-lieu.txt", NULL, PASSED, NO_STATUS},
	{"76-BC-UBND.p7m", SAMPLE_P7M, SIDECAR_FULL, P, "76", "BC-UBND", "Báo cáo", "2026-10-12",
		"Báo cáo trong phong bì chữ ký", {OFFICE_AT("20261012030000Z", .options = CMS_OPT_ENVELOPING)}, 0, NULL, NULL,
		PASSED, ALONE},
	{"77-du-lieu.tsr", SAMPLE_TSR, SIDECAR_NONE, P, "", "", "", "2026-10-12", "", {STAMP("20261012040000Z")}, 0,
		"75-du-lieu.txt", NULL, PASSED, NO_STATUS},
	{"78-du-lieu.tst", SAMPLE_TOKEN, SIDECAR_NONE, P, "", "", "", "2026-10-12", "", {STAMP("20261012041500Z")}, 0,
		"75-du-lieu.txt", NULL, PASSED, NO_STATUS},

	/* ---- sidecars ---- */
	{"80-QD-UBND-same-number.pdf", PDF_FULL, P, "15", "QĐ-UBND", "Quyết định", "2026-10-12",
		"Trùng số và ký hiệu, khác nội dung", {BOTH}, 0, NULL, NULL, PASSED, ALONE},
	{"81-QD-UBND-secret.pdf", SAMPLE_PDF, SIDECAR_SECRET, P, "81", "QĐ-UBND", "Quyết định", "2026-10-12",
		"Văn bản khai độ mật", {BOTH}, 0, NULL, NULL, PASSED, ALONE},
	{"82-QD-UBND-sidecar-zero.pdf", SAMPLE_PDF, SIDECAR_ZERO, P, "82", "QĐ-UBND", "Quyết định", "2026-10-12",
		"Tệp mô tả rỗng", {BOTH}, 0, NULL, NULL, PASSED, ALONE},
	{"83-QD-UBND-sidecar-no-json.pdf", SAMPLE_PDF, SIDECAR_NO_JSON, P, "83", "QĐ-UBND", "Quyết định", "2026-10-12",
		"Tệp mô tả không phải JSON", {BOTH}, 0, NULL, NULL, PASSED, ALONE},
	{"84-QD-UBND-unknown-key.pdf", SAMPLE_PDF, SIDECAR_UNKNOWN_KEY, P, "84", "QĐ-UBND", "Quyết định", "2026-10-12",
		"Tệp mô tả có khóa lạ", {BOTH}, 0, NULL, NULL, PASSED, ALONE},
};
/* clang-format on */
const int sample_count = sizeof samples / sizeof *samples;
