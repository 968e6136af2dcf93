//go:build !linux

package store

// freeBytes is known on Linux only: elsewhere a full disk is met when it is full.
func freeBytes(string) (int64, bool) { return 0, false }
