package relay

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/yipii/yipii/internal/store"
)

// channel is where all nodes on a database notify and listen.
const channel = "yipii_live"

// noticeSize is how many bytes a frame in a notice may have: PostgreSQL takes under 8,000.
const noticeSize = 7900

// postgresCarrier carries frames by the notices of the database that the nodes share.
type postgresCarrier struct{ db *store.DB }

func (postgresCarrier) form() (form, error) { return form{size: noticeSize, text: true}, nil }

func (c postgresCarrier) send(ctx context.Context, frames []string) error {
	err := c.db.Notify(ctx, channel, frames)
	var refused *pgconn.PgError
	if errors.As(err, &refused) && strings.HasPrefix(refused.Code, "22") { // it has no such character, say
		return fmt.Errorf("%w: %w", errRefused, err)
	}
	return err
}

func (c postgresCarrier) listen(ctx context.Context, h hearing) error {
	return c.db.Listen(ctx, channel, h.up, h.heard)
}
