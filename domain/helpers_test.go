package domain_test

import (
	"strings"
	"testing"
)

// diff reports the lines that only one of the two texts has.
func diff(t *testing.T, got, want string) {
	t.Helper()
	has := func(text string) map[string]bool {
		m := map[string]bool{}
		for _, l := range strings.Split(text, "\n") {
			m[l] = true
		}
		return m
	}
	g, w := has(got), has(want)
	for l := range w {
		if !g[l] {
			t.Errorf("missing %q", l)
		}
	}
	for l := range g {
		if !w[l] {
			t.Errorf("unexpected %q", l)
		}
	}
}
