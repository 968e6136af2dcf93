//go:build !linux

package testkit

import (
	"os"
	"syscall"
)

// account is the operating system's account that a server runs as: here, always the one that runs the tests.
type account struct{}

func serverAccount() (account, error) { return account{}, nil }

func (account) own(string) error { return nil }

func (account) attributes() *syscall.SysProcAttr { return nil }

func temporaryFolder(account) string { return os.TempDir() }

// lockFolder and sweep do nothing here: what a killed test process leaves behind stays until someone removes it.
func lockFolder(string) (*os.File, error) { return nil, nil }

func sweep(string) {}
