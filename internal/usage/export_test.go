package usage

// Limit lets c tell about so many credentials apart.
func Limit(c *Counter, credentials int) { c.room = credentials / shards }
