package document

import "strconv"

// The styles of a workbook's cells: their places in the list that styles writes.
const (
	_ = iota // plain
	styleTitle
	styleBold
	styleMuted
	styleWrapped
	styleLink
	styleHeading
	styleHeadingRight
	styleKinds // the first of three groups, each of them a style for each kind
)

// kinds are all kinds, in the order of their styles.
func kinds() []Kind {
	return []Kind{Text, Count, Number, Distance, Speed, Duration, Moment, Day, Degrees, Heading, Temperature, Percent}
}

func kindIndex(k Kind) int {
	switch k {
	case Text:
		return 0
	case Count:
		return 1
	case Number:
		return 2
	case Distance:
		return 3
	case Speed:
		return 4
	case Duration:
		return 5
	case Moment:
		return 6
	case Day:
		return 7
	case Degrees:
		return 8
	case Heading:
		return 9
	case Temperature:
		return 10
	default:
		return 11
	}
}

const kindCount = 12

// cellStyle, totalStyle and figureStyle are the styles of a kind in a table's rows, in its line of totals, and in the summary.
func cellStyle(k Kind) int   { return styleKinds + kindIndex(k) }
func totalStyle(k Kind) int  { return styleKinds + kindCount + kindIndex(k) }
func figureStyle(k Kind) int { return styleKinds + 2*kindCount + kindIndex(k) }

// numberFormat is how a workbook shows a kind. The first that isn't built in has the number 164.
func numberFormat(k Kind) (id int, code markup) {
	switch k {
	case Text:
		return 49, "" // @: what is typed over it stays text too
	case Count:
		return 3, "" // #,##0
	case Number, Distance:
		return 4, "" // #,##0.00
	case Duration:
		return 46, "" // [h]:mm:ss
	case Heading:
		return 1, "" // 0
	case Moment:
		return 164, `yyyy\-mm\-dd\ hh:mm:ss`
	case Day:
		return 165, `yyyy\-mm\-dd`
	case Degrees:
		return 166, `0.00000`
	default:
		return 167, `#,##0.0`
	}
}

func (b *workbook) styles() error {
	b.xml(xmlHead + `<styleSheet xmlns="` + spaceMain + `"><numFmts count="4">`)
	for _, k := range []Kind{Moment, Day, Degrees, Speed} {
		id, code := numberFormat(k)
		b.xml(`<numFmt numFmtId="`)
		b.int(id)
		b.xml(`" formatCode="` + code + `"/>`)
	}
	const face = `<name val="Calibri"/><family val="2"/>`
	b.xml(`</numFmts><fonts count="6">` +
		`<font><sz val="11"/><color rgb="FF1B2530"/>` + face + `</font>` +
		`<font><b/><sz val="11"/><color rgb="FF1B2530"/>` + face + `</font>` +
		`<font><b/><sz val="18"/><color rgb="FF1B2530"/>` + face + `</font>` +
		`<font><sz val="11"/><color rgb="FF5B6775"/>` + face + `</font>` +
		`<font><u/><sz val="11"/><color rgb="FF0072B2"/>` + face + `</font>` +
		`<font><b/><sz val="12"/><color rgb="FF0072B2"/>` + face + `</font>` +
		`</fonts><fills count="3"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>` +
		`<fill><patternFill patternType="solid"><fgColor rgb="FFF0F3F6"/><bgColor indexed="64"/></patternFill></fill></fills>` +
		`<borders count="3"><border><left/><right/><top/><bottom/><diagonal/></border>` +
		`<border><left/><right/><top/><bottom style="medium"><color rgb="FF5B6775"/></bottom><diagonal/></border>` +
		`<border><left/><right/><top style="medium"><color rgb="FF5B6775"/></top><bottom/><diagonal/></border></borders>` +
		`<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="`)
	b.int(styleKinds + 3*kindCount)
	b.xml(`">`)
	style := func(format, font, fill, border int, alignment markup) {
		for i, part := range []int{format, font, fill, border} {
			b.xml([]markup{`<xf numFmtId="`, `" fontId="`, `" fillId="`, `" borderId="`}[i])
			b.b = strconv.AppendInt(b.b, int64(part), 10)
		}
		b.xml(`" xfId="0" applyNumberFormat="1" applyFont="1" applyFill="1" applyBorder="1"`)
		if alignment == "" {
			b.xml(`/>`)
			return
		}
		b.xml(` applyAlignment="1"><alignment ` + alignment + `/></xf>`)
	}
	style(0, 0, 0, 0, "")
	style(49, 2, 0, 0, `vertical="center"`)
	style(49, 5, 0, 0, "")
	style(49, 3, 0, 0, `vertical="top"`)
	style(49, 0, 0, 0, `horizontal="left" vertical="top" wrapText="1"`)
	style(49, 4, 0, 0, "")
	style(49, 1, 2, 1, `horizontal="left" vertical="center" wrapText="1"`)
	style(49, 1, 2, 1, `horizontal="right" vertical="center" wrapText="1"`)
	for group, alignment := range []markup{"", "", `horizontal="left" vertical="top" wrapText="1"`} {
		for _, k := range kinds() {
			id, _ := numberFormat(k)
			if group < 2 && (k == Moment || k == Day) {
				alignment = `horizontal="left"` // as their headings are
			} else if group < 2 {
				alignment = ""
			}
			switch group {
			case 0:
				style(id, 0, 0, 0, alignment)
			case 1:
				style(id, 1, 0, 2, alignment)
			default:
				style(id, 1, 0, 0, alignment)
			}
		}
	}
	b.xml(`</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>`)
	return nil
}
