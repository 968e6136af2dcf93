package testkit

// For the tests of what happens where PostgreSQL is not installed, on machines where it is.
var (
	ErrNoPrograms = errNoPrograms
	NeedServer    = needServer
)
