package main

import (
	"bufio"
	"context"
	_ "embed" // the demo's story
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"grantledger/domain"
)

// xuancheng is the demo's story: seven rounds of venture philanthropy in
// Guangde, chamber donations in Ningguo, lottery money by purpose. The public
// facts in it are named in its README; everything else is illustrative.
//
//go:embed story.ndjson
var xuancheng []byte

// demoEnd follows the story in a demo: a second clerk, so that every role can be
// tried by two people where rules ask for two.
const demoEnd = `{"key":"demo-0001","command":"enrol-user","actor":"user/admin-1","data":{"on":"2024-07-01","user":"clerk-2"},"expect":"ok"}
{"key":"demo-0002","command":"grant-role","actor":"user/admin-1","data":{"on":"2024-07-01","user":"clerk-2","role":"clerk","funds":["*"]},"expect":"ok"}
`

// storyLine is one command of a scenario file.
type storyLine struct {
	Key     string          `json:"key"`
	Command string          `json:"command"`
	Actor   string          `json:"actor"`
	Data    json.RawMessage `json:"data"`
	Expect  string          `json:"expect"`
	At      string          `json:"at"`
}

// storyClock stands at the dates of a story while it is told, and is the real
// clock afterwards. On one day each command is a second later than the one
// before, from nine o'clock in China.
type storyClock struct {
	fixed atomic.Int64 // UnixMilli; 0 = the real clock
	day   domain.Date
	count int64
}

// Now is the time for the log.
func (c *storyClock) Now() time.Time {
	if ms := c.fixed.Load(); ms != 0 {
		return time.UnixMilli(ms).UTC()
	}
	return time.Now().UTC()
}

// turn sets the clock for a line: to its at, else its date, never back.
func (c *storyClock) turn(l *storyLine) {
	var data struct {
		On string `json:"on"`
	}
	_ = json.Unmarshal(l.Data, &data)
	day := data.On
	if l.At != "" {
		day = l.At
	}
	if d, ok := domain.ParseDate(day); ok && d > c.day {
		c.day, c.count = d, 0
	}
	c.count++
	c.fixed.Store(int64(c.day)*86_400_000 + 3_600_000 + c.count*1000)
}

// release gives the clock back to the real time.
func (c *storyClock) release() { c.fixed.Store(0) }

// tell plays a story through the writer at its own dates. A result other than
// its expect is an error with exit code 4. users are those it enrols, in order.
func tell(ctx context.Context, w *writer, clock *storyClock, story io.Reader) (users []string, err error) {
	defer clock.release()
	lines := bufio.NewScanner(story)
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		var l storyLine
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			return nil, usagef("line %d: %w", n, err)
		}
		clock.turn(&l)
		got, err := tellLine(ctx, w, &l)
		if err != nil {
			return nil, fmt.Errorf("line %d, %s: %w", n, l.Key, err)
		}
		if got != l.Expect && l.Expect != "" {
			return nil, coded{exitRefused, fmt.Errorf("line %d, %s %s: expected %s, got %s", n, l.Key, l.Command, l.Expect, got)}
		}
		users = append(users, enrolled(&l, got)...)
	}
	return users, lines.Err()
}

// tellLine gives "ok" or the code of the refusal; other failures are errors.
func tellLine(ctx context.Context, w *writer, l *storyLine) (string, error) {
	c, err := domain.Bind(l.Command, l.Data)
	if err == nil {
		c.Key, c.Actor = l.Key, l.Actor
		_, _, err = w.Do(ctx, c)
	}
	var refusal *domain.Refusal
	if errors.As(err, &refusal) {
		return string(refusal.Code), nil
	}
	return "ok", err
}

// enrolled is the user that a line brought into the ledger.
func enrolled(l *storyLine, got string) []string {
	var data struct {
		User string `json:"user"`
	}
	if got != "ok" || l.Command != "enrol-user" && l.Command != "open-ledger" {
		return nil
	}
	_ = json.Unmarshal(l.Data, &data)
	if l.Command == "open-ledger" {
		data.User = l.Actor[len("user/"):]
	}
	return []string{data.User}
}
