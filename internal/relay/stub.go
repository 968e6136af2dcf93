// Package relay is a stand-in.
package relay

import (
	"context"
	"log/slog"

	"github.com/yipii/yipii/internal/store"
)

type nobody struct{}

func Open(*store.DB, string) (nobody, error)                  { return nobody{}, nil }
func (nobody) Publish([]byte)                                 {}
func (nobody) Subscribe(func([]byte), func())                 {}
func (nobody) Run(ctx context.Context, _ *slog.Logger)        { <-ctx.Done() }
func (nobody) Node() string                                   { return "" }
