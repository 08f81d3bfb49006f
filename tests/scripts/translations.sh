#!/bin/sh
# Every text for people has a Vietnamese translation, none is fuzzy, none stands for a text that is gone, and one thing has one word.
# usage: translations.sh SOURCE_DIR
set -eu
source=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$source/tests/scripts/extract-strings.sh" "$source" >"$work/all.pot"
msgmerge --quiet --no-fuzzy-matching --no-wrap -o "$work/merged.po" "$source/archiver/po/vi.po" "$work/all.pot"
msgattrib --untranslated --no-obsolete --no-wrap "$work/merged.po" >"$work/missing.po"
msgattrib --only-obsolete --no-wrap "$work/merged.po" >"$work/gone.po"
status=0
if grep -q '^msgid "..*"' "$work/missing.po"; then
	echo "without a translation in archiver/po/vi.po:"
	grep '^msgid' "$work/missing.po"
	status=1
fi
if grep -q '^#~ msgid' "$work/gone.po"; then
	echo "translated in archiver/po/vi.po, and nowhere in the sources:"
	grep '^#~ msgid' "$work/gone.po"
	status=1
fi
# What is not said: what is said instead. "hồ sơ" is a file of several documents (Decree 30/2020 art. 3), not one document.
while IFS=: read -r no yes; do
	if awk -v no="$no" '/^msgid /{id=$0} /^msgstr /{if (index($0, no) && id !~ /ase file/) {print; found=1}} END{exit !found}' "$work/merged.po"; then
		echo "say \"$yes\" and not \"$no\""
		status=1
	fi
done <<'END'
hồ sơ:tài liệu
Hồ sơ:Tài liệu
đường dẫn tin cậy:đường dẫn chứng thực
tổ chức chứng thực:cơ quan chứng thực
chữ ký rời:chữ ký tách rời
chứng cứ:bằng chứng
số sê-ri:số hiệu
tình trạng thu hồi:trạng thái thu hồi
thông tin thu hồi:dữ liệu thu hồi
dữ liệu mô tả:siêu dữ liệu
lập lại:dựng lại
mã hoá:mã hóa
khôi phục thử:kiểm tra khôi phục
thiết đặt:tham số
END
exit $status
