package document

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"io"
)

// The letters of PDFs: Noto Sans and Noto Sans Arabic (SIL Open Font License, font/OFL.txt), as TrueType files cut down to Latin,
// Greek, Cyrillic and Arabic script by font/make.sh, and packed.

//go:embed font/NotoSans-Regular.ttf.gz
var fontRegular []byte

//go:embed font/NotoSans-Bold.ttf.gz
var fontBold []byte

//go:embed font/NotoSansArabic-Regular.ttf.gz
var fontArabic []byte

//go:embed font/NotoSansArabic-Bold.ttf.gz
var fontArabicBold []byte

func unpack(packed []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}
