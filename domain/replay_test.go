package domain_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"grantledger/domain"
)

// stored gives an event the head and body it has in the log.
func stored(e *domain.Event, at time.Time) (head, body []byte) {
	actor, key := e.Author()
	if key == "" {
		key = "system:" + strings.Repeat("0", 26)
	}
	body = fmt.Appendf(nil, `{"salt":"%s","actor":"%s","key":"%s",`, strings.Repeat("A", 22), actor, key)
	body = e.AppendTail(body)
	sum := sha256.Sum256(body)
	typ, subject, version, scopes := e.Header()
	head = fmt.Appendf(nil, `{"id":"%026d","time":"%s","type":"%s","subject":"%s","version":%d,"scopes":["%s"],"body":"%s"}`,
		e.Position, at.Format("2006-01-02T15:04:05.000Z"), typ, subject, version, strings.Join(scopes, `","`), hex.EncodeToString(sum[:]))
	return head, body
}

// TestReplay folds the stored bytes of every scenario into a second ledger: it
// must come to the same balances, and refuse and accept the same repeats.
func TestReplay(t *testing.T) {
	for _, name := range scenarios {
		t.Run(name, func(t *testing.T) {
			second := domain.NewLedger(domain.Genesis{})
			var c clock
			first := play(t, name, func(cmd line, a domain.Answer) {
				at := c.at(cmd)
				if a.Replayed != 0 {
					return
				}
				for _, e := range a.Events {
					head, body := stored(e, at)
					if err := second.Apply(e.Position, head, body); err != nil {
						t.Fatal(err)
					}
				}
			})
			if got, want := second.BalancesTSV(), first.BalancesTSV(); got != want {
				diff(t, got, want)
			}
			repeat(t, name, second)
		})
	}
}

// repeat sends every accepted command again: each must be answered as a repeat.
func repeat(t *testing.T, name string, l *domain.Ledger) {
	t.Helper()
	end := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	position := l.Position()
	for _, cmd := range scenario(t, name) {
		if cmd.Expect != "ok" {
			continue
		}
		a, code := run(l, cmd, end)
		if code != "ok" || a.Replayed == 0 {
			t.Errorf("%s %s again: %s, replayed %d", cmd.Key, cmd.Command, code, a.Replayed)
		}
	}
	if l.Position() != position {
		t.Errorf("repeats moved the position from %d to %d", position, l.Position())
	}
}

// TestRollback takes back every command after it was executed, and executes it
// again: the ledger must end as if nothing had been taken back.
func TestRollback(t *testing.T) {
	for _, name := range scenarios {
		l := domain.NewLedger(domain.Genesis{Origin: "ledger.example.cn/test", Trust: "test\n"})
		var c clock
		for _, cmd := range scenario(t, name) {
			at, before := c.at(cmd), l.BalancesTSV()
			bound, err := domain.Bind(cmd.Command, cmd.Data)
			if err != nil {
				continue
			}
			bound.Key, bound.Actor = cmd.Key, cmd.Actor
			position := l.Position()
			if _, _, err := l.Execute([]domain.Command{bound}, at); err == nil {
				l.Cut()
			}
			l.Rollback()
			if l.Position() != position || l.BalancesTSV() != before {
				t.Fatalf("%s %s: not taken back", cmd.Key, cmd.Command)
			}
			if _, code := run(l, cmd, at); code != cmd.Expect {
				t.Fatalf("%s %s after a rollback: %s, want %s", cmd.Key, cmd.Command, code, cmd.Expect)
			}
		}
	}
}

// TestForeignEvent applies a payment of an instalment that the award does not
// have: an error that names the position, not a crash.
func TestForeignEvent(t *testing.T) {
	l := domain.NewLedger(domain.Genesis{})
	head := []byte(`{"id":"00000000000000000000000001","time":"2024-03-05T01:00:00.000Z","type":"award.disbursed.v1","subject":"award/W","version":1,"scopes":["award/W"],"body":""}`)
	body := []byte(`{"salt":"x","actor":"user/c","key":"k","on":"2024-03-05","year":2024,"data":{"award":"W","instalment":3,"voucher":"F/2024/1"},"entries":[{"fund":"F","district":"341800","year":2024,"lines":[["budget.disbursed",5],["budget.committed",-5]]}]}`)
	if err := l.Apply(1, head, body); !errors.Is(err, domain.ErrEvent) {
		t.Errorf("got %v", err)
	}
}
