package document

import (
	"fmt"
	"strconv"
	"strings"
)

// drawing writes the parts of a chart that stands beside the table of its values: number is that of the sheet.
func (b *workbook) drawing(number int, s sheet) error {
	b.charts++
	chart := b.charts
	relation := func(kind, target markup) func() error {
		return func() error {
			b.xml(xmlHead + `<Relationships xmlns="` + spacePackage + `"><Relationship Id="rId1" Type="` + spaceRelations + kind + `" Target="` + target)
			b.int(chart)
			b.xml(`.xml"/></Relationships>`)
			return nil
		}
	}
	if err := b.part("xl/worksheets/_rels/sheet"+strconv.Itoa(number)+".xml.rels", relation("/drawing", "../drawings/drawing")); err != nil {
		return err
	}
	if err := b.part("xl/drawings/_rels/drawing"+strconv.Itoa(chart)+".xml.rels", relation("/chart", "../charts/chart")); err != nil {
		return err
	}
	if err := b.part("xl/drawings/drawing"+strconv.Itoa(chart)+".xml", func() error { return b.anchor(s) }); err != nil {
		return err
	}
	return b.part("xl/charts/chart"+strconv.Itoa(chart)+".xml", func() error { return b.chart(s) })
}

// anchor places the chart to the right of its values.
func (b *workbook) anchor(s sheet) error {
	corner := func(name markup, column, row int) {
		b.xml(`<xdr:` + name + `><xdr:col>`)
		b.int(column)
		b.xml(`</xdr:col><xdr:colOff>0</xdr:colOff><xdr:row>`)
		b.int(row)
		b.xml(`</xdr:row><xdr:rowOff>0</xdr:rowOff></xdr:` + name + `>`)
	}
	left := len(s.table.Columns) + 1
	b.xml(xmlHead + `<xdr:wsDr xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><xdr:twoCellAnchor>`)
	corner("from", left, 1)
	corner("to", left+13, 23)
	b.xml(`<xdr:graphicFrame macro=""><xdr:nvGraphicFramePr><xdr:cNvPr id="2" name="Chart 1" descr="`)
	b.text(chartLabel(b.d, s.chart))
	b.xml(`"/><xdr:cNvGraphicFramePr/></xdr:nvGraphicFramePr><xdr:xfrm><a:off x="0" y="0"/><a:ext cx="0" cy="0"/></xdr:xfrm>` +
		`<a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/chart">` +
		`<c:chart xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" xmlns:r="` + spaceRelations + `" r:id="rId1"/>` +
		`</a:graphicData></a:graphic></xdr:graphicFrame><xdr:clientData/></xdr:twoCellAnchor></xdr:wsDr>`)
	return nil
}

// chart writes a bar or line chart over the cells of the sheet. The values stand in it once more, for programs that only show it.
func (b *workbook) chart(s sheet) error {
	c := s.chart
	last := len(c.Labels) + 1
	quoted := "'" + strings.ReplaceAll(plain(s.name), "'", "''") + "'!"
	cells := func(column int, from, to int) string {
		letters := string(columnName(column))
		if from == to {
			return fmt.Sprintf("%s$%s$%d", quoted, letters, from)
		}
		return fmt.Sprintf("%s$%s$%d:$%s$%d", quoted, letters, from, letters, to)
	}
	b.xml(xmlHead + `<c:chartSpace xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:r="` + spaceRelations + `">` +
		`<c:roundedCorners val="0"/><c:chart>`)
	b.chartTitle(c.Title, "1400")
	b.xml(`<c:autoTitleDeleted val="0"/><c:plotArea><c:layout/>`)
	if c.Lines {
		b.xml(`<c:lineChart><c:grouping val="standard"/><c:varyColors val="0"/>`)
	} else {
		b.xml(`<c:barChart><c:barDir val="col"/><c:grouping val="clustered"/><c:varyColors val="0"/>`)
	}
	for i, series := range c.Series {
		b.series(c, i, series, cells, last)
	}
	if c.Lines {
		b.xml(`<c:marker val="1"/><c:axId val="111"/><c:axId val="112"/></c:lineChart>`)
	} else {
		b.xml(`<c:gapWidth val="60"/><c:axId val="111"/><c:axId val="112"/></c:barChart>`)
	}
	const line = `<c:spPr><a:ln w="6350"><a:solidFill><a:srgbClr val="D9DEE4"/></a:solidFill></a:ln></c:spPr>`
	b.xml(`<c:catAx><c:axId val="111"/><c:scaling><c:orientation val="minMax"/></c:scaling><c:delete val="0"/><c:axPos val="b"/><c:numFmt formatCode="General" sourceLinked="0"/>` +
		`<c:majorTickMark val="none"/><c:minorTickMark val="none"/><c:tickLblPos val="low"/>` + line + `<c:crossAx val="112"/><c:crosses val="autoZero"/><c:auto val="0"/><c:lblAlgn val="ctr"/><c:lblOffset val="100"/><c:noMultiLvlLbl val="1"/></c:catAx>` +
		`<c:valAx><c:axId val="112"/><c:scaling><c:orientation val="minMax"/></c:scaling><c:delete val="0"/><c:axPos val="l"/><c:majorGridlines>` + line + `</c:majorGridlines>`)
	if unit := b.d.shownUnit(c.Kind); unit != "" {
		b.chartTitle(unit, "1000")
	}
	format := markup("#,##0.##")
	switch c.Kind {
	case Duration:
		format = "[h]:mm"
	case Count:
		format = "#,##0"
	}
	b.xml(`<c:numFmt formatCode="` + format + `" sourceLinked="0"/><c:majorTickMark val="none"/><c:minorTickMark val="none"/><c:tickLblPos val="nextTo"/><c:spPr><a:ln><a:noFill/></a:ln></c:spPr>` +
		`<c:crossAx val="111"/><c:crosses val="autoZero"/><c:crossBetween val="between"/></c:valAx></c:plotArea>`)
	if len(c.Series) > 1 {
		b.xml(`<c:legend><c:legendPos val="t"/><c:overlay val="0"/></c:legend>`)
	}
	b.xml(`<c:plotVisOnly val="0"/><c:dispBlanksAs val="gap"/></c:chart></c:chartSpace>`)
	return nil
}

func (b *workbook) chartTitle(title string, size markup) {
	b.xml(`<c:title><c:tx><c:rich><a:bodyPr/><a:p><a:pPr><a:defRPr sz="` + size + `" b="0"/></a:pPr><a:r><a:rPr lang="en" sz="` + size + `" b="0"/><a:t>`)
	b.text(title)
	b.xml(`</a:t></a:r></a:p></c:rich></c:tx><c:overlay val="0"/></c:title>`)
}

func (b *workbook) series(c *Chart, i int, series Series, cells func(column, from, to int) string, last int) {
	color, dashed := seriesInk(i)
	red, green, blue := inkRGB(color)
	rgb := fmt.Sprintf("%02X%02X%02X", red, green, blue)
	b.xml(`<c:ser><c:idx val="`)
	b.int(i)
	b.xml(`"/><c:order val="`)
	b.int(i)
	b.xml(`"/><c:tx><c:strRef><c:f>`)
	b.text(cells(i+1, 1, 1))
	b.xml(`</c:f><c:strCache><c:ptCount val="1"/><c:pt idx="0"><c:v>`)
	b.text(series.Label)
	b.xml(`</c:v></c:pt></c:strCache></c:strRef></c:tx>`)
	if c.Lines {
		b.xml(`<c:spPr><a:ln w="22225"><a:solidFill><a:srgbClr val="`)
		b.text(rgb)
		b.xml(`"/></a:solidFill>`)
		if dashed {
			b.xml(`<a:prstDash val="dash"/>`)
		}
		b.xml(`</a:ln></c:spPr><c:marker><c:symbol val="none"/></c:marker>`)
	} else {
		b.xml(`<c:spPr><a:solidFill><a:srgbClr val="`)
		b.text(rgb)
		b.xml(`"/></a:solidFill></c:spPr><c:invertIfNegative val="0"/>`)
	}
	b.xml(`<c:cat><c:strRef><c:f>`)
	b.text(cells(0, 2, max(last, 2)))
	b.xml(`</c:f><c:strCache><c:ptCount val="`)
	b.int(len(c.Labels))
	b.xml(`"/>`)
	for j, label := range c.Labels {
		b.xml(`<c:pt idx="`)
		b.int(j)
		b.xml(`"><c:v>`)
		b.text(label)
		b.xml(`</c:v></c:pt>`)
	}
	b.xml(`</c:strCache></c:strRef></c:cat><c:val><c:numRef><c:f>`)
	b.text(cells(i+1, 2, max(last, 2)))
	b.xml(`</c:f><c:numCache><c:formatCode>General</c:formatCode><c:ptCount val="`)
	b.int(len(c.Labels))
	b.xml(`"/>`)
	for j, raw := range series.Values {
		v := b.d.number(c.Kind, raw)
		if !v.known {
			continue
		}
		b.xml(`<c:pt idx="`)
		b.int(j)
		b.xml(`"><c:v>`)
		b.number(c.Kind, &v)
		b.xml(`</c:v></c:pt>`)
	}
	b.xml(`</c:numCache></c:numRef></c:val>`)
	if c.Lines {
		b.xml(`<c:smooth val="0"/>`)
	}
	b.xml(`</c:ser>`)
}
