// Package session signs people in: passwords, second factors, passkeys, sessions in browsers, and one-time links.
//
// A session is a row; the browser holds 256 random bits in a cookie, the database a keyed hash of them. Rows are cached,
// and a change is announced, so that a page view writes nothing and signing out everywhere is in force on the next
// request here and within a second on every other node. Read session.go first, then guard.go (the way in of every page)
// and signin.go (password, then what comes second in factor.go, or a passkey alone in passkey.go). password.go, totp.go
// and recovery.go are a person's own settings; link.go, invitation.go and reset.go are the links. pagetoken.go gives a page of this
// server a token of the API for who is signed in.
//
// It owns the tables sessions, totp_secrets, recovery_codes, passkeys, answered_challenges and links, the routes of
// invitations, and POST /docs/session-token; the pages are the dashboard's. It refuses an unknown address and a wrong password in
// the same words and the same time, guessing (throttle.go), a one-time code or a passkey's answer that was used before, an
// invitation that would set the password of somebody who is in another account, and a sensitive change unless the person has just
// shown who they are.
package session
