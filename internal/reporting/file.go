package reporting

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"

	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/store"
)

// Places of files.
const (
	inDatabase = "database"
	inBucket   = "s3"
)

// pieceSize is the length of all pieces of a file in the database but its last: small beside the memory that a report may take,
// and large beside the cost of a row.
const pieceSize = 256 << 10

func (s *Service) place() string {
	if s.opt.Bucket != nil {
		return inBucket
	}
	return inDatabase
}

// fileWriter writes the file of a claim as it is made. No more of it than a piece is in memory, or a part of what a bucket takes.
type fileWriter struct {
	ctx    context.Context
	s      *Service
	r      *Report
	sum    hash.Hash
	size   int64
	buffer []byte
	number int64
	upload *upload // nil in the database
	err    error
}

func (s *Service) newFile(ctx context.Context, r *Report) *fileWriter {
	w := &fileWriter{ctx: ctx, s: s, r: r, sum: sha256.New()}
	length := pieceSize
	if r.row.place == inBucket {
		w.upload, length = s.opt.Bucket.upload(r.row.file), partSize
	}
	w.buffer = make([]byte, 0, length)
	return w
}

// Write implements io.Writer. A file over the limit is TooLarge.
func (w *fileWriter) Write(b []byte) (int, error) {
	if w.err != nil {
		return 0, w.err
	}
	if w.size += int64(len(b)); w.size > w.s.limits().Size {
		w.err = fault.Newf(fault.TooLarge, "The report's file is over %d MB: ask for a shorter range or fewer assets.", w.s.limits().Size>>20)
		return 0, w.err
	}
	w.sum.Write(b)
	n := len(b)
	for len(b) > 0 {
		part := min(len(b), cap(w.buffer)-len(w.buffer))
		w.buffer, b = append(w.buffer, b[:part]...), b[part:]
		if len(w.buffer) == cap(w.buffer) {
			if w.err = w.flush(); w.err != nil {
				return 0, w.err
			}
		}
	}
	return n, nil
}

// flush stores what is in the buffer.
func (w *fileWriter) flush() error {
	if len(w.buffer) == 0 {
		return nil
	}
	var err error
	if w.upload != nil {
		err = w.upload.part(w.ctx, w.buffer)
	} else if err = w.s.store.db.CheckRoom(w.ctx); err == nil {
		held := false
		err = w.s.store.db.Tx(w.ctx, func(tx *store.Tx) (err error) {
			held, err = writePiece(w.ctx, tx, w.r, w.number, w.buffer)
			return err
		})
		if err == nil && !held {
			err = errLost
		}
	}
	w.number++
	w.buffer = w.buffer[:0]
	return err
}

// close stores the rest.
func (w *fileWriter) close() (*made, error) {
	if w.err != nil {
		return nil, w.err
	}
	var err error
	if w.upload != nil {
		err = w.upload.close(w.ctx, w.buffer)
	} else {
		err = w.flush()
	}
	if err != nil {
		w.abort()
		return nil, err
	}
	return &made{w.size, hex.EncodeToString(w.sum.Sum(nil))}, nil
}

// abort gives up a file. What is in the database of it is wasted with the claim.
func (w *fileWriter) abort() {
	if w.upload != nil {
		w.upload.abort(w.ctx)
	}
}

// discard deletes the file of a claim that was lost. Its row tells of another, so nobody else would.
func (s *Service) discard(ctx context.Context, r *Report) {
	if r.row.place == inBucket && s.opt.Bucket != nil {
		_ = s.opt.Bucket.delete(ctx, r.row.file) // one that stays costs space alone
	}
}

// fileReader reads a file from wherever one likes.
type fileReader struct {
	ctx    context.Context
	s      *Service
	r      *Report
	at     int64
	number int64 // of the piece that is held; -1 for none
	piece  []byte
	body   io.ReadCloser // of a bucket's answer that goes on at `at`; nil for none
}

func (s *Service) open(ctx context.Context, r *Report) *fileReader {
	return &fileReader{ctx: ctx, s: s, r: r, number: -1}
}

// Seek implements io.Seeker. It reads nothing.
func (f *fileReader) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += f.at
	case io.SeekEnd:
		offset += f.r.row.size
	}
	if offset < 0 {
		return 0, errors.New("seek before the beginning")
	}
	if offset != f.at {
		f.Close()
	}
	f.at = offset
	return offset, nil
}

// Read implements io.Reader.
func (f *fileReader) Read(b []byte) (int, error) {
	if f.at >= f.r.row.size {
		return 0, io.EOF
	}
	var n int
	var err error
	if f.r.row.place == inBucket {
		n, err = f.readBucket(b)
	} else {
		n, err = f.readPiece(b)
	}
	f.at += int64(n)
	return n, err
}

func (f *fileReader) readPiece(b []byte) (int, error) {
	if number := f.at / pieceSize; number != f.number {
		piece, err := f.s.store.piece(f.ctx, f.r.row.file, number)
		if err != nil {
			return 0, err
		}
		f.number, f.piece = number, piece
	}
	within := f.at % pieceSize
	if within >= int64(len(f.piece)) {
		return 0, fmt.Errorf("piece %d of %s is too short", f.number, f.r.row.file)
	}
	return copy(b, f.piece[within:]), nil
}

func (f *fileReader) readBucket(b []byte) (int, error) {
	if f.s.opt.Bucket == nil {
		return 0, errors.New("the file is in an S3 store that isn't set any more")
	}
	if f.body == nil {
		body, err := f.s.opt.Bucket.read(f.ctx, f.r.row.file, f.at)
		if err != nil {
			return 0, err
		}
		f.body = body
	}
	n, err := f.body.Read(b)
	if errors.Is(err, io.EOF) && f.at+int64(n) < f.r.row.size {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// Close ends what a bucket is sending.
func (f *fileReader) Close() {
	if f.body != nil {
		f.body.Close()
		f.body = nil
	}
}
