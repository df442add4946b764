package projections

import "slices"

// View is what a reader may see (API.md 2): everything; or the named funds, and
// of the published funds what is published: their own entries, and those of
// projects with an award on notice or later, or with goods delivered. The zero
// View sees nothing but the ledger's own events.
type View struct {
	All      bool
	SignedIn bool     // events without a fund are open to every user
	Funds    []string // seen in full; "*" = all
	Public   []string // published funds; "*" = all
}

// Everything is the view without limits, of auditors and of the ledger itself.
var Everything = View{All: true, SignedIn: true}

// Coverage is what an answer says about its view: all, funds or published.
func (v View) Coverage() string {
	switch {
	case v.All || slices.Contains(v.Funds, "*"):
		return "all"
	case v.SignedIn && len(v.Funds) > 0:
		return "funds"
	}
	return "published"
}
