// Package mail sends the server's letters through somebody's mail server (SMTP).
//
// It has one type, the Sender, made from a URL and an address (mail.go). Letters are plain text to one person. It owns no
// table and no route. It refuses to send a password or a letter over a connection that isn't encrypted, unless the mail
// server is on the same machine, and it never shows the password of its URL.
package mail
