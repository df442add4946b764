package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"grantledger/projections/postgres/pgtest"
)

// askedOfBoth are answers that must be the same from both read models.
var askedOfBoth = []string{
	"/balances", "/balances?group_by=fund,year", "/balances?group_by=project,organisation", "/balances?group_by=district,year&as_of=2023-12-31",
	"/balances?group_by=fund&year=2024&measures=remaining,rate", "/balances?group_by=purpose&interval=quarter", "/balances?group_by=district&district_view=recorded",
	"/statements?account=budget.disbursed&limit=500", "/statements?account=money.advance&order=position", "/timeline?limit=100", "/events?limit=500",
	"/events?type=award.*&order=asc", "/events/20", "/funds", "/projects?limit=500", "/organisations", "/districts", "/subjects/award", "/subjects/lot", "/subjects/pledge",
	"/reports/overview", "/reports/disclosure-1", "/reports/disclosure-2", "/reports/disclosure-3", "/reports/disclosure-4", "/reports/trial-balance",
}

// answersOf asks for all of them at a position.
func answersOf(t *testing.T, p *process, position uint64) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, path := range askedOfBoth {
		sign := "?"
		if strings.Contains(path, "?") {
			sign = "&"
		}
		if path != "/events/20" {
			path += sign + fmt.Sprintf("position=%d&wait=30s", position)
		}
		status, body := p.do(t, "auditor-1", http.MethodGet, "/api/v1"+path, "", "")
		if status != http.StatusOK {
			t.Errorf("%s: %d %.300s", path, status, body)
		}
		out[path], _, _ = strings.Cut(string(body), `,"sealed":`) // of one event: what the checkpoints of now add
	}
	return out
}

func comparedAnswers(t *testing.T, got, want map[string]string) {
	t.Helper()
	for path, body := range want {
		if got[path] != body {
			t.Errorf("%s:\npostgres %.600s\nmemory   %.600s", path, got[path], body)
		}
	}
}

// enrol writes one more event and gives its position.
func enrol(t *testing.T, p *process, user string) uint64 {
	t.Helper()
	status, body := p.do(t, "admin-1", http.MethodPost, "/api/v1/commands/enrol-user", "enrol-"+user, fmt.Sprintf(`{"on":%q,"user":%q}`, time.Now().UTC().Format("2006-01-02"), user))
	var got struct {
		Last uint64 `json:"last_position"`
	}
	if err := json.Unmarshal(body, &got); status != http.StatusCreated || err != nil {
		t.Fatalf("enrol %s: %d %s", user, status, body)
	}
	return got.Last
}

// TestPostgresServer serves the story from PostgreSQL: the answers are those of
// the memory, also after the server was killed and PostgreSQL crashed; while
// PostgreSQL is away the server starts, takes commands, and says that it cannot
// be asked.
func TestPostgresServer(t *testing.T) {
	pg := pgtest.Start(t)
	dir := t.TempDir()
	config, data := filepath.Join(dir, "g.yaml"), filepath.Join(dir, "data")
	writeText(t, filepath.Join(dir, "url"), pg.URL()+"\n")
	writeText(t, config, "postgres: {urlfile: "+filepath.Join(dir, "url")+", maxconns: 4}\nseal: {every: 1h}\n")
	args := []string{"demo", "--json", "--listen", "127.0.0.1:0", "--data", data}
	p := start(t, append(args, "--config", config)...)
	first := answersOf(t, p, p.Position)
	position := p.Position
	own := enrol(t, p, "clerk-7")
	status, body := p.do(t, "admin-1", http.MethodGet, fmt.Sprintf("/api/v1/subjects/user/clerk-7?min_position=%d", own), "", "")
	if status != http.StatusOK {
		t.Errorf("read your writes: %d %s", status, body)
	}
	p.kill()
	pg.Stop(t, "immediate")

	p = start(t, append(args, "--config", config)...)
	away(t, p)
	last := enrol(t, p, "clerk-8")
	pg.Run(t)
	if status, body := p.do(t, "admin-1", http.MethodGet, fmt.Sprintf("/api/v1/balances?min_position=%d&wait=30s", last), "", ""); status != http.StatusOK {
		t.Fatalf("after the restart of PostgreSQL: %d %s", status, body)
	}
	if status, body := p.do(t, "admin-1", http.MethodGet, "/readyz", "", ""); status != http.StatusOK || !strings.Contains(string(body), `"postgres","ok":true`) {
		t.Errorf("readyz: %d %s", status, body)
	}
	second := answersOf(t, p, last)
	if code := p.stop(t); code != 0 {
		t.Errorf("exit %d: %s", code, p.stderr)
	}
	rebuildAndDoctor(t, pg, data, config)

	p = start(t, args...)
	comparedAnswers(t, first, answersOf(t, p, position))
	comparedAnswers(t, second, answersOf(t, p, last))
}

// away asks that a server without its PostgreSQL says so.
func away(t *testing.T, p *process) {
	t.Helper()
	for _, path := range []string{"/balances", "/statements?account=budget.disbursed", "/projects", "/reports/overview"} {
		status, body := p.do(t, "auditor-1", http.MethodGet, "/api/v1"+path, "", "")
		if status != http.StatusServiceUnavailable || !strings.Contains(string(body), `"code":"ledger_unavailable"`) || !strings.Contains(string(body), "记账照常进行") {
			t.Errorf("%s without PostgreSQL: %d %s", path, status, body)
		}
	}
	if status, body := p.do(t, "admin-1", http.MethodGet, "/readyz", "", ""); status != http.StatusServiceUnavailable || !strings.Contains(string(body), `"postgres","ok":false`) {
		t.Errorf("readyz: %d %s", status, body)
	}
	if status, _ := p.do(t, "admin-1", http.MethodGet, "/healthz", "", ""); status != http.StatusOK {
		t.Errorf("healthz: %d", status)
	}
	if _, body := p.do(t, "admin-1", http.MethodGet, "/metrics", "", ""); !strings.Contains(string(body), "grantledger_postgres_up 0") {
		t.Error("metrics do not say that PostgreSQL is away")
	}
}

// rebuildAndDoctor makes the tables anew from the log and has them examined; a
// schema that is ahead of the log is refused.
func rebuildAndDoctor(t *testing.T, pg *pgtest.Server, data, config string) {
	t.Helper()
	got := decode[rebuilt](t, must(t, 0, "rebuild", "--read-model", "postgres", "--workers", "2", "--verify", "--json", "--data", data, "--config", config))
	if !got.Verified || len(got.Differences) > 0 || got.Position == 0 {
		t.Errorf("%+v", got)
	}
	if out := must(t, 0, "doctor", "--data", data, "--config", config); !strings.Contains(out, "ok    postgres") {
		t.Error(out)
	}
	must(t, exitUsage, "rebuild", "--read-model", "postgres", "--data", data)
	must(t, 0, "rebuild", "--read-model", "memory", "--data", data)
	pg.Psql(t, "postgres", "postgres", "UPDATE grantledger.progress SET position = position + 1000")
	must(t, exitIntegrity, "serve", "--check", "--data", data, "--config", config, "--origin", "grantledger.local/demo")
	must(t, exitIntegrity, "doctor", "--data", data, "--config", config)
	must(t, exitIntegrity, "rebuild", "--data", data, "--config", config)
	pg.Psql(t, "postgres", "postgres", "DROP SCHEMA grantledger CASCADE")
	must(t, 0, "rebuild", "--data", data, "--config", config)
	must(t, 0, "serve", "--check", "--data", data, "--config", config, "--origin", "grantledger.local/demo")
}
