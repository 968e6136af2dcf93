package webhook

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strconv"
	"time"
)

const (
	// secretPrefix begins every secret (Standard Webhooks, "Symmetric signing"); standard base64 of the key follows.
	secretPrefix = "whsec_"
	// keyBytes of a secret: the specification takes 24 to 64.
	keyBytes = 32
	// oldSigns is how long a secret that was replaced signs beside the new one.
	oldSigns = 24 * time.Hour
)

// newSecret makes a signing key, and the text by which it is handed out.
func newSecret() (key []byte, text string) {
	key = make([]byte, keyBytes)
	_, _ = rand.Read(key) // never fails: crypto/rand ends the program instead
	return key, secretPrefix + base64.StdEncoding.EncodeToString(key)
}

// newName makes a name that no other process has.
func newName() string {
	var random [12]byte
	_, _ = rand.Read(random[:])
	return hex.EncodeToString(random[:])
}

// boundTo is what a webhook's sealed keys are bound to: copied to another row they don't open.
func boundTo(accountID, id int64) string { return fmt.Sprintf("webhook %d %d", accountID, id) }

func (s *Service) seal(w *Webhook, key []byte) []byte {
	return s.box.Seal(key, boundTo(w.AccountID, w.ID))
}

// signature is the webhook-signature header of a message: HMAC-SHA-256 of "id.timestamp.body" under each of the keys,
// the newest first (Standard Webhooks, "Signature scheme").
func signature(keys [][]byte, id string, at time.Time, body []byte) string {
	var out bytes.Buffer
	for i, key := range keys {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(id + "." + strconv.FormatInt(at.Unix(), 10) + "."))
		mac.Write(body)
		if i > 0 {
			out.WriteByte(' ')
		}
		out.WriteString("v1,")
		out.WriteString(base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	}
	return out.String()
}

// keysAt are the keys that sign at a time.
func (w *Webhook) keysAt(now time.Time) [][]byte {
	if w.oldKey != nil && now.Before(w.OldUntil) {
		return [][]byte{w.key, w.oldKey}
	}
	return [][]byte{w.key}
}
