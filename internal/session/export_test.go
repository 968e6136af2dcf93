package session

// Hashed is how many passwords were hashed or compared, which is what a sign-in's time is made of.
func (s *Service) Hashed() int64 { return s.hashing.done.Load() }

// Occupy takes all turns of hashing until the function that it returns is called.
func (s *Service) Occupy() func() {
	for range cap(s.hashing.slots) {
		s.hashing.slots <- struct{}{}
	}
	return func() {
		for range cap(s.hashing.slots) {
			<-s.hashing.slots
		}
	}
}

// Errands is how many letters wait.
func (s *Service) Errands() int { return len(s.errands) }

// Bounds that tests reach.
const (
	MaxErrands  = maxErrands
	MaxFailures = maxFailures
)
