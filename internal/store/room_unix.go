//go:build linux || darwin || freebsd

package store

import "syscall"

// FreeSpace is how many bytes the folder's disk has left for a program without privileges; false if that can't be known.
func FreeSpace(folder string) (int64, bool) {
	var disk syscall.Statfs_t
	if err := syscall.Statfs(folder, &disk); err != nil {
		return 0, false
	}
	return int64(disk.Bavail) * int64(disk.Bsize), true
}
