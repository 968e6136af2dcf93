package account

import (
	"github.com/alexedwards/argon2id"

	"github.com/yipii/yipii/internal/bearer"
)

// Login is what signing in needs to know of a user. UserID is 0 where there is no such user.
type Login struct {
	UserID       int64
	Name         string
	Email        string
	PasswordHash string // "" for one who has no password
	Suspended    bool
}

// HashPassword is the stored form of a password: argon2id's encoded one. It takes about a tenth of a second and 64 MiB:
// who answers requests bounds how many run at once.
func HashPassword(password string) (string, error) {
	params := passwordParams
	return argon2id.CreateHash(password, &params)
}

// PasswordCosts are the costs of HashPassword.
func PasswordCosts() argon2id.Params { return passwordParams }

// CheckPart refuses a limit that a member with this role can't have.
func (s *Service) CheckPart(role bearer.Role, part *bearer.Part) error {
	_, err := s.checkPart(role, part)
	return err
}
