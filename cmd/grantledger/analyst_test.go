package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"grantledger/projections/postgres/pgtest"
)

// TestAnalyst plays an analyst's session on a server: the three questions that
// ANALYSTS.md prints, as it prints them, asked by psql with an account that only
// reads, give the figures that the HTTP interface gives.
func TestAnalyst(t *testing.T) {
	pg := pgtest.Start(t)
	dir := t.TempDir()
	config := filepath.Join(dir, "g.yaml")
	writeText(t, filepath.Join(dir, "url"), pg.URL()+"\n")
	writeText(t, config, "postgres: {urlfile: "+filepath.Join(dir, "url")+"}\nseal: {every: 1h}\n")
	p := start(t, "demo", "--json", "--listen", "127.0.0.1:0", "--data", filepath.Join(dir, "data"), "--config", config)

	text, err := os.ReadFile("../../projections/postgres/ANALYSTS.md")
	if err != nil {
		t.Fatal(err)
	}
	sql := regexp.MustCompile("(?s)```sql\n(.*?)```").FindAllStringSubmatch(string(text), -1)
	if len(sql) != 6 {
		t.Fatalf("%d pieces of SQL, not the account, three questions, an export and a time series", len(sql))
	}
	pg.Psql(t, "postgres", "postgres", sql[0][1])
	query := func(i int) string { return strings.TrimSuffix(strings.TrimSpace(sql[i][1]), ";") }
	asked := func(i int) string {
		t.Helper()
		return pg.Psql(t, "analyst", "postgres", query(i))
	}

	compareLines(t, "by project", asked(1), p.figures(t, "group_by=project,year&measures=arranged,disbursed,rate", "project", "year", "arranged", "disbursed", "rate"))
	compareLines(t, "by district and year as of a date", asked(2), p.figures(t, "group_by=district,year&as_of=2017-06-15&account=budget.disbursed", "district", "year", "budget.disbursed"))
	compareLines(t, "execution rate by fund", asked(3), p.figures(t, "group_by=fund,year&measures=appropriated,remaining,rate", "fund", "year", "appropriated", "remaining", "rate"))
	if export := asked(4); strings.Count(export, "\n") != 1+strings.Count(asked(3), "\n") {
		t.Errorf("export:\n%s", export)
	}
	months := pg.Psql(t, "analyst", "postgres", "SELECT fund, to_char(time, 'YYYY-MM'), disbursed FROM ("+query(5)+") q ORDER BY 1, 2")
	compareLines(t, "payments by month", months, p.figures(t, "group_by=fund&interval=month&account=budget.disbursed", "fund", "period", "budget.disbursed"))

	if drivers, err := exec.Command("odbcinst", "-q", "-d").Output(); err != nil || !strings.Contains(string(drivers), "[PostgreSQL Unicode]") {
		t.Log("SKIPPED: ODBC (Debian's unixodbc and odbc-postgresql)")
		return
	}
	asks := regexp.MustCompile(`(?s)Odbc.Query\(\s*"(.*?)",\s*"(.*?)"\)`).FindStringSubmatch(string(text))
	source := strings.NewReplacer("(x64)", "", "SERVER", pg.Directory(), "DATABASE", "postgres", "SSLmode=require", "UID=analyst").Replace(asks[1])
	isql := exec.Command("isql", "-b", "-d|", "-k", source)
	isql.Stdin = strings.NewReader(asks[2] + "\n")
	got, err := isql.Output()
	if err != nil {
		t.Fatalf("isql: %v %s", err, got)
	}
	compareLines(t, "through ODBC", string(got), asked(3))
}

// figures are the rows of GET /balances as psql writes them: keys and figures by
// bars, rates in basis points, nothing for null.
func (p *process) figures(t *testing.T, query string, columns ...string) string {
	t.Helper()
	status, body := p.do(t, "auditor-1", http.MethodGet, "/api/v1/balances?district_view=recorded&limit=500&wait=30s&min_position="+fmt.Sprint(p.Position)+"&"+query, "", "")
	var got struct {
		Items []struct {
			Key, Accounts, Measures map[string]any
		}
		Next string `json:"next_cursor"`
	}
	if err := json.Unmarshal(body, &got); err != nil || status != http.StatusOK || got.Next != "" {
		t.Fatalf("%s: %d %v %.300s", query, status, err, body)
	}
	var out strings.Builder
	for _, item := range got.Items {
		row := make([]string, len(columns))
		for i, c := range columns {
			for _, part := range []map[string]any{item.Key, item.Accounts, item.Measures} {
				if v, ok := part[c]; ok && v != nil {
					row[i] = fmt.Sprint(v)
				}
			}
			if c == "rate" && row[i] != "" { // 0.9989
				points, err := strconv.Atoi(strings.Replace(row[i], ".", "", 1))
				if err != nil {
					t.Fatal(err)
				}
				row[i] = strconv.Itoa(points)
			}
		}
		if row[0] != "" { // money that belongs to no project is in no row of projects
			out.WriteString(strings.Join(row, "|") + "\n")
		}
	}
	return out.String()
}

func compareLines(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want || strings.Count(want, "\n") < 3 {
		t.Errorf("%s:\npsql %s\nHTTP %s", what, got, want)
	}
}
