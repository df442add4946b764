package api

import (
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Limits are requests per user, or per address of those who did not sign in.
// Zero means no limit (API.md 9).
type Limits struct {
	Reads        float64 // a second, signed in
	PublicReads  float64 // a second, per address
	Commands     float64 // a second
	Exports      int     // an hour
	LoginsUser   int     // per 15 minutes and user
	LoginsServer int     // per 15 minutes and address
}

// limiters hold one token bucket per limit and user or address. They are
// forgotten when there are too many: a limit is no lock.
type limiters struct {
	mu  sync.Mutex
	all map[string]*rate.Limiter
}

const maxLimiters = 100_000

// take counts one request of name; false when there were too many.
func (l *limiters) take(name string, perSecond rate.Limit, burst int, now time.Time) bool {
	if perSecond <= 0 {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.all == nil || len(l.all) > maxLimiters {
		l.all = map[string]*rate.Limiter{}
	}
	lim := l.all[name]
	if lim == nil {
		lim = rate.NewLimiter(perSecond, burst)
		l.all[name] = lim
	}
	return lim.AllowN(now, 1)
}

// allow counts a request by what it does: read, or command.
func (l *limiters) allow(c *call) error {
	limits := &c.server.Config.Limits
	who, per, kind := "u:"+c.identity.user, limits.Reads, "r:"
	switch {
	case c.identity.user == "":
		who, per = "a:"+address(c.request), limits.PublicReads
	case c.request.Method == "POST" && strings.HasPrefix(c.request.URL.Path, base+"/commands"):
		per, kind = limits.Commands, "c:"
	}
	if per > 0 && !l.take(kind+who, rate.Limit(per), max(int(per*2), 1), c.begun) {
		return newProblem("rate_limited")
	}
	return nil
}

// per spreads n over a period.
func per(n int, period time.Duration) rate.Limit { return rate.Limit(float64(n) / period.Seconds()) }
