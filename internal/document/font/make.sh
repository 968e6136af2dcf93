#!/usr/bin/env bash
# Makes the fonts of PDFs from those of Debian's package fonts-noto-core: the scripts that reports are written in, without hints and
# layout tables, which the PDF library doesn't read, and packed. It needs python3-fonttools. `make fonts` calls it.
#
# covered in script.go names the same ranges; a test compares what it says with the fonts.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
from=${FONTS:-/usr/share/fonts/truetype/noto}
python=${PYTHON:-/usr/bin/python3}

latin='U+0020-007E,U+00A0-024F,U+0259,U+02B0-036F,U+0370-03FF,U+0400-052F,U+1E00-1EFF,U+2000-206F,U+20A0-20BF,U+2100-214F,U+2212,U+FFFD'
arabic='U+0020,U+00A0,U+060C,U+061B,U+061F,U+0621-064A,U+0660-066D,U+0671-06D3,U+06D4,U+06F0-06F9,U+FB50-FBFF,U+FE70-FEFC'

subset() { # name, ranges
  local name="$1" ranges="$2"
  "$python" -m fontTools.subset "$from/$name.ttf" --unicodes="$ranges" --output-file="$name.ttf" \
    --no-hinting --layout-features= --drop-tables+=GSUB,GPOS,GDEF,gasp --no-glyph-names --name-IDs=0,1,2,4,5,6,13,14 --no-recalc-timestamp
  gzip --best --no-name --force "$name.ttf"
}

subset NotoSans-Regular "$latin"
subset NotoSans-Bold "$latin"
subset NotoSansArabic-Regular "$arabic"
subset NotoSansArabic-Bold "$arabic"
ls -l ./*.gz
