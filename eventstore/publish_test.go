package eventstore

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"grantledger/eventstore/merkle"
	"grantledger/eventstore/record"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// openTest opens a log on an embedded server that ends with the test.
func openTest(t *testing.T) (*Log, *Server) {
	t.Helper()
	dir, err := LockDirectory(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	srv, err := StartServer(dir, "test")
	if err != nil {
		t.Fatal(err)
	}
	config := testConfig(t, dir, srv)
	t.Cleanup(func() {
		config.Conn.Close()
		srv.Stop()
		dir.Unlock()
	})
	l, err := Open(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	return l, srv
}

func testConfig(t *testing.T, dir *Directory, srv *Server) Config {
	t.Helper()
	conn, err := srv.Connect()
	if err != nil {
		t.Fatal(err)
	}
	return Config{
		Conn: conn, Name: "test", Origin: "grantledger.local/test", KeyDir: dir.Keys(), TrustFile: dir.Trust(),
		Clock: time.Now, Random: rand.Reader, Secret: rand.Reader, Patience: 300 * time.Millisecond,
		Apply: func(uint64, []byte, []byte) error { return nil },
	}
}

// testBlock is a block that opens the log; n makes it another one.
func testBlock(t *testing.T, l *Log, n int) Block {
	t.Helper()
	s := stamper{random: rand.Reader}
	id, err := s.next(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	body := record.AppendBodyStart(nil, [16]byte{byte(n)}, "user/admin", "open")
	body = append(append(body, `"data":{"format":1,"origin":"grantledger.local/test","trust":`...), record.AppendString(nil, l.Trust().Text)...)
	body = append(body, "}}"...)
	h := record.Heading{Type: openedType, Subject: "ledger/genesis", Version: 1, Scopes: []string{"ledger/meta"}, Body: hashOf(body)}
	if err := id.MarshalTextTo(h.ID[:]); err != nil {
		t.Fatal(err)
	}
	return Block{Sequence: 1, First: 1, Count: 1, Data: record.AppendPair(nil, record.AppendHead(nil, h), body)}
}

// A publish whose answer was lost is repeated; the server then speaks of a conflict, and the stored bytes decide.
func TestPublishAgain(t *testing.T) {
	l, _ := openTest(t)
	b := testBlock(t, l, 1)
	for range 3 {
		if o := l.publish(b, blockID(b.Data)); o != committed {
			t.Errorf("outcome %d", o)
		}
	}
	other := testBlock(t, l, 2)
	if o := l.publish(other, blockID(other.Data)); o != fenced {
		t.Errorf("another block under the same sequence: outcome %d", o)
	}
	if last, err := lastSequence(t.Context(), l.js, "LEDGER_TEST"); last != 1 || err != nil {
		t.Errorf("stream ends at %d, %v", last, err)
	}
}

// With the connection gone before the first send nothing was stored; after a send nobody knows.
func TestPublishUnavailable(t *testing.T) {
	l, srv := openTest(t)
	b := testBlock(t, l, 1)
	m := &nats.Msg{Subject: subjectOf("LEDGER_TEST")}
	sent := true
	l.config.Conn.Close()
	if o, done := l.tryPublish(m, b, &sent); o != unknown || !done {
		t.Errorf("after a send: outcome %d", o)
	}
	if o := l.publish(b, blockID(b.Data)); o != refused {
		t.Errorf("before a send: outcome %d", o)
	}
	srv.Stop()
}

// A server that is gone is waited for, and nothing was sent to it.
func TestPublishWithoutServer(t *testing.T) {
	l, srv := openTest(t)
	srv.Stop()
	for l.config.Conn.IsConnected() {
		runtime.Gosched()
	}
	b := testBlock(t, l, 1)
	if o := l.publish(b, blockID(b.Data)); o != refused {
		t.Errorf("outcome %d", o)
	}
}

// Without a stream nobody answers, and nothing was stored.
func TestPublishWithoutStream(t *testing.T) {
	l, _ := openTest(t)
	if err := l.js.DeleteStream(t.Context(), "LEDGER_TEST"); err != nil {
		t.Fatal(err)
	}
	b := testBlock(t, l, 1)
	if o := l.publish(b, blockID(b.Data)); o != refused {
		t.Errorf("outcome %d", o)
	}
}

// An answer that refuses a block may be that of a second copy of it, whose first was stored: without a look at the stream
// nobody knows.
func TestPublishRefusedCopy(t *testing.T) {
	for _, code := range []int{10071, 10158, 10164} {
		l, _ := openTest(t)
		if err := l.js.DeleteStream(t.Context(), "LEDGER_TEST"); err != nil {
			t.Fatal(err)
		}
		answers, err := l.config.Conn.Subscribe(subjectOf("LEDGER_TEST"), func(m *nats.Msg) {
			_ = m.Respond(fmt.Appendf(nil, `{"error":{"code":400,"err_code":%d,"description":"refused"},"stream":"LEDGER_TEST","seq":0}`, code))
		})
		if err != nil {
			t.Fatal(err)
		}
		b := testBlock(t, l, 1)
		if o := l.publish(b, blockID(b.Data)); o != unknown {
			t.Errorf("error %d: outcome %d", code, o)
		}
		if n, err := answers.Delivered(); n == 0 || err != nil {
			t.Errorf("error %d: %d answers, %v", code, n, err)
		}
	}
}

func TestSettings(t *testing.T) {
	l, _ := openTest(t)
	reopen := func() error { _, err := Open(t.Context(), l.config); return err }
	if err := reopen(); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*jetstream.StreamConfig){
		"max_age":      func(c *jetstream.StreamConfig) { c.MaxAge = 24 * time.Hour },
		"max_msgs":     func(c *jetstream.StreamConfig) { c.MaxMsgs = 1000 },
		"max_msg_size": func(c *jetstream.StreamConfig) { c.MaxMsgSize = 1 << 20 },
		"allow_direct": func(c *jetstream.StreamConfig) { c.AllowDirect = true },
		"republish":    func(c *jetstream.StreamConfig) { c.RePublish = &jetstream.RePublish{Destination: "elsewhere.>"} },
		"subject_transform": func(c *jetstream.StreamConfig) {
			c.SubjectTransform = &jetstream.SubjectTransformConfig{Source: "ledger.test.blocks", Destination: "other"}
		},
		"subjects":    func(c *jetstream.StreamConfig) { c.Subjects = append(c.Subjects, "more") },
		"discard":     func(c *jetstream.StreamConfig) { c.Discard = jetstream.DiscardOld },
		"compression": func(c *jetstream.StreamConfig) { c.Compression = jetstream.S2Compression },
	} {
		for _, stream := range []string{"LEDGER_TEST", "LEDGER_TEST_SEALS"} {
			c := settings(stream, 1)
			if stream == "LEDGER_TEST_SEALS" && name == "subject_transform" {
				continue
			}
			change(&c)
			if _, err := l.js.UpdateStream(t.Context(), c); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			failed, ok := errors.AsType[*IntegrityError](reopen())
			if !ok || failed.Check != CheckSettings || !strings.Contains(failed.Reason, name) {
				t.Errorf("%s of %s: %v", name, stream, failed)
			}
			if _, err := l.js.UpdateStream(t.Context(), settings(stream, 1)); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
	}
	if err := reopen(); err != nil {
		t.Error(err)
	}
}

// What somebody else put into the stream is found at the next start.
func TestForeignMessages(t *testing.T) {
	for name, change := range map[string]func(m *nats.Msg){
		"no headers":    func(m *nats.Msg) { m.Header = nil },
		"another count": func(m *nats.Msg) { m.Header.Set(headerCount, "2") },
		"another root":  func(m *nats.Msg) { m.Header.Set(headerPrevRoot, strings.Repeat("0", 64)) },
		"one more":      func(m *nats.Msg) { m.Header.Set("Ledger-Note", "x") },
		"no event":      func(m *nats.Msg) { m.Data = []byte("hello\n") },
	} {
		t.Run(name, func(t *testing.T) {
			l, _ := openTest(t)
			b := testBlock(t, l, 1)
			m := &nats.Msg{Subject: subjectOf("LEDGER_TEST"), Data: b.Data, Header: blockHeaders(b, blockID(b.Data), "LEDGER_TEST", merkle.EmptyRoot())}
			change(m)
			if _, err := l.js.PublishMsg(t.Context(), m); err != nil {
				t.Fatal(err)
			}
			_, err := Open(t.Context(), l.config)
			if failed, ok := errors.AsType[*IntegrityError](err); !ok || failed.Check != CheckBlocks || failed.Sequence != 1 || failed.Position != 1 {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestBucket(t *testing.T) {
	l, _ := openTest(t)
	ctx := t.Context()
	b, err := OpenBucket(ctx, l.config.Conn, "test", 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Get(ctx, "token/1"); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	for _, key := range []string{"token/1", "token/用户 2", "session/1"} {
		for _, value := range []string{"old", "new " + key} {
			if err := b.Put(ctx, key, []byte(value)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := b.Create(ctx, "token/1", nil); !errors.Is(err, ErrExists) {
		t.Error(err)
	}
	if err := b.Create(ctx, "setup", []byte("once")); err != nil {
		t.Error(err)
	}
	if err := b.Delete(ctx, "token/1"); err != nil {
		t.Fatal(err)
	}
	if err := b.Delete(ctx, "nothing"); err != nil {
		t.Fatal(err)
	}
	again, err := OpenBucket(ctx, l.config.Conn, "test", 1)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := again.Keys(ctx, "token/")
	if err != nil || fmt.Sprint(keys) != "[token/用户 2]" {
		t.Errorf("%q, %v", keys, err)
	}
	if v, err := again.Get(ctx, "session/1"); string(v) != "new session/1" || err != nil {
		t.Errorf("%q, %v", v, err)
	}
	if _, err := again.Get(ctx, "token/1"); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
}

func TestFiles(t *testing.T) {
	l, _ := openTest(t)
	ctx := t.Context()
	f, err := OpenFiles(ctx, l.config.Conn, "test", 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Open(ctx, "none"); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	content := strings.Repeat("evidence ", 100_000)
	if n, err := f.Put(ctx, "sha256/凭证", strings.NewReader(content)); err != nil || n != uint64(len(content)) {
		t.Fatalf("%d bytes, %v", n, err)
	}
	if n, err := f.Size(ctx, "sha256/凭证"); err != nil || n != uint64(len(content)) {
		t.Errorf("%d bytes, %v", n, err)
	}
	r, err := f.Open(ctx, "sha256/凭证")
	if err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(r); string(b) != content || err != nil {
		t.Errorf("%d bytes, %v", len(b), err)
	}
	for range 2 {
		if err := f.Delete(ctx, "sha256/凭证"); err != nil {
			t.Error(err)
		}
	}
	if _, err := f.Size(ctx, "sha256/凭证"); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
}
