#include "tests/pki/profiles.h"

#define GOV "C=VN|O=Ban Cơ yếu thử nghiệm|CN="
#define GOV_ASCII "C=VN|O=Ban Co yeu thu nghiem|CN="
#define PROVINCE "C=VN|L=Sông Lam|O=Ủy ban nhân dân tỉnh Sông Lam|"
#define G2_YEARS "20180822073639Z", "20480814073639Z"
#define FIVE_YEARS "20250601000000Z", "20300531235959Z"

/* The province, its offices and every person are invented. */
/* clang-format off */
const struct cert_profile cert_profiles[CERT_IDS] = {
	[ROOT_G1] = {"root-g1", ROOT_G1, SHAPE_ROOT, "root-g1", "SHA1", 0xff303ae4e90a0001ULL, "20100310022216Z",
		"20300305022216Z", GOV_ASCII "Co quan chung thuc so thu nghiem (RootCA)"},
	[SUB_G1] = {"sub-g1", ROOT_G1, SHAPE_SUB_G1, "sub-g1", "SHA1", 4, "20100325034257Z", "20300304034257Z",
		GOV_ASCII "Co quan chung thuc so thu nghiem Chinh phu"},
	[ROOT_G2] = {"root-g2", ROOT_G2, SHAPE_ROOT, "root-g2", "SHA256", 0x3b65b0a030060002ULL, G2_YEARS,
		GOV "RootCA thử nghiệm chuyên dùng Chính phủ G2"},
	[SUB_G2] = {"sub-g2", ROOT_G2, SHAPE_SUB_G2, "sub-g2", "SHA256", 0x53e3b1bf54230003ULL, G2_YEARS,
		GOV "CA thử nghiệm phục vụ các cơ quan Nhà nước G2"},
	[OCSP_ROOT_G2] = {"ocsp-root-g2", ROOT_G2, SHAPE_OCSP, "ocsp", "SHA256", 0x53e3b1bf54230004ULL, G2_YEARS,
		GOV "OCSP RootCA thử nghiệm G2"},
	[OCSP_G2] = {"ocsp-g2", SUB_G2, SHAPE_OCSP, "ocsp", "SHA256", 0x11000001ULL, "20240101000000Z",
		"20340101000000Z", GOV "OCSP thử nghiệm các cơ quan Nhà nước G2"},
	[TSA_G2] = {"tsa-g2", SUB_G2, SHAPE_TSA, "tsa", "SHA256", 0x11000002ULL, "20240101000000Z", "20340101000000Z",
		GOV "TSA thử nghiệm Chính phủ G2"},
	[SUB_CLOSED_G2] = {"sub-closed-g2", ROOT_G2, SHAPE_SUB_G2, "sub-g1", "SHA256", 0x53e3b1bf54230005ULL, G2_YEARS,
		GOV "CA thử nghiệm đã ngừng hoạt động G2"},
	[UNKNOWN_CA] = {"unknown-ca", UNKNOWN_CA, SHAPE_ROOT, "unknown-ca", "SHA256", 1, G2_YEARS,
		"C=VN|O=Công ty không có thật|CN=CA không được tin cậy"},

	[CHAIRMAN] = {"chairman", SUB_G2, SHAPE_LEAF_G2, "person", "SHA256", 0x11000101ULL, FIVE_YEARS,
		PROVINCE "CN=Nguyễn Văn Thử|T=Chủ tịch|E=thunv@songlam.example"},
	[DEPUTY] = {"deputy", SUB_G2, SHAPE_LEAF_G2, "other", "SHA256", 0x11000102ULL, FIVE_YEARS,
		PROVINCE "CN=Trần Thị Mẫu|T=Phó Chủ tịch|E=mautt@songlam.example"},
	[OFFICE] = {"office", SUB_G2, SHAPE_LEAF_G2, "organisation", "SHA256", 0x11000103ULL, FIVE_YEARS,
		"C=VN|L=Sông Lam|O=Ủy ban nhân dân tỉnh Sông Lam|CN=Ủy ban nhân dân tỉnh Sông Lam|E=ubnd@songlam.example"},
	[CHIEF_P256] = {"chief-p256", SUB_G2, SHAPE_LEAF_G2, "person-p256", "SHA256", 0x11000104ULL, FIVE_YEARS,
		PROVINCE "OU=Sở Khoa học và Công nghệ|OU=Phòng Chuyển đổi số|CN=Đỗ Thị Ước Lệ|T=Giám đốc|"
			 "E=ledtu@songlam.example"},
	[DEPARTMENT_P384] = {"department-p384", SUB_G2, SHAPE_LEAF_G2, "organisation-p384", "SHA256", 0x11000105ULL,
		FIVE_YEARS, PROVINCE "OU=Sở Khoa học và Công nghệ|CN=Sở Khoa học và Công nghệ|E=skhcn@songlam.example"},
	[WARD_CHAIRMAN] = {"ward-chairman", SUB_G2, SHAPE_LEAF_G2, "person", "SHA256", 0x11000106ULL, FIVE_YEARS,
		PROVINCE "OU=Ủy ban nhân dân phường Bến Đá|OU=Lãnh đạo|CN=Lê Quý Giả|T=Chủ tịch|E=gialq@songlam.example"},
	[WARD] = {"ward", SUB_G2, SHAPE_LEAF_G2, "organisation", "SHA256", 0x11000107ULL, FIVE_YEARS,
		PROVINCE "OU=Ủy ban nhân dân phường Bến Đá|CN=Ủy ban nhân dân phường Bến Đá|E=benda@songlam.example"},
	[REVOKED_PERSON] = {"revoked-person", SUB_G2, SHAPE_LEAF_G2, "other", "SHA256", 0x11000201ULL, FIVE_YEARS,
		PROVINCE "OU=Sở Nội vụ|CN=Phạm Đã Thu Hồi|T=Phó Giám đốc|E=hoipdt@songlam.example"},
	[HELD_PERSON] = {"held-person", SUB_G2, SHAPE_LEAF_G2, "other", "SHA256", 0x11000202ULL, FIVE_YEARS,
		PROVINCE "OU=Sở Nội vụ|CN=Vũ Tạm Dừng|T=Chánh Văn phòng|E=dungvt@songlam.example"},
	[EXPIRED_PERSON] = {"expired-person", SUB_G2, SHAPE_LEAF_G2, "other", "SHA256", 0x11000203ULL,
		"20210801000000Z", "20260731235959Z",
		PROVINCE "OU=Sở Tài chính|CN=Hoàng Hết Hạn|T=Giám đốc|E=hanhh@songlam.example"},
	[FUTURE_PERSON] = {"future-person", SUB_G2, SHAPE_LEAF_G2, "other", "SHA256", 0x11000204ULL, "20350101000000Z",
		"20391231235959Z", PROVINCE "OU=Sở Tài chính|CN=Mai Chưa Đến|T=Giám đốc|E=denmc@songlam.example"},
	[LATE_PERSON] = {"late-person", SUB_G2, SHAPE_LEAF_G2, "other", "SHA256", 0x11000207ULL, "20261020000000Z",
		"20311019235959Z", PROVINCE "OU=Sở Tài chính|CN=Đinh Đến Muộn|T=Phó Giám đốc|E=muondd@songlam.example"},
	[WRONG_USAGE] = {"wrong-usage", SUB_G2, SHAPE_LEAF_ENCRYPT_ONLY, "other", "SHA256", 0x11000205ULL, FIVE_YEARS,
		PROVINCE "OU=Sở Tài chính|CN=Ngô Mã Hóa|T=Chuyên viên|E=hoanm@songlam.example"},
	[WEAK_PERSON] = {"weak-person", SUB_G2, SHAPE_LEAF_G2, "weak", "SHA256", 0x11000206ULL, FIVE_YEARS,
		PROVINCE "OU=Sở Y tế|CN=Bùi Khóa Yếu|T=Giám đốc|E=yeubk@songlam.example"},
	[G1_PERSON] = {"g1-person", SUB_G1, SHAPE_LEAF_G1, "person", "SHA1", 0x2f11d3ULL, "20200301000000Z",
		"20300228235959Z", PROVINCE "OU=Văn phòng|CN=Đặng Thế Hệ Một|T=Chánh Văn phòng|E=motdth@songlam.example"},
	[UNKNOWN_PERSON] = {"unknown-person", UNKNOWN_CA, SHAPE_LEAF_G2, "other", "SHA256", 7, FIVE_YEARS,
		"C=VN|O=Công ty không có thật|CN=Lý Không Tin"},
	[CLOSED_PERSON] = {"closed-person", SUB_CLOSED_G2, SHAPE_LEAF_G2, "other", "SHA256", 0x301, FIVE_YEARS,
		PROVINCE "OU=Sở Xây dựng|CN=Tạ Ngừng Cấp|T=Giám đốc|E=captn@songlam.example"},

	[TSA_EXPIRED] = {"tsa-expired", SUB_G2, SHAPE_TSA, "tsa", "SHA256", 0x11000302ULL, "20190101000000Z",
		"20250101000000Z", GOV "TSA thử nghiệm đã hết hạn"},
	[OCSP_EXPIRED] = {"ocsp-expired", SUB_G2, SHAPE_OCSP, "ocsp", "SHA256", 0x11000303ULL, "20190101000000Z",
		"20250101000000Z", GOV "OCSP thử nghiệm đã hết hạn"},
};
/* clang-format on */

const struct revocation_row revocations[] = {
	{REVOKED_PERSON, PKI_REVOKED_AT, 1},
	{HELD_PERSON, PKI_REVOKED_AT, 6},
	{SUB_CLOSED_G2, PKI_CA_CLOSED_AT, 5},
};
const int revocation_count = sizeof revocations / sizeof *revocations;
