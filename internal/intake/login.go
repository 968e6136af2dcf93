package intake

import (
	"cmp"
	"context"
	"errors"
	"net/netip"

	"github.com/google/uuid"

	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/credential"
	"github.com/yipii/yipii/internal/fault"
	"github.com/yipii/yipii/internal/web"
)

// login is what a connection showed: the id and secret of a client, or the key of an account and a token or API key.
type login struct {
	name, secret string
	from         netip.Addr
	byClient     bool
}

// newLogin makes a login. A client's id is a UUID, which can be the key of an account too; its secret tells them apart.
func newLogin(name, secret string, from netip.Addr) login {
	_, err := uuid.Parse(name)
	return login{name: name, secret: secret, from: from, byClient: err == nil && len(secret) > len(credential.SecretPrefix) && secret[:len(credential.SecretPrefix)] == credential.SecretPrefix}
}

var errLogin = errors.New("the credential is not good")

// first authenticates a stranger, who may fail only so often. errLogin says that the login isn't good.
func (s *Service) first(ctx context.Context, l login) (p *bearer.Principal, err error) {
	err = s.Clients.Guess(ctx, l.name, func() (good bool, err error) {
		p, err = s.again(ctx, l)
		if errors.Is(err, errLogin) {
			return false, nil
		}
		return err == nil, err
	})
	if err == nil && p == nil {
		err = errLogin
	}
	return p, err
}

// again authenticates who has been let in before: whether they still may. It reads memory, as a request does. The request's
// facts, which stand in the context, get who it is.
func (s *Service) again(ctx context.Context, l login) (*bearer.Principal, error) {
	p, err := s.identify(ctx, l)
	if err == nil && !l.byClient {
		_, err = s.write.Enter(p, l.name, l.from)
	}
	if err != nil {
		switch f := fault.As(err); f.Kind {
		case fault.Unauthenticated, fault.Forbidden, fault.NotFound:
			web.RequestOf(ctx).Refuse(cmp.Or(f.Detail, f.Message))
			return nil, errLogin
		}
		return nil, err
	}
	return p, nil
}

func (s *Service) identify(ctx context.Context, l login) (*bearer.Principal, error) {
	if !l.byClient {
		return s.Guard.Recognise(ctx, l.secret)
	}
	client, err := s.Clients.CheckClient(ctx, l.name, l.secret)
	if err != nil {
		return nil, err
	}
	if client == nil || !client.MayUse(credential.ClientCredentials) {
		return nil, fault.New(fault.Unauthenticated, "Client authentication failed")
	}
	return s.Guard.Admit(ctx, bearer.Credential{ID: client.ID, UserID: client.OwnerID, Home: client.AccountID, Reach: client.Reach,
		Scopes: client.Scopes, Networks: client.Networks, IssuedAt: client.CreatedAt, ExpiresAt: client.ExpiresAt})
}
