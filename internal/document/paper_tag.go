package document

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// A tagged PDF tells what its text is: a heading, a paragraph, a cell of a table (ISO 32000-1, 14.8). The PDF library knows nothing of
// that. So the marks are written into the pages as they are drawn, and the tree that they belong to follows after the library's last
// byte, as an incremental update (7.5.6): objects that are new or replaced, and a table of where they are.

// maxTags is how many elements the tree may have: those of some 5,000 rows. What comes later in a longer document is searchable text
// without a tag, for a tree of millions of cells would be larger than all the pages.
const maxTags = 50_000

// tag is an element of the tree.
type tag struct {
	role   string
	parent int
	alt    string // of a figure: words in its place
	spoken string // its text, where it is drawn in another order than it is read
	marks  []mark
	kids   []int
}

// mark is a piece of a page that belongs to an element.
type mark struct{ page, id int }

// tree is the elements of a document; the first is the document itself.
type tree struct {
	tags  []tag
	pages map[int][]int // the elements that the marks of a page belong to, by their id
}

func newTree() *tree { return &tree{tags: []tag{{role: "Document"}}, pages: map[int][]int{}} }

// add makes an element below another. It returns -1, which is no element, when there are enough.
func (t *tree) add(role string, parent int) int {
	if parent < 0 || len(t.tags) >= maxTags {
		return -1
	}
	t.tags = append(t.tags, tag{role: role, parent: parent})
	n := len(t.tags) - 1
	t.tags[parent].kids = append(t.tags[parent].kids, n)
	return n
}

// mark draws, and notes that what is drawn belongs to an element: to none, it is decoration. It must not turn the page.
func (p *paper) mark(element int, draw func()) {
	if element < 0 {
		p.f.RawWriteStr("/Artifact BMC")
	} else {
		page := p.f.PageNo()
		id := len(p.tree.pages[page])
		p.tree.pages[page] = append(p.tree.pages[page], element)
		t := &p.tree.tags[element]
		t.marks = append(t.marks, mark{page, id})
		p.f.RawWriteStr("/" + t.role + " <</MCID " + strconv.Itoa(id) + ">> BDC")
	}
	p.written, p.turned = p.written[:0], false
	draw()
	p.f.RawWriteStr("EMC")
	if element >= 0 && p.turned && p.tree.tags[element].alt == "" {
		t := &p.tree.tags[element]
		t.spoken = strings.TrimSpace(t.spoken + " " + strings.Join(p.written, " "))
	}
}

// tagged draws what belongs to an element, or to none because there are enough.
func (p *paper) tagged(element int, draw func()) {
	if element < 0 {
		draw()
		return
	}
	p.mark(element, draw)
}

// update is what is appended to a PDF: objects in packs that are compressed (7.5.7), and a table of where they are (7.5.8).
type update struct {
	out    bytes.Buffer
	base   int                 // the length of the PDF before it
	places map[int]objectPlace // by number of object
	order  []int
	pack   bytes.Buffer // bodies of objects that wait for a pack
	heads  bytes.Buffer // their numbers, and where they begin
	packed int          // how many they are
	next   int          // the number of the next pack
}

// objectPlace is where an object is: at an offset, or in a pack.
type objectPlace struct{ offset, pack, index int }

func (u *update) place(number int, at objectPlace) {
	u.places[number] = at
	u.order = append(u.order, number)
}

// object appends an object that isn't a stream.
func (u *update) object(number int, body string) {
	u.place(number, objectPlace{pack: u.next, index: u.packed})
	fmt.Fprintf(&u.heads, "%d %d ", number, u.pack.Len())
	u.pack.WriteString(body)
	u.pack.WriteByte('\n')
	if u.packed++; u.packed == 1000 {
		u.seal()
	}
}

// seal writes the pack.
func (u *update) seal() {
	if u.packed == 0 {
		return
	}
	n := u.next
	u.next++
	u.stream(n, fmt.Sprintf("/Type /ObjStm /N %d /First %d", u.packed, u.heads.Len()), append(u.heads.Bytes(), u.pack.Bytes()...))
	u.heads.Reset()
	u.pack.Reset()
	u.packed = 0
}

// stream appends a stream, compressed.
func (u *update) stream(number int, entries string, data []byte) {
	u.place(number, objectPlace{offset: u.base + u.out.Len()})
	var small bytes.Buffer
	w := zlib.NewWriter(&small)
	_, _ = w.Write(data) // a buffer takes all
	_ = w.Close()
	fmt.Fprintf(&u.out, "%d 0 obj\n<<%s /Filter /FlateDecode /Length %d>>\nstream\n%s\nendstream\nendobj\n", number, entries, small.Len(), small.Bytes())
}

// table writes where the objects are, as the last of them.
func (u *update) table(root, info, previous int) {
	u.seal()
	n, start := u.next, u.base+u.out.Len()
	u.place(n, objectPlace{offset: start})
	var index strings.Builder
	var rows []byte
	for _, number := range u.order {
		fmt.Fprintf(&index, "%d 1 ", number)
		if at := u.places[number]; at.pack > 0 {
			rows = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint32(append(rows, 2), uint32(at.pack)), uint16(at.index))
		} else {
			rows = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint32(append(rows, 1), uint32(at.offset)), 0)
		}
	}
	u.order = u.order[:len(u.order)-1]
	u.stream(n, fmt.Sprintf("/Type /XRef /Size %d /Root %d 0 R /Info %d 0 R /Prev %d /W [1 4 2] /Index [%s]", n+1, root, info, previous, &index), rows)
	fmt.Fprintf(&u.out, "startxref\n%d\n%%%%EOF\n", start)
}

var (
	trailerForm = regexp.MustCompile(`trailer\n<<\n/Size (\d+)\n/Root (\d+) 0 R\n/Info (\d+) 0 R\n>>\nstartxref\n(\d+)\n%%EOF\n?$`)
	unicodeForm = regexp.MustCompile(`/BaseFont /\S*arabic\S*\n/Encoding /Identity-H\n/DescendantFonts \[\d+ 0 R\]\n/ToUnicode (\d+) 0 R`)
)

// finish writes the PDF that the library made, and the update.
func (p *paper) finish(w io.Writer) error {
	var made bytes.Buffer
	if err := p.f.Output(&made); err != nil {
		return wrong("the PDF: %w", err)
	}
	pdf := made.Bytes()
	tail := pdf[max(0, len(pdf)-400):]
	found := trailerForm.FindSubmatch(tail)
	if found == nil {
		return wrong("the PDF ends in another way: %q", tail)
	}
	size, root, info, table := number(found[1]), number(found[2]), number(found[3]), number(found[4])
	u := &update{base: len(pdf), places: map[int]objectPlace{}}
	u.out.WriteByte('\n')
	old := func(n int) (string, error) { // an object of the library's
		line := table + len("xref\n") + len(fmt.Sprintf("0 %d\n", size)) + 20*n
		if line+10 > len(pdf) {
			return "", wrong("the PDF has no object %d", n)
		}
		at := number(pdf[line : line+10])
		_, body, ok := bytes.Cut(pdf[min(at, len(pdf)):], []byte(" 0 obj\n"))
		end := bytes.Index(body, []byte("\nendobj"))
		if !ok || end < 0 {
			return "", wrong("the PDF has no object %d", n)
		}
		return string(body[:end]), nil
	}
	first := size // elements are the objects from here on
	treeRoot := first + len(p.tree.tags)
	parents := treeRoot + 1
	u.next = parents + 1
	for page := 1; page <= p.f.PageCount(); page++ {
		body, err := old(2*page + 1)
		if err != nil {
			return err
		}
		if !strings.HasPrefix(body, "<</Type /Page\n") {
			return wrong("the PDF has no page in object %d", 2*page+1)
		}
		u.object(2*page+1, fmt.Sprintf("<</Type /Page\n/StructParents %d\n/Tabs /S\n%s", page-1, strings.TrimPrefix(body, "<</Type /Page\n")))
	}
	catalog, err := old(root)
	if err != nil {
		return err
	}
	u.object(root, strings.Replace(catalog, "/Type /Catalog", fmt.Sprintf("/Type /Catalog\n/Version /1.5\n/StructTreeRoot %d 0 R\n/MarkInfo <</Marked true>>\n/ViewerPreferences <</DisplayDocTitle true>>", treeRoot), 1))
	for _, match := range unicodeForm.FindAllSubmatch(pdf, -1) {
		u.stream(number(match[1]), "", []byte(arabicUnicode()))
	}
	for i := range p.tree.tags {
		u.object(first+i, p.element(i, first, treeRoot))
	}
	u.object(treeRoot, fmt.Sprintf("<</Type /StructTreeRoot /K %d 0 R /ParentTree %d 0 R /ParentTreeNextKey %d>>", first, parents, p.f.PageCount()))
	var nums strings.Builder
	for page := 1; page <= p.f.PageCount(); page++ {
		fmt.Fprintf(&nums, "%d [", page-1)
		for _, element := range p.tree.pages[page] {
			fmt.Fprintf(&nums, "%d 0 R ", first+element)
		}
		nums.WriteString("]\n")
	}
	u.object(parents, "<</Nums [\n"+nums.String()+"]>>")
	u.table(root, info, table)
	if _, err := w.Write(pdf); err != nil {
		return err
	}
	_, err = w.Write(u.out.Bytes())
	return err
}

// element is an element of the tree as an object.
func (p *paper) element(i, first, root int) string {
	t := &p.tree.tags[i]
	var b strings.Builder
	parent := root
	if i > 0 {
		parent = first + t.parent
	}
	fmt.Fprintf(&b, "<</Type /StructElem /S /%s /P %d 0 R", t.role, parent)
	if t.role == "TH" {
		b.WriteString(" /A <</O /Table /Scope /Column>>")
	}
	if t.alt != "" {
		b.WriteString(" /Alt " + hexText(t.alt))
	}
	if t.spoken != "" {
		b.WriteString(" /ActualText " + hexText(t.spoken))
	}
	if len(t.marks) == 1 && len(t.kids) == 0 {
		fmt.Fprintf(&b, " /Pg %d 0 R /K %d>>", 2*t.marks[0].page+1, t.marks[0].id)
		return b.String()
	}
	b.WriteString(" /K [")
	for _, kid := range t.kids {
		fmt.Fprintf(&b, "%d 0 R ", first+kid)
	}
	for _, m := range t.marks {
		fmt.Fprintf(&b, "<</Type /MCR /Pg %d 0 R /MCID %d>> ", 2*m.page+1, m.id)
	}
	b.WriteString("]>>")
	return b.String()
}

func number(digits []byte) int {
	n, _ := strconv.Atoi(string(digits)) // matched as digits
	return n
}

// arabicUnicode is the map (a CMap, 9.10.3) from the letters of the Arabic font to the text that they stand for, so that who searches for a
// word finds it in whatever forms its letters are drawn. The library's own says that each stands for itself.
func arabicUnicode() string {
	var lines []string
	for r := rune(0xFB50); r <= 0xFEFC; r++ {
		meant := []rune(norm.NFKC.String(string(r)))
		if len(meant) > 1 { // lam and alef: readers differ in the order in which they take the two
			meant = []rune{r}
		}
		lines = append(lines, fmt.Sprintf("<%04X> <%04X>\n", r, meant[0]))
	}
	var b strings.Builder
	b.WriteString("/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n/CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def\n" +
		"/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n" +
		"2 beginbfrange\n<0020> <00FF> <0020>\n<0600> <06FF> <0600>\nendbfrange\n")
	for len(lines) > 0 {
		n := min(len(lines), 100)
		fmt.Fprintf(&b, "%d beginbfchar\n%sendbfchar\n", n, strings.Join(lines[:n], ""))
		lines = lines[n:]
	}
	b.WriteString("endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend")
	return b.String()
}
