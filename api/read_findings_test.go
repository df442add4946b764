package api

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestFindings compares the findings of the lifecycle with the golden file of
// the audit tests, walks them by cursor, and asks for an earlier position.
func TestFindings(t *testing.T) {
	f := newFixture(t, Config{}).tell("lifecycle", "")
	golden, err := os.ReadFile(filepath.Join("..", "domain", "audit", "testdata", "lifecycle.txt"))
	must(t, err)
	want := 0
	for line := range strings.SplitSeq(string(golden), "\n") {
		if strings.HasPrefix(line, "A") {
			want++
		}
	}
	items, position := f.walk("auditor-1", "/findings?kind=pattern", 5, nil)
	if len(items) != want || want == 0 {
		t.Errorf("%d findings, the golden file has %d", len(items), want)
	}
	for _, item := range items {
		if item["title"] == "" || item["detail"] == "" || len(item["positions"].([]any)) == 0 {
			t.Errorf("incomplete finding %v", item)
		}
	}
	early := f.page("auditor-1", fmt.Sprintf("/findings?position=%d", position/2))
	if len(early.Items) >= want {
		t.Errorf("%d findings at half the position", len(early.Items))
	}
	recheck := f.page("auditor-1", "/findings?kind=recheck")
	if len(recheck.Items) != 0 {
		t.Errorf("a correct log has %d recheck hits", len(recheck.Items))
	}
	status(t, f.send(http.MethodGet, "/api/v1/findings", "", ""), http.StatusUnauthorized, "unauthenticated")
	status(t, f.send(http.MethodGet, "/api/v1/findings?kind=other", "auditor-1", ""), http.StatusUnprocessableEntity, "invalid_input")
	tests := status(t, f.send(http.MethodGet, "/api/v1/findings/tests", "auditor-1", ""), http.StatusOK, "")
	if n := len(tests["items"].([]any)); n != 19 {
		t.Errorf("%d tests, want 19", n)
	}
}
