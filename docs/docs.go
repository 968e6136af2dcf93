// Package docs holds the guides as they are written: Markdown, which the program serves at /docs. It owns no table and no
// route; internal/guide renders it. Pages of this folder that aren't named here (benchmarks.md, decisions) are for
// readers of the source alone.
package docs

import "embed"

// Files are the guides.
//
//go:embed index.md quick-start.md authentication.md account-key.md api-keys.md tokens.md errors.md best-practices.md
//go:embed fleet.md ingestion.md live-tracking.md webhooks.md reporting.md migrating.md operating.md security.md
var Files embed.FS
