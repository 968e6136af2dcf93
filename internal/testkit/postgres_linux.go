package testkit

import (
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// account is the operating system's account that a server runs as; the zero value is the one that runs the tests.
type account struct {
	credential *syscall.Credential
}

// serverAccount answers who the server programs run as. They refuse to run as root.
func serverAccount() (account, error) {
	if os.Geteuid() != 0 {
		return account{}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		found, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(found.Uid, 10, 32)
		if err != nil {
			return account{}, fmt.Errorf("user %s: %w", name, err)
		}
		gid, err := strconv.ParseUint(found.Gid, 10, 32)
		if err != nil {
			return account{}, fmt.Errorf("user %s: %w", name, err)
		}
		return account{&syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, nil
	}
	return account{}, fmt.Errorf("PostgreSQL can't run as root, and there is neither a user postgres nor a user nobody")
}

// own gives a folder to the account.
func (a account) own(folder string) error {
	if a.credential == nil {
		return nil
	}
	return os.Chown(folder, int(a.credential.Uid), int(a.credential.Gid))
}

// attributes makes a child run as the account, out of reach of the terminal's signals, and end when its parent dies.
func (a account) attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: a.credential, Setpgid: true, Pdeathsig: immediateShutdown}
}

// temporaryFolder answers where the account can have its files: the usual place, unless another account can't enter it
// or its name is too long for a socket in a folder below it.
func temporaryFolder(a account) string {
	const usual, longestSocket = "/tmp", 107
	folder := os.TempDir()
	if len(filepath.Join(folder, folderPrefix+"0123456789", ".s.PGSQL.00000.lock")) > longestSocket {
		return usual
	}
	if a.credential == nil {
		return folder
	}
	for dir := folder; ; dir = filepath.Dir(dir) {
		if info, err := os.Stat(dir); err != nil || info.Mode()&0o001 == 0 {
			return usual
		}
		if dir == filepath.Dir(dir) {
			return folder
		}
	}
}

const lockName = "owner.lock"

// lockFolder marks a new folder as in use until the file that it answers is closed, or this process dies.
func lockFolder(folder string) (*os.File, error) {
	// The lock is taken under another name, so that sweep never sees one that is free by mistake.
	early := filepath.Join(folder, lockName+".new")
	file, err := os.OpenFile(early, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		file.Close()
		return nil, err
	}
	return file, os.Rename(early, filepath.Join(folder, lockName))
}

// sweep removes the folders of test processes that died before they could (killed, or out of time).
func sweep(parent string) {
	locks, _ := filepath.Glob(filepath.Join(parent, folderPrefix+"*", lockName))
	for _, lock := range locks {
		file, err := os.OpenFile(lock, os.O_RDWR|syscall.O_NOFOLLOW, 0)
		if err != nil {
			continue // another user's, or gone
		}
		if syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
			_ = os.RemoveAll(filepath.Dir(lock))
		}
		file.Close()
	}
}
