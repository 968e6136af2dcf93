package bearer

import "strconv"

// How credentials and people are named in logs, limits, figures and the audit log. A client's name is its client id.
const (
	KeyNamePrefix     = "key:"     // of an API key
	SecretNamePrefix  = "secret:"  // of a client's secret
	SessionNamePrefix = "session:" // of a person's session
)

// KeyName names an API key: "key:7".
func KeyName(id int64) string { return KeyNamePrefix + strconv.FormatInt(id, 10) }

// SecretName names a client's secret: "secret:12".
func SecretName(id int64) string { return SecretNamePrefix + strconv.FormatInt(id, 10) }

// SessionName names a session: "session:9".
func SessionName(id int64) string { return SessionNamePrefix + strconv.FormatInt(id, 10) }

// UserSubject names a person as what an event is about: "user:3".
func UserSubject(id int64) string { return "user:" + strconv.FormatInt(id, 10) }
