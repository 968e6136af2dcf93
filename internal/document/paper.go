package document

import (
	"context"
	"io"
)

func writePaper(ctx context.Context, w io.Writer, d *Document) error { panic("x") }
