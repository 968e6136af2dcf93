package server

import (
	"time"

	"github.com/yipii/yipii/internal/audit"
	"github.com/yipii/yipii/internal/bearer"
	"github.com/yipii/yipii/internal/usage"
	"github.com/yipii/yipii/internal/web"
)

// count tells usage and audit of a request that has been answered. Both keep it in memory and write later: nothing here
// waits for the database. Who sent nothing to refuse is not told of.
func (o *observer) count(req *web.Request, rt *web.Route, at time.Time) {
	if o.rooms == nil {
		return
	}
	if req.Home != 0 {
		use := usage.Use{AccountID: req.Home, Credential: req.Credential, IP: req.ClientIP, UserAgent: req.UserAgent, Refused: req.Refusal != "", At: at}
		o.rooms.Usage.Count(use)
		if req.Secret != 0 && !use.Refused {
			use.Credential = bearer.SecretName(req.Secret)
			o.rooms.Usage.Count(use)
		}
	}
	if req.Refusal == "" || req.Home == 0 && req.Refusal == web.NoCredential {
		return
	}
	e := audit.Event{AccountID: req.Home, Action: "request.refused", Credential: req.Credential, Subject: req.Credential, UserAgent: req.UserAgent,
		Detail: map[string]string{"reason": req.Refusal, "route": rt.Method + " " + rt.Pattern}}
	if req.ClientIP.IsValid() {
		e.IP = req.ClientIP.String()
	}
	o.rooms.Refusals.Add(e)
}
