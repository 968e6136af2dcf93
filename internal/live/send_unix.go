//go:build unix

package live

import "syscall"

// writeNow writes as much of b as the connection takes without waiting. It asks for the descriptor, not for a turn to write: a
// turn would have to be waited for.
func writeNow(raw syscall.RawConn, b []byte) (n int, err error) {
	var failed error
	err = raw.Control(func(fd uintptr) {
		for n, failed = syscall.Write(int(fd), b); failed == syscall.EINTR; {
			n, failed = syscall.Write(int(fd), b)
		}
	})
	if err == nil && failed != syscall.EAGAIN {
		err = failed
	}
	return max(n, 0), err
}
