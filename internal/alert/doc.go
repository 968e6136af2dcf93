// Package alert concludes from what happens to assets that somebody should know of it, by rules of the account's own, and keeps
// the inbox of what was concluded.
//
// A rule says what to look for (speed, idling, geofences, silence, power cuts, temperatures, services due), in which assets, how
// grave it is, and how long it then keeps quiet. All types but one follow positions: the package is a trail.Follower, and what
// it concludes follows from the positions and the rules alone, whatever the order in which positions came. A late position
// can show that an alert was wrong: it is withdrawn then, not deleted, because people may have been told. Silence can't be
// concluded from a position: every node looks for it by the clock (offline.go), and the key of an alert keeps two of them
// from raising one twice.
//
// The package owns the tables alert_rules and alerts and the routes /api/{account_key}/alert-rule, .../alert and what is below
// them. It refuses rules whose settings don't belong to their type, more than 100 rules of an account, and rules to members
// who don't see the whole account; such members see the alerts of their assets alone. Whom it tells, server decides (Tell).
//
// Read rule.go first, then config.go for what each type takes, memory.go and condition.go for how positions are followed, and
// write.go for what is stored. alert.go is the inbox. rule_store.go, alert_store.go, write_store.go and offline_store.go hold
// all SQL.
package alert
