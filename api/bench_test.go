package api

import (
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
)

// BenchmarkCommand issues commands of 64 callers through the handler, without
// the network: what the interface itself costs beside the log.
func BenchmarkCommand(b *testing.B) {
	f := newFixture(b, Config{}).tell("lifecycle", "lifecycle-0048")
	auth := []string{"Bearer " + f.tokens["clerk-1"]}
	var n atomic.Int64
	b.SetParallelism(32)
	b.ReportAllocs()
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			key := strconv.FormatInt(n.Add(1), 10)
			r := httptest.NewRequest("POST", "/api/v1/commands/allocate", strings.NewReader(`{"on":"2023-11-10","fund":"GD","project":"P-A","amount":"0.01"}`))
			r.Header["Content-Type"] = []string{"application/json"}
			r.Header["Authorization"] = auth
			r.Header["Idempotency-Key"] = []string{"b-" + key}
			w := httptest.NewRecorder()
			f.handler.ServeHTTP(w, r)
			if w.Code != 201 {
				b.Fatalf("answered %d: %s", w.Code, w.Body)
			}
		}
	})
}
