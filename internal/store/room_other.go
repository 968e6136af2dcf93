//go:build !(linux || darwin || freebsd)

package store

// FreeSpace can't be known here: a full disk is met when it is full.
func FreeSpace(string) (int64, bool) { return 0, false }
