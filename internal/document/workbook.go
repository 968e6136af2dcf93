package document

import (
	"context"
	"io"
)

func writeWorkbook(ctx context.Context, w io.Writer, d *Document) error { panic("x") }
