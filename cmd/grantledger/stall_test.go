package main

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"grantledger/eventstore/storetest"
)

// count is how many answers with a code came, "" for stored ones.
func (w *diskWorld) count(code string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.counts[code]
}

// TestDiskStalls freezes the file system under clients, so that every write and
// fsync hangs. Commands wait up to the bound of the queue; whoever comes then is
// told at once that the server is busy. Nobody waits for ever: while the disk
// still hangs, those who wait are answered, and so is everybody who comes after
// them. When it moves again, commands are stored without a restart.
func TestDiskStalls(t *testing.T) {
	const enough, most = 200, 15_000 // answers busy; clients
	disk, _ := storetest.Ext4Disk(t, 128)
	w := newDiskWorld(t, disk, 1)
	thaw := storetest.Freeze(t, disk)
	began, stored := time.Now(), w.count("")
	var waiting sync.WaitGroup
	clients := 0
	for ; w.count("busy") < enough && clients < most; clients++ {
		c, err := dialLoad(w.address(), "/api/v1/commands/allocate", w.Users["clerk-1"].Token)
		if err != nil {
			t.Fatal(err)
		}
		n := 900_000_000 + clients
		waiting.Go(func() {
			defer c.close()
			w.send(c, n)
		})
	}
	for lang, title := range map[string]string{"zh": "正忙", "en": "Busy"} {
		status, body := w.do(t, "clerk-1", http.MethodPost, "/api/v1/commands/allocate?lang="+lang, "busy-"+lang, w.load.data(0))
		if status != http.StatusServiceUnavailable || !strings.Contains(string(body), `"code":"busy"`) || !strings.Contains(string(body), title) {
			t.Errorf("%s: %d %s", lang, status, body)
		}
	}
	t.Logf("%d clients, %d busy after %v", clients, w.count("busy"), time.Since(began))
	waiting.Wait()
	t.Logf("all answered after %v", time.Since(began))
	busy := 0 // of these clients; the one that goes on all the time is told so again and again
	w.mu.Lock()
	for i := range clients {
		if w.codes[w.load.key(900_000_000+i)] == "busy" {
			busy++
		}
	}
	w.mu.Unlock()
	if answered := w.count("") - stored; busy == 0 || clients-busy < 4096-1 || answered > 1 { // it may hold one place
		t.Errorf("%d clients, %d busy, %d stored: the queue has not the bound of 4,096", clients, busy, answered)
	}
	w.refuses(t)
	if status, body := w.do(t, "admin-1", http.MethodGet, "/api/v1/balances", "", ""); status != http.StatusOK {
		t.Errorf("balances: %d %.300s", status, body)
	}
	thaw()
	w.wait(t, "", 200)
	w.finish(t, w.data)
}
