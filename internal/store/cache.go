package store

import (
	"context"
	"sync"

	lru "github.com/hashicorp/golang-lru/v2"
)

// Cache holds bounded copies of rows, so that the path of a token reads no table. Get loads what it lacks; a change
// notice drops what has changed. A load that a drop overtakes is used once and not kept, so that no stale copy stays.
type Cache[K comparable, V any] struct {
	mu         sync.Mutex
	entries    *lru.Cache[K, V]
	generation uint64
	load       func(context.Context, K) (V, error)
}

// NewCache makes a cache of at most size entries. load reads one from the database; its errors are not kept.
func NewCache[K comparable, V any](size int, load func(context.Context, K) (V, error)) *Cache[K, V] {
	entries, err := lru.New[K, V](size)
	if err != nil {
		panic(err) // only a size below 1 fails, which is the programmer's
	}
	return &Cache[K, V]{entries: entries, load: load}
}

// Peek returns the copy of key if there is one.
func (c *Cache[K, V]) Peek(key K) (V, bool) { return c.entries.Get(key) }

// Get returns the copy of key, loading it where there is none.
func (c *Cache[K, V]) Get(ctx context.Context, key K) (V, error) {
	if v, ok := c.entries.Get(key); ok {
		return v, nil
	}
	return c.Fresh(ctx, key)
}

// GetBy is Get that loads in another way: inside the transaction of a caller who has one open, as waiting for a second
// connection there could last for ever on PostgreSQL.
func (c *Cache[K, V]) GetBy(ctx context.Context, key K, load func(context.Context, K) (V, error)) (V, error) {
	if v, ok := c.entries.Get(key); ok {
		return v, nil
	}
	return c.fresh(ctx, key, load)
}

// Fresh loads key from the database whether or not there is a copy, and keeps the result.
func (c *Cache[K, V]) Fresh(ctx context.Context, key K) (V, error) { return c.fresh(ctx, key, c.load) }

func (c *Cache[K, V]) fresh(ctx context.Context, key K, load func(context.Context, K) (V, error)) (V, error) {
	c.mu.Lock()
	before := c.generation
	c.mu.Unlock()
	v, err := load(ctx, key)
	if err != nil {
		return v, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.generation == before {
		c.entries.Add(key, v)
	}
	return v, nil
}

// Drop forgets key.
func (c *Cache[K, V]) Drop(key K) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.generation++
	c.entries.Remove(key)
}

// DropIf forgets every entry that match picks.
func (c *Cache[K, V]) DropIf(match func(K, V) bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.generation++
	for _, key := range c.entries.Keys() {
		if v, ok := c.entries.Peek(key); ok && match(key, v) {
			c.entries.Remove(key)
		}
	}
}

// Reset forgets everything.
func (c *Cache[K, V]) Reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.generation++
	c.entries.Purge()
}
