package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"grantledger/api"
	"grantledger/domain"
	"grantledger/eventstore"

	"github.com/labstack/echo/v4"
)

// benchHTTP measures the whole server through a loopback listener, and before
// it an empty handler by the same clients.
func (c *console) benchHTTP(ctx context.Context, dir string, f benchFlags) (r benchResult, err error) {
	raw, err := f.rawHTTP(ctx)
	if err != nil {
		return r, err
	}
	k, err := c.settingsFrom(map[string]any{
		"data.dir": dir, "seal.keys": filepath.Join(dir, "keys"), "http.listen": "127.0.0.1:0", "ledger.origin": "grantledger.local/bench", "log.level": "error",
	})
	if err != nil {
		return r, err
	}
	load := workload{prefix: "B", funds: f.funds, projects: f.projects, on: domain.DateOf(time.Now()).String()}
	running, stop := context.WithCancel(ctx)
	defer stop()
	quiet := &console{out: io.Discard, err: io.Discard, json: true, data: dir}
	s := service{console: quiet, settings: k, clock: func() time.Time { return time.Now().UTC() }, demo: true}
	ready := make(chan string, 1)
	s.listening = func(address string) { ready <- address }
	var token string
	s.prepare = func(ctx context.Context, n *node, a *api.Server) (map[string]any, error) {
		if err := write(ctx, n.writer, append(load.open(), load.fill()...)); err != nil {
			return nil, err
		}
		if err := s.model.Wait(ctx, n.log.Position()); err != nil {
			return nil, err
		}
		var err error
		_, token, err = a.IssueToken(ctx, "clerk-1", "bench", nil, time.Time{})
		return nil, err
	}
	done := make(chan error, 1)
	go func() { done <- s.run(running) }()
	var address string
	select {
	case address = <-ready:
	case err := <-done:
		return r, err
	}
	groups := s.node.log.Sequence()
	r, err = f.measureHTTP(ctx, address, token, &load)
	r.Mode, r.RawHTTP = "http", raw
	r.GroupsPerSecond = float64(s.node.log.Sequence()-groups) / r.Seconds
	if err == nil {
		r.RawFsyncs, err = eventstore.RawFsync(dir, time.Second)
	}
	stop()
	return r, errors.Join(err, <-done)
}

// measureHTTP gives every caller a connection of its own.
func (f *benchFlags) measureHTTP(ctx context.Context, address, token string, load *workload) (benchResult, error) {
	path := "/api/v1/commands/allocate"
	if f.batch > 1 {
		path = "/api/v1/commands?mode=atomic"
	}
	clients, err := dialAll(f.callers, address, path, token)
	if err != nil {
		return benchResult{}, err
	}
	defer closeAll(clients)
	return f.measure(ctx, func(_ context.Context, caller, first int) error {
		key, body := load.key(first), load.data(first)
		if f.batch > 1 {
			key, body = "", load.list(first, f.batch)
		}
		status, answer, err := clients[caller].post(key, body)
		if err == nil && status != http.StatusCreated {
			err = fmt.Errorf("HTTP %d: %.200s", status, answer)
		}
		return err
	})
}

// list is an atomic list of n allocations.
func (w *workload) list(first, n int) string {
	var b strings.Builder
	b.WriteString(`{"commands":[`)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"command":"allocate","key":"%s","data":%s}`, w.key(first+i), w.data(first+i))
	}
	b.WriteString("]}")
	return b.String()
}

func dialAll(n int, address, path, token string) ([]*loadClient, error) {
	clients := make([]*loadClient, n)
	for i := range clients {
		var err error
		if clients[i], err = dialLoad(address, path, token); err != nil {
			closeAll(clients[:i])
			return nil, err
		}
	}
	return clients, nil
}

func closeAll(clients []*loadClient) {
	for _, c := range clients {
		c.close()
	}
}

// rawHTTP is what an empty echo handler answers to the same clients: it reads
// the body and writes one of the size of a command's answer.
func (f *benchFlags) rawHTTP(ctx context.Context) (perSecond float64, err error) {
	answer, _ := json.Marshal(map[string]string{"pad": strings.Repeat("x", 900)})
	e := echo.New()
	e.POST("/empty", func(c echo.Context) error {
		if _, err := io.Copy(io.Discard, c.Request().Body); err != nil {
			return err
		}
		c.Response().Header().Set("Content-Length", strconv.Itoa(len(answer)))
		return c.Blob(http.StatusCreated, "application/json", answer)
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	server := &http.Server{Handler: e}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(listener) })
	defer serving.Wait()
	defer server.Close()
	clients, err := dialAll(f.callers, listener.Addr().String(), "/empty", "-")
	if err != nil {
		return 0, err
	}
	defer closeAll(clients)
	short := benchFlags{callers: f.callers, seconds: 2, batch: 1}
	r, err := short.measure(ctx, func(_ context.Context, caller, _ int) error {
		_, _, err := clients[caller].post("k", `{"on":"2026-01-01","fund":"BF0","project":"BP0","amount":"1.00"}`)
		return err
	})
	return r.CommandsPerSecond, err
}
