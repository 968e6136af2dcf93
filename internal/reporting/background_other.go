//go:build !linux

package reporting

// inBackground runs fn. Only on Linux has a thread a priority of its own.
func inBackground(fn func()) { fn() }
