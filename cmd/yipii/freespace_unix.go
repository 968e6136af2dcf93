//go:build linux || darwin || freebsd

package main

import "syscall"

// freeSpace is how many bytes the folder's disk has left for this program; false if that can't be known.
func freeSpace(folder string) (int64, bool) {
	var disk syscall.Statfs_t
	if err := syscall.Statfs(folder, &disk); err != nil {
		return 0, false
	}
	return int64(disk.Bavail) * int64(disk.Bsize), true
}
