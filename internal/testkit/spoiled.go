package testkit

// Spoiled is a credential with another character in its middle.
func Spoiled(credential string) string {
	b := []byte(credential)
	if i := len(b) / 2; b[i] == 'x' {
		b[i] = 'y'
	} else {
		b[i] = 'x'
	}
	return string(b)
}
